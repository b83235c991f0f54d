//! Compares the judgement of copies with pairs that people have judged (`tests/fixtures/README.md`).
//! The texts are not part of the project, because their publishers own them. `WIRESIFT_CORPORA`
//! names the folder that has them.
#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use chrono::{DateTime, NaiveDateTime, Utc};
use serde_json::Value;
use wiresift_dedup::copy::Agreement;
use wiresift_dedup::fingerprint::Fingerprinted;

#[test]
#[ignore = "needs the corpora: set WIRESIFT_CORPORA"]
fn pairs_read_by_hand() {
    let corpora = std::env::var_os("WIRESIFT_CORPORA")
        .expect("WIRESIFT_CORPORA names the folder of the corpora, as an absolute path");
    let corpus = Path::new(&corpora).join("dedup");
    let pairs = include_str!("../fixtures/pairs.jsonl");
    let pairs: Vec<Value> = pairs.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut articles: BTreeMap<String, Value> = BTreeMap::new();
    for set in ["nd_wire_helsinki", "nd_reuters21578", "nd_semireal"] {
        let lines = fs::read_to_string(corpus.join(set).join("articles.jsonl"))
            .expect("the set is in the folder that WIRESIFT_CORPORA names");
        articles.extend(lines.lines().map(|line| {
            let article: Value = serde_json::from_str(line).unwrap();
            (article["id"].as_str().unwrap().to_owned(), article)
        }));
    }
    let (mut right, mut wrong, mut missed, mut rest) = (0, 0, 0, 0);
    for pair in pairs.iter().filter(|pair| !pair["copy"].is_null()) {
        let [a, b] = ["a", "b"].map(|side| &articles[pair[side].as_str().unwrap()]);
        let text =
            |article: &Value, field: &str| article[field].as_str().unwrap_or_default().to_owned();
        let [one, other] = [a, b]
            .map(|article| Fingerprinted::of(&text(article, "title"), &text(article, "text")));
        let agreement = Agreement::of(&one.unwrap().fingerprint, &other.unwrap().fingerprint);
        let judged =
            agreement.is_copy(instant(&text(b, "published")) - instant(&text(a, "published")));
        match (judged, pair["copy"].as_bool().unwrap()) {
            (true, true) => right += 1,
            (false, false) => rest += 1,
            (judged, _) => {
                if judged {
                    wrong += 1;
                } else {
                    missed += 1;
                }
                println!("{} {pair} {agreement:?}", if judged { "wrong " } else { "missed" });
            }
        }
    }
    let precision = f64::from(right) / f64::from(right + wrong);
    let recall = f64::from(right) / f64::from(right + missed);
    println!(
        "precision {precision:.3}, recall {recall:.3}: {right} right, {wrong} wrong, \
         {missed} missed, {rest} rest"
    );
    assert!(precision >= 0.95, "precision {precision}");
    assert!(recall >= 0.55, "recall {recall}");
}

fn instant(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text)
        .map_or_else(|_| text.parse::<NaiveDateTime>().unwrap().and_utc(), |at| at.to_utc())
}
