//! One site cannot speak for another: text, address and host of an article come from its own site,
//! in whatever order pages and feeds are read.

use std::fmt::Write as _;
use std::time::Duration;

use url::Url;

use crate::harness::newsroom::{Newsroom, page, prose};
use crate::harness::stub::Reply;

/// A sentence that only pages and feeds of the other site have.
const MARK: &str = "The raid on the town hall began before dawn, the other desk wrote by itself.";
/// The path of the true page.
const STORY: &str = "/news/story";

/// What happens, in any order in which nothing is revised before it was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    /// The feed of the paper shows its page.
    True,
    /// The other site copies the text, and names the true page canonical.
    Copied,
    /// The copy gets another text.
    Revised,
    /// An address of the other site redirects to the true page.
    Redirected,
    /// The same address has a page of its own.
    Served,
}

use Event::{Copied, Redirected, Revised, Served, True};

/// All orders of these events after some others.
fn orders_after(before: &[Event]) -> Vec<Vec<Event>> {
    let is_possible = |event: Event| match event {
        Revised => before.contains(&Copied),
        Served => before.contains(&Redirected),
        _ => true,
    };
    let all = [True, Copied, Revised, Redirected, Served];
    let next: Vec<Event> =
        all.into_iter().filter(|event| !before.contains(event) && is_possible(*event)).collect();
    if next.is_empty() {
        return vec![before.to_vec()];
    }
    next.into_iter().flat_map(|event| orders_after(&[before, &[event]].concat())).collect()
}

/// A paper, another site that attacks it, and the order in which that happens.
struct Pair {
    number: u32,
    order: Vec<Event>,
    items: Vec<(&'static str, String)>,
}

impl Pair {
    fn paper(&self) -> String {
        format!("news.paper{}.co", self.number)
    }

    fn evil(&self) -> String {
        format!("evil{}.co", self.number)
    }

    fn text(&self) -> Vec<String> {
        prose(10 + self.number)
    }

    fn copy(&self, revised: bool) -> String {
        let mut text = if revised { prose(500 + self.number) } else { self.text() };
        text.push(MARK.to_owned());
        page("Harbour wall", &text)
    }

    /// Lets an event happen on the web.
    fn play(&mut self, room: &Newsroom, event: Event) {
        let (paper, evil) = (room.stub.site(&self.paper()), room.stub.site(&self.evil()));
        let story = paper.url(STORY);
        let canonical = |page: String| {
            page.replace("<head>", &format!("<head><link rel=canonical href={story}>"))
        };
        match event {
            True => {
                paper.serves("/feed", Reply::ok(rss(&[(&story, "Harbour wall", None)])));
                return;
            }
            Copied => evil.serves("/copy", html(canonical(self.copy(false)))),
            Revised => evil.serves("/copy", html(canonical(self.copy(true)))),
            Redirected => evil.serves("/go", Reply::redirect(302, &story)),
            Served => evil.serves("/go", html(self.copy(false))),
        }
        let path = if matches!(event, Copied | Revised) { "/copy" } else { "/go" };
        self.items.retain(|(known, _)| *known != path);
        self.items.push((path, format!("Harbour wall {event:?}")));
        let links: Vec<(String, &str)> =
            self.items.iter().map(|(path, title)| (evil.url(path), title.as_str())).collect();
        let items: Vec<_> =
            links.iter().map(|(link, title)| (link.as_str(), *title, None)).collect();
        evil.serves("/feed", Reply::ok(rss(&items)));
    }
}

fn html(page: String) -> Reply {
    Reply::ok(page).header("Content-Type", "text/html")
}

/// A feed of (link, title, full text).
fn rss(items: &[(&str, &str, Option<&str>)]) -> String {
    let mut text = String::from(
        "<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\">\
         <channel><title>Desk</title>",
    );
    for (link, title, full) in items {
        write!(text, "<item><guid>{link}</guid><link>{link}</link><title>{title}</title>").unwrap();
        if let Some(full) = full {
            write!(text, "<content:encoded><![CDATA[{full}]]></content:encoded>").unwrap();
        }
        text.push_str("</item>");
    }
    text + "</channel></rss>"
}

/// Host, address and text of all articles.
async fn articles(room: &Newsroom) -> Vec<(String, String, String)> {
    sqlx::query_as("SELECT host, url, body FROM news.all_articles ORDER BY id")
        .fetch_all(&room.pool)
        .await
        .unwrap()
}

/// Checks that articles and revisions of the papers have only their own texts and addresses.
async fn check(room: &Newsroom) {
    for (host, url, body) in articles(room).await {
        let at = Url::parse(&url).unwrap();
        assert_eq!(format!("{}:{}", at.host_str().unwrap(), at.port().unwrap()), host, "{url}");
        assert_eq!(host.starts_with("evil"), body.contains(MARK), "{host} {url} {body}");
    }
    let taken = "SELECT count(*) FROM news.revisions r JOIN news.all_articles a ON a.id = r.article_id \
                 WHERE a.host LIKE 'news.paper%' AND (r.body LIKE '%raid%' OR r.revision > 1)";
    assert_eq!(room.count(taken).await, 0);
}

#[tokio::test]
async fn no_order_of_readings_gives_a_page_to_another_site() {
    let room = Newsroom::new().await;
    let pairs = orders_after(&[]).into_iter().zip(0..);
    let mut pairs: Vec<Pair> =
        pairs.map(|(order, number)| Pair { number, order, items: Vec::new() }).collect();
    let mut feeds = Vec::new();
    for pair in &pairs {
        let (paper, evil) = (room.stub.site(&pair.paper()), room.stub.site(&pair.evil()));
        paper.serves(STORY, html(page("Harbour wall", &pair.text())));
        for site in [paper, evil] {
            site.serves("/feed", Reply::ok(rss(&[])));
            feeds.push(site.url("/feed"));
        }
    }
    room.lists(&feeds.iter().map(String::as_str).collect::<Vec<_>>()).await;
    for step in 0..5 {
        for pair in &mut pairs {
            let event = pair.order[step];
            pair.play(&room, event);
        }
        room.clock.advance(Duration::from_hours(72));
        room.run_until_idle().await;
        check(&room).await;
    }
    // Each true page was filed as itself.
    let filed = articles(&room).await;
    for pair in &pairs {
        let story = room.stub.site(&pair.paper()).url(STORY);
        assert_eq!(filed.iter().filter(|(_, url, _)| *url == story).count(), 1, "{:?}", pair.order);
    }
    room.reconciled().await;
}

/// A text of a feed that is long enough to be filed in place of that of a page.
fn full(seed: u32) -> String {
    let mut text = prose(seed);
    text.extend(prose(seed + 1));
    text.push(MARK.to_owned());
    text.iter().map(|paragraph| format!("<p>{paragraph}</p>")).collect()
}

#[tokio::test]
async fn the_text_of_a_feed_is_that_of_its_own_site() {
    let room = Newsroom::new().await;
    let (paper, evil) = (room.stub.site("news.paper.co"), room.stub.site("evil.co"));
    let stub = page("Harbour wall", &["Only subscribers may read on about the wall.".repeat(4)]);
    let naming =
        format!("<head><link rel=alternate type=application/rss+xml href={}>", evil.url("/feed"));
    paper.serves("/robots.txt", Reply::ok("User-agent: *\nDisallow: /closed"));
    paper.serves("/stub", html(stub.clone()));
    paper.serves("/names-feed", html(stub.replace("<head>", &naming)));
    let (closed, short, names) =
        (paper.url("/closed"), paper.url("/stub"), paper.url("/names-feed"));
    let (one, two, three) = (full(1), full(3), full(5));
    let items = [
        (closed.as_str(), "Closed", Some(one.as_str())),
        (short.as_str(), "Harbour wall", Some(two.as_str())),
        (names.as_str(), "Harbour wall named", Some(three.as_str())),
    ];
    evil.serves("/feed", Reply::ok(rss(&items)));
    room.lists(&[&evil.url("/feed")]).await;
    room.run_until_idle().await;
    let filed = articles(&room).await;
    let of = |url: &str| filed.iter().find(|(_, at, _)| at == url);
    assert_eq!(of(&closed), None);
    let (host, ..) = filed.iter().find(|(_, url, _)| url.contains("/feed#")).unwrap();
    assert!(host.starts_with("evil.co.localhost:"), "{host}");
    assert!(of(&short).is_none_or(|(.., body)| !body.contains(MARK)), "{filed:?}");
    // The page itself says that this is its feed.
    assert!(of(&names).is_some_and(|(.., body)| body.contains(MARK)), "{filed:?}");

    // The paper's own feed may say what its closed page says, and the page is the paper's.
    let own = full(7).replace(MARK, "");
    paper.serves("/feed", Reply::ok(rss(&[(&closed, "Closed", Some(&own))])));
    room.lists(&[&evil.url("/feed"), &paper.url("/feed")]).await;
    room.run_until_idle().await;
    let filed = articles(&room).await;
    let (host, _, body) = filed.iter().find(|(_, url, _)| *url == closed).unwrap();
    assert!(host.starts_with("news.paper.co.localhost:") && !body.contains(MARK), "{host} {body}");
}

#[tokio::test]
async fn a_feed_does_not_move_an_article_of_another_site() {
    let room = Newsroom::new().await;
    let (paper, evil) = (room.stub.site("news.paper.co"), room.stub.site("evil.co"));
    let (one, mut two) = (prose(1), prose(1));
    two.extend(prose(2));
    paper.serves("/1", html(page("Harbour wall", &one)));
    paper.serves("/2", html(page("Harbour wall, the second day", &two)));
    let feed = |link: &str, title: &str| {
        Reply::ok(format!(
            "<rss version=\"2.0\"><channel><title>Desk</title><item><guid isPermaLink=\"false\">1</guid>\
             <link>{link}</link><title>{title}</title></item></channel></rss>"
        ))
    };
    evil.serves("/feed", feed(&paper.url("/1"), "Harbour wall"));
    room.lists(&[&evil.url("/feed")]).await;
    room.run_until_idle().await;
    for (path, hours) in [("/2", 72), ("/gone", 72), ("/gone", 72), ("/gone", 72), ("/gone", 72)] {
        evil.serves("/feed", feed(&paper.url(path), &format!("Harbour wall {path}")));
        room.clock.advance(Duration::from_hours(hours));
        room.run_until_idle().await;
    }
    let claimed = "SELECT count(*) FROM wiresift.article_keys WHERE claimed";
    assert_eq!(room.count(claimed).await, 0);
    let changed = "SELECT count(*) FROM news.revisions WHERE revision > 1";
    assert_eq!(room.count(changed).await, 0);
    let filed = articles(&room).await;
    let urls: Vec<&str> = filed.iter().map(|(_, url, _)| url.as_str()).collect();
    assert_eq!(urls, [paper.url("/1"), paper.url("/2")]);
}
