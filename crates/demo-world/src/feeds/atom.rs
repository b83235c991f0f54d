//! Atom 1.0 and its predecessor 0.3, which named things differently.

use std::fmt::Write as _;

use super::{Entry, Scene, escape};
use crate::outlet::FeedSpec;

pub(super) fn write(scene: &Scene<'_>, spec: &FeedSpec, entries: &[Entry<'_>]) -> String {
    let root = scene.root();
    let updated = entries.iter().map(|entry| entry.updated).max().unwrap_or(scene.start);
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{}\">\n\
         <id>{root}/</id>\n<title>{}</title>\n<link href=\"{root}/\"/>\n<updated>{}</updated>\n",
        scene.outlet.language,
        escape(&spec.title),
        updated.to_rfc3339(),
    );
    for entry in entries {
        let Entry { article, link, published, updated, .. } = entry;
        let link = escape(link);
        let _ = write!(
            xml,
            "<entry>\n<id>{}</id>\n<title>{}</title>\n<link rel=\"alternate\" href=\"{link}\"/>\n\
             <published>{}</published>\n<updated>{}</updated>\n<author><name>{}</name></author>\n<summary>{}</summary>\n",
            escape(entry.guid.as_deref().unwrap_or(&link)),
            escape(&article.title),
            published.to_rfc3339(),
            updated.to_rfc3339(),
            escape(&article.author),
            escape(&article.teaser),
        );
        if let Some(content) = &entry.content {
            let _ = writeln!(xml, "<content type=\"html\">{}</content>", escape(content));
        }
        xml.push_str("</entry>\n");
    }
    xml.push_str("</feed>\n");
    xml
}

pub(super) fn write_03(scene: &Scene<'_>, spec: &FeedSpec, entries: &[Entry<'_>]) -> String {
    let root = scene.root();
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed version=\"0.3\" xmlns=\"http://purl.org/atom/ns#\" \
         xml:lang=\"{}\">\n<title>{}</title>\n<link rel=\"alternate\" type=\"text/html\" href=\"{root}/\"/>\n",
        scene.outlet.language,
        escape(&spec.title),
    );
    for Entry { article, link, published, updated, guid, .. } in entries {
        let link = escape(link);
        let _ = write!(
            xml,
            "<entry>\n<title>{}</title>\n<link rel=\"alternate\" type=\"text/html\" href=\"{link}\"/>\n<id>{}</id>\n\
             <issued>{}</issued>\n<modified>{}</modified>\n<author><name>{}</name></author>\n\
             <summary type=\"text/plain\">{}</summary>\n</entry>\n",
            escape(&article.title),
            escape(guid.as_deref().unwrap_or(&link)),
            published.to_rfc3339(),
            updated.to_rfc3339(),
            escape(&article.author),
            escape(&article.teaser),
        );
    }
    xml.push_str("</feed>\n");
    xml
}
