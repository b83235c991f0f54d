//! The programs of the new version, run on both servers.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;

use crate::store::embedded::error::ClusterError;
use crate::store::embedded::prepare::{Prepared, SUPERUSER};

/// Names of databases that a restore that was killed has left.
const LEFTOVERS: [&str; 2] = ["wiresift_restored", "wiresift_replaced"];

/// The administrator's database, which every cluster has from the start.
const ADMINISTRATION: &str = "postgres";

/// Two running servers.
pub(super) struct Tools<'a> {
    pub(super) from: &'a Prepared,
    pub(super) to: &'a Prepared,
}

impl Tools<'_> {
    /// Copies roles with their passwords and memberships. Those that `initdb` has made exist, which
    /// is no failure; the comparison tells whether one is missing.
    pub(super) fn copy_roles(&self) -> Result<(), ClusterError> {
        let mut dump = self.new_program("pg_dumpall", self.from, ADMINISTRATION);
        dump.args(["--roles-only", "--no-password"]);
        let mut load = self.new_program("psql", self.to, ADMINISTRATION);
        load.args(["-X", "-q", "-o", "/dev/null"]);
        pipe(&mut dump, &mut load, "the roles could not be copied")
    }

    /// The databases with contents.
    pub(super) fn databases(&self) -> Result<Vec<String>, ClusterError> {
        let statement = "SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate
                         ORDER BY datname";
        let names = query(self.from, self.to, ADMINISTRATION, statement)?;
        Ok(names.lines().filter(|name| !LEFTOVERS.contains(name)).map(str::to_owned).collect())
    }

    /// Copies a database with its settings and rights.
    pub(super) fn copy_database(&self, database: &str) -> Result<(), ClusterError> {
        let mut dump = self.new_program("pg_dump", self.from, database);
        dump.args(["--format=custom", "--compress=0", "--no-password"]);
        let mut load = self.new_program("pg_restore", self.to, ADMINISTRATION);
        load.args(["--exit-on-error", "--no-password"]);
        if database != ADMINISTRATION {
            load.arg("--create");
        }
        pipe(&mut dump, &mut load, &format!("database {database} could not be copied"))
    }

    pub(super) fn collect_statistics(&self) -> Result<(), ClusterError> {
        let mut command = self.new_program("vacuumdb", self.to, ADMINISTRATION);
        command.args(["--all", "--analyze-only", "--quiet", "--no-password"]);
        run(&mut command, "statistics could not be collected").map(drop)
    }

    /// The change log goes on: nothing was lost, and the old data is never used again. So consumers
    /// must not be told that the database was restored.
    pub(super) fn continue_history(&self, database: &str) -> Result<(), ClusterError> {
        let known = "SELECT to_regprocedure('news.generation()') IS NOT NULL";
        if query(self.from, self.to, database, known)? != "t" {
            return Ok(());
        }
        let generation =
            query(self.from, self.to, database, "SELECT coalesce(news.generation(), 0)::bigint")?;
        let statement = format!(
            "UPDATE wiresift.change_head SET generation = {generation},
                 origin = wiresift.present_origin(), system = wiresift.present_system()
             WHERE origin IS NOT NULL"
        );
        query(self.to, self.to, database, &statement).map(drop)
    }

    fn new_program(&self, name: &str, server: &Prepared, database: &str) -> Command {
        program(self.to, name, server, database)
    }
}

/// A program of `programs` that connects to a database of `server`.
fn program(programs: &Prepared, name: &str, server: &Prepared, database: &str) -> Command {
    let mut command = server.account.command(&programs.server.program(name));
    command.arg("--host").arg(&server.socket_dir);
    command.args(["--port", &server.port.to_string(), "--username", SUPERUSER]);
    // `pg_dumpall` and `vacuumdb` would take a name for one among all.
    let option = match name {
        "pg_dumpall" => "--database",
        "vacuumdb" => "--maintenance-db",
        _ => "--dbname",
    };
    command.arg(option).arg(database).current_dir(Path::new("/"));
    command
}

/// What a statement answers, without alignment.
pub(super) fn query(
    server: &Prepared,
    programs: &Prepared,
    database: &str,
    statement: &str,
) -> Result<String, ClusterError> {
    let mut command = program(programs, "psql", server, database);
    command.args(["-XAtq", "-v", "ON_ERROR_STOP=1"]);
    let failed = failure("a question to the database failed");
    let mut ask = || -> std::io::Result<Output> {
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn()?;
        let (input, statement) = (child.stdin.take(), statement.to_owned());
        // The answers may come before the last question was taken.
        thread::spawn(move || input.map(|mut input| input.write_all(statement.as_bytes())));
        child.wait_with_output()
    };
    let output = ask().map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(said(&output)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

fn run(command: &mut Command, what: &str) -> Result<Output, ClusterError> {
    let failed = failure(what);
    let output = command.output().map_err(|error| failed(error.to_string()))?;
    if output.status.success() { Ok(output) } else { Err(failed(said(&output))) }
}

/// Runs both programs, the output of one being the input of the other.
fn pipe(from: &mut Command, to: &mut Command, what: &str) -> Result<(), ClusterError> {
    let failed = failure(what);
    let spawn = |command: &mut Command| {
        command.stderr(Stdio::piped()).spawn().map_err(|error| failed(error.to_string()))
    };
    let mut source = spawn(from.stdout(Stdio::piped()))?;
    if let Some(stream) = source.stdout.take() {
        to.stdin(stream);
    }
    let reader = spawn(to.stdout(Stdio::null()));
    // Our end of the pipe is in the command, and has to go for the source to notice its reader's.
    to.stdin(Stdio::null());
    // Neither says more than a pipe holds before it ends.
    let loaded =
        reader.and_then(|reader| reader.wait_with_output().map_err(|it| failed(it.to_string())));
    let dumped = source.wait_with_output().map_err(|error| failed(error.to_string()))?;
    let loaded = loaded?;
    let complaints: Vec<String> =
        [&dumped, &loaded].into_iter().filter(|it| !it.status.success()).map(said).collect();
    if complaints.is_empty() { Ok(()) } else { Err(failed(complaints.join("; "))) }
}

fn failure(what: &str) -> impl Fn(String) -> ClusterError {
    let what = what.to_owned();
    move |message| ClusterError::UpgradeFailed { what: what.clone(), message }
}

fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> =
        text.lines().map(str::trim).filter(|it| !it.is_empty()).take(6).collect();
    if lines.is_empty() { output.status.to_string() } else { lines.join("; ") }
}
