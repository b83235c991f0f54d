//! The server's log file, kept small.
//!
//! The server appends to a file of its own and not to a pipe of ours, because it has to be able to write while it
//! shuts down after our death. Nobody rotates that file, so the keeper does.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::error::ClusterError;

/// Size at which the log is put aside; the one put aside before is dropped, so twice this is the bound.
const LARGEST: u64 = 8 << 20;

/// How much of the end of the log goes into an error.
const EXCERPT: u64 = 2048;

/// One server log.
#[derive(Debug)]
pub(super) struct ServerLog {
    path: PathBuf,
}

impl ServerLog {
    pub(super) fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Opens it for the server to append to.
    pub(super) fn open(&self) -> Result<File, ClusterError> {
        File::options()
            .append(true)
            .create(true)
            .open(&self.path)
            .map_err(ClusterError::io("open", &self.path))
    }

    /// Its length now, in bytes.
    pub(super) fn len(&self) -> u64 {
        fs::metadata(&self.path).map_or(0, |meta| meta.len())
    }

    /// Puts a large log aside. The server keeps its open file, so the text is copied and the file emptied.
    pub(super) fn trim(&self) {
        if self.len() > LARGEST {
            let done = fs::copy(&self.path, self.path.with_extension("log.1"))
                .and_then(|_| File::options().write(true).open(&self.path)?.set_len(0));
            if let Err(error) = done {
                tracing::warn!(%error, path = %self.path.display(), "the database's log could not be trimmed");
            }
        }
    }

    /// What was written after `start`, at most the last 2 KiB.
    pub(super) fn tail(&self, start: u64) -> String {
        tail(&self.path, start).unwrap_or_default()
    }
}

fn tail(path: &Path, start: u64) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let end = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(start.max(end.saturating_sub(EXCERPT)).min(end)))?;
    let mut bytes = Vec::new();
    file.take(EXCERPT).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_large_log_is_put_aside_and_the_writer_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let log = ServerLog::at(dir.path().join("server.log"));
        let mut writer = log.open().unwrap();
        writer.write_all(&vec![b'x'; LARGEST as usize + 1]).unwrap();
        log.trim();
        writer.write_all(b"next").unwrap();
        assert_eq!(log.len(), 4);
        assert_eq!(log.tail(0), "next");
        assert_eq!(fs::metadata(dir.path().join("server.log.1")).unwrap().len(), LARGEST + 1);
    }

    #[test]
    fn the_tail_starts_where_this_run_started() {
        let dir = tempfile::tempdir().unwrap();
        let log = ServerLog::at(dir.path().join("server.log"));
        assert_eq!(log.tail(0), "");
        let mut writer = log.open().unwrap();
        writer.write_all(b"old trouble\n").unwrap();
        let start = log.len();
        writer.write_all(b"new trouble\n").unwrap();
        assert_eq!(log.tail(start), "new trouble");
        writer.write_all(&[b'y'; 5000]).unwrap();
        assert_eq!(log.tail(start).len() as u64, EXCERPT);
    }
}
