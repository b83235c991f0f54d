//! A copy of the server's programs, kept beside the data.
//!
//! Only the major version that wrote data can read it, and an upgrade of the distribution may take
//! that version away. So the daemon keeps what reading needs in one compressed file: `postgres`,
//! its modules, and the libraries that it is linked with. The C library is not among them, because
//! an old program runs with a newer one. Neither is `pg_dump`: the newer one reads older servers.

use std::fs::{self, File, Permissions};
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::account::Account;
use super::binaries::{Server, parse_major};
use super::error::ClusterError;
use super::files;
use super::layout::Layout;

/// The file, and while it is written.
const ARCHIVE: &str = "programs.tar.zst";
const PART: &str = "programs.tar.zst.part";

/// Entries of the archive: the version, and the folders of programs and libraries.
const VERSION: &str = "VERSION";
const PROGRAMS: &str = "root";
const LIBRARIES: &str = "libraries";

/// The level of compression. Higher ones take much longer and save little.
const LEVEL: i32 = 6;

/// Most bytes of an unpacked file. The largest is the data of ICU with 30 MB.
const FILE_BYTES: u64 = 256 << 20;

/// Parts of the C library, which belong to the system.
const SYSTEM: [&str; 10] = [
    "ld-linux",
    "linux-vdso",
    "libc.so",
    "libm.so",
    "libpthread.so",
    "libdl.so",
    "librt.so",
    "libresolv.so",
    "libutil.so",
    "libnss_",
];

/// Where builds put modules and data, seen from the directory of the programs.
const MODULES: [&str; 5] =
    ["../lib", "../lib/postgresql", "../lib64/pgsql", "../lib/pgsql", "../lib64"];
const SHARE: [&str; 5] = [
    "../share",
    "../share/postgresql",
    "../share/pgsql",
    "../../../../share/postgresql",
    "../../share",
];

/// Keeps the programs of this server, unless the same version is kept already.
pub(super) fn keep(layout: &Layout, server: &Server) -> io::Result<()> {
    let version = version_text(server)?;
    let archive = layout.root().join(ARCHIVE);
    if kept_version(&archive).is_some_and(|kept| kept == version) {
        return Ok(());
    }
    let part = layout.root().join(PART);
    files::replace(&part, "", 0o600)?;
    let file = files::open(&part, File::options().write(true))?;
    let mut tar = tar::Builder::new(zstd::Encoder::new(file, LEVEL)?);
    tar.follow_symlinks(true);
    let mut header = tar::Header::new_gnu();
    header.set_size(version.len() as u64);
    header.set_mode(0o644);
    tar.append_data(&mut header, VERSION, version.as_bytes())?;
    for path in programs(server)? {
        let name = Path::new(PROGRAMS).join(path.strip_prefix("/").unwrap_or(&path));
        tar.append_path_with_name(&path, name)?;
    }
    for (name, path) in libraries(&server.program("postgres"))? {
        tar.append_path_with_name(path, Path::new(LIBRARIES).join(name))?;
    }
    tar.into_inner()?.finish()?.sync_all()?;
    fs::rename(&part, &archive)
}

/// Unpacks the kept programs to `dir`, if they are of this major version.
pub(super) fn unpack(
    layout: &Layout,
    account: &Account,
    dir: &Path,
    major: u32,
) -> Result<Option<Server>, ClusterError> {
    let archive = layout.root().join(ARCHIVE);
    let is_right = kept_version(&archive).is_some_and(|text| parse_major(&text) == Some(major));
    if !is_right {
        return Ok(None);
    }
    let postgres = unpack_files(&archive, dir).map_err(ClusterError::io("unpack", &archive))?;
    let Some(bin_dir) = postgres.and_then(|path| path.parent().map(Path::to_path_buf)) else {
        return Ok(None);
    };
    let mut server = Server { bin_dir, major, libraries: None };
    // The system's own libraries are used if they still fit.
    if !runs(&server, account) {
        server.libraries = Some(dir.join(LIBRARIES));
    }
    if runs(&server, account) {
        return Ok(Some(server));
    }
    Err(ClusterError::KeptPrograms { archive, major })
}

fn runs(server: &Server, account: &Account) -> bool {
    let mut command = account.command(&server.program("postgres"));
    server.set_libraries(&mut command);
    command.arg("--version").output().is_ok_and(|output| output.status.success())
}

/// Unpacks regular files only. Returns the path of `postgres`.
fn unpack_files(archive: &Path, dir: &Path) -> io::Result<Option<PathBuf>> {
    let mut postgres = None;
    let mut tar = tar::Archive::new(zstd::Decoder::new(File::open(archive)?)?);
    for entry in tar.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        let is_plain =
            path.components().all(|part| matches!(part, std::path::Component::Normal(_)));
        if !is_plain || !entry.header().entry_type().is_file() {
            continue;
        }
        let to = dir.join(&path);
        create_dirs(dir, &path)?;
        let mut file = File::options().write(true).create_new(true).open(&to)?;
        io::copy(&mut entry.by_ref().take(FILE_BYTES), &mut file)?;
        file.set_permissions(Permissions::from_mode(0o755))?;
        if path.ends_with("bin/postgres") {
            postgres = Some(to);
        }
    }
    Ok(postgres)
}

/// Creates the directories of a file, which the server's user may enter whatever our mask is.
fn create_dirs(dir: &Path, path: &Path) -> io::Result<()> {
    let mut at = dir.to_path_buf();
    for part in path.parent().into_iter().flat_map(Path::components) {
        at.push(part);
        if !at.exists() {
            fs::create_dir(&at)?;
            fs::set_permissions(&at, Permissions::from_mode(0o755))?;
        }
    }
    Ok(())
}

fn version_text(server: &Server) -> io::Result<String> {
    let output = Command::new(server.program("postgres")).arg("--version").output()?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The version of an archive. Its first entry says it, so this reads only the beginning.
fn kept_version(archive: &Path) -> Option<String> {
    let mut tar = tar::Archive::new(zstd::Decoder::new(File::open(archive).ok()?).ok()?);
    let mut entry = tar.entries().ok()?.next()?.ok()?;
    let is_version = entry.path().is_ok_and(|path| path == Path::new(VERSION));
    let mut text = String::new();
    entry.by_ref().take(1000).read_to_string(&mut text).ok()?;
    is_version.then_some(text)
}

/// The files of the server, by their absolute paths. It finds the others from its own place.
fn programs(server: &Server) -> io::Result<Vec<PathBuf>> {
    let modules = folder(server, "--pkglibdir", &MODULES, "plpgsql.so")?;
    let share = folder(server, "--sharedir", &SHARE, "timezonesets")?;
    let mut found = vec![server.program("postgres")];
    for path in fs::read_dir(&modules)?.flatten().map(|entry| entry.path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // Compiling is off, and LLVM is larger than all the rest.
        if name.ends_with(".so") && !name.starts_with("llvmjit") && path.is_file() {
            found.push(path);
        }
    }
    for name in ["timezonesets", "tsearch_data", "timezone"] {
        list(&share.join(name), &mut found);
    }
    Ok(found)
}

/// A folder of the installation: what `pg_config` says, or the usual place that has `witness`.
fn folder(server: &Server, option: &str, usual: &[&str], witness: &str) -> io::Result<PathBuf> {
    let said = Command::new(server.program("pg_config")).arg(option).output();
    let said = said.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let major = server.major.to_string();
    let usual = usual.iter().map(|place| server.bin_dir.join(place));
    let usual = usual.flat_map(|place| [place.join(&major), place]);
    let mut places = said.ok().map(PathBuf::from).into_iter().chain(usual);
    let found = places.find(|place| place.is_absolute() && place.join(witness).exists());
    found.and_then(|place| place.canonicalize().ok()).ok_or_else(|| {
        let bin_dir = server.bin_dir.display();
        io::Error::new(io::ErrorKind::NotFound, format!("no {witness} belongs to {bin_dir}"))
    })
}

fn list(dir: &Path, found: &mut Vec<PathBuf>) {
    for path in fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            list(&path, found);
        } else if path.is_file() {
            found.push(path);
        }
    }
}

/// The libraries that a program is linked with, by their names: what the dynamic linker says.
fn libraries(program: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let output = Command::new(program).env("LD_TRACE_LOADED_OBJECTS", "1").output()?;
    Ok(parse_libraries(&String::from_utf8_lossy(&output.stdout)))
}

fn parse_libraries(text: &str) -> Vec<(String, PathBuf)> {
    let of_line = |line: &str| {
        let (name, path) = line.trim().split_once(" => ")?;
        let path = path.split(" (").next().filter(|path| path.starts_with('/'))?;
        let is_system = SYSTEM.iter().any(|part| name.starts_with(part));
        (!is_system && !name.contains('/')).then(|| (name.to_owned(), PathBuf::from(path)))
    };
    text.lines().filter_map(of_line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_libraries_of_the_system_stay_where_they_are() {
        let text = "\tlinux-vdso.so.1 (0x00007f)\n\tlibicuuc.so.72 => /lib/libicuuc.so.72 (0x0)\n\
                    \tlibc.so.6 => /lib/libc.so.6 (0x0)\n\t/lib64/ld-linux-x86-64.so.2 (0x0)\n\
                    \tlibgone.so.1 => not found\n";
        let found = parse_libraries(text);
        assert_eq!(found, [("libicuuc.so.72".into(), PathBuf::from("/lib/libicuuc.so.72"))]);
    }
}
