//! The removed blocks of a page as one text.
//!
//! A page has dozens of them, and most are a few words. As JSON the names of the fields would take
//! more room than these words, and a tenth of the room even when compressed. The function
//! `removed_blocks` (`0002_contract.sql`) reads this form.
//!
//! Postgres compresses a row only if it has more than 2,032 bytes, whatever the table's settings
//! say. So shorter texts are filled up to that length. Compressed, the filling takes 25 bytes, and
//! these texts shrink by more than a quarter.

use std::iter::repeat_n;
use std::ops::RangeInclusive;

use wiresift_extract::article::Removed;

use crate::store::clean;

/// Between blocks.
const BLOCK: char = '\u{1e}';
/// Between the fields of a block.
const FIELD: char = '\u{1f}';
/// After the last block.
const FILLING: char = '\u{1d}';

/// Texts of this many bytes are filled up. Shorter ones would not become smaller by it.
const FILLED: RangeInclusive<usize> = 300..=2_032;

/// `None`: there are no blocks.
///
/// A block has its text and its reason. If its position is not the one after the last block, it has
/// a third field: how many positions are left out.
pub(super) fn removed(blocks: &[Removed]) -> Option<String> {
    let mut next = 0;
    let mut written = Vec::with_capacity(blocks.len());
    for block in blocks {
        let position = i64::from(block.position);
        let mut fields = vec![field(&block.text), field(&block.reason)];
        if position != next {
            fields.push((position - next).to_string());
        }
        next = position + 1;
        written.push(fields.join(&FIELD.to_string()));
    }
    let mut text = written.join(&BLOCK.to_string());
    if FILLED.contains(&text.len()) {
        text.extend(repeat_n(FILLING, FILLED.end() + 1 - text.len()));
    }
    (!written.is_empty()).then_some(text)
}

/// A text without the characters that separate.
fn field(text: &str) -> String {
    clean::text(text).replace([BLOCK, FIELD, FILLING], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(position: u32, text: &str, reason: &str) -> Removed {
        Removed { position, text: text.to_owned(), reason: reason.to_owned() }
    }

    #[test]
    fn no_blocks_are_no_text() {
        assert_eq!(removed(&[]), None);
    }

    #[test]
    fn a_position_is_written_where_it_does_not_follow() {
        let blocks = [
            block(0, "Home", "links"),
            block(1, "Share", "links"),
            block(7, "Read on", "phrase: more"),
            block(8, "", "boilerplate"),
            block(3, "Top", "links"),
        ];
        assert_eq!(
            removed(&blocks).unwrap(),
            "Home\u{1f}links\u{1e}Share\u{1f}links\u{1e}Read on\u{1f}phrase: more\u{1f}5\u{1e}\
             \u{1f}boilerplate\u{1e}Top\u{1f}links\u{1f}-6"
        );
    }

    #[test]
    fn characters_that_separate_are_no_part_of_a_text() {
        let text = removed(&[block(0, "a\u{1e}b\u{1f}c\0d\u{1d}", "x\u{1f}9")]).unwrap();
        assert_eq!(text.matches([BLOCK, FIELD, FILLING, '\0']).count(), 1, "{text:?}");
    }

    #[test]
    fn a_text_that_would_not_be_compressed_is_filled_up() {
        for (length, expected) in
            [(200, 206), (294, 2_033), (2_026, 2_033), (2_027, 2_033), (3_000, 3_006)]
        {
            let text = removed(&[block(0, &"a".repeat(length), "links")]).unwrap();
            assert_eq!(text.len(), expected);
            assert_eq!(text.trim_end_matches(FILLING), "a".repeat(length) + "\u{1f}links");
        }
    }
}
