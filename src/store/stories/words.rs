//! How many articles have a word, as one process knows it.
//!
//! The counts of a language are too many to read or write them for each article. So every process
//! keeps them in memory and stores them as a whole now and then (`story_words`). Each story
//! fingerprint has a number. A process that takes the story lock reads the fingerprints with higher
//! numbers than those it has counted: the ones that other processes have added meanwhile.

use std::collections::{BTreeMap, HashMap};

use futures_util::TryStreamExt as _;
use sqlx::{FromRow, PgConnection};

use crate::store::StoreError;
use wiresift_dedup::story::{
    ALL_LANGUAGES, Rarities, StoryFingerprint, UNKNOWN_LANGUAGE, WordCounts,
};

/// The counts of a language are stored when so many articles have come since the last time, or the
/// day has changed.
const STORED_EVERY: i64 = 4_096;

/// The most words of all languages that are kept in memory, at some 16 bytes each.
const MOST_WORDS: usize = 2_000_000;

/// What a process knows of words.
#[derive(Debug, Default)]
pub(super) struct KnownWords {
    pub(super) rarities: Rarities,
    /// All fingerprints up to this number are counted.
    upto: Option<i64>,
    /// What is stored of each language.
    stored: HashMap<String, Stored>,
}

/// The stored counts of a language.
#[derive(Debug, Clone, Copy)]
struct Stored {
    upto: i64,
    day: i32,
}

#[derive(FromRow)]
struct CountsRow {
    language: String,
    upto: i64,
    day: i32,
    counts: Vec<u8>,
}

#[derive(FromRow)]
struct FingerprintRow {
    number: i64,
    language: String,
    fingerprint: Vec<u8>,
}

impl KnownWords {
    /// Learns what other processes have counted, and the counts of these languages.
    pub(super) async fn catch_up(
        &mut self,
        connection: &mut PgConnection,
        languages: &[String],
    ) -> Result<(), StoreError> {
        if self.rarities.languages().map(|(_, known)| known.counts.words()).sum::<usize>()
            > MOST_WORDS
        {
            *self = Self::default();
        }
        let known: BTreeMap<String, i64> = match self.upto {
            Some(upto) => {
                self.rarities.languages().map(|(language, _)| (language.to_owned(), upto)).collect()
            }
            None => BTreeMap::new(),
        };
        let upto = self.count_since(connection, self.upto.unwrap_or(0), &known).await?;
        self.upto = Some(upto);
        let wanted: Vec<&String> =
            languages.iter().filter(|language| !self.rarities.has(language)).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let mut since: BTreeMap<String, i64> =
            wanted.iter().map(|language| ((*language).clone(), 0)).collect();
        for row in stored_counts(connection, &wanted).await? {
            // Counts of another version are counted anew from the fingerprints that are left.
            let Some(counts) = WordCounts::from_stored(&row.counts) else { continue };
            self.rarities.set(&row.language, counts);
            self.stored.insert(row.language.clone(), Stored { upto: row.upto, day: row.day });
            since.insert(row.language, row.upto);
        }
        for language in &wanted {
            self.rarities.of(language);
        }
        let first = since.values().copied().min().unwrap_or(0);
        self.count_since(connection, first, &since).await?;
        Ok(())
    }

    /// Counts the fingerprints with a higher number than `first`, as far as they have a higher one
    /// than `since` says for their language. Returns the highest number.
    async fn count_since(
        &mut self,
        connection: &mut PgConnection,
        first: i64,
        since: &BTreeMap<String, i64>,
    ) -> Result<i64, StoreError> {
        let mut upto = first;
        if since.is_empty() {
            let statement =
                "/* count_since */ SELECT coalesce(max(number), 0) FROM story_fingerprints";
            return Ok(sqlx::query_scalar(statement).fetch_one(connection).await?);
        }
        let mut rows = sqlx::query_as::<_, FingerprintRow>(
            "/* count_since */ SELECT number, language, fingerprint FROM story_fingerprints
             WHERE number > $1 AND is_counted ORDER BY number",
        )
        .bind(first)
        .fetch(connection);
        while let Some(row) = rows.try_next().await? {
            upto = upto.max(row.number);
            let is_new =
                |language: &str| since.get(language).is_some_and(|since| row.number > *since);
            let (is_own, is_shared) = (is_new(&row.language), is_new(ALL_LANGUAGES));
            if !is_own && !is_shared {
                continue;
            }
            let Some(fingerprint) = StoryFingerprint::from_stored(&row.fingerprint) else {
                continue;
            };
            if is_own {
                self.rarities.of(&row.language).counts.add(fingerprint.terms());
            }
            if is_shared && row.language != UNKNOWN_LANGUAGE {
                let counts = &mut self.rarities.of(ALL_LANGUAGES).counts;
                counts.add(fingerprint.bridge.terms.iter().copied());
            }
        }
        Ok(upto)
    }

    /// Takes note that all fingerprints up to a number are counted, and stores the counts of those
    /// of these languages that have not been stored for long.
    pub(super) async fn counted(
        &mut self,
        connection: &mut PgConnection,
        upto: i64,
        languages: &[String],
        today: i32,
    ) -> Result<(), StoreError> {
        let upto = upto.max(self.upto.unwrap_or(0));
        self.upto = Some(upto);
        for language in languages {
            let is_due = self
                .stored
                .get(language)
                .is_none_or(|stored| stored.day != today || upto - stored.upto >= STORED_EVERY);
            if is_due {
                let counts = &mut self.rarities.of(language).counts;
                store_counts(connection, language, upto, today, &counts.to_stored()).await?;
                self.stored.insert(language.clone(), Stored { upto, day: today });
            }
        }
        Ok(())
    }
}

async fn stored_counts(
    connection: &mut PgConnection,
    languages: &[&String],
) -> Result<Vec<CountsRow>, StoreError> {
    let rows = sqlx::query_as(
        "/* stored_counts */ SELECT language, upto, day, counts FROM story_words
         WHERE language = ANY($1)",
    )
    .bind(languages)
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

async fn store_counts(
    connection: &mut PgConnection,
    language: &str,
    upto: i64,
    today: i32,
    counts: &[u8],
) -> Result<(), StoreError> {
    sqlx::query(
        "/* store_counts */ INSERT INTO story_words (language, upto, day, counts)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (language) DO UPDATE SET upto = $2, day = $3, counts = $4",
    )
    .bind(language)
    .bind(upto)
    .bind(today)
    .bind(counts)
    .execute(connection)
    .await?;
    Ok(())
}
