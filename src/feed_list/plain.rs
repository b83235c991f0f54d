//! Plain lists: one URL a line, optionally followed by the feed's name. `#` begins a comment.

use crate::feed_list::{FeedSpec, LeftOut, ListError, Origin, Reading};
use crate::polling::schedule::PollIntervals;
use wiresift_feed::address::FeedUrl;

pub(super) fn read(file: &str, text: &str) -> Reading {
    let mut reading = Reading::default();
    let lines = (1..).zip(text.lines().map(str::trim));
    for (at, line) in lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
        match spec(file, at, line) {
            Ok(spec) => reading.feeds.push(spec),
            Err(error) => reading.left_out.push(LeftOut { error, is_mistake: true }),
        }
    }
    reading
}

fn spec(file: &str, line_number: usize, line: &str) -> Result<FeedSpec, ListError> {
    let origin = Origin { file: file.to_owned(), line: line_number };
    let (address, name) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let name = crate::feed_list::name(name.trim().trim_start_matches('#'));
    match FeedUrl::parse(address) {
        Ok(url) => Ok(FeedSpec {
            url,
            name,
            tags: Vec::new(),
            intervals: PollIntervals::default(),
            enabled: true,
            origin,
        }),
        Err(error) => Err(ListError { origin, message: error.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(file: &str, text: &str) -> Result<Vec<FeedSpec>, ListError> {
        crate::feed_list::parse_list(file, text, crate::feed_list::ListFormat::Plain)
    }

    #[test]
    fn addresses_names_and_comments() {
        let list = parse(
            "a.txt",
            "# mine\r\nhttps://a.example/f\r\n\r\n  https://b.example/f  The B Times # old\n",
        )
        .unwrap();
        assert_eq!(list.len(), 2);
        assert_eq!((list[0].name.as_deref(), list[0].origin.line), (None, 2));
        assert_eq!((list[1].name.as_deref(), list[1].origin.line), (Some("The B Times # old"), 4));
    }

    #[test]
    fn a_mistake_has_its_line() {
        let error = parse("a.txt", "https://a.example/f\nb.example/f").unwrap_err().to_string();
        assert_eq!(error, "a.txt:2: `b.example/f` has no scheme; write `https://b.example/f`");
    }
}
