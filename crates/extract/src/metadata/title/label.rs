//! Labels in headings: a date, a kicker or a section's name in one element with the headline.

use crate::metadata::bare;
use crate::metadata::date::{read_date, style};

/// Longest label before a headline, in words.
const LABEL_WORDS: usize = 4;

/// Whether a heading is a title with a label before or after it. The title is in the form of
/// [`bare`].
pub(crate) fn has_label(heading: &str, title: &str) -> bool {
    bare(heading) != title && (is_after_label(heading, title) || is_before_label(heading, title))
}

/// Whether a heading is a title with a remark in brackets after it: `Storm closes road [Video]`.
pub(crate) fn has_remark(heading: &str, title: &str) -> bool {
    let Some((before, remark)) = heading.rsplit_once('[') else { return false };
    remark.trim_end().ends_with(']') && bare(before) == title
}

/// A heading without the date and the sign before its words: "1.5.2026 - Storm closes road".
pub(crate) fn without_date(heading: &str) -> &str {
    let parts = [" - ", " – ", " — ", " | ", ": "].iter().find_map(|sign| heading.split_once(sign));
    let Some((date, rest)) = parts else { return heading };
    let is_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | '/' | '-');
    let is_date = date.chars().all(is_number) && read_date(date, style(None)).is_some();
    if is_date && rest.chars().any(char::is_alphabetic) { rest.trim_start() } else { heading }
}

/// A few words before the title, with only a space between: "1 May 2026 Storm closes road".
fn is_after_label(heading: &str, title: &str) -> bool {
    let whole = bare(heading);
    let Some(label) = whole.strip_suffix(title) else { return false };
    let (label, rest) = after_letters(heading, label.chars().count());
    let gap: String = rest.chars().take_while(|c| !c.is_alphanumeric()).collect();
    // After punctuation the words before it belong to the sentence: "Report: …", "“Empty”: …".
    label.split_whitespace().count() <= LABEL_WORDS && gap.chars().all(char::is_whitespace)
}

/// A part after a separator: "Storm closes road | Opinion".
fn is_before_label(heading: &str, title: &str) -> bool {
    if !bare(heading).starts_with(title) {
        return false;
    }
    let (_, rest) = after_letters(heading, title.chars().count());
    [" | ", " / ", " – ", " — ", " - ", " • ", " · "].iter().any(|sign| rest.starts_with(sign))
}

/// Splits a text after a number of letters and digits, as [`bare`] counts them.
fn after_letters(text: &str, letters: usize) -> (&str, &str) {
    let mut seen = 0;
    let end = text.char_indices().find(|(_, c)| {
        if seen >= letters {
            return true;
        }
        seen += bare(c.encode_utf8(&mut [0; 4])).chars().count();
        false
    });
    text.split_at(end.map_or(text.len(), |(at, _)| at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_distinguished_from_sentences() {
        for (heading, wanted) in [
            ("1 May 2026 Storm closes the road", true),
            ("Weather Storm closes the road", true),
            ("Storm closes the road | Opinion", true),
            ("Storm closes the road – Herald", true),
            ("Storm closes the road", false),
            ("Report: Storm closes the road", false),
            ("“Empty”: Storm closes the road", false),
            ("Storm closes the road and opens another", false),
            ("What we know of how the Storm closes the road", false),
            ("Storm closes the road: a week of detours", false),
            ("", false),
        ] {
            assert_eq!(has_label(heading, &bare("Storm closes the road")), wanted, "{heading}");
        }
    }
}
