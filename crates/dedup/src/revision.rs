//! Says what kind of change a revision is, by comparing two clean texts.
//!
//! Only clean text is compared, block by block, so a changed advertisement or a changed box of
//! related links is no revision. If such a box was taken for text, it shows as lines that are no
//! sentences and that replace other such lines.

use std::collections::HashMap;

use wiresift_text::scripts::is_ideographic;
use wiresift_text::sentences::ends_sentence;
use wiresift_text::similarity::{likeness, words};
use wiresift_text::words::normalise;

/// The kinds of revision, as in `news.revisions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevisionKind {
    /// The text as it was first seen.
    First,
    /// The words are the same. Only their form has changed, such as quotation marks.
    Cosmetic,
    /// Words were changed.
    Correction,
    /// Text was added, and almost nothing was removed.
    Growth,
    /// The article was withdrawn: a notice has taken its place, or its page is gone.
    Retraction,
}

impl RevisionKind {
    /// The value in the database.
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

/// The change is growth only if the new text has this share of the old words.
const GROWTH_KEPT_SHARE: f64 = 0.97;

/// The change is growth only if the new text has this many more words.
const GROWTH_WORDS: usize = 20;

/// Compares the old title and body with the new ones.
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
    let kept = shared as f64 >= GROWTH_KEPT_SHARE * old_count as f64;
    if kept && new_count >= old_count + GROWTH_WORDS {
        RevisionKind::Growth
    } else {
        RevisionKind::Correction
    }
}

/// The most words in a line that may be the title of another page on the site.
const LINE_WORDS: usize = 20;
/// Two lines with at least this likeness are forms of one line that was edited.
const EDITED_LIKENESS: f64 = 0.5;

/// Whether all blocks that differ are lines that are no sentences, and none is an edited form of
/// another.
fn only_boilerplate(old: &str, new: &str) -> bool {
    let (removed, added) = (blocks_only_in(old, new), blocks_only_in(new, old));
    let is_line = |block: &&&str| {
        block.split_whitespace().count() <= LINE_WORDS
            && !ends_sentence(block)
            && !block.chars().any(is_ideographic)
    };
    let all_lines = |blocks: &[&str]| blocks.iter().filter(is_line).count() == blocks.len();
    // Every line is compared with every other, so their number is limited.
    all_lines(&removed)
        && all_lines(&added)
        && removed.len() <= 8
        && added.len() <= 8
        && !removed.iter().any(|old| added.iter().any(|new| likeness(old, new) >= EDITED_LIKENESS))
}

/// The blocks of `one` that `other` does not have, or has less often, in order. The time is linear.
fn blocks_only_in<'a>(one: &'a str, other: &str) -> Vec<&'a str> {
    let mut left: HashMap<String, usize> = HashMap::new();
    for block in other.split("\n\n") {
        *left.entry(normalise(block)).or_default() += 1;
    }
    let is_missing = |block: &&str| match left.get_mut(&normalise(block)) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    };
    one.split("\n\n").filter(is_missing).collect()
}

/// Phrases of notices that replace a withdrawn article, normalised.
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

/// The old text has at least this many times the bytes of the notice.
const NOTICE_RATIO: usize = 3;

/// Whether a short notice has replaced a longer text. Both texts are normalised.
fn is_withdrawal(old: &str, new: &str) -> bool {
    new.len() * NOTICE_RATIO <= old.len()
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
        let longer = format!(
            "{OLD} {}",
            "Ferries will run every half hour from both banks until then. ".repeat(3)
        );
        assert_eq!(kind(("Bridge closes", &longer)), RevisionKind::Growth);
    }

    const STORY: &str = "The bridge will close on Monday for nine days, the council said.\n\n\
        Ferries will run every half hour from both banks until then, and the police ask drivers to \
        stay away.";

    #[test]
    fn a_changed_line_of_boilerplate_is_no_revision() {
        let with = |line: &str| format!("{STORY}\n\n{line}");
        let kind =
            |old: &str, new: &str| kind_of_change(("Bridge closes", old), ("Bridge closes", new));
        let (one, other) =
            (with("Harbour board opens second hall"), with("Night ferry sails in daylight"));
        assert_eq!(kind(&one, &other), RevisionKind::Cosmetic);
        assert_eq!(kind(STORY, &one), RevisionKind::Cosmetic);
        // These are changes of text: an edited line, a new sentence, a removed paragraph.
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
    fn a_notice_that_replaces_the_text_is_a_retraction() {
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
