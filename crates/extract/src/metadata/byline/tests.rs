use proptest::prelude::*;

use super::line::{alone, below_label, beside_date, owner, presented, told, writers};
use super::name::{Form, Kind, Name, names};
use crate::{Hints, Limits, Model, Page, extract};

fn people(names: Vec<Name>) -> Vec<String> {
    names.into_iter().filter(|name| name.kind == Kind::Person).map(|name| name.text).collect()
}

fn organisations(names: Vec<Name>) -> Vec<String> {
    let names = names.into_iter().filter(|name| name.kind == Kind::Organisation);
    names.map(|name| name.text).collect()
}

#[test]
fn bylines_become_names() {
    for (text, wanted) in [
        ("By Ann Able, Bob Baker and Cid Cole", &["Ann Able", "Bob Baker", "Cid Cole"][..]),
        ("Von Käthe Köhler", &["Käthe Köhler"]),
        ("Ann Able (aab)", &["Ann Able"]),
        ("Ann Able, MD, FAND", &["Ann Able"]),
        ("Ann Able, Chief Technology Officer", &["Ann Able"]),
        ("Ann Able The Associated Press", &["Ann Able"]),
        ("Ann Able | Staff Writer", &["Ann Able"]),
        ("J. R. Stone", &["J. R. Stone"]),
        ("J.R. Stone", &["J.R. Stone"]),
        // Initials, particles, suffixes and nicknames belong to the name.
        ("Mary E Jones", &["Mary E Jones"]),
        ("Li En Tong and Og Moor", &["Li En Tong", "Og Moor"]),
        ("Max von der Au und Jan de Wit", &["Max von der Au", "Jan de Wit"]),
        ("Ann Able, Jr. and Bob Baker III", &["Ann Able, Jr.", "Bob Baker III"]),
        ("Robert (Bob) Hall", &["Robert (Bob) Hall"]),
        ("José Ortega y Gasset", &["José Ortega y Gasset"]),
        ("JUAN Á. PEÑA Y LUZ MORA DÍAZ", &["JUAN Á. PEÑA", "LUZ MORA DÍAZ"]),
        // What is stuck to a name goes.
        ("By Ann Able December 5, 2026 at 6:15 pm", &["Ann Able"]),
        ("Ann Able in Port Town", &["Ann Able"]),
        ("Ann Able For The Sunday Gull", &["Ann Able"]),
        ("Von Ute Uhl Veröffentlicht am 6. November 2026", &["Ute Uhl"]),
        ("Ann Able\nAnn covers the harbour and likes engines.", &["Ann Able"]),
        ("Words: Ann Abelson. Photographs: Bob Baker", &["Ann Abelson"]),
        ("Words and photographs by Ann Able", &["Ann Able"]),
        ("Text von Ute Uhl Illustration von Max Au", &["Ute Uhl"]),
        ("Ann Able, London, Bob Baker", &["Ann Able", "Bob Baker"]),
        // One word is enough where a name is stated.
        ("Steffi", &["Steffi"]),
        ("Linny and Peter", &["Linny", "Peter"]),
        ("gullwatcher", &["gullwatcher"]),
        // Without capitals.
        ("【記者・山川花子】", &["山川花子"]),
        ("本报记者 王小明", &["王小明"]),
        ("홍길동 기자", &["홍길동"]),
        ("بقلم أحمد علي", &["أحمد علي"]),
    ] {
        assert_eq!(people(names(text, Form::Stated)), wanted, "{text}");
    }
}

#[test]
fn the_family_name_may_come_first() {
    for (text, wanted) in [
        ("Able, Ann", "Ann Able"),
        ("de Wit, Jan", "Jan de Wit"),
        ("Able, A. B.", "A. B. Able"),
        ("Ann Able, PhD", "Ann Able"),
        ("Ann Able", "Ann Able"),
    ] {
        assert_eq!(people(names(text, Form::Citation)), [wanted], "{text}");
    }
}

#[test]
fn organisations_are_no_people() {
    for (text, wanted) in [
        ("The Associated Press", &["The Associated Press"][..]),
        ("AFP, Reuters", &["AFP", "Reuters"]),
        ("Harbour Media Group", &["Harbour Media Group"]),
        ("Redaktion Küste", &["Redaktion Küste"]),
        ("The Gull", &["The Gull"]),
        ("herald.example", &["herald.example"]),
        ("AFP, MANILA", &["AFP"]),
    ] {
        let found = names(text, Form::Stated);
        assert_eq!(organisations(found.clone()), wanted, "{text}");
        assert_eq!(people(found), Vec::<String>::new(), "{text}");
    }
    let both = names("Ann Able and Bob Baker, Coast News", Form::Stated);
    assert_eq!(organisations(both.clone()), ["Coast News"]);
    assert_eq!(people(both), ["Ann Able", "Bob Baker"]);
}

#[test]
fn labels_roles_and_addresses_are_nobody() {
    for text in [
        "https://social.example/herald",
        "admin",
        "desk@herald.example",
        "Photo: Ann Able/Agency",
        "More about Ann »",
        "View my complete profile",
        "See full bio",
        "Guest Author",
        "Staff Writer",
        "December 5",
        "3 May 2026",
        "",
    ] {
        assert_eq!(people(names(text, Form::Stated)), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_line_says_who_wrote() {
    for (line, wanted) in [
        ("By Ann Able and Bob Baker | 3 May 2026", &["Ann Able", "Bob Baker"][..]),
        ("Von Klaus van der Berg, 3. Mai 2026", &["Klaus van der Berg"]),
        ("BY ANN ABLE", &["ANN ABLE"]),
        ("ByAnn Able", &["Ann Able"]),
        ("Datum: 3.11.2026 Autor: Ute Uhl", &["Ute Uhl"]),
        ("By Monday the road was open", &[]),
        ("Von Montag an gesperrt", &[]),
        ("Text Messages Show Delay", &[]),
        ("Ann Able", &[]),
    ] {
        assert_eq!(people(writers(line)), wanted, "{line}");
    }
}

#[test]
fn lines_with_a_name_and_little_else() {
    let text = |name: Option<Name>| name.map(|name| name.text);
    assert_eq!(text(beside_date("2 November 2026 - Ann Able")).as_deref(), Some("Ann Able"));
    assert_eq!(
        text(beside_date("Ann Able | Senior Writer | July 2, 2026")).as_deref(),
        Some("Ann Able")
    );
    assert_eq!(beside_date("Storm closes the road | July 2, 2026"), None);
    assert_eq!(text(alone("Ann Able")).as_deref(), Some("Ann Able"));
    assert_eq!(alone("Read more"), None);
    let line = "Ann Able is the harbour correspondent of the Gull.";
    assert_eq!(text(presented(line)).as_deref(), Some("Ann Able"));
    assert_eq!(presented("Ann Able is the tallest of the four sisters."), None);
}

#[test]
fn names_in_prose_below_labels_and_in_the_name_of_a_site() {
    let text = |name: Option<Name>| name.map(|name| name.text);
    let line = "This post was written by Ann Able, who sails on Sundays.";
    assert_eq!(text(told(line)).as_deref(), Some("Ann Able"));
    assert_eq!(told("The song was written by the harbour choir for Ann Able."), None);
    assert_eq!(text(below_label("Article by", "Ann Able")).as_deref(), Some("Ann Able"));
    assert_eq!(below_label("Winds by the hour", "Ann Able"), None);
    let line = "Ann Able | 05.04.2026 - Updated: 05.04.2026";
    assert_eq!(text(beside_date(line)).as_deref(), Some("Ann Able"));
    for (title, host, wanted) in [
        ("Ann Able's Blog | Storm closes the road", None, Some("Ann Able")),
        ("Storm – Ann Able’s Notes", Some("annable.example"), Some("Ann Able")),
        ("Ann Able's Notes", Some("herald.example"), None),
        ("Harbour Herald", Some("harbourherald.example"), None),
    ] {
        assert_eq!(text(owner(title, host)).as_deref(), wanted, "{title}");
    }
}

/// The authors of a page with these elements in its head and below its headline.
fn authors_of(head: &str, body: &str) -> Vec<String> {
    let prose =
        "<p>The coast road will stay closed for a week after the storm, the county said on \
                 Monday. Waves had washed away the foundations in three places.</p>"
            .repeat(3);
    let title = "Storm closes the coast road again";
    let page = format!(
        "<head><title>{title}</title>{head}</head><body><h1>{title}</h1>{body}{prose}</body>"
    );
    let page = Page { bytes: page.as_bytes(), url: None, content_type: None };
    let model = Model::embedded().unwrap();
    let now = chrono::DateTime::UNIX_EPOCH;
    extract(model, &page, &Hints::default(), now, &Limits::default()).article.byline
}

#[test]
fn what_is_marked_beside_a_name_is_no_author() {
    let author = "<span class=author>Ann Able</span>";
    for other in [
        "<span class=author-job>Print Managing Editor</span>",
        "<a class=author-link href=/x>Unsubscribe</a>",
        "<a class=author-link href=/x>Storm closes the coast road again</a>",
    ] {
        let body = format!("<p>{author}</p><p>{other}</p>");
        assert_eq!(authors_of("", &body), ["Ann Able"], "{other}");
    }
}

#[test]
fn comments_between_names_cut_no_byline_short() {
    let names =
        ["Ann Able", "Bob Baker", "Cid Cole", "Dan Dole", "Eve East", "Flo Ford", "Gus Gold"];
    let name = |name: &&str| format!("<!-- --><p><a class=author href=/p>{name}</a></p><!-- -->");
    let byline = names.iter().map(name).collect::<String>().replace('<', "<!-- --><!-- --><");
    assert_eq!(authors_of("", &format!("<div class=byline>{byline}</div>")), names);
}

#[test]
fn the_name_of_the_site_gives_way_to_that_of_a_person() {
    let site = "<meta property=og:site_name content=\"Coast Notes\">
                <meta name=author content=\"Coast Notes\">";
    assert_eq!(authors_of(site, "<p>By Ann Able</p>"), ["Ann Able"]);
    // Alone it may be a person's.
    assert_eq!(authors_of(site, ""), ["Coast Notes"]);
    // A first name alone gives way to the whole name.
    let first = "<meta name=author content=Ann>";
    assert_eq!(authors_of(first, "<p>Ann Able is the harbour correspondent.</p>"), ["Ann"]);
    let line = "<p>1 May 2026 | Ann Able</p>";
    assert_eq!(authors_of(first, line), ["Ann Able"]);
    // Each person is named once, whatever separates the parts of a name.
    let words = "der und Ma\\ von der Au, sdp\\ von der Au, sdpa2";
    let mut names = authors_of("", &format!("<p class=byline itemprop=author>{words}</p>"));
    names.extend(authors_of(&format!("<meta name=author content=\"{words}\">"), ""));
    assert_eq!(names, ["der Au", "der Au"]);
}

fn name() -> impl Strategy<Value = String> {
    let given = "[A-Z][a-z]{3,7}ow";
    let particle = prop_oneof![Just(""), Just("van "), Just("de "), Just("al-")];
    (given, prop_oneof![Just(String::new()), "[A-Z]\\. "], particle, "[A-Z][a-z]{3,7}ck").prop_map(
        |(given, initial, particle, family)| format!("{given} {initial}{particle}{family}"),
    )
}

proptest! {
    #[test]
    fn names_come_back(list in prop::collection::vec(name(), 1..5), and in 0_usize..5) {
        let mut wanted = list.clone();
        let mut seen: Vec<String> = Vec::new();
        wanted.retain(|name| {
            let is_new = !seen.contains(&name.to_lowercase());
            seen.push(name.to_lowercase());
            is_new
        });
        let (last, first) = wanted.split_last().unwrap();
        let and = [" and ", " und ", " et ", " & ", ", "][and];
        let text = if first.is_empty() {
            last.clone()
        } else {
            format!("{}{and}{last}", first.join(", "))
        };
        prop_assert_eq!(people(names(&text, Form::Stated)), wanted.clone());
        prop_assert_eq!(people(writers(&format!("By {text} | 3 May 2026"))), wanted);
    }

    #[test]
    fn any_text_is_read_twice_alike(text in "\\PC{0,120}", other in "[A-Za-z,.;:&()\n -]{0,120}") {
        for text in [text, other] {
            for form in [Form::Stated, Form::Citation, Form::Marked, Form::Line] {
                let found = names(&text, form);
                prop_assert!(found.len() <= 16);
                prop_assert_eq!(&found, &names(&text, form));
                for name in &found {
                    prop_assert!(!name.text.trim().is_empty());
                    prop_assert!(!name.text.contains(['\n', '<', '|', ';']));
                }
            }
            let _ = (writers(&text), presented(&text), beside_date(&text), alone(&text));
            let _ = (told(&text), below_label(&text, &text), owner(&text, Some(&text)));
        }
    }
}
