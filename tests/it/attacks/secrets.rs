//! User names and passwords in addresses are refused in lists, and cut from all that feeds, pages and servers say.

use std::process::Command;

use tracing_subscriber::fmt::MakeWriter;

use wiresift::http::{Accept, Accesses, Conditional, HttpClient, HttpSettings, Request};

use crate::harness::newsroom::{Newsroom, page, prose};
use crate::harness::steps::memory;
use crate::harness::stub::{Reply, Stub};

const SECRET: &str = "hunter2";

/// What was logged on this thread.
#[derive(Clone, Default)]
struct Log(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// The tables with a row that has the secret in any column.
async fn tables_with_secret(room: &Newsroom) -> Vec<String> {
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = 'wiresift'",
    )
    .fetch_all(&room.pool)
    .await
    .unwrap();
    let mut found = Vec::new();
    for table in tables {
        let query = format!("SELECT count(*) FROM {table} AS t WHERE t::text LIKE '%{SECRET}%'");
        let count: i64 =
            sqlx::query_scalar(sqlx::AssertSqlSafe(query)).fetch_one(&room.pool).await.unwrap();
        if count > 0 {
            found.push(table);
        }
    }
    found
}

#[tokio::test]
async fn links_lose_their_users() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let room = Newsroom::new().await;
    let with_user = |path: &str| room.stub.url(path).replace("://", "://me:hunter2@");
    let feed = format!(
        "<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\"
              xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel><title>Desk</title>
         <link>{home}</link><atom:link rel=\"hub\" href=\"{hub}\"/><atom:link rel=\"self\" href=\"{own}\"/>
         <item><guid>{one}</guid><link>{one}</link><title>Harbour</title>
           <content:encoded>&lt;p&gt;&lt;a href=\"{other}\"&gt;more&lt;/a&gt;&lt;/p&gt;</content:encoded></item>
         <item><guid>{two}</guid><title>Snow</title></item>
         <item><link>{moved}</link><title>Moved</title></item></channel></rss>",
        home = with_user("/"),
        hub = with_user("/hub"),
        own = with_user("/feed.xml"),
        one = with_user("/1"),
        two = with_user("/2"),
        other = with_user("/other"),
        moved = with_user("/go"),
    );
    room.stub.serves("/feed.xml", Reply::ok(feed));
    room.stub.serves("/go", Reply::redirect(302, &with_user("/3")));
    for (path, seed) in [("/1", 1), ("/2", 2), ("/3", 3)] {
        let mut text = prose(seed);
        text.push(format!(
            "<a href=\"{}\">The report</a> has all of it, said the board.",
            with_user("/r")
        ));
        let head = format!(
            "<head><link rel=canonical href=\"{}\"><meta property=og:image content=\"{}\">",
            with_user(path),
            with_user("/i.png"),
        );
        let page = page(["Moved", "Harbour", "Snow", "Moved"][seed as usize], &text)
            .replace("<head>", &head);
        room.stub.serves(path, Reply::ok(page).header("Content-Type", "text/html"));
    }
    let robots = format!("Sitemap: {}\nUser-agent: *\nAllow: /", with_user("/news-sitemap.xml"));
    room.stub.serves("/robots.txt", Reply::ok(robots));
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    room.run_until_idle().await;
    assert_eq!(room.count("SELECT count(*) FROM news.all_articles").await, 3);
    // A redirect is followed without the user that it names.
    let followed = room.stub.requests_to("/3");
    assert_eq!((followed.len(), followed[0].header("authorization")), (1, None));
    let said = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    let lines: Vec<&str> = said.lines().filter(|line| line.contains(SECRET)).collect();
    assert_eq!(lines, Vec::<&str>::new());
    assert_eq!(tables_with_secret(&room).await, Vec::<String>::new());
    assert!(room.stub.requests().iter().all(|seen| seen.header("authorization").is_none()));
}

/// What `wiresift` prints, if the feed list has this name and this text.
fn said(name: &str, text: &str, settings: &str, arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), text).unwrap();
    let config = folder.path().join("wiresift.toml");
    std::fs::write(&config, format!("[feeds]\nfiles = [\"{name}\"]\n{settings}")).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_wiresift"))
        .args(arguments)
        .env("WIRESIFT_CONFIG", &config)
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(!output.status.success() && !said.contains(SECRET), "{name}: {said}");
    said
}

#[test]
fn a_list_with_a_password_is_refused_with_its_line_and_without_the_password() {
    let url = "http://me:hunter2@paper.example/feed";
    let opml = format!("<opml version=\"2.0\"><body>\n<outline xmlUrl=\"{url}\"/></body></opml>");
    let host = "[[access]]\nhost = \"me:hunter2@paper.example\"\nuser_agent = \"x\"\n";
    for (name, text, line) in [
        ("feeds.toml", format!("# mine\n[[feed]]\nurl = \"{url}\"\n"), 3),
        ("feeds.opml", opml, 2),
        ("feeds.txt", format!("# mine\n{url} Paper\n"), 2),
        ("plain.txt", "me:hunter2@paper.example/feed".to_owned(), 1),
        ("access.toml", format!("[[access]]\nurl = \"{url}\"\nuser_agent = \"x\"\n"), 2),
        ("ftp.toml", "[[access]]\nurl = \"ftp://me:hunter2@a.example\"\n".into(), 2),
        ("host.toml", host.to_owned(), 2),
    ] {
        let said = said(name, &text, "", &["check-config"]);
        assert!(said.contains(&format!("{name}:{line}: ")), "{said}");
        if name.starts_with("feeds") {
            assert!(said.contains("[[access]]"), "{said}");
        }
    }
    for command in
        [["feeds", "import", "feeds.opml"], ["feeds", "check", url], ["feeds", "find", url]]
    {
        let empty =
            "<opml><body><outline xmlUrl=\"http://me:hunter2@paper.example/\"/></body></opml>";
        assert!(said("feeds.opml", empty, "", &command).contains("[[access]]"));
    }
    for settings in [
        "[http]\nproxy = \"http://me:hunter2@127.0.0.1:3128\"\n",
        "[websub]\nlisten = \"127.0.0.1:1\"\ncallback = \"https://me:hunter2@a.example/\"\n",
    ] {
        said("feeds.txt", "", settings, &["check-config"]);
    }
}

#[tokio::test]
async fn the_credentials_of_a_host_go_to_its_port_only() {
    let (stub, other) = (Stub::start().await, Stub::start().await);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("cookie"), "session=hunter2").unwrap();
    std::fs::write(folder.path().join("password"), SECRET).unwrap();
    let list = folder.path().join("feeds.toml").display().to_string();
    let text = format!(
        "[[access]]\nhost = \"paper.localhost:{}\"\ncookie_file = \"cookie\"\n\
         username = \"me\"\npassword_file = \"password\"\nplain_http = true\n",
        stub.port()
    );
    let specs = wiresift::feed_list::parse_access(&list, &text).unwrap();
    let accesses = Accesses::load(&specs, None).unwrap();
    let settings = HttpSettings {
        allow_networks: vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()],
        ..HttpSettings::default()
    };
    let client = HttpClient::new(&settings).unwrap();
    client.set_accesses(accesses).unwrap();
    for site in [stub.site("paper"), other.site("paper"), stub.site("news")] {
        site.serves("/", Reply::ok("x").header("Content-Type", "text/html"));
        let url = url::Url::parse(&site.url("/")).unwrap();
        let request = Request {
            url: &url,
            conditional: Conditional::default(),
            accept: Accept::Page,
            cookies: None,
            memory: &memory(),
        };
        client.get(&request).await.unwrap();
    }
    let has_secret = |stub: &Stub| -> Vec<bool> {
        let seen = stub.requests();
        seen.iter()
            .map(|seen| seen.header("authorization").is_some() || seen.header("cookie").is_some())
            .collect()
    };
    assert_eq!(has_secret(&stub), [true, false]);
    assert_eq!(has_secret(&other), [false]);
}
