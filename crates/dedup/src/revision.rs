//! What kind of change a revision is: one pure comparison of two clean texts.
//!
//! Only clean text is compared, block by block, so a rotated advertisement or related box is no revision at all. Where
//! one slipped through into the text, it shows as a line that is no sentence and came in the place of another such line.

use std::collections::HashMap;

use wiresift_text::scripts::is_ideographic;
use wiresift_text::similarity::{likeness, words};
use wiresift_text::words::normalise;

/// The kinds of revision, in the words of `news.revisions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevisionKind {
    /// As first seen.
    First,
    /// Same words, other dress.
    Cosmetic,
    /// Words were changed.
    Correction,
    /// Text was added, nearly nothing taken away.
    Growth,
    /// The article was taken back: a notice stands in its place, or its page is gone.
    Retraction,
}

impl RevisionKind {
    /// The word the database uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Cosmetic => "cosmetic",
            Self::Correction => "correction",
            Self::Growth => "growth",
            Self::Retraction => "retraction",
        }
    }
}

/// Share of the old words that must survive in a text that merely grew.
const KEPT_IN_GROWTH: f64 = 0.97;

/// How much longer a text is that grew, in words.
const GROWN_WORDS: usize = 20;

/// Compares a title and body with their successors.
#[must_use]
pub fn kind_of_change(old: (&str, &str), new: (&str, &str)) -> RevisionKind {
    let (old_body, new_body) = (normalise(old.1), normalise(new.1));
    if old_body == new_body {
        let same_title = normalise(old.0) == normalise(new.0);
        return if same_title { RevisionKind::Cosmetic } else { RevisionKind::Correction };
    }
    if normalise(old.0) == normalise(new.0) && only_boilerplate(old.1, new.1) {
        return RevisionKind::Cosmetic;
    }
    if is_withdrawal(&old_body, &new_body) {
        return RevisionKind::Retraction;
    }
    let old_words = words(&old_body);
    let shared = old_words.shared(&words(&new_body));
    let old_count = old_words.total();
    let new_count = new_body.split(' ').count();
    let kept = shared as f64 >= KEPT_IN_GROWTH * old_count as f64;
    if kept && new_count >= old_count + GROWN_WORDS {
        RevisionKind::Growth
    } else {
        RevisionKind::Correction
    }
}

/// Words in a line that may be the title of something else on the site.
const LINE_WORDS: usize = 20;
/// Words that an edited line shares with what it was, as a share of the shorter.
const EDITED: f64 = 0.5;

/// Whether the blocks that differ are all lines that are no sentences, and none is an edited form of another.
fn only_boilerplate(old: &str, new: &str) -> bool {
    let (gone, come) = (blocks_beside(old, new), blocks_beside(new, old));
    let is_line = |block: &&&str| {
        let ends = block.trim_end_matches(['"', '\'', '”', '’', '»', ')', ' ']);
        block.split_whitespace().count() <= LINE_WORDS
            && !ends.ends_with(['.', '!', '?', '…', '。', '！', '？', '।', '؟', '۔'])
            && !block.chars().any(is_ideographic)
    };
    let all_lines = |blocks: &[&str]| blocks.iter().filter(is_line).count() == blocks.len();
    // Bounded, because few lines are compared with few.
    all_lines(&gone)
        && all_lines(&come)
        && gone.len() <= 8
        && come.len() <= 8
        && !gone.iter().any(|old| come.iter().any(|new| likeness(old, new) >= EDITED))
}

/// Blocks of one text that the other has not, or less often; in order. Linear.
fn blocks_beside<'a>(one: &'a str, other: &str) -> Vec<&'a str> {
    let mut left: HashMap<String, usize> = HashMap::new();
    for block in other.split("\n\n") {
        *left.entry(normalise(block)).or_default() += 1;
    }
    let is_beside = |block: &&str| match left.get_mut(&normalise(block)) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    };
    one.split("\n\n").filter(is_beside).collect()
}

/// What a notice in an article's place says, normalised.
const WITHDRAWN: &[&str] = &[
    "retracted",
    "retraction",
    "withdrawn",
    "has been removed",
    "been deleted",
    "taken down",
    "no longer available",
    "zurückgezogen",
    "zurückgenommen",
    "gelöscht",
    "entfernt",
    "nicht mehr verfügbar",
    "retiré",
    "supprimé",
    "n est plus disponible",
    "retirado",
    "retractado",
    "eliminado",
    "ya no está disponible",
    "ritirato",
    "rimosso",
    "removido",
    "retratado",
    "ingetrokken",
    "verwijderd",
    "tagits bort",
    "dragits tillbaka",
    "fjernet",
    "trukket tilbake",
    "poistettu",
    "usunięty",
    "wycofany",
    "stažen",
    "odstraněn",
    "удален",
    "удалён",
    "отозван",
    "видалено",
    "撤回",
    "削除",
    "撤稿",
    "删除",
    "삭제",
];

/// A notice is so much shorter than what it replaces, in bytes.
const NOTICE_SHARE: usize = 3;

/// Whether a short notice stands where a longer text stood. Both normalised.
fn is_withdrawal(old: &str, new: &str) -> bool {
    new.len() * NOTICE_SHARE <= old.len()
        && !old.starts_with(new)
        && WITHDRAWN.iter().any(|word| new.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "The bridge will close on Monday for nine days, the council said.";

    #[test]
    fn the_kinds() {
        let kind = |new: (&str, &str)| kind_of_change(("Bridge closes", OLD), new);
        assert_eq!(
            kind((
                "Bridge closes",
                "The bridge will close on Monday - for nine days, the council said"
            )),
            RevisionKind::Cosmetic
        );
        assert_eq!(kind(("Bridge stays open", OLD)), RevisionKind::Correction);
        assert_eq!(kind(("Bridge closes", &OLD.replace("nine", "ten"))), RevisionKind::Correction);
        let grown = format!(
            "{OLD} {}",
            "Ferries will run every half hour from both banks until then. ".repeat(3)
        );
        assert_eq!(kind(("Bridge closes", &grown)), RevisionKind::Growth);
    }

    const STORY: &str = "The bridge will close on Monday for nine days, the council said.\n\nFerries will run \
        every half hour from both banks until then, and the police ask drivers to stay away.";

    #[test]
    fn a_line_that_rotates_is_no_revision() {
        let with = |line: &str| format!("{STORY}\n\n{line}");
        let kind =
            |old: &str, new: &str| kind_of_change(("Bridge closes", old), ("Bridge closes", new));
        let (one, other) =
            (with("Harbour board opens second hall"), with("Night ferry sails in daylight"));
        assert_eq!(kind(&one, &other), RevisionKind::Cosmetic);
        assert_eq!(kind(STORY, &one), RevisionKind::Cosmetic);
        // An edited line is an edit, a sentence is text, and a lost paragraph is a loss.
        assert_eq!(
            kind(&with("Dead: 6, injured: 14"), &with("Dead: 7, injured: 14")),
            RevisionKind::Correction
        );
        assert_eq!(kind(STORY, &with("Two people died.")), RevisionKind::Correction);
        assert_eq!(kind(STORY, OLD), RevisionKind::Correction);
        let two =
            "The bridge will close on Monday for nine days, the council said.\n\nMore on bridges";
        assert_eq!(kind(STORY, two), RevisionKind::Correction);
    }

    #[test]
    fn a_notice_in_its_place_is_a_retraction() {
        let kind = |new: &str| kind_of_change(("Bridge closes", STORY), ("Bridge closes", new));
        assert_eq!(kind("This article has been retracted."), RevisionKind::Retraction);
        assert_eq!(kind("Dieser Artikel wurde zurückgezogen."), RevisionKind::Retraction);
        assert_eq!(
            kind(&STORY.replace("nine days", "nine days, not withdrawn")),
            RevisionKind::Correction
        );
        assert_eq!(kind("The bridge will close."), RevisionKind::Correction);
    }
}
