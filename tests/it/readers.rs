//! Other programs read the news in the embedded database, and nothing else.

use std::fs::{self, Permissions};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::unistd::{Group, User, geteuid};
use tempfile::TempDir;
use wiresift::store::embedded::{Cluster, ClusterSettings, ReaderAccess};
use wiresift::store::{Reader, Store};

/// A cluster with readers, in a directory that its server can reach.
struct Newsroom {
    home: TempDir,
    cluster: Cluster,
    store: Store,
    listen: SocketAddr,
}

const DATABASE: &str = "wiresift";
const PASSWORD: &str = "it's a \\ long word";

impl Newsroom {
    async fn open(group: &str) -> Self {
        let home = TempDir::with_prefix("wiresift-readers-").unwrap();
        fs::set_permissions(home.path(), Permissions::from_mode(0o711)).unwrap();
        let password_file = home.path().join("password");
        fs::write(&password_file, format!("{PASSWORD}\n")).unwrap();
        // The port is free a moment later too: nobody else asks for one that is not free.
        let listen = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let readers = ReaderAccess {
            socket_dir: Some(socket_dir(&home)),
            group: group.to_owned(),
            listen: Some(listen),
            roles: vec!["analyst".into()],
        };
        let private = ClusterSettings::private(home.path().join("postgres"), false);
        let cluster = Cluster::start(ClusterSettings { readers, ..private }).await.unwrap();
        cluster.ensure_database(DATABASE).await.unwrap();
        let store = Store::new(cluster.connect_options(DATABASE), 2);
        store.migrate().await.unwrap();
        let analyst = Reader { name: "analyst".into(), password_file: Some(password_file) };
        store.set_readers(&[analyst], true).await.unwrap();
        Self { home, cluster, store, listen }
    }

    /// psql through the readers' socket.
    fn psql(&self, role: &str, statement: &str) -> Command {
        let mut command = Command::new(self.cluster.bin_dir().join("psql"));
        command.current_dir("/").args(["-XAtq", "-U", role, "-d", DATABASE, "-c", statement]);
        command.arg("-h").arg(socket_dir(&self.home)).arg("-p").arg(self.listen.port().to_string());
        command
    }

    fn psql_by_tcp(&self, role: &str, password: &str, statement: &str) -> Command {
        let mut command = Command::new(self.cluster.bin_dir().join("psql"));
        command.args(["-XAtqw", "-U", role, "-d", DATABASE, "-c", statement, "-h", "127.0.0.1"]);
        command.arg("-p").arg(self.listen.port().to_string()).env("PGPASSWORD", password);
        command
    }

    async fn close(self) {
        self.store.close().await;
        self.cluster.stop().await.unwrap();
    }
}

fn socket_dir(home: &TempDir) -> PathBuf {
    home.path().join("readers")
}

/// What the program printed; the error if it failed.
fn answer(command: &mut Command) -> Result<String, String> {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

const ARTICLES: &str = "SELECT count(*) FROM news.articles";

#[tokio::test]
async fn readers_read_by_password_and_nothing_else() {
    let news = Newsroom::open("").await;
    let read = |role: &str, password: &str, statement: &str| {
        answer(&mut news.psql_by_tcp(role, password, statement))
    };
    assert_eq!(read("analyst", PASSWORD, ARTICLES), Ok("0".into()));
    assert!(read("analyst", "a wrong word", ARTICLES).unwrap_err().contains("password"));
    let inner = read("analyst", PASSWORD, "SELECT count(*) FROM wiresift.articles");
    assert!(inner.unwrap_err().contains("permission denied"));
    for role in ["wiresift", "news_reader"] {
        assert!(read(role, PASSWORD, ARTICLES).is_err(), "{role} has no password");
    }
    // A reader who leaves the settings is one no more.
    news.store.set_readers(&[], true).await.unwrap();
    let refused = read("analyst", PASSWORD, ARTICLES).unwrap_err();
    assert!(refused.contains("no pg_hba.conf entry"), "{refused}");
    news.close().await;
}

#[tokio::test]
#[ignore = "needs root"]
async fn members_of_the_group_read_through_the_socket_and_outsiders_do_not() {
    assert!(geteuid().is_root(), "needs root");
    let (member, outsider) = ("games", "nogroup");
    let news = Newsroom::open(member).await;
    let group = |name: &str| Group::from_name(name).unwrap().unwrap().gid.as_raw();
    let nobody = User::from_name("nobody").unwrap().unwrap().uid.as_raw();
    let read = |group_name: &str, role: &str, statement: &str| {
        let mut command = news.psql(role, statement);
        answer(command.uid(nobody).gid(group(group_name)))
    };
    for role in ["news_reader", "analyst"] {
        assert_eq!(read(member, role, ARTICLES), Ok("0".into()), "{role}");
        let inner = read(member, role, "SELECT count(*) FROM wiresift.articles").unwrap_err();
        assert!(inner.contains("permission denied for schema wiresift"), "{inner}");
    }
    for role in ["wiresift", "postgres", "stranger"] {
        assert!(read(member, role, ARTICLES).is_err(), "{role}");
    }
    let refused = read(outsider, "news_reader", ARTICLES).unwrap_err();
    assert!(refused.contains("Permission denied"), "{refused}");
    // Root may do what the daemon may.
    assert_eq!(answer(&mut news.psql("wiresift", "SELECT current_user")), Ok("wiresift".into()));
    news.close().await;
}

#[tokio::test]
async fn the_command_prints_a_string_that_works() {
    let news = Newsroom::open("").await;
    let config = news.home.path().join("wiresift.toml");
    let settings = format!(
        "[storage]\ndir = {:?}\n[readers]\nsocket_dir = {:?}\nlisten = \"{}\"\n",
        news.home.path(),
        socket_dir(&news.home),
        news.listen
    );
    fs::write(&config, settings).unwrap();
    let connect = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wiresift"));
        answer(command.arg("--config").arg(&config).arg("connect").args(arguments))
    };
    let url = connect(&[]).unwrap();
    let psql = news.cluster.bin_dir().join("psql");
    let read = |url: &str| answer(Command::new(&psql).args(["-XAtq", url, "-c", ARTICLES]));
    assert_eq!(read(&url), Ok("0".into()));
    let by_tcp = connect(&["--as", "analyst", "--tcp", "--no-test"]).unwrap();
    assert_eq!(by_tcp, format!("postgresql://analyst@{}/wiresift", news.listen));
    let refused = connect(&["--as", "stranger"]).unwrap_err();
    assert!(refused.contains("readers.socket_dir"), "{refused}");
    news.close().await;
}

#[tokio::test]
async fn a_socket_directory_of_somebody_else_is_left_alone() {
    let home = TempDir::with_prefix("wiresift-readers-").unwrap();
    fs::set_permissions(home.path(), Permissions::from_mode(0o711)).unwrap();
    let socket_dir = Some(Path::new("/proc/self").to_owned());
    let readers = ReaderAccess { socket_dir, ..ReaderAccess::default() };
    let private = ClusterSettings::private(home.path().join("postgres"), false);
    let cluster = Cluster::start(ClusterSettings { readers, ..private }).await.unwrap();
    cluster.ensure_database(DATABASE).await.unwrap();
    cluster.stop().await.unwrap();
}
