//! The server's settings: little memory, a Unix socket only, and only settings that this version of
//! Postgres accepts.

use std::path::Path;

use super::account::Account;
use super::binaries::Server;
use super::error::ClusterError;
use super::files;
use super::layout::Layout;
use super::readers::ReaderAccess;

/// Settings that not every build accepts. Each is tried before it is written.
const OPTIONAL: [(&str, &str); 2] = [
    ("wal_compression", "lz4"),
    // One flush of the file system at recovery, instead of one per file.
    ("recovery_init_sync_method", "syncfs"),
];

/// Settings of every cluster.
const COMMON: &[(&str, &str)] = &[
    ("timezone", "UTC"),
    ("log_timezone", "UTC"),
    ("lc_messages", "C"),
    // Compiling costs more than our short queries gain, and needs memory that is writable and
    // executable.
    ("jit", "off"),
    // This uses files in the data directory: /dev/shm is 64 MB in containers, and logind empties it
    // when a user logs out.
    ("dynamic_shared_memory_type", "mmap"),
    ("logging_collector", "off"),
    ("log_destination", "stderr"),
    ("log_line_prefix", "%m [%p] %d "),
    ("log_checkpoints", "off"),
    ("max_connections", "200"),
    // The daemon is a superuser. Readers cannot take its connections.
    ("superuser_reserved_connections", "40"),
    ("work_mem", "16MB"),
    ("maintenance_work_mem", "64MB"),
    ("effective_cache_size", "512MB"),
    // For solid-state disks.
    ("random_page_cost", "1.5"),
];

/// Settings of clusters that must survive a power failure.
const DURABLE: &[(&str, &str)] = &[
    ("shared_buffers", "128MB"),
    ("max_wal_size", "2GB"),
    ("checkpoint_completion_target", "0.9"),
];

/// Settings of temporary clusters. Commits still reach the kernel, so only a power failure loses
/// data.
const TEMPORARY: &[(&str, &str)] = &[
    ("shared_buffers", "64MB"),
    ("fsync", "off"),
    ("full_page_writes", "off"),
    ("wal_level", "minimal"),
    ("max_wal_senders", "0"),
    ("max_wal_size", "4GB"),
    ("checkpoint_timeout", "1d"),
];

/// Where the server listens.
pub(super) struct Listening<'a> {
    /// The directories of its sockets, ours first.
    pub(super) socket_dirs: Vec<&'a Path>,
    pub(super) readers: &'a ReaderAccess,
}

/// Writes `postgresql.conf`, without the settings that this server does not accept.
pub(super) fn write(
    layout: &Layout,
    server: &Server,
    account: &Account,
    listening: &Listening<'_>,
    durable: bool,
) -> Result<(), ClusterError> {
    let path = layout.configuration();
    let put = |optional: &[(&str, &str)]| {
        let text = render(layout, listening, durable, optional);
        // The server's user must be able to read it. It contains no secrets.
        files::replace(&path, &text, 0o644).map_err(ClusterError::io("write", &path))
    };
    put(&OPTIONAL)?;
    if accepts(layout, server, account) {
        return Ok(());
    }
    let mut taken = Vec::new();
    for setting in OPTIONAL {
        put(&[setting])?;
        if accepts(layout, server, account) {
            taken.push(setting);
        }
    }
    put(&taken)
}

/// The arguments that make a server use our data and settings.
pub(super) fn arguments(layout: &Layout) -> [String; 4] {
    let path = |path: &Path| path.to_string_lossy().into_owned();
    [
        "-D".into(),
        path(&layout.data()),
        "-c".into(),
        format!("config_file={}", path(&layout.configuration())),
    ]
}

/// Whether the server accepts its settings. It reads them without starting.
fn accepts(layout: &Layout, server: &Server, account: &Account) -> bool {
    let mut command = account.command(&server.program("postgres"));
    server.set_libraries(&mut command);
    command.args(arguments(layout)).args(["-C", "port"]).current_dir(layout.root());
    command.output().is_ok_and(|output| output.status.success())
}

fn render(
    layout: &Layout,
    listening: &Listening<'_>,
    durable: bool,
    optional: &[(&str, &str)],
) -> String {
    let mut text = String::from(
        "# Written by wiresift at each start. Put your own settings into tuning.conf beside it.\n",
    );
    let mut set = |name: &str, value: &str| text.extend([name, " = ", &quoted(value), "\n"]);
    let dirs = listening.socket_dirs.iter().map(|dir| dir.to_string_lossy());
    set("unix_socket_directories", &dirs.collect::<Vec<_>>().join(","));
    // The directories decide who reaches a socket.
    set("unix_socket_permissions", if listening.socket_dirs.len() > 1 { "0777" } else { "0700" });
    set("listen_addresses", &listening.readers.listen_addresses());
    set("port", &listening.readers.port().to_string());
    set("hba_file", &layout.host_based_access().to_string_lossy());
    set("ident_file", &layout.identities().to_string_lossy());
    let mode = if durable { DURABLE } else { TEMPORARY };
    for (name, value) in COMMON.iter().chain(mode).chain(optional) {
        set(name, value);
    }
    text.extend(["include_if_exists ", &quoted(&layout.tuning().to_string_lossy()), "\n"]);
    text
}

/// A quoted value in the syntax of the server's `guc-file.l`: backslashes escape, quotes are
/// doubled.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_and_the_operators_settings_come_last() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::claim(&dir.path().join("a b")).unwrap();
        let private = ReaderAccess::default();
        let listening = Listening { socket_dirs: vec![Path::new("/s")], readers: &private };
        let text = render(&layout, &listening, true, &[("jit_x", "it's \\")]);
        assert!(text.contains("jit_x = 'it''s \\\\'\n"), "{text}");
        assert!(text.contains("listen_addresses = ''\n"));
        assert!(text.contains("unix_socket_permissions = '0700'\n"));
        assert!(text.ends_with("/a b/tuning.conf'\n"), "{text}");
        assert!(!text.contains("fsync"));
        assert!(render(&layout, &listening, false, &[]).contains("fsync = 'off'"));
    }

    #[test]
    fn readers_have_a_socket_and_an_address_of_their_own() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::claim(&dir.path().join("cluster")).unwrap();
        let listen = Some("127.0.0.1:5433".parse().unwrap());
        let readers = ReaderAccess { listen, ..ReaderAccess::default() };
        let socket_dirs = vec![Path::new("/s"), Path::new("/run/news")];
        let text = render(&layout, &Listening { socket_dirs, readers: &readers }, true, &[]);
        assert!(text.contains("unix_socket_directories = '/s,/run/news'\n"), "{text}");
        assert!(text.contains("unix_socket_permissions = '0777'\n"));
        assert!(text.contains("listen_addresses = '127.0.0.1'\nport = '5433'\n"));
    }
}
