//! Placement: finds the place of a judged article in the clusters of copies, and plans the clusters
//! that move because of it.

use chrono::{DateTime, Utc};
use wiresift_dedup::cluster::{Edge, Joining, Member};
use wiresift_dedup::copy::Agreement;
use wiresift_dedup::fingerprint::Fingerprint;
use wiresift_dedup::index::SeenText;
use wiresift_dedup::key_index::Found;
use wiresift_dedup::revision::RevisionKind;

use crate::filing::ChangeKind;
use crate::filing::judge::{Known, Verdict};
use crate::filing::plan::{PlanError, Planner};
use crate::filing::publication::trusted;
use crate::filing::records::{
    ArticleRecord, Change, CopyOf, EdgeRecord, Move, ReadText, RevisionRecord, RevisionText, seen,
};

/// The result of comparing a text with those on file.
struct Comparison<'a> {
    /// The text. `None` if it is too short to be compared.
    text: Option<SeenText<'a>>,
    member: Member,
    found: Found,
    edges: Vec<Edge>,
    /// The clusters that the article joins.
    joining: Option<Joining>,
}

impl Comparison<'_> {
    /// Treats the article as one that was first seen now, because its text is new. If it leaves its
    /// cluster, it becomes an original.
    fn restart(&mut self, at: DateTime<Utc>, leaves: bool) {
        let original = if leaves { self.member.article } else { self.member.original };
        self.member = Member { original, first_seen_at: at, published_at: None, ..self.member };
        if let Some(text) = &mut self.text {
            text.member = self.member;
        }
    }

    /// The resemblance of the text to the most similar one that it joins.
    fn similarity(&self) -> f64 {
        let edges = self.joining.iter().flat_map(|joining| &joining.edges);
        edges.map(|edge| edge.agreement.resemblance).fold(0.0, f64::max)
    }
}

/// The place of an article after a revision.
struct RevisedPlace {
    before: Known,
    /// The article at the other end of its only edge, if the article leaves its cluster.
    left: Option<i64>,
    /// The original, if the article is still a copy or becomes one.
    copy_of: Option<CopyOf>,
    /// Whether it is still a copy of the same original.
    stays: bool,
}

impl<'a> Planner<'a> {
    /// Files a new article. `of` is the article with the same text, if there is one. Returns `None`
    /// if the plan ends before it.
    pub(super) fn add(
        &mut self,
        text: ReadText<'a>,
        of: Option<i64>,
    ) -> Result<Option<(i64, Verdict)>, PlanError> {
        let id = self.ids.next().ok_or(PlanError::TooFewIds)?;
        let member = Member {
            article: id,
            original: id,
            first_seen_at: text.at,
            published_at: trusted(text.published(), text.at),
        };
        let Some(mut comparison) = self.compare(text, member, of) else { return Ok(None) };
        if !self.join(&mut comparison) {
            return Ok(None);
        }
        let original =
            comparison.joining.as_ref().map(|joining| joining.original).filter(|one| *one != id);
        // Two originals cannot have one text. If this article becomes the original of another one
        // with the same text, it is a copy until that one has moved.
        let copy_of = original.or(of).map(|original| CopyOf {
            original,
            similarity: if of.is_some() { 1.0 } else { comparison.similarity() },
        });
        self.on_file.articles.insert(id, known(id, 1, original, text));
        let holder = self.on_file.by_digest.entry(text.lookup.digest).or_insert(id);
        if original.is_none() {
            *holder = id;
        }
        self.record_new(text, id, copy_of, original);
        self.touched.insert(id);
        self.relate(&comparison, text);
        let whole = of.is_some();
        let verdict = original.map_or(Verdict::New, |of| Verdict::Copy { of, whole });
        Ok(Some((id, verdict)))
    }

    fn record_new(
        &mut self,
        text: ReadText<'a>,
        id: i64,
        copy_of: Option<CopyOf>,
        original: Option<i64>,
    ) {
        let is_anothers = self.belongs_to_another(text.lookup.canonical.as_ref(), id);
        let url = if is_anothers { &text.lookup.read_url } else { &text.lookup.url };
        let kind = if original.is_some() { ChangeKind::Copy } else { ChangeKind::New };
        let records = &mut self.plan.records;
        let (revision, url) = (1, url.clone());
        records.articles.push(ArticleRecord { id, revision, url, moves: false, copy_of, text });
        records.revisions.push(self::revision(id, 1, RevisionKind::First, text));
        records.changes.push(Change { kind, article: id, revision: 1, other: original });
    }

    /// Files a revision and places it like a new article. If it `moves`, the article takes the
    /// address at which the revision was read. Returns `false` if the plan ends before it.
    pub(super) fn revise(
        &mut self,
        text: ReadText<'a>,
        article: i64,
        (kind, moves): (RevisionKind, bool),
    ) -> Result<bool, PlanError> {
        let other = self.on_file.by_digest(text.lookup.digest).filter(|other| other.id != article);
        let other = other.map(|other| (other.id, other.copy_of.is_none()));
        let before = self.on_file.articles.get(&article).cloned();
        let member = self.on_file.duplicates.clusters.member(article).copied();
        let (before, mut member) = before.zip(member).ok_or(PlanError::NotOnFile(article))?;
        let concerned = [Some(article), other.map(|(id, _)| id)];
        if self.moved_texts.contains(&text.lookup.digest)
            || concerned.into_iter().flatten().any(|id| self.touched.contains(&id))
        {
            return Ok(false);
        }
        if !before.is_dated {
            member.published_at = trusted(text.published(), member.first_seen_at);
            self.on_file.duplicates.clusters.date(article, member.published_at);
        }
        let same_text = other.map(|(id, _)| id);
        let Some(mut comparison) = self.compare(text, member, same_text) else {
            return Ok(false);
        };
        let Some(place) = self.place_revision(text, &mut comparison, before, other) else {
            return Ok(false);
        };
        self.record_revision(text, (kind, moves), &comparison, &place);
        self.touched.extend([Some(article), place.left].into_iter().flatten());
        self.touched.extend(place.copy_of.map(|copy| copy.original));
        self.relate(&comparison, text);
        Ok(true)
    }

    /// Decides the place of an article after a revision. Returns `None` if the plan ends before it.
    fn place_revision(
        &mut self,
        text: ReadText<'a>,
        comparison: &mut Comparison<'_>,
        before: Known,
        other: Option<(i64, bool)>,
    ) -> Option<RevisedPlace> {
        let left = self.leaves(comparison, &before);
        let stays = before.copy_of.filter(|_| left.is_none());
        // If another original has the text already, this article becomes its copy, because two
        // originals cannot have one text.
        let becomes =
            other.filter(|(_, is_original)| *is_original && stays.is_none()).map(|(id, _)| id);
        if left.is_some() || becomes.is_some() {
            comparison.restart(text.at, left.is_some());
        }
        if left.is_some() {
            self.on_file.duplicates.leave(before.id);
        }
        if !self.join(comparison) {
            return None;
        }
        let copy_of = stays.or(becomes).map(|original| CopyOf {
            original,
            similarity: if other.is_some() { 1.0 } else { comparison.similarity() },
        });
        Some(RevisedPlace { before, left, copy_of, stays: stays.is_some() })
    }

    fn record_revision(
        &mut self,
        text: ReadText<'a>,
        (kind, moves): (RevisionKind, bool),
        comparison: &Comparison<'_>,
        place: &RevisedPlace,
    ) {
        let is_anothers = self.belongs_to_another(text.lookup.canonical.as_ref(), place.before.id);
        let url = if is_anothers { &text.lookup.read_url } else { &text.lookup.url };
        let (article, number) = (place.before.id, place.before.revision + 1);
        self.moved_texts.extend([place.before.digest, text.lookup.digest]);
        let by_digest = &mut self.on_file.by_digest;
        if by_digest.get(&place.before.digest) == Some(&article) {
            by_digest.remove(&place.before.digest);
        }
        if place.copy_of.is_none() {
            by_digest.insert(text.lookup.digest, article);
        }
        let original = place.copy_of.map(|copy| copy.original);
        let mut known = known(article, number, original, text);
        known.is_dated |= place.before.is_dated;
        if !moves {
            known.host.clone_from(&place.before.host);
        }
        self.on_file.articles.insert(article, known);
        let change = |kind| Change { kind, article, revision: number, other: None };
        let records = &mut self.plan.records;
        records.updates.push(ArticleRecord {
            id: article,
            revision: number,
            url: url.clone(),
            moves,
            copy_of: place.copy_of,
            text,
        });
        records.revisions.push(revision(article, number, kind, text));
        records.changes.push(change(ChangeKind::Revised));
        if place.left.is_some() {
            records.left.push(article);
            records.recount.extend(place.before.copy_of);
            if comparison.joining.as_ref().is_none_or(|joining| joining.original == article) {
                records.changes.push(change(ChangeKind::New));
            }
        }
        if place.stays {
            records.measure.insert(article);
        }
    }

    /// Finds the texts that resemble this one. `same_text` is an article with exactly the same
    /// text. Returns `None` if the plan ends before it, because a key has become a stop key in the
    /// batch.
    fn compare(
        &self,
        text: ReadText<'a>,
        member: Member,
        same_text: Option<i64>,
    ) -> Option<Comparison<'a>> {
        let duplicates = &self.on_file.duplicates;
        let fingerprinted = text.lookup.fingerprinted.as_ref();
        let seen =
            fingerprinted.map(|fingerprinted| SeenText { member, fingerprinted, at: text.at });
        let found = seen.map(|seen| duplicates.find(&seen)).unwrap_or_default();
        if !found.new_stop_keys.is_empty() {
            return None;
        }
        let same_text = same_text.map(|other| Edge { other, agreement: Agreement::WHOLE });
        let similar = seen.into_iter().flat_map(|seen| duplicates.edges(&seen, &found.candidates));
        let edges = same_text.into_iter().chain(similar).collect();
        Some(Comparison { text: seen, member, found, edges, joining: None })
    }

    /// Decides which clusters a text joins. Returns `false` if the plan ends before it, because it
    /// would move an article that the batch writes.
    fn join(&self, comparison: &mut Comparison<'_>) -> bool {
        let clusters = &self.on_file.duplicates.clusters;
        comparison.joining = clusters.join(&comparison.member, &comparison.edges);
        let moving = comparison.joining.iter().filter(|joining| joining.moves());
        let mut concerned =
            moving.flat_map(|joining| joining.absorbed.iter().chain([&joining.original]));
        !concerned.any(|id| self.touched.contains(id))
    }

    /// Whether a revised copy leaves its cluster: it has only one edge, so that no other member
    /// joined by it, and nothing in the cluster resembles it any more. Returns the article at the
    /// other end of that edge.
    fn leaves(&self, comparison: &Comparison<'_>, before: &Known) -> Option<i64> {
        let duplicates = &self.on_file.duplicates;
        let (original, text) = before.copy_of.zip(comparison.text.as_ref())?;
        let is_in_cluster = |article: i64| {
            article != before.id && duplicates.clusters.original_of(article) == original
        };
        let other_end = |(one, other): &(i64, i64)| match before.id {
            id if id == *one => Some(*other),
            id if id == *other => Some(*one),
            _ => None,
        };
        let mut joined = self.on_file.edges.iter().filter_map(other_end);
        let (Some(joined), None) = (joined.next(), joined.next()) else { return None };
        if comparison.edges.iter().any(|edge| is_in_cluster(edge.other)) {
            return None;
        }
        // The keys of the new text may not lead to these two, so they are compared here.
        let of_either = duplicates.fingerprints.iter();
        let mut of_either =
            of_either.filter(|(id, _)| [original, joined].contains(&id.article)).peekable();
        of_either.peek()?;
        let is_alike = |(fingerprint, seen_at): &(Fingerprint, DateTime<Utc>)| {
            let gap = comparison.member.first_seen_at - *seen_at;
            Agreement::of(&text.fingerprinted.fingerprint, fingerprint).is_copy(gap)
        };
        (!of_either.any(|(_, seen)| is_alike(seen))).then_some(joined)
    }

    /// Records the edges of a text, the moves of clusters, its fingerprint and the keys of this.
    fn relate(&mut self, comparison: &Comparison<'_>, text: ReadText<'a>) {
        let article = comparison.member.article;
        let records = &mut self.plan.records;
        if let Some(joining) = &comparison.joining {
            for edge in &joining.edges {
                records.edges.push(EdgeRecord { article, edge: *edge, at: text.at });
                if edge.agreement != Agreement::WHOLE {
                    records.measure.insert(article);
                }
            }
            records.recount.insert(joining.original);
            let (to, similarity) = (joining.original, comparison.similarity());
            let absorbed = joining.absorbed.iter();
            records.moves.extend(absorbed.map(|from| Move { from: *from, to, similarity }));
            self.is_full |= joining.moves();
            self.touched.extend(joining.absorbed.iter().chain([&joining.original]));
            self.touched.extend(joining.edges.iter().map(|edge| edge.other));
        }
        let duplicates = &mut self.on_file.duplicates;
        let Some(text) = &comparison.text else {
            duplicates.clusters.record(&comparison.member, comparison.joining.as_ref());
            return;
        };
        let id = text.fingerprint_id();
        let Comparison { found, edges, joining, .. } = comparison;
        let keys = duplicates.enter(text, found, edges, joining.as_ref());
        records.fingerprint_keys.extend(keys.into_iter().map(|key| (key, id)));
        records.fingerprints.insert(id, seen(text));
    }
}

fn revision(
    article: i64,
    revision: i32,
    kind: RevisionKind,
    text: ReadText<'_>,
) -> RevisionRecord<'_> {
    RevisionRecord { article, revision, kind, at: text.at, text: RevisionText::Read(text) }
}

fn known(id: i64, revision: i32, copy_of: Option<i64>, text: ReadText<'_>) -> Known {
    let lookup = text.lookup;
    Known {
        id,
        copy_of,
        host: lookup.host.clone(),
        revision,
        title: lookup.title.clone(),
        body: lookup.body.clone(),
        digest: lookup.digest,
        is_retracted: false,
        is_dated: text.published().is_some(),
    }
}
