//! Blocks that the markup divides and a reader does not: a drop cap in a box of its own; and the
//! reverse, a link to another story at the end of a paragraph.

use foldhash::HashMap;
use wiresift_text::sentences::ends_sentence;

use crate::block::{Block, Blocks};
use crate::phrases::mark::{self, Mark};
use crate::tree::Tree;

/// Least length of a paragraph before a link to another story, in bytes.
const PARAGRAPH_BYTES: usize = 60;

/// Longest words before such a link, in bytes, such as "Read also:".
const LEAD_BYTES: usize = 60;

/// Least length of a paragraph that a link may wrap, in characters.
const WRAPPED_CHARS: u32 = 80;

/// Paragraphs with one address from which on it is no link to another story.
const WRAPPED_BLOCKS: u32 = 3;

/// Whether a block is the first letter of the text that follows.
pub(super) fn is_initial(first: &str, rest: &str) -> bool {
    let letter = first.trim_start_matches(|c: char| !c.is_alphanumeric());
    let mut chars = letter.chars();
    chars.next().is_some_and(char::is_uppercase)
        && chars.next().is_none()
        && first.chars().count() <= 2
        && rest.chars().next().is_some_and(char::is_lowercase)
}

/// Where a paragraph ends and its link to another story begins, in bytes: "… said. Read also:
/// <a>…</a>". `runs` are the starts of the runs of one style, each with whether it is a link.
pub(super) fn story_link(text: &str, runs: &[(usize, bool)]) -> Option<usize> {
    let blank =
        |from: usize| text.get(from..).is_some_and(|rest| !rest.chars().any(char::is_alphanumeric));
    let last = runs.iter().rposition(|(start, _)| !blank(*start))?;
    let first = runs.get(..=last)?.iter().rposition(|(_, is_link)| !is_link).map_or(0, |at| at + 1);
    let link = runs.get(first).filter(|_| first <= last)?.0;
    let before = text.get(..link)?;
    // The words before the link, back to the end of the last sentence.
    let lead = before.char_indices().rev().take_while(|(at, _)| at + LEAD_BYTES >= link);
    let lead = lead.map(|(at, _)| at).find(|at| {
        let (head, tail) = before.split_at(*at);
        ends_sentence(head) && (tail.is_empty() || tail.starts_with([' ', '(', '[', '–', '—']))
    })?;
    let said = text.get(lead..)?.trim_start_matches(|c: char| !c.is_alphanumeric());
    let words = said.get(..crate::tree::floor_char_boundary(said, LEAD_BYTES))?;
    let end = text.get(..lead)?.trim_end().len();
    (end >= PARAGRAPH_BYTES && mark::marks(words).has(Mark::Related)).then_some(end)
}

/// Paragraphs wrapped in links with one address are the article's own: the link leads to the page
/// itself, or to where one pays for it.
pub(super) fn forget_wrapping_links(tree: &Tree, page: &mut Blocks) {
    let wrapped = |block: &Block| {
        (block.chars >= WRAPPED_CHARS && block.link_chars == block.chars && block.links <= 1)
            .then(|| page.runs(block).find_map(|(_, style)| style.link))
            .flatten()
            .and_then(|link| tree.attribute(link, "href"))
    };
    let mut counts: HashMap<&str, u32> = HashMap::default();
    for address in page.blocks.iter().filter_map(wrapped) {
        *counts.entry(address).or_default() += 1;
    }
    if counts.values().all(|count| *count < WRAPPED_BLOCKS) {
        return;
    }
    let is_own = |block: &Block| {
        wrapped(block).is_some_and(|address| counts.get(address) >= Some(&WRAPPED_BLOCKS))
    };
    let own: Vec<bool> = page.blocks.iter().map(is_own).collect();
    for (block, _) in page.blocks.iter_mut().zip(own).filter(|(_, own)| *own) {
        (block.link_chars, block.links) = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_one_capital_before_small_letters() {
        assert!(is_initial("T", "he council met"));
        assert!(is_initial("„W", "ir bleiben"));
        assert!(!is_initial("T", "The council met"));
        assert!(!is_initial("3", "he council met"));
        assert!(!is_initial("To", "he council met"));
    }

    #[test]
    fn links_to_other_stories_at_the_end() {
        let paragraph =
            "The ferry will sail through the winter after all, the harbour board said on Monday.";
        let tail = |lead: &str| {
            let text = format!("{paragraph}{lead}Bakery fire put out");
            story_link(&text, &[(0, false), (paragraph.len() + lead.len(), true)])
        };
        for lead in [" Read also: ", " (See also: ", " Lesen Sie auch: "] {
            assert_eq!(tail(lead), Some(paragraph.len()), "{lead}");
        }
        for lead in [" ", " It was first told by ", " He wrote about the "] {
            assert_eq!(tail(lead), None, "{lead}");
        }
    }
}
