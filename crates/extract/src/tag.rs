//! The elements that matter for reading, as a small enum: block-level, inline, or without text.

use html5ever::{LocalName, local_name};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum Tag {
    /// Unknown and custom elements; they break lines, as a `div` does.
    Other,
    Paragraph,
    Item,
    H1,
    H2,
    H3,
    /// `h4` to `h6`.
    H4,
    Cell,
    Div,
    Blockquote,
    Figcaption,
    Section,
    Article,
    Main,
    Body,
    List,
    OrderedList,
    Figure,
    Aside,
    Header,
    Footer,
    Nav,
    Form,
    /// `dd`, `dt`.
    Definition,
    DefinitionList,
    Pre,
    Table,
    /// `tr`, `tbody`, `thead`, `tfoot`.
    Row,
    Center,
    Address,
    Details,
}

impl Tag {
    /// `h1` to `h6`.
    pub(crate) fn is_heading(self) -> bool {
        matches!(self, Self::H1 | Self::H2 | Self::H3 | Self::H4)
    }
}

/// Inline elements that change how text is measured or rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inline {
    Link,
    Strong,
    Emphasis,
    Time,
    Plain,
}

/// What the walk does at an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Inside a line of text.
    Inline(Inline),
    /// Begins and ends a block.
    Block(Tag),
    /// `br`, `hr`: ends a block and has no content.
    Break,
    /// `button`: a word of the sentence around it, or a control.
    Button,
    /// `img`: stands for a character, or separates two blocks.
    Picture,
    /// Has no readable text; separates words if `spaced`.
    Skip { spaced: bool },
}

/// The role of an element by its name.
pub(crate) fn role(name: &LocalName) -> Role {
    match *name {
        local_name!("a") => Role::Inline(Inline::Link),
        local_name!("span") => Role::Inline(Inline::Plain),
        local_name!("b") | local_name!("strong") => Role::Inline(Inline::Strong),
        local_name!("em") | local_name!("i") => Role::Inline(Inline::Emphasis),
        local_name!("time") => Role::Inline(Inline::Time),
        local_name!("br") | local_name!("hr") => Role::Break,
        local_name!("script") | local_name!("style") | local_name!("svg") => {
            Role::Skip { spaced: false }
        }
        local_name!("button") => Role::Button,
        local_name!("img") => Role::Picture,
        local_name!("p") => Role::Block(Tag::Paragraph),
        local_name!("li") => Role::Block(Tag::Item),
        local_name!("h1") => Role::Block(Tag::H1),
        local_name!("h2") => Role::Block(Tag::H2),
        local_name!("h3") => Role::Block(Tag::H3),
        local_name!("h4") | local_name!("h5") | local_name!("h6") => Role::Block(Tag::H4),
        local_name!("td") | local_name!("th") => Role::Block(Tag::Cell),
        local_name!("div") => Role::Block(Tag::Div),
        local_name!("blockquote") => Role::Block(Tag::Blockquote),
        local_name!("figcaption") => Role::Block(Tag::Figcaption),
        local_name!("section") => Role::Block(Tag::Section),
        local_name!("article") => Role::Block(Tag::Article),
        local_name!("main") => Role::Block(Tag::Main),
        local_name!("body") => Role::Block(Tag::Body),
        local_name!("ul") => Role::Block(Tag::List),
        local_name!("ol") => Role::Block(Tag::OrderedList),
        local_name!("figure") => Role::Block(Tag::Figure),
        local_name!("aside") => Role::Block(Tag::Aside),
        local_name!("header") => Role::Block(Tag::Header),
        local_name!("footer") => Role::Block(Tag::Footer),
        local_name!("nav") => Role::Block(Tag::Nav),
        local_name!("form") => Role::Block(Tag::Form),
        local_name!("dd") | local_name!("dt") => Role::Block(Tag::Definition),
        local_name!("dl") => Role::Block(Tag::DefinitionList),
        local_name!("pre") => Role::Block(Tag::Pre),
        local_name!("table") => Role::Block(Tag::Table),
        local_name!("tr") | local_name!("tbody") | local_name!("thead") | local_name!("tfoot") => {
            Role::Block(Tag::Row)
        }
        local_name!("center") => Role::Block(Tag::Center),
        local_name!("address") => Role::Block(Tag::Address),
        local_name!("details") => Role::Block(Tag::Details),
        _ if is_plain_inline(name) => Role::Inline(Inline::Plain),
        _ if is_skipped(name) => Role::Skip { spaced: true },
        // AMP's text fitter is the only custom element that is used inside lines.
        _ if &**name == "amp-fit-text" => Role::Inline(Inline::Plain),
        _ => Role::Block(Tag::Other),
    }
}

/// Inline elements that do not change the style.
fn is_plain_inline(name: &LocalName) -> bool {
    matches!(
        *name,
        local_name!("span")
            | local_name!("font")
            | local_name!("abbr")
            | local_name!("acronym")
            | local_name!("bdi")
            | local_name!("bdo")
            | local_name!("big")
            | local_name!("blink")
            | local_name!("cite")
            | local_name!("code")
            | local_name!("data")
            | local_name!("del")
            | local_name!("dfn")
            | local_name!("ins")
            | local_name!("kbd")
            | local_name!("label")
            | local_name!("mark")
            | local_name!("nobr")
            | local_name!("output")
            | local_name!("q")
            | local_name!("rb")
            | local_name!("rt")
            | local_name!("rp")
            | local_name!("ruby")
            | local_name!("s")
            | local_name!("samp")
            | local_name!("small")
            | local_name!("strike")
            | local_name!("sub")
            | local_name!("sup")
            | local_name!("tt")
            | local_name!("u")
            | local_name!("var")
            | local_name!("wbr")
    )
}

/// Elements without text of the article; they separate the words around them.
fn is_skipped(name: &LocalName) -> bool {
    matches!(
        *name,
        local_name!("noscript")
            | local_name!("template")
            | local_name!("select")
            | local_name!("textarea")
            | local_name!("iframe")
            | local_name!("object")
            | local_name!("video")
            | local_name!("audio")
            | local_name!("canvas")
            | local_name!("math")
            | local_name!("map")
            | local_name!("head")
            | local_name!("input")
            | local_name!("option")
            | local_name!("datalist")
            | local_name!("progress")
            | local_name!("meter")
            | local_name!("frame")
            | local_name!("frameset")
            | local_name!("noframes")
            | local_name!("applet")
            | local_name!("embed")
            | local_name!("dialog")
    )
}
