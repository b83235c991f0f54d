//! The file that keeps the state of the watch: `notices.json` in `storage.dir`.

use std::fs;
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use crate::notices::Watch;

/// A larger file is not ours.
const MAX_BYTES: u64 = 4 << 20;

/// Where the state is.
#[must_use]
pub fn path(storage: &Path) -> PathBuf {
    storage.join("notices.json")
}

/// Reads the state; an empty one if there is no file yet.
pub fn load(path: &Path) -> io::Result<Watch> {
    let file = match fs::File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Watch::default()),
        opened => opened?,
    };
    let mut text = String::new();
    file.take(MAX_BYTES).read_to_string(&mut text)?;
    serde_json::from_str(&text).map_err(io::Error::from)
}

/// Writes the state: a new file takes the place of the old one, so that a crash leaves one of them
/// whole.
pub fn save(path: &Path, watch: &Watch) -> io::Result<()> {
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir)?;
    }
    let new = path.with_extension("json.new");
    fs::write(&new, serde_json::to_string(watch)?)?;
    fs::rename(&new, path)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;
    use crate::notices::Observed;

    #[test]
    fn what_is_saved_is_loaded() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = path(&dir.path().join("state"));
        assert_eq!(load(&path).expect("no file yet"), Watch::default());
        let mut watch = Watch::default();
        let seen = Observed { outage: Some("away".to_owned()), ..Observed::default() };
        watch.look(&seen, DateTime::UNIX_EPOCH);
        watch.look(&seen, DateTime::UNIX_EPOCH + TimeDelta::minutes(9));
        assert_eq!(watch.open.len(), 1);
        save(&path, &watch).expect("saved");
        assert_eq!(load(&path).expect("loaded"), watch);
        fs::write(&path, "{").expect("written");
        assert!(load(&path).is_err());
    }
}
