//! Invented articles in any number, for the benchmarks that fill a database.
//!
//! The texts have what the size of a database depends on: 5 kB, words with the frequencies of a natural language
//! (Zipf's law) that return within an article, paragraphs, here and there a link or a subheading, and blocks of the page
//! that were left out. They compress to 54 % with pglz, English news to 62 %; they have 356 lexemes, English news 300.
//! An eighth of the articles are copies of one shortly before.

use chrono::{DateTime, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use url::Url;
use wiresift::store::{
    Filing, Lease, ListedFeed, Origin, Outcome, PendingEntry, ReadArticle, SiteStep, Store,
    SuspectLimit,
};
use wiresift_extract::article::{Article, DateSource, Dated, Piece, PieceKind, Removed};
use wiresift_extract::render;
use wiresift_feed::Validators;

use crate::support::{self, WIDE};

/// Hosts of the articles.
const HOSTS: u64 = 400;

/// Words of an article, 5 kB.
const WORDS: usize = 830;

/// A vocabulary in which the frequency of a word is the inverse of its rank.
pub(crate) struct Vocabulary {
    words: Vec<String>,
    /// Sums of the frequencies.
    sums: Vec<f64>,
}

impl Vocabulary {
    pub(crate) fn new(size: usize) -> Self {
        let mut random = StdRng::seed_from_u64(1);
        let mut sum = 0.0;
        let mut sums = Vec::with_capacity(size);
        let words = (0..size)
            .map(|rank| {
                sum += 1.0 / (rank as f64 + 2.7);
                sums.push(sum);
                word(rank, &mut random)
            })
            .collect();
        Self { words, sums }
    }

    /// The word of a rank; 0 is the most frequent.
    pub(crate) fn word(&self, rank: usize) -> &str {
        self.words.get(rank).map_or("", String::as_str)
    }

    fn draw(&self, random: &mut StdRng) -> &str {
        let at = random.random_range(0.0..self.sums.last().copied().unwrap_or(1.0));
        self.word(self.sums.partition_point(|sum| *sum < at))
    }

    /// Half of the words are those of the topic.
    pub(crate) fn sentence(&self, words: usize, topic: &[&str], random: &mut StdRng) -> String {
        let mut draw = |_| {
            let own = topic.get(random.random_range(0..2 * topic.len().max(1)));
            own.copied().unwrap_or_else(|| self.draw(random))
        };
        let drawn: Vec<&str> = (0..words).map(&mut draw).collect();
        let mut text = drawn.join(" ");
        if let Some(first) = text.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        text
    }

    fn paragraph(&self, words: usize, topic: &[&str], random: &mut StdRng) -> String {
        let sentences = (0..words / 20).map(|_| self.sentence(20, topic, random) + ".");
        sentences.collect::<Vec<_>>().join(" ")
    }
}

/// Frequent words are short, and no two are alike.
fn word(rank: usize, random: &mut StdRng) -> String {
    const SYLLABLES: [&str; 40] = [
        "ta", "re", "in", "mo", "lan", "es", "ko", "ver", "il", "un", "sta", "der", "pol", "an",
        "ri", "cen", "to", "mar", "ed", "lo", "gra", "si", "ent", "ba", "ful", "or", "ne", "cha",
        "per", "is", "du", "ken", "al", "vi", "tion", "ha", "men", "so", "ly", "we",
    ];
    let mut rest = rank;
    let mut text = String::new();
    loop {
        text.push_str(SYLLABLES.get(rest % SYLLABLES.len()).unwrap_or(&""));
        rest /= SYLLABLES.len();
        if rest == 0 {
            break;
        }
    }
    if rank > 2_000 && random.random_bool(0.5) {
        text.push_str(SYLLABLES.get(random.random_range(0..SYLLABLES.len())).unwrap_or(&""));
    }
    text
}

/// The article that is read from an entry.
pub(crate) fn filing(
    lease: Lease<PendingEntry>,
    vocabulary: &Vocabulary,
    now: DateTime<Utc>,
) -> Filing {
    let number = u64::try_from(lease.item.id).unwrap_or_default();
    let is_copy = number.is_multiple_of(8);
    let mut random = StdRng::seed_from_u64(if is_copy { number.saturating_sub(3) } else { number });
    let topic: Vec<&str> = (0..100).map(|_| vocabulary.draw(&mut random)).collect();
    let title = vocabulary.sentence(9, &topic, &mut random);
    let body = body(vocabulary, &topic, is_copy.then_some(number), &mut random);
    let removed = (0..25u32).map(|position| Removed {
        position,
        text: vocabulary.sentence(if position % 5 == 0 { 30 } else { 6 }, &[], &mut random),
        reason: "links".to_owned(),
    });
    let read = ReadArticle {
        body_html: render::html(&body),
        removed: removed.collect(),
        article: Article {
            title,
            body,
            quality: 0.9,
            summary: Some(vocabulary.paragraph(40, &topic, &mut random)),
            byline: vec![vocabulary.sentence(2, &[], &mut random)],
            language: Some("en".to_owned()),
            published: Some(Dated {
                at: now - TimeDelta::minutes(random.random_range(5..300)),
                zone: None,
                source: DateSource::JsonLd,
            }),
            tags: vec![vocabulary.word(random.random_range(200..600)).to_owned()],
            site_name: Some("The Example".to_owned()),
            ..Article::default()
        },
        fetched_url: lease.item.url.as_deref().and_then(|url| Url::parse(url).ok()),
        page: None,
        validators: Validators::default(),
        memory: None,
        trace: None,
        doubt: None,
        origin: Origin::Source,
    };
    Filing {
        lease,
        at: now,
        outcome: Outcome::Article(Box::new(read)),
        site: SiteStep::default(),
        next_visit: None,
    }
}

fn body(
    vocabulary: &Vocabulary,
    topic: &[&str],
    copy: Option<u64>,
    random: &mut StdRng,
) -> Vec<Piece> {
    let mut body = Vec::new();
    let mut words = 0;
    while words < WORDS {
        let length = 20 * random.random_range(1..4);
        words += length;
        let mut piece = Piece::paragraph(&vocabulary.paragraph(length, topic, random));
        match random.random_range(0..12) {
            0 => piece.kind = PieceKind::Heading(2),
            1 | 2 => add_link(&mut piece, random),
            _ => {}
        }
        body.push(piece);
    }
    if let Some(number) = copy {
        body.push(Piece::paragraph(&format!("Desk {number} adds a sentence of its own.")));
    }
    body
}

/// Turns the end of a paragraph into a link.
fn add_link(piece: &mut Piece, random: &mut StdRng) {
    let Some(first) = piece.spans.first_mut() else { return };
    let at = first.text.len() / 2;
    let Some(at) = first.text.get(at..).and_then(|rest| rest.find(' ').map(|space| at + space))
    else {
        return;
    };
    let mut linked = first.clone();
    linked.text = first.text.split_off(at);
    let link =
        format!("https://links.example/{}/{}", random.random_range(0..999), random.random::<u32>());
    linked.link = Url::parse(&link).ok();
    piece.spans.push(linked);
}

/// The feeds, each with new entries at each poll.
pub(crate) struct Feeds {
    pub(crate) count: u64,
    pub(crate) entries: u64,
}

impl Feeds {
    fn url(feed: u64) -> String {
        format!("http://feeds.example/{feed}")
    }

    pub(crate) async fn list(&self, store: &Store, now: DateTime<Utc>) -> anyhow::Result<()> {
        let feeds: Vec<ListedFeed> = (0..self.count)
            .map(|feed| ListedFeed {
                url: Self::url(feed),
                host: "feeds.example".to_owned(),
                name: None,
                tags: vec![format!("tag{}", feed % 10)],
                every_s: None,
                min_every_s: None,
                max_every_s: None,
            })
            .collect();
        store.sync_feeds(&feeds, now).await?;
        Ok(())
    }

    /// Polls all feeds, and leases the new entries.
    pub(crate) async fn poll(
        &self,
        store: &Store,
        round: u64,
        now: DateTime<Utc>,
    ) -> anyhow::Result<Vec<Lease<PendingEntry>>> {
        let base = Url::parse("http://feeds.example/")?;
        loop {
            let leases =
                store.lease_feeds(now, 8, SuspectLimit::default().try_acquire(), &WIDE).await?;
            if leases.is_empty() {
                break;
            }
            for lease in leases {
                let document = self.document(round, lease.item.id.unsigned_abs(), now);
                let parsed = wiresift_feed::parse(document.as_bytes(), None, &base, now)?;
                let digest = round.to_be_bytes();
                support::record(store, &lease, &parsed, &digest, now).await?;
            }
        }
        let mut all = Vec::new();
        loop {
            let leases =
                store.lease_entries(now, 500, SuspectLimit::default().try_acquire(), &WIDE).await?;
            if leases.is_empty() {
                return Ok(all);
            }
            all.extend(leases);
        }
    }

    fn document(&self, round: u64, feed: u64, now: DateTime<Utc>) -> String {
        let items: String = (0..self.entries)
            .map(|entry| {
                let number = (round * self.count + feed) * self.entries + entry;
                format!(
                    "<item><title>Headline {number} of the day</title><link>http://site{}.example/news/{number}-a-headline\
                     </link><guid>http://site{}.example/?p={number}</guid><pubDate>{}</pubDate><description>What happened, \
                     in a sentence or two, for item {number}.</description></item>",
                    number % HOSTS,
                    number % HOSTS,
                    now.to_rfc2822()
                )
            })
            .collect();
        format!("<rss version=\"2.0\"><channel><title>F</title>{items}</channel></rss>")
    }
}
