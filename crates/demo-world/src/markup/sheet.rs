//! Writes a page: HTML, and which of its lines are boilerplate.

use std::fmt::Write as _;

use crate::article::Block;

/// A page and the lines on it that belong to the site and not to the article.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) html: String,
    chrome: Vec<String>,
}

/// A page that is being written.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    html: String,
    chrome: Vec<String>,
}

impl Sheet {
    /// Markup as it is.
    pub(super) fn raw(&mut self, html: &str) {
        self.html.push_str(html);
    }

    /// An element with text of the article, or with text that may be kept or removed. `open` is the
    /// tag without its brackets, as in `p class="lead"`.
    pub(super) fn text(&mut self, open: &str, text: &str) {
        let tag = open.split(' ').next().unwrap_or(open);
        let _ = write!(self.html, "<{open}>{}</{tag}>", escape(text));
    }

    /// An element with a line of boilerplate.
    pub(super) fn boilerplate(&mut self, open: &str, text: &str) {
        self.text(open, text);
        self.chrome.push(text.to_owned());
    }

    /// A list of boilerplate links.
    pub(super) fn links(&mut self, item: &str, links: &[(&str, &str)]) {
        let tag = item.split(' ').next().unwrap_or(item);
        for (address, words) in links {
            self.raw(&format!("<{item}>"));
            self.boilerplate(&format!("a href=\"{address}\""), words);
            self.raw(&format!("</{tag}>\n"));
        }
    }

    /// A block of the article in plain semantic tags; consecutive list items need their own `ul`
    /// around.
    pub(super) fn block(&mut self, block: &Block) {
        match block {
            Block::Paragraph(text) => self.text("p", text),
            Block::Heading(text) => self.text("h2", text),
            Block::Quote(text) => {
                self.raw("<blockquote>");
                self.text("p", text);
                self.raw("</blockquote>");
            }
            Block::Item(text) => self.text("li", text),
        }
        self.raw("\n");
    }

    /// All blocks in order, lists wrapped. `between` is called after block number n, counted from
    /// 0, to add boilerplate there; never inside a list.
    pub(super) fn body(&mut self, blocks: &[Block], mut between: impl FnMut(&mut Self, usize)) {
        let mut in_list = false;
        for (n, block) in blocks.iter().enumerate() {
            let item = matches!(block, Block::Item(_));
            if item && !in_list {
                self.raw("<ul>\n");
            }
            if in_list && !item {
                self.raw("</ul>\n");
            }
            in_list = item;
            self.block(block);
            if !item {
                between(self, n);
            }
        }
        if in_list {
            self.raw("</ul>\n");
        }
    }

    pub(super) fn finish(self) -> Page {
        Page { html: self.html, chrome: self.chrome }
    }
}

impl Page {
    /// The boilerplate lines that can be tested for: a line that the article contains, such as a
    /// tag of one word, is left out.
    pub(crate) fn boilerplate(self, paragraphs: &[String]) -> Vec<String> {
        let mut chrome = self.chrome;
        chrome.sort();
        chrome.dedup();
        chrome.retain(|line| !paragraphs.iter().any(|paragraph| paragraph.contains(line.as_str())));
        chrome
    }
}

/// Escapes text for character data or attribute values of HTML and XML.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
