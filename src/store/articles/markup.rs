//! The HTML of a body, stored as what the body does not say.
//!
//! An article's HTML repeats its text, so storing both would take the room twice. Only the tags are
//! stored, each with its place in the text. Many articles consist of paragraphs alone and need not
//! even that. The function `body_html` (`0002_contract.sql`) puts the two together for readers, and
//! [`html`] does the same here.

use wiresift_extract::render::{character_reference, escaped};

/// The end of one paragraph and the beginning of the next. It stands for the empty line in a body.
const BREAK: &str = "</p>\n<p>";
const EMPTY_LINE: &str = "\n\n";

/// Between segments.
const SEGMENT: char = '\u{1e}';
/// Between the fields of a segment.
const FIELD: char = '\u{1f}';

/// If there are more segments, the HTML is stored as it is.
const MOST_SEGMENTS: usize = 500;

/// What is stored beside `body` so that `html` can be made again. `None`: the body has paragraphs
/// only.
///
/// Each segment has three fields: how many characters of the body are left out, how many come after
/// its tags, and the tags. HTML that cannot be written in this way is stored as it is; it begins
/// with `<`, and segments do not.
pub(super) fn markup(html: &str, body: &str) -> Option<String> {
    if paragraphs(body) == html {
        return None;
    }
    let segments = segments(html, body).filter(|segments| segments.len() <= MOST_SEGMENTS);
    let written: Option<String> = segments.map(|segments| {
        let written: Vec<String> = segments.iter().map(Segment::written).collect();
        written.join(&SEGMENT.to_string())
    });
    let is_exact = |written: &String| self::html(body, Some(written)) == html;
    Some(written.filter(is_exact).unwrap_or_else(|| html.to_owned()))
}

/// Tags, and the part of the body after them.
#[derive(Debug, Default)]
struct Segment<'a> {
    tags: &'a str,
    /// Characters of the body that the tags stand for.
    left_out: usize,
    /// Characters of the body after the tags.
    taken: usize,
}

impl Segment<'_> {
    fn written(&self) -> String {
        format!("{}{FIELD}{}{FIELD}{}", self.left_out, self.taken, self.tags)
    }
}

/// `None`: the text of the HTML is not that of the body.
fn segments<'a>(html: &'a str, body: &str) -> Option<Vec<Segment<'a>>> {
    let (mut html, mut body) = (html, body);
    let mut segments = Vec::new();
    let mut segment = Segment::default();
    while !html.is_empty() {
        if let (Some(rest), Some(text)) = (html.strip_prefix(BREAK), body.strip_prefix(EMPTY_LINE))
        {
            segment.taken += EMPTY_LINE.len();
            (html, body) = (rest, text);
        } else if html.starts_with('<') {
            let tags = html.get(..length_of_tags(html)?)?;
            html = html.get(tags.len()..)?;
            let text = Some(body).filter(|_| tags.contains('\n'));
            let text = text.and_then(|body| body.strip_prefix(EMPTY_LINE));
            let left_out = if text.is_some() { EMPTY_LINE.len() } else { 0 };
            body = text.unwrap_or(body);
            segments.push(std::mem::replace(&mut segment, Segment { tags, left_out, taken: 0 }));
        } else {
            let next = body.chars().next()?;
            html = match character_reference(next) {
                Some(reference) => html.strip_prefix(reference)?,
                None => html.strip_prefix(next)?,
            };
            body = body.get(next.len_utf8()..)?;
            segment.taken += 1;
        }
    }
    segments.push(segment);
    body.is_empty().then_some(segments)
}

/// Bytes of the tags at the beginning, with the line breaks between them, up to the next text or to
/// the next break between two paragraphs.
fn length_of_tags(html: &str) -> Option<usize> {
    let mut length = 0;
    loop {
        let rest = html.get(length..)?;
        if !rest.starts_with('<') || (length > 0 && rest.starts_with(BREAK)) {
            return Some(length);
        }
        length += rest.find('>')? + 1;
        length += usize::from(html.get(length..)?.starts_with('\n'));
    }
}

/// The HTML of a body and its markup.
fn html(body: &str, markup: Option<&str>) -> String {
    let markup = match markup {
        None => return paragraphs(body),
        Some(html) if html.starts_with('<') => return html.to_owned(),
        Some(markup) => markup,
    };
    let mut body = body.chars();
    let segment = |segment: &str| {
        let mut fields = segment.splitn(3, FIELD);
        let mut number = || fields.next().and_then(|field| field.parse().ok()).unwrap_or(0);
        let (left_out, taken) = (number(), number());
        let text: String = body.by_ref().skip(left_out).take(taken).collect();
        fields.next().unwrap_or_default().to_owned() + &inner_html(&text)
    };
    markup.split(SEGMENT).map(segment).collect()
}

fn paragraphs(body: &str) -> String {
    if body.is_empty() { String::new() } else { format!("<p>{}</p>\n", inner_html(body)) }
}

/// A text with paragraphs as HTML, without the first tag and the last one.
fn inner_html(text: &str) -> String {
    escaped(text).replace(EMPTY_LINE, BREAK)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wiresift_extract::article::{Article, Piece, PieceKind};
    use wiresift_extract::render;

    use super::*;

    #[test]
    fn paragraphs_need_no_markup_and_tags_little() {
        assert_eq!(markup("<p>One &amp; two</p>\n<p>Three</p>\n", "One & two\n\nThree"), None);
        let linked = "<p>One</p>\n<p>See <a href=\"https://a.example/\">this</a> too</p>\n";
        let stored = markup(linked, "One\n\nSee this too").unwrap();
        assert_eq!(
            stored.replace(FIELD, ",").replace(SEGMENT, ";"),
            "0,0,;0,9,<p>;0,4,<a href=\"https://a.example/\">;0,4,</a>;0,0,</p>\n"
        );
        assert_eq!(html("One\n\nSee this too", Some(&stored)), linked);
    }

    #[test]
    fn what_does_not_repeat_the_body_is_stored_as_it_is() {
        let html = "<pre>a\n\nb</pre>\n";
        assert_eq!(markup(html, "a\n\nb").as_deref(), Some(html));
        assert_eq!(
            markup("<p>Another text</p>\n", "A text").as_deref(),
            Some("<p>Another text</p>\n")
        );
        assert_eq!(markup("", "A text").as_deref(), Some(""));
        assert_eq!(super::html("A text", Some("")), "");
    }

    fn piece() -> impl Strategy<Value = Piece> {
        let kind = prop_oneof![
            4 => Just(PieceKind::Paragraph),
            1 => Just(PieceKind::Heading(2)),
            1 => Just(PieceKind::ListItem { ordered: true }),
            1 => Just(PieceKind::ListItem { ordered: false }),
            1 => Just(PieceKind::Quote),
            1 => Just(PieceKind::Preformatted),
        ];
        let spans = prop::collection::vec(("[a-zé&<>'\" \n漢]{0,6}", 0..4u8), 0..4);
        (kind, spans).prop_map(|(kind, spans)| {
            let mut piece = Piece { kind, ..Piece::paragraph("") };
            let template = Piece::paragraph("x").spans.remove(0);
            piece.spans = spans
                .into_iter()
                .map(|(text, style)| {
                    let mut span = template.clone();
                    span.text = text;
                    span.strong = style == 1;
                    span.em = style == 2;
                    span.link =
                        (style == 3).then(|| url::Url::parse("https://a.example/?q=<>'").unwrap());
                    span
                })
                .collect();
            piece
        })
    }

    proptest! {
        #[test]
        fn every_html_can_be_made_again(body in prop::collection::vec(piece(), 0..6)) {
            let rendered = render::html(&body);
            let text = Article { body, ..Article::default() }.text();
            let stored = markup(&rendered, &text);
            prop_assert_eq!(html(&text, stored.as_deref()), rendered);
        }
    }
}
