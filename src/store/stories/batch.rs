//! Assigns the stories of a batch of articles, under the story lock.
//!
//! What the whole batch needs is read at once: the articles to which its keys lead, and the members
//! of their stories. Then the articles are assigned one after another in memory, by the code that
//! `wiresift dedupe` runs too, and all that has changed is written at once. So the statements of a
//! batch do not become more with its articles.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;

use crate::store::StoreError;
use crate::store::changes::ChangeRow;
use crate::store::stories::fingerprint_cache::FingerprintCache;
use crate::store::stories::keys::tagged;
use crate::store::stories::links::{self, Languages, LinkFinder};
use crate::store::stories::read::{self, Known, Queued};
use crate::store::stories::recent_keys::RecentKeys;
use crate::store::stories::words::KnownWords;
use crate::store::stories::write::{self, Assignment, NewMember, NewStory};
use wiresift_dedup::index::day;
use wiresift_dedup::story::{
    ALL_LANGUAGES, Incoming, MOST_CANDIDATES, MOST_MEMBERS, Missing, StoryFingerprint, StoryIndex,
    StoryKey, StoryMember, language_of,
};

/// New stories are numbered from here until the database has numbered them.
const FIRST_NEW_STORY: i64 = i64::MAX / 2;

/// The most candidates of an article that are loaded. Some of them may no longer be there.
const MOST_LOADED: usize = MOST_CANDIDATES + MOST_CANDIDATES / 2;

/// What a process remembers between batches.
#[derive(Debug, Default)]
pub(crate) struct StoryCache {
    words: KnownWords,
    recent: RecentKeys,
    fingerprints: FingerprintCache,
    /// A day, and the smallest number of a fingerprint of that day or a later one.
    first: Option<(i32, i64)>,
}

/// An article of the batch.
struct Article {
    queued: Queued,
    /// `None`: it is a copy, or its text is too short.
    incoming: Option<Incoming>,
    keys: Vec<StoryKey>,
    /// The articles to which its keys lead, with the number of its keys.
    candidates: Vec<(i64, usize)>,
}

/// Assigns the stories of some articles of the queue. Returns the rows of the change log. The cache is
/// not to be used again if this fails.
pub(super) async fn assign(
    connection: &mut PgConnection,
    cache: &mut StoryCache,
    queued: Vec<Queued>,
    now: DateTime<Utc>,
    window: TimeDelta,
) -> Result<Vec<ChangeRow>, StoreError> {
    let today = day(now);
    let days = i32::try_from(window.num_days()).unwrap_or(i32::MAX - 1);
    write::open_partitions(connection, today, days.saturating_add(1)).await?;
    let oldest = today.saturating_sub(days);
    let first = match cache.first {
        Some((day, first)) if day == oldest => first,
        _ => read::first_number(connection, oldest).await?,
    };
    cache.first = Some((oldest, first));
    let ids: Vec<i64> = queued.iter().map(|article| article.id).collect();
    let known: BTreeMap<i64, Known> = read::known_articles(connection, &ids)
        .await?
        .into_iter()
        .map(|known| (known.article_id, known))
        .collect();
    let mut articles = prepare(connection, queued, &known, now).await?;
    let languages: BTreeSet<String> = articles
        .iter()
        .filter_map(|article| Some(article.incoming.as_ref()?.language.to_string()))
        .collect();
    let mut languages: Vec<String> = languages.into_iter().collect();
    let are_several = links::are_several(connection, &languages).await?;
    if are_several {
        languages.push(ALL_LANGUAGES.to_owned());
    }
    cache.recent.catch_up(connection).await?;
    // Apart, because the rest of the cache is lent meanwhile.
    let mut words = std::mem::take(&mut cache.words);
    words.catch_up(connection, &languages).await?;
    let mut linking = Languages::default();
    if are_several {
        let incoming: Vec<&Incoming> =
            articles.iter().filter_map(|article| article.incoming.as_ref()).collect();
        let rarity = std::mem::take(words.rarities.of(ALL_LANGUAGES));
        let mut finder = LinkFinder::new(rarity, window);
        let memory = (&cache.recent, &mut cache.fingerprints);
        linking = finder.find(connection, memory, &incoming, first).await?;
        *words.rarities.of(ALL_LANGUAGES) = finder.into_rarity();
    }
    let mut index = StoryIndex::new(std::mem::take(&mut words.rarities), FIRST_NEW_STORY);
    find_keys(&mut index, &mut articles);
    load(connection, &mut index, cache, &mut articles, &known, first).await?;
    let assignment = place(&mut index, articles, linking, (window, today));
    words.rarities = std::mem::take(&mut index.rarities);
    let changes = write::record(connection, &assignment, now).await?;
    remember_keys(&mut cache.recent, &assignment.members);
    cache.recent.write_due(connection, today).await?;
    let upto = assignment.members.iter().map(|member| member.number).max().unwrap_or(0);
    words.counted(connection, upto, &languages, today).await?;
    for member in assignment.members {
        cache.fingerprints.insert(member.number, member.fingerprint);
    }
    cache.words = words;
    Ok(changes)
}

/// Takes the fingerprints of the articles and numbers them.
async fn prepare(
    connection: &mut PgConnection,
    queued: Vec<Queued>,
    known: &BTreeMap<i64, Known>,
    now: DateTime<Utc>,
) -> Result<Vec<Article>, StoreError> {
    let mut numbers = read::numbers(connection, queued.len()).await?.into_iter();
    let articles = queued.into_iter().map(|queued| {
        let number = numbers.next().unwrap_or_default();
        let language = language_of(queued.language.as_deref());
        let fingerprint = match queued.copy_of {
            Some(_) => None,
            None => StoryFingerprint::of(&queued.title, &queued.body, &language),
        };
        let incoming = fingerprint.map(|fingerprint| Incoming {
            article: queued.id,
            number,
            language: language.into(),
            fingerprint: Arc::new(fingerprint),
            published: Some(queued.dated_at),
            at: now,
            is_counted: !known.contains_key(&queued.id),
        });
        Article { queued, incoming, keys: Vec::new(), candidates: Vec::new() }
    });
    Ok(articles.collect())
}

/// Finds the keys of the articles. Those of an article depend on the words of the articles before
/// it, which are counted for that and taken back.
fn find_keys(index: &mut StoryIndex, articles: &mut [Article]) {
    for article in &mut *articles {
        if let Some(incoming) = &article.incoming {
            article.keys = index.keys(incoming);
        }
    }
    for incoming in articles.iter().rev().filter_map(|article| article.incoming.as_ref()) {
        index.discount(incoming);
    }
}

/// Loads the candidates of the articles, and the members of the stories that they may join.
async fn load(
    connection: &mut PgConnection,
    index: &mut StoryIndex,
    cache: &mut StoryCache,
    articles: &mut [Article],
    known: &BTreeMap<i64, Known>,
    first: i64,
) -> Result<(), StoreError> {
    let keys: BTreeSet<StoryKey> =
        articles.iter().flat_map(|article| article.keys.iter().copied()).collect();
    let keys: Vec<StoryKey> = keys.into_iter().collect();
    let postings = cache.recent.postings(connection, &keys, first).await?;
    let found: Vec<Vec<(i64, usize)>> =
        articles.iter().map(|article| most_shared(&article.keys, &postings)).collect();
    let numbers: BTreeSet<i64> = found.iter().flatten().map(|(number, _)| *number).collect();
    let numbers: Vec<i64> = numbers.into_iter().collect();
    let mut rows = read::known_numbers(connection, &numbers).await?;
    let by_number: HashMap<i64, i64> =
        rows.iter().map(|row| (row.number, row.article_id)).collect();
    rows.extend(known.values().cloned());
    load_members(connection, index, cache, rows).await?;
    for (article, found) in articles.iter_mut().zip(found) {
        let live = found
            .into_iter()
            .filter_map(|(number, shared)| Some((*by_number.get(&number)?, shared)))
            .filter(|(other, _)| *other != article.queued.id);
        article.candidates = live.collect();
    }
    load_stories(connection, index, cache, articles, first).await
}

/// The numbers to which the most keys lead, of these the newest.
fn most_shared(keys: &[StoryKey], postings: &HashMap<StoryKey, Vec<i64>>) -> Vec<(i64, usize)> {
    let mut shared: HashMap<i64, usize> = HashMap::new();
    for number in keys.iter().filter_map(|key| postings.get(key)).flatten() {
        *shared.entry(*number).or_default() += 1;
    }
    let mut shared: Vec<(i64, usize)> =
        shared.into_iter().filter(|(_, count)| *count > 1).collect();
    shared.sort_unstable_by_key(|(number, count)| std::cmp::Reverse((*count, *number)));
    shared.truncate(MOST_LOADED);
    shared
}

async fn load_members(
    connection: &mut PgConnection,
    index: &mut StoryIndex,
    cache: &mut StoryCache,
    rows: Vec<Known>,
) -> Result<(), StoreError> {
    let numbers: BTreeSet<i64> = rows.iter().map(|row| row.number).collect();
    let fingerprints = cache.fingerprints.get(connection, &numbers).await?;
    for row in rows {
        let Some(fingerprint) = fingerprints.get(&row.number) else { continue };
        let member = StoryMember {
            language: row.language.into(),
            fingerprint: Arc::clone(fingerprint),
            at: Some(row.dated_at),
            story: row.story_id,
        };
        index.load(row.article_id, row.number, member);
    }
    Ok(())
}

/// Loads the stories of the articles themselves and those that they may join.
async fn load_stories(
    connection: &mut PgConnection,
    index: &mut StoryIndex,
    cache: &mut StoryCache,
    articles: &[Article],
    first: i64,
) -> Result<(), StoreError> {
    let mut stories = BTreeSet::new();
    for article in articles {
        if let Some(home) = article.queued.story_id {
            index.load_home(article.queued.id, home);
            stories.insert(home);
        }
        if let Some(incoming) = &article.incoming {
            let candidates: Vec<i64> = article.candidates.iter().map(|(other, _)| *other).collect();
            stories.extend(index.stories_near(incoming, &candidates));
        }
    }
    if stories.is_empty() {
        return Ok(());
    }
    let stories: Vec<i64> = stories.into_iter().collect();
    let in_batch: BTreeSet<i64> = articles.iter().map(|article| article.queued.id).collect();
    let mut missing: BTreeMap<i64, Missing> =
        stories.iter().map(|story| (*story, Missing::default())).collect();
    let mut seen: BTreeMap<i64, usize> = BTreeMap::new();
    let mut rows = Vec::new();
    for row in read::members(connection, &stories, first).await? {
        *seen.entry(row.story_id).or_default() += 1;
        match (row.number, row.language, row.dated_at) {
            (Some(number), Some(language), Some(dated_at)) => {
                let story_id = Some(row.story_id);
                let article_id = row.article_id;
                rows.push(Known { number, article_id, language, dated_at, story_id });
            }
            _ if in_batch.contains(&row.article_id) => {}
            _ => missing.entry(row.story_id).or_default().departed += 1,
        }
    }
    rows.retain(|row| !index.has(row.article_id));
    load_members(connection, index, cache, rows).await?;
    for (story, mut missing) in missing {
        // One more than are compared was read. There may be others.
        missing.more += usize::from(seen.get(&story).is_some_and(|seen| *seen > MOST_MEMBERS));
        index.load_story(story, missing);
    }
    Ok(())
}

/// Adds the keys of new members to those that are in memory.
fn remember_keys(recent: &mut RecentKeys, members: &[NewMember]) {
    for member in members {
        for key in &member.keys {
            recent.add(*key, member.number);
        }
        for key in &member.shared_keys {
            recent.add(*key, tagged(member.number, &member.language));
        }
    }
}

/// Assigns the articles one after another.
fn place(
    index: &mut StoryIndex,
    articles: Vec<Article>,
    mut languages: Languages,
    (window, today): (TimeDelta, i32),
) -> Assignment {
    let mut assignment = Assignment { today, ..Assignment::default() };
    for article in articles {
        let id = article.queued.id;
        assignment.judged.push(id);
        let Some(incoming) = article.incoming else {
            index.remove(id);
            if article.queued.copy_of.is_some() {
                assignment.copies.push(id);
            }
            continue;
        };
        let decision = index.place(&incoming, article.keys.clone(), &article.candidates, window);
        assignment.scores.push((id, decision.scores));
        assignment.members.push(NewMember {
            article: id,
            number: incoming.number,
            language: incoming.language,
            dated_at: article.queued.dated_at,
            is_counted: incoming.is_counted,
            fingerprint: incoming.fingerprint,
            keys: article.keys,
            shared_keys: languages.keys.remove(&incoming.number).unwrap_or_default(),
        });
    }
    assignment.languages = languages;
    let moved = index.moved().filter(|(article, _)| !assignment.copies.contains(article));
    assignment.places = moved.collect();
    let languages: BTreeMap<i64, Arc<str>> = index.languages_of_stories(FIRST_NEW_STORY);
    for (story, article) in index.central() {
        match languages.get(&story) {
            Some(language) => assignment.new.push(NewStory {
                story,
                language: language.to_string(),
                central: article,
            }),
            None => assignment.central.push((story, article)),
        }
    }
    assignment
}
