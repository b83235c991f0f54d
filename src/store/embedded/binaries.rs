//! Finds the server programs that are installed on the machine.
//!
//! Data of one major version is unreadable to every other. So the version of existing data decides,
//! and a new cluster uses the newest version. Debian installs several versions side by side, none
//! of them on `PATH`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::ClusterError;

/// The oldest supported major version: it introduced `recovery_init_sync_method` and LZ4
/// compression of stored values.
pub const OLDEST_MAJOR: u32 = 14;

/// Where packages put one directory per major version (Debian and Ubuntu; the PostgreSQL project's
/// RPMs).
const VERSIONED: [(&str, &str); 2] = [("/usr/lib/postgresql", ""), ("/usr", "pgsql-")];

/// A directory of server programs that reported its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Server {
    pub(super) bin_dir: PathBuf,
    pub(super) major: u32,
    /// The directory of its libraries, for programs that are not installed.
    pub(super) libraries: Option<PathBuf>,
}

impl Server {
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.bin_dir.join(name)
    }

    /// Lets a command that runs one of the programs find their libraries.
    pub(super) fn set_libraries(&self, command: &mut Command) {
        command.envs(self.libraries.iter().map(|dir| ("LD_LIBRARY_PATH", dir)));
    }
}

/// Finds the programs for data of version `data_major` (`None`: no data yet). If `named` or else
/// `PG_BIN` is given, only that directory is searched. Otherwise the package directories,
/// `pg_config --bindir` and `PATH` are searched, in this order.
pub(super) fn find(
    named: Option<&Path>,
    data_major: Option<u32>,
    data: &Path,
) -> Result<Server, ClusterError> {
    let named = named.map(Path::to_path_buf).or_else(|| env::var_os("PG_BIN").map(PathBuf::from));
    let found = match named {
        Some(dir) => vec![inspect(&dir).map_err(|reason| ClusterError::BadBinDir { dir, reason })?],
        None => installed(),
    };
    choose(found, data_major, data)
}

/// All servers that are installed in the usual places.
pub(super) fn installed() -> Vec<Server> {
    candidates().iter().filter_map(|dir| inspect(dir).ok()).collect()
}

fn choose(
    found: Vec<Server>,
    data_major: Option<u32>,
    data: &Path,
) -> Result<Server, ClusterError> {
    let majors = majors(&found);
    let pick = match data_major {
        Some(major) => found.into_iter().find(|server| server.major == major),
        // `max_by_key` returns the last of equals; the search order prefers the first.
        None => found.into_iter().rev().max_by_key(|server| server.major),
    };
    match (pick, data_major) {
        (Some(server), _) if server.major < OLDEST_MAJOR => {
            Err(ClusterError::TooOld { dir: server.bin_dir, found: server.major })
        }
        (Some(server), _) => Ok(server),
        (None, Some(major)) if !majors.is_empty() => Err(ClusterError::WrongMajor {
            dir: data.into(),
            data: major.to_string(),
            found: majors,
        }),
        (None, _) => Err(ClusterError::NoServer { looked: looked_in() }),
    }
}

fn majors(found: &[Server]) -> String {
    let mut majors: Vec<u32> = found.iter().map(|server| server.major).collect();
    majors.sort_unstable();
    majors.dedup();
    majors.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
}

fn looked_in() -> String {
    let mut places: Vec<String> =
        VERSIONED.iter().map(|(dir, prefix)| format!("{dir}/{prefix}*/bin")).collect();
    places.extend(["pg_config --bindir".into(), "PATH".into()]);
    places.join(", ")
}

/// The directories that may hold programs of Postgres, in the order of the search.
pub(super) fn candidates() -> Vec<PathBuf> {
    let mut dirs = Vec::new();
    for (parent, prefix) in VERSIONED {
        let Ok(entries) = fs::read_dir(parent) else { continue };
        let versions = entries.flatten().filter(|entry| {
            let name = entry.file_name();
            name.to_str()
                .and_then(|name| name.strip_prefix(prefix))
                .is_some_and(|v| v.parse::<u32>().is_ok())
        });
        dirs.extend(versions.map(|entry| entry.path().join("bin")));
    }
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        dirs.push(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    }
    dirs.extend(env::var_os("PATH").iter().flat_map(env::split_paths));
    dirs
}

/// Reads the version of the programs in a directory. The error says what is missing.
fn inspect(dir: &Path) -> Result<Server, String> {
    let bin_dir = dir.canonicalize().map_err(|error| error.to_string())?;
    if !bin_dir.join("initdb").exists() {
        return Err("it has no initdb".into());
    }
    let postgres = bin_dir.join("postgres");
    let output = Command::new(&postgres)
        .arg("--version")
        .output()
        .map_err(|error| format!("postgres: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let major =
        parse_major(&text).ok_or_else(|| format!("postgres --version says {:?}", text.trim()))?;
    Ok(Server { bin_dir, major, libraries: None })
}

/// The major version in `postgres (PostgreSQL) 15.18 (Debian ...)`, in `... 18beta1`, or in a
/// `PG_VERSION` file.
#[must_use]
pub fn parse_major(text: &str) -> Option<u32> {
    let word =
        text.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    let digits: String = word.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(dir: &str, major: u32) -> Server {
        Server { bin_dir: dir.into(), major, libraries: None }
    }

    #[test]
    fn versions_are_read_in_every_format() {
        for (text, major) in [
            ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", Some(15)),
            ("postgres (PostgreSQL) 18beta1", Some(18)),
            ("postgres (PostgreSQL) 9.6.24", Some(9)),
            ("14\n", Some(14)),
            ("", None),
            ("command not found", None),
        ] {
            assert_eq!(parse_major(text), major, "{text:?}");
        }
    }

    #[test]
    fn existing_data_decides_and_new_data_takes_the_newest() {
        let found = || vec![server("/a", 15), server("/b", 17), server("/c", 17), server("/d", 13)];
        let data = Path::new("/data");
        assert_eq!(choose(found(), Some(15), data).unwrap(), server("/a", 15));
        assert_eq!(choose(found(), None, data).unwrap(), server("/b", 17));
        let error = choose(found(), Some(16), data).unwrap_err().to_string();
        assert!(error.contains("made by PostgreSQL 16") && error.contains("13, 15, 17"), "{error}");
        assert!(error.contains("postgresql-16"), "{error}");
        assert!(error.contains("`wiresift upgrade-database`"), "{error}");
    }

    #[test]
    fn no_server_and_an_old_server_are_different_errors() {
        let data = Path::new("/data");
        let none = choose(Vec::new(), None, data).unwrap_err().to_string();
        assert!(
            none.contains("apt-get install postgresql")
                && none.contains("/usr/lib/postgresql/*/bin"),
            "{none}"
        );
        assert!(matches!(choose(Vec::new(), Some(15), data), Err(ClusterError::NoServer { .. })));
        assert!(matches!(
            choose(vec![server("/d", 13)], None, data),
            Err(ClusterError::TooOld { found: 13, .. })
        ));
    }
}
