//! `wiresift upgrade-database`: another version of Postgres, the same news.
//!
//! The ignored tests need a newer server than the one that is installed. `NEW_PG_BIN` names the
//! directory of its programs; `tests/upgrade-database.sh` fetches one and runs them.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use sqlx::PgPool;
use wiresift::store::embedded::{Cluster, ClusterError, ClusterSettings, keep_programs};

use crate::attacks::rewind::{after, files, position};
use crate::backup::{Place, desk, digest, end};

fn new_bin() -> PathBuf {
    env::var_os("NEW_PG_BIN").expect("NEW_PG_BIN names the programs of a newer server").into()
}

/// Moves the place's database to the newer server.
fn upgrade(place: &Place, options: &[&str]) -> Command {
    let mut command = place.command(&["upgrade-database"]);
    command.args(options).env("PG_BIN", new_bin());
    command
}

fn said(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), err.as_ref()), (Some(0), ""));
    String::from_utf8(output.stdout).unwrap()
}

/// The place's server, of the newer version.
async fn start_new(place: &Place) -> Result<Cluster, ClusterError> {
    let settings = ClusterSettings::private(place.path("state/postgres"), false);
    Cluster::start(ClusterSettings { bin_dir: Some(new_bin()), ..settings }).await
}

/// The names in the cluster's directory that an upgrade makes.
fn leftovers(place: &Place) -> Vec<String> {
    let entries = fs::read_dir(place.path("state/postgres")).unwrap().flatten();
    let names = entries.map(|entry| entry.file_name().into_string().unwrap());
    names.filter(|name| name.starts_with("data.") || name == "upgrade").collect()
}

async fn filled(place: &Place) -> (Vec<String>, crate::attacks::rewind::Position) {
    let cluster = place.start().await;
    let desk = desk(&cluster).await;
    files(&desk, 0..6).await;
    let readers = "CREATE ROLE analyst LOGIN PASSWORD 'long enough'; GRANT news_reader TO analyst;
                   ALTER DATABASE wiresift SET statement_timeout = '7min'";
    sqlx::raw_sql(readers).execute(&desk.pool).await.unwrap();
    let before = (digest(&desk.pool).await, position(&desk.pool).await);
    end(desk, cluster).await;
    before
}

async fn is_complete(pool: &PgPool) -> bool {
    let statement =
        "SELECT rolpassword LIKE 'SCRAM%' AND pg_has_role('analyst', 'news_reader', 'USAGE')
         AND current_setting('statement_timeout') = '7min'
         AND NOT has_database_privilege('analyst', 'wiresift', 'TEMPORARY')
         FROM pg_authid WHERE rolname = 'analyst'";
    sqlx::query_scalar(statement).fetch_one(pool).await.unwrap()
}

#[tokio::test]
async fn there_is_nothing_to_do_for_the_newest_version() {
    let place = Place::new();
    let said = place.refuses(&["upgrade-database"]);
    assert!(said.contains("there is no database in "), "{said}");
    let cluster = place.start().await;
    let said = place.refuses(&["upgrade-database"]);
    assert!(said.contains("in use by another wiresift (process "), "{said}");
    let major = cluster.major();
    cluster.stop().await.unwrap();
    let said = place.does(&["upgrade-database"]);
    assert!(said.contains(&format!("of PostgreSQL {major}, the newest")), "{said}");
    let mut command = place.command(&["upgrade-database"]);
    let output = command.env("DATABASE_URL", "postgres://db.example/news").output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("server of your own"));
}

mod newer_server {
    use super::*;

    #[tokio::test]
    #[ignore = "needs a newer server: tests/upgrade-database.sh"]
    async fn the_news_and_their_consumers_do_not_notice() {
        let place = Place::new();
        let (before, at) = filled(&place).await;
        let error = start_new(&place).await.unwrap_err().to_string();
        assert!(error.contains("`wiresift upgrade-database`"), "{error}");
        let told = said(&mut upgrade(&place, &["--keep-old"]));
        assert!(told.starts_with("moved from PostgreSQL ") && told.contains("data.postgresql-"));
        assert_eq!(leftovers(&place).len(), 1, "{:?}", leftovers(&place));

        let cluster = start_new(&place).await.unwrap();
        let desk = desk(&cluster).await;
        assert_eq!(digest(&desk.pool).await, before);
        assert!(is_complete(&desk.pool).await);
        assert_eq!(position(&desk.pool).await, at, "also the generation");
        files(&desk, 6..8).await;
        assert_eq!(after(&desk.pool, &at).await, Ok(vec![7, 8]));
        end(desk, cluster).await;
        let told = said(&mut upgrade(&place, &[]));
        assert!(told.contains("the newest that is installed"), "{told}");
    }

    /// The programs and one of their libraries are hidden from the command, as if the distribution had removed them.
    #[tokio::test]
    #[ignore = "needs root and a newer server: tests/upgrade-database.sh"]
    async fn data_whose_programs_were_removed_is_read_with_the_kept_ones() {
        const HIDE: &str = r#"mount -t tmpfs none "$0" || exit 9
            shift; for library in /usr/lib/*/libicudata.so.[0-9]*; do
                mount --bind /dev/null "$(realpath "$library")" || exit 9
            done; exec "$@""#;
        let place = Place::new();
        let (before, at) = filled(&place).await;
        let hidden = |place: &Place| {
            let plain = upgrade(place, &[]);
            let mut command = Command::new("unshare");
            command.args(["--mount", "sh", "-c", HIDE, "/usr/lib/postgresql", "--"]);
            command.arg(plain.get_program()).args(plain.get_args());
            for (name, value) in plain.get_envs() {
                match value {
                    Some(value) => command.env(name, value),
                    None => command.env_remove(name),
                };
            }
            command.stdin(Stdio::null());
            command
        };
        let output = hidden(&place).output().unwrap();
        let refusal = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(refusal.contains("neither installed nor kept"), "{refusal}");
        assert!(refusal.contains("wiresift restore"), "{refusal}");
        assert_eq!(leftovers(&place), [""; 0]);

        keep_programs(&place.path("state/postgres")).unwrap();
        let kept = fs::metadata(place.path("state/postgres/programs.tar.zst")).unwrap().len();
        println!("the kept programs take {kept} bytes");
        let told = said(&mut hidden(&place));
        assert!(told.starts_with("moved from PostgreSQL "), "{told}");
        let cluster = start_new(&place).await.unwrap();
        let desk = desk(&cluster).await;
        assert_eq!((digest(&desk.pool).await, position(&desk.pool).await), (before, at));
        assert!(is_complete(&desk.pool).await);
        end(desk, cluster).await;
        assert_eq!(leftovers(&place), [""; 0]);
    }

    /// Kills an upgrade at `KILLS` moments (50) that are spread over its duration.
    #[tokio::test]
    #[ignore = "takes minutes and needs a newer server: tests/upgrade-database.sh"]
    async fn an_upgrade_that_is_killed_at_any_moment_loses_nothing() {
        let kills: u32 = env::var("KILLS").map_or(50, |kills| kills.parse().unwrap());
        let place = Place::new();
        let (before, at) = filled(&place).await;
        let copy = |from: &str, to: &str| {
            let arguments = [place.path(from), place.path(to)];
            assert!(Command::new("cp").arg("-a").args(arguments).status().unwrap().success());
        };
        copy("state/postgres", "original");
        let begun = Instant::now();
        said(&mut upgrade(&place, &[]));
        let whole = begun.elapsed();
        let (mut old, mut new) = (0, 0);
        for kill in 0..kills {
            if fs::read_to_string(place.path("state/postgres/data/PG_VERSION")).unwrap()
                != fs::read_to_string(place.path("original/data/PG_VERSION")).unwrap()
            {
                fs::remove_dir_all(place.path("state/postgres")).unwrap();
                copy("original", "state/postgres");
            }
            // A part of a step is left to chance.
            let chance: f64 =
                f64::from(std::process::id().wrapping_mul(kill + 7919) % 1000) / 1000.0;
            let moment = whole.mul_f64((f64::from(kill) + chance) / f64::from(kills));
            let mut process = upgrade(&place, &[]).stdout(Stdio::null()).spawn().unwrap();
            tokio::time::sleep(moment).await;
            let _ = process.kill();
            process.wait().unwrap();
            // What starts next is the daemon of either version.
            let cluster = match start_new(&place).await {
                Ok(cluster) => {
                    new += 1;
                    cluster
                }
                Err(ClusterError::WrongMajor { .. }) => {
                    old += 1;
                    place.start().await
                }
                Err(error) => panic!("after {moment:?}: {error}"),
            };
            let desk = desk(&cluster).await;
            let found = (digest(&desk.pool).await, position(&desk.pool).await);
            assert_eq!(found, (before.clone(), at.clone()), "after {moment:?}");
            assert!(is_complete(&desk.pool).await, "after {moment:?}");
            end(desk, cluster).await;
            assert_eq!(leftovers(&place), [""; 0], "after {moment:?}");
        }
        println!(
            "{kills} kills within {whole:?}: {old} times the old data counted, {new} times the new"
        );
        assert!(old > 0);
    }
}
