//! Lists of teasers before or after the text of an article.
//!
//! A list shows some of many teasers, so each of them is on few pages, and some on no other page.
//! But most of its blocks are known from elsewhere, and the text of an article is not.

/// Blocks of a list that are known from other pages, at the least.
const LEAST_KNOWN: usize = 3;

/// An unknown block of up to so many letters speaks as much against a list as a known one for it.
/// Teasers are short.
const SHORT_LETTERS: f32 = 180.0;

/// A longer block speaks against it once for each of so many letters.
const LETTERS: f32 = 150.0;

/// What a block says about a list.
#[derive(Debug, Clone, Copy)]
pub(super) enum Member {
    /// A teaser that is known from other pages.
    Known,
    /// A block that may stand in a list or not: a standing line, or the title of another article. A
    /// roundup has such headings too.
    Neutral,
    /// An unknown block of so many letters.
    Unknown(f32),
}

/// How many of some blocks, from the outermost inwards, make a list.
pub(super) fn length(blocks: impl Iterator<Item = Member>) -> usize {
    let (mut known, mut sum, mut most, mut length) = (0, 0.0, 0.0, 0);
    for (at, member) in blocks.enumerate() {
        match member {
            Member::Known => (known, sum) = (known + 1, sum + 1.0),
            Member::Neutral => continue,
            Member::Unknown(letters) => {
                sum -= if letters <= SHORT_LETTERS { 1.0 } else { letters / LETTERS };
                continue;
            }
        }
        // What is unknown goes only where the known blocks further in outweigh it: they may as well be
        // standing lines between short paragraphs.
        let is_longer = if length == 0 { sum >= most } else { sum > most };
        if known >= LEAST_KNOWN && is_longer {
            (most, length) = (sum, at + 1);
        }
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(blocks: &str) -> usize {
        length(blocks.chars().map(|c| match c {
            'k' => Member::Known,
            'n' => Member::Neutral,
            'p' => Member::Unknown(400.0),
            _ => Member::Unknown(60.0),
        }))
    }

    #[test]
    fn a_list_is_mostly_known() {
        assert_eq!(of("kkk"), 3);
        assert_eq!(of("kk"), 0);
        assert_eq!(of("kkukukkppp"), 7);
        assert_eq!(of("kkkpppk"), 3, "a block between paragraphs is not in the list");
        assert_eq!(of("uuukkkp"), 6, "half of them unknown");
        assert_eq!(of("kkkuk"), 3, "a line between two short paragraphs");
        assert_eq!(of("kkkukk"), 6);
        assert_eq!(of("pkkk"), 4, "three known blocks outweigh one paragraph");
        assert_eq!(of("ppkkk"), 0);
        assert_eq!(of("knunukkk"), 8, "neutral blocks do not speak against a list");
        assert_eq!(of("nununukk"), 0, "nor for one");
        assert_eq!(of(""), 0);
    }
}
