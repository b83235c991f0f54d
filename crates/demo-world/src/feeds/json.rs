//! JSON Feed 1.1.

use serde_json::{Value, json};

use super::{Entry, Scene};
use crate::outlet::FeedSpec;

pub(super) fn write(scene: &Scene<'_>, spec: &FeedSpec, entries: &[Entry<'_>]) -> String {
    let items: Vec<Value> = entries.iter().map(item).collect();
    json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": spec.title,
        "home_page_url": format!("{}/", scene.root()),
        "feed_url": format!("{}{}", scene.root(), spec.path),
        "language": scene.outlet.language,
        "items": items,
    })
    .to_string()
}

fn item(entry: &Entry<'_>) -> Value {
    let article = entry.article;
    let mut item = json!({
        "id": entry.guid.as_deref().unwrap_or(&entry.link),
        "url": entry.link,
        "title": article.title,
        "summary": article.teaser,
        "content_text": article.teaser,
        "date_published": entry.published.to_rfc3339(),
        "date_modified": entry.updated.to_rfc3339(),
        "authors": [{"name": article.author}],
        "tags": article.tags,
    });
    if let (Some(content), Some(fields)) = (&entry.content, item.as_object_mut()) {
        fields.remove("content_text");
        fields.insert("content_html".to_owned(), json!(content));
    }
    item
}
