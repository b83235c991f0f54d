//! Moves the embedded database to another major version of Postgres.
//!
//! Both versions run at once: the old one on the old data, the new one on an empty cluster in
//! `upgrade/`. A dump of everything goes from one to the other through a pipe. Then both are asked
//! for digests of all that a consumer can read, and only if they agree the new data takes the place
//! of the old (`exchange`). `pg_upgrade` would be faster, but it needs all programs of the old
//! version, and with links it makes the old data useless before the new is checked.
//!
//! The old version may be gone from the machine. Then its kept programs are used (`kept`).
//!
//! The whole work happens on the caller's thread, which must not end before it returns, see
//! `postmaster`.

mod contents;
mod tools;

use std::path::{Path, PathBuf};

use super::account::Account;
use super::binaries::{self, Server};
use super::error::ClusterError;
use super::exchange::Places;
use super::kept;
use super::layout::Layout;
use super::postmaster::Postmaster;
use super::prepare::{Prepared, data_major};
use super::readers::ReaderAccess;

use self::contents::Contents;
use self::tools::Tools;

/// What became of an upgrade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Upgraded {
    /// The data is of the newest installed version already.
    Already(u32),
    /// The data was moved.
    Moved {
        /// Major version before.
        from: u32,
        /// Major version now.
        to: u32,
        /// Where the old data is, if it was to be kept.
        kept: Option<PathBuf>,
    },
}

/// Moves the cluster in `dir` to the newest installed version, or to the one that `PG_BIN` names.
/// `tell` hears what is done at the moment.
pub fn upgrade(
    dir: &Path,
    keep_old: bool,
    tell: &mut dyn FnMut(&str),
) -> Result<Upgraded, ClusterError> {
    let layout = Layout::existing(dir)?.ok_or_else(|| ClusterError::NotOurs { dir: dir.into() })?;
    super::files::check_owner(layout.root())?;
    let places = Places(&layout);
    let account = Account::choose(&places.present_data())?;
    account.restrict_access(layout.root())?;
    let lock = layout.lock()?;
    places.recover(&account)?;
    let data = layout.data();
    let Some(from) = data_major(&data)? else {
        return Err(ClusterError::NoData { dir: layout.root().into() });
    };
    let server = binaries::find(None, None, &data)?;
    let to = server.major;
    if to == from {
        return Ok(Upgraded::Already(to));
    }
    if to < from {
        return Err(ClusterError::WrongMajor {
            dir: data,
            data: from.to_string(),
            found: to.to_string(),
        });
    }
    let kept = keep_old.then(|| layout.root().join(format!("data.postgresql-{from}")));
    if let Some(kept) = kept.as_ref().filter(|kept| kept.exists()) {
        return Err(ClusterError::KeptExists { dir: kept.clone() });
    }
    workshop(&places, &account)?;
    let old_server = match old_server(&layout, &account, from, to) {
        Ok(server) => server,
        Err(error) => {
            places.remove_workshop(&account)?;
            return Err(error);
        }
    };
    tell(&format!("reading with PostgreSQL {from}, writing with PostgreSQL {to}"));
    let private = ReaderAccess::default();
    let old = Prepared::ready(layout.clone(), old_server, account.clone(), lock, &private, true)?;
    let new_layout = Layout::claim(&places.new_cluster())?;
    account.restrict_access(new_layout.root())?;
    let new_lock = new_layout.lock()?;
    new_layout.take_ownership(&account)?;
    let new = Prepared::ready(new_layout, server, account, new_lock, &private, true)?;
    move_contents(&old, &new, tell)?;
    tell("putting the new data in the place of the old");
    new.release();
    places.exchange(kept.as_deref())?;
    places.remove_workshop(&old.account)?;
    old.release();
    Ok(Upgraded::Moved { from, to, kept })
}

/// Creates the directory that the upgrade works in, empty.
fn workshop(places: &Places<'_>, account: &Account) -> Result<(), ClusterError> {
    let dir = places.workshop();
    places.remove_workshop(account)?;
    std::fs::create_dir(&dir).map_err(ClusterError::io("create", &dir))?;
    account.restrict_access(&dir)
}

/// The programs that can read the old data: installed, or kept.
fn old_server(
    layout: &Layout,
    account: &Account,
    from: u32,
    to: u32,
) -> Result<Server, ClusterError> {
    if let Some(server) = binaries::installed().into_iter().find(|server| server.major == from) {
        return Ok(server);
    }
    let dir = Places(layout).workshop().join("programs");
    std::fs::create_dir(&dir).map_err(ClusterError::io("create", &dir))?;
    super::files::open_to_others(&dir).map_err(ClusterError::io("open", &dir))?;
    let kept = kept::unpack(layout, account, &dir, from)?;
    kept.ok_or_else(|| ClusterError::NoOldPrograms { dir: layout.root().into(), from, to })
}

/// Runs both servers, copies, and compares.
fn move_contents(
    old: &Prepared,
    new: &Prepared,
    tell: &mut dyn FnMut(&str),
) -> Result<(), ClusterError> {
    let mut old_running = Postmaster::launch(old, || false)?;
    let moved = Postmaster::launch(new, || false).and_then(|mut new_running| {
        let moved = copy_and_compare(&Tools { from: old, to: new }, tell);
        new_running.end();
        moved
    });
    old_running.end();
    moved
}

fn copy_and_compare(tools: &Tools<'_>, tell: &mut dyn FnMut(&str)) -> Result<(), ClusterError> {
    tools.copy_roles()?;
    let databases = tools.databases()?;
    for database in &databases {
        tell(&format!("copying database {database}"));
        tools.copy_database(database)?;
    }
    tell("collecting statistics");
    tools.collect_statistics()?;
    for database in &databases {
        tell(&format!("comparing database {database}"));
        tools.continue_history(database)?;
        let before = Contents::of(tools.from, tools.to, database)?;
        let after = Contents::of(tools.to, tools.to, database)?;
        if let Some(difference) = before.difference(&after) {
            return Err(ClusterError::UpgradeFailed {
                what: format!("the copy of database {database} differs"),
                message: difference,
            });
        }
    }
    Ok(())
}
