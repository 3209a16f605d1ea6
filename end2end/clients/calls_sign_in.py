"""azure-identity: a secret, a certificate, a federated token, the machine itself."""

import base64
import datetime
import json

from azure.core.exceptions import ClientAuthenticationError
from azure.identity import (
    CertificateCredential,
    ClientAssertionCredential,
    ClientSecretCredential,
    ManagedIdentityCredential,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from practice import need

SCOPE = "https://management.azure.com/.default"


def secret(practice, value=None):
    """The console's application by its secret."""
    starter = practice.starter
    return ClientSecretCredential(
        starter["tenant_id"], starter["client_id"], value or starter["client_secret"], transport=practice.transport()
    )


def certificate():
    """A key and a certificate made for the moment, in one PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "practice")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(7).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem + made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def claims(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def checks(practice):
    starter = practice.starter

    def by_secret():
        found = claims(secret(practice).get_token(SCOPE).token)
        need(found["tid"] == starter["tenant_id"] and found["appid"] == starter["client_id"], "claims of another")
        need("oid" in found, "no object id")

    def wrong_secret():
        try:
            secret(practice, "wrong").get_token(SCOPE)
        except ClientAuthenticationError as error:
            need("AADSTS7000215" in str(error), str(error))
        else:
            need(False, "a wrong secret signs in")

    def by_certificate():
        credential = CertificateCredential(
            starter["tenant_id"], starter["client_id"], certificate_data=certificate(), transport=practice.transport()
        )
        need(credential.get_token(SCOPE).token, "no token")

    def federated():
        def piece(value):
            return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

        told = {"iss": "https://issuer.example", "sub": "workload", "aud": "api://AzureADTokenExchange"}
        assertion = f"{piece({'alg': 'RS256'})}.{piece(told)}.c2ln"
        credential = ClientAssertionCredential(
            starter["tenant_id"], starter["client_id"], lambda: assertion, transport=practice.transport()
        )
        need(credential.get_token(SCOPE).token, "no token")

    def machine():
        credential = ManagedIdentityCredential(transport=practice.transport())
        token = credential.get_token(SCOPE)
        need(claims(token.token)["exp"] == token.expires_on, "another expiry than the token's")

    return [
        ("sign-in with a secret", by_secret),
        ("sign-in with a wrong secret is refused", wrong_secret),
        ("sign-in with a certificate", by_certificate),
        ("sign-in with a federated token", federated),
        ("sign-in as the machine itself", machine),
    ]
