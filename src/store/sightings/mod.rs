//! Sightings: the entries that a poll shows, matched with the known entries of the feed, and
//! written.
//!
//! [`identity`] decides; this module loads what it needs and writes the result. A known entry keeps
//! its row whatever the feed calls it now: the row takes the new key, id and link. If a feed gives
//! a new link for a filed entry, the link becomes a claimed address of the article: it finds the
//! article if the texts agree, and answers no entry unread. A feed can only say so of articles of
//! its own site; the link of another one is read again.
//!
//! A new entry whose address is known already is a further sighting, and ends at once. One without
//! link and content is skipped with that cause. If the feed has changed a known entry, its page is
//! read again. The entry of an article that was deleted for its age stays as a tombstone, unless the
//! feed gives it a date after that.

mod rows;
mod write;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;
use wiresift_text::limits;

use crate::polling::identity::{self, Claim, EntryFields, KeyPolicy, Recognition};
use crate::store::entries::PollRecord;
use crate::store::events::{Event, EventKind, record_events};
use crate::store::feeds::FeedRef;
use crate::store::parameters::ignored_parameters;
use crate::store::sites::SiteUpdate;
use crate::store::{StoreError, clean, hours};
use rows::{KnownRow, SightingRow, fields, link_of};
use wiresift_feed::address::IdentityKey;
use wiresift_feed::bridge::BridgeError;
use wiresift_feed::domain::same_site;
use wiresift_feed::entry::Entry;

/// Known entries that are loaded besides those with a key or a link of the document: the newest,
/// four times as many as shown.
const WINDOW: usize = 4;
/// Bounds of that number. A longer document is compared with as many as it shows.
const WINDOW_BOUNDS: (usize, usize) = (200, 2_000);

/// `last_seen_at` is kept to the hour. Writing every entry at every poll would be the largest write
/// of all, and of no use.
const SEEN_TO: TimeDelta = TimeDelta::hours(1);

/// This many entries outside the last document must be shown again to be an event.
const REAPPEARED: usize = 5;

/// Records the entries that a feed shows.
pub(super) async fn record_sightings(
    connection: &mut PgConnection,
    feed: FeedRef<'_>,
    shown: &[Entry],
    now: DateTime<Utc>,
    site_updates: &mut Vec<SiteUpdate>,
) -> Result<PollRecord, StoreError> {
    let (shown, errors) = articles(shown);
    record_events(connection, bridge_errors(feed, &errors, now).as_slice()).await?;
    let shown: &[Entry] = &shown;
    if shown.is_empty() {
        return Ok(PollRecord::default());
    }
    let Document { policy, last_shown, entries, known, known_fields } =
        Document::load(connection, feed.id, shown, now).await?;
    let recognition = identity::recognise(policy, &entries, &known_fields);
    let pairs: Vec<Pair<'_>> = shown
        .iter()
        .zip(&entries)
        .zip(&recognition.known)
        .map(|((entry, fields), at)| Pair {
            entry,
            fields,
            known: at.and_then(|at| Some((known.get(at)?, known_fields.get(at)?))),
        })
        .collect();
    let mut sorted = sort(feed, &pairs, &recognition, now);
    let missing = recognition.missing.iter().filter_map(|at| known.get(*at));
    sorted.left = missing.filter(|row| !row.has_left).map(|row| row.id).collect();
    let changed = sorted.known.iter().filter(|row| row.revisit_at.is_some()).count();
    write::touch_known(connection, &sorted, now).await?;
    let due = write::update_known(connection, &sorted, now).await?;
    let added = write::insert_new(connection, feed.id, &sorted.new, now).await?;
    hours::count_entries(connection, feed.id, now, added.count, added.ended).await?;
    for (host, at) in due.into_iter().chain(added.waiting) {
        site_updates.push(SiteUpdate { read_at: Some(at), ..SiteUpdate::of(&host) });
    }
    write::remember(connection, feed.id, recognition.policy, now).await?;
    record_events(connection, &events(feed, shown, &recognition, &known, last_shown, now)).await?;
    Ok(PollRecord {
        new_entries: added.count,
        changed_entries: changed as u64,
        ..PollRecord::default()
    })
}

/// The entries that are articles, and those that are errors of the program that makes the feed.
fn articles(shown: &[Entry]) -> (Cow<'_, [Entry]>, Vec<&Entry>) {
    let errors: Vec<&Entry> = shown.iter().filter(|entry| entry.bridge_error.is_some()).collect();
    if errors.is_empty() {
        return (Cow::Borrowed(shown), errors);
    }
    let articles = shown.iter().filter(|entry| entry.bridge_error.is_none()).cloned();
    (Cow::Owned(articles.collect()), errors)
}

/// The event of such errors: the first of them, and how many there are.
fn bridge_errors(feed: FeedRef<'_>, errors: &[&Entry], now: DateTime<Utc>) -> Option<Event> {
    let first = errors.first()?;
    let detail = serde_json::json!({
        "error": first.bridge_error.map(BridgeError::as_str),
        "title": clean::cut_optional(first.title.as_deref(), limits::TITLE_BYTES),
        "entries": errors.len(),
    });
    let host = Some(feed.host.to_owned());
    Some(Event { at: now, kind: EventKind::BridgeError, feed_id: Some(feed.id), host, detail })
}

/// Records the new entries that a sitemap lists of the past of a feed. A sitemap has no ids and no
/// more than headlines, so known entries stay as they are.
pub(super) async fn record_listed(
    connection: &mut PgConnection,
    feed: FeedRef<'_>,
    listed: &[Entry],
    now: DateTime<Utc>,
    site_updates: &mut Vec<SiteUpdate>,
) -> Result<PollRecord, StoreError> {
    if listed.is_empty() {
        return Ok(PollRecord::default());
    }
    let Document { policy, entries, known_fields, .. } =
        Document::load(connection, feed.id, listed, now).await?;
    let recognition = identity::recognise_listed(policy, &entries, &known_fields);
    let entries = listed.iter().zip(&entries).zip(&recognition.keys).zip(&recognition.known);
    let new: Vec<SightingRow> = entries
        .filter(|(_, known)| known.is_none())
        .map(|(((entry, fields), key), _)| SightingRow::of(entry, fields, key, feed.host))
        .collect();
    let added = write::insert_new(connection, feed.id, &new, now).await?;
    hours::count_entries(connection, feed.id, now, added.count, added.ended).await?;
    for (host, at) in added.waiting {
        site_updates.push(SiteUpdate { read_at: Some(at), ..SiteUpdate::of(&host) });
    }
    Ok(PollRecord { new_entries: added.count, ..PollRecord::default() })
}

/// The entries of a document in the form of [`identity`], and the known ones of its feed.
struct Document {
    policy: KeyPolicy,
    last_shown: Option<DateTime<Utc>>,
    entries: Vec<EntryFields>,
    known: Vec<KnownRow>,
    known_fields: Vec<EntryFields>,
}

impl Document {
    async fn load(
        connection: &mut PgConnection,
        feed_id: i64,
        shown: &[Entry],
        now: DateTime<Utc>,
    ) -> Result<Self, StoreError> {
        let (policy, last_shown): (String, Option<DateTime<Utc>>) = sqlx::query_as(
            "/* record_sightings: policy */ SELECT key_policy, last_sighting_at FROM feeds
             WHERE id = $1",
        )
        .bind(feed_id)
        .fetch_one(&mut *connection)
        .await?;
        let policy = KeyPolicy::from_stored(&policy);
        let links: Vec<IdentityKey> = shown.iter().filter_map(link_of).collect();
        let ignored_parameters =
            ignored_parameters(connection, links.iter().map(IdentityKey::as_str)).await?;
        let entries: Vec<EntryFields> =
            shown.iter().map(|entry| fields(entry, &ignored_parameters, now)).collect();
        let known = known(connection, feed_id, policy, (shown, &entries)).await?;
        let known_fields = known.iter().map(|row| row.fields(&ignored_parameters)).collect();
        Ok(Self { policy, last_shown, entries, known, known_fields })
    }
}

/// The known entries that a document may show: those with its keys, and, unless these are all,
/// those with its links and the newest besides.
async fn known(
    connection: &mut PgConnection,
    feed_id: i64,
    policy: KeyPolicy,
    (shown, fields): (&[Entry], &[EntryFields]),
) -> Result<Vec<KnownRow>, StoreError> {
    let own: HashSet<String> =
        fields.iter().map(|fields| policy.key(fields).as_str().to_owned()).collect();
    let keys = policy.possible_keys(fields);
    let by_key = write::load_known(connection, feed_id, &keys, &[], 0).await?;
    let found = by_key.iter().filter(|row| own.contains(&row.key)).count();
    if found >= shown.len() {
        return Ok(by_key);
    }
    // An entry was stored with all parameters of its link that did not count as ignored then.
    let links = shown.iter().filter_map(link_of).map(|link| clean::key(link.as_str()));
    let links: BTreeSet<String> =
        links.chain(fields.iter().filter_map(|fields| fields.link.clone())).collect();
    let links: Vec<String> = links.into_iter().collect();
    let window = (shown.len() * WINDOW).clamp(WINDOW_BOUNDS.0, WINDOW_BOUNDS.1).max(shown.len());
    write::load_known(connection, feed_id, &keys, &links, window).await
}

#[derive(Default)]
struct Sorted {
    new: Vec<SightingRow>,
    /// Known entries that have changed.
    known: Vec<SightingRow>,
    /// Ids of known entries of which only `last_seen_at` is written.
    seen: Vec<i64>,
    /// Ids of known entries that take another key.
    renamed: Vec<i64>,
    /// Ids of known entries that are missing from the middle of the document.
    left: Vec<i64>,
}

/// A shown entry, and the known entry that it is.
struct Pair<'a> {
    entry: &'a Entry,
    fields: &'a EntryFields,
    known: Option<(&'a KnownRow, &'a EntryFields)>,
}

fn sort(
    feed: FeedRef<'_>,
    pairs: &[Pair<'_>],
    recognition: &Recognition,
    now: DateTime<Utc>,
) -> Sorted {
    let filed = pairs
        .iter()
        .filter_map(|pair| Some((pair.entry, pair.known?.0)))
        .filter(|(_, known)| known.is_filed);
    let claims: Vec<Claim> = filed.map(|(entry, known)| known.claim(entry)).collect();
    let mut believed = identity::believed(&claims).into_iter();
    let mut sorted = Sorted::default();
    for ((pair, key), is_weak) in pairs.iter().zip(&recognition.keys).zip(&recognition.is_weak) {
        let mut row = SightingRow::of(pair.entry, pair.fields, key, feed.host);
        let Some((known, known_fields_of_entry)) = pair.known else {
            sorted.new.push(row);
            continue;
        };
        row.id = Some(known.id);
        let dated = pair.entry.published.max(pair.entry.updated);
        row.revives = known.expired_at.zip(dated).is_some_and(|(then, now)| now > then)
            && (row.url.is_some() || row.content.is_some());
        row.moves = row.identity.is_some() && row.identity != known_fields_of_entry.link;
        let is_own =
            |host: &str| known.article_host.as_deref().is_some_and(|own| same_site(own, host));
        row.claims = row.moves && is_own(feed.host) && is_own(&row.host);
        // A weak match that leads elsewhere is checked: the page is read, and the texts decide. So
        // is a link for which the feed cannot speak.
        let is_doubtful = row.moves && (*is_weak || !is_own(feed.host));
        if known.article_host.is_some() && row.moves && !row.claims && !is_doubtful {
            row.keep_link(known);
        }
        let is_believed = known.is_filed && believed.next().unwrap_or(false);
        // The headline was rewritten, and the link follows it: what is there is another text.
        let is_rewritten =
            row.moves && recognition.mass_change.is_none() && (*is_weak || is_believed);
        if known.is_filed && (is_believed || is_doubtful) {
            let last_read = known.ended_at.unwrap_or(known.first_seen_at);
            let due = identity::revisit_due(known.first_seen_at, last_read, now);
            row.revisit_at = Some(if is_rewritten { now } else { due });
        }
        if row.key != known.key {
            sorted.renamed.push(known.id);
        }
        if row.says_more_than(known) {
            sorted.known.push(row);
        } else if known.has_left || !limits::is_recent(known.last_seen_at, now, SEEN_TO) {
            sorted.seen.push(known.id);
        }
    }
    sorted
}

fn events(
    feed: FeedRef<'_>,
    shown: &[Entry],
    recognition: &Recognition,
    known: &[KnownRow],
    last_shown: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Vec<Event> {
    let mut events = Vec::new();
    let mut note = |kind, detail| {
        let host = Some(feed.host.to_owned());
        events.push(Event { at: now, kind, feed_id: Some(feed.id), host, detail });
    };
    if let Some(doubt) = recognition.id_fault.filter(|_| !known.is_empty()) {
        let (doubt, policy) = (doubt.as_str(), recognition.policy.as_str());
        note(EventKind::KeyPolicyChanged, serde_json::json!({ "ids": doubt, "known_by": policy }));
    }
    if let Some(count) = recognition.mass_change {
        note(EventKind::Renamed, serde_json::json!({ "shown": shown.len(), "known": count }));
    }
    // Entries that were not in the last document had left the feed.
    let had_left = |row: &&KnownRow| {
        last_shown.is_some_and(|last| limits::age(row.last_seen_at, last) > SEEN_TO)
    };
    let back = recognition.known.iter().filter_map(|at| known.get((*at)?)).filter(had_left).count();
    if back >= REAPPEARED {
        note(
            EventKind::EntriesReappeared,
            serde_json::json!({ "shown": shown.len(), "back": back }),
        );
    }
    events
}
