//! Names of time zones.

use chrono::{Datelike as _, FixedOffset, NaiveDate, NaiveDateTime, TimeDelta, Weekday};

/// A zone as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zone {
    /// Minutes east of Greenwich.
    Fixed(i32),
    /// "ET" and its like: hours east of Greenwich in winter, one more in summer as in the United States.
    American(i32),
}

impl Zone {
    /// The zone at a local time.
    pub(super) fn on(self, local: NaiveDateTime) -> Option<FixedOffset> {
        let minutes = match self {
            Self::Fixed(minutes) => minutes,
            Self::American(hours) if is_american_summer(local) => (hours + 1) * 60,
            Self::American(hours) => hours * 60,
        };
        FixedOffset::east_opt(minutes * 60)
    }

    /// `+02:00` and what is like it may follow the name: `GMT+2`.
    pub(super) fn is_universal(self) -> bool {
        self == Self::Fixed(0)
    }
}

/// From the second Sunday of March to the first of November, at two (Energy Policy Act of 2005).
fn is_american_summer(local: NaiveDateTime) -> bool {
    let sunday = |month, nth| {
        NaiveDate::from_weekday_of_month_opt(local.year(), month, Weekday::Sun, nth)?
            .and_hms_opt(2, 0, 0)
    };
    let end = sunday(11, 1).map(|end| end - TimeDelta::hours(1));
    sunday(3, 2).is_some_and(|start| local >= start) && end.is_some_and(|end| local <= end)
}

/// The zone of a name in lower case. Where one name has several meanings (`ist`, `cst`, `bst`) the one with the
/// larger press counts. RFC 2822 section 4.3 for the American ones.
pub(super) fn named(name: &str) -> Option<Zone> {
    let quarters = match name {
        "et" => return Some(Zone::American(-5)),
        "ct" => return Some(Zone::American(-6)),
        "mt" => return Some(Zone::American(-7)),
        "pt" => return Some(Zone::American(-8)),
        "z" | "ut" | "utc" | "gmt" | "wet" => 0,
        "bst" | "west" | "cet" | "mez" | "wat" => 4,
        "cest" | "mesz" | "eet" | "sast" | "cat" => 8,
        "eest" | "msk" | "trt" | "eat" => 12,
        "irst" => 14,
        "gst" => 16,
        "pkt" => 20,
        "ist" => 22,
        "npt" => 23,
        "wib" | "ict" => 28,
        "sgt" | "hkt" | "pht" | "awst" | "wita" => 32,
        "jst" | "kst" | "wit" => 36,
        "acst" => 38,
        "aest" => 40,
        "acdt" => 42,
        "aedt" => 44,
        "nzst" => 48,
        "nzdt" => 52,
        "nst" => -14,
        "ndt" => -10,
        "brt" | "art" | "adt" => -12,
        "ast" | "edt" => -16,
        "est" | "cdt" => -20,
        "cst" | "mdt" => -24,
        "mst" | "pdt" => -28,
        "pst" | "akdt" => -32,
        "akst" => -36,
        "hst" => -40,
        _ => return None,
    };
    Some(Zone::Fixed(quarters * 15))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn american_zones_know_summer() {
        let hours = |month, day, hour| {
            let local = NaiveDate::from_ymd_opt(2026, month, day)
                .unwrap()
                .and_hms_opt(hour, 30, 0)
                .unwrap();
            named("et").and_then(|zone| zone.on(local)).unwrap().local_minus_utc() / 3600
        };
        assert_eq!([hours(1, 5, 12), hours(7, 5, 12), hours(12, 5, 12)], [-5, -4, -5]);
        assert_eq!([hours(3, 8, 1), hours(3, 8, 2)], [-5, -4]);
        assert_eq!([hours(11, 1, 0), hours(11, 1, 1)], [-4, -5]);
    }
}
