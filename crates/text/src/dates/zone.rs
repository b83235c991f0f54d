//! Names of time zones.
//!
//! An abbreviation (`CET`) is an offset. The name of a place (`Europe/Berlin`) and the short names of America (`ET`)
//! are offsets that change with the season, by the rules of the IANA database (`chrono-tz`).

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono::{FixedOffset, LocalResult, NaiveDateTime, Offset as _, TimeDelta, TimeZone as _};
use chrono_tz::{TZ_VARIANTS, Tz};

use super::token::Token;

/// A zone as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zone {
    /// Minutes east of Greenwich.
    Fixed(i32),
    /// That of a place.
    Place(Tz),
}

impl Zone {
    /// The zone at a local time.
    pub(super) fn on(self, local: NaiveDateTime) -> Option<FixedOffset> {
        let zone = match self {
            Self::Fixed(minutes) => return FixedOffset::east_opt(minutes * 60),
            Self::Place(zone) => zone,
        };
        let offset = match zone.offset_from_local_datetime(&local) {
            // An hour that is there twice has been read after it was over.
            LocalResult::Single(offset) | LocalResult::Ambiguous(_, offset) => offset,
            // An hour that the clocks left out: summer has begun.
            LocalResult::None => {
                let after = local.checked_add_signed(TimeDelta::hours(1))?;
                zone.offset_from_local_datetime(&after).latest()?
            }
        };
        Some(offset.fix())
    }

    /// `+02:00` and what is like it may follow the name: `GMT+2`.
    pub(super) fn is_universal(self) -> bool {
        self == Self::Fixed(0)
    }
}

/// Zones by the names of places, in lower case.
static PLACES: LazyLock<HashMap<String, Tz>> = LazyLock::new(|| {
    let named = TZ_VARIANTS.iter().filter(|zone| zone.name().contains('/'));
    named.map(|zone| (zone.name().to_ascii_lowercase(), *zone)).collect()
});

/// Most words of the name of a place: `America/Argentina/Buenos_Aires`.
const PLACE_WORDS: usize = 6;

/// The zone of the place whose name begins at a token, and its tokens.
pub(super) fn place(tokens: &[Token], at: usize) -> Option<(Zone, usize)> {
    let mut name = tokens.get(at)?.word()?.to_owned();
    let mut found = None;
    for length in (1..2 * PLACE_WORDS).step_by(2) {
        let [sign, word, ..] = tokens.get(at + length..)? else { break };
        let joins = sign.sign().filter(|sign| sign.is_ascii() && "/_-".contains(*sign));
        let (Some(sign), Some(word), true) = (joins, word.word(), sign.is_glued && word.is_glued)
        else {
            break;
        };
        name.push(sign);
        name.push_str(word);
        found = PLACES.get(&name).map(|zone| (Zone::Place(*zone), length + 2)).or(found);
    }
    found
}

/// The zone of a name in lower case. Where one name has several meanings (`ist`, `cst`, `bst`) the one with the
/// larger press counts. RFC 2822 section 4.3 for the American ones.
pub(super) fn named(name: &str) -> Option<Zone> {
    let quarters = match name {
        "et" => return Some(Zone::Place(Tz::America__New_York)),
        "ct" => return Some(Zone::Place(Tz::America__Chicago)),
        "mt" => return Some(Zone::Place(Tz::America__Denver)),
        "pt" => return Some(Zone::Place(Tz::America__Los_Angeles)),
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
    use chrono::NaiveDate;

    use super::*;
    use crate::dates::token::tokens;

    #[test]
    fn places_have_zones() {
        let found = |text: &str| place(&tokens(text), 0).map(|(_, length)| length);
        assert_eq!(found("Europe/Berlin"), Some(3));
        assert_eq!(found("America/Argentina/Buenos_Aires 2026"), Some(7));
        assert_eq!(found("america/port-au-prince"), Some(7));
        for text in ["Europe", "Europe / Berlin", "Europe/Nowhere", "and/or", ""] {
            assert_eq!(found(text), None, "{text}");
        }
    }

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
