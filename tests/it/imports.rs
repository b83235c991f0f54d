//! Which module may import which: the table in the documentation of `src/lib.rs`, which the compiler
//! cannot check inside one crate.
//!
//! Sources are read as tokens, so grouped imports, paths in the middle of code, and macros count,
//! while comments and texts do not. What other crates may name is checked by Cargo.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};

/// What speaks to the outside, and the only modules that may name it.
const OUTSIDE: [(&str, &[&str]); 3] =
    [("sqlx", &["store"]), ("reqwest", &["http"]), ("axum", &["server", "console"])];

/// Module to the modules that it may name.
type Table = BTreeMap<String, BTreeSet<String>>;

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The rows `module  one, another` of the table in `src/lib.rs`.
fn table() -> Table {
    let text = fs::read_to_string(src().join("lib.rs")).unwrap();
    let imports = text.split("//! # Imports").nth(1).expect("lib.rs has the table");
    let rows = imports.split("//! ```").nth(1).expect("lib.rs has the table").lines().skip(1);
    let row = |line: &str| {
        let (module, allowed) = line.trim_start_matches("//! ").split_once("  ")?;
        let mut names: BTreeSet<String> =
            allowed.split(',').map(|name| name.trim().to_owned()).collect();
        if names.remove("nothing") {
            names.clear();
        }
        Some((module.to_owned(), names))
    };
    rows.filter_map(row).collect()
}

/// The sources with their paths as modules: `["store", "articles", "plan"]`.
fn sources(dir: &Path, found: &mut Vec<(PathBuf, Vec<String>)>) {
    for entry in fs::read_dir(dir).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let inside = path.strip_prefix(src()).unwrap().with_extension("");
            let mut module: Vec<String> =
                inside.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
            module.pop_if(|last| ["mod", "lib"].contains(&last.as_str()));
            found.push((path, module));
        }
    }
}

/// All paths that a piece of code in `module` names, with `crate`, `self` and `super` resolved: one of ours begins with
/// `crate`, and a foreign one with its crate.
fn paths(code: TokenStream, module: &[String], found: &mut BTreeSet<Vec<String>>) {
    let tokens: Vec<TokenTree> = code.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Group(group) => {
                let is_module = at >= 2 && is_word(&tokens[at - 2], "mod");
                match (is_module, &tokens[at.saturating_sub(1)]) {
                    (true, TokenTree::Ident(name)) => {
                        let inner = [module, &[name.to_string()]].concat();
                        paths(group.stream(), &inner, found);
                    }
                    _ => paths(group.stream(), module, found),
                }
                at += 1;
            }
            TokenTree::Ident(_) => at = path(&tokens, at, &[], module, found),
            _ => at += 1,
        }
    }
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(name) if name == word)
}

fn is_colons(tokens: &[TokenTree]) -> bool {
    let is_colon =
        |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(mark)) if mark.as_char() == ':');
    is_colon(0) && is_colon(1)
}

/// Reads a path that begins at `at`, the branches of a `use` tree too. Says where it ends.
fn path(
    tokens: &[TokenTree],
    mut at: usize,
    stem: &[String],
    module: &[String],
    found: &mut BTreeSet<Vec<String>>,
) -> usize {
    let mut path = stem.to_vec();
    while let Some(TokenTree::Ident(name)) = tokens.get(at) {
        path.push(name.to_string().trim_start_matches("r#").to_owned());
        at += 1;
        if !is_colons(&tokens[at..]) {
            break;
        }
        at += 2;
        if let Some(TokenTree::Group(group)) = tokens.get(at) {
            let branches: Vec<TokenTree> = group.stream().into_iter().collect();
            let mut next = 0;
            while next < branches.len() {
                next = match &branches[next] {
                    // `rows as lines` names `rows`.
                    branch if is_word(branch, "as") => next + 2,
                    TokenTree::Ident(_) => self::path(&branches, next, &path, module, found),
                    _ => next + 1,
                };
            }
            return at + 1;
        }
    }
    found.insert(resolved(&path, module));
    at
}

/// `super::rows::Row` in `store::articles::plan` is `crate::store::articles::rows::Row`.
fn resolved(path: &[String], module: &[String]) -> Vec<String> {
    let up = path.iter().take_while(|part| *part == "super").count();
    let from_self = usize::from(path.first().is_some_and(|part| part == "self"));
    if up + from_self == 0 {
        return path.to_vec();
    }
    let above = &module[..module.len() - up];
    [&["crate".to_owned()], above, &path[up + from_self..]].concat()
}

/// What each source file names.
fn named() -> Vec<(PathBuf, String, BTreeSet<Vec<String>>)> {
    let mut files = Vec::new();
    sources(&src(), &mut files);
    assert!(files.len() > 50, "the sources were not found");
    let read = |(file, module): (PathBuf, Vec<String>)| {
        let code: TokenStream = fs::read_to_string(&file).unwrap().parse().unwrap();
        let mut found = BTreeSet::new();
        paths(code, &module, &mut found);
        Some((file, module.first()?.clone(), found))
    };
    files.into_iter().filter_map(read).collect()
}

#[test]
fn imports_go_down_only() {
    let table = table();
    let mut faults = BTreeSet::new();
    for (file, module, paths) in named() {
        let Some(allowed) = table.get(&module) else {
            faults.insert(format!("{}: {module} is not in the table", file.display()));
            continue;
        };
        for path in paths.iter().filter(|path| path[0] == "crate" || path[0] == "wiresift") {
            let Some(other) = path.get(1).filter(|other| table.contains_key(*other)) else {
                continue;
            };
            if *other != module && other != "units" && !allowed.contains(other) {
                faults.insert(format!(
                    "{}: {module} may not name {}",
                    file.display(),
                    path.join("::")
                ));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.into_iter().collect::<Vec<_>>().join("\n"));
}

/// What may be named comes before what names it, in some order of all modules.
#[test]
fn the_table_has_no_circle_and_is_whole() {
    let mut rest = table();
    let modules: BTreeSet<String> = rest.keys().cloned().collect();
    for (module, allowed) in &rest {
        assert!(
            allowed.is_subset(&modules),
            "{module} names what is not in the table: {allowed:?}"
        );
    }
    let mut done = BTreeSet::new();
    while !rest.is_empty() {
        let free: Vec<String> = rest
            .iter()
            .filter(|(_, allowed)| allowed.is_subset(&done))
            .map(|(module, _)| module.clone())
            .collect();
        assert!(!free.is_empty(), "a circle among {:?}", rest.keys());
        rest.retain(|module, _| !free.contains(module));
        done.extend(free);
    }
    let used: BTreeSet<String> = named().into_iter().map(|(_, module, _)| module).collect();
    assert_eq!(modules, used, "the table has all modules and no other");
}

#[test]
fn only_their_modules_speak_to_the_outside() {
    let mut faults = BTreeSet::new();
    for (file, module, paths) in named() {
        for (outside, modules) in OUTSIDE {
            if !modules.contains(&module.as_str())
                && paths.iter().any(|path| path[0] == outside && path.len() > 1)
            {
                faults.insert(format!("{}: {module} may not name {outside}", file.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.into_iter().collect::<Vec<_>>().join("\n"));
}

#[test]
fn paths_are_found_however_they_are_written() {
    let code = r#"
        use crate::{store::{Store, rows as lines}, http};
        use super::super::lease;
        mod tests { use super::*; fn x() { self::y() } }
        /// Not crate::daemon.
        fn judge() { sqlx::query!("crate::config"); crate::clock::now().a::<crate::units::Unit>() }
    "#;
    let module = ["filing", "plan", "edges"].map(str::to_owned);
    let mut found = BTreeSet::new();
    paths(code.parse().unwrap(), &module, &mut found);
    let found: BTreeSet<String> =
        found.into_iter().filter(|path| path.len() > 1).map(|path| path.join("::")).collect();
    let wanted = [
        "crate::clock::now",
        "crate::filing::lease",
        "crate::filing::plan::edges",
        "crate::filing::plan::edges::tests::y",
        "crate::http",
        "crate::store::Store",
        "crate::store::rows",
        "crate::units::Unit",
        "sqlx::query",
    ];
    assert_eq!(found, wanted.map(str::to_owned).into());
}
