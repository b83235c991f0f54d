//! Compatibility form (NFKC), fast where a text is in it already.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization as _;

/// A text in compatibility form. Most texts are in it but for an ellipsis here and there, and that concerns only the
/// words around it: nothing is composed across a blank (UAX 15).
pub(super) fn compatible(text: &str) -> Cow<'_, str> {
    let unsettled = |letter: char| !is_settled(letter);
    let mut compatible = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(unsettled) {
        let (before, after) = rest.split_at(at);
        let start = before.rfind(' ').unwrap_or(0);
        let end = at + after.find(' ').unwrap_or(after.len());
        let (piece, after) = rest.split_at(end);
        let (settled, piece) = piece.split_at(start);
        compatible.push_str(settled);
        compatible.extend(piece.nfkc());
        rest = after;
    }
    if compatible.is_empty() {
        return Cow::Borrowed(text);
    }
    compatible.push_str(rest);
    Cow::Owned(compatible)
}

/// What news is mostly made of and NFKC leaves as it is, whatever stands before it.
fn is_settled(letter: char) -> bool {
    letter < '\u{a0}'
        || matches!(
            letter,
            '\u{c0}'..='\u{131}' | '\u{134}'..='\u{13e}' | '\u{141}'..='\u{148}' | '\u{14a}'..='\u{17e}'
                | '\u{388}'..='\u{3cf}' | '\u{400}'..='\u{481}' | '\u{5d0}'..='\u{5ea}'
                | '\u{621}'..='\u{64a}' | '\u{e01}'..='\u{e32}' | '\u{e40}'..='\u{e46}'
                | '\u{2012}'..='\u{2016}' | '\u{2018}'..='\u{2023}' | '€' | '\u{3001}'..='\u{3020}'
                | '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fe}' | '\u{4e00}'..='\u{9fff}'
                | '\u{ac00}'..='\u{d7a3}'
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_normalization::char::canonical_combining_class;
    use unicode_normalization::{IsNormalized, is_nfkc_quick};

    use super::*;

    #[test]
    fn what_is_settled_stays_as_it_is() {
        for letter in (0..0x11_0000).filter_map(char::from_u32).filter(|letter| is_settled(*letter))
        {
            assert_eq!(is_nfkc_quick(std::iter::once(letter)), IsNormalized::Yes, "{letter:?}");
            assert_eq!(canonical_combining_class(letter), 0, "{letter:?}");
        }
    }

    proptest! {
        #[test]
        fn pieces_are_composed_like_the_whole(
            text in "([a-z \u{301}\u{30a}…ﬁAÅ가ᄀ\u{1161}́é]|\\PC){0,30}",
        ) {
            prop_assert_eq!(compatible(&text).into_owned(), text.nfkc().collect::<String>());
        }
    }
}
