//! The headers of a request, which carry its credential.

use crate::config::{AuthType, Endpoint, clean_credential};
use crate::error::{Code, Failure, Result};

/// Why there is no credential although the endpoint needs one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialTrouble {
    /// The function threw, or its promise was rejected.
    Threw,
    /// It gave something that is not text.
    NotText,
    /// The text is empty, or no header can carry it.
    Unfit,
}

/// The headers of a request and no more: each one that is not needed would only be something for CORS to refuse.
///
/// `credential` is what the member [`AuthType::member`] of the endpoint holds or returned; a leading `Bearer ` is dropped.
pub fn headers(endpoint: &Endpoint, credential: &str) -> Result<Vec<(&'static str, String)>> {
    let mut headers = vec![("Content-Type", "application/json".to_owned())];
    let credential =
        || clean_credential(credential).ok_or_else(|| credential_failure(endpoint, CredentialTrouble::Unfit));
    match endpoint.auth {
        AuthType::Public => {}
        AuthType::SyntheticKey => {
            headers.push(("x-synthetic-key", credential()?.to_owned()));
            headers.push(("x-tenant-name", endpoint.tenant.clone()));
        }
        AuthType::BearerToken => headers.push(("Authorization", format!("Bearer {}", credential()?))),
    }
    Ok(headers)
}

/// The failure of a call whose credential cannot be had. What the function gave or threw is not told.
pub fn credential_failure(endpoint: &Endpoint, trouble: CredentialTrouble) -> Failure {
    let call = if endpoint.credential_is_function { "()" } else { "" };
    let path = format!("sparkEndpoint.{}{call}", endpoint.auth.as_str());
    let what = match trouble {
        CredentialTrouble::Threw => {
            "threw, so there is nothing to identify the request with. Mend the function, or let \
                                     it return the credential as text"
        }
        CredentialTrouble::NotText => {
            "gave something that is not text. Let it return the credential as text, or a \
                                       promise of it"
        }
        CredentialTrouble::Unfit => {
            "is empty, or holds a character that no header can carry (a line break, say). \
                                     Give the credential as it was issued"
        }
    };
    Failure::new(Code::CredentialInvalid, format!("{path} {what}.")).at(path)
}
