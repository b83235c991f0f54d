//! One run of the server: started, watched, stopped.
//!
//! Two kernel features are used. The server gets a process group of its own; otherwise the Ctrl-C
//! that asks the daemon to drain would stop the database first. And it gets a parent-death signal
//! (prctl(2)), so that `kill -9` of the daemon shuts the server down fast and cleanly. The
//! `setpriv` of util-linux sets that signal, because it must be set in the child and after the
//! change of user. The signal fires when the *thread* that started the server ends, so only the
//! supervisor starts it. Without `setpriv` the server keeps running, and the next start stops it.

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

/// How often the state of the server is checked.
const CHECK_EVERY: Duration = Duration::from_millis(5);

/// Time limits: fast shutdown, immediate shutdown, kill.
const STOP_SIGNALS: [(Signal, Duration); 3] = [
    (Signal::SIGINT, Duration::from_secs(25)),
    (Signal::SIGQUIT, Duration::from_secs(5)),
    (Signal::SIGKILL, Duration::from_secs(5)),
];

/// A running server, as a child process.
#[derive(Debug)]
pub(super) struct Postmaster {
    child: Child,
}

impl Postmaster {
    /// Starts the server and waits until it accepts connections. Recovery after a crash has no time
    /// limit; `given_up` is checked all the time.
    pub(super) fn launch(
        prepared: &Prepared,
        mut given_up: impl FnMut() -> bool,
    ) -> Result<Self, ClusterError> {
        let log = ServerLog::at(prepared.layout.log());
        let start = log.len();
        let mut postmaster = Self { child: spawn(prepared, &log)? };
        let data = prepared.layout.data();
        let mut wait = StartupWait::new();
        loop {
            if let Some(status) = postmaster.exited() {
                let output = log.tail(start);
                let message = if output.is_empty() { status.to_string() } else { output };
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
                return Err(ClusterError::Cancelled);
            }
            wait.wait();
        }
    }

    pub(super) fn pid(&self) -> i32 {
        self.child.id() as i32
    }

    /// The exit status, if it has ended.
    pub(super) fn exited(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Stops it, in order if possible, and returns when it has ended.
    pub(super) fn end(&mut self) {
        for (signal, wait) in STOP_SIGNALS {
            let _ = kill(Pid::from_raw(self.pid()), signal);
            let deadline = Instant::now() + wait;
            while Instant::now() < deadline {
                if self.exited().is_some() {
                    return;
                }
                sleep(CHECK_EVERY);
            }
            tracing::warn!(%signal, "the embedded database did not stop in time");
        }
    }
}

/// Waits a little, and logs every ten seconds.
struct StartupWait {
    next_log: Instant,
}

impl StartupWait {
    const LOG_EVERY: Duration = Duration::from_secs(10);

    fn new() -> Self {
        Self { next_log: Instant::now() + Self::LOG_EVERY }
    }

    fn wait(&mut self) {
        sleep(CHECK_EVERY);
        if Instant::now() >= self.next_log {
            tracing::info!("the embedded database is still recovering from an unclean shutdown");
            self.next_log = Instant::now() + Self::LOG_EVERY;
        }
    }
}

fn spawn(prepared: &Prepared, log: &ServerLog) -> Result<Child, ClusterError> {
    let postgres = prepared.server.program("postgres");
    let out = log.open()?;
    let err = out.try_clone().map_err(ClusterError::io("open", &prepared.layout.log()))?;
    let mut command = match setpriv(prepared) {
        Some(setpriv) => {
            let mut command = prepared.account.command(&setpriv);
            command.args(["--pdeathsig", "INT", "--"]).arg(&postgres);
            command
        }
        None => prepared.account.command(&postgres),
    };
    prepared.server.set_libraries(&mut command);
    command.args(configuration::arguments(&prepared.layout)).current_dir(prepared.layout.root());
    command.stdout(out).stderr(err).process_group(0);
    command.spawn().map_err(ClusterError::io("run", &postgres))
}

/// A `setpriv` that can set the signal. Not every implementation can.
fn setpriv(prepared: &Prepared) -> Option<PathBuf> {
    let able = |path: &&Path| {
        let mut command: Command = prepared.account.command(path);
        command
            .args(["--pdeathsig", "INT", "--"])
            .arg(prepared.server.program("postgres"))
            .arg("--version");
        prepared.server.set_libraries(&mut command);
        command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    let found = [Path::new("/usr/bin/setpriv"), Path::new("/bin/setpriv")].into_iter().find(able);
    if found.is_none() {
        tracing::warn!(
            "found no usable setpriv (util-linux): if this process is killed, its database server \
             keeps running until the next start"
        );
    }
    found.map(Path::to_path_buf)
}
