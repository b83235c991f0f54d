//! Near-duplicate judgement over what is known: keys lead to prints, prints are compared, edges join clusters.
//!
//! The daemon fills a [`DuplicateIndex`] with what a batch needs from the database and `wiresift dedupe` with all that it
//! has read; from there on both do the same.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::cluster::{Clusters, Edge, Joining, Member};
use crate::copy::Agreement;
use crate::fingerprint::{Fingerprint, Fingerprinted, Key};
use crate::key_index::{FingerprintId, Found, KeyIndex};

/// Prints, the keys that lead to them, and the clusters of those who have them.
#[derive(Debug, Default)]
pub struct DuplicateIndex {
    /// Which keys lead where.
    pub keys: KeyIndex,
    /// What is compared, and when that text was seen.
    pub fingerprints: HashMap<FingerprintId, (Fingerprint, DateTime<Utc>)>,
    /// Who belongs to whom.
    pub clusters: Clusters,
}

/// A text at the moment it is judged.
#[derive(Debug, Clone, Copy)]
pub struct SeenText<'a> {
    /// Whose it is.
    pub member: Member,
    /// Its fingerprint.
    pub fingerprinted: &'a Fingerprinted,
    /// When it was seen: for a revision later than its article.
    pub at: DateTime<Utc>,
}

impl SeenText<'_> {
    /// What its print is filed as.
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
    /// Whom a text's keys lead to.
    #[must_use]
    pub fn find(&self, text: &SeenText<'_>) -> Found {
        self.keys.find(&text.fingerprinted.keys, day(text.at))
    }

    /// Those of the candidates that it is a copy of, or they of it: the best print of each.
    #[must_use]
    pub fn edges(&self, text: &SeenText<'_>, candidates: &[FingerprintId]) -> Vec<Edge> {
        let mut best: HashMap<i64, Edge> = HashMap::new();
        for candidate in
            candidates.iter().filter(|candidate| candidate.article != text.member.article)
        {
            let Some((fingerprint, seen_at)) = self.fingerprints.get(candidate) else { continue };
            let agreement = Agreement::of(&text.fingerprinted.fingerprint, fingerprint);
            if !agreement.is_copy(text.at - seen_at) {
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

    /// Takes a copy out of its cluster; what it said there is its text no more.
    pub fn leave(&mut self, article: i64) {
        self.clusters.leave(article);
        self.fingerprints.retain(|fingerprint, _| fingerprint.article != article);
    }

    /// Enters a judged text. The answer is the keys under which it is posted: those that do not lead to its twin yet.
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
