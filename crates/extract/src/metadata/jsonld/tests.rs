use super::statement::Statement;
use super::{Facts, Witness, read};

fn facts(script: &str) -> Statement {
    let mut facts = Facts::default();
    read(script, &mut facts);
    facts.finish(&Witness::default());
    facts.article
}

#[test]
fn reads_graphs_arrays_and_single_objects() {
    let article = r#"{"@type":"NewsArticle","headline":"Tide","author":[{"name":"A B"},"C D"]}"#;
    for script in
        [article.to_owned(), format!("[{article}]"), format!("{{\"@graph\":[{article}]}}")]
    {
        let facts = facts(&script);
        assert_eq!(facts.headline.as_deref(), Some("Tide"));
        let names: Vec<&str> = facts.authors.iter().map(|author| author.name.as_str()).collect();
        assert_eq!(names, ["A B", "C D"]);
    }
}

#[test]
fn repairs_what_pages_break() {
    let facts = facts("{\"@type\":\"Article\",\"headline\":\"Two\nlines and \\'quotes\\'\",}");
    assert_eq!(facts.headline.as_deref(), Some("Two lines and 'quotes'"));
}

#[test]
fn half_a_surrogate_pair_costs_nothing() {
    let facts = facts(
        r#"{"@type":"NewsArticle","headline":"Tide \ud83d","datePublished":"2026-11-02",
            "author":"A B","isAccessibleForFree":false}"#,
    );
    assert_eq!(facts.headline.as_deref(), Some("Tide \u{FFFD}"));
    assert_eq!((facts.published.as_deref(), facts.is_free), (Some("2026-11-02"), Some(false)));
    assert_eq!(facts.authors.first().map(|author| author.name.as_str()), Some("A B"));
}

#[test]
fn what_is_stated_as_locked_is_locked_even_where_nothing_can_be_read() {
    for script in [
        r#"{"@type":"NewsArticle", headline "isAccessibleForFree" : "False" "#,
        r#"{"isAccessibleForFree":false, oops: {]"#,
    ] {
        assert_eq!(facts(script).is_free, Some(false), "{script}");
    }
    assert_eq!(facts(r#"{"isAccessibleForFree":true, oops: {]"#).is_free, None);
}

#[test]
fn another_article_does_not_lend_its_date() {
    let facts = facts(
        r#"[{"@type":"NewsArticle","headline":"Ours"},
            {"@type":"NewsArticle","headline":"Theirs","datePublished":"2020-01-01"}]"#,
    );
    assert_eq!((facts.headline.as_deref(), facts.published), (Some("Ours"), None));
}

#[test]
fn deep_nesting_ends() {
    let script = "[".repeat(5_000) + &"]".repeat(5_000);
    assert!(facts(&script).headline.is_none());
}
