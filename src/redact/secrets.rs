//! What is never in a share, redacted or not.

use regex::{Captures, Regex, Replacer};
use std::sync::LazyLock;

/// What stands in place of a secret.
pub(super) const SECRET: &str = "[secret left out]";

/// Names whose values are secrets, wherever they stand.
const NAMES: &str = "shared_?access_?key|shared_?access_?signature|account_?key|primary_?key|secondary_?key|\
                     client_?secret|connection_?string|primary_?connection_?string|secondary_?connection_?string|\
                     access_?token|refresh_?token|id_?token|sas_?token|api[_-]?key|password|passwd|pwd|passphrase|authorization|\
                     x-functions-key|cookie|set-cookie|signature|sig|secret";

/// Compiles a pattern of this room. All of them are fixed and tested.
pub(super) fn fixed(pattern: &str) -> Regex {
    Regex::new(pattern).unwrap_or_else(|error| unreachable!("{error}"))
}

/// Of these the ones that people choose: what stands in a password ends at a space, a quote or a semicolon.
const CHOSEN: &str = "password|passwd|pwd|passphrase|client_?secret|api[_-]?key|secret";

static NAMED: LazyLock<Regex> =
    LazyLock::new(|| fixed(&format!(r"(?i)^(?:{NAMES})$|(?:{CHOSEN}|access_?key|_?token)$")));
static SECRETS: LazyLock<Regex> = LazyLock::new(|| {
    fixed(&format!(
        r#"(?ix)
        (?P<header> \b(?:authorization|cookie|set-cookie|x-functions-key)\s*:\s* ) [^\[\s][^\r\n]*
        | (?P<quoted> \\?["']?\b[a-z0-9_-]*(?:{CHOSEN})\\?["']? \s*[:=]\s* \\?" ) [^"\[] [^"]* [^"\\]
        | (?P<chosen> \b[a-z0-9_-]*(?:{CHOSEN}) (?: \s*=\s* | \s*:\s+ ) '? ) [^\s"';\[] [^\s"';]{{2,}}
        | (?P<keep>
            \b[a-z0-9_-]*(?:{NAMES}) \s*=\s* ["']?              # connection strings, query parameters, assignments
          | "[a-z0-9_\ -]*(?:{NAMES})" \s* : \s* "               # JSON inside text
          | \b(?:bearer|sharedaccesssignature) \s+                # a token without its header
          | \b(?:password|passwd|pwd|passphrase|client_?secret|api[_-]?key) \s* : \s*      # written down by people
          | \b[a-z][a-z0-9+.-]*://[^\s/:@]+:                     # a password in an address
          | -{{1,2}}(?:password|secret|client-secret|account-key|sas-token|api-key) [\s=]+   # command lines
        )
        [^\s"'&;,<>\[\]]{{3,}}
        | eyJ[A-Za-z0-9_-]{{8,}}\.[A-Za-z0-9_-]{{8,}}(?:\.[A-Za-z0-9_-]*)?      # a JSON web token
        | -----BEGIN\x20[A-Z\x20]*PRIVATE\x20KEY-----(?:[^-]|-[^-])*(?:-----END\x20[A-Z\x20]*PRIVATE\x20KEY-----)?
        "#
    ))
});

struct KeepName;

impl Replacer for KeepName {
    fn replace_append(&mut self, found: &Captures<'_>, out: &mut String) {
        let kept = ["keep", "quoted", "chosen", "header"].into_iter().find_map(|name| found.name(name));
        out.push_str(kept.map_or("", |name| name.as_str()));
        out.push_str(SECRET);
    }
}

/// Whether a member of this name holds a secret.
pub(super) fn is_secret_name(name: &str) -> bool {
    NAMED.is_match(&name.replace([' ', '-'], "_")) || NAMED.is_match(name)
}

/// The text without secrets.
pub(super) fn without_secrets(text: &str) -> String {
    SECRETS.replace_all(text, KeepName).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_and_what_stands_around_them_stays() {
        for (text, left) in [
            (
                "Endpoint=sb://x/;SharedAccessKeyName=send;SharedAccessKey=aGVsbG8=;EntityPath=alerts",
                "Endpoint=sb://x/;SharedAccessKeyName=send;SharedAccessKey=[secret left out];EntityPath=alerts",
            ),
            ("Authorization: Bearer abc.def-ghi", "Authorization: [secret left out]"),
            ("authorization: SharedAccessSignature sr=x&sig=abc%3D&se=1", "authorization: [secret left out]"),
            (r#"{"client_secret": "hunter22"}"#, r#"{"client_secret": "[secret left out]"}"#),
            ("mysql --password hunter22 -h db", "mysql --password [secret left out] -h db"),
            ("a eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc b", "a [secret left out] b"),
            ("docker run -e MYSQL_ROOT_PASSWORD=hunter22 db", "docker run -e MYSQL_ROOT_PASSWORD=[secret left out] db"),
            (
                "AZURE_CLIENT_SECRET='hunter22' PGPASSWORD=hunter22",
                "AZURE_CLIENT_SECRET='[secret left out]' PGPASSWORD=[secret left out]",
            ),
            (r#"{"DB_PASSWORD": "hunter22"}"#, r#"{"DB_PASSWORD": "[secret left out]"}"#),
            (r#"{"password": "P@ss,w0rd"}"#, r#"{"password": "[secret left out]"}"#),
            (r#"{\"password\": \"P@ss,w0rd\"}"#, r#"{\"password\": \"[secret left out]\"}"#),
            (r#"Password="my secret horse""#, r#"Password="[secret left out]""#),
            ("password = hunter22 and more", "password = [secret left out] and more"),
            ("Password=P@ss,w0rd&x;Database=d", "Password=[secret left out];Database=d"),
            ("?sv=1&sig=abc%3D&se=2", "?sv=1&sig=[secret left out]&se=2"),
            ("KeyName=send, design=new, where Password == x", "KeyName=send, design=new, where Password == x"),
            ("nothing secret here, and sign in with a key", "nothing secret here, and sign in with a key"),
        ] {
            let got = without_secrets(text);
            assert_eq!(got, left);
            assert_eq!(without_secrets(&got), got, "once is enough");
        }
        assert!(is_secret_name("SharedAccessKey") && is_secret_name("Client Secret") && is_secret_name("password"));
        assert!(is_secret_name("DB_PASSWORD") && is_secret_name("mysqlRootPassword"));
        assert!(!is_secret_name("ThreatSignature") && is_secret_name("signature"));
        assert!(!is_secret_name("KeyName") && !is_secret_name("Severity"));
    }
}
