//! Files in a directory that another user may have prepared.
//!
//! Root must not write through a link, since the file at its other end may be any file of the
//! system. So the owner of the directory is checked, and no link is followed. All files are closed
//! to other users: the log of the server quotes statements.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{Error, ErrorKind, Result, Write as _};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use nix::fcntl::OFlag;
use nix::unistd::geteuid;

use super::error::ClusterError;

/// Bits of a mode that let group and others write, and the sticky bit, which takes back the right
/// to replace the files of others.
const WRITABLE_BY_OTHERS: u32 = 0o022;
const STICKY: u32 = 0o1000;

/// Opens a regular file of ours. A link, a file with a second name and a file of another user are
/// refused. A new file is readable by us alone, and so is an old one from now on.
pub(super) fn open(path: &Path, options: &mut OpenOptions) -> Result<File> {
    let file = options.custom_flags(OFlag::O_NOFOLLOW.bits()).mode(0o600).open(path)?;
    let meta = file.metadata()?;
    // Root takes over the files of the user that ran the daemon before.
    let me = geteuid();
    let is_own = me.is_root() || meta.uid() == me.as_raw();
    let is_ours = meta.is_file() && meta.nlink() == 1 && is_own;
    if !is_ours {
        let reason = "it is a link, or belongs to another user: remove it";
        return Err(Error::new(ErrorKind::PermissionDenied, reason));
    }
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}

/// Replaces a file by a new one with this content and mode.
pub(super) fn replace(path: &Path, text: &str, mode: u32) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = open(path, OpenOptions::new().write(true).create_new(true))?;
    file.write_all(text.as_bytes())?;
    file.set_permissions(Permissions::from_mode(mode))
}

/// How often, and after which pause, a directory is removed again.
const REMOVALS: u32 = 100;
const REMOVAL_PAUSE: Duration = Duration::from_millis(100);

/// Removes a directory that a program of ours may still write to. If we are killed, `initdb` goes
/// on for a moment, and then it fails and removes its files itself.
pub(super) fn remove_tree(dir: &Path) -> Result<()> {
    let mut tries = 1;
    loop {
        let error = match fs::remove_dir_all(dir) {
            Ok(()) => return Ok(()),
            Err(_) if dir.symlink_metadata().is_err() => return Ok(()),
            Err(error) => error,
        };
        let is_passing =
            [ErrorKind::DirectoryNotEmpty, ErrorKind::NotFound].contains(&error.kind());
        if !is_passing || tries == REMOVALS {
            return Err(error);
        }
        tries += 1;
        sleep(REMOVAL_PAUSE);
    }
}

/// Lets every user enter a directory and read what lies there.
pub(super) fn open_to_others(dir: &Path) -> Result<()> {
    fs::set_permissions(dir, Permissions::from_mode(0o755))
}

/// Checks that nobody else has prepared the directory of a cluster, or can exchange it: it and its
/// parent belong to us or to root, and others may not write there. The directory may also belong to
/// the owner of the data in it, who runs the server anyway.
pub(super) fn check_owner(dir: &Path) -> std::result::Result<(), ClusterError> {
    let me = geteuid().as_raw();
    let meta = fs::symlink_metadata(dir).map_err(ClusterError::io("open", dir))?;
    let data = fs::symlink_metadata(dir.join("data")).ok().map(|data| data.uid());
    if meta.uid() != me && data != Some(meta.uid()) {
        return Err(ClusterError::ForeignDirectory { dir: dir.into(), owner: meta.uid() });
    }
    let Some(parent) = dir.parent() else { return Ok(()) };
    let meta = fs::symlink_metadata(parent).map_err(ClusterError::io("open", parent))?;
    let is_open = meta.mode() & WRITABLE_BY_OTHERS != 0 && meta.mode() & STICKY == 0;
    // The group of a user's own directories is often the user's alone.
    let is_foreign = ![0, me].contains(&meta.uid()) && data != Some(meta.uid());
    if is_foreign || (is_open && geteuid().is_root()) {
        return Err(ClusterError::ForeignDirectory { dir: parent.into(), owner: meta.uid() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_are_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let (victim, link) = (dir.path().join("victim"), dir.path().join("lock"));
        fs::write(&victim, "precious").unwrap();
        symlink(&victim, &link).unwrap();
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        assert!(open(&link, &mut options).is_err());
        fs::remove_file(&link).unwrap();
        fs::hard_link(&victim, &link).unwrap();
        assert!(open(&link, OpenOptions::new().append(true)).is_err());
        assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");

        replace(&link, "new", 0o640).unwrap();
        assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
        assert_eq!(fs::metadata(&link).unwrap().mode() & 0o777, 0o640);
    }

    #[test]
    fn files_are_closed_to_others() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("server.log");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o666)).unwrap();
        open(&path, OpenOptions::new().append(true)).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    }
}
