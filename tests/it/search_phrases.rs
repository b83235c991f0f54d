//! Phrases in searches. A pattern leaves out most articles before the server looks for the phrase
//! itself. Here both are asked, and the pattern must not lose anything in any language.

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use crate::harness::desk::Desk;
use crate::search::{ids, on_file};

const LANGUAGES: &str = "ar da de el en es fi fr hu id it lt nl no pt ro ru sv tr xx";

/// Beginnings and endings of words by script. Joined, they meet what the stemmers do: they drop
/// accents, double consonants, prefixes, and change the letter before an ending.
const LATIN: (&str, &str) = (
    "harb bord straß käse a ferr yes tell ıst éco kk x ug menul peny K über aeuß",
    "_ s er ing ies y en ational ssa lla lar ların nya ção ación heden kk ki ğı iausias 1 9 ité ŏ",
);
const GREEK: (&str, &str) = ("λιμάν προϊόν πλοί άνεμ στ νησ Ω", "_ ος ι ων ιού α ες");
const CYRILLIC: (&str, &str) = ("порт совет ёлк судн в мор", "_ ы ами ого ость а е");
const ARABIC: (&str, &str) = ("ميناء مجلس سفين بحر ال كتاب", "_ ات ون ه ها ة ين");

/// What may stand between two words. Some of these are words for the server, others are not.
const BETWEEN: [&str; 28] = [
    " ",
    " ",
    " ",
    " ",
    " ",
    " ",
    " ",
    "-",
    ", ",
    " – ",
    ". ",
    "\n\n",
    "'s ",
    "_",
    "/",
    ".",
    " & ",
    " &amp; ",
    " <b> ",
    " http:// ",
    " * ",
    "’",
    " 3.14 ",
    "@",
    "\u{ad}",
    "\u{301} ",
    " of ",
    " ½ ",
];

fn word((starts, ends): (&str, &str), random: &mut StdRng) -> String {
    let mut one_of = |words: &str| {
        let words: Vec<&str> = words.split(' ').collect();
        words[random.random_range(0..words.len())].replace('_', "")
    };
    let (start, end) = (one_of(starts), one_of(ends));
    if random.random_bool(0.15) { (start + &end).to_uppercase() } else { start + &end }
}

fn text(words: usize, letters: (&str, &str), random: &mut StdRng) -> String {
    (0..words)
        .map(|_| word(letters, random) + BETWEEN[random.random_range(0..BETWEEN.len())])
        .collect()
}

/// A text, and a query with a phrase that it may have.
fn sample(letters: (&str, &str), random: &mut StdRng) -> (String, String) {
    let content = text(6, letters, random);
    let phrase: String = match random.random_range(0..3) {
        0 => text(2, letters, random),
        1 => format!("{} {}", word(letters, random), word(letters, random)),
        _ => content.chars().skip(random.random_range(0..12)).take(20).collect(),
    };
    let phrase = phrase.replace('"', " ");
    let query = match random.random_range(0..6) {
        0 => format!("-\"{phrase}\" {}", word(letters, random)),
        1 => format!("\"{phrase}\" or -{}", word(letters, random)),
        _ => format!("\"{phrase}\""),
    };
    (content, query)
}

#[tokio::test]
async fn no_pattern_loses_a_phrase_in_any_language() {
    let desk = Desk::new().await;
    let mut random = StdRng::seed_from_u64(3);
    let (mut languages, mut contents, mut queries) = (vec![], vec![], vec![]);
    for language in LANGUAGES.split(' ') {
        let letters = match language {
            "el" => GREEK,
            "ru" => CYRILLIC,
            "ar" => ARABIC,
            _ => LATIN,
        };
        for _ in 0..400 {
            let (content, query) = sample(letters, &mut random);
            languages.push(language);
            contents.push(content);
            queries.push(query);
        }
    }
    let judged: Vec<(String, String, String, bool, bool)> = sqlx::query_as(
        "SELECT s.language, s.content, s.query, v.vector @@ v.q, EXISTS (
             SELECT FROM wiresift.query_parts(v.q, wiresift.known_language(s.language)) AS p
             WHERE (p.in_index IS NULL OR v.vector @@ p.in_index)
               AND wiresift.phrases_hold(s.content, p))
         FROM unnest($1::text[], $2::text[], $3::text[]) AS s (language, content, query),
              LATERAL (SELECT to_tsvector(wiresift.text_config(s.language), s.content) AS vector,
                              websearch_to_tsquery(wiresift.text_config(s.language), s.query) AS q
              ) AS v
         WHERE strpos(v.q::text, ' <') > 0",
    )
    .bind(&languages)
    .bind(&contents)
    .bind(&queries)
    .fetch_all(&desk.pool)
    .await
    .unwrap();
    for (language, content, query, exact, found) in &judged {
        assert_eq!(exact, found, "{language}: {query:?} in {content:?}");
    }
    let hits = judged.iter().filter(|(.., exact, _)| *exact).count();
    assert!(judged.len() > 5000 && hits > 500, "{hits} hits of {}", judged.len());
}

#[tokio::test]
async fn phrases_with_or_negation_and_stop_words() {
    let desk = Desk::new().await;
    on_file(
        &desk,
        &[
            (1, "en", "Harbour board meets", "The bank of England was late."),
            (2, "en", "Ferry strike", "The boards of the harbour met <b>today</b>."),
            (3, "en", "Harbour", "Board meets, said the well-known man of the bank."),
            (4, "en", "Boards of harbours", "HARBOURS &amp; BOARDS of a harbour's board"),
            (5, "de", "Die Straßen", "Strassen sperren, große Häuser"),
        ],
    )
    .await;
    for (query, expected) in [
        ("\"harbour board\"", &[1, 3, 4][..]),
        ("\"harbour boards\" -ferry", &[1, 3, 4]),
        ("harbour -\"harbour board\"", &[2]),
        ("-\"harbour board\"", &[2]),
        ("\"bank of england\"", &[1]),
        ("\"board of the harbour\"", &[2, 4]),
        ("\"bank of england\" or strike", &[1, 2]),
        ("\"bank of england\" or \"board meets\" -late", &[1, 3]),
        ("\"harbour board\" \"bank of england\"", &[1]),
        ("\"harbour board\" -\"bank of england\"", &[3, 4]),
        ("well-known", &[3]),
        ("\"the well-known man\"", &[3]),
        ("\"strike the\"", &[2]),
        ("\"board harbour\"", &[]),
    ] {
        let call = format!("news.search('{query}', 'en')");
        let mut found = ids(&desk, &call).await;
        found.sort_unstable();
        assert_eq!(found, expected, "{query}");
    }
    assert_eq!(ids(&desk, "news.search('\"straße sperren\"', 'de')").await, [5]);
    assert_eq!(ids(&desk, "news.search('\"große Haus\"')").await, [5]);
    assert_eq!(ids(&desk, "news.search_titles('\"harbour board\"', 'en')").await, [1]);
}

/// What a phrase may cost is bounded.
#[tokio::test]
async fn of_many_articles_with_the_words_of_a_phrase_the_newest_are_read() {
    let desk = Desk::new().await;
    sqlx::query(
        "INSERT INTO wiresift.articles (id, url, host, title, body, language, first_seen_at, updated_at,
                                        word_count, digest, quality, body_source)
         SELECT n, 'http://a.example/' || n, 'a.example',
                CASE WHEN n IN (100, 20000) THEN 'harbour board' ELSE 'board harbour' END, '', 'en', now(), now(),
                1, sha256(n::text::bytea), 1, 'page'
         FROM generate_series(1, 20100) AS n",
    )
    .execute(&desk.pool)
    .await
    .unwrap();
    assert_eq!(ids(&desk, "news.search('\"harbour board\"', 'en')").await, [20_000]);
    assert_eq!(ids(&desk, "news.search('\"harbour board\" or \"board board\"')").await, [20_000]);
}
