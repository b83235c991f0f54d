//! The server's log file, limited in size.
//!
//! The server appends to a file of its own and not to a pipe of ours, because it must be able to
//! write while it shuts down after our death. The supervisor rotates the file.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::error::ClusterError;
use super::files;

/// Size, in bytes, at which the log is moved to `server.log.1`, which it replaces. So both together
/// hold at most twice this.
const MAX_BYTES: u64 = 8 << 20;

/// Bytes of the end of the log that are quoted in an error.
const EXCERPT_BYTES: u64 = 2048;

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
        files::open(&self.path, File::options().append(true).create(true))
            .map_err(ClusterError::io("open", &self.path))
    }

    pub(super) fn len(&self) -> u64 {
        fs::metadata(&self.path).map_or(0, |meta| meta.len())
    }

    /// Rotates a large log. The server keeps its file open, so the text is copied and the file
    /// truncated.
    pub(super) fn rotate(&self) {
        if self.len() > MAX_BYTES
            && let Err(error) = self.copy_and_truncate()
        {
            let path = self.path.display();
            tracing::warn!(%error, %path, "the log of the embedded database cannot be rotated");
        }
    }

    fn copy_and_truncate(&self) -> std::io::Result<()> {
        let mut log = files::open(&self.path, File::options().read(true).write(true))?;
        let old = self.path.with_extension("log.1");
        files::replace(&old, "", 0o600)?;
        std::io::copy(&mut log, &mut files::open(&old, File::options().write(true))?)?;
        log.set_len(0)
    }

    /// What was written after `start`, at most the last 2 KiB.
    pub(super) fn tail(&self, start: u64) -> String {
        tail(&self.path, start).unwrap_or_default()
    }
}

fn tail(path: &Path, start: u64) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let end = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(start.max(end.saturating_sub(EXCERPT_BYTES)).min(end)))?;
    let mut bytes = Vec::new();
    file.take(EXCERPT_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_large_log_is_rotated_and_the_writer_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let log = ServerLog::at(dir.path().join("server.log"));
        let mut writer = log.open().unwrap();
        writer.write_all(&vec![b'x'; MAX_BYTES as usize + 1]).unwrap();
        log.rotate();
        writer.write_all(b"next").unwrap();
        assert_eq!(log.len(), 4);
        assert_eq!(log.tail(0), "next");
        assert_eq!(fs::metadata(dir.path().join("server.log.1")).unwrap().len(), MAX_BYTES + 1);
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
        assert_eq!(log.tail(start).len() as u64, EXCERPT_BYTES);
    }
}
