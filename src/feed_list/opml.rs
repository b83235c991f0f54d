//! OPML feed lists. Folders and categories become tags, outermost folder first.
//!
//! OPML has no attribute for `every`, so it is not written. `enabled = false` becomes
//! `isComment="true"`.

use wiresift_feed::address::FeedUrl;
use wiresift_feed::opml::{self, Outline, escaped};

use crate::feed_list::{FeedSpec, LeftOut, Lines, ListError, Origin, Reading, name, push_new, tag};
use crate::polling::schedule::PollIntervals;

pub(super) fn read(file: &str, text: &str) -> Result<Reading, ListError> {
    let at = |line| Origin { file: file.to_owned(), line };
    let Some(document) = opml::read(text) else {
        let message = "this is not OPML: it has no `<opml>` element".to_owned();
        return Err(ListError { origin: at(1), message });
    };
    if !document.is_whole {
        let message =
            "the file breaks off: its `</opml>` is missing; get the whole file".to_owned();
        return Err(ListError { origin: at(text.lines().count().max(1)), message });
    }
    let mut reading = Reading::default();
    let mut lines = Lines::new(text);
    for outline in &document.outlines {
        match spec(outline, at(lines.at(outline.offset))) {
            Ok(spec) => reading.feeds.push(spec),
            Err(error) => reading.left_out.push(LeftOut { error, is_mistake: true }),
        }
        for name in &outline.others {
            *reading.unused.entry(name.clone()).or_default() += 1;
        }
    }
    let mut lines = Lines::new(text);
    for other in &document.no_feeds {
        let name = other.name.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
        let error = ListError {
            origin: at(lines.at(other.offset)),
            message: format!("{name}{}", other.kind),
        };
        reading.left_out.push(LeftOut { error, is_mistake: false });
    }
    reading.left_out.sort_by_key(|left| left.error.origin.line);
    Ok(reading)
}

fn spec(outline: &Outline, origin: Origin) -> Result<FeedSpec, ListError> {
    let url = match FeedUrl::parse(&outline.url) {
        Ok(url) => url,
        Err(error) => {
            let name = outline.name.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
            return Err(ListError { origin, message: format!("{name}xmlUrl: {error}") });
        }
    };
    let mut tags = Vec::new();
    let folders = outline.folders.iter().map(String::as_str);
    for category in categories(folders, outline.category.as_deref()) {
        push_new(&mut tags, category);
    }
    // Feed readers often export the URL as the name of a nameless feed.
    let name = outline.name.as_deref().filter(|name| *name != url.as_str()).and_then(name);
    Ok(FeedSpec {
        url,
        name,
        tags,
        intervals: PollIntervals::default(),
        enabled: !outline.is_comment,
        origin,
    })
}

/// Folder names, then `category`: comma-separated, with a leading slash for a path (OPML 2.0).
/// Commas in folder names separate tags too, so that every tag can be exported again.
fn categories<'a>(
    folders: impl Iterator<Item = &'a str>,
    category: Option<&'a str>,
) -> impl Iterator<Item = String> {
    let folders = folders.flat_map(|folder| folder.split(','));
    let paths = category.unwrap_or_default().split(',').map(str::trim).flat_map(|path| {
        let is_path = path.starts_with('/');
        path.split(move |c| is_path && c == '/')
    });
    folders.chain(paths).filter_map(|text| tag(text.trim().trim_start_matches('/')).ok())
}

/// Writes a list for feed readers. A feed stands in the folder of its first tag; `category` holds
/// all its tags.
#[must_use]
pub fn write_opml(feeds: &[FeedSpec], title: &str) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n  <head><title>",
    );
    out.push_str(&escaped(title));
    out.push_str("</title></head>\n  <body>\n");
    let mut written: Vec<&str> = Vec::new();
    for folder in feeds.iter().filter_map(|feed| feed.tags.first()) {
        if written.contains(&folder.as_str()) {
            continue;
        }
        written.push(folder);
        out.push_str("    <outline");
        attribute("text", folder, &mut out);
        out.push_str(">\n");
        for feed in feeds.iter().filter(|feed| feed.tags.first() == Some(folder)) {
            outline(feed, "      ", &mut out);
        }
        out.push_str("    </outline>\n");
    }
    for feed in feeds.iter().filter(|feed| feed.tags.is_empty()) {
        outline(feed, "    ", &mut out);
    }
    out.push_str("  </body>\n</opml>\n");
    out
}

fn outline(feed: &FeedSpec, indent: &str, out: &mut String) {
    out.push_str(indent);
    out.push_str("<outline type=\"rss\"");
    attribute("text", feed.name.as_deref().unwrap_or(feed.url.as_str()), out);
    attribute("xmlUrl", feed.url.as_str(), out);
    if !feed.tags.is_empty() {
        attribute("category", &feed.tags.join(","), out);
    }
    if !feed.enabled {
        attribute("isComment", "true", out);
    }
    out.push_str("/>\n");
}

fn attribute(name: &str, value: &str, out: &mut String) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    out.push_str(&escaped(value));
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_categories_become_tags() {
        let text = r#"<?xml version="1.0"?>
<opml version="1.0"><head><title>x</title></head><body>
 <outline text="World">
  <outline title="Europe &amp; more">
   <outline text="A" title="A" type="rss"
      XMLURL="https://a.example/f?x=1&amp;y=2" category="/Press/Daily,quality,a/b"/>
  </outline>
  <outline text="https://b.example/f" xmlUrl="feed://b.example/f"></outline>
 </outline>
 <outline text="Q&A" xmlUrl=https://c.example/f&z=1 isComment="true"/>
</body></opml>"#;
        let list = parse("a.opml", text).unwrap();
        assert_eq!(list.len(), 3);
        assert_eq!(list[0].url.as_str(), "https://a.example/f?x=1&y=2");
        assert_eq!(list[0].tags, ["World", "Europe & more", "Press", "Daily", "quality", "a/b"]);
        assert_eq!(list[0].origin.line, 5);
        assert_eq!(
            (list[1].tags.as_slice(), list[1].name.as_deref()),
            (["World".to_owned()].as_slice(), Some("https://b.example/f"))
        );
        assert_eq!(list[2].name.as_deref(), Some("Q&A"));
        assert_eq!(list[2].url.as_str(), "https://c.example/f&z=1");
        assert!(list[2].tags.is_empty() && !list[2].enabled);
    }

    fn parse(file: &str, text: &str) -> Result<Vec<FeedSpec>, ListError> {
        crate::feed_list::parse_list(file, text, crate::feed_list::ListFormat::Opml)
    }

    #[test]
    fn what_is_no_feed_is_named_and_the_rest_is_read() {
        let text = r#"<opml><body>
<outline text="Folder"/><outline text="Page" type="link" url="https://l.example/"/>
<outline text="Scraped" type="HTML+XPath" xmlUrl="https://s.example/" frss:xPathItem="//article"/>
<outline text="Local" xmlUrl="reader_local:content://x"/>
<outline text="A" type="rss" url="https://a.example/f" htmlUrl="https://a.example/" description="d"/>
<outline text="B &amp;amp; C" xmlUrl="https://b.example/f?x=1&amp;amp;y=2" htmlUrl=" "/>
</body></opml>"#;
        let reading = read("a.opml", text).unwrap();
        let urls: Vec<&str> = reading.feeds.iter().map(|feed| feed.url.as_str()).collect();
        assert_eq!(urls, ["https://a.example/f", "https://b.example/f?x=1&y=2"]);
        assert_eq!(reading.feeds[1].name.as_deref(), Some("B & C"));
        let lines: Vec<usize> =
            reading.left_out.iter().map(|left| left.error.origin.line).collect();
        assert_eq!(lines, [2, 3, 4]);
        let unused: Vec<(&str, usize)> =
            reading.unused.iter().map(|(name, count)| (name.as_str(), *count)).collect();
        assert_eq!(unused, [("description", 1), ("htmlUrl", 1)]);
        let error = parse("a.opml", text).unwrap_err().to_string();
        assert!(error.starts_with("a.opml:4: Local: xmlUrl: scheme `reader_local`"), "{error}");
        let cut = read("a.opml", "<opml><body><outline xmlUrl='https://a.example/f'/>");
        assert!(cut.unwrap_err().to_string().contains("breaks off"));
    }

    #[test]
    fn mistakes_have_their_line() {
        let text = "<opml>\n<body>\n<outline text='x'\n xmlUrl='nowhere'/></body></opml>";
        let error = parse("a.opml", text).unwrap_err().to_string();
        assert!(error.starts_with("a.opml:3: x: xmlUrl: not an address"), "{error}");
        assert_eq!(
            parse("a.opml", "<rss/>").unwrap_err().to_string(),
            "a.opml:1: this is not OPML: it has no `<opml>` element"
        );
    }
}
