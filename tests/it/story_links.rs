//! Links between articles of two languages: they come, follow the texts, and go, and the change log
//! tells of each.

use std::collections::BTreeSet;

use wiresift::store::{Assigned, Outcome, Store};

use crate::harness::desk::{Desk, article, id};
use crate::stories::{TOLD, WINDOW, file, tell};

/// In German: the wall, the mine, and something else.
const ERZÄHLT: [(&str, &str); 3] = [
    (
        "Millbrook baut Hafenmauer wieder auf",
        "Der Rat von Millbrook hat am Montag beschlossen, die Hafenmauer nach den Stürmen zu erneuern. \
         Bürgermeisterin Ada Lindqvist sagte, im April gehe es los. Northmere zahlt die Hälfte, Brandt den Rest.",
    ),
    (
        "Brand in der Mine Kestrel",
        "Ein Feuer im Schacht hat die Kupfermine Kestrel bei Oldham Cross stillgelegt. Alle 84 Bergleute sind in \
         Sicherheit, sagte Tomas Reyes, der die Mine für Corvane Metals leitet. Der Rauch war bis Hallam zu sehen.",
    ),
    (
        "Zwei Pässe gesperrt",
        "Schnee hat über Nacht zwei Pässe im Gebirge unpassierbar gemacht. Lastwagen müssen warten, bis geräumt \
         ist. Auch die Schulen in den oberen Tälern bleiben heute zu.",
    ),
];

/// Files a German text.
async fn files(desk: &Desk, place: usize) -> i64 {
    let (title, text) = ERZÄHLT[place];
    let lease = desk.leased(&[&format!("http://blatt{place}.example/{place}")]).await.remove(0);
    let mut filed = article(&lease, title, &[text.to_owned()]);
    filed.article.language = Some("de".to_owned());
    id(&desk.file(&[desk.filing(&lease, Outcome::Article(Box::new(filed)))]).await[0])
}

async fn links(desk: &Desk) -> BTreeSet<(i64, i64)> {
    let rows: Vec<(i64, i64)> = sqlx::query_as("SELECT article_id, other_id FROM news.links")
        .fetch_all(&desk.pool)
        .await
        .unwrap();
    let links: BTreeSet<(i64, i64)> = rows.iter().copied().collect();
    assert_eq!(links.len(), rows.len(), "each link once in each direction");
    links
}

fn both(one: i64, other: i64) -> [(i64, i64); 2] {
    [(one, other), (other, one)]
}

/// The links that the change log tells of.
async fn told(desk: &Desk) -> BTreeSet<(i64, i64)> {
    let rows: Vec<(String, i64, i64)> = sqlx::query_as(
        "SELECT kind, article_id, other_id FROM news.changes(0)
         WHERE kind IN ('linked', 'unlinked') ORDER BY seq",
    )
    .fetch_all(&desk.pool)
    .await
    .unwrap();
    let mut links = BTreeSet::new();
    for (kind, one, other) in rows {
        let pairs = both(one, other);
        let is_news = match kind.as_str() {
            "linked" => pairs.into_iter().all(|pair| links.insert(pair)),
            _ => pairs.into_iter().all(|pair| links.remove(&pair)),
        };
        assert!(is_news, "{kind} {one} {other}: nothing new");
    }
    links
}

#[tokio::test]
async fn articles_of_two_languages_about_one_event_are_linked() {
    let desk = Desk::new().await;
    let english = file(&desk, &[0, 1, 4], "en").await;
    tell(&desk).await;
    assert_eq!(links(&desk).await, BTreeSet::new());
    let keys = "SELECT count(*) FROM wiresift.story_words WHERE language = 'mul'";
    assert_eq!(desk.count(keys).await, 0, "one language costs nothing more");
    let snow = files(&desk, 2).await;
    tell(&desk).await;
    assert_eq!(links(&desk).await, BTreeSet::new(), "{snow}: no names in common");
    let (wall, mine) = (files(&desk, 0).await, files(&desk, 1).await);
    tell(&desk).await;
    assert_eq!(links(&desk).await, BTreeSet::new(), "the English ones came before there were two");
    // They tell more of it.
    let more = file(&desk, &[2, 3], "en").await;
    tell(&desk).await;
    let expected: BTreeSet<_> =
        [both(more[0], wall), both(more[1], mine)].into_iter().flatten().collect();
    assert_eq!(links(&desk).await, expected);
    assert_eq!(told(&desk).await, expected);
    let languages = "SELECT count(*) FROM news.links l JOIN news.articles a ON a.id = l.article_id
                     WHERE a.language <> l.other_language AND l.likeness BETWEEN 0.075 AND 1";
    assert_eq!(desk.count(languages).await, 4);
    let url = "http://blatt0.example/0".parse().unwrap();
    let known = desk.store.explain(&url).await.unwrap().article.unwrap();
    assert_eq!(known.links.iter().map(|link| link.article).collect::<Vec<_>>(), [more[0]]);
    assert!(english.iter().all(|id| !expected.iter().any(|(one, _)| one == id)));
    desk.states().await;
}

#[tokio::test]
async fn a_link_follows_the_text() {
    let desk = Desk::new().await;
    let snow = files(&desk, 2).await;
    file(&desk, &[4], "en").await;
    tell(&desk).await;
    let wall = files(&desk, 0).await;
    tell(&desk).await;
    let english = file(&desk, &[0], "en").await[0];
    tell(&desk).await;
    assert_eq!(links(&desk).await, both(english, wall).into());
    // The German page says something else now.
    let lease = desk.leased(&["http://umweg.example/1"]).await.remove(0);
    let mut text = article(&lease, ERZÄHLT[1].0, &[ERZÄHLT[1].1.to_owned()]);
    text.article.language = Some("de".to_owned());
    text.fetched_url = Some("http://blatt0.example/0".parse().unwrap());
    desk.file(&[desk.filing(&lease, Outcome::Article(Box::new(text)))]).await;
    tell(&desk).await;
    assert_eq!(links(&desk).await, BTreeSet::new(), "{snow}");
    assert_eq!(told(&desk).await, BTreeSet::new());
    let mine = file(&desk, &[1], "en").await[0];
    tell(&desk).await;
    assert_eq!(links(&desk).await, both(mine, wall).into());
    // A copy has no links of its own.
    let copy = id(&desk.reads("http://mirror.example/1", TOLD[1].1, &[TOLD[1].2.to_owned()]).await);
    tell(&desk).await;
    assert_eq!(links(&desk).await, both(mine, wall).into(), "{copy}");
    assert_eq!(told(&desk).await, links(&desk).await);
}

/// A batch decides as its articles would one by one, whichever process assigns them.
#[tokio::test]
async fn a_batch_is_linked_like_its_articles_one_by_one() {
    let mut found = Vec::new();
    for at_once in [true, false] {
        let desk = Desk::new().await;
        files(&desk, 2).await;
        file(&desk, &[4], "en").await;
        tell(&desk).await;
        let mut ids = vec![files(&desk, 0).await];
        ids.extend(file(&desk, &[0, 1], "en").await);
        ids.push(files(&desk, 1).await);
        ids.extend(file(&desk, &[2, 3, 5], "en").await);
        if at_once {
            tell(&desk).await;
        } else {
            sqlx::query("DELETE FROM wiresift.story_queue").execute(&desk.pool).await.unwrap();
            let other = Store::new(desk.options.clone(), 2);
            ids.sort_unstable();
            for (place, id) in ids.into_iter().enumerate() {
                sqlx::query("INSERT INTO wiresift.story_queue (article_id) VALUES ($1)")
                    .bind(id)
                    .execute(&desk.pool)
                    .await
                    .unwrap();
                let store = if place % 2 == 0 { &desk.store } else { &other };
                let assigned = store.assign_stories(desk.now(), WINDOW).await.unwrap();
                assert_eq!(assigned, Assigned::Articles(1));
            }
        }
        assert_eq!(told(&desk).await, links(&desk).await);
        // The sums have the words in another order.
        let likeness: Vec<(i64, i64, i64)> = sqlx::query_as(
            "SELECT article_id, other_id, (likeness * 10000)::bigint FROM news.links
             ORDER BY article_id, other_id",
        )
        .fetch_all(&desk.pool)
        .await
        .unwrap();
        assert!(likeness.len() >= 4, "{likeness:?}");
        found.push(likeness);
    }
    assert_eq!(found[0], found[1]);
}
