//! The keys of a document's entries, all different.
//!
//! - **Shared ids.** If entries have the same id but lead to different pages, that id is not used
//!   for any of them; the link is used instead.
//! - **Shared keys.** Entries with the same key are one entry if they are the same article, and
//!   otherwise all of them get keys of their own: from the fragments of their links if those tell
//!   them apart, or else from title, date and text. Feeds that write `N/A` for every id and link,
//!   or one link for the notices of every day, would otherwise keep one entry.
//!
//! Two entries are the same article unless two of title, date and text differ. One of them alone
//! does not tell: a headline is edited, a date is stamped, and a text is shortened.
//!
//! All this depends on the document, so the key of such an entry may change when the others leave
//! the feed.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use wiresift_text::words::normalise;

use crate::address::IdentityKey;
use crate::defect::{Defect, Defects};
use crate::draft::DraftEntry;
use crate::entry::EntryKey;

/// The key of each entry; `None` for an entry to leave out.
pub(super) fn of(entries: &[DraftEntry], defects: &mut Defects) -> Vec<Option<EntryKey>> {
    let shared = shared_ids(entries);
    if !shared.is_empty() {
        defects.note(Defect::SharedId);
    }
    let mut keys: Vec<Option<EntryKey>> = entries.iter().map(|entry| key(entry, &shared)).collect();
    if keys.iter().any(Option::is_none) {
        defects.note(Defect::EmptyEntry);
    }
    let mut groups: HashMap<EntryKey, Vec<usize>> = HashMap::new();
    for (at, key) in keys.iter().enumerate() {
        if let Some(key) = key {
            groups.entry(key.clone()).or_default().push(at);
        }
    }
    for (key, places) in groups.into_iter().filter(|(_, places)| places.len() > 1) {
        tell_apart(&key, &places, entries, &mut keys, defects);
    }
    // What still has the key of an earlier entry is that entry.
    let mut seen = HashSet::new();
    for key in &mut keys {
        if key.as_ref().is_some_and(|key| !seen.insert(key.clone())) {
            defects.note(Defect::DuplicateEntry);
            *key = None;
        }
    }
    keys
}

fn key(entry: &DraftEntry, shared: &HashSet<String>) -> Option<EntryKey> {
    let guid = entry.guid.as_deref().filter(|guid| !shared.contains(*guid));
    let text = entry.summary.as_deref().or(entry.content.as_deref()).or(entry.rest.as_deref());
    let derive = |guid| {
        let link = entry.link.as_ref().map(|link| &link.url);
        EntryKey::derive(guid, link, entry.title.as_deref(), entry.published_at(), text)
    };
    // An entry with nothing but a shared id still needs a key.
    derive(guid).or_else(|| derive(entry.guid.as_deref()))
}

/// Gives the entries at some places, which have one key, keys of their own if they are different
/// articles.
fn tell_apart(
    key: &EntryKey,
    places: &[usize],
    entries: &[DraftEntry],
    keys: &mut [Option<EntryKey>],
    defects: &mut Defects,
) {
    let group: Vec<(usize, Facts)> =
        places.iter().filter_map(|at| Some((*at, Facts::of(entries.get(*at)?)))).collect();
    // The first entry of each article.
    let mut articles: Vec<usize> = Vec::new();
    let mut of_article: HashMap<[&str; 3], usize> = HashMap::new();
    for (place, (_, facts)) in group.iter().enumerate() {
        let known = facts.pairs().into_iter().flatten().find_map(|pair| of_article.get(&pair));
        let article = known.copied().unwrap_or_else(|| {
            articles.push(place);
            place
        });
        for pair in facts.pairs().into_iter().flatten() {
            of_article.entry(pair).or_insert(article);
        }
    }
    if articles.len() < 2 {
        return;
    }
    defects.note(Defect::SharedId);
    let fragments: Vec<Option<&str>> = articles
        .iter()
        .map(|place| entries.get(group.get(*place)?.0)?.link.as_ref()?.url.fragment())
        .collect();
    let mut seen = HashSet::new();
    let by_fragment = fragments.iter().all(|part| part.is_some_and(|part| seen.insert(part)));
    let own: HashSet<usize> = articles.iter().copied().collect();
    for (place, (at, facts)) in group.iter().enumerate() {
        let Some(slot) = keys.get_mut(*at) else { continue };
        let fragment = || entries.get(*at)?.link.as_ref()?.url.fragment();
        *slot = match fragment() {
            _ if !own.contains(&place) => {
                defects.note(Defect::DuplicateEntry);
                None
            }
            Some(fragment) if by_fragment => Some(key.with_fragment(fragment)),
            _ => Some(key.with_text(facts.parts())),
        };
    }
}

/// What tells two articles apart.
struct Facts {
    title: String,
    date: String,
    text: String,
}

impl Facts {
    fn of(entry: &DraftEntry) -> Self {
        let words = |text: Option<&str>| text.map(normalise).unwrap_or_default();
        let text = entry.summary.as_deref().or(entry.content.as_deref());
        Self {
            title: words(entry.title.as_deref()),
            date: entry.published_at().map(|at| at.timestamp().to_string()).unwrap_or_default(),
            text: words(text),
        }
    }

    /// Title, date and text; the text only if the others are missing.
    fn parts(&self) -> [&str; 3] {
        let needs_text = self.title.is_empty() || self.date.is_empty();
        [&self.title, &self.date, if needs_text { &self.text } else { "" }]
    }

    /// The pairs of facts. Two entries with a pair in common are one article.
    fn pairs(&self) -> [Option<[&str; 3]>; 3] {
        fn pair<'a>(name: &'a str, one: &'a str, other: &'a str) -> Option<[&'a str; 3]> {
            // Two entries that both lack two facts have nothing in common by that.
            (!one.is_empty() || !other.is_empty()).then_some([name, one, other])
        }
        let (title, date, text) = (self.title.as_str(), self.date.as_str(), self.text.as_str());
        [pair("a", title, date), pair("b", title, text), pair("c", date, text)]
    }
}

/// What distinguishes two entries with one id.
#[derive(PartialEq, Eq, Hash)]
enum Target {
    Page(IdentityKey),
    Title(Option<String>),
}

/// Ids of several entries that lead to different pages.
fn shared_ids(entries: &[DraftEntry]) -> HashSet<String> {
    let mut first: HashMap<&str, Target> = HashMap::new();
    let mut shared = HashSet::new();
    for entry in entries {
        let Some(guid) = entry.guid.as_deref() else { continue };
        let target = match &entry.link {
            Some(link) => Target::Page(IdentityKey::of(&link.url)),
            None => Target::Title(entry.title.clone()),
        };
        if let Some(known) = first.get(guid) {
            if *known != target {
                shared.insert(guid.to_owned());
            }
        } else {
            first.insert(guid, target);
        }
    }
    shared
}
