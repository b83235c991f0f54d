//! `wiresift backup` and `wiresift restore`: nothing is lost, half or silent.

use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, ConnectOptions as _, PgPool};
use tempfile::TempDir;
use wiresift::store::embedded::{Cluster, ClusterSettings};

use crate::attacks::rewind::{after, daemon_of, files, generation, position};
use crate::harness::database::TestDb;
use crate::harness::desk::Desk;

/// A directory with the configuration of a daemon and its database.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        let dir = TempDir::with_prefix("wiresift-backup-").unwrap();
        fs::set_permissions(dir.path(), Permissions::from_mode(0o711)).unwrap();
        let place = Self(dir);
        let text = format!("[storage]\ndir = \"{}\"\n", place.path("state").display());
        fs::write(place.path("wiresift.toml"), text).unwrap();
        fs::create_dir(place.path("state")).unwrap();
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The daemon's server, run by the test.
    pub(crate) async fn start(&self) -> Cluster {
        let settings = ClusterSettings::private(self.path("state/postgres"), false);
        let cluster = Cluster::start(settings).await.unwrap_or_else(|error| panic!("{error}"));
        cluster.ensure_database("wiresift").await.unwrap();
        cluster
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wiresift"));
        for name in ["DATABASE_URL", "RUST_LOG", "WIRESIFT_LOG"] {
            command.env_remove(name);
        }
        command.env("WIRESIFT_CONFIG", self.path("wiresift.toml")).current_dir(self.0.path());
        command.args(arguments).stdin(Stdio::null());
        command
    }

    /// Runs a command that ends well.
    pub(crate) fn does(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        let said = text(&output);
        assert_eq!((output.status.code(), said.1.as_str()), (Some(0), ""), "{arguments:?}");
        said.0
    }

    /// Runs a command that fails; what it says.
    pub(crate) fn refuses(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        let said = text(&output);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said:?}");
        said.1
    }
}

fn text(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

pub(crate) async fn desk(cluster: &Cluster) -> Desk {
    daemon_of(cluster.connect_options("wiresift")).await
}

pub(crate) async fn end(desk: Desk, cluster: Cluster) {
    desk.pool.close().await;
    desk.store.close().await;
    cluster.stop().await.unwrap();
}

/// All rows that a consumer can read, in a few letters.
pub(crate) async fn digest(pool: &PgPool) -> Vec<String> {
    let mut digests = Vec::new();
    for view in ["all_articles", "revisions", "removed", "sightings", "stories", "lineage"] {
        let statement = format!(
            "SELECT '{view} ' || count(*) || ' ' || coalesce(sum(hashtextextended(v::text, 0)), 0)
             FROM news.{view} v"
        );
        digests.push(sqlx::query_scalar(AssertSqlSafe(statement)).fetch_one(pool).await.unwrap());
    }
    digests
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_a_writer_shows_one_moment_and_is_restored_elsewhere() {
    let (here, there) = (Place::new(), Place::new());
    let cluster = here.start().await;
    let desk = desk(&cluster).await;
    files(&desk, 0..5).await;
    let mut backup =
        here.command(&["backup", "news.backup"]).stdout(Stdio::null()).spawn().unwrap();
    let mut written = 5;
    let status = loop {
        files(&desk, written..written + 1).await;
        written += 1;
        if let Some(status) = backup.try_wait().unwrap() {
            break status;
        }
    };
    assert!(status.success());
    let mode = fs::metadata(here.path("news.backup")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let late = position(&desk.pool).await;
    end(desk, cluster).await;

    let said = there.does(&["restore", here.path("news.backup").to_str().unwrap()]);
    assert!(said.contains("consumers"), "{said}");
    let cluster = there.start().await;
    let desk = self::desk(&cluster).await;
    let now = position(&desk.pool).await;
    assert!((5..=late.seq).contains(&now.seq), "{now:?}");
    assert_eq!(now.generation, late.generation + 1);
    let articles = desk.count("SELECT count(*) FROM news.articles").await;
    assert_eq!(articles, now.seq, "articles and change log are of one moment");
    assert_eq!(desk.count("SELECT count(*) FROM wiresift.articles").await, articles);
    // The rights are there again, and nobody has more than before.
    for (question, answer) in [
        ("has_table_privilege('news_reader', 'news.articles', 'SELECT')", true),
        ("has_schema_privilege('news_reader', 'wiresift', 'USAGE')", false),
        ("has_database_privilege('news_reader', current_database(), 'TEMPORARY')", false),
    ] {
        let statement = AssertSqlSafe(format!("SELECT {question}"));
        let is: bool = sqlx::query_scalar(statement).fetch_one(&desk.pool).await.unwrap();
        assert_eq!(is, answer, "{question}");
    }
    end(desk, cluster).await;
}

#[tokio::test]
async fn consumers_notice_that_the_database_went_back() {
    let place = Place::new();
    let cluster = place.start().await;
    let desk = desk(&cluster).await;
    files(&desk, 0..5).await;
    let (early, before) = (position(&desk.pool).await, digest(&desk.pool).await);
    end(desk, cluster).await;
    // Nobody runs the server, so the commands do.
    assert!(place.does(&["backup", "news.backup"]).starts_with("wrote news.backup ("));
    let cluster = place.start().await;
    let desk = self::desk(&cluster).await;
    files(&desk, 5..8).await;
    let late = position(&desk.pool).await;
    end(desk, cluster).await;

    let said = place.refuses(&["restore", "news.backup"]);
    assert!(said.contains("has news already") && said.contains("--replace"), "{said}");
    for round in 1..=2 {
        place.does(&["restore", "--replace", "news.backup"]);
        let cluster = place.start().await;
        let desk = self::desk(&cluster).await;
        assert_eq!(digest(&desk.pool).await, before);
        assert_eq!(generation(&desk.pool).await, early.generation + round, "each restore counts");
        assert_eq!(after(&desk.pool, &late).await, Err("WS002".to_owned()));
        assert_eq!(after(&desk.pool, &early).await, Ok(vec![]));
        files(&desk, 10..13).await;
        assert_eq!(after(&desk.pool, &late).await, Err("WS003".to_owned()));
        end(desk, cluster).await;
    }
}

#[tokio::test]
async fn a_restore_that_fails_or_is_killed_changes_nothing() {
    let place = Place::new();
    let cluster = place.start().await;
    let desk = desk(&cluster).await;
    files(&desk, 0..3).await;
    let before = digest(&desk.pool).await;
    place.does(&["backup", "news.backup"]);
    let said = place.refuses(&["restore", "--replace", "news.backup"]);
    assert!(said.contains("in use by another wiresift (process "), "{said}");
    end(desk, cluster).await;

    let whole = fs::read(place.path("news.backup")).unwrap();
    fs::write(place.path("half"), &whole[..whole.len() / 2]).unwrap();
    let said = place.refuses(&["restore", "--replace", "half"]);
    assert!(said.contains("nothing was changed"), "{said}");
    let mut command = place.command(&["restore", "--replace", "-"]);
    let mut killed = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut input = killed.stdin.take().unwrap();
    input.write_all(&whole[..whole.len() / 2]).unwrap();
    let limit = Instant::now() + Duration::from_mins(1);
    while !restored_database_exists(&place).await {
        assert!(Instant::now() < limit && killed.try_wait().unwrap().is_none(), "never begun");
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    drop(input);

    // The next start of the daemon's database removes what is left.
    let articles = place.does(&["export"]).lines().count();
    assert_eq!(articles, 3);
    let cluster = place.start().await;
    let desk = self::desk(&cluster).await;
    assert_eq!(digest(&desk.pool).await, before);
    let others = "SELECT count(*) FROM pg_database WHERE datname LIKE 'wiresift\\_%'";
    assert_eq!(desk.count(others).await, 0);
    end(desk, cluster).await;
}

async fn restored_database_exists(place: &Place) -> bool {
    let dir = place.path("state/postgres");
    let Ok(Some(attached)) = wiresift::store::embedded::attach(&dir) else { return false };
    let Ok(mut connection) = attached.connect_options("postgres").connect().await else {
        return false;
    };
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname LIKE '%restored')")
        .fetch_one(&mut connection)
        .await
        .unwrap_or(false)
}

#[tokio::test]
async fn refusals_name_what_to_do() {
    let place = Place::new();
    let said = place.refuses(&["backup", "news.backup"]);
    assert!(said.contains("there is no database in "), "{said}");
    assert!(!place.path("state/postgres").exists());
    fs::write(place.path("kept"), "precious").unwrap();
    let said = place.refuses(&["backup", "kept"]);
    assert!(said.contains("kept exists") && said.contains("--force"), "{said}");
    let said = place.refuses(&["backup", "--force", "kept"]);
    assert!(said.contains("there is no database in "), "{said}");
    assert_eq!(fs::read_to_string(place.path("kept")).unwrap(), "precious");
    let said = place.refuses(&["restore", "kept"]);
    assert!(said.contains("kept is not a backup"), "{said}");
    let said = place.refuses(&["restore", "missing"]);
    assert!(said.contains("cannot read missing"), "{said}");
    let left: Vec<_> = fs::read_dir(place.path(".")).unwrap().flatten().collect();
    assert_eq!(left.len(), 3, "{left:?}");
}

#[tokio::test]
async fn a_server_of_somebody_else_is_backed_up_and_restored() {
    let place = Place::new();
    let (full, empty) = (TestDb::new().await, TestDb::new().await);
    let desk = daemon_of(full.options.clone()).await;
    files(&desk, 0..3).await;
    // What others keep there is none of ours.
    sqlx::query("CREATE TABLE public.other (x integer)").execute(&full.pool).await.unwrap();
    let output = place.command(&["backup", "-"]).env("DATABASE_URL", &full.url).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(output.stdout.starts_with(b"PGDMP") && output.stderr.is_empty());
    fs::write(place.path("news.backup"), output.stdout).unwrap();

    let restore = |option: &[&str]| {
        let mut command = place.command(&["restore", "news.backup"]);
        text(&command.args(option).env("DATABASE_URL", &empty.url).output().unwrap()).1
    };
    let said = restore(&[]);
    assert!(said.contains("is not empty") && said.contains("daemons"), "{said}");
    assert!(restore(&["--replace"]).contains("embedded database only"));
    sqlx::raw_sql("DROP SCHEMA news CASCADE; DROP SCHEMA wiresift CASCADE")
        .execute(&empty.pool)
        .await
        .unwrap();
    assert_eq!(restore(&[]), "");
    assert_eq!(digest(&empty.pool).await, digest(&full.pool).await);
    assert_eq!(generation(&empty.pool).await, generation(&full.pool).await + 1);
    let other: Option<String> = sqlx::query_scalar("SELECT to_regclass('public.other')::text")
        .fetch_one(&empty.pool)
        .await
        .unwrap();
    assert_eq!(other, None);
}

/// Runs a command of a place in a shell, after some preparation.
fn after_setting(place: &Place, setting: &str, arguments: &[&str]) -> Output {
    let inner = place.command(arguments);
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{setting}; exec \"$0\" \"$@\"")]).arg(inner.get_program());
    shell.args(inner.get_args()).current_dir(place.path("")).stdin(Stdio::null());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell.output().unwrap()
}

/// Files in a place whose names begin like this.
fn left(place: &Place, prefix: &str) -> Vec<String> {
    let names = fs::read_dir(place.path("")).unwrap().flatten();
    let names = names.map(|entry| entry.file_name().into_string().unwrap());
    names.filter(|name| name.starts_with(prefix)).collect()
}

/// A limit on the size of files stands for a file system that fills in the middle of a backup.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_that_finds_no_room_leaves_nothing_and_says_where() {
    let place = Place::new();
    let cluster = place.start().await;
    let desk = desk(&cluster).await;
    files(&desk, 0..5).await;
    fs::write(place.path("old.backup"), "the one from yesterday").unwrap();
    for (file, more) in [("news.backup", &[][..]), ("old.backup", &["--force"])] {
        let arguments = [&["backup", file][..], more].concat();
        // Blocks of 512 bytes. Without the trap the program would be killed.
        let output = after_setting(&place, "trap '' XFSZ; ulimit -f 8", &arguments);
        let (_, said) = text(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(&format!("{file}: File too large")), "{said}");
        assert!(said.contains("another file system"), "{said}");
    }
    assert_eq!(left(&place, "news"), Vec::<String>::new());
    assert_eq!(left(&place, "old"), ["old.backup"]);
    let kept = fs::read_to_string(place.path("old.backup")).unwrap();
    assert_eq!(kept, "the one from yesterday");
    // A limit that is far enough changes nothing.
    let output = after_setting(&place, "ulimit -f 200000", &["backup", "news.backup"]);
    assert!(output.status.success(), "{:?}", text(&output));
    assert_eq!(left(&place, "news"), ["news.backup"]);
    end(desk, cluster).await;
}

/// A file system of its own, which goes with the shell that mounts it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs root, to mount a small file system"]
async fn a_backup_that_cannot_fit_is_refused_before_it_begins() {
    assert!(nix::unistd::geteuid().is_root(), "needs root");
    let place = Place::new();
    let cluster = place.start().await;
    let desk = desk(&cluster).await;
    files(&desk, 0..5).await;
    fs::create_dir(place.path("small")).unwrap();
    let on_a_disk_of = |size: &str, arguments: &[&str]| {
        let mount = format!("set -e; mount -t tmpfs -o size={size} none small");
        let check = "trap 'ls small >&2' EXIT";
        let inner = place.command(arguments);
        let mut shell = Command::new("unshare");
        shell.args(["--mount", "sh", "-c", &format!("{mount}; {check}; \"$0\" \"$@\"")]);
        shell.arg(inner.get_program()).args(inner.get_args()).stdin(Stdio::null());
        shell.env("WIRESIFT_CONFIG", place.path("wiresift.toml")).current_dir(place.path(""));
        let output = shell.output().unwrap();
        (output.status.code(), text(&output).1)
    };
    let (code, said) = on_a_disk_of("32k", &["backup", "small/news.backup"]);
    assert_eq!(code, Some(1), "{said}");
    let words = ["cannot write small/news.backup", "at least", "32.00 KiB are free", "backup -`"];
    assert!(words.iter().all(|word| said.contains(word)), "{said}");
    assert!(!said.contains(".part") && !said.ends_with("news.backup\n"), "{said}");
    let (code, said) = on_a_disk_of("64m", &["backup", "small/news.backup"]);
    assert_eq!((code, said.as_str()), (Some(0), "news.backup\n"));
    end(desk, cluster).await;
}
