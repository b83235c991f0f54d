//! Reads response headers: retry times, freshness and rights. Pure: text and `now` in, values out.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{self, HeaderMap, HeaderName};
use wiresift_text::limits;

use crate::polling::failure::MAX_RETRY_AFTER;

/// Longer values are dropped, since values end up in database rows.
const MAX_VALUE_BYTES: usize = limits::VALIDATOR_BYTES;

/// Values of one header that are kept.
const MAX_VALUES: usize = 16;

/// `Retry-After` in either of its forms (RFC 9110, 10.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfter {
    /// "120": seconds from the response.
    In(Duration),
    /// "Fri, 31 Dec 1999 23:59:59 GMT".
    At(DateTime<Utc>),
}

impl RetryAfter {
    /// Reads the header's value.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        let value = value.trim();
        match delta_seconds(value) {
            Some(wait) => Some(RetryAfter::In(wait)),
            None => http_date(value).map(RetryAfter::At),
        }
    }

    /// The wait from `now`: zero for a past date, a week at most.
    #[must_use]
    pub fn wait(self, now: DateTime<Utc>) -> Duration {
        let wait = match self {
            RetryAfter::In(wait) => wait,
            RetryAfter::At(moment) => (moment - now).to_std().unwrap_or_default(),
        };
        wait.min(MAX_RETRY_AFTER)
    }
}

/// The wait from `now` that a `Retry-After` asks for; at most a week. `None` if it is invalid.
#[must_use]
pub fn retry_after(value: &str, now: DateTime<Utc>) -> Option<Duration> {
    RetryAfter::parse(value).map(|asked| asked.wait(now))
}

/// Freshness lifetime of a response (RFC 9111, 4.2.1): `max-age`, else the time until `Expires`.
/// `None` if neither is present; zero for `no-cache` and `no-store`.
#[must_use]
pub fn fresh_for(
    cache_control: Option<&str>,
    expires: Option<&str>,
    now: DateTime<Utc>,
) -> Option<Duration> {
    let directives = || {
        cache_control.unwrap_or_default().split(',').map(|part| part.trim().to_ascii_lowercase())
    };
    if directives().any(|directive| matches!(directive.as_str(), "no-cache" | "no-store")) {
        return Some(Duration::ZERO);
    }
    let max_age = directives()
        .find_map(|directive| delta_seconds(directive.strip_prefix("max-age=")?.trim_matches('"')));
    // An invalid `Expires`, above all "0", means "already expired" (5.3).
    max_age.or_else(|| {
        expires.map(|date| {
            http_date(date).and_then(|until| (until - now).to_std().ok()).unwrap_or_default()
        })
    })
}

/// A date in any of the three HTTP forms (RFC 9110, 5.6.7), or with a numeric zone as in RFC 2822,
/// which some servers send.
#[must_use]
pub fn http_date(value: &str) -> Option<DateTime<Utc>> {
    let value = value.trim();
    match httpdate::parse_http_date(value) {
        Ok(moment) => Some(moment.into()),
        Err(_) => DateTime::parse_from_rfc2822(value).ok().map(|moment| moment.to_utc()),
    }
}

/// Digits only. A number that does not fit means "very long".
fn delta_seconds(value: &str) -> Option<Duration> {
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| Duration::from_secs(value.parse().unwrap_or(u64::from(u32::MAX))))
}

/// When the host made an answer by its clock (`Date`), and how long a cache has kept it (`Age`).
pub(crate) fn made(headers: &HeaderMap) -> Option<(DateTime<Utc>, Duration)> {
    let date = http_date(&first(headers, &header::DATE)?)?;
    let age = first(headers, &header::AGE).and_then(|age| delta_seconds(age.trim()));
    Some((date, age.unwrap_or_default()))
}

/// The first value of a header that is text of acceptable length.
pub(crate) fn first(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    all(headers, name).into_iter().next()
}

/// The values of a header that are text of acceptable length.
pub(crate) fn all(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    let values = headers
        .get_all(name)
        .into_iter()
        .filter_map(|value| std::str::from_utf8(value.as_bytes()).ok());
    let decent =
        values.map(str::trim).filter(|value| !value.is_empty() && value.len() <= MAX_VALUE_BYTES);
    decent.take(MAX_VALUES).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use proptest::prelude::*;

    use super::*;

    fn now() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, 21, 12, 0, 0).unwrap()
    }

    #[expect(clippy::unnecessary_wraps, reason = "compared with options")]
    fn seconds(n: u64) -> Option<Duration> {
        Some(Duration::from_secs(n))
    }

    #[test]
    fn retry_after_in_both_forms() {
        for (value, wait) in [
            ("120", seconds(120)),
            (" 0 ", seconds(0)),
            ("Sat, 21 Nov 2026 12:02:00 GMT", seconds(120)),
            ("Saturday, 21-Nov-26 12:02:00 GMT", seconds(120)),
            ("Sat Nov 21 12:02:00 2026", seconds(120)),
            ("Sat, 21 Nov 2026 13:02:00 +0100", seconds(120)),
            ("Sat, 21 Nov 2026 11:00:00 GMT", seconds(0)),
            ("Sat Nov  7 12:02:00 2026", seconds(0)),
            ("Mon, 21 Nov 2026 12:02:00 GMT", None),
            ("31536000", seconds(7 * 24 * 3600)),
            ("Sun, 21 Nov 2027 12:00:00 GMT", seconds(7 * 24 * 3600)),
            ("99999999999999999999999", seconds(7 * 24 * 3600)),
            ("-5", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(retry_after(value, now()), wait, "{value:?}");
        }
    }

    #[test]
    fn freshness() {
        let soon = Some("Sat, 21 Nov 2026 12:10:00 GMT");
        for (cache_control, expires, fresh) in [
            (Some("public, max-age=300"), None, seconds(300)),
            (Some("Max-Age=\"60\""), soon, seconds(60)),
            (Some("public"), soon, seconds(600)),
            (None, soon, seconds(600)),
            (None, Some("0"), seconds(0)),
            (None, Some("Sat, 21 Nov 2020 12:10:00 GMT"), seconds(0)),
            (Some("no-cache, max-age=300"), soon, seconds(0)),
            (Some("max-age=soon"), None, None),
            (None, None, None),
        ] {
            assert_eq!(
                fresh_for(cache_control, expires, now()),
                fresh,
                "{cache_control:?} {expires:?}"
            );
        }
    }

    #[test]
    fn long_and_binary_values_are_dropped() {
        let name = HeaderName::from_static("etag");
        let mut headers = HeaderMap::new();
        headers.append(&name, vec![0xff, b'x'].try_into().unwrap());
        headers.append(&name, "x".repeat(3000).try_into().unwrap());
        headers.append(&name, " ".try_into().unwrap());
        headers.append(&name, "W/\"good\"".try_into().unwrap());
        assert_eq!(first(&headers, &name).as_deref(), Some("W/\"good\""));
    }

    proptest! {
        #[test]
        fn any_text_is_answered(value in ".*", other in ".*") {
            let wait = retry_after(&value, now());
            prop_assert!(wait.is_none_or(|wait| wait <= MAX_RETRY_AFTER));
            let _ = fresh_for(Some(&value), Some(&other), now());
        }
    }
}
