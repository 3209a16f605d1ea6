//! What a token says of the identity it was given to.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::Deserialize;

/// Claims of an access token, as far as they can be read. The token itself is never kept here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenFacts {
    /// The tenant (`tid`).
    pub tenant: Option<String>,
    /// The object id of the identity (`oid`): what role assignments name.
    pub object_id: Option<String>,
    /// The client id (`appid`).
    pub client_id: Option<String>,
    /// Who it is, where a person signed in (`upn` or `unique_name`).
    pub person: Option<String>,
    /// When the token ends; it is renewed five minutes before.
    pub expires_at: Option<Timestamp>,
}

#[derive(Default, Deserialize)]
struct Claims {
    tid: Option<String>,
    oid: Option<String>,
    appid: Option<String>,
    azp: Option<String>,
    upn: Option<String>,
    unique_name: Option<String>,
}

impl TokenFacts {
    /// Reads the claims of a token; Azure's tokens are signed JSON, but nothing promises that they stay so.
    pub(super) fn of(token: &str, expires_at: Option<Timestamp>) -> Self {
        let claims = token.split('.').nth(1).and_then(|payload| URL_SAFE_NO_PAD.decode(payload).ok());
        let claims: Claims = claims.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        Self {
            tenant: claims.tid,
            object_id: claims.oid,
            client_id: claims.appid.or(claims.azp),
            person: claims.upn.or(claims.unique_name),
            expires_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_read_where_they_can_be() {
        let payload = URL_SAFE_NO_PAD.encode(r#"{"tid":"t","oid":"o","appid":"a","exp":1}"#);
        let facts = TokenFacts::of(&format!("x.{payload}.y"), None);
        assert_eq!((facts.tenant.as_deref(), facts.object_id.as_deref()), (Some("t"), Some("o")));
        assert_eq!(TokenFacts::of("opaque", None), TokenFacts::default());
    }
}
