//! Chooses the user that the server runs as.
//!
//! Postgres refuses to run as root. Under root the server runs as `postgres`, or as `nobody` if
//! that user does not exist. Existing data keeps its owner, so installing the package later locks
//! nobody out. The switch is `Command::uid`, which also drops root's supplementary groups.

use std::fs::{self, DirBuilder, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, lchown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::unistd::{Uid, User, geteuid};

use super::error::ClusterError;

/// The user that runs the server.
#[derive(Debug, Clone)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) uid: u32,
    gid: u32,
    /// We are root, so commands must switch to this user.
    switch: bool,
}

impl Account {
    /// Chooses the user for the data directory, which need not exist yet.
    pub(super) fn choose(data: &Path) -> Result<Self, ClusterError> {
        let me = geteuid();
        let owner = fs::metadata(data).ok().map(|meta| meta.uid());
        let user = match owner {
            Some(0) if me.is_root() => {
                return Err(ClusterError::WrongOwner {
                    dir: data.into(),
                    owner: 0,
                    user: "another user".into(),
                });
            }
            Some(owner) if me.is_root() => named(Uid::from_raw(owner))?,
            _ if me.is_root() => ["postgres", "nobody"]
                .into_iter()
                .find_map(|name| User::from_name(name).ok().flatten())
                .ok_or(ClusterError::NoAccount)?,
            _ => named(me)?,
        };
        let account = Self {
            name: user.name,
            uid: user.uid.as_raw(),
            gid: user.gid.as_raw(),
            switch: me.is_root(),
        };
        match owner {
            Some(owner) if owner != account.uid => {
                Err(ClusterError::WrongOwner { dir: data.into(), owner, user: account.name })
            }
            _ => Ok(account),
        }
    }

    /// The user of the tests.
    #[cfg(test)]
    pub(super) fn own() -> Self {
        let (uid, gid) = (geteuid().as_raw(), nix::unistd::getegid().as_raw());
        Self { name: "own".into(), uid, gid, switch: false }
    }

    /// A command that runs as this user, with an environment of `PATH` only.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().stdin(Stdio::null());
        // Fixed, so that nothing of our environment (LD_PRELOAD, PGDATA, LANG) reaches the server.
        command.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        if self.switch {
            command.uid(self.uid).gid(self.gid);
        }
        command
    }

    /// Creates a directory that only this user may enter. An existing one stays as it is.
    pub(super) fn private_dir(&self, path: &Path) -> Result<(), ClusterError> {
        match DirBuilder::new().mode(0o700).create(path) {
            Ok(()) if self.switch => lchown(path, Some(self.uid), Some(self.gid))
                .map_err(ClusterError::io("hand over", path)),
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                Err(ClusterError::io("create", path)(error))
            }
            _ => Ok(()),
        }
    }

    /// Makes a directory accessible to us only. If the server runs as another user, that user may
    /// pass through.
    pub(super) fn restrict_access(&self, dir: &Path) -> Result<(), ClusterError> {
        if self.switch {
            lchown(dir, Some(0), Some(0)).map_err(ClusterError::io("take over", dir))?;
        }
        let mode = if self.switch { 0o711 } else { 0o700 };
        fs::set_permissions(dir, Permissions::from_mode(mode))
            .map_err(ClusterError::io("close", dir))
    }

    /// Checks that this user may execute `program` and enter `dir`, by trying both. File modes
    /// alone do not tell: there are access lists, mounts and namespaces.
    pub(super) fn check_reach(&self, program: &Path, dir: &Path) -> Result<(), ClusterError> {
        if !self.may_run(program, Path::new("/")) {
            return Err(ClusterError::NotExecutable {
                user: self.name.clone(),
                program: program.into(),
            });
        }
        if self.may_run(program, dir) {
            return Ok(());
        }
        let mut path: Vec<&Path> = dir.ancestors().collect();
        path.reverse();
        let blocked =
            path.into_iter().find(|ancestor| !self.may_run(program, ancestor)).unwrap_or(dir);
        Err(ClusterError::Unreachable { user: self.name.clone(), blocked: blocked.into() })
    }

    /// Whether this user may enter `dir`.
    pub(super) fn may_enter(&self, dir: &Path) -> bool {
        self.may_run(Path::new("/bin/true"), dir)
    }

    fn may_run(&self, program: &Path, dir: &Path) -> bool {
        let run = self.command(program).arg("--version").current_dir(dir).output();
        !matches!(run, Err(error) if error.kind() == ErrorKind::PermissionDenied)
    }
}

fn named(uid: Uid) -> Result<User, ClusterError> {
    User::from_uid(uid).ok().flatten().ok_or(ClusterError::NoUserName { uid: uid.as_raw() })
}
