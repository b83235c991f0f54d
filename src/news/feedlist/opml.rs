//! OPML 1.0 and 2.0, as programs export it and people edit it.
//!
//! Read with the feeds' tolerant tokenizer: bare `&` and doubled attributes are as common here. An outline with
//! `xmlUrl` is a feed, one without is a folder, and the folders that a feed is in become its tags, outermost first. What OPML
//! has no word for (`every`) is not written; `enabled = false` is its `isComment="true"`.

use crate::news::address::FeedUrl;
use crate::news::feed::markup::{Tag, Token, Tokens};
use crate::news::feed::text::push_escaped;
use crate::news::feedlist::{FeedSpec, Lines, ListError, Origin, push_new, tag};
use crate::news::schedule::Terms;

/// Folders within folders that become tags.
const MAX_DEPTH: usize = 32;

pub(super) fn parse(file: &str, text: &str) -> Result<Vec<FeedSpec>, ListError> {
    let mut lines = Lines::new(text);
    let mut tokens = Tokens::new(text);
    let mut specs = Vec::new();
    // Names of the open outlines; a feed's own is `None`.
    let mut folders: Vec<Option<String>> = Vec::new();
    let mut is_opml = false;
    while let Some(token) = tokens.next() {
        match token {
            Token::Start(tag) if tag.name.eq_ignore_ascii_case("opml") => is_opml = true,
            Token::Start(tag) if is_opml && tag.name.eq_ignore_ascii_case("outline") => {
                let origin = Origin { file: file.to_owned(), line: lines.at(tokens.start()) };
                let is_feed = tag.attribute("xmlUrl").is_some_and(|url| !url.trim().is_empty());
                if is_feed {
                    specs.push(spec(&tag, &folders, origin)?);
                }
                if !tag.empty && folders.len() < MAX_DEPTH {
                    folders.push(if is_feed { None } else { name(&tag) });
                }
            }
            Token::End(name) if name.eq_ignore_ascii_case("outline") => {
                folders.pop();
            }
            _ => {}
        }
    }
    if !is_opml {
        let origin = Origin { file: file.to_owned(), line: 1 };
        return Err(ListError { origin, message: "no OPML: there is no `<opml>` element".to_owned() });
    }
    Ok(specs)
}

fn name(tag: &Tag<'_>) -> Option<String> {
    let name = ["text", "title"]
        .iter()
        .find_map(|key| tag.attribute(key).map(str::trim).filter(|name| !name.is_empty()))?;
    Some(name.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn spec(outline: &Tag<'_>, folders: &[Option<String>], origin: Origin) -> Result<FeedSpec, ListError> {
    let url = match FeedUrl::parse(outline.attribute("xmlUrl").unwrap_or_default()) {
        Ok(url) => url,
        Err(error) => return Err(ListError { origin, message: format!("xmlUrl: {error}") }),
    };
    let mut tags = Vec::new();
    for category in categories(folders.iter().flatten().map(String::as_str), outline.attribute("category")) {
        push_new(&mut tags, category);
    }
    let enabled = !outline.attribute("isComment").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    // A feed without a name is often exported with its address for one.
    let name = name(outline).filter(|name| name != url.as_str());
    Ok(FeedSpec { url, name, tags, terms: Terms::default(), enabled, origin })
}

/// Folder names, then `category`: comma-separated, a leading slash marking a path (OPML 2.0). Commas in folder names part tags
/// too, so that every tag can be written again.
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

/// Writes a list that other readers import. A feed stands in the folder of its first tag; all its tags are in `category`.
#[must_use]
pub fn write_opml(feeds: &[FeedSpec], title: &str) -> String {
    let mut out =
        String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n  <head><title>");
    push_escaped(title, &mut out);
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
    push_escaped(value, out);
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

    #[test]
    fn mistakes_have_their_line() {
        let text = "<opml>\n<body>\n<outline text='x'\n xmlUrl='nowhere'/></body></opml>";
        let error = parse("a.opml", text).unwrap_err().to_string();
        assert!(error.starts_with("a.opml:3: xmlUrl: not an address"), "{error}");
        assert_eq!(
            parse("a.opml", "<rss/>").unwrap_err().to_string(),
            "a.opml:1: no OPML: there is no `<opml>` element"
        );
    }
}
