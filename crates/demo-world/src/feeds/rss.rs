//! RSS 2.0.

use std::fmt::Write as _;

use super::{Entry, Scene, escape};
use crate::outlet::{FeedSpec, Guids};

pub(super) fn write(scene: &Scene<'_>, spec: &FeedSpec, entries: &[Entry<'_>]) -> String {
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:atom=\"http://www.w3.org/2005/Atom\">\n<channel>\n\
         <title>{}</title>\n<link>{root}/</link>\n<atom:link href=\"{root}{}\" rel=\"self\"/>\n\
         <description>{}</description>\n<language>{}</language>\n<ttl>15</ttl>\n",
        escape(&spec.title),
        spec.path,
        escape(&scene.outlet.name),
        scene.outlet.language,
        root = scene.root(),
    );
    for entry in entries {
        xml.push_str(&item(entry, spec.guids));
    }
    xml.push_str("</channel>\n</rss>\n");
    xml
}

fn item(entry: &Entry<'_>, guids: Guids) -> String {
    let article = entry.article;
    let mut xml = format!(
        "<item>\n<title>{}</title>\n<link>{}</link>\n",
        escape(&article.title),
        escape(&entry.link)
    );
    if let Some(guid) = &entry.guid {
        let permalink = guids == Guids::Permalink;
        let _ = writeln!(xml, "<guid isPermaLink=\"{permalink}\">{}</guid>", escape(guid));
    }
    let _ = write!(
        xml,
        "<pubDate>{}</pubDate>\n<dc:creator>{}</dc:creator>\n",
        entry.published.to_rfc2822(),
        escape(&article.author)
    );
    for tag in &article.tags {
        let _ = writeln!(xml, "<category>{}</category>", escape(tag));
    }
    let _ = write!(xml, "<description>{}</description>\n</item>\n", escape(&article.teaser));
    xml
}
