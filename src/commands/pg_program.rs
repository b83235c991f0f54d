//! Runs `pg_dump` and `pg_restore` with a stream of ours, and tells what they said.

use std::env;
use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};

use anyhow::{Context as _, anyhow, bail};
use indicatif::{ProgressBar, ProgressStyle};
use url::Url;

/// Bytes that are copied at once.
const CHUNK: usize = 256 << 10;

/// Most bytes of what a program says that are kept.
const SAID_BYTES: u64 = 16 << 10;

/// A database as these programs connect to it.
pub(super) struct Target {
    url: String,
    password: Option<String>,
    is_embedded: bool,
}

impl Target {
    /// A database of the embedded server.
    pub(super) fn embedded(url: String) -> Self {
        Self { url, password: None, is_embedded: true }
    }

    /// The database of `database.url`. Its password is handed over in the environment, because
    /// everybody on the machine can read the arguments of a process.
    pub(super) fn server(url: &str) -> anyhow::Result<Self> {
        let mut url = Url::parse(url).context("database.url is not an address")?;
        let parameters: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let (secret, plain): (Vec<_>, Vec<_>) =
            parameters.into_iter().partition(|(name, _)| name == "password");
        let written = url.password().map(decoded);
        let password = secret.into_iter().next().map(|(_, value)| value).or(written);
        let _ = url.set_password(None);
        url.set_query(None);
        if !plain.is_empty() {
            url.query_pairs_mut().extend_pairs(plain);
        }
        Ok(Self { url: url.into(), password, is_embedded: false })
    }

    /// The program with this database.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.arg("--dbname").arg(&self.url);
        if self.is_embedded {
            // They are meant for other servers.
            let others = env::vars_os().map(|(name, _)| name).filter(is_connection_variable);
            others.for_each(|name| {
                command.env_remove(name);
            });
        }
        command
            .env("PGAPPNAME", "wiresift")
            .envs(self.password.iter().map(|it| ("PGPASSWORD", it)));
        command
    }
}

fn decoded(text: &str) -> String {
    let pair = format!("p={}", text.replace('+', "%2B"));
    let value = url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into());
    value.unwrap_or_default()
}

fn is_connection_variable(name: &OsString) -> bool {
    name.as_encoded_bytes().starts_with(b"PG")
}

/// Runs the program and copies what it writes. Fails if the program does.
pub(super) fn read_from(
    command: &mut Command,
    to: &mut dyn Write,
    bar: &ProgressBar,
) -> anyhow::Result<u64> {
    let mut child = spawn(command.stdin(Stdio::null()).stdout(Stdio::piped()))?;
    let said = listen(&mut child)?;
    let mut from = child.stdout.take().context("the program has no output")?;
    let copied = copy(&mut from, to, bar);
    // If nobody takes the output, the program ends by itself.
    drop(from);
    let ended = ended(command, child, said);
    let bytes = copied.map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => anyhow!("nobody reads the output, so it is not complete"),
        _ => anyhow::Error::new(error).context("cannot write"),
    })?;
    ended.map(|()| bytes)
}

/// Runs the program and copies to its input. Fails if the program does.
pub(super) fn write_to(
    command: &mut Command,
    from: &mut dyn Read,
    bar: &ProgressBar,
) -> anyhow::Result<()> {
    let mut child = spawn(command.stdin(Stdio::piped()).stdout(Stdio::null()))?;
    let said = listen(&mut child)?;
    let mut to = child.stdin.take().context("the program has no input")?;
    let copied = copy(from, &mut to, bar);
    drop(to);
    // Why the program ended explains best why it took no more.
    ended(command, child, said)?;
    copied.map(drop).context("cannot read the backup")
}

fn spawn(command: &mut Command) -> anyhow::Result<Child> {
    let program = command.get_program().to_owned();
    command
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run {}", program.display()))
}

/// Collects what the program says, so that it never waits for us.
fn listen(child: &mut Child) -> anyhow::Result<JoinHandle<String>> {
    let mut stderr = child.stderr.take().context("the program has no standard error")?;
    Ok(thread::spawn(move || {
        let mut said = Vec::new();
        let _ = stderr.by_ref().take(SAID_BYTES).read_to_end(&mut said);
        let _ = io::copy(&mut stderr, &mut io::sink());
        String::from_utf8_lossy(&said).into_owned()
    }))
}

fn ended(command: &Command, mut child: Child, said: JoinHandle<String>) -> anyhow::Result<()> {
    let status = child.wait()?;
    let said = said.join().unwrap_or_default();
    if status.success() {
        return Ok(());
    }
    let lines: Vec<&str> =
        said.lines().map(str::trim).filter(|line| !line.is_empty()).take(6).collect();
    let name = Path::new(command.get_program()).file_name().unwrap_or_default();
    if lines.is_empty() {
        bail!("{}: {status}", name.display());
    }
    bail!("{}", lines.join("; "))
}

fn copy(from: &mut dyn Read, to: &mut dyn Write, bar: &ProgressBar) -> io::Result<u64> {
    let mut buffer = vec![0; CHUNK];
    let mut bytes = 0;
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        to.write_all(buffer.get(..read).unwrap_or_default())?;
        bytes += read as u64;
        bar.inc(read as u64);
    }
    to.flush()?;
    Ok(bytes)
}

/// A progress bar on standard error, if that is a terminal.
pub(super) fn progress(template: &str, length: Option<u64>) -> anyhow::Result<ProgressBar> {
    if !io::stderr().is_terminal() {
        return Ok(ProgressBar::hidden());
    }
    let bar = length.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    Ok(bar.with_style(ProgressStyle::with_template(template)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_among_the_arguments() {
        for url in [
            "postgres://news:s%40cret+1@db.example/news?sslmode=require",
            "postgres://news@db.example/news?password=s%40cret%2B1&sslmode=require",
        ] {
            let target = Target::server(url).unwrap();
            assert_eq!(target.url, "postgres://news@db.example/news?sslmode=require");
            assert_eq!(target.password.as_deref(), Some("s@cret+1"));
        }
    }

    #[test]
    fn a_program_that_fails_is_quoted() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo half; echo it broke >&2; exit 3"]);
        let mut out = Vec::new();
        let error = read_from(&mut command, &mut out, &ProgressBar::hidden()).unwrap_err();
        assert_eq!((error.to_string().as_str(), out.as_slice()), ("it broke", &b"half\n"[..]));
        let mut command = Command::new("sh");
        command.args(["-c", "exit 3"]);
        let mut input = &vec![0; 1 << 20][..];
        let error = write_to(&mut command, &mut input, &ProgressBar::hidden()).unwrap_err();
        assert_eq!(error.to_string(), "sh: exit status: 3");
    }
}
