//! How other programs reach the news in the embedded database.
//!
//! The socket of the daemon lies in a directory that only its own user can enter, and gives the
//! rights of a superuser. So readers get a second socket in a directory of its own, which belongs
//! to a system group. Postgres cannot have other rules for the second socket than for the first. So
//! it asks the kernel who connects (`peer`): the owner of the cluster and root may be the daemon's
//! user, and all other users may only be readers. Which users reach the socket is
//! decided by the mode of the directory.
//!
//! The rule does not compare the name of a reader's Unix user with the name of the role. Inside the
//! systemd unit the server lives in a user namespace (`PrivateUsers=`), where all other users look
//! alike.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

use nix::unistd::Group;

use super::account::Account;
use super::error::ClusterError;
use super::files;
use super::layout::{Layout, PORT, fits};
use super::prepare::SUPERUSER;

/// The role that may read schema `news` and nothing else.
const READER: &str = "news_reader";

/// Mode of the directory of the readers' socket.
const DIR_MODE: u32 = 0o750;

/// How other programs may connect. By default only the cluster's owner can.
#[derive(Debug, Clone, Default)]
pub struct ReaderAccess {
    /// The directory of the readers' socket.
    pub socket_dir: Option<PathBuf>,
    /// The group that may enter it.
    pub group: String,
    /// Address for TCP, with passwords.
    pub listen: Option<SocketAddr>,
    /// The names of the roles that may connect, besides `news_reader`.
    pub roles: Vec<String>,
}

impl ReaderAccess {
    /// The port of all sockets of the server.
    pub(super) fn port(&self) -> u16 {
        self.listen.map_or(PORT, |listen| listen.port())
    }

    /// The value of `listen_addresses`.
    pub(super) fn listen_addresses(&self) -> String {
        self.listen.map(|listen| listen.ip().to_string()).unwrap_or_default()
    }

    /// Creates the directory of the readers' socket and hands it to the group. The daemon works
    /// without it, so a mistake is logged, and there is no socket for readers.
    pub(super) fn prepare_dir(&self, account: &Account) -> Option<PathBuf> {
        let dir = self.socket_dir.as_deref()?;
        match self.open_dir(dir, account) {
            Ok(dir) => Some(dir),
            Err(error) => {
                let dir = dir.display();
                tracing::warn!(%dir, %error, "no socket for readers (readers.socket_dir)");
                None
            }
        }
    }

    fn open_dir(&self, dir: &Path, account: &Account) -> io::Result<PathBuf> {
        let is_new = match DirBuilder::new().mode(DIR_MODE).create(dir) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
            Err(error) => return Err(error),
        };
        let dir = dir.canonicalize()?;
        if !fits(&dir) {
            let reason = "the path is too long for a socket, or has characters other than letters, \
                          digits and ./_-+@:";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        }
        if is_new {
            let group = self.group_id()?;
            chown(&dir, Some(account.uid), group)?;
            // The mask of the process may have taken the group's right away.
            fs::set_permissions(&dir, Permissions::from_mode(DIR_MODE))?;
        } else if fs::metadata(&dir)?.uid() != account.uid {
            let reason = format!("it belongs to another user than {}: remove it", account.name);
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, reason));
        }
        Ok(dir)
    }

    /// The group to give the directory to; `None` to leave it with our own.
    fn group_id(&self) -> io::Result<Option<u32>> {
        if self.group.is_empty() {
            return Ok(None);
        }
        match Group::from_name(&self.group) {
            Ok(Some(group)) => Ok(Some(group.gid.as_raw())),
            _ => Err(io::Error::new(
                io::ErrorKind::NotFound,
                format!(
                    "there is no group {}; create it with `groupadd --system {}`, or set \
                     readers.group",
                    self.group, self.group
                ),
            )),
        }
    }

    /// Writes `pg_hba.conf` and `pg_ident.conf`.
    pub(super) fn write(
        &self,
        layout: &Layout,
        account: &Account,
        is_shared: bool,
    ) -> Result<(), ClusterError> {
        let access = layout.host_based_access();
        let identities = layout.identities();
        files::replace(&access, &self.rules(is_shared), 0o644)
            .map_err(ClusterError::io("write", &access))?;
        files::replace(&identities, &self.map(&account.name), 0o644)
            .map_err(ClusterError::io("write", &identities))
    }

    /// The rules of `pg_hba.conf`. The first that fits a connection decides.
    fn rules(&self, is_shared: bool) -> String {
        let mut rules = vec![WRITTEN.to_owned()];
        if is_shared {
            rules.push(format!("local all {SUPERUSER} peer map=owner"));
            rules.push(format!("local all +{READER} peer map=reader"));
        } else {
            // Only the owner of the directory reaches the socket.
            rules.push("local all all trust".to_owned());
        }
        if let Some(listen) = self.listen {
            let from = if listen.ip().is_loopback() { "samehost" } else { "samenet" };
            rules.push(format!("host all +{READER} {from} scram-sha-256"));
        }
        rules.join("\n") + "\n"
    }

    /// The maps of `pg_ident.conf`.
    fn map(&self, owner: &str) -> String {
        let owners = [owner, "root"].map(|user| format!("owner {} {SUPERUSER}", quoted(user)));
        let roles = [READER].into_iter().chain(self.roles.iter().map(String::as_str));
        let readers = roles.map(|role| format!("reader /^.*$ {}", quoted(role)));
        let lines = [WRITTEN.to_owned()].into_iter().chain(owners).chain(readers);
        lines.map(|line| line + "\n").collect()
    }
}

const WRITTEN: &str = "# Written by wiresift at each start.";

/// A name in double quotes, as `pg_ident.conf` reads it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_cluster_trusts_its_socket_and_has_no_other() {
        let access = ReaderAccess::default();
        assert!(access.rules(false).ends_with("local all all trust\n"));
        assert_eq!((access.port(), access.listen_addresses().as_str()), (PORT, ""));
    }

    #[test]
    fn whoever_reaches_a_shared_socket_is_the_owner_or_a_reader() {
        let access = ReaderAccess {
            listen: Some("127.0.0.1:5433".parse().unwrap()),
            roles: vec!["analyst".into()],
            ..ReaderAccess::default()
        };
        let rules = access.rules(true);
        let rules: Vec<&str> = rules.lines().skip(1).collect();
        assert_eq!(
            rules,
            [
                "local all wiresift peer map=owner",
                "local all +news_reader peer map=reader",
                "host all +news_reader samehost scram-sha-256",
            ]
        );
        let map = access.map("news");
        let map: Vec<&str> = map.lines().skip(1).collect();
        assert_eq!(
            map,
            [
                "owner \"news\" wiresift",
                "owner \"root\" wiresift",
                "reader /^.*$ \"news_reader\"",
                "reader /^.*$ \"analyst\"",
            ]
        );
    }
}
