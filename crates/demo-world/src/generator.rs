//! Any number of sites with texts of their own, from a seed.
//!
//! Sentences follow a small grammar. Its fixed parts are at most two or three words long, so two
//! articles share few runs of four words; a test checks that no two are near-duplicates. The text
//! means little, but has the lengths, punctuation and function words of prose, which extraction and
//! duplicate search look at. It is generated on demand: a world of a hundred thousand sites takes
//! hardly any memory.

use super::article::{Article, Body};
use super::outlet::{FeedSpec, Format, Outlet, Style};
use super::words::{
    ADJECTIVES, ADVERBS, CONNECTORS, GIVEN_NAMES, NOUNS, PREPOSITIONS, ROLES, SYLLABLES, UNITS,
    VERBS,
};

/// Minutes between two articles of a site.
const SPACING_MINUTES: i64 = 7;

/// The host of site number `index`.
pub(super) fn host(index: usize) -> String {
    format!("site-{index:05}.localhost")
}

/// The number of a generated site, from its host.
pub(super) fn index_of(name: &str) -> Option<usize> {
    let index = name.strip_prefix("site-")?.strip_suffix(".localhost")?.parse().ok()?;
    (host(index) == name).then_some(index)
}

/// Site number `index` with everything that it has published up to `edition`.
pub(super) fn outlet(index: usize, entries: usize, edition: u32) -> Outlet {
    let mut chance = Chance::new(index as u64);
    let place = chance.place();
    let name = format!(
        "{place} {}",
        chance.pick(&["Gazette", "Herald", "Post", "Courier", "Observer", "Echo"])
    );
    let each_edition = entries.div_ceil(10);
    let total = entries + each_edition * edition as usize;
    let style = [Style::Press, Style::Prism, Style::Plain, Style::Tables];
    let format = [Format::Rss2, Format::Atom, Format::Json, Format::Rss1, Format::Rss2];
    let (path, format) = match format.get(index % format.len()) {
        Some(Format::Atom) => ("/atom.xml", Format::Atom),
        Some(Format::Json) => ("/feed.json", Format::Json),
        Some(Format::Rss1) => ("/index.rdf", Format::Rss1),
        _ => ("/rss.xml", Format::Rss2),
    };
    let mut feed = FeedSpec::new("main", &name, path, format);
    feed.limit = entries;
    Outlet {
        host: host(index),
        language: "en",
        style: style.get(index % style.len()).copied().unwrap_or(Style::Plain),
        feeds: vec![feed],
        articles: (0..total).map(|n| article(index, n, entries, each_edition)).collect(),
        name,
    }
}

fn article(site: usize, n: usize, entries: usize, each_edition: usize) -> Article {
    let seed = (site as u64) << 32 | n as u64;
    let mut chance = Chance::new(seed ^ 0x5eed);
    let title = capitalised(&format!("{} {}", chance.clause(), chance.pick(PREPOSITIONS)));
    let title = format!("{title} {}", chance.place());
    let slug: String = title
        .to_lowercase()
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' })
        .collect();
    // Older articles have lower numbers. Those of later editions stay before the start, in its last
    // minutes.
    let before_start = entries.saturating_sub(n + 1) as i64 * SPACING_MINUTES + 6;
    Article {
        slug: format!("{slug}-{n}"),
        number: 1_000 + n as u32,
        section: "News".to_owned(),
        author: format!("{} {}", chance.pick(GIVEN_NAMES), chance.place()),
        teaser: chance.sentence(),
        tags: vec![chance.pick(NOUNS).to_owned(), chance.pick(NOUNS).to_owned()],
        age_minutes: before_start,
        edition: (n.saturating_sub(entries) / each_edition + usize::from(n >= entries)) as u32,
        feeds: vec!["main".to_owned()],
        body: Body::Seeded(seed),
        title,
        ..Article::default()
    }
}

/// The text of a generated article: 300 to 700 words.
pub(super) fn paragraphs(seed: u64) -> Vec<String> {
    let mut chance = Chance::new(seed);
    // The last paragraph may exceed this by a hundred words.
    let words_wanted = 310 + chance.below(280);
    let mut paragraphs = Vec::new();
    let mut words = 0;
    while words < words_wanted {
        let sentences: Vec<String> = (0..2 + chance.below(3)).map(|_| chance.sentence()).collect();
        let paragraph = sentences.join(" ");
        words += paragraph.split(' ').count();
        paragraphs.push(paragraph);
    }
    paragraphs
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// `SplitMix64` (Steele, Lea and Flood, 2014): small, quick to seed, and the same on every machine
/// and version.
struct Chance(u64);

impl Chance {
    fn new(seed: u64) -> Self {
        let mut chance = Self(seed);
        let mixed = chance.next();
        Self(mixed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    fn pick(&mut self, list: &[&'static str]) -> &'static str {
        list.get(self.below(list.len())).copied().unwrap_or_default()
    }

    fn place(&mut self) -> String {
        let [first, second] = SYLLABLES;
        format!("{}{}", self.pick(first), self.pick(second))
    }

    fn person(&mut self) -> String {
        format!("{} {}", self.pick(GIVEN_NAMES), self.place())
    }

    /// A noun phrase.
    fn thing(&mut self) -> String {
        match self.below(6) {
            0 => self.person(),
            1 => format!("{} {}", 11 + self.below(980), self.pick(UNITS)),
            2 => format!("{}'s {}", self.place(), self.pick(NOUNS)),
            3 => format!("the {}", self.pick(NOUNS)),
            _ => format!("the {} {}", self.pick(ADJECTIVES), self.pick(NOUNS)),
        }
    }

    fn clause(&mut self) -> String {
        format!("{} {} {}", self.thing(), self.pick(VERBS), self.thing())
    }

    fn sentence(&mut self) -> String {
        match self.below(6) {
            0 => format!(
                "“{}, {} {},” said {}, {}.",
                capitalised(&self.clause()),
                self.pick(CONNECTORS),
                self.clause(),
                self.person(),
                self.pick(ROLES)
            ),
            1 => capitalised(&format!("{} {}.", self.clause(), self.pick(ADVERBS))),
            2 => format!(
                "{} {}, {}.",
                capitalised(self.pick(PREPOSITIONS)),
                self.thing(),
                self.clause()
            ),
            3 => capitalised(&format!(
                "{} {} {}, {} {}.",
                self.clause(),
                self.pick(PREPOSITIONS),
                self.thing(),
                self.pick(CONNECTORS),
                self.clause()
            )),
            _ => capitalised(&format!(
                "{}, {} {} {}.",
                self.clause(),
                self.pick(CONNECTORS),
                self.clause(),
                self.pick(ADVERBS)
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn shingles(seed: u64) -> HashSet<String> {
        let text = paragraphs(seed).join(" ").to_lowercase();
        let words: Vec<&str> = text.split(' ').collect();
        words.windows(4).map(|run| run.join(" ")).collect()
    }

    #[test]
    fn every_text_has_its_length_and_no_two_are_near_duplicates() {
        let texts: Vec<HashSet<String>> = (0..12_u64)
            .flat_map(|site| (0..6_u64).map(move |n| shingles(site << 32 | n)))
            .collect();
        for seed in 0..200 {
            let words: usize =
                paragraphs(seed).iter().map(|paragraph| paragraph.split(' ').count()).sum();
            assert!((300..=700).contains(&words), "{seed}: {words}");
        }
        for (n, one) in texts.iter().enumerate() {
            for other in texts.iter().skip(n + 1) {
                let shared = one.intersection(other).count();
                assert!(shared * 20 < one.len().min(other.len()), "{shared} of {}", one.len());
            }
        }
    }

    #[test]
    fn a_host_names_its_site_and_nothing_else_does() {
        assert_eq!(index_of(&host(412)), Some(412));
        assert_eq!(index_of("site-412.localhost"), None);
        assert_eq!(index_of("harbour-gazette.localhost"), None);
    }

    #[test]
    fn each_edition_adds_a_tenth_and_the_feed_stays_as_long() {
        let outlet = outlet(3, 20, 2);
        assert_eq!(outlet.articles.len(), 24);
        assert_eq!(outlet.articles.iter().filter(|article| article.edition == 0).count(), 20);
        assert_eq!(outlet.articles.iter().filter(|article| article.edition == 1).count(), 2);
        assert!(outlet.articles.iter().all(|article| article.age_minutes > 4));
    }
}
