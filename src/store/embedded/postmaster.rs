//! One run of the server: launched, watched, ended.
//!
//! Two things are asked of the kernel. The server gets a process group of its own, or the Ctrl-C that asks the
//! daemon to drain would take the database away first. And it gets a parent-death signal (prctl(2)), so that
//! `kill -9` of the daemon is a fast, clean shutdown of the server; that signal is set by util-linux' `setpriv`,
//! because it has to be set after the change of user and in the child. It fires when the *thread* that launched
//! ends, so only the keeper launches. Without `setpriv` the server stays behind and the next start ends it.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::configuration;
use super::error::ClusterError;
use super::prepare::Prepared;
use super::processes::PidFile;
use super::server_log::ServerLog;

/// How often we look whether the server is ready, or gone.
const LOOK: Duration = Duration::from_millis(5);

/// How long each way of ending may take: fast shutdown, immediate shutdown, kill.
const ENDINGS: [(Signal, Duration); 3] = [
    (Signal::SIGINT, Duration::from_secs(25)),
    (Signal::SIGQUIT, Duration::from_secs(5)),
    (Signal::SIGKILL, Duration::from_secs(5)),
];

/// A running server, our child.
#[derive(Debug)]
pub(super) struct Postmaster {
    child: Child,
}

impl Postmaster {
    /// Launches the server and waits until it takes connections. Recovery after a crash takes what it takes: there
    /// is no time limit, but `given_up` is asked all along.
    pub(super) fn launch(
        prepared: &Prepared,
        mut given_up: impl FnMut() -> bool,
    ) -> Result<Self, ClusterError> {
        let log = ServerLog::at(prepared.layout.log());
        let start = log.len();
        let mut postmaster = Self { child: spawn(prepared, &log)? };
        let data = prepared.layout.data();
        let mut patience = Patience::new();
        loop {
            if let Some(status) = postmaster.exited() {
                let said = log.tail(start);
                let message = if said.is_empty() { status.to_string() } else { said };
                return Err(ClusterError::StartFailed {
                    dir: prepared.layout.root().into(),
                    message,
                });
            }
            if PidFile::read(&data).is_some_and(|file| file.ready && file.pid == postmaster.pid()) {
                return Ok(postmaster);
            }
            if given_up() {
                postmaster.end();
                return Err(ClusterError::Abandoned);
            }
            patience.wait();
        }
    }

    pub(super) fn pid(&self) -> i32 {
        self.child.id() as i32
    }

    /// How it ended, if it has.
    pub(super) fn exited(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Ends it, in order if it can be; returns when it has gone.
    pub(super) fn end(&mut self) {
        for (signal, patience) in ENDINGS {
            let _ = kill(Pid::from_raw(self.pid()), signal);
            let deadline = Instant::now() + patience;
            while Instant::now() < deadline {
                if self.exited().is_some() {
                    return;
                }
                sleep(LOOK);
            }
            tracing::warn!(%signal, "the embedded database does not end");
        }
    }
}

/// Waits a little, and says so every ten seconds.
struct Patience {
    next_word: Instant,
}

impl Patience {
    const WORD: Duration = Duration::from_secs(10);

    fn new() -> Self {
        Self { next_word: Instant::now() + Self::WORD }
    }

    fn wait(&mut self) {
        sleep(LOOK);
        if Instant::now() >= self.next_word {
            tracing::info!("the embedded database is still recovering from its last end");
            self.next_word = Instant::now() + Self::WORD;
        }
    }
}

fn spawn(prepared: &Prepared, log: &ServerLog) -> Result<Child, ClusterError> {
    let postgres = prepared.server.program("postgres");
    let out = log.open()?;
    let err = out.try_clone().map_err(ClusterError::io("open", &prepared.layout.log()))?;
    let mut command = match death_signaller(prepared) {
        Some(setpriv) => {
            let mut command = prepared.account.command(&setpriv);
            command.args(["--pdeathsig", "INT", "--"]).arg(&postgres);
            command
        }
        None => prepared.account.command(&postgres),
    };
    command.args(configuration::arguments(&prepared.layout)).current_dir(prepared.layout.root());
    command.stdout(out).stderr(err).process_group(0);
    command.spawn().map_err(ClusterError::io("run", &postgres))
}

/// A `setpriv` that can set the signal: other implementations of the program can not.
fn death_signaller(prepared: &Prepared) -> Option<PathBuf> {
    let able = |path: &&Path| {
        let mut command: Command = prepared.account.command(path);
        command
            .args(["--pdeathsig", "INT", "--"])
            .arg(prepared.server.program("postgres"))
            .arg("--version");
        command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    let found = [Path::new("/usr/bin/setpriv"), Path::new("/bin/setpriv")].into_iter().find(able);
    if found.is_none() {
        tracing::warn!(
            "no usable setpriv (util-linux) here: a database server that a kill leaves behind is ended at the next start"
        );
    }
    found.map(Path::to_path_buf)
}
