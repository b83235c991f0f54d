//! Ids of sessions in addresses: they change with every visitor and every poll, and the page stays.
//!
//! Servers without cookies write them into links: as a parameter of the path (`;jsessionid=…`, Java
//! servlets), as a segment of it (`/(S(…))/`, ASP.NET), or as a parameter of the query. What is a
//! product's own word for a session is cut. Every other parameter of the path is treated like one of
//! the query, so that it is found out in the same way whether it matters.

/// Names of parameters for sessions, in lower case: Java, PHP, ASP, `ColdFusion`, osCommerce.
const NAMES: [&str; 7] =
    ["jsessionid", "phpsessid", "aspsessionid", "cfid", "cftoken", "oscsid", "zenid"];

/// A path without its parameters and session segments, and the parameters.
pub(super) fn split(path: &str) -> (String, Vec<&str>) {
    let (mut plain, mut parameters) = (String::with_capacity(path.len()), Vec::new());
    for (at, segment) in path.split('/').enumerate() {
        if is_session_segment(segment) {
            continue;
        }
        if at > 0 {
            plain.push('/');
        }
        for (at, part) in segment.split(';').enumerate() {
            if at > 0 && is_parameter(part) {
                parameters.push(part);
                continue;
            }
            if at > 0 {
                plain.push(';');
            }
            plain.push_str(part);
        }
    }
    (plain, parameters)
}

/// Whether a parameter holds the id of a session.
pub(super) fn is_session(pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or_default();
    NAMES.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// `name=value`, as in RFC 3986, 3.3.
fn is_parameter(part: &str) -> bool {
    part.split_once('=').is_some_and(|(name, _)| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
    })
}

/// `(S(lit3py55t21z5v55vlm25s55))`, perhaps with an anonymous id before it (`A(…)`) or a form (`F(…)`).
fn is_session_segment(segment: &str) -> bool {
    let inside = segment.strip_prefix('(').and_then(|rest| rest.strip_suffix("))"));
    inside.is_some_and(|inside| {
        let is_kind = |kind: &str| matches!(kind, "S" | "A" | "F");
        inside.split(')').all(|part| {
            part.split_once('(').is_some_and(|(kind, id)| {
                is_kind(kind) && !id.is_empty() && id.chars().all(is_of_id)
            })
        })
    })
}

fn is_of_id(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_without_sessions() {
        for (path, plain, parameters) in [
            ("/a/b;jsessionid=1F", "/a/b", vec!["jsessionid=1F"]),
            ("/a;page=2/b;c", "/a/b;c", vec!["page=2"]),
            ("/(S(x1y2))/a", "/a", vec![]),
            ("/(A(x)S(y))/a/", "/a/", vec![]),
            ("/(S())/a", "/(S())/a", vec![]),
            ("/(A)/(2)/a;=1", "/(A)/(2)/a;=1", vec![]),
            ("/", "/", vec![]),
            ("", "", vec![]),
        ] {
            assert_eq!(split(path), (plain.to_owned(), parameters), "{path}");
        }
        assert!(is_session("PHPSESSID=1") && !is_session("sid=1") && !is_session("page=2"));
    }
}
