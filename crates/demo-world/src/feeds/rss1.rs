//! RSS 1.0, which is RDF.

use std::fmt::Write as _;

use super::{Entry, Scene, escape};
use crate::outlet::FeedSpec;

pub(super) fn write(scene: &Scene<'_>, spec: &FeedSpec, entries: &[Entry<'_>]) -> String {
    let root = scene.root();
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" \
         xmlns=\"http://purl.org/rss/1.0/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n\
         <channel rdf:about=\"{root}{}\">\n<title>{}</title>\n<link>{root}/</link>\n<description>{}</description>\n\
         <dc:language>{}</dc:language>\n<items><rdf:Seq>\n",
        spec.path,
        escape(&spec.title),
        escape(&scene.outlet.name),
        scene.outlet.language,
    );
    for entry in entries {
        let _ = writeln!(xml, "<rdf:li rdf:resource=\"{}\"/>", escape(&entry.link));
    }
    xml.push_str("</rdf:Seq></items>\n</channel>\n");
    for Entry { article, link, published, .. } in entries {
        let link = escape(link);
        let _ = write!(
            xml,
            "<item rdf:about=\"{link}\">\n<title>{}</title>\n<link>{link}</link>\n<description>{}</description>\n\
             <dc:creator>{}</dc:creator>\n<dc:date>{}</dc:date>\n</item>\n",
            escape(&article.title),
            escape(&article.teaser),
            escape(&article.author),
            published.to_rfc3339(),
        );
    }
    xml.push_str("</rdf:RDF>\n");
    xml
}
