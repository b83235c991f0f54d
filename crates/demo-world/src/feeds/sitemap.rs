//! A news sitemap: addresses, titles and dates.

use std::fmt::Write as _;

use super::{Entry, Scene, escape};

pub(super) fn write(scene: &Scene<'_>, entries: &[Entry<'_>]) -> String {
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset \
        xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" \
        xmlns:news=\"http://www.google.com/schemas/sitemap-news/0.9\">\n"
        .to_owned();
    for Entry { article, link, published, updated, .. } in entries {
        let _ = writeln!(
            xml,
            "<url><loc>{}</loc><lastmod>{}</lastmod><news:news><news:publication><news:name>{}</news:name>\
             <news:language>{}</news:language></news:publication><news:publication_date>{}</news:publication_date>\
             <news:title>{}</news:title></news:news></url>",
            escape(link),
            updated.to_rfc3339(),
            escape(&scene.outlet.name),
            scene.outlet.language,
            published.to_rfc3339(),
            escape(&article.title),
        );
    }
    xml.push_str("</urlset>\n");
    xml
}
