//! `skipHours` and `skipDays` of RSS 2.0: when nothing is published.

use crate::news::feed::element::Element;

const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Bit n for hour n, UTC. Hour 24 of RSS 0.91 is hour 0.
pub(super) fn hours(element: &Element) -> u32 {
    let hours = texts(element).filter_map(|text| text.parse::<u32>().ok()).filter(|hour| *hour <= 24);
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
