//! Pages with invented prose, and entries that lead to them.

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;
use wiresift_extract::article::{Article, Dated, Piece};
use wiresift_feed::Validators;

use crate::filing::records::RevisionReason;
use crate::filing::{
    FeedFields, LookupKeys, MemoryIndex, Origin, Outcome, PendingEntry, ReadArticle, Recorded,
    Revisit, Submission,
};

/// Prose of `words` invented words. The same seed gives the same prose.
pub(super) fn prose(seed: u32, words: u32) -> String {
    let word = |n: u32| {
        let hash = (seed * 7919 + n).wrapping_mul(2_654_435_761);
        let letter = |shift: u32| char::from(b'a' + ((hash >> shift) % 26) as u8);
        [letter(3), letter(9), letter(15), letter(21), letter(26)].iter().collect::<String>()
    };
    (0..words).map(word).collect::<Vec<_>>().join(" ")
}

/// A page with an article.
#[derive(Debug, Clone)]
pub(super) struct Page {
    /// Host and path.
    pub(super) address: &'static str,
    /// The host and path to which the address redirects.
    pub(super) redirect: Option<&'static str>,
    pub(super) text: String,
    pub(super) canonical: Option<&'static str>,
    /// Minutes between reading and publication. Negative if it was published before.
    pub(super) published: Option<i64>,
}

impl Page {
    pub(super) fn at(address: &'static str, text: String) -> Self {
        Self { address, redirect: None, text, canonical: None, published: None }
    }

    pub(super) fn outcome(&self, now: DateTime<Utc>) -> Outcome {
        Outcome::Article(Box::new(self.read(now)))
    }

    /// The outcome of extracting the stored page of a revision again.
    pub(super) fn reread_outcome(&self, now: DateTime<Utc>, revision: i32) -> Outcome {
        let origin = Origin::Stored { page: 1, revision, reason: RevisionReason::Rules };
        Outcome::Article(Box::new(ReadArticle { origin, ..self.read(now) }))
    }

    fn read(&self, now: DateTime<Utc>) -> ReadArticle {
        let published = self.published.map(|minutes| now + TimeDelta::minutes(minutes));
        let article = Article {
            title: "A headline of some words".to_owned(),
            body: vec![Piece::paragraph(&self.text)],
            canonical: self.canonical.map(|url| Url::parse(url).unwrap()),
            published: published.map(Dated::from_feed),
            ..Article::default()
        };
        let redirect = self.redirect.map(|redirect| format!("https://{redirect}"));
        ReadArticle {
            article,
            body_html: String::new(),
            removed: Vec::new(),
            fetched_url: redirect.map(|redirect| Url::parse(&redirect).unwrap()),
            page: None,
            validators: Validators::default(),
            memory: None,
            trace: None,
            doubt: None,
            origin: Origin::Source,
        }
    }
}

/// An index, the entries that were filed into it, and a clock.
#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) index: MemoryIndex,
    pub(super) entries: Vec<PendingEntry>,
    minutes: i64,
}

impl World {
    pub(super) fn now(&self) -> DateTime<Utc> {
        let start: DateTime<Utc> = "2026-03-02T07:30:20Z".parse().unwrap();
        start + TimeDelta::minutes(self.minutes)
    }

    pub(super) fn advance(&mut self, minutes: i64) {
        self.minutes += minutes;
    }

    /// A new entry.
    pub(super) fn entry(&mut self, address: &str) -> PendingEntry {
        let url = Url::parse(&format!("https://{address}")).unwrap();
        let entry = PendingEntry {
            id: self.entries.len() as i64,
            feed_id: 1,
            feed_urls: vec![url.join("/feed").unwrap()],
            host: url.host_str().unwrap().to_owned(),
            url: Some(url.to_string()),
            fetch_url: Some(url.into()),
            hops: 0,
            cookies: None,
            failures: 0,
            first_seen_at: self.now(),
            feed_fields: FeedFields::default(),
            revisit: None,
        };
        self.entries.push(entry.clone());
        entry
    }

    /// Reads a page for a new entry, one minute after the last page, and files it.
    pub(super) fn reads(&mut self, page: &Page) -> Recorded {
        self.advance(1);
        let outcome = page.outcome(self.now());
        self.ends(page.address, outcome)
    }

    /// Files an outcome for a new entry.
    pub(super) fn ends(&mut self, address: &str, outcome: Outcome) -> Recorded {
        let entry = self.entry(address);
        self.files(&[(entry, outcome)]).remove(0)
    }

    /// An entry that is leased to be read again.
    pub(super) fn revisited(&self, number: usize) -> PendingEntry {
        let id = self.entries[number].id;
        let record = self.index.entries().find(|record| record.id == id).unwrap();
        let revisit = record.article_id.map(|article| Revisit {
            article,
            state: record.state,
            cause: record.cause,
            ended_at: record.ended_at,
            validators: Validators::default(),
            missing: record.missing,
            from_feed: false,
            is_succeeded: false,
        });
        PendingEntry { revisit, ..self.entries[number].clone() }
    }

    /// The newest revision of the article of an entry that is read again.
    pub(super) fn revision_of(&self, entry: &PendingEntry) -> i32 {
        let article = entry.revisit.as_ref().unwrap().article;
        self.index.articles().find(|(known, _)| known.id == article).unwrap().0.revision
    }

    /// Files an outcome for an entry that is read again.
    pub(super) fn visits_again(&mut self, number: usize, outcome: Outcome) -> Recorded {
        self.advance(1);
        let entry = self.revisited(number);
        self.files(&[(entry, outcome)]).remove(0)
    }

    /// Files a batch.
    pub(super) fn files(&mut self, batch: &[(PendingEntry, Outcome)]) -> Vec<Recorded> {
        let now = self.now();
        let lookups: Vec<Option<LookupKeys>> =
            batch.iter().map(|(entry, outcome)| LookupKeys::of_outcome(entry, outcome)).collect();
        let submissions: Vec<Submission<'_>> = batch
            .iter()
            .zip(&lookups)
            .map(|((entry, outcome), lookup)| Submission {
                entry,
                at: now,
                outcome,
                next_visit: Some(now + TimeDelta::hours(1)),
                lookup: lookup.as_ref(),
                is_held: true,
            })
            .collect();
        self.index.file(&submissions).unwrap()
    }
}
