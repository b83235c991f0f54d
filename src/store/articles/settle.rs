//! Where a judged article goes: its rows, its place among copies, and what moves because of it.

use crate::news::cluster::{Edge, Joining, Member, trusted};
use crate::news::copy::Agreement;
use crate::news::duplicate::{Known, Verdict};
use crate::news::fingerprint::Key;
use crate::news::kin::Sighted;
use crate::news::neighbours::Found;
use crate::news::revision::RevisionKind;
use crate::store::StoreError;
use crate::store::articles::identity::Identity;
use crate::store::articles::plan::{Planner, Reading};
use crate::store::articles::rows::{
    ChangeRow, CopyOf, EdgeRow, Move, article_row, is_storable, revision_row,
};

/// What near-duplicate judgement says of a text.
struct Near<'a> {
    /// None: the text says too little.
    text: Option<Sighted<'a>>,
    member: Member,
    found: Found,
    edges: Vec<Edge>,
    joining: Option<Joining>,
}

impl Near<'_> {
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
        let id = self.ids.next().ok_or_else(|| StoreError::Inconsistent("too few article ids".to_owned()))?;
        let published = filed.article.published.filter(is_storable);
        let member = Member {
            article: id,
            original: id,
            first_seen_at: filing.at,
            published_at: trusted(published, filing.at),
        };
        let whole = of.map(|other| Edge { other, agreement: Agreement::WHOLE });
        let Some(near) = self.near(reading, member, whole.into_iter().collect()) else { return Ok(None) };
        let original =
            near.joining.as_ref().map(|joining| joining.original).filter(|original| *original != id);
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
        let writes = &mut self.plan.writes;
        writes.articles.push(article_row(id, 1, copy_of, filing, filed, identity)?);
        writes.revisions.push(revision_row(id, 1, RevisionKind::First, page, filing, filed, identity)?);
        let kind = if original.is_some() { "copy" } else { "new" };
        writes.changes.push(ChangeRow { kind, article_id: id, revision: 1, other_id: original });
        self.touched.insert(id);
        self.filed.insert(id);
        self.relate(&near, reading)?;
        let verdict =
            original.map_or(Verdict::New, |original| Verdict::Copy { of: original, whole: of.is_some() });
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
        let member = self.on_file.kinship.clusters.member(article).copied();
        let Some((before, mut member)) = before.zip(member) else {
            return Err(StoreError::Inconsistent(format!("article {article} was judged but is not on file")));
        };
        if [Some(article), other.map(|(id, _)| id)].into_iter().flatten().any(|id| self.touched.contains(&id))
        {
            return Ok(false);
        }
        // The text is an original's: whoever had it first keeps it, and two originals cannot have one text.
        let turns =
            other.filter(|(_, is_original)| *is_original && before.copy_of.is_none()).map(|(id, _)| id);
        if turns.is_some() {
            member = Member { first_seen_at: filing.at, published_at: None, ..member };
        }
        let leaves = self.leaves(reading, &before, other.map(|(id, _)| id));
        if leaves {
            self.on_file.kinship.clusters.leave(article);
            member.original = article;
        }
        let whole = other.map(|(other, _)| Edge { other, agreement: Agreement::WHOLE });
        let Some(near) = self.near(reading, member, whole.into_iter().collect()) else { return Ok(false) };
        let stays = before.copy_of.filter(|_| !leaves);
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
        writes.revisions.push(revision_row(article, revision, kind, page, filing, filed, identity)?);
        writes.changes.push(ChangeRow { kind: "revised", article_id: article, revision, other_id: None });
        if leaves {
            writes.left.push(article);
            writes.recount.extend(before.copy_of);
            if near.joining.as_ref().is_none_or(|joining| joining.original == article) {
                writes.changes.push(ChangeRow { kind: "new", article_id: article, revision, other_id: None });
            }
        }
        if stays.is_some() {
            writes.measure.insert(article);
        }
        self.touched.extend([Some(article), copy_of.map(|copy| copy.original)].into_iter().flatten());
        self.relate(&near, reading)?;
        Ok(true)
    }

    /// Judges a text among those that resemble it. None: the batch ends before it, because what it relies on is
    /// only being written, or because a key has become too common within the batch.
    fn near<'a>(&self, reading: Reading<'a>, member: Member, mut edges: Vec<Edge>) -> Option<Near<'a>> {
        let kinship = &self.on_file.kinship;
        let printed = reading.identity.printed.as_ref();
        let text = printed.map(|printed| Sighted { member, printed, at: reading.filing.at });
        let found = text.map(|text| kinship.find(&text)).unwrap_or_default();
        if !found.grown_hot.is_empty() {
            return None;
        }
        edges.extend(text.into_iter().flat_map(|text| kinship.edges(&text, &found.candidates)));
        let joining = kinship.clusters.join(&member, &edges);
        if let Some(joining) = joining.as_ref().filter(|joining| joining.moves()) {
            let concerned = joining.absorbed.iter().chain([&joining.original]);
            if concerned.into_iter().any(|id| self.touched.contains(id)) {
                return None;
            }
        }
        Some(Near { text, member, found, edges, joining })
    }

    /// Whether a copy that was revised is none any more: nothing in its cluster resembles it, or rests on it.
    fn leaves(&self, reading: Reading<'_>, before: &Known, same_text: Option<i64>) -> bool {
        let kinship = &self.on_file.kinship;
        let (Some(original), Some(printed)) = (before.copy_of, reading.identity.printed.as_ref()) else {
            return false;
        };
        let supports = self.on_file.edges.iter().any(|(_, other)| *other == before.id);
        let home = |article: i64| kinship.clusters.original_of(article) == original && article != before.id;
        let mut prints = kinship.prints.iter().filter(|(id, _)| home(id.article)).peekable();
        prints.peek().is_some()
            && !supports
            && !same_text.is_some_and(home)
            && !prints.any(|(_, (print, seen_at))| {
                let own =
                    kinship.clusters.member(before.id).map_or(reading.filing.at, |own| own.first_seen_at);
                Agreement::of(&printed.print, print).is_copy(own - seen_at)
            })
    }

    /// Records what joins a text to others, and what it is found by.
    fn relate(&mut self, near: &Near<'_>, reading: Reading<'_>) -> Result<(), StoreError> {
        let article = near.member.article;
        let writes = &mut self.plan.writes;
        if let Some(joining) = &near.joining {
            let clusters = &self.on_file.kinship.clusters;
            let others = joining.edges.iter().map(|edge| edge.other).chain(joining.absorbed.iter().copied());
            let relied_on = others.chain([joining.original]).filter(|id| !self.filed.contains(id));
            writes.relied_on.extend(relied_on.map(|id| (id, clusters.original_of(id))));
            for edge in &joining.edges {
                writes.edges.push(EdgeRow::of(article, edge, reading.filing.at)?);
                if edge.agreement != Agreement::WHOLE {
                    writes.measure.insert(article);
                }
            }
            writes.recount.insert(joining.original);
            let similarity = near.similarity();
            let absorbed = joining.absorbed.iter();
            writes.moves.extend(absorbed.map(|from| Move { from: *from, to: joining.original, similarity }));
            self.touched.extend(joining.absorbed.iter().chain([&joining.original]));
        }
        let kinship = &mut self.on_file.kinship;
        let Some(text) = &near.text else {
            kinship.clusters.settle(&near.member, near.joining.as_ref());
            return Ok(());
        };
        let print = text.print_id();
        let keys = kinship.enter(text, &near.found, &near.edges, near.joining.as_ref());
        let under =
            |key: &Key| kinship.neighbours.under(*key).map(|article| (key.0, article)).collect::<Vec<_>>();
        writes.posted.known.extend(keys.iter().flat_map(under));
        writes.posted.keys.extend(keys.into_iter().map(|key| (key, print)));
        writes.posted.prints.insert(print, (text.at, text.printed.print.to_stored()));
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
    }
}
