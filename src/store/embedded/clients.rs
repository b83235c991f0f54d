//! Finds the client programs of Postgres: `pg_dump` and `pg_restore`.
//!
//! A dump needs programs that are at least as new as the server. The closest version is taken,
//! because a newer `pg_restore` sends settings that an older server does not know.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::binaries::{candidates, parse_major};
use super::error::ClusterError;

/// Finds the directory of `program` for a server of this version. If `PG_BIN` is set, only that
/// directory is searched; otherwise the same places as for a server.
pub fn find_client(program: &str, server_major: u32) -> Result<PathBuf, ClusterError> {
    let dirs = env::var_os("PG_BIN").map_or_else(candidates, |dir| vec![PathBuf::from(dir)]);
    let found = dirs.iter().filter_map(|dir| Some((version_of(&dir.join(program))?, dir.clone())));
    choose(found.collect(), program, server_major)
}

fn choose(
    found: Vec<(u32, PathBuf)>,
    program: &str,
    server_major: u32,
) -> Result<PathBuf, ClusterError> {
    let newest = found.iter().map(|(major, _)| *major).max();
    // `min_by_key` returns the first of equals, as the search order prefers.
    let fitting = found.into_iter().filter(|(major, _)| *major >= server_major);
    let pick = fitting.min_by_key(|(major, _)| *major);
    pick.map(|(_, dir)| dir).ok_or_else(|| ClusterError::NoClient {
        program: program.into(),
        server: server_major,
        found: newest.map_or_else(|| "none".into(), |major| format!("version {major} at most")),
    })
}

fn version_of(program: &Path) -> Option<u32> {
    let output = Command::new(program).arg("--version").output().ok()?;
    parse_major(&String::from_utf8_lossy(&output.stdout))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_version_that_is_not_older_is_taken() {
        let found = || vec![(18, "/c".into()), (15, "/a".into()), (16, "/b".into())];
        for (server, dir) in [(14, "/a"), (15, "/a"), (16, "/b"), (17, "/c"), (18, "/c")] {
            assert_eq!(choose(found(), "pg_dump", server).unwrap(), Path::new(dir), "{server}");
        }
        let error = choose(found(), "pg_dump", 19).unwrap_err().to_string();
        assert!(error.contains("postgresql-client-19") && error.contains("18 at most"), "{error}");
        let error = choose(Vec::new(), "pg_dump", 15).unwrap_err().to_string();
        assert!(error.contains("found: none"), "{error}");
    }
}
