//! Dates in addresses.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use url::Url;

/// A date in the address: `/2026/11/02/`, `/2026-11-02-`, `/20261102/`.
pub(crate) fn from_address(url: &Url) -> Option<DateTime<Utc>> {
    let path = url.path();
    let numbers: Vec<(usize, &str)> = runs(path).collect();
    let day = |y: &str, m: &str, d: &str| {
        let date = NaiveDate::from_ymd_opt(y.parse().ok()?, m.parse().ok()?, d.parse().ok()?)?;
        let is_web = (1995..2100).contains(&y.parse::<i32>().ok()?);
        is_web.then(|| date.and_time(NaiveTime::MIN).and_utc())
    };
    for window in numbers.windows(3) {
        if let [(a, y), (b, m), (c, d)] = window
            && y.len() == 4
            && m.len() <= 2
            && d.len() <= 2
            && *b <= a + 5
            && *c <= b + m.len() + 1
            && let Some(found) = day(y, m, d)
        {
            return Some(found);
        }
    }
    numbers
        .iter()
        .filter(|(_, run)| run.len() == 8)
        .find_map(|(_, run)| day(run.get(..4)?, run.get(4..6)?, run.get(6..8)?))
}

/// Runs of digits and their positions.
fn runs(path: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = 0;
    std::iter::from_fn(move || {
        let tail = path.get(rest..)?;
        let start = rest + tail.find(|c: char| c.is_ascii_digit())?;
        let run = path.get(start..)?;
        let length = run.find(|c: char| !c.is_ascii_digit()).unwrap_or(run.len());
        rest = start + length;
        Some((start, run.get(..length)?))
    })
}
