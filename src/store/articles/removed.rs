//! The removed blocks of a page as one text.
//!
//! A page has dozens of them, and most are a few words. As JSON the names of the fields would take
//! more room than these words, and a tenth of the room even when compressed. The function
//! `removed_blocks` (`0002_contract.sql`) reads this form.

use wiresift_extract::article::Removed;

use crate::store::clean;

/// Between blocks.
const BLOCK: char = '\u{1e}';
/// Between the fields of a block.
const FIELD: char = '\u{1f}';

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
    (!written.is_empty()).then(|| written.join(&BLOCK.to_string()))
}

/// A text without the characters that separate.
fn field(text: &str) -> String {
    clean::text(text).replace([BLOCK, FIELD], " ")
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
        let text = removed(&[block(0, "a\u{1e}b\u{1f}c\0d", "x\u{1f}9")]).unwrap();
        assert_eq!(text.matches([BLOCK, FIELD, '\0']).count(), 1, "{text:?}");
    }
}
