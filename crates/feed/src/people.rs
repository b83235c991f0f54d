//! The names of people, from the forms in which feeds write them.
//!
//! RSS asks for an e-mail address with the name in brackets, programs write the name before the
//! address, an accounting name, a line of the page (`By …`), a link, or JSON. What is left of those
//! is the name. What names nobody (`noreply`, `admin`) is none.

use serde_json::Value;

/// Words that stand where a name is missing. In lower case, sorted.
const NOBODY: &[&str] = &[
    "admin",
    "administrator",
    "anonymous",
    "author",
    "donotreply",
    "n/a",
    "no reply",
    "no-reply",
    "nobody",
    "none",
    "noreply",
    "null",
    "undefined",
    "unknown",
    "webmaster",
];

/// Words before a name that are no part of it, each with a blank after it.
const BEFORE: &[&str] =
    &["by ", "von ", "par ", "por ", "door ", "written by ", "posted by ", "text: ", "author: "];

/// Words between two names.
const BETWEEN: &[&str] = &[" and ", " & ", " und ", " et ", " y ", " e ", " en "];

/// The names in the first of these lists that has any.
pub(super) fn names<const N: usize>(lists: [Vec<String>; N]) -> Vec<String> {
    let of_list = |list: Vec<String>| list.iter().flat_map(|text| named(text)).collect::<Vec<_>>();
    lists.into_iter().map(of_list).find(|names| !names.is_empty()).unwrap_or_default()
}

/// The names in one text.
fn named(text: &str) -> Vec<String> {
    let text = text.trim();
    if text.starts_with(['[', '{'])
        && let Ok(value) = serde_json::from_str(text)
    {
        return of_json(&value);
    }
    let parts = text.split(';').flat_map(parted);
    parts.filter_map(person).collect()
}

/// The names in JSON that was put where a name belongs.
fn of_json(value: &Value) -> Vec<String> {
    match value {
        Value::String(name) => person(name).into_iter().collect(),
        Value::Array(all) => all.iter().flat_map(of_json).collect(),
        Value::Object(all) => all.get("name").map(of_json).unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// Two names that a word joins. Each has a first and a last name, so `Smith and Sons` is one.
fn parted(text: &str) -> Vec<&str> {
    let parts = BETWEEN.iter().find_map(|word| text.split_once(word));
    let is_whole = |name: &str| {
        let mut words = name.split_whitespace().filter(|word| !word.eq_ignore_ascii_case("by"));
        let is_name = |word: &str| word.chars().next().is_some_and(char::is_uppercase);
        words.clone().count() >= 2 && words.all(is_name)
    };
    match parts {
        Some((one, other)) if is_whole(one) && is_whole(other) => vec![one, other],
        _ => vec![text],
    }
}

/// One name from `jane@example.com (Jane Doe)`, `Jane Doe <jane@example.com>`, `By Jane Doe`.
/// `None` for an e-mail address alone.
fn person(text: &str) -> Option<String> {
    let bare = match (text.split_once('('), text.split_once('<')) {
        (Some((before, inside)), _) if before.contains('@') => {
            inside.split(')').next().unwrap_or_default()
        }
        (Some((before, inside)), _) if inside.contains('@') => before,
        (_, Some((before, inside))) if inside.contains('@') => before,
        _ => text,
    };
    let words: Vec<&str> = bare.split_whitespace().filter(|word| !word.contains('@')).collect();
    let name = words.join(" ");
    let name = without_word_before(&name);
    let name = name.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | ',' | '<' | '>'));
    let is_nobody = NOBODY.binary_search(&name.to_lowercase().as_str()).is_ok();
    let has_letter = name.chars().any(char::is_alphabetic);
    (has_letter && !is_nobody).then(|| name.to_owned())
}

fn without_word_before(name: &str) -> &str {
    let starts = |word: &&&str| {
        let head = name.get(..word.len());
        // `Von Trapp` and `Por Favor` are names; `by` and its like are written small or alone.
        head.is_some_and(|head| {
            head == **word || (head.eq_ignore_ascii_case(word) && is_sure(word))
        })
    };
    let word = BEFORE.iter().find(starts);
    let rest = word.and_then(|word| name.get(word.len()..)).unwrap_or(name);
    if rest.trim().is_empty() { name } else { rest }
}

/// Whether a word before a name can be no part of one, however it is written.
fn is_sure(word: &str) -> bool {
    word.contains("by ") || word.contains(':')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn people_are_named_in_many_forms() {
        for (text, name) in [
            ("jane@example.com (Jane Doe)", "Jane Doe"),
            ("Jane Doe <jane@example.com>", "Jane Doe"),
            ("Jane Doe (jane@example.com)", "Jane Doe"),
            ("Jane Doe jane@example.com", "Jane Doe"),
            ("\"Jane Doe\" <jane@example.com>", "Jane Doe"),
            ("Jane Doe (Berlin)", "Jane Doe (Berlin)"),
            ("By Jane Doe", "Jane Doe"),
            ("BY JANE DOE", "JANE DOE"),
            ("von Jana Dorn", "Jana Dorn"),
            ("Von Trapp", "Von Trapp"),
            ("By", "By"),
            ("[{\"name\":\"Jane Doe\"}]", "Jane Doe"),
            ("{\"name\":[\"Jane Doe\"]}", "Jane Doe"),
            ("[sic] Jane Doe", "[sic] Jane Doe"),
            ("Smith and Sons", "Smith and Sons"),
            ("The Gazette", "The Gazette"),
        ] {
            assert_eq!(named(text), [name], "{text}");
        }
        assert_eq!(named("Jane Doe and John Roe"), ["Jane Doe", "John Roe"]);
        assert_eq!(named("By Jane Doe & John Roe"), ["Jane Doe", "John Roe"]);
        assert_eq!(named("Jane Doe; John Roe"), ["Jane Doe", "John Roe"]);
    }

    #[test]
    fn nobody_is_none() {
        for text in [
            "",
            "jane@example.com",
            "jane@example.com ()",
            "noreply@example.com (noreply)",
            "noreply@example.com (Unknown)",
            "Admin",
            "-",
            "<no-reply>",
        ] {
            assert_eq!(named(text), [""; 0], "{text}");
        }
        assert!(NOBODY.is_sorted());
    }

    #[test]
    fn those_who_contributed_count_where_no_author_has_a_name() {
        let lists = |first: &str| [vec![first.to_owned()], vec!["John Roe".to_owned()]];
        assert_eq!(names(lists("noreply@example.com")), ["John Roe"]);
        assert_eq!(names(lists("Jane Doe")), ["Jane Doe"]);
    }

    proptest! {
        #[test]
        fn a_name_stays_what_it_is(first in "[A-Z][a-z]{2,8}", last in "[A-Z][a-z]{2,8}") {
            let name = format!("{first} {last}");
            prop_assume!(person(&name).is_some() && !name.starts_with("By "));
            for text in [name.clone(), format!("x@a.example ({name})"), format!("{name} <x@a.example>")] {
                prop_assert_eq!(named(&text), vec![name.clone()]);
            }
        }

        #[test]
        fn any_text_is_read(text in "\\PC{0,40}") {
            let _ = named(&text);
        }
    }
}
