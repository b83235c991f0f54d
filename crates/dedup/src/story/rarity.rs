//! The weight of a word: the fewer articles of its language have it, the higher.
//!
//! The articles on file are counted ([`WordCounts`]). Counting starts from a small table of common
//! words (`common.txt`), as if a hundred articles with the shares of the table had been counted. So
//! function words have low weights from the first article of a language on. After a few hundred
//! articles the table hardly matters for common words.

use std::collections::HashMap;
use std::sync::LazyLock;

use foldhash::HashMap as TermMap;

use crate::story::fingerprint::{Term, hash};
use crate::story::member::StoryMember;
use crate::story::score::Weighed;
use crate::story::word_counts::WordCounts;
use crate::story::words::words;

/// The table counts as this many articles.
const TABLE_ARTICLES: f64 = 100.0;

/// The most words on one line of the table.
const MOST_ON_A_LINE: usize = 2_000;

/// The weights of the words of one language.
#[derive(Debug, Clone, Default)]
pub struct Rarity {
    /// The articles on file.
    pub counts: WordCounts,
    common: Option<&'static TermMap<Term, f64>>,
}

impl Rarity {
    /// A language without counted articles. Only the table applies.
    #[must_use]
    pub fn new(language: &str) -> Self {
        Self::with(language, WordCounts::default())
    }

    /// A language with counted articles.
    #[must_use]
    pub fn with(language: &str, counts: WordCounts) -> Self {
        Self { counts, common: TABLE.get(language) }
    }

    /// The rarity of a term: smoothed inverse document frequency (Spärck Jones 1972).
    #[must_use]
    pub fn of(&self, term: Term) -> f64 {
        let common = self.common.and_then(|common| common.get(&term)).copied().unwrap_or_default();
        let having = self.counts.of(term) + TABLE_ARTICLES * common;
        (1.0 + (self.counts.articles() + TABLE_ARTICLES) / (having + 0.5)).ln()
    }
}

/// The weights of the words of all languages.
#[derive(Debug, Clone, Default)]
pub struct Rarities(HashMap<String, Rarity>);

impl Rarities {
    /// The weights of a language.
    pub fn of(&mut self, language: &str) -> &mut Rarity {
        if !self.0.contains_key(language) {
            self.0.insert(language.to_owned(), Rarity::new(language));
        }
        self.0.entry(language.to_owned()).or_default()
    }

    /// The languages that are here.
    pub fn languages(&self) -> impl Iterator<Item = (&str, &Rarity)> {
        self.0.iter().map(|(language, rarity)| (language.as_str(), rarity))
    }

    /// Whether a language is here.
    #[must_use]
    pub fn has(&self, language: &str) -> bool {
        self.0.contains_key(language)
    }

    /// Sets the weights of a language.
    pub fn set(&mut self, language: &str, counts: WordCounts) {
        self.0.insert(language.to_owned(), Rarity::with(language, counts));
    }

    /// Weighs the words of an article.
    #[must_use]
    pub fn weigh(&self, member: &StoryMember) -> Weighed {
        match self.0.get(&*member.language) {
            Some(rarity) => Weighed::of(&member.fingerprint, rarity),
            None => Weighed::of(&member.fingerprint, &Rarity::new(&member.language)),
        }
    }
}

/// The language of articles whose language is not known.
pub const UNKNOWN_LANGUAGE: &str = "und";

/// The language in which articles with a BCP 47 tag are grouped: the first part of the tag, or
/// `und` if the language is unknown.
#[must_use]
pub fn language_of(tag: Option<&str>) -> String {
    let primary = tag.and_then(|tag| tag.split(['-', '_']).next()).map(str::to_ascii_lowercase);
    let known = |code: &String| {
        (2..=3).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_lowercase())
    };
    primary.filter(known).unwrap_or_else(|| UNKNOWN_LANGUAGE.to_owned())
}

/// For each language and term, the share of articles that have the term.
static TABLE: LazyLock<HashMap<&str, TermMap<Term, f64>>> = LazyLock::new(|| {
    let mut table: HashMap<&str, TermMap<Term, f64>> = HashMap::new();
    let mut language = "";
    for line in include_str!("common.txt").lines().filter(|line| !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            language = name;
        } else if let Some((percent, text)) = line.split_once(' ') {
            let share = percent.parse::<f64>().unwrap_or_default() / 100.0;
            let shares = table.entry(language).or_default();
            for word in words(text, language, MOST_ON_A_LINE) {
                // Several forms may have one stem. An article lacks the term if it has none of
                // them.
                let known = shares.entry(hash(&word.stem)).or_default();
                *known = 1.0 - (1.0 - *known) * (1.0 - share);
            }
        }
    }
    table
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_words_weigh_little_from_the_start() {
        for (language, common, rare) in
            [("en", "the", "harbour"), ("ru", "в", "пролив"), ("de", "die", "hafen")]
        {
            let rarity = Rarity::new(language);
            assert!(rarity.of(hash(common)) < 1.0, "{common}");
            assert!(rarity.of(hash(rare)) > 3.0, "{rare}");
        }
    }

    #[test]
    fn words_of_many_articles_weigh_less() {
        let mut rarity = Rarity::new("xx");
        let before = rarity.of(7);
        for _ in 0..50 {
            rarity.counts.add([7]);
        }
        assert!(rarity.of(7) < before / 2.0);
        assert!(rarity.of(8) > before);
    }

    #[test]
    fn tags_lead_to_languages() {
        assert_eq!(language_of(Some("pt-BR")), "pt");
        assert_eq!(language_of(Some("EN")), "en");
        assert_eq!(language_of(Some("")), "und");
        assert_eq!(language_of(None), "und");
    }
}
