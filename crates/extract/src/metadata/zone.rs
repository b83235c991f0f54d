//! The time zone of a page's dates. News of an evening in Chicago is dated the next day in UTC.
//! Many pages state the instant in UTC, while another statement of the same instant has their local
//! time.

use chrono::{DateTime, FixedOffset, TimeDelta, Timelike as _, Utc};
use wiresift_text::dates::Moment;

/// Statements of one instant may differ by rounding to minutes.
const SAME: TimeDelta = TimeDelta::seconds(60);

/// Offsets are multiples of a quarter of an hour, at most fourteen hours from UTC.
const QUARTER_SECONDS: i64 = 15 * 60;
const MOST_SECONDS: i64 = 14 * 3_600;

/// Another date of the page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Witness {
    pub(crate) moment: Moment,
    /// Whether it is about the article; others may be about its neighbours.
    pub(crate) is_ours: bool,
}

/// The instant, and the time zone of the page if it can be found.
pub(crate) fn resolve(
    stated: Moment,
    witnesses: &[Witness],
) -> (DateTime<Utc>, Option<FixedOffset>) {
    if !stated.has_time() {
        return (stated.at, None);
    }
    match stated.zone {
        Some(zone) if zone.local_minus_utc() != 0 => (stated.at, Some(zone)),
        Some(greenwich) => {
            let zone = zone_of_instant(stated.at, witnesses).or_else(|| zone_of_page(witnesses));
            (stated.at, Some(zone.unwrap_or(greenwich)))
        }
        None => instant_of_clock(stated.at, witnesses)
            .map_or((stated.at, None), |(at, zone)| (at, Some(zone))),
    }
}

/// The time zone in which a witness gives this instant.
fn zone_of_instant(at: DateTime<Utc>, witnesses: &[Witness]) -> Option<FixedOffset> {
    witnesses.iter().filter(|witness| witness.moment.has_time()).find_map(|witness| {
        let ahead = witness.moment.at - at;
        match witness.moment.zone {
            Some(zone) if zone.local_minus_utc() != 0 && ahead.abs() <= SAME => Some(zone),
            // Without seconds they may agree by chance.
            None if witness.moment.at.second() != 0 => quarter_hours(ahead),
            _ => None,
        }
    })
}

/// The time zone of the page's other dates. Daylight saving time may differ; the day seldom does.
fn zone_of_page(witnesses: &[Witness]) -> Option<FixedOffset> {
    let zones = witnesses
        .iter()
        .filter(|witness| witness.is_ours)
        .filter_map(|witness| witness.moment.zone);
    zones.into_iter().find(|zone| zone.local_minus_utc() != 0)
}

/// The instant of a local time without a zone, from a witness with one: it has the same local time,
/// or is the same instant.
fn instant_of_clock(
    clock: DateTime<Utc>,
    witnesses: &[Witness],
) -> Option<(DateTime<Utc>, FixedOffset)> {
    witnesses.iter().filter(|witness| witness.moment.has_time()).find_map(|witness| {
        let (zone, at) = (witness.moment.zone?, witness.moment.at);
        let shown = at + TimeDelta::seconds(i64::from(zone.local_minus_utc()));
        if (shown - clock).abs() <= SAME {
            return Some((at, zone));
        }
        let zone = quarter_hours(clock - at).filter(|_| at.second() != 0)?;
        Some((at, zone))
    })
}

/// A difference as an offset, if it can be one. It must be exact to the second, or any two dates of
/// one page would match now and then.
fn quarter_hours(ahead: TimeDelta) -> Option<FixedOffset> {
    let seconds = ahead.num_seconds();
    let quarters = (seconds + seconds.signum() * QUARTER_SECONDS / 2) / QUARTER_SECONDS;
    let near = quarters * QUARTER_SECONDS;
    let is_zone = quarters != 0 && near.abs() <= MOST_SECONDS && (seconds - near).abs() <= 1;
    is_zone.then(|| i32::try_from(near).ok()).flatten().and_then(FixedOffset::east_opt)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::date::{read_date, style};

    fn resolved(stated: &str, witnesses: &[(&str, bool)]) -> (String, Option<i32>) {
        let moment = |text: &str| read_date(text, style(None)).unwrap();
        let witnesses: Vec<Witness> = witnesses
            .iter()
            .map(|(text, is_ours)| Witness { moment: moment(text), is_ours: *is_ours })
            .collect();
        let (at, zone) = resolve(moment(stated), &witnesses);
        (at.format("%d %H:%M").to_string(), zone.map(|zone| zone.local_minus_utc() / 60))
    }

    #[test]
    fn the_day_is_that_of_the_place() {
        for (stated, witnesses, wanted) in [
            // The statement has its zone.
            ("2026-12-22T23:21:43-06:00", &[][..], ("23 05:21", Some(-360))),
            // Another statement of the instant has it.
            (
                "2026-12-22T18:30:00Z",
                &[("2026-12-23T05:30:00+11:00", false)],
                ("22 18:30", Some(660)),
            ),
            // The same instant in local time without a zone.
            ("2026-12-23T01:48:19Z", &[("2026-12-22 20:48:19", false)], ("23 01:48", Some(-300))),
            // A full minute may be another instant's.
            ("2026-12-23T01:30:00Z", &[("2026-12-22 20:30:00", true)], ("23 01:30", Some(0))),
            // The last change, half a minute off a quarter of an hour, is another instant.
            ("2026-12-22T23:55:00Z", &[("2026-12-23 07:25:30", true)], ("22 23:55", Some(0))),
            // The date of the last change shows the page's zone.
            (
                "2026-12-23T01:30:00Z",
                &[("2026-12-24T08:00:00+05:30", true)],
                ("23 01:30", Some(330)),
            ),
            // A local time; another statement has the zone.
            (
                "2026-12-22 20:48:19",
                &[("2026-12-22T20:48:19-05:00", false)],
                ("23 01:48", Some(-300)),
            ),
            ("2026-12-22 20:48:19", &[("2026-12-23T01:48:19Z", true)], ("23 01:48", Some(-300))),
            // No statement shows the zone.
            ("2026-12-22 20:48:19", &[("2026-12-20T01:40:00Z", true)], ("22 20:48", None)),
            ("2026-12-22", &[("2026-12-22T20:48:19-05:00", true)], ("22 00:00", None)),
        ] {
            assert_eq!(
                resolved(stated, witnesses),
                (wanted.0.to_owned(), wanted.1),
                "{stated} {witnesses:?}"
            );
        }
    }
}
