//! `skipHours` and `skipDays` of RSS 2.0: when nothing is published.

use crate::element::Element;

const DAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Bit n for hour n, UTC. Hour 24 of RSS 0.91 is hour 0.
pub(super) fn hours(element: &Element) -> u32 {
    let hours =
        texts(element).filter_map(|text| text.parse::<u32>().ok()).filter(|hour| *hour <= 24);
    hours.fold(0, |bits, hour| bits | 1 << (hour % 24))
}

/// Bit n for day n, counted from Monday.
pub(super) fn days(element: &Element) -> u8 {
    let number = |text: String| DAYS.iter().position(|day| text.eq_ignore_ascii_case(day));
    texts(element).filter_map(number).fold(0, |bits, day| bits | 1 << day)
}

fn texts(element: &Element) -> impl Iterator<Item = String> {
    element.elements().filter_map(Element::text)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::DateTime;
    use url::Url;

    use crate::{ParsedFeed, parse};

    fn channel(head: &str) -> ParsedFeed {
        let text = format!(
            "<rss version='2.0' xmlns:sy='http://purl.org/rss/1.0/modules/syndication/' \
             xmlns:atom='http://www.w3.org/2005/Atom'><channel>{head}<item><guid>1</guid></item></channel></rss>"
        );
        let base = Url::parse("https://a.example/x/feed").unwrap();
        parse(text.as_bytes(), None, &base, DateTime::UNIX_EPOCH).unwrap()
    }

    #[test]
    fn hours_and_days_are_bits() {
        let feed = channel(
            "<skipHours><hour>0</hour><hour> 23 </hour><hour>24</hour><hour>99</hour><hour>x</hour></skipHours>\
             <skipDays><day>Saturday</day><day>SUNDAY</day><day>Someday</day></skipDays>",
        );
        assert_eq!((feed.skip_hours, feed.skip_days), (1 | 1 << 23, 0b110_0000));
    }

    #[test]
    fn an_update_period_is_parted_by_its_frequency_in_either_order() {
        let minutes = |head: &str| channel(head).ttl.map(|ttl: Duration| ttl.as_secs() / 60);
        let period = "<sy:updatePeriod>hourly</sy:updatePeriod>";
        let frequency = "<sy:updateFrequency>4</sy:updateFrequency>";
        assert_eq!(minutes(period), Some(60));
        assert_eq!(minutes(&format!("{period}{frequency}")), Some(15));
        assert_eq!(minutes(&format!("{frequency}{period}")), Some(15));
        assert_eq!(minutes(&format!("<ttl>90</ttl>{period}")), Some(90));
        assert_eq!(minutes(frequency), None);
    }

    #[test]
    fn older_entries_are_where_the_feed_says() {
        let older = |head: &str| channel(head).older.map(String::from);
        assert_eq!(
            older("<atom:link rel='prev-archive' href='2026-10'/>").as_deref(),
            Some("https://a.example/x/2026-10")
        );
        assert_eq!(
            older("<atom:link rel='self' href='feed'/><link>https://a.example/</link>"),
            None
        );
        assert_eq!(older("<atom:link rel='next' href='javascript:alert(1)'/>"), None);
    }
}
