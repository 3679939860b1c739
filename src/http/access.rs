//! Who may do what: the bearer token of a person with a role.

use axum::http::{HeaderMap, header};

use super::problem::Problem;
use super::{App, Person, blocking};

/// What a person may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Reads.
    Viewer,
    /// Runs the daemon: confirms, corrects; writes consultations down, proposes and declines.
    Operator,
    /// Registers approvals and issues warnings, besides.
    Issuer,
    /// Everything.
    Admin,
}

/// Longer tokens are refused unread: a bearer token is 32 random bytes as text.
const TOKEN_BYTES_MAX: usize = 256;

/// The person whose token the request bears, if their role is at least `least`.
pub(super) async fn authorised(
    app: &App,
    headers: &HeaderMap,
    least: Role,
) -> Result<Person, Problem> {
    let value = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    let token = value.and_then(bearer).ok_or_else(|| {
        Problem::unauthorized("a write needs the bearer token of a person (`lantian token`)")
    })?;
    let (archive, token) = (app.services.archive.clone(), token.to_owned());
    let found = blocking(move || archive.person(&token)).await??;
    let person = found.ok_or_else(|| Problem::unauthorized("the token is not known"))?;
    if person.role < least {
        return Err(Problem::forbidden(format!("{} may not do this", person.name)));
    }
    Ok(person)
}

/// The token of an `Authorization` header.
pub(super) fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    let fits = !token.is_empty() && token.len() <= TOKEN_BYTES_MAX;
    (scheme.eq_ignore_ascii_case("bearer") && fits).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bearer_token_of_sane_length_is_looked_up() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("bearer  abc "), Some("abc"));
        assert_eq!(bearer("Basic abc"), None);
        assert_eq!(bearer("Bearer "), None);
        assert_eq!(bearer("Bearer"), None);
        assert_eq!(bearer(&format!("Bearer {}", "x".repeat(257))), None);
    }
}
