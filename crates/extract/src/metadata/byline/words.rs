//! The meanings of words in bylines (`words.txt`): what stands before a name, after it, between
//! two, and what makes an organisation of one. Every word of a byline is looked up once.

use std::sync::LazyLock;

use foldhash::{HashMap, HashMapExt as _};

/// A meaning of a word in a byline, in the order of the sections of `words.txt`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Meaning {
    /// Says who wrote.
    Written,
    /// The same, and alone before a name: "by", "author".
    By,
    AlsoParticle,
    Credit,
    And,
    OnlyLower,
    Particle,
    End,
    Role,
    Organisation,
    Control,
    Suffix,
    Degree,
    /// All of a name that is none.
    Nobody,
    /// All of an agency's name.
    Agency,
}

/// The meanings of a word.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Meanings(u16);

impl Meanings {
    pub(super) fn has(self, meaning: Meaning) -> bool {
        self.0 & (1 << meaning as u16) != 0
    }
}

static WORDS: LazyLock<HashMap<&str, Meanings>> = LazyLock::new(|| {
    let mut words: HashMap<&str, Meanings> = HashMap::new();
    let mut section = 0_u16;
    for line in include_str!("words.txt").lines().filter(|line| !line.starts_with('#')) {
        if line.starts_with('[') {
            section += 1;
            continue;
        }
        for word in line.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            words.entry(word).or_default().0 |= 1 << section.saturating_sub(1);
        }
    }
    words
});

/// The meanings of a word in lower case without punctuation around it.
pub(super) fn meanings(word: &str) -> Meanings {
    WORDS.get(word).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sections_are_in_the_order_of_the_meanings() {
        for (word, meaning) in [
            ("posted", Meaning::Written),
            ("by", Meaning::By),
            ("von", Meaning::AlsoParticle),
            ("fotos", Meaning::Credit),
            ("und", Meaning::And),
            ("og", Meaning::OnlyLower),
            ("della", Meaning::Particle),
            ("updated", Meaning::End),
            ("redakteurin", Meaning::Role),
            ("gmbh", Meaning::Organisation),
            ("profile", Meaning::Control),
            ("jr", Meaning::Suffix),
            ("phd", Meaning::Degree),
            ("admin", Meaning::Nobody),
            ("agence france-presse", Meaning::Agency),
        ] {
            assert!(meanings(word).has(meaning), "{word}");
        }
        let sections =
            include_str!("words.txt").lines().filter(|line| line.starts_with('[')).count();
        assert_eq!(sections, Meaning::Agency as usize + 1);
    }
}
