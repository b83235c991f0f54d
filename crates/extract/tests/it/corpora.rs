//! Extraction measured on pages with gold texts. The pages are not part of the project, because their publishers own
//! them: `WIRESIFT_CORPORA` names the folder that holds them, and these tests are ignored unless asked for.

use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::extract::extracted;

/// A file or folder of the corpora for extraction.
fn corpus(name: &str) -> PathBuf {
    let root = std::env::var_os("WIRESIFT_CORPORA")
        .expect("WIRESIFT_CORPORA names the folder of the corpora, as an absolute path");
    let path = Path::new(&root).join("extraction").join(name);
    assert!(path.exists(), "{} is missing", path.display());
    path
}

struct Gold {
    id: String,
    url: Option<String>,
    title: String,
    body: String,
}

fn golds(set: &Path) -> Vec<Gold> {
    let text = std::fs::read_to_string(set.join("gold.jsonl")).unwrap();
    let golds = text.lines().map(|line| {
        let gold: serde_json::Value = serde_json::from_str(line).unwrap();
        let word = |key: &str| gold[key].as_str().unwrap_or_default().to_owned();
        Gold {
            id: word("id"),
            url: gold["url"].as_str().map(str::to_owned),
            title: word("title"),
            body: word("body"),
        }
    });
    golds.collect()
}

fn page_text(set: &Path, gold: &Gold) -> String {
    let file = std::fs::File::open(set.join("pages").join(format!("{}.html.gz", gold.id))).unwrap();
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(file).read_to_end(&mut bytes).unwrap();
    extracted(&bytes, gold.url.as_deref()).article.text()
}

/// Multiset of runs of four words, as the `ScrapingHub` article benchmark counts them.
fn shingles(text: &str) -> HashMap<Vec<&str>, i64> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let words: Vec<&str> =
        text.split(|c: char| !is_word(c)).filter(|word| !word.is_empty()).collect();
    let mut counts = HashMap::new();
    if !words.is_empty() && words.len() < 4 {
        counts.insert(words, 1);
        return counts;
    }
    for window in words.windows(4) {
        *counts.entry(window.to_vec()).or_insert(0) += 1;
    }
    counts
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

#[test]
#[ignore = "needs the corpora: set WIRESIFT_CORPORA"]
fn modern_news_is_read_well() {
    let set = corpus("news424");
    let (mut precision, mut recall) = (Vec::new(), Vec::new());
    for gold in golds(&set) {
        let text = page_text(&set, &gold);
        let (wanted, found) = (shingles(&gold.body), shingles(&text));
        let hits: i64 = wanted.iter().map(|(run, n)| *n.min(found.get(run).unwrap_or(&0))).sum();
        assert!(!found.is_empty(), "{} came back empty", gold.id);
        precision.push(hits as f64 / found.values().sum::<i64>() as f64);
        recall.push(hits as f64 / wanted.values().sum::<i64>() as f64);
    }
    let (p, r) = (mean(&precision), mean(&recall));
    let f1 = 2.0 * p * r / (p + r);
    assert!(f1 >= 0.93, "F1 {f1:.3}, precision {p:.3}, recall {r:.3}");
}

#[test]
#[ignore = "needs the corpora: set WIRESIFT_CORPORA"]
fn no_boilerplate_of_the_seed_sites_gets_in() {
    let residue = std::fs::read_to_string(corpus("residue.txt")).unwrap();
    let patterns: Vec<String> = residue
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| format!("^(?i:{line})$"))
        .collect();
    let patterns = regex::RegexSetBuilder::new(patterns).size_limit(200 << 20).build().unwrap();
    for set in ["seedsites", "seedsites_bare"] {
        let set = corpus(set);
        for gold in golds(&set) {
            let known: HashSet<&str> =
                gold.body.lines().chain([gold.title.as_str()]).map(str::trim).collect();
            for line in
                page_text(&set, &gold).lines().map(str::trim).filter(|line| !line.is_empty())
            {
                let is_residue =
                    line.chars().count() <= 200 && patterns.is_match(line) && !known.contains(line);
                assert!(!is_residue, "{}: {line}", gold.id);
            }
        }
    }
}
