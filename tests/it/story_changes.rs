//! Stories in the change log: a consumer that follows it knows at any time which story each article
//! is in, and has read each story since it last changed.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::FromRow;
use wiresift::store::Outcome;

use crate::harness::desk::{Desk, article, id};
use crate::retention::{DAY, days, expire, keep_articles};
use crate::stories::{TOLD, file, move_to, stories, tell};

/// A story as a consumer sees it.
#[derive(Debug, Clone, PartialEq, FromRow)]
struct Story {
    id: i64,
    title: String,
    headline_id: i64,
    articles: i64,
}

#[derive(Debug, FromRow)]
struct Row {
    seq: i64,
    token: String,
    kind: String,
    article_id: i64,
    story_id: Option<i64>,
}

/// A consumer that keeps the story of each article, and the stories.
struct Follower {
    seq: i64,
    token: String,
    places: BTreeMap<i64, Option<i64>>,
    stories: BTreeMap<i64, Story>,
    /// The kinds that it has seen since it was asked last, each with its article and story.
    seen: Vec<(String, i64, Option<i64>)>,
}

async fn story(desk: &Desk, id: i64) -> Option<Story> {
    let query = "SELECT id, title, headline_id, articles FROM news.stories WHERE id = $1";
    sqlx::query_as(query).bind(id).fetch_optional(&desk.pool).await.unwrap()
}

impl Follower {
    /// Reads everything.
    async fn new(desk: &Desk) -> Self {
        let (seq, token) = sqlx::query_as("SELECT seq, token FROM news.head()")
            .fetch_one(&desk.pool)
            .await
            .unwrap();
        let mut follower = Self {
            seq,
            token,
            places: stories(desk).await,
            stories: BTreeMap::new(),
            seen: Vec::new(),
        };
        for id in follower.places.values().flatten().copied().collect::<BTreeSet<_>>() {
            follower.read(desk, id).await;
        }
        follower
    }

    async fn read(&mut self, desk: &Desk, id: i64) {
        match story(desk, id).await {
            Some(story) => self.stories.insert(id, story),
            None => self.stories.remove(&id),
        };
    }

    /// Processes what has been added to the log. Then its knowledge is that of the views.
    async fn follow(&mut self, desk: &Desk) -> Vec<(String, i64, Option<i64>)> {
        let rows: Vec<Row> = sqlx::query_as("SELECT * FROM news.changes($1, 1000, $2)")
            .bind(self.seq)
            .bind(&self.token)
            .fetch_all(&desk.pool)
            .await
            .unwrap();
        for row in rows {
            assert_eq!(row.seq, self.seq + 1);
            (self.seq, self.token) = (row.seq, row.token);
            let before = self.places.get(&row.article_id).copied().flatten();
            match row.kind.as_str() {
                "deleted" => _ = self.places.remove(&row.article_id),
                "story" => _ = self.places.insert(row.article_id, row.story_id),
                _ => _ = self.places.entry(row.article_id).or_default(),
            }
            for story in [before, row.story_id].into_iter().flatten() {
                self.read(desk, story).await;
            }
            self.seen.push((row.kind, row.article_id, row.story_id));
        }
        assert_eq!(self.places, stories(desk).await);
        let told: Vec<Story> =
            sqlx::query_as("SELECT id, title, headline_id, articles FROM news.stories ORDER BY id")
                .fetch_all(&desk.pool)
                .await
                .unwrap();
        assert_eq!(self.stories.values().cloned().collect::<Vec<_>>(), told);
        std::mem::take(&mut self.seen)
    }
}

fn moved(articles: &[i64], story: Option<i64>) -> BTreeSet<(String, i64, Option<i64>)> {
    articles.iter().map(|article| ("story".to_owned(), *article, story)).collect()
}

#[tokio::test]
async fn a_story_that_begins_and_grows_is_told_article_by_article() {
    let desk = Desk::new().await;
    let mut follower = Follower::new(&desk).await;
    let first = file(&desk, &[0, 4], "en").await;
    tell(&desk).await;
    assert!(follower.follow(&desk).await.iter().all(|(kind, ..)| kind == "new"), "no story yet");
    let second = file(&desk, &[2], "en").await;
    follower.follow(&desk).await;
    tell(&desk).await;
    let story = stories(&desk).await[&second[0]];
    let seen: BTreeSet<_> = follower.follow(&desk).await.into_iter().collect();
    assert_eq!(seen, moved(&[first[0], second[0]], story));
    let third = file(&desk, &[5], "en").await;
    follower.follow(&desk).await;
    tell(&desk).await;
    let seen: BTreeSet<_> = follower.follow(&desk).await.into_iter().collect();
    assert!(seen.is_superset(&moved(&third, story)), "{seen:?}");
    assert!(seen.iter().all(|(_, _, of)| *of == story), "{seen:?}");
    tell(&desk).await;
    assert!(follower.follow(&desk).await.is_empty(), "nothing is told twice");
}

#[tokio::test]
async fn a_merger_tells_of_the_articles_of_the_story_that_ends() {
    let desk = Desk::new().await;
    let ids = file(&desk, &[0, 2, 4], "en").await;
    tell(&desk).await;
    let one = stories(&desk).await[&ids[0]];
    let more = file(&desk, &[5], "en").await;
    move_to(&desk, &[ids[1], ids[2]], 900).await;
    let mut follower = Follower::new(&desk).await;
    tell(&desk).await;
    let seen: BTreeSet<_> = follower.follow(&desk).await.into_iter().collect();
    assert!(seen.is_superset(&moved(&[ids[1], more[0]], one)), "{seen:?}");
    assert!(seen.is_superset(&moved(&[ids[2]], None)), "{seen:?}");
}

#[tokio::test]
async fn a_split_tells_of_the_articles_that_leave() {
    let desk = Desk::new().await;
    let ids = file(&desk, &[0, 1, 2, 3], "en").await;
    tell(&desk).await;
    move_to(&desk, &ids, 900).await;
    let mut follower = Follower::new(&desk).await;
    file(&desk, &[5], "en").await;
    tell(&desk).await;
    let other = stories(&desk).await[&ids[1]];
    assert!(other.is_some() && other != Some(900));
    let seen: BTreeSet<_> = follower.follow(&desk).await.into_iter().collect();
    assert!(seen.is_superset(&moved(&[ids[1], ids[3]], other)), "{seen:?}");
    assert!(!seen.iter().any(|(_, article, of)| *article == ids[2] && of.is_none()));
}

#[tokio::test]
async fn a_copy_is_told_when_it_follows_its_original() {
    let desk = Desk::new().await;
    let ids = file(&desk, &[0, 2], "en").await;
    tell(&desk).await;
    let mut follower = Follower::new(&desk).await;
    let copy = id(&desk.reads("http://mirror.example/1", TOLD[0].1, &[TOLD[0].2.to_owned()]).await);
    tell(&desk).await;
    let story = stories(&desk).await[&ids[0]];
    let seen = follower.follow(&desk).await;
    assert_eq!(seen, [("copy".to_owned(), copy, None), ("story".to_owned(), copy, story)]);
}

#[tokio::test]
async fn a_text_that_no_longer_belongs_ends_its_story() {
    let desk = Desk::new().await;
    let ids = file(&desk, &[0, 2], "en").await;
    tell(&desk).await;
    let mut follower = Follower::new(&desk).await;
    let leases = desk.leased(&["http://detour.example/2"]).await;
    let mut text = article(&leases[0], TOLD[4].1, &[TOLD[4].2.to_owned()]);
    text.article.language = Some("en".to_owned());
    text.fetched_url = Some("http://paper2.example/2".parse().unwrap());
    desk.file(&[desk.filing(&leases[0], Outcome::Article(Box::new(text)))]).await;
    tell(&desk).await;
    let seen: BTreeSet<_> = follower.follow(&desk).await.into_iter().collect();
    assert!(seen.is_superset(&moved(&ids, None)), "{seen:?}");
    assert_eq!(desk.count("SELECT count(*) FROM news.stories").await, 0);
}

#[tokio::test]
async fn a_headline_that_is_deleted_for_its_age_has_a_successor_in_the_log() {
    let desk = Desk::new().await;
    let old = file(&desk, &[0], "en").await;
    desk.advance(DAY);
    let young = file(&desk, &[2, 5], "en").await;
    tell(&desk).await;
    let id = stories(&desk).await[&old[0]];
    let headline = "UPDATE wiresift.stories SET headline_id = $1";
    sqlx::query(headline).bind(old[0]).execute(&desk.pool).await.unwrap();
    let mut follower = Follower::new(&desk).await;
    desk.advance(DAY * 20);
    assert_eq!(expire(&desk, &keep_articles(days(20))).await, 1);
    let seen = follower.follow(&desk).await;
    assert_eq!(seen, [("deleted".to_owned(), old[0], None), ("story".to_owned(), young[0], id)]);
}
