//! What comes out as HTML and text: nothing but the few elements of our own, whatever the page was.

use chrono::DateTime;
use proptest::prelude::*;
use url::Url;
use wiresift_extract::article::{Article, Piece};
use wiresift_extract::{Hints, Limits, Model, Page, extract, render};

const ALLOWED: [&str; 13] =
    ["p", "h2", "h3", "h4", "ul", "ol", "li", "blockquote", "pre", "a", "em", "strong", "br"];

fn article(html: &str) -> Article {
    let url = Url::parse("https://observer.example/a").unwrap();
    let page = Page {
        bytes: html.as_bytes(),
        url: Some(&url),
        content_type: Some("text/html; charset=utf-8"),
    };
    let model = Model::embedded().unwrap();
    extract(model, &page, &Hints::default(), DateTime::UNIX_EPOCH, &Limits::default()).article
}

/// What is wrong with a piece of HTML: an element, an attribute or an address that nobody should be given.
fn faults(html: &str) -> Vec<String> {
    let tree = scraper::Html::parse_fragment(html);
    let mut faults = Vec::new();
    for node in tree.tree.nodes() {
        match node.value() {
            scraper::Node::Element(element)
                if matches!(element.name(), "html" | "body") && element.attrs().count() == 0 => {}
            scraper::Node::Element(element) => {
                if !ALLOWED.contains(&element.name()) {
                    faults.push(format!("element {}", element.name()));
                }
                for (name, value) in element.attrs() {
                    let is_link = element.name() == "a" && name == "href";
                    let is_web =
                        Url::parse(value).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
                    if !is_link || !is_web {
                        faults.push(format!("attribute {name}={value}"));
                    }
                }
            }
            scraper::Node::Text(_) | scraper::Node::Document | scraper::Node::Fragment => {}
            other => faults.push(format!("{other:?}")),
        }
    }
    faults
}

/// Words, and marks that an attacker or a careless page would put around them.
fn hostile() -> impl Strategy<Value = String> {
    let marks = vec![
        "<p>",
        "</p>",
        "<div>",
        "</div>",
        "<b>",
        "</b>",
        "<em>",
        "<h2>",
        "</h2>",
        "<ul><li>",
        "</ul>",
        "<blockquote>",
        "</blockquote>",
        "<pre>",
        "</pre>",
        "</a>",
        "<br>",
        "<script>alert(1)</script>",
        "<a href='javascript:alert(1)'>",
        "<a href=\"https://x.example/?a='\"\"&b=<i>\">",
        "<a href='/rel'>",
        "<a href='data:text/html,x' onclick=x()>",
        "<a href=' JAVASCRIPT:x'>",
        "<img src=x onerror=alert(1)>",
        "<svg onload=x>",
        "</svg>",
        "<iframe srcdoc='<p>x'>",
        "</iframe>",
        "<style>p{}</style>",
        "<math><mtext>",
        "</math>",
        "<template><p>t</template>",
        "<p style='color:red' onclick=x>",
        "&lt;script&gt;",
        "&quot;",
        "'",
        "\"",
        "<!-- c -->",
        "<noscript><p>x</noscript>",
        "<object data=x>",
        "<base href='javascript:'>",
        "\u{0}",
        "]]>",
        "<plaintext",
        "&#x3c;img src=x&#x3e;",
    ];
    prop_oneof![
        3 => "[a-zé]{1,9}( [a-z]{1,9}){4,30}[.] ",
        4 => prop::sample::select(marks).prop_map(str::to_owned),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn html_has_only_our_elements_and_web_links(parts in proptest::collection::vec(hostile(), 1..60)) {
        let html = render::html(&article(&parts.concat()).body);
        prop_assert_eq!(faults(&html), Vec::<String>::new(), "{}", html);
    }

    #[test]
    fn html_says_what_the_text_says(parts in proptest::collection::vec(hostile(), 1..60)) {
        let article = article(&parts.concat());
        let tree = scraper::Html::parse_fragment(&render::html(&article.body));
        let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().concat();
        let shown: String = tree.root_element().text().collect();
        prop_assert_eq!(flat(&shown), flat(&article.text()));
    }

    #[test]
    fn no_invisible_character_and_no_odd_blank_is_left(
        words in proptest::collection::vec("[a-zäß\u{ad}\u{200b}\u{feff}\u{2060}\u{a0}\u{202f}\u{2009}\u{3000}\u{200e}\u{202a}\u{2066}]{1,12}", 20..60)
    ) {
        let page = format!("<h1>T</h1><p>{}. And so it ended.</p>", words.join(" "));
        let text = article(&page).text();
        let odd = |c: char| {
            matches!(c, '\u{ad}' | '\u{200b}' | '\u{feff}' | '\u{2060}' | '\u{200e}' | '\u{202a}' | '\u{2066}')
                || (c.is_whitespace() && c != ' ' && c != '\n')
        };
        prop_assert!(!text.contains(odd), "{:?}", text);
        prop_assert!(!text.contains("  "));
    }
}

#[test]
fn the_checker_finds_what_it_looks_for() {
    assert_eq!(faults("<p onclick=x>a</p>").len(), 1);
    assert_eq!(faults("<a href='javascript:x'>a</a>").len(), 1);
    assert_eq!(faults("<div>a</div><!-- c -->").len(), 2);
    assert!(faults("<p><a href='https://a.example/'>a</a></p>").is_empty());
}

#[test]
fn right_to_left_text_comes_out_in_its_own_order() {
    let hebrew = "מועצת האי החליטה ביום חמישי להשאיר את מעבורת הלילה גם בחורף, כך נמסר.";
    let arabic = "قرر مجلس الجزيرة يوم الخميس الإبقاء على عبّارة الليل خلال الشتاء، بحسب بيان رسمي.";
    let persian = "شورای جزیره می\u{200c}گوید که کشتی شب در زمستان هم حرکت می\u{200c}کند و مسافران خوشحال\u{200c}اند.";
    let page = format!(
        "<html dir=rtl><h1>כותרת</h1><p>\u{202b}{hebrew}\u{202c}</p><p dir=rtl>{arabic}</p><p>{persian} \u{200f}2026</p>"
    );
    let article = article(&page);
    let body: Vec<String> = article.body.iter().map(Piece::text).collect();
    assert_eq!(body, [hebrew.to_owned(), arabic.to_owned(), format!("{persian} 2026")]);
    assert!(render::html(&article.body).contains(hebrew));
    assert!(render::markdown(&article).contains(arabic));
}
