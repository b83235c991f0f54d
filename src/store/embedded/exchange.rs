//! Puts the data of another version of Postgres in the place of the old, by renames.
//!
//! ```text
//! data  upgrade/        the upgrade is at work; the old data counts
//! data  data.upgraded   the new data is complete and checked; the old counts
//!       data.upgraded  data.replaced   in between; the new data counts
//! data  data.replaced   the new data counts
//! ```
//!
//! The process may be killed between any two steps. The next process that takes the lock finishes the
//! exchange or removes what is left of it, before it looks at the data.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::account::Account;
use super::error::ClusterError;
use super::files;
use super::layout::Layout;
use super::processes::end_leftovers;

/// The names of this protocol.
pub(super) struct Places<'a>(pub(super) &'a Layout);

impl Places<'_> {
    /// Where an upgrade works.
    pub(super) fn workshop(&self) -> PathBuf {
        self.0.root().join("upgrade")
    }

    /// The directory of the new cluster in the workshop.
    pub(super) fn new_cluster(&self) -> PathBuf {
        self.workshop().join("cluster")
    }

    fn upgraded(&self) -> PathBuf {
        self.0.root().join("data.upgraded")
    }

    fn replaced(&self) -> PathBuf {
        self.0.root().join("data.replaced")
    }

    /// The data that counts, also in the middle of an exchange.
    pub(super) fn present_data(&self) -> PathBuf {
        let (data, upgraded) = (self.0.data(), self.upgraded());
        if !data.exists() && upgraded.exists() { upgraded } else { data }
    }

    /// Finishes or undoes what was interrupted. The caller holds the lock of the cluster.
    pub(super) fn recover(&self, account: &Account) -> Result<(), ClusterError> {
        let (data, upgraded, replaced) = (self.0.data(), self.upgraded(), self.replaced());
        if !data.exists() {
            if upgraded.exists() {
                self.rename(&upgraded, &data)?;
            } else if replaced.exists() {
                self.rename(&replaced, &data)?;
            }
        }
        self.remove_workshop(account)?;
        for leftover in [upgraded, replaced] {
            remove(&leftover)?;
        }
        Ok(())
    }

    /// Removes the workshop, and ends a server that was left running there.
    pub(super) fn remove_workshop(&self, account: &Account) -> Result<(), ClusterError> {
        let cluster = self.new_cluster();
        if let Ok(Some(layout)) = Layout::existing(&cluster) {
            for data in [layout.data(), layout.staging()].iter().filter(|data| data.exists()) {
                end_leftovers(data, &layout.run(), account)?;
            }
        }
        remove(&self.workshop())
    }

    /// Makes the data of the new cluster ours. The old data is removed, or kept as `kept`.
    pub(super) fn exchange(&self, kept: Option<&Path>) -> Result<(), ClusterError> {
        let (data, upgraded, replaced) = (self.0.data(), self.upgraded(), self.replaced());
        self.rename(&self.new_cluster().join("data"), &upgraded)?;
        self.rename(&data, &replaced)?;
        self.rename(&upgraded, &data)?;
        match kept {
            Some(kept) => self.rename(&replaced, kept),
            None => remove(&replaced),
        }
    }

    /// Renames, and waits until the disk has it.
    fn rename(&self, from: &Path, to: &Path) -> Result<(), ClusterError> {
        fs::rename(from, to).map_err(ClusterError::io("rename", from))?;
        let root = self.0.root();
        File::open(root).and_then(|dir| dir.sync_all()).map_err(ClusterError::io("flush", root))
    }
}

fn remove(dir: &Path) -> Result<(), ClusterError> {
    if dir.symlink_metadata().is_err() {
        return Ok(());
    }
    tracing::info!(dir = %dir.display(), "removing what an upgrade of the database has left");
    files::remove_tree(dir).map_err(ClusterError::io("remove", dir))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The directories of a cluster, each with a file that says what it is.
    fn cluster(dirs: &[(&str, &str)]) -> (tempfile::TempDir, Layout) {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::claim(&dir.path().join("cluster")).unwrap();
        for (name, content) in dirs {
            let path = layout.root().join(name);
            fs::create_dir_all(&path).unwrap();
            fs::write(path.join("is"), content).unwrap();
        }
        (dir, layout)
    }

    fn left(layout: &Layout) -> Vec<String> {
        let entries = fs::read_dir(layout.root()).unwrap().flatten();
        let mut names: Vec<String> =
            entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn every_interruption_leaves_one_database() {
        let (new, old) = ("new", "old");
        for (state, counts) in [
            (vec![("data", old), ("upgrade/cluster/data", new)], old),
            (vec![("data", old), ("data.upgraded", new), ("upgrade/cluster", "")], old),
            (vec![("data.replaced", old), ("data.upgraded", new), ("upgrade/cluster", "")], new),
            (vec![("data", new), ("data.replaced", old)], new),
            (vec![("data.replaced", old)], old),
            (vec![("data", old)], old),
        ] {
            let (_dir, layout) = cluster(&state);
            let places = Places(&layout);
            let owner = places.present_data();
            assert!(owner.exists() || !layout.root().join("data.upgraded").exists());
            places.recover(&Account::own()).unwrap();
            let is = fs::read_to_string(layout.data().join("is")).unwrap();
            assert_eq!((is.as_str(), left(&layout)), (counts, vec!["data".into()]), "{state:?}");
        }
    }

    #[test]
    fn the_new_data_takes_the_place_and_the_old_is_kept_if_asked() {
        for keep in [false, true] {
            let (_dir, layout) = cluster(&[("data", "old"), ("upgrade/cluster/data", "new")]);
            let kept = layout.root().join("data.postgresql-15");
            Places(&layout).exchange(keep.then_some(kept.as_path())).unwrap();
            assert_eq!(fs::read_to_string(layout.data().join("is")).unwrap(), "new");
            assert_eq!(kept.exists(), keep);
            assert!(!layout.root().join("data.replaced").exists());
        }
    }
}
