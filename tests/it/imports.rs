//! Who may name whom: the table of `src/lib.rs`, held here because the compiler cannot hold it inside one crate.

use std::fs;
use std::path::{Path, PathBuf};

const ROOMS: [(&str, &[&str]); 15] = [
    ("news", &[]),
    ("clock", &[]),
    ("units", &[]),
    ("extract", &["news"]),
    ("web", &["news"]),
    ("store", &["news"]),
    ("ingest", &["web", "store", "extract", "news", "clock"]),
    ("console", &["store", "news", "clock"]),
    ("callback", &["ingest", "news"]),
    ("telemetry", &[]),
    (
        "daemon",
        &["ingest", "console", "callback", "web", "store", "news", "clock", "config", "telemetry"],
    ),
    ("demo", &[]),
    ("config", &["console", "daemon", "ingest", "news", "store", "telemetry", "web"]),
    (
        "commands",
        &[
            "daemon",
            "demo",
            "ingest",
            "extract",
            "web",
            "store",
            "news",
            "clock",
            "config",
            "telemetry",
        ],
    ),
    ("main", &["commands", "config", "telemetry"]),
];

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The first path segment below the crate: `store/articles/plan.rs` is in `store`.
fn room_of(path: &Path, src: &Path) -> String {
    let first = path.strip_prefix(src).unwrap().components().next().unwrap();
    Path::new(first.as_os_str()).file_stem().unwrap().to_str().unwrap().to_owned()
}

#[test]
fn imports_go_down_only() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let mut faults = Vec::new();
    for file in &files {
        let room = room_of(file, &src);
        if room == "lib" {
            continue;
        }
        let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room) else {
            faults.push(format!("{}: the room {room} is not in the table", file.display()));
            continue;
        };
        let text = fs::read_to_string(file).unwrap();
        for (number, line) in text.lines().enumerate() {
            // Prose may point anywhere.
            let code = line.split("//").next().unwrap();
            for path in code.split("crate::").skip(1) {
                let named: String =
                    path.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let known = ROOMS.iter().any(|(name, _)| *name == named);
                if known && named != room && named != "units" && !allowed.contains(&named.as_str())
                {
                    faults.push(format!(
                        "{}:{}: {room} may not name {named}",
                        file.display(),
                        number + 1
                    ));
                }
            }
            if code.contains("super::super") {
                faults.push(format!(
                    "{}:{}: write crate:: across folders",
                    file.display(),
                    number + 1
                ));
            }
        }
    }
    assert!(files.len() > 50, "the sources were not found");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn only_their_rooms_speak_to_the_outside() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    // (what, the only rooms that may name it)
    let owners: [(&str, &[&str]); 5] = [
        ("feed_rs::", &["news"]),
        ("sqlx::", &["store"]),
        ("reqwest::", &["web"]),
        ("scraper::", &["extract"]),
        ("axum::", &["console", "callback", "demo"]),
    ];
    let mut faults = Vec::new();
    for file in &files {
        let room = room_of(file, &src);
        let text = fs::read_to_string(file).unwrap();
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap();
            for (name, rooms) in owners {
                if code.contains(name) && !rooms.contains(&room.as_str()) {
                    faults.push(format!(
                        "{}:{}: {room} may not name {name}",
                        file.display(),
                        number + 1
                    ));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
