//! Every command as somebody types it: what it says, where it says it, and how it ends.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use tempfile::TempDir;

use crate::harness::newsroom::{Newsroom, page, prose, rss};
use crate::harness::stub::{Reply, Stub};

/// A directory with a configuration and what it needs.
pub(crate) struct Desk {
    dir: TempDir,
    database: Option<String>,
}

/// What a command said, and how it ended.
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Desk {
    fn new(config: &str) -> Self {
        let desk = Self { dir: TempDir::with_prefix("wiresift-cli-").unwrap(), database: None };
        desk.write("wiresift.toml", config);
        desk
    }

    /// With a database that a newsroom has filled.
    pub(crate) fn at(room: &Newsroom) -> Self {
        Self { database: Some(room.url.clone()), ..Self::new("") }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        fs::write(self.path(name), text).unwrap();
        self.path(name).display().to_string()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wiresift"));
        for name in ["DATABASE_URL", "WIRESIFT_LOG", "RUST_LOG"] {
            command.env_remove(name);
        }
        command.env("WIRESIFT_CONFIG", self.path("wiresift.toml")).current_dir(self.dir.path());
        command.envs(self.database.iter().map(|url| ("DATABASE_URL", url)));
        command.args(arguments);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        Said::from(self.command(arguments).stdin(Stdio::null()).output().unwrap())
    }

    /// Runs a command that has to end well and say nothing on standard error.
    pub(crate) fn says(&self, arguments: &[&str]) -> String {
        let said = self.run(arguments);
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{arguments:?}: {}", said.out);
        said.out
    }

    fn run_with_input(&self, arguments: &[&str], input: &str) -> Said {
        let mut command = self.command(arguments);
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut running = command.spawn().unwrap();
        running.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Said::from(running.wait_with_output().unwrap())
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

fn objects(lines: &str) -> Vec<Value> {
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Two entries of one feed, read and filed.
async fn filled() -> Newsroom {
    let room = Newsroom::new().await;
    room.serves_feed(&[("/a", "The harbour opens"), ("/b", "A school moves")]);
    room.serves_page("/a", "The harbour opens", &prose(1));
    room.serves_page("/b", "A school moves", &prose(2));
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    room.run_until_idle().await;
    room
}

#[test]
fn every_command_explains_itself() {
    let desk = Desk::new("");
    let overview = desk.says(&["--help"]);
    let listed: Vec<&str> = overview
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(listed.contains(&"run") && listed.contains(&"demo") && listed.len() > 10, "{listed:?}");
    for name in listed.into_iter().filter(|name| *name != "help") {
        let help = desk.says(&[name, "--help"]);
        assert!(help.contains(&format!("Usage: wiresift {name}")), "{help}");
    }
    assert!(desk.says(&["feeds", "check", "--help"]).contains("Usage: wiresift feeds check"));
    assert!(desk.says(&["--version"]).starts_with("wiresift 0."));
    let said = desk.run(&["publish"]);
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("unrecognized subcommand 'publish'"), "{}", said.err);
}

#[test]
fn a_wrong_setting_is_refused_with_its_place_and_what_to_write() {
    for (text, place, remedy) in [
        ("[site]\nspaceing = \"1s\"\n", "wiresift.toml:2: unknown field `spaceing`", "`spacing`"),
        ("\n\n[poll]\nevery = \"soon\"\n", "wiresift.toml:4: ", "\"15m\""),
        ("[console]\nlisten = 8420\n", "wiresift.toml:2: ", "string"),
        ("[console]\nlisten = \"localhost\"\n", "wiresift.toml:2: ", "127.0.0.1:8420"),
        ("[poll]\nmin_every = \"1h\"\n", "wiresift.toml: poll.every (15m)", "poll.min_every (1h)"),
        ("[database]\nurl = \"mysql://x/y\"\n", "wiresift.toml: database.url", "postgres://"),
        ("[log]\nlevel = \"loud\"\n", "log.level", "info"),
        (
            "[feeds]\nfiles = [\"none.toml\"]\n",
            "none.toml, which cannot be read",
            "write that list",
        ),
    ] {
        let desk = Desk::new(text);
        let said = desk.run(&["check-config"]);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{text}: {}", said.err);
        assert!(said.err.starts_with("wiresift: ") && said.err.contains(place), "{}", said.err);
        assert!(said.err.contains(remedy), "{}", said.err);
        assert_eq!(said.err.lines().count(), 1, "{}", said.err);
    }
}

#[test]
fn a_missing_configuration_file_is_named_once() {
    let desk = Desk::new("");
    let said = desk.run(&["--config", "nowhere.toml", "status"]);
    let expected =
        "wiresift: nowhere.toml: cannot be read: No such file or directory (os error 2)\n";
    assert_eq!((said.code, said.err.as_str()), (Some(2), expected));
}

#[test]
fn a_wrong_feed_list_is_refused_with_its_place() {
    let desk = Desk::new("");
    let list =
        "[[feed]]\nurl = \"https://example.org/feed\"\n\n[[feed]]\nurl = \"example.org/other\"\n";
    desk.write("feeds.toml", list);
    let said = desk.run(&["check-config"]);
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(said.err.contains("feeds.toml:5: "), "{}", said.err);
    assert!(said.err.contains("https://example.org/other"), "{}", said.err);
}

#[test]
fn a_wrong_site_rule_is_refused_with_its_place() {
    let state = tempfile::tempdir().unwrap();
    let desk = Desk::new(&format!("[storage]\ndir = \"{}\"\n", state.path().display()));
    desk.write("feeds.toml", "[[site]]\nhost = \"example.org\"\nbody = \"article >\"\n");
    for command in [["check-config"].as_slice(), &["extract", "-"], &["run", "--once"]] {
        let said = desk.run(command);
        assert_eq!(said.code, Some(2), "{command:?}: {}", said.err);
        assert!(said.err.contains("feeds.toml:3: `article >` is no CSS selector"), "{}", said.err);
    }
    desk.write("feeds.toml", "[[site]]\nhost = \"example.org\"\nbody = \"article\"\n");
    assert!(desk.says(&["check-config"]).contains("1 site rule"));
}

#[test]
fn the_shipped_configuration_is_well() {
    let desk = Desk::new("");
    let list = desk.write("own.toml", "[[feed]]\nurl = \"https://example.org/feed\"\n");
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/wiresift.toml");
    let mut command = desk.command(&["check-config", "--config"]);
    let said =
        Said::from(command.arg(&shipped).env("WIRESIFT__FEEDS__FILES", list).output().unwrap());
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    assert!(said.out.contains("wiresift.toml: ok\n1 feed in 1 list\n"), "{}", said.out);
}

#[test]
fn a_feed_list_goes_in_and_comes_out_the_same() {
    let desk = Desk::new("");
    desk.write(
        "feeds.toml",
        "[[feed]]\nurl = \"https://example.org/feed\"\nname = \"Example & Sons\"\ntags = [\"local\", \"trade\"]\nevery = \"30m\"\n",
    );
    let opml = desk.write(
        "reader.opml",
        r#"<?xml version="1.0"?><opml version="2.0"><head/><body><outline text="Coast">
           <outline type="rss" text="Harbour" xmlUrl="https://harbour.example/rss"/></outline></body></opml>"#,
    );
    let said = desk.says(&["feeds", "import", &opml]);
    assert!(said.contains("wrote 1 feed to") && said.contains("feeds.d/reader.toml"), "{said}");
    let revisit = desk.run(&["feeds", "import", &opml]);
    assert_eq!(revisit.code, Some(1));
    assert!(revisit.err.contains("exists; --force replaces it"), "{}", revisit.err);
    desk.says(&["feeds", "import", "--force", &opml]);
    assert!(desk.says(&["check-config"]).contains("2 feeds in 2 lists"));

    let toml = desk.says(&["feeds", "export", "--format", "toml"]);
    assert!(toml.contains("https://harbour.example/rss") && toml.contains("\"Coast\""), "{toml}");
    let elsewhere = Desk::new("");
    elsewhere.write("feeds.toml", &toml);
    assert_eq!(elsewhere.says(&["feeds", "export", "--format", "toml"]), toml);
    // OPML has no room for `every`; all else survives the way there and back.
    let opml = elsewhere.write("all.opml", desk.says(&["feeds", "export"]));
    elsewhere.write("feeds.toml", "");
    elsewhere.says(&["feeds", "import", &opml]);
    let back = elsewhere.says(&["feeds", "export", "--format", "toml"]);
    for part in
        ["https://example.org/feed", "Example & Sons", "\"local\"", "\"trade\"", "\"Coast\""]
    {
        assert!(back.contains(part), "{part}: {back}");
    }
}

#[test]
fn an_import_names_what_it_leaves_out() {
    let desk = Desk::new("");
    desk.write("feeds.toml", "");
    let list = desk.write(
        "reader.opml",
        r#"<opml><body><outline text="A" xmlUrl="https://a.example/f?x=1&amp;amp;y=2" htmlUrl="https://a.example/"/>
           <outline text="Local" xmlUrl="reader_local:content://x"/>
           <outline text="Page" type="link" url="https://l.example/"/></body></opml>"#,
    );
    let said = desk.run(&["feeds", "import", &list]);
    assert_eq!(said.code, Some(1));
    for part in [
        "wrote 1 feed to",
        "left out 2 lines:",
        "reader_local",
        "Page: it is a page",
        "htmlUrl of 1 feed",
    ] {
        assert!(said.out.contains(part), "{part}: {}", said.out);
    }
    let none = desk.write("none.opml", "<opml><body><outline text=\"Folder\"/></body></opml>");
    let cut = desk.write("cut.opml", "<opml><body><outline xmlUrl=\"https://a.example/f\"/>");
    let (none, cut) = (desk.run(&["feeds", "import", &none]), desk.run(&["feeds", "import", &cut]));
    assert!(none.code == Some(1) && none.err.contains("names no feed"), "{}", none.err);
    assert!(cut.code != Some(0) && cut.err.contains("breaks off"), "{}", cut.err);
    let unread = Desk::new("[feeds]\nfiles = [\"feeds.toml\"]\n");
    unread.write("feeds.toml", "");
    let list = unread.write("a.txt", "https://a.example/f\n");
    assert!(unread.says(&["feeds", "import", &list]).contains("does not read that list"));
}

#[tokio::test]
async fn a_feed_is_checked_before_it_is_listed() {
    let stub = Stub::start().await;
    let feed = rss(&stub.url(""), &[("/a", "The harbour opens")]);
    stub.serves("/feed.xml", Reply::ok(feed).header("ETag", "\"1\""));
    stub.serves("/old.xml", Reply::redirect(301, &stub.url("/feed.xml")));
    stub.serves("/page", Reply::ok("<!doctype html><html><body><p>Hello</p></body></html>"));
    let desk = Desk::new("[http]\nallow_networks = [\"127.0.0.0/8\"]\n");
    let base = stub.url("");
    let url = move |path: &str| format!("{base}{path}");
    let (said, not_a_feed, refused, guarded) = tokio::task::spawn_blocking(move || {
        let guarded = Desk::new("").run(&["feeds", "check", &url("/feed.xml")]);
        let check = |path: &str| desk.run(&["feeds", "check", &url(path)]);
        (check("/old.xml"), check("/page"), check("/none"), guarded)
    })
    .await
    .unwrap();
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{}", said.out);
    for part in [
        "redirected from",
        "validators  ETag\n",
        "entries     1\n",
        "The harbour opens",
        "(link)",
        "its page will be fetched",
        "in all      1 to fetch, 0 read from the feed, 0 skipped\n",
        "interval    15m\n",
    ] {
        assert!(said.out.contains(part), "{part}: {}", said.out);
    }
    assert_eq!(not_a_feed.code, Some(1));
    assert!(not_a_feed.out.contains("not a feed: it looks like a web page"), "{}", not_a_feed.out);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.out.contains("answered 404") && refused.out.contains("missing"),
        "{}",
        refused.out
    );
    assert_eq!(guarded.code, Some(1));
    assert!(guarded.err.contains("not on the public internet"), "{}", guarded.err);
    assert_eq!(guarded.err.matches("127.0.0.1").count(), 1, "{}", guarded.err);
}

#[tokio::test]
async fn the_feeds_of_a_page_are_found_and_tried() {
    let stub = Stub::start().await;
    let feed = |name: &str| Reply::ok(rss(&stub.url(""), &[(name, "The harbour opens")]));
    stub.serves("/news.xml", feed("/a"));
    stub.serves("/feed", feed("/b"));
    let head = "<!doctype html><link rel=alternate type=application/rss+xml";
    stub.serves(
        "/paper",
        Reply::ok(format!("{head} href=gone.xml>{head} title=News href=news.xml><p>Hello")),
    );
    stub.serves("/silent", Reply::ok("<!doctype html><p>Hello, reader"));
    let desk = Desk::new("[http]\nallow_networks = [\"127.0.0.0/8\"]\n");
    let base = stub.url("");
    let url = move |path: &str| format!("{base}{path}");
    let (stated, usual, itself) = tokio::task::spawn_blocking(move || {
        let find = |path: &str| desk.says(&["feeds", "find", &url(path)]);
        (find("/paper"), find("/silent"), find("/news.xml"))
    })
    .await
    .unwrap();
    assert!(stated.starts_with("# 1 entry"), "{stated}");
    assert!(
        stated.contains(&format!("[[feed]]\nurl = \"{}\"\nname = ", stub.url("/news.xml"))),
        "{stated}"
    );
    assert!(!stated.contains("gone.xml") && !stated.contains("/feed\""), "{stated}");
    assert!(usual.contains(&format!("url = \"{}\"", stub.url("/feed"))), "{usual}");
    assert!(itself.starts_with("# This is a feed itself.\n"), "{itself}");
}

#[tokio::test]
async fn the_state_of_affairs_fits_on_one_screen() {
    let room = filled().await;
    let desk = Desk::at(&room);
    let screen = desk.says(&["status"]);
    for part in ["Feeds     1 (1 active)", "Articles  2 and 0 copies", "2  filed  new-from-page"] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
    assert!(screen.lines().count() < 24 && screen.lines().all(|line| line.len() < 100), "{screen}");
    let status = objects(&desk.says(&["status", "--json"])).remove(0);
    assert_eq!((status["articles"].as_i64(), status["head"].as_i64()), (Some(2), Some(2)));
    let list = desk.says(&["feeds", "list"]);
    assert!(list.contains("\nactive     200        2  http://127.0.0.1:"), "{list}");
}

#[tokio::test]
async fn a_feed_is_returned_to_its_listed_address() {
    let room = filled().await;
    let (desk, url) = (Desk::at(&room), room.stub.url("/feed.xml"));
    let returned = |url: &str| desk.run(&["feeds", "return", url]);
    let unknown = returned("https://example.org/never.xml");
    assert_eq!(unknown.code, Some(1));
    assert!(
        unknown.err.contains("no feed is listed at https://example.org/never.xml"),
        "{}",
        unknown.err
    );
    let unmoved = returned(&url);
    assert_eq!(unmoved.code, Some(1));
    assert!(unmoved.err.contains("has not moved"), "{}", unmoved.err);
    sqlx::query("UPDATE wiresift.feeds SET moved_to = 'https://new.example/feed', fetch_url = 'https://new.example/feed'")
        .execute(&room.pool)
        .await
        .unwrap();
    let said = desk.says(&["feeds", "return", &url]);
    assert_eq!(
        said,
        format!(
            "{url} is polled again from now on; it is not followed to https://new.example/feed again\n"
        )
    );
    assert_eq!(
        room.count(
            "SELECT count(*) FROM wiresift.feeds WHERE moved_to IS NULL AND fetch_url = url"
        )
        .await,
        1
    );
}

#[tokio::test]
async fn an_address_is_explained_in_any_of_its_forms() {
    let room = filled().await;
    let desk = Desk::at(&room);
    let said = desk.says(&["explain", &room.stub.url("/a?utm_source=feed")]);
    for part in [
        "state   filed: new-from-page",
        "The harbour opens",
        "revision 1  first",
        "Popular Articles",
        "Removed",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let known = objects(&desk.says(&["explain", "--json", &room.stub.url("/a")])).remove(0);
    assert_eq!(known["article"]["title"], "The harbour opens");
    let unknown = desk.run(&["explain", "https://example.org/never"]);
    assert_eq!(unknown.code, Some(1));
    assert!(unknown.out.contains("no feed has shown it"), "{}", unknown.out);
    let nonsense = desk.run(&["explain", "never"]);
    assert_eq!(nonsense.code, Some(2));
    assert!(nonsense.err.contains("write the whole address"), "{}", nonsense.err);
}

#[tokio::test]
async fn articles_are_exported_as_far_back_as_asked() {
    let room = filled().await;
    let desk = Desk::at(&room);
    let all = objects(&desk.says(&["export", "--format", "jsonl"]));
    assert_eq!(all.len(), 2);
    let harbour = all.iter().find(|line| line["title"] == "The harbour opens").unwrap();
    assert_eq!(harbour["body"], prose(1).join("\n\n"));
    assert_eq!(harbour.get("copy_of"), None);
    assert!(objects(&desk.says(&["export", "--copies"]))[0].get("copy_of").is_some());
    // The newsroom's clock shows a day of its own.
    assert_eq!(objects(&desk.says(&["export", "--since", "2026-11-02"])).len(), 2);
    assert_eq!(objects(&desk.says(&["export", "--since", "2026-11-02T11:59:00Z"])).len(), 2);
    assert_eq!(desk.says(&["export", "--since", "2026-11-03"]), "");
    assert_eq!(objects(&desk.says(&["export", "--since", "10000days"])).len(), 2);
    let wrong = desk.run(&["export", "--since", "yesterday"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.err.contains("write a day (2026-11-01)"), "{}", wrong.err);
}

#[tokio::test]
async fn a_reader_that_has_had_enough_is_no_failure() {
    let room = filled().await;
    let desk = Desk::at(&room);
    for arguments in
        [&["export"][..], &["status"], &["feeds", "list"], &["completions", "bash"], &["man"]]
    {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = desk.command(arguments).stdout(writer).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), said.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[tokio::test]
async fn psql_gets_its_arguments_and_gives_its_exit_code() {
    let room = filled().await;
    let desk = Desk::at(&room);
    let count = desk.says(&["psql", "-At", "-c", "SELECT count(*) FROM news.articles"]);
    assert_eq!(count, "2\n");
    let wrong = desk.run(&["psql", "-v", "ON_ERROR_STOP=1", "-c", "SELECT * FROM news.nothing"]);
    assert_ne!(wrong.code, Some(0));
    assert!(wrong.err.contains("news.nothing"), "{}", wrong.err);
}

#[tokio::test]
async fn migrating_twice_is_migrating_once() {
    let room = Newsroom::new().await;
    let desk = Desk::at(&room);
    assert_eq!(desk.says(&["migrate"]), "the schema is up to date\n");
    assert_eq!(desk.says(&["migrate"]), "the schema is up to date\n");
}

#[test]
fn a_question_makes_no_database() {
    let desk = Desk::new("[storage]\ndir = \"data\"\n");
    for arguments in [&["status"][..], &["export"], &["feeds", "list"], &["psql"]] {
        let said = desk.run(arguments);
        assert_eq!(said.code, Some(1), "{arguments:?}");
        assert!(said.err.contains("there is no database in data/postgres yet"), "{}", said.err);
    }
    assert!(!desk.path("data").exists());
}

#[test]
fn a_database_that_is_away_is_said_once() {
    let desk = Desk::new("[database]\nurl = \"postgres://nobody@127.0.0.1:1/nothing\"\n");
    let said = desk.run(&["status"]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("the database cannot be reached"), "{}", said.err);
    assert_eq!(said.err.matches("no connection within 10 s").count(), 1, "{}", said.err);
}

#[test]
fn pages_become_articles_from_wherever_they_come() {
    let desk = Desk::new("");
    let html = page("The harbour opens", &prose(1));
    let plain = desk.write("page.html", &html);
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(html.as_bytes()).unwrap();
    let packed = desk.write("page.html.gz", packed.finish().unwrap());
    let expected = format!("The harbour opens\n\n{}\n", prose(1).join("\n\n"));
    assert_eq!(desk.says(&["extract", &plain]), expected);
    assert_eq!(desk.says(&["extract", &packed]), expected);
    assert_eq!(desk.run_with_input(&["extract", "-"], &html).out, expected);

    let url = "https://harbour.example/2026/11/02/opens";
    let json = desk.says(&["extract", "--format", "json", "--url", url, &plain, &packed]);
    let lines = objects(&json);
    assert_eq!(lines.len(), 2);
    assert_eq!((&lines[0]["path"], &lines[1]["path"]), (&plain.into(), &packed.into()));
    for line in &lines {
        assert_eq!(line["text"], prose(1).join("\n\n"));
        assert_eq!((&line["title"], &line["url"]), (&"The harbour opens".into(), &url.into()));
        assert_eq!(line["published"], "2026-11-02T00:00:00Z");
    }
    let markdown = desk.says(&["extract", "--format", "markdown", "page.html"]);
    assert!(markdown.starts_with("# The harbour opens\n\n"), "{markdown}");
    let explained = desk.says(&["extract", "--explain", "page.html"]);
    // A block's decision stands above its text.
    let lines: Vec<&str> = explained.lines().collect();
    let has = |mark: char, text: &str| {
        lines.windows(2).any(|pair| pair[0].starts_with(mark) && pair[1].contains(text))
    };
    assert!(has('-', "Popular Articles") && has('+', &prose(1)[0][..40]), "{explained}");
}

#[test]
fn texts_without_markup_become_articles_too() {
    let desk = Desk::new("");
    let title = "The harbour opens";
    let body = prose(1).join("\n\n");
    let text = format!("{title}\n\n{title}\n\n2026-11-02\n\n{body}\n\nPopular Articles\n");
    let plain = desk.write("page.txt", &text);
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(text.as_bytes()).unwrap();
    let packed = desk.write("page.txt.gz", packed.finish().unwrap());
    let expected = format!("{title}\n\n{body}\n");
    assert_eq!(desk.says(&["extract", &plain]), expected);
    assert_eq!(desk.says(&["extract", &packed]), expected);
    assert_eq!(desk.run_with_input(&["extract", "--text", "-"], &text).out, expected);
    let explained = desk.says(&["extract", "--explain", &plain]);
    assert!(explained.contains("phrase: related"), "{explained}");
    assert!(explained.contains("published  2026-11-02"), "{explained}");
}

#[test]
fn a_page_that_cannot_be_read_does_not_stop_the_others() {
    let desk = Desk::new("");
    desk.write("page.html", page("The harbour opens", &prose(1)));
    let said = desk.run(&["extract", "none.html", "page.html"]);
    assert_eq!(said.code, Some(1));
    assert_eq!(said.err, "none.html: No such file or directory (os error 2)\n");
    assert!(said.out.contains("The harbour opens"), "{}", said.out);
    assert_eq!(desk.run(&["extract"]).code, Some(2));
    let guarded = desk.run(&["extract", "http://127.0.0.1:1/a"]);
    assert_eq!(guarded.code, Some(1));
    assert!(
        guarded.err.starts_with("http://127.0.0.1:1/a: the address is not on the public"),
        "{}",
        guarded.err
    );
}

#[test]
fn completions_of_each_shell_name_each_command() {
    let desk = Desk::new("");
    let help = desk.says(&["--help"]);
    let list = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let commands: Vec<&str> = list
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .map(|line| line.split_whitespace().next().unwrap())
        .collect();
    assert!(commands.contains(&"run") && commands.contains(&"upgrade-database"), "{commands:?}");
    for (shell, mark) in [
        ("bash", "complete -F _wiresift"),
        ("zsh", "#compdef wiresift"),
        ("fish", "complete -c wiresift"),
        ("powershell", "Register-ArgumentCompleter -Native -CommandName 'wiresift'"),
        ("elvish", "edit:completion:arg-completer[wiresift]"),
    ] {
        let script = desk.says(&["completions", shell]);
        assert!(script.contains(mark), "{shell}: {script}");
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
        let words: Vec<&str> = script.split(|letter| !is_part(letter)).collect();
        let missing: Vec<_> = commands.iter().filter(|name| !words.contains(name)).collect();
        assert_eq!(missing, Vec::<&&str>::new(), "{shell}");
    }
}

#[test]
fn man_gets_what_it_reads() {
    let desk = Desk::new("");
    let man = desk.says(&["man"]);
    assert!(man.contains(".TH wiresift 1") && man.contains("wiresift\\-demo"), "{man}");
    assert!(desk.says(&["man", "wiresift.toml"]).contains(".TH wiresift.toml 5"));
    let said = desk.run(&["man", "wiresift-nothing"]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("the pages are wiresift, wiresift-run, "), "{}", said.err);
    let dir = desk.path("pages").display().to_string();
    desk.says(&["man", "--dir", &dir]);
    let written = |name: &str| fs::read_to_string(desk.path("pages").join(name)).unwrap();
    assert!(written("wiresift-feeds-list.1").contains(".TH wiresift-feeds-list 1"));
    assert!(written("feeds.toml.5").contains("[[feed]]"));
}
