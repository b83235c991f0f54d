//! Dates that are digits only: Unix seconds or milliseconds, `20261102`, `202611021000`, `20261102100000`.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Timelike as _, Utc};

use super::{Moment, Precision};

pub(super) fn read(text: &str) -> Option<Moment> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match whole.len() {
        10 => unix(DateTime::from_timestamp(whole.parse().ok()?, 0)),
        13 => unix(DateTime::from_timestamp_millis(whole.parse().ok()?)),
        8 if fraction.is_empty() => {
            let date = NaiveDate::parse_from_str(whole, "%Y%m%d").ok()?;
            written(date.and_time(NaiveTime::MIN), Precision::Day)
        }
        12 if fraction.is_empty() => at_minute(whole, "%Y%m%d%H%M"),
        14 if fraction.is_empty() => at_minute(whole, "%Y%m%d%H%M%S"),
        _ => None,
    }
}

fn unix(at: Option<DateTime<Utc>>) -> Option<Moment> {
    Some(Moment { at: at?, zone: FixedOffset::east_opt(0), precision: Precision::Time })
}

fn at_minute(text: &str, format: &str) -> Option<Moment> {
    // A leap second comes as the second before it with too many nanoseconds.
    let at = NaiveDateTime::parse_from_str(text, format).ok()?.with_nanosecond(0)?;
    written(at, Precision::Time)
}

#[expect(clippy::unnecessary_wraps, reason = "as its neighbours")]
fn written(at: NaiveDateTime, precision: Precision) -> Option<Moment> {
    Some(Moment { at: at.and_utc(), zone: None, precision })
}
