//! Finds near-duplicates: keys lead to fingerprints, fingerprints are compared, edges join
//! clusters.
//!
//! The daemon fills a [`DuplicateIndex`] with what a batch needs from the database. `wiresift
//! dedupe` fills it with everything that it has read. The judgement is the same for both.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::cluster::{Clusters, Edge, Joining, Member};
use crate::copy::Agreement;
use crate::fingerprint::{Fingerprint, Fingerprinted, Key};
use crate::key_index::{FingerprintId, Found, KeyIndex};

/// Fingerprints, the keys that lead to them, and the clusters of their articles.
#[derive(Debug, Default)]
pub struct DuplicateIndex {
    pub keys: KeyIndex,
    /// Fingerprints, and when their texts were seen.
    pub fingerprints: HashMap<FingerprintId, (Fingerprint, DateTime<Utc>)>,
    pub clusters: Clusters,
}

/// A text that is judged.
#[derive(Debug, Clone, Copy)]
pub struct SeenText<'a> {
    /// The article that has the text.
    pub member: Member,
    pub fingerprinted: &'a Fingerprinted,
    /// When the text was seen. A revision was seen later than its article.
    pub at: DateTime<Utc>,
}

impl SeenText<'_> {
    /// The id under which the fingerprint is filed.
    #[must_use]
    pub fn fingerprint_id(&self) -> FingerprintId {
        FingerprintId { day: day(self.at), article: self.member.article }
    }
}

/// Days since 1 January 1970, UTC.
#[must_use]
pub fn day(at: DateTime<Utc>) -> i32 {
    i32::try_from(at.timestamp().div_euclid(86_400)).unwrap_or(i32::MAX)
}

impl DuplicateIndex {
    /// Finds the fingerprints to which the keys of a text lead.
    #[must_use]
    pub fn find(&self, text: &SeenText<'_>) -> Found {
        self.keys.find(&text.fingerprinted.keys, day(text.at))
    }

    /// Returns an edge for each candidate article that is a copy of the text, or of which the text
    /// is a copy. If an article has several fingerprints, the strongest edge counts.
    #[must_use]
    pub fn edges(&self, text: &SeenText<'_>, candidates: &[FingerprintId]) -> Vec<Edge> {
        self.edges_by(text, candidates, Agreement::is_copy)
    }

    /// The same for each candidate article that is a version of the text under any headline.
    #[must_use]
    pub fn versions(&self, text: &SeenText<'_>, candidates: &[FingerprintId]) -> Vec<Edge> {
        self.edges_by(text, candidates, Agreement::is_version)
    }

    fn edges_by(
        &self,
        text: &SeenText<'_>,
        candidates: &[FingerprintId],
        agrees: fn(&Agreement, TimeDelta) -> bool,
    ) -> Vec<Edge> {
        let mut best: HashMap<i64, Edge> = HashMap::new();
        for candidate in
            candidates.iter().filter(|candidate| candidate.article != text.member.article)
        {
            let Some((fingerprint, seen_at)) = self.fingerprints.get(candidate) else { continue };
            let agreement = Agreement::of(&text.fingerprinted.fingerprint, fingerprint);
            if !agrees(&agreement, text.at - *seen_at) {
                continue;
            }
            let edge = Edge { other: candidate.article, agreement };
            let known = best.entry(candidate.article).or_insert(edge);
            if agreement.strength() > known.agreement.strength() {
                *known = edge;
            }
        }
        let mut edges: Vec<Edge> = best.into_values().collect();
        edges.sort_by_key(|edge| edge.other);
        edges
    }

    /// Takes a copy out of its cluster. Its old fingerprints are removed, because it has another
    /// text now.
    pub fn leave(&mut self, article: i64) {
        self.clusters.leave(article);
        self.fingerprints.retain(|fingerprint, _| fingerprint.article != article);
    }

    /// Enters a judged text. Returns the keys under which it is posted: those that do not lead to a
    /// twin of it already.
    pub fn enter(
        &mut self,
        text: &SeenText<'_>,
        found: &Found,
        edges: &[Edge],
        joining: Option<&Joining>,
    ) -> Vec<Key> {
        self.clusters.record(&text.member, joining);
        let fingerprint = text.fingerprint_id();
        let is_twin = |article: i64| {
            edges.iter().any(|edge| edge.other == article && edge.agreement.is_twin())
        };
        let keys = self.keys.to_post(&found.followed, fingerprint, is_twin);
        for key in &keys {
            self.keys.post(*key, fingerprint);
        }
        self.fingerprints.insert(fingerprint, (text.fingerprinted.fingerprint.clone(), text.at));
        keys
    }
}
