//! Quantities in the configuration: durations as "15m", sizes as "5MB".
//!
//! Modules for `#[serde(with = …)]` in settings structs. A duration needs its unit; a size without
//! one is in bytes. The crate `humantime-serde` reads the same durations, but its errors do not say
//! what to write instead.

use std::fmt;
use std::time::Duration;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer};

/// A duration in words, to its largest unit: "65 days", "1 hour".
#[must_use]
pub fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (count, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7_200 => (seconds / 60, "minute"),
        7_200..172_800 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// A number with its noun: "1 feed", "2 entries", "0 accesses".
#[must_use]
pub fn counted(count: usize, noun: &str) -> String {
    match noun {
        _ if count == 1 => format!("1 {noun}"),
        _ if noun.ends_with('s') => format!("{count} {noun}es"),
        _ => match noun.strip_suffix('y') {
            Some(stem) => format!("{count} {stem}ies"),
            None => format!("{count} {noun}s"),
        },
    }
}

/// Modules for durations with bounds. Each field has the one that says what it is.
macro_rules! duration {
    ($(#[$doc:meta])* $name:ident, $least:expr, $most:expr) => {
        $(#[$doc])*
        pub mod $name {
            use std::time::Duration;

            use serde::{Deserialize, Deserializer, Serializer, de};

            /// What such a duration may be.
            pub const BOUNDS: (Duration, Duration) = ($least, $most);

            pub fn serialize<S: Serializer>(value: &Duration, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(&humantime::format_duration(*value))
            }

            pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
                super::parse_within(&String::deserialize(from)?, BOUNDS).map_err(de::Error::custom)
            }
        }
    };
}

duration! {
    /// `#[serde(with = "units::duration")]` on a [`std::time::Duration`]: "30s", "15m", "1h 30m",
    /// "2days".
    duration, Duration::ZERO, wiresift_text::limits::LONGEST_AGE
}

duration! {
    /// The same for something that waits that long.
    pause, Duration::ZERO, wiresift_text::limits::LONGEST_CONFIGURED_PAUSE
}

duration! {
    /// The same for the pause between two polls, which is never 0.
    interval, Duration::from_millis(10), wiresift_text::limits::LONGEST_CONFIGURED_PAUSE
}

duration! {
    /// The same for the time limit of a request.
    request, Duration::ZERO, wiresift_text::limits::LONGEST_REQUEST
}

/// `#[serde(with = "units::pauses")]` on a `Vec<Duration>`: a list of pauses.
pub mod pauses {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer, de};

    use super::{parse_within, pause};

    pub fn serialize<S: Serializer>(values: &[Duration], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(values.iter().map(|value| humantime::format_duration(*value).to_string()))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Duration>, D::Error> {
        let texts = Vec::<String>::deserialize(from)?;
        texts
            .iter()
            .map(|text| parse_within(text, pause::BOUNDS))
            .collect::<Result<_, _>>()
            .map_err(de::Error::custom)
    }
}

/// `#[serde(deserialize_with = "units::number::<1, 100, _, _>")]` on an unsigned integer within
/// these bounds.
pub fn number<'de, const LEAST: u64, const MOST: u64, T, D>(from: D) -> Result<T, D::Error>
where
    T: TryFrom<u64>,
    D: Deserializer<'de>,
{
    let number = u64::deserialize(from)?;
    let fits = (LEAST..=MOST).contains(&number);
    T::try_from(number).ok().filter(|_| fits).ok_or_else(|| {
        de::Error::custom(format!(
            "{number} is out of bounds: write a number from {LEAST} to {MOST}"
        ))
    })
}

/// Modules for sizes with bounds.
macro_rules! size {
    ($(#[$doc:meta])* $name:ident, $most:expr, $written:literal) => {
        $(#[$doc])*
        pub mod $name {
            use serde::{Deserializer, Serializer, de};

            pub fn serialize<S: Serializer>(bytes: &u64, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_u64(*bytes)
            }

            pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
                let bytes = from.deserialize_any(super::SizeVisitor)?;
                if bytes <= $most {
                    return Ok(bytes);
                }
                let most = $written;
                let message = format!("{bytes} bytes are too many: write at most \"{most}\"");
                Err(de::Error::custom(message))
            }
        }
    };
}

size! {
    /// `#[serde(with = "units::size")]` on a `u64` of bytes: "5MB" (5 × 10⁶), "512KiB" (512 × 2¹⁰),
    /// or a number of bytes.
    size, wiresift_text::limits::LARGEST_MEMORY, "1024GiB"
}

size! {
    /// The same for the size of one document.
    document, wiresift_text::limits::LARGEST_DOCUMENT, "1GiB"
}

/// `#[serde(with = "units::listen")]` on an `Option<SocketAddr>`: "127.0.0.1:8420", or "off" for
/// none.
pub mod listen {
    use std::net::SocketAddr;

    use serde::{Deserialize, Deserializer, de};

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SocketAddr>, D::Error> {
        let text = String::deserialize(from)?;
        if text == "off" {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|_| {
            de::Error::custom(format!(
                "`{text}` is no address to listen on; \
                 write an IP address and a port such as \"127.0.0.1:8420\", or \"off\""
            ))
        })
    }
}

/// Parses a duration. The error says what to write instead.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    parse_within(text, duration::BOUNDS)
}

/// Parses a duration within bounds. The error says what to write instead.
pub fn parse_within(text: &str, (least, most): (Duration, Duration)) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text.trim()).map_err(|problem| {
        format!("{text:?} is no duration ({problem}): write it with its unit, like \"15m\"")
    })?;
    if duration > most {
        return Err(format!("{text:?} is too long: write at most \"{}\"", in_days(most)));
    }
    if duration < least {
        let least = humantime::format_duration(least);
        return Err(format!("{text:?} is too short: write at least \"{least}\""));
    }
    Ok(duration)
}

/// A duration in days if it has any. `humantime` would write 31 days as a month.
fn in_days(duration: Duration) -> String {
    match duration.as_secs() / 86_400 {
        0 => humantime::format_duration(duration).to_string(),
        days => format!("{days}days"),
    }
}

/// Parses a size in bytes. The error says what to write instead.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let refusal =
        || format!("{text:?} is no size: write it like \"5MB\", \"512KiB\" or 4096 (bytes)");
    let trimmed = text.trim();
    let digits_end = trimmed.find(|c: char| !c.is_ascii_digit()).unwrap_or(trimmed.len());
    let (digits, unit) = trimmed.split_at_checked(digits_end).ok_or_else(refusal)?;
    let number: u64 = digits.parse().map_err(|_| refusal())?;
    let unit: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1_000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => return Err(refusal()),
    };
    number.checked_mul(unit).ok_or_else(refusal)
}

struct SizeVisitor;

impl Visitor<'_> for SizeVisitor {
    type Value = u64;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("a size like \"5MB\", \"512KiB\" or 4096 (bytes)")
    }

    fn visit_u64<E: de::Error>(self, bytes: u64) -> Result<u64, E> {
        Ok(bytes)
    }

    fn visit_i64<E: de::Error>(self, bytes: i64) -> Result<u64, E> {
        u64::try_from(bytes).map_err(|_| E::custom("a size cannot be negative"))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<u64, E> {
        parse_size(text).map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Serialize;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Sample {
        #[serde(with = "duration")]
        every: Duration,
        #[serde(with = "pause", default)]
        at_most: Duration,
        #[serde(with = "size")]
        body: u64,
    }

    fn read(text: &str) -> Result<Sample, String> {
        toml::from_str(text).map_err(|e| e.to_string())
    }

    #[test]
    fn durations_and_sizes_are_read_with_their_units() {
        let sample = read("every = \"1h 30m\"\nbody = \"5MB\"").unwrap();
        assert_eq!(
            sample,
            Sample { every: Duration::from_mins(90), at_most: Duration::ZERO, body: 5_000_000 }
        );
        let sample = read("every = \"250ms\"\nat_most = \"2days\"\nbody = 4096").unwrap();
        assert_eq!(sample.at_most, Duration::from_hours(48));
        assert_eq!(sample.body, 4096);
    }

    #[test]
    fn sizes_know_decimal_and_binary_units() {
        for (text, bytes) in [
            ("512KiB", 524_288),
            ("512 kB", 512_000),
            ("3g", 3_000_000_000),
            ("7", 7),
            ("1MiB", 1_048_576),
        ] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
        for text in ["", "MB", "-1", "1.5MB", "5 parsecs", "99999999999GB", "５MB"] {
            assert!(parse_size(text).unwrap_err().contains("write it like"), "{text}");
        }
    }

    #[test]
    fn an_error_says_what_to_write() {
        assert!(read("every = \"15\"\nbody = 1").unwrap_err().contains("like \"15m\""));
        assert!(read("every = 15\nbody = 1").is_err());
        assert!(read("every = \"15m\"\nbody = -1").unwrap_err().contains("negative"));
    }

    #[test]
    fn quantities_have_bounds() {
        for text in ["300000years", "300000000000years", "101years"] {
            let error = parse_duration(text).unwrap_err();
            assert!(error.ends_with("write at most \"36600days\""), "{error}");
        }
        let error = parse_within("32days", pause::BOUNDS).unwrap_err();
        assert!(error.ends_with("write at most \"31days\""), "{error}");
        let error = parse_within("0s", interval::BOUNDS).unwrap_err();
        assert!(error.ends_with("write at least \"10ms\""), "{error}");
        assert!(parse_within("31min", request::BOUNDS).is_err());
        assert!(read("every = \"1s\"\nbody = \"2000GiB\"").unwrap_err().contains("1024GiB"));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            every in 0_u64..u64::from(u32::MAX),
            body in 0..u64::from(u32::MAX),
        ) {
            let sample = Sample { every: Duration::from_millis(every), at_most: Duration::ZERO, body };
            prop_assert_eq!(read(&toml::to_string(&sample).unwrap()).unwrap(), sample);
        }

        #[test]
        fn no_text_panics(text in ".*") {
            let _ = (parse_size(&text), parse_duration(&text));
        }
    }
}
