//! Where a judged article goes: its rows, its place among copies, and what moves because of it.

use chrono::{DateTime, Utc};

use crate::filing::judge::{Known, Verdict};
use crate::filing::publication::trusted;
use crate::store::StoreError;
use crate::store::articles::identity::Identity;
use crate::store::articles::plan::{Planner, Reading};
use crate::store::articles::rows::{
    ChangeRow, CopyOf, EdgeRow, Move, article_row, is_storable, revision_row,
};
use wiresift_dedup::cluster::{Edge, Joining, Member};
use wiresift_dedup::copy::Agreement;
use wiresift_dedup::fingerprint::Fingerprint;
use wiresift_dedup::index::SeenText;
use wiresift_dedup::key_index::Found;
use wiresift_dedup::revision::RevisionKind;

/// What near-duplicate judgement says of a text.
struct Near<'a> {
    /// None: the text says too little.
    text: Option<SeenText<'a>>,
    member: Member,
    found: Found,
    edges: Vec<Edge>,
    joining: Option<Joining>,
}

impl Near<'_> {
    /// Judges it as an article that had its text no sooner than now, and stands by itself if it leaves.
    fn comes_anew(&mut self, at: DateTime<Utc>, leaves: bool) {
        let original = if leaves { self.member.article } else { self.member.original };
        self.member = Member { original, first_seen_at: at, published_at: None, ..self.member };
        if let Some(text) = &mut self.text {
            text.member = self.member;
        }
    }

    /// How like the text is to whom it resembles most.
    fn similarity(&self) -> f64 {
        self.joining
            .iter()
            .flat_map(|joining| &joining.edges)
            .map(|edge| edge.agreement.resemblance)
            .fold(0.0, f64::max)
    }
}

impl Planner {
    /// Files a new article, `of` being the article with the same text. None: the batch ends before it.
    pub(super) fn add(
        &mut self,
        reading: Reading<'_>,
        of: Option<i64>,
    ) -> Result<Option<(i64, Verdict)>, StoreError> {
        let Reading { filing, filed, identity } = reading;
        let id = self
            .ids
            .next()
            .ok_or_else(|| StoreError::Inconsistent("too few article ids".to_owned()))?;
        let published = filed.article.published.filter(is_storable);
        let member = Member {
            article: id,
            original: id,
            first_seen_at: filing.at,
            published_at: trusted(published, filing.at),
        };
        let Some(mut near) = self.near(reading, member, of) else { return Ok(None) };
        if !self.join(&mut near) {
            return Ok(None);
        }
        let original = near
            .joining
            .as_ref()
            .map(|joining| joining.original)
            .filter(|original| *original != id);
        // Where it is the original itself, but its text is another's by now, it is a copy until that one has moved.
        let copy_of = original.or(of).map(|original| CopyOf {
            original,
            similarity: if of.is_some() { 1.0 } else { near.similarity() },
        });
        self.on_file.articles.insert(id, known(id, 1, original, identity));
        let place = self.on_file.by_digest.entry(identity.digest).or_insert(id);
        if original.is_none() {
            *place = id;
        }
        let page = self.keep_page(filing, filed);
        let mut row = article_row(id, 1, copy_of, filing, filed, identity)?;
        if self.is_anothers(identity.canonical.as_ref(), id) {
            row.url.clone_from(&identity.read_url);
        }
        let writes = &mut self.plan.writes;
        writes.articles.push(row);
        writes.revisions.push(revision_row(
            id,
            1,
            RevisionKind::First,
            page,
            filing,
            filed,
            identity,
        )?);
        let kind = if original.is_some() { "copy" } else { "new" };
        writes.changes.push(ChangeRow { kind, article_id: id, revision: 1, other_id: original });
        self.touched.insert(id);
        self.relate(&near, reading)?;
        let verdict = original
            .map_or(Verdict::New, |original| Verdict::Copy { of: original, whole: of.is_some() });
        Ok(Some((id, verdict)))
    }

    /// Files a revision and judges it like a newcomer. False: the batch ends before it.
    pub(super) fn revise(
        &mut self,
        reading: Reading<'_>,
        article: i64,
        kind: RevisionKind,
    ) -> Result<bool, StoreError> {
        let Reading { filing, filed, identity } = reading;
        let other = self.on_file.by_digest(identity.digest).filter(|other| other.id != article);
        let other = other.map(|other| (other.id, other.copy_of.is_none()));
        let before = self.on_file.articles.get(&article).cloned();
        let member = self.on_file.duplicates.clusters.member(article).copied();
        let Some((before, member)) = before.zip(member) else {
            return Err(StoreError::Inconsistent(format!(
                "article {article} was judged but is not on file"
            )));
        };
        if [Some(article), other.map(|(id, _)| id)]
            .into_iter()
            .flatten()
            .any(|id| self.touched.contains(&id))
        {
            return Ok(false);
        }
        let Some(mut near) = self.near(reading, member, other.map(|(id, _)| id)) else {
            return Ok(false);
        };
        let left = self.leaves(&near, &before);
        let stays = before.copy_of.filter(|_| left.is_none());
        // The text is an original's: whoever had it first keeps it, and two originals cannot have one text.
        let turns =
            other.filter(|(_, is_original)| *is_original && stays.is_none()).map(|(id, _)| id);
        if left.is_some() || turns.is_some() {
            near.comes_anew(filing.at, left.is_some());
        }
        if left.is_some() {
            self.on_file.duplicates.leave(article);
        }
        if !self.join(&mut near) {
            return Ok(false);
        }
        let copy_of = stays.or(turns).map(|original| CopyOf {
            original,
            similarity: if other.is_some() { 1.0 } else { near.similarity() },
        });
        let revision = before.revision + 1;
        if self.on_file.by_digest.get(&before.digest) == Some(&article) {
            self.on_file.by_digest.remove(&before.digest);
        }
        if copy_of.is_none() {
            self.on_file.by_digest.insert(identity.digest, article);
        }
        self.on_file
            .articles
            .insert(article, known(article, revision, copy_of.map(|copy| copy.original), identity));
        let page = self.keep_page(filing, filed);
        let writes = &mut self.plan.writes;
        writes.updates.push(article_row(article, revision, copy_of, filing, filed, identity)?);
        writes
            .revisions
            .push(revision_row(article, revision, kind, page, filing, filed, identity)?);
        writes.changes.push(ChangeRow {
            kind: "revised",
            article_id: article,
            revision,
            other_id: None,
        });
        if let Some(left) = left {
            writes.left.push(article);
            writes.recount.extend(before.copy_of);
            self.touched.insert(left);
            if near.joining.as_ref().is_none_or(|joining| joining.original == article) {
                writes.changes.push(ChangeRow {
                    kind: "new",
                    article_id: article,
                    revision,
                    other_id: None,
                });
            }
        }
        if stays.is_some() {
            writes.measure.insert(article);
        }
        self.touched
            .extend([Some(article), copy_of.map(|copy| copy.original)].into_iter().flatten());
        self.relate(&near, reading)?;
        Ok(true)
    }

    /// Looks for those that resemble a text, `whole` being one with the same. None: the batch ends before it,
    /// because a key has become too common within the batch.
    fn near<'a>(
        &self,
        reading: Reading<'a>,
        member: Member,
        whole: Option<i64>,
    ) -> Option<Near<'a>> {
        let duplicates = &self.on_file.duplicates;
        let fingerprinted = reading.identity.fingerprinted.as_ref();
        let text = fingerprinted.map(|fingerprinted| SeenText {
            member,
            fingerprinted,
            at: reading.filing.at,
        });
        let found = text.map(|text| duplicates.find(&text)).unwrap_or_default();
        if !found.new_stop_keys.is_empty() {
            return None;
        }
        let whole = whole.map(|other| Edge { other, agreement: Agreement::WHOLE });
        let like = text.into_iter().flat_map(|text| duplicates.edges(&text, &found.candidates));
        let edges = whole.into_iter().chain(like).collect();
        Some(Near { text, member, found, edges, joining: None })
    }

    /// Decides where a text belongs. False: the batch ends before it, because what it would move is only being written.
    fn join(&self, near: &mut Near<'_>) -> bool {
        near.joining = self.on_file.duplicates.clusters.join(&near.member, &near.edges);
        let moving = near.joining.iter().filter(|joining| joining.moves());
        let mut concerned =
            moving.flat_map(|joining| joining.absorbed.iter().chain([&joining.original]));
        !concerned.any(|id| self.touched.contains(id))
    }

    /// Whether a copy that was revised is none any more: nothing in its cluster resembles it, and it holds nobody else
    /// there. The answer is whom it was joined to, by its only edge.
    fn leaves(&self, near: &Near<'_>, before: &Known) -> Option<i64> {
        let duplicates = &self.on_file.duplicates;
        let (original, text) = before.copy_of.zip(near.text.as_ref())?;
        let home = |article: i64| {
            article != before.id && duplicates.clusters.original_of(article) == original
        };
        let ends = |(one, other): &(i64, i64)| match before.id {
            id if id == *one => Some(*other),
            id if id == *other => Some(*one),
            _ => None,
        };
        let mut joined = self.on_file.edges.iter().filter_map(ends);
        let (Some(joined), None) = (joined.next(), joined.next()) else { return None };
        if near.edges.iter().any(|edge| home(edge.other)) {
            return None;
        }
        // Its keys need not lead to these.
        let mut fingerprints = duplicates
            .fingerprints
            .iter()
            .filter(|(id, _)| [original, joined].contains(&id.article))
            .peekable();
        fingerprints.peek()?;
        let like = |(fingerprint, seen_at): &(Fingerprint, DateTime<Utc>)| {
            Agreement::of(&text.fingerprinted.fingerprint, fingerprint)
                .is_copy(near.member.first_seen_at - *seen_at)
        };
        (!fingerprints.any(|(_, fingerprint)| like(fingerprint))).then_some(joined)
    }

    /// Records what joins a text to others, and what it is found by.
    fn relate(&mut self, near: &Near<'_>, reading: Reading<'_>) -> Result<(), StoreError> {
        let article = near.member.article;
        let writes = &mut self.plan.writes;
        if let Some(joining) = &near.joining {
            for edge in &joining.edges {
                writes.edges.push(EdgeRow::of(article, edge, reading.filing.at)?);
                if edge.agreement != Agreement::WHOLE {
                    writes.measure.insert(article);
                }
            }
            writes.recount.insert(joining.original);
            let similarity = near.similarity();
            let absorbed = joining.absorbed.iter();
            writes.moves.extend(absorbed.map(|from| Move {
                from: *from,
                to: joining.original,
                similarity,
            }));
            self.touched.extend(joining.absorbed.iter().chain([&joining.original]));
            self.touched.extend(joining.edges.iter().map(|edge| edge.other));
        }
        let duplicates = &mut self.on_file.duplicates;
        let Some(text) = &near.text else {
            duplicates.clusters.settle(&near.member, near.joining.as_ref());
            return Ok(());
        };
        let fingerprint = text.fingerprint_id();
        let keys = duplicates.enter(text, &near.found, &near.edges, near.joining.as_ref());
        writes.posted.keys.extend(keys.into_iter().map(|key| (key, fingerprint)));
        writes
            .posted
            .fingerprints
            .insert(fingerprint, (text.at, text.fingerprinted.fingerprint.to_stored()));
        Ok(())
    }
}

fn known(id: i64, revision: i32, copy_of: Option<i64>, identity: &Identity) -> Known {
    Known {
        id,
        copy_of,
        host: identity.host.clone(),
        revision,
        title: identity.title.clone(),
        body: identity.text.clone(),
        digest: identity.digest,
        is_retracted: false,
    }
}
