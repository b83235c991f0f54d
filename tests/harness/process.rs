//! The real program as a process of its own: started, read, signalled, killed.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

/// Logs what each page came to.
pub(crate) const EACH_PAGE: (&str, &str) =
    ("WIRESIFT__LOG__LEVEL", "info,wiresift::pipeline=debug");

/// A directory with configuration, feed list and database.
pub(crate) struct Home {
    dir: TempDir,
}

impl Home {
    /// Made for haste: no spacing to speak of, polls all the time. In memory where there is room for a database.
    pub(crate) fn new(extra: &str) -> Self {
        let memory = Path::new("/dev/shm");
        let free = nix::sys::statvfs::statvfs(memory)
            .map_or(0, |fs| fs.blocks_available() * fs.fragment_size());
        let parent = if free >= 2 << 30 { memory.to_path_buf() } else { std::env::temp_dir() };
        let dir = TempDir::with_prefix_in("wiresift-process-", parent).unwrap();
        // The server's user has to reach its files.
        fs::set_permissions(dir.path(), Permissions::from_mode(0o711)).unwrap();
        let home = Self { dir };
        home.configure(extra);
        home.lists(&[]);
        home
    }

    /// Writes the configuration; `extra` comes first and may open sections of its own after its keys.
    pub(crate) fn configure(&self, extra: &str) {
        let storage = self.dir.path().join("state");
        let text = format!(
            "[storage]\ndir = \"{}\"\n[feeds]\nfiles = [\"feeds.txt\"]\n[console]\nlisten = \"off\"\n\
             [http]\nallow_networks = [\"127.0.0.0/8\", \"::1/128\"]\ntimeout = \"20s\"\n\
             [site]\nspacing = \"2ms\"\n[poll]\nevery = \"300ms\"\nmin_every = \"200ms\"\nmax_every = \"600ms\"\n\
             [log]\nformat = \"text\"\nlevel = \"info\"\n{extra}",
            storage.display()
        );
        fs::write(self.config(), text).unwrap();
    }

    pub(crate) fn lists(&self, urls: &[String]) {
        self.lists_text(&urls.join("\n"));
    }

    pub(crate) fn lists_text(&self, text: &str) {
        self.write("feeds.txt", text);
    }

    /// Writes a file beside the configuration.
    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.dir.path().join(name), text).unwrap();
    }

    /// Where the embedded database lies.
    pub(crate) fn cluster(&self) -> PathBuf {
        self.dir.path().join("state/postgres")
    }

    fn config(&self) -> PathBuf {
        self.dir.path().join("wiresift.toml")
    }

    /// Starts the program.
    pub(crate) fn start(&self, args: &[&str], environment: &[(&str, &str)]) -> Process {
        self.launch(Command::new(env!("CARGO_BIN_EXE_wiresift")), args, environment)
    }

    /// Starts the program from a shell in which a process may open so many files at first.
    pub(crate) fn start_with_files(
        &self,
        files: u64,
        args: &[&str],
        environment: &[(&str, &str)],
    ) -> Process {
        let mut shell = Command::new("sh");
        shell.args(["-c", "ulimit -Sn \"$0\" && exec \"$@\"", &files.to_string()]);
        shell.arg(env!("CARGO_BIN_EXE_wiresift"));
        self.launch(shell, args, environment)
    }

    fn launch(&self, mut command: Command, args: &[&str], environment: &[(&str, &str)]) -> Process {
        for name in [
            "DATABASE_URL",
            "RUST_LOG",
            "WIRESIFT_LOG",
            "WIRESIFT_CONFIG",
            "NOTIFY_SOCKET",
            "JOURNAL_STREAM",
        ] {
            command.env_remove(name);
        }
        command.arg("--config").arg(self.config()).args(args).envs(environment.iter().copied());
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines: Arc<Mutex<Vec<String>>> = Arc::default();
        let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let readers = vec![collect(out, &lines), collect(err, &lines)];
        Process { child, lines, readers }
    }
}

fn collect(from: impl Read + Send + 'static, lines: &Arc<Mutex<Vec<String>>>) -> JoinHandle<()> {
    let lines = Arc::clone(lines);
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            lines.lock().unwrap().push(line);
        }
    })
}

/// A running program. Dropping it kills it.
pub(crate) struct Process {
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
    readers: Vec<JoinHandle<()>>,
}

impl Process {
    pub(crate) fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).unwrap()
    }

    /// A field of its /proc/PID/status, in MB: `VmRSS` is resident memory, `VmHWM` its peak.
    pub(crate) fn memory(&self, field: &str) -> u64 {
        let text = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(field)).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) / 1024
    }

    /// How many files it may open, and how many it may ask for.
    pub(crate) fn files(&self) -> (u64, u64) {
        let text = fs::read_to_string(format!("/proc/{}/limits", self.pid())).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with("Max open files")).unwrap_or_default();
        let mut numbers = line.split_whitespace().filter_map(|word| word.parse().ok());
        (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid()), signal).unwrap();
    }

    /// Whether it still runs.
    pub(crate) fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Kills it if it still runs; says whether it did.
    pub(crate) fn kill_9(mut self) -> bool {
        let ran = self.runs();
        self.child.kill().unwrap();
        let status = self.child.wait().unwrap();
        ran && status.signal() == Some(9)
    }

    /// What it has said so far.
    pub(crate) fn said(&self) -> String {
        self.lines.lock().unwrap().join("\n")
    }

    /// Waits until it has said something so many times.
    pub(crate) async fn says(&mut self, words: &str, times: usize) {
        self.says_within(Duration::from_mins(2), words, times).await;
    }

    /// The same, for what it says late.
    pub(crate) async fn says_within(&mut self, most: Duration, words: &str, times: usize) {
        let deadline = Instant::now() + most;
        loop {
            let runs = self.runs();
            if self.said().matches(words).count() >= times {
                return;
            }
            assert!(
                runs && Instant::now() < deadline,
                "never said {words:?} {times} times:\n{}",
                self.said()
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits for its end; the limit only tells "never" from "not yet".
    pub(crate) async fn ended(mut self) -> (ExitStatus, String) {
        let deadline = Instant::now() + Duration::from_mins(3);
        while self.runs() {
            assert!(Instant::now() < deadline, "does not end:\n{}", self.said());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let status = self.child.wait().unwrap();
        self.readers.drain(..).for_each(|reader| reader.join().unwrap());
        (status, self.said())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
