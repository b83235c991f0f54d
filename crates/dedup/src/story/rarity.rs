//! The weight of a word: the fewer articles of its language have it, the higher.
//!
//! Articles are counted as they come, and a count halves with every [`HALF`] further articles. So it
//! is the news of these days that says which words are common: while the papers are full of an
//! election, the names of the candidates tell its events no better apart than "the" does. Counts over
//! months would call them rare. It also means that a weight is the same after a thousand articles
//! and after a million. Counting starts from a small table of common words (`common.txt`), as if a hundred
//! articles with the shares of the table had been counted. So function words have low weights from
//! the first article of a language on. After a few hundred articles the table hardly matters
//! for common words.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::story::fingerprint::{Term, hash};
use crate::story::words::words;

/// The table counts as this many articles.
const TABLE_ARTICLES: f64 = 100.0;

/// A count halves with so many further articles of the language.
pub const HALF: f64 = 300.0;

/// What is left of a count after so many further articles.
#[must_use]
pub fn faded(count: f64, further: f64) -> f64 {
    count * (-further.max(0.0) / HALF).exp2()
}

/// The most words on one line of the table.
const MOST_ON_A_LINE: usize = 2_000;

/// The faded number of articles by term, in one language.
#[derive(Debug, Clone, Default)]
pub struct Rarity {
    /// The articles so far, not faded.
    seen: f64,
    articles: f64,
    /// The counts, each as it was after so many articles.
    counts: HashMap<Term, (f64, f64)>,
    common: Option<&'static HashMap<Term, f64>>,
}

impl Rarity {
    /// A language without counted articles. Only the table applies.
    #[must_use]
    pub fn new(language: &str) -> Self {
        Self { common: TABLE.get(language), ..Self::default() }
    }

    /// Takes over counts that have faded: the number of all articles, and of those that have each
    /// term.
    pub fn count(&mut self, articles: f64, counts: impl IntoIterator<Item = (Term, f64)>) {
        self.articles = articles;
        self.counts.extend(counts.into_iter().map(|(term, count)| (term, (count, self.seen))));
    }

    /// Counts one more article.
    pub fn add(&mut self, terms: impl IntoIterator<Item = Term>) {
        self.seen += 1.0;
        self.articles = faded(self.articles, 1.0) + 1.0;
        for term in terms {
            let (count, at) = self.counts.entry(term).or_insert((0.0, self.seen));
            *count = faded(*count, self.seen - *at) + 1.0;
            *at = self.seen;
        }
    }

    /// The rarity of a term: smoothed inverse document frequency (Spärck Jones 1972).
    #[must_use]
    pub fn of(&self, term: Term) -> f64 {
        let common = self.common.and_then(|common| common.get(&term)).copied().unwrap_or_default();
        let counted = self.counts.get(&term).map(|(count, at)| faded(*count, self.seen - at));
        let having = counted.unwrap_or_default() + TABLE_ARTICLES * common;
        (1.0 + (self.articles + TABLE_ARTICLES) / (having + 0.5)).ln()
    }
}

/// The language in which articles with a BCP 47 tag are grouped: the first part of the tag, or
/// `und` if the language is unknown.
#[must_use]
pub fn language_of(tag: Option<&str>) -> String {
    let primary = tag.and_then(|tag| tag.split(['-', '_']).next()).map(str::to_ascii_lowercase);
    let known = |code: &String| {
        (2..=3).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_lowercase())
    };
    primary.filter(known).unwrap_or_else(|| "und".to_owned())
}

/// For each language and term, the share of articles that have the term.
static TABLE: LazyLock<HashMap<&str, HashMap<Term, f64>>> = LazyLock::new(|| {
    let mut table: HashMap<&str, HashMap<Term, f64>> = HashMap::new();
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
            rarity.add([7]);
        }
        assert!(rarity.of(7) < before / 2.0);
        assert!(rarity.of(8) > before);
        let common = rarity.of(7);
        for _ in 0..1_000 {
            rarity.add([9]);
        }
        assert!(rarity.of(7) > 2.0 * common);
    }

    #[test]
    fn tags_lead_to_languages() {
        assert_eq!(language_of(Some("pt-BR")), "pt");
        assert_eq!(language_of(Some("EN")), "en");
        assert_eq!(language_of(Some("")), "und");
        assert_eq!(language_of(None), "und");
    }
}
