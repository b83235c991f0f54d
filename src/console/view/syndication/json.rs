//! JSON Feed.

use serde_json::{Map, Value, json};

use crate::console::view::syndication::{Document, NAMES, authors, id, instant, published};
use crate::store::Published;

/// The document as JSON Feed.
pub(crate) fn written(document: &Document) -> String {
    let mut feed = json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": document.title,
        "home_page_url": document.home,
        "feed_url": document.this,
        "authors": [{ "name": "wiresift" }],
        "items": document.articles.iter().map(item).collect::<Vec<_>>(),
    });
    if let (Some(next), Some(feed)) = (&document.next, feed.as_object_mut()) {
        feed.insert("next_url".to_owned(), Value::from(next.as_str()));
    }
    feed.to_string()
}

fn item(article: &Published) -> Value {
    let text = |text: &str| Value::from(plain(text));
    let names = authors(article).into_iter().map(|name| json!({ "name": plain(name) }));
    let mut item = Map::new();
    let mut put = |name: &str, value: Value| item.insert(name.to_owned(), value);
    put("id", Value::from(id(article)));
    put("url", Value::from(article.url.as_str()));
    if !article.title.is_empty() {
        put("title", text(&article.title));
    }
    put("content_html", text(&article.html));
    if let Some(summary) = &article.summary {
        put("summary", text(summary));
    }
    put("date_published", Value::from(instant(published(article))));
    put("date_modified", Value::from(instant(article.updated_at)));
    put("authors", names.collect());
    if !article.tags.is_empty() {
        put("tags", article.tags.iter().take(NAMES).map(|tag| text(tag)).collect());
    }
    if let Some(language) = &article.language {
        put("language", text(language));
    }
    Value::from(item)
}

/// The same letters as in Atom.
fn plain(text: &str) -> String {
    text.chars().filter(|letter| matches!(letter, '\t' | '\n') || !letter.is_control()).collect()
}
