//! Full-text search, and the HTML that the views make of the stored markup.

use wiresift::store::Outcome;
use wiresift_extract::article::{Piece, PieceKind};
use wiresift_extract::render;

use crate::harness::desk::{Desk, article};

/// Files invented articles directly, with ids of our choice.
pub(crate) async fn on_file(desk: &Desk, articles: &[(i64, &str, &str, &str)]) {
    for (id, language, title, body) in articles {
        sqlx::query(
            "INSERT INTO wiresift.articles (id, url, host, title, body, language, first_seen_at, updated_at,
                                            word_count, digest, quality, body_source)
             VALUES ($1, 'http://a.example/' || $1, 'a.example', $2, $3, $4, now(), now(), 1,
                     sha256($1::text::bytea), 1, 'page')",
        )
        .bind(id)
        .bind(title)
        .bind(body)
        .bind(language)
        .execute(&desk.pool)
        .await
        .unwrap();
    }
}

pub(crate) async fn ids(desk: &Desk, call: &str) -> Vec<i64> {
    sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT article_id FROM {call}")))
        .fetch_all(&desk.pool)
        .await
        .unwrap_or_else(|error| panic!("{call}: {error}"))
}

#[tokio::test]
async fn a_search_finds_articles_of_all_times_and_the_newest_of_many() {
    let desk = Desk::new().await;
    let old: Vec<(i64, &str, &str, &str)> = [1, 16_383, 16_384, 400_000, 9_000_000, 9_000_000_000]
        .map(|id| (id, "en", "The ferry", "It sails."))
        .into();
    on_file(&desk, &old).await;
    let mut all: Vec<i64> = old.iter().map(|(id, ..)| *id).collect();
    all.reverse();
    assert_eq!(ids(&desk, "news.search('ferries')").await, all);
    assert_eq!(ids(&desk, "news.search('ferries', at_most => 2)").await, all[..2]);
    assert_eq!(ids(&desk, "news.search_titles('ferry', 'en')").await, all);
    assert_eq!(ids(&desk, "news.search('ferries', 'de')").await, [0; 0]);
    assert_eq!(ids(&desk, "news.search('ferries', at_most => 0)").await, [0; 0]);
}

#[tokio::test]
async fn titles_phrases_negation_and_stop_words() {
    let desk = Desk::new().await;
    on_file(
        &desk,
        &[
            (1, "en", "Harbour board meets", "The ferry was late."),
            (2, "en", "Ferry strike", "The board of the harbour met."),
            (3, "nb", "Ferger i havnen", "Fergene seilte igjen."),
            (4, "xx-YY", "the the", "words of a language that the server does not know"),
        ],
    )
    .await;
    assert_eq!(ids(&desk, "news.search('ferry')").await, [2, 1], "a title counts more than a text");
    assert_eq!(ids(&desk, "news.search_titles('ferry')").await, [2]);
    assert_eq!(ids(&desk, "news.search('\"harbour board\"')").await, [1]);
    assert_eq!(ids(&desk, "news.search('ferry -strike')").await, [1]);
    assert_eq!(ids(&desk, "news.search('-strike', 'en')").await, [1]);
    assert_eq!(ids(&desk, "news.search('ferge', 'nb')").await, [3]);
    assert_eq!(ids(&desk, "news.search('ferge', 'no')").await, [0; 0], "another tag");
    assert_eq!(ids(&desk, "news.search('ferge')").await, [3]);
    assert_eq!(ids(&desk, "news.search('the', 'en')").await, [0; 0], "stop words alone");
    assert_eq!(ids(&desk, "news.search('the')").await, [4], "no stop word in an unknown language");
    for query in ["", " ", "@en", "@0", "\"", "'", "!", "&", "<->", ":*"] {
        let call = format!("news.search('{}')", query.replace('\'', "''"));
        assert_eq!(ids(&desk, &call).await, [0; 0], "{query:?}");
    }
    let highlight: String =
        sqlx::query_scalar("SELECT highlight FROM news.search_titles('harbour boards', 'en')")
            .fetch_one(&desk.pool)
            .await
            .unwrap();
    assert_eq!(highlight, "**Harbour** **board** meets");
}

/// The function of the database makes the HTML that was rendered.
#[tokio::test]
async fn html_is_made_from_body_and_markup() {
    let desk = Desk::new().await;
    let piece = |kind, text: &str| Piece { kind, ..Piece::paragraph(text) };
    let mut linked = Piece::paragraph("Æ & \"<b>\" 'x' 漢字 ");
    linked.spans.extend(Piece::paragraph("a link").spans);
    linked.spans[1].link = Some("https://b.example/?a=1&b='2'".parse().unwrap());
    linked.spans[1].strong = true;
    linked.spans.extend(Piece::paragraph(" and 100 % more").spans);
    let item = |text: &str| piece(PieceKind::ListItem { ordered: false }, text);
    let bodies = [
        vec![Piece::paragraph("Plain & simple"), Piece::paragraph("Two")],
        vec![linked.clone()],
        vec![
            piece(PieceKind::Heading(2), "First"),
            linked,
            item("one"),
            item("two"),
            piece(PieceKind::Quote, "said\u{1e}so"),
            Piece::paragraph("end"),
        ],
        vec![piece(PieceKind::Preformatted, "a\n\n  b"), Piece::paragraph("after")],
    ];
    for (number, body) in bodies.into_iter().enumerate() {
        let lease = desk.leased(&[&format!("http://a.example/{number}")]).await.remove(0);
        let mut filed = article(&lease, &format!("Headline {number}"), &[]);
        filed.body_html = render::html(&body);
        filed.article.body = body;
        let expected = filed.body_html.clone();
        desk.file(&[desk.filing(&lease, Outcome::Article(Box::new(filed)))]).await;
        let (stored, markup): (String, Option<String>) = sqlx::query_as(
            "SELECT n.body_html, a.markup FROM news.articles n JOIN wiresift.articles a USING (id)
             WHERE n.title = $1",
        )
        .bind(format!("Headline {number}"))
        .fetch_one(&desk.pool)
        .await
        .unwrap();
        assert_eq!(stored, expected, "{markup:?}");
        assert_eq!(markup.is_none(), number == 0, "paragraphs need no markup: {markup:?}");
        assert_eq!(
            markup.is_some_and(|it| it.starts_with('<')),
            number == 3,
            "only code is stored twice"
        );
    }
}
