//! Parses the article files under `texts/`.
//!
//! The format is easy to write by hand: `=== slug` starts an article, `key: value` lines follow,
//! then an empty line and the blocks, separated by empty lines. A block that starts with `## ` is a
//! heading, with `> ` a quotation; lines that start with `- ` are list items; `[from N] ` and
//! `[until N] ` say which editions have the block. The files are compiled in and a test reads them
//! all, so an unknown key is found by the test.

use super::article::{Article, Availability, Block, Body, Origin, Passage};

/// All articles of one file, numbered from `first_number`.
pub(super) fn parse(file: &str, first_number: u32) -> Vec<Article> {
    file.split("=== ")
        .filter(|chunk| !chunk.trim().is_empty())
        .zip(first_number..)
        .map(|(chunk, number)| parse_article(chunk, number))
        .collect()
}

fn parse_article(chunk: &str, number: u32) -> Article {
    let (head, text) = chunk.split_once("\n\n").unwrap_or((chunk, ""));
    let mut lines = head.lines();
    let mut article = Article {
        slug: lines.next().unwrap_or_default().trim().to_owned(),
        number,
        feeds: vec!["main".to_owned()],
        ..Article::default()
    };
    for line in lines {
        if let Some((key, value)) = line.split_once(':') {
            set(&mut article, key.trim(), value.trim());
        }
    }
    article.body = Body::Written(text.split("\n\n").flat_map(parse_passages).collect());
    article
}

fn set(article: &mut Article, key: &str, value: &str) {
    let text = || value.to_owned();
    match key {
        "title" => article.title = text(),
        "section" => article.section = text(),
        "author" => article.author = text(),
        "teaser" => article.teaser = text(),
        "caption" => article.caption = Some(text()),
        "credit" => article.credit = Some(text()),
        "tags" => article.tags = list(value),
        "feed" => article.feeds = list(value),
        "wire" => article.wire = Some(text()),
        "story" => article.story = Some(text()),
        "correction" => article.correction = Some(text()),
        "short" => article.short = Some(text()),
        "hours" => {
            article.age_minutes = value.parse::<f64>().map_or(0, |hours| (hours * 60.0) as i64);
        }
        "edition" => article.edition = value.parse().unwrap_or_default(),
        "dropped" => article.dropped = value.parse().ok(),
        "gone" => {
            article.availability =
                if value == "410" { Availability::Gone } else { Availability::Missing }
        }
        "disallow" => article.availability = Availability::Disallowed,
        "flaky" => article.availability = Availability::Flaky,
        "copy" => article.origin = Origin::CopyOf(text()),
        "edited" => article.origin = Origin::EditedFrom(text()),
        _ => debug_assert!(false, "unknown key {key:?} in {}", article.slug),
    }
}

fn list(value: &str) -> Vec<String> {
    value.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect()
}

fn parse_passages(block: &str) -> Vec<Passage> {
    let block = block.trim();
    if block.is_empty() {
        return Vec::new();
    }
    let (block, from, until) = match block.split_once("] ") {
        Some((mark, rest)) if mark.starts_with("[from ") => (rest, edition(mark), u32::MAX),
        Some((mark, rest)) if mark.starts_with("[until ") => (rest, 0, edition(mark)),
        _ => (block, 0, u32::MAX),
    };
    let passage = |block| Passage { block, from, until };
    if let Some(text) = block.strip_prefix("## ") {
        vec![passage(Block::Heading(text.to_owned()))]
    } else if let Some(text) = block.strip_prefix("> ") {
        vec![passage(Block::Quote(text.to_owned()))]
    } else if block.starts_with("- ") {
        let items = block.lines().filter_map(|line| line.strip_prefix("- "));
        items.map(|item| passage(Block::Item(item.to_owned()))).collect()
    } else {
        vec![passage(Block::Paragraph(block.to_owned()))]
    }
}

fn edition(mark: &str) -> u32 {
    mark.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_article_has_its_head_and_its_blocks_by_edition() {
        let file = "=== a-slug\ntitle: A: title\ntags: x, y\nhours: 1.5\n\nOne.\n\n## Two\n\n- three\n- four\n\n\
                    [until 1] five\n\n[from 1] six\n";
        let articles = parse(file, 7);
        let article = articles.first().expect("one article");
        assert_eq!((article.slug.as_str(), article.number, article.age_minutes), ("a-slug", 7, 90));
        assert_eq!(article.title, "A: title");
        assert_eq!(article.tags, ["x", "y"]);
        let texts = |edition| {
            article.blocks(edition).iter().map(|b| b.text().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(texts(0), ["One.", "Two", "three", "four", "five"]);
        assert_eq!(texts(1), ["One.", "Two", "three", "four", "six"]);
        assert_eq!(
            (article.revised(0), article.revised(1), article.revised(2)),
            (None, Some(1), Some(1))
        );
    }
}
