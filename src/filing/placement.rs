//! Placement: where a judged article goes, its place in a cluster of copies, and what moves because of it.

use chrono::{DateTime, Utc};
use wiresift_dedup::cluster::{Edge, Joining, Member};
use wiresift_dedup::copy::Agreement;
use wiresift_dedup::fingerprint::Fingerprint;
use wiresift_dedup::index::SeenText;
use wiresift_dedup::key_index::Found;
use wiresift_dedup::revision::RevisionKind;

use crate::filing::judge::{Known, Verdict};
use crate::filing::plan::{PlanError, Planner};
use crate::filing::publication::trusted;
use crate::filing::records::{
    ArticleRecord, Change, CopyOf, EdgeRecord, Move, ReadText, RevisionRecord, RevisionText, seen,
};
use crate::filing::{ChangeKind, LookupKeys};

/// A text among those that resemble it.
struct Near<'a> {
    /// The text, unless it is too short to be compared.
    text: Option<SeenText<'a>>,
    member: Member,
    found: Found,
    edges: Vec<Edge>,
    joining: Option<Joining>,
}

impl Near<'_> {
    /// Treats the article as one that has had its text since now only. One that leaves its cluster starts as an
    /// original.
    fn restart(&mut self, at: DateTime<Utc>, leaves: bool) {
        let original = if leaves { self.member.article } else { self.member.original };
        self.member = Member { original, first_seen_at: at, published_at: None, ..self.member };
        if let Some(text) = &mut self.text {
            text.member = self.member;
        }
    }

    /// How much the text shares with the one that it resembles most.
    fn similarity(&self) -> f64 {
        let edges = self.joining.iter().flat_map(|joining| &joining.edges);
        edges.map(|edge| edge.agreement.resemblance).fold(0.0, f64::max)
    }
}

/// What a revision does to the place of its article.
struct Turn {
    before: Known,
    /// The article that it leaves, by the only edge that held it.
    left: Option<i64>,
    /// The original that it stays a copy of, or becomes a copy of.
    copy_of: Option<CopyOf>,
    /// It stays a copy of the same original.
    stays: bool,
}

impl<'a> Planner<'a> {
    /// Files a new article. `of` is the article with the same text, if there is one. `None`: the plan ends before it.
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
        let Some(mut near) = self.near(text, member, of) else { return Ok(None) };
        if !self.join(&mut near) {
            return Ok(None);
        }
        let original =
            near.joining.as_ref().map(|joining| joining.original).filter(|one| *one != id);
        // An article that becomes the original of a text which another still has is a copy until that one has moved.
        let copy_of = original.or(of).map(|original| CopyOf {
            original,
            similarity: if of.is_some() { 1.0 } else { near.similarity() },
        });
        self.on_file.articles.insert(id, known(id, 1, original, text.lookup));
        let holder = self.on_file.by_digest.entry(text.lookup.digest).or_insert(id);
        if original.is_none() {
            *holder = id;
        }
        self.record_new(text, id, copy_of, original);
        self.touched.insert(id);
        self.relate(&near, text);
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
        records.articles.push(ArticleRecord { id, revision: 1, url: url.clone(), copy_of, text });
        records.revisions.push(revision(id, 1, RevisionKind::First, text));
        records.changes.push(Change { kind, article: id, revision: 1, other: original });
    }

    /// Files a revision and places it like a new article. False: the plan ends before it.
    pub(super) fn revise(
        &mut self,
        text: ReadText<'a>,
        article: i64,
        kind: RevisionKind,
    ) -> Result<bool, PlanError> {
        let other = self.on_file.by_digest(text.lookup.digest).filter(|other| other.id != article);
        let other = other.map(|other| (other.id, other.copy_of.is_none()));
        let before = self.on_file.articles.get(&article).cloned();
        let member = self.on_file.duplicates.clusters.member(article).copied();
        let (before, member) = before.zip(member).ok_or(PlanError::NotOnFile(article))?;
        let concerned = [Some(article), other.map(|(id, _)| id)];
        if concerned.into_iter().flatten().any(|id| self.touched.contains(&id)) {
            return Ok(false);
        }
        let Some(mut near) = self.near(text, member, other.map(|(id, _)| id)) else {
            return Ok(false);
        };
        let Some(turn) = self.turn(text, &mut near, before, other) else { return Ok(false) };
        self.record_revision(text, kind, &near, &turn);
        self.touched.extend([Some(article), turn.left].into_iter().flatten());
        self.touched.extend(turn.copy_of.map(|copy| copy.original));
        self.relate(&near, text);
        Ok(true)
    }

    /// Decides what a revision does to the place of its article. `None`: the plan ends before it.
    fn turn(
        &mut self,
        text: ReadText<'a>,
        near: &mut Near<'_>,
        before: Known,
        other: Option<(i64, bool)>,
    ) -> Option<Turn> {
        let left = self.leaves(near, &before);
        let stays = before.copy_of.filter(|_| left.is_none());
        // The text is an original's. That one keeps it, because two originals cannot have one text.
        let becomes =
            other.filter(|(_, is_original)| *is_original && stays.is_none()).map(|(id, _)| id);
        if left.is_some() || becomes.is_some() {
            near.restart(text.at, left.is_some());
        }
        if left.is_some() {
            self.on_file.duplicates.leave(before.id);
        }
        if !self.join(near) {
            return None;
        }
        let copy_of = stays.or(becomes).map(|original| CopyOf {
            original,
            similarity: if other.is_some() { 1.0 } else { near.similarity() },
        });
        Some(Turn { before, left, copy_of, stays: stays.is_some() })
    }

    fn record_revision(
        &mut self,
        text: ReadText<'a>,
        kind: RevisionKind,
        near: &Near<'_>,
        turn: &Turn,
    ) {
        let (article, number) = (turn.before.id, turn.before.revision + 1);
        let by_digest = &mut self.on_file.by_digest;
        if by_digest.get(&turn.before.digest) == Some(&article) {
            by_digest.remove(&turn.before.digest);
        }
        if turn.copy_of.is_none() {
            by_digest.insert(text.lookup.digest, article);
        }
        let original = turn.copy_of.map(|copy| copy.original);
        self.on_file.articles.insert(article, known(article, number, original, text.lookup));
        let change = |kind| Change { kind, article, revision: number, other: None };
        let records = &mut self.plan.records;
        records.updates.push(ArticleRecord {
            id: article,
            revision: number,
            url: text.lookup.url.clone(),
            copy_of: turn.copy_of,
            text,
        });
        records.revisions.push(revision(article, number, kind, text));
        records.changes.push(change(ChangeKind::Revised));
        if turn.left.is_some() {
            records.left.push(article);
            records.recount.extend(turn.before.copy_of);
            if near.joining.as_ref().is_none_or(|joining| joining.original == article) {
                records.changes.push(change(ChangeKind::New));
            }
        }
        if turn.stays {
            records.measure.insert(article);
        }
    }

    /// Looks for texts that resemble this one. `whole` is an article with the same text. `None`: the plan ends before
    /// it, because a key has become a stop key within the batch.
    fn near(&self, text: ReadText<'a>, member: Member, whole: Option<i64>) -> Option<Near<'a>> {
        let duplicates = &self.on_file.duplicates;
        let fingerprinted = text.lookup.fingerprinted.as_ref();
        let seen =
            fingerprinted.map(|fingerprinted| SeenText { member, fingerprinted, at: text.at });
        let found = seen.map(|seen| duplicates.find(&seen)).unwrap_or_default();
        if !found.new_stop_keys.is_empty() {
            return None;
        }
        let whole = whole.map(|other| Edge { other, agreement: Agreement::WHOLE });
        let like = seen.into_iter().flat_map(|seen| duplicates.edges(&seen, &found.candidates));
        let edges = whole.into_iter().chain(like).collect();
        Some(Near { text: seen, member, found, edges, joining: None })
    }

    /// Decides which clusters a text joins. False: the plan ends before it, because it would move an article that the
    /// batch writes.
    fn join(&self, near: &mut Near<'_>) -> bool {
        near.joining = self.on_file.duplicates.clusters.join(&near.member, &near.edges);
        let moving = near.joining.iter().filter(|joining| joining.moves());
        let mut concerned =
            moving.flat_map(|joining| joining.absorbed.iter().chain([&joining.original]));
        !concerned.any(|id| self.touched.contains(id))
    }

    /// Whether a copy that was revised is a copy no longer: nothing in its cluster resembles it, and no other member
    /// is held by it. The answer is the article at the other end of its only edge.
    fn leaves(&self, near: &Near<'_>, before: &Known) -> Option<i64> {
        let duplicates = &self.on_file.duplicates;
        let (original, text) = before.copy_of.zip(near.text.as_ref())?;
        let is_home = |article: i64| {
            article != before.id && duplicates.clusters.original_of(article) == original
        };
        let other_end = |(one, other): &(i64, i64)| match before.id {
            id if id == *one => Some(*other),
            id if id == *other => Some(*one),
            _ => None,
        };
        let mut joined = self.on_file.edges.iter().filter_map(other_end);
        let (Some(joined), None) = (joined.next(), joined.next()) else { return None };
        if near.edges.iter().any(|edge| is_home(edge.other)) {
            return None;
        }
        // Its keys need not lead to these.
        let of_either = duplicates.fingerprints.iter();
        let mut of_either =
            of_either.filter(|(id, _)| [original, joined].contains(&id.article)).peekable();
        of_either.peek()?;
        let is_alike = |(fingerprint, seen_at): &(Fingerprint, DateTime<Utc>)| {
            let apart = near.member.first_seen_at - *seen_at;
            Agreement::of(&text.fingerprinted.fingerprint, fingerprint).is_copy(apart)
        };
        (!of_either.any(|(_, seen)| is_alike(seen))).then_some(joined)
    }

    /// Records what joins a text to others, and what it is found by.
    fn relate(&mut self, near: &Near<'_>, text: ReadText<'a>) {
        let article = near.member.article;
        let records = &mut self.plan.records;
        if let Some(joining) = &near.joining {
            for edge in &joining.edges {
                records.edges.push(EdgeRecord { article, edge: *edge, at: text.at });
                if edge.agreement != Agreement::WHOLE {
                    records.measure.insert(article);
                }
            }
            records.recount.insert(joining.original);
            let (to, similarity) = (joining.original, near.similarity());
            let absorbed = joining.absorbed.iter();
            records.moves.extend(absorbed.map(|from| Move { from: *from, to, similarity }));
            self.touched.extend(joining.absorbed.iter().chain([&joining.original]));
            self.touched.extend(joining.edges.iter().map(|edge| edge.other));
        }
        let duplicates = &mut self.on_file.duplicates;
        let Some(text) = &near.text else {
            duplicates.clusters.record(&near.member, near.joining.as_ref());
            return;
        };
        let id = text.fingerprint_id();
        let keys = duplicates.enter(text, &near.found, &near.edges, near.joining.as_ref());
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

fn known(id: i64, revision: i32, copy_of: Option<i64>, lookup: &LookupKeys) -> Known {
    Known {
        id,
        copy_of,
        host: lookup.host.clone(),
        revision,
        title: lookup.title.clone(),
        body: lookup.body.clone(),
        digest: lookup.digest,
        is_retracted: false,
    }
}
