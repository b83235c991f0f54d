//! Stories: they grow, are merged and split, keep to one language, and do not depend on which daemon assigns them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;

use chrono::TimeDelta;
use futures_util::future::join_all;
use tokio::sync::Barrier;
use url::Url;
use wiresift::store::{Assigned, Filing, Outcome, Store};

use crate::harness::desk::{Desk, article, id};

/// Event, headline, text. Tellings of one event share names and facts, and hardly a phrase.
pub(crate) const TOLD: [(&str, &str, &str); 7] = [
    (
        "wall",
        "Millbrook to rebuild its harbour wall",
        "The harbour wall of Millbrook will be rebuilt after the winter storms, the town council decided on Monday. \
         Mayor Ada Lindqvist said that work begins in April. The county of Northmere pays half of the nine million, \
         the fishing company Brandt the rest.",
    ),
    (
        "mine",
        "Fire shuts Kestrel mine for weeks",
        "A fire in the ventilation shaft has shut the Kestrel copper mine near Oldham Cross. All 84 miners came up \
         unhurt, said Tomas Reyes, who manages the mine for Corvane Metals. The smoke was seen in Hallam.",
    ),
    (
        "wall",
        "Council votes nine million for sea defences",
        "By eleven votes to two, Millbrook's council agreed on Monday night to put up a new wall at the harbour, where \
         storms tore a gap in January. “We could not wait,” said Ada Lindqvist, the mayor. Northmere and the Brandt \
         fishery share the bill.",
    ),
    (
        "mine",
        "Eighty-four miners safe after shaft blaze at Kestrel",
        "Every one of the 84 workers underground at the Kestrel mine was brought to the surface on Tuesday when fire \
         broke out in a shaft. Corvane Metals said copper production would stop for weeks; its manager Tomas Reyes \
         praised the rescuers of Oldham Cross.",
    ),
    (
        "snow",
        "Snow closes two mountain passes",
        "Snow fell across the northern hills overnight and closed the Grimsel and the Susten passes to lorries. The \
         road service hopes to clear them by noon; schools in the upper valleys stay shut today.",
    ),
    (
        "wall",
        "Fishing firm Brandt pays for part of Millbrook wall",
        "Brandt, the fishing company, will carry a share of the cost of the harbour wall that Millbrook wants to \
         rebuild, its owner said after Monday's council vote. Mayor Ada Lindqvist thanked the firm and the county of \
         Northmere. Storms had broken the old wall in winter.",
    ),
    (
        "mine",
        "Corvane counts the cost of the Kestrel fire",
        "Shares of Corvane Metals fell after a fire in a shaft closed its Kestrel copper mine. Tomas Reyes, who runs \
         the mine near Oldham Cross, said that all 84 miners were safe and that repairs would take weeks.",
    ),
];

pub(crate) const WINDOW: TimeDelta = TimeDelta::days(7);

fn link(place: usize) -> String {
    format!("http://paper{place}.example/{place}")
}

/// Files some of the texts, in one batch and language.
pub(crate) async fn file(desk: &Desk, places: &[usize], language: &str) -> Vec<i64> {
    let links: Vec<String> = places.iter().map(|place| link(*place)).collect();
    let leases = desk.leased(&links.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let batch: Vec<Filing> = leases
        .iter()
        .zip(places)
        .map(|(lease, place)| {
            let mut filed = article(lease, TOLD[*place].1, &[TOLD[*place].2.to_owned()]);
            filed.article.language = Some(language.to_owned());
            desk.filing(lease, Outcome::Article(Box::new(filed)))
        })
        .collect();
    desk.file(&batch).await.iter().map(id).collect()
}

pub(crate) async fn tell(desk: &Desk) {
    while desk.store.assign_stories(desk.now(), WINDOW).await.unwrap() != Assigned::Nothing {}
    assert_eq!(desk.store.unassigned().await.unwrap(), 0);
}

pub(crate) async fn stories(desk: &Desk) -> BTreeMap<i64, Option<i64>> {
    let rows: Vec<(i64, Option<i64>)> =
        sqlx::query_as("SELECT id, story_id FROM news.all_articles")
            .fetch_all(&desk.pool)
            .await
            .unwrap();
    rows.into_iter().collect()
}

/// Who is together with whom.
fn groups<T: Ord + Copy, S: Ord + Copy>(
    places: impl IntoIterator<Item = (T, Option<S>)>,
) -> BTreeSet<Vec<T>> {
    let mut by_story: BTreeMap<S, Vec<T>> = BTreeMap::new();
    for (member, story) in places {
        if let Some(story) = story {
            by_story.entry(story).or_default().push(member);
        }
    }
    by_story.into_values().collect()
}

pub(crate) async fn move_to(desk: &Desk, articles: &[i64], story: i64) {
    sqlx::query(
        "INSERT INTO wiresift.stories (id, language, headline_id, created_at, updated_at)
         OVERRIDING SYSTEM VALUE VALUES ($1, 'en', $2, now(), now())",
    )
    .bind(story)
    .bind(articles[0])
    .execute(&desk.pool)
    .await
    .unwrap();
    sqlx::query(
        "INSERT INTO wiresift.story_articles SELECT id, $2 FROM unnest($1::bigint[]) AS id
         ON CONFLICT (article_id) DO UPDATE SET story_id = $2",
    )
    .bind(articles)
    .bind(story)
    .execute(&desk.pool)
    .await
    .unwrap();
    let over = "DELETE FROM wiresift.stories s
                WHERE NOT EXISTS (SELECT FROM wiresift.story_articles m WHERE m.story_id = s.id)";
    sqlx::query(over).execute(&desk.pool).await.unwrap();
}

#[tokio::test]
async fn a_story_grows_and_its_view_tells_of_it() {
    let desk = Desk::new().await;
    let first = file(&desk, &[0, 1, 4], "en").await;
    tell(&desk).await;
    assert_eq!(groups(stories(&desk).await), BTreeSet::new());
    let second = file(&desk, &[2, 3], "en").await;
    tell(&desk).await;
    let third = file(&desk, &[5, 6], "en").await;
    tell(&desk).await;
    let (wall, mine) = (vec![first[0], second[0], third[0]], vec![first[1], second[1], third[1]]);
    assert_eq!(groups(stories(&desk).await), BTreeSet::from([wall, mine]));
    let view: Vec<(i64, i64, String, i64)> =
        sqlx::query_as("SELECT articles, sources, language, id FROM news.stories ORDER BY id")
            .fetch_all(&desk.pool)
            .await
            .unwrap();
    assert_eq!(view.len(), 2);
    assert!(view.iter().all(
        |(articles, sources, language, _)| (*articles, *sources) == (3, 3) && language == "en"
    ));
    let spoken: Vec<(i64, String, Option<i64>)> = sqlx::query_as(
        "SELECT s.id, s.title, a.story_id FROM news.stories s JOIN news.articles a ON a.id = s.headline_id AND a.title = s.title",
    )
    .fetch_all(&desk.pool)
    .await
    .unwrap();
    assert!(
        spoken.len() == 2 && spoken.iter().all(|(id, _, story)| *story == Some(*id)),
        "{spoken:?}"
    );
    desk.states().await;
}

#[tokio::test]
async fn stories_that_were_one_are_merged() {
    let desk = Desk::new().await;
    let ids = file(&desk, &[0, 2, 4], "en").await;
    tell(&desk).await;
    let one = stories(&desk).await[&ids[0]].unwrap();
    let more = file(&desk, &[5], "en").await;
    // Taken apart by hand: two stories of two, with a stranger each.
    move_to(&desk, &[ids[1], ids[2]], 900).await;
    tell(&desk).await;
    assert_eq!(groups(stories(&desk).await), BTreeSet::from([vec![ids[0], ids[1], more[0]]]));
    assert_eq!(stories(&desk).await[&more[0]], Some(one));
    assert_eq!(desk.count("SELECT count(*) FROM news.stories").await, 1, "the other story is over");
}

#[tokio::test]
async fn a_story_of_two_events_is_split_by_the_next_telling() {
    let desk = Desk::new().await;
    let ids = file(&desk, &[0, 1, 2, 3], "en").await;
    tell(&desk).await;
    move_to(&desk, &ids, 900).await;
    let more = file(&desk, &[5], "en").await;
    tell(&desk).await;
    let expected = BTreeSet::from([vec![ids[0], ids[2], more[0]], vec![ids[1], ids[3]]]);
    assert_eq!(groups(stories(&desk).await), expected);
    assert_eq!(stories(&desk).await[&more[0]], Some(900), "the larger part goes on under its name");
}

#[tokio::test]
async fn languages_and_times_are_kept_apart() {
    let desk = Desk::new().await;
    file(&desk, &[0], "en").await;
    file(&desk, &[2], "sv").await;
    tell(&desk).await;
    desk.advance(std::time::Duration::from_hours(24 * 30));
    file(&desk, &[5], "en").await;
    tell(&desk).await;
    assert_eq!(groups(stories(&desk).await), BTreeSet::new());
    let days = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'wiresift.story_fingerprints'::regclass";
    assert_eq!(desk.count(days).await, 1, "days that have left the window are gone");
}

#[tokio::test]
async fn a_copy_follows_its_original_and_counts_for_nothing() {
    let desk = Desk::new().await;
    let ids = file(&desk, &[0, 2], "en").await;
    tell(&desk).await;
    let copy = id(&desk.reads("http://mirror.example/1", TOLD[0].1, &[TOLD[0].2.to_owned()]).await);
    tell(&desk).await;
    let told = stories(&desk).await;
    assert!(told[&copy].is_some() && told[&copy] == told[&ids[0]]);
    assert_eq!(desk.count("SELECT articles FROM news.stories").await, 2);
    assert_eq!(desk.count("SELECT count(*) FROM wiresift.story_fingerprints").await, 2);
}

#[tokio::test]
async fn two_instances_make_one_story_of_one_event() {
    let desk = Desk::new().await;
    let ids = file(&desk, &[0, 1, 2, 3, 4, 5, 6], "en").await;
    let barrier = Arc::new(Barrier::new(4));
    let now = desk.now();
    join_all((0..4).map(|_| {
        let (store, barrier) = (Store::new(desk.options.clone(), 2), Arc::clone(&barrier));
        async move {
            barrier.wait().await;
            store.assign_stories(now, WINDOW).await.unwrap()
        }
    }))
    .await;
    tell(&desk).await;
    let expected = BTreeSet::from([vec![ids[0], ids[2], ids[5]], vec![ids[1], ids[3], ids[6]]]);
    assert_eq!(groups(stories(&desk).await), expected);
}

/// Takes all articles off the queue.
async fn unqueue(desk: &Desk) {
    sqlx::query("DELETE FROM wiresift.story_queue").execute(&desk.pool).await.unwrap();
}

/// Assigns some articles in one batch.
async fn tell_some(desk: &Desk, store: &Store, articles: &[i64]) {
    sqlx::query("INSERT INTO wiresift.story_queue (article_id) SELECT unnest($1::bigint[])")
        .bind(articles)
        .execute(&desk.pool)
        .await
        .unwrap();
    let assigned = store.assign_stories(desk.now(), WINDOW).await.unwrap();
    assert_eq!(assigned, Assigned::Articles(articles.len()));
}

/// The scores of all articles.
async fn evidence(desk: &Desk) -> String {
    let scores = "SELECT string_agg(article_id || scores::text, ',' ORDER BY article_id)
                  FROM wiresift.story_pair_scores";
    sqlx::query_scalar(scores).fetch_one(&desk.pool).await.unwrap()
}

#[tokio::test]
async fn a_batch_is_assigned_like_its_articles_one_by_one() {
    let all: Vec<usize> = (0..TOLD.len()).collect();
    let (at_once, one_by_one) = (Desk::new().await, Desk::new().await);
    let ids = file(&at_once, &all, "en").await;
    tell(&at_once).await;
    assert_eq!(ids, file(&one_by_one, &all, "en").await);
    unqueue(&one_by_one).await;
    // Two processes take turns, so each learns from the database what the other has counted.
    let other = Store::new(one_by_one.options.clone(), 2);
    let mut ids = ids;
    ids.sort_unstable();
    for (place, id) in ids.into_iter().enumerate() {
        let store = if place % 2 == 0 { &one_by_one.store } else { &other };
        tell_some(&one_by_one, store, &[id]).await;
    }
    assert_eq!(groups(stories(&at_once).await), groups(stories(&one_by_one).await));
    assert_eq!(evidence(&at_once).await, evidence(&one_by_one).await);
}

/// The lists of the keys are written part by part, when later articles have come. A process that
/// starts finds articles that are in all lists, in some, and in none.
#[tokio::test]
async fn articles_are_found_whether_their_keys_are_in_the_lists_or_not() {
    let all: Vec<usize> = (0..TOLD.len()).collect();
    let (at_once, one_by_one) = (Desk::new().await, Desk::new().await);
    file(&at_once, &all, "en").await;
    tell(&at_once).await;
    let mut ids = file(&one_by_one, &all, "en").await;
    ids.sort_unstable();
    unqueue(&one_by_one).await;
    let lists = "SELECT count(*) FROM wiresift.story_keys";
    let mut counts = Vec::new();
    for (id, later) in ids.iter().zip([64 * 300, 64 * 100, 64, 64 * 90, 64 * 150, 1, 0]) {
        let fresh = Store::new(one_by_one.options.clone(), 2);
        tell_some(&one_by_one, &fresh, &[*id]).await;
        counts.push(one_by_one.count(lists).await);
        sqlx::query(
            "SELECT setval('wiresift.story_numbers', greatest(last_value + $1, 1))
                     FROM wiresift.story_numbers",
        )
        .bind(i64::from(later))
        .execute(&one_by_one.pool)
        .await
        .unwrap();
    }
    assert!(counts[0] == 0 && counts[1] > 10 && counts[1] < counts[4], "{counts:?}");
    assert_eq!(evidence(&at_once).await, evidence(&one_by_one).await);
    assert_eq!(groups(stories(&at_once).await), groups(stories(&one_by_one).await));
}

/// The counts are stored as a whole now and then. A process that starts reads them and counts what
/// has come since.
#[tokio::test]
async fn a_process_that_starts_knows_the_words_of_the_others() {
    let desk = Desk::new().await;
    let ids = file(&desk, &[0, 1, 2, 3], "en").await;
    unqueue(&desk).await;
    tell_some(&desk, &desk.store, &ids[..2]).await;
    tell_some(&desk, &desk.store, &ids[2..]).await;
    let stored = "SELECT upto FROM wiresift.story_words WHERE language = 'en'";
    assert_eq!(desk.count(stored).await, 2, "stored with the first batch of the day");
    desk.advance(std::time::Duration::from_hours(24));
    let fresh = Store::new(desk.options.clone(), 2);
    tell_some(&desk, &fresh, &ids[..1]).await;
    let counts: Vec<u8> =
        sqlx::query_scalar("SELECT counts FROM wiresift.story_words WHERE language = 'en'")
            .fetch_one(&desk.pool)
            .await
            .unwrap();
    let counts = wiresift_dedup::story::WordCounts::from_stored(&counts).unwrap();
    let faded: f64 = (0..4).map(|later| 0.5_f64.powf(f64::from(later) / 300.0)).sum();
    assert!((counts.articles() - faded).abs() < 1e-3, "{}: nothing twice", counts.articles());
}

#[tokio::test]
async fn explain_shows_who_was_compared_and_why() {
    let desk = Desk::new().await;
    let ids = file(&desk, &[0, 2, 4], "en").await;
    tell(&desk).await;
    let known = desk.store.explain(&Url::parse(&link(2)).unwrap()).await.unwrap().article.unwrap();
    assert_eq!(known.story.as_ref().map(|story| (story.articles, story.sources)), Some((2, 2)));
    let score = &known.scores[0];
    assert_eq!((score.article, score.title.as_str()), (ids[0], TOLD[0].1));
    let sum: f64 = score.parts.values().sum();
    assert!(score.log_odds > 0.0 && (sum - score.log_odds).abs() < 0.1, "{score:?}");
    assert!(score.parts["names"] > 0.0, "{score:?}");
}

#[tokio::test]
async fn dedupe_groups_as_the_store_does() {
    let desk = Desk::new().await;
    let mut places = BTreeMap::new();
    for place in 0..TOLD.len() {
        places.insert(file(&desk, &[place], "en").await[0], place);
        tell(&desk).await;
    }
    let in_store = stories(&desk).await.into_iter().map(|(id, story)| (places[&id], story));
    let mut command = Command::new(env!("CARGO_BIN_EXE_wiresift"))
        .args(["dedupe", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = command.stdin.take().unwrap();
    for (place, (_, title, text)) in TOLD.iter().enumerate() {
        let line = serde_json::json!({"id": place.to_string(), "url": link(place), "title": title, "text": text,
                                      "language": "en"});
        writeln!(input, "{line}").unwrap();
    }
    drop(input);
    let output = String::from_utf8(command.wait_with_output().unwrap().stdout).unwrap();
    let judged: Vec<(usize, Option<usize>)> = output
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|line| {
            let place = |name: &str| line[name].as_str().and_then(|place| place.parse().ok());
            (place("id").unwrap(), place("story"))
        })
        .collect();
    assert_eq!(judged.len(), TOLD.len());
    assert_eq!(groups(in_store), groups(judged));
}
