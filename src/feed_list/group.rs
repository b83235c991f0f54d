//! `[[group]]` tables: how often to poll every feed with a tag, in whatever list it stands.

use ::toml::de::{DeTable, DeValue};

use crate::feed_list::toml::{List, interval_key, string, unknown};
use crate::feed_list::{FeedSpec, ListError, Origin, tag};
use crate::polling::schedule::PollIntervals;

/// The keys of a `[[group]]` table.
const KEYS: [&str; 4] = ["tag", "every", "min_every", "max_every"];

/// The settings of all feeds with a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupSpec {
    pub tag: String,
    /// How often they are polled.
    pub intervals: PollIntervals,
    /// Its place in the list.
    pub origin: Origin,
}

/// Reads the `[[group]]` tables of a TOML list. `file` is used in messages only.
pub fn parse_groups(file: &str, text: &str) -> Result<Vec<GroupSpec>, ListError> {
    let list = List { file, text: text.trim_start_matches('\u{FEFF}') };
    let document = list.document()?;
    let Some((key, value)) = document.get_ref().iter().find(|(key, _)| key.get_ref() == "group")
    else {
        return Ok(Vec::new());
    };
    let wrong = |at: usize| list.error(at, "a group must be a table of its own; write `[[group]]`");
    let DeValue::Array(tables) = value.get_ref() else { return Err(wrong(key.span().start)) };
    let tables = tables.iter().map(|table| match table.get_ref() {
        DeValue::Table(fields) => group(&list, table.span().start, fields),
        _ => Err(wrong(table.span().start)),
    });
    tables.collect()
}

fn group(list: &List<'_>, start: usize, fields: &DeTable<'_>) -> Result<GroupSpec, ListError> {
    let (mut name, mut intervals) = (None, PollIntervals::default());
    for (key, value) in fields {
        let failed = |message: String| list.error(value.span().start, message);
        match key.get_ref().as_ref() {
            "tag" => name = Some(string(key, value).and_then(tag).map_err(failed)?),
            word if interval_key(&mut intervals, word, key, value).map_err(failed)? => {}
            other => return Err(list.error(key.span().start, unknown(other, &KEYS))),
        }
    }
    list.check_intervals(start, &intervals)?;
    let Some(tag) = name else {
        return Err(list.error(start, "this group has no `tag`; write `tag = \"world\"`"));
    };
    if intervals == PollIntervals::default() {
        let message = format!(
            "the group `{tag}` has no effect; add one of `every`, `min_every`, `max_every`"
        );
        return Err(list.error(start, message));
    }
    Ok(GroupSpec { tag, intervals, origin: list.origin(start) })
}

/// Applies the groups of its tags to each feed. The feed's own settings take precedence, then the
/// group that is listed first.
pub fn join_groups(feeds: &mut [FeedSpec], groups: &[GroupSpec]) -> Result<(), ListError> {
    for (at, group) in groups.iter().enumerate() {
        if let Some(first) = groups.iter().take(at).find(|first| first.tag == group.tag) {
            let message =
                format!("the group `{}` is also in {}; merge the two", group.tag, first.origin);
            return Err(ListError { origin: group.origin.clone(), message });
        }
    }
    for feed in feeds {
        for group in groups.iter().filter(|group| feed.tags.contains(&group.tag)) {
            let (own, given) = (&mut feed.intervals, group.intervals);
            own.every = own.every.or(given.every);
            own.min_every = own.min_every.or(given.min_every);
            own.max_every = own.max_every.or(given.max_every);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::feed_list::{ListFormat, parse_list};

    const LIST: &str = "[[group]]\ntag = \"wire\"\nmin_every = \"1m\"\n\n\
                        [[group]]\ntag = \"weekly\"\nevery = \"6h\"\n\
                        min_every = \"2m\"\n\n[[feed]]\nurl = \"https://a.example/f\"\n\
                        tags = [\"weekly\", \"wire\"]\n\
                        every = \"1h\"\n[[feed]]\nurl = \"https://b.example/f\"\n";

    #[test]
    fn a_group_fills_in_what_a_feed_leaves_open() {
        let mut feeds = parse_list("feeds.toml", LIST, ListFormat::Toml).unwrap();
        let groups = parse_groups("feeds.toml", LIST).unwrap();
        join_groups(&mut feeds, &groups).unwrap();
        let minutes = |minutes| Some(Duration::from_mins(minutes));
        assert_eq!(
            feeds[0].intervals,
            PollIntervals { every: minutes(60), min_every: minutes(1), max_every: None }
        );
        assert_eq!(feeds[1].intervals, PollIntervals::default());
    }

    #[test]
    fn mistakes_say_where_and_what_to_write() {
        let mistake = |text: &str| parse_groups("f.toml", text).unwrap_err().to_string();
        for (text, expected) in [
            (
                "[[group]]\nevery = \"1h\"",
                "f.toml:1: this group has no `tag`; write `tag = \"world\"`",
            ),
            (
                "[[group]]\ntag = \"x\"",
                "f.toml:1: the group `x` has no effect; \
                 add one of `every`, `min_every`, `max_every`",
            ),
            (
                "[[group]]\ntag = \"x\"\nevrey = \"1h\"",
                "f.toml:3: unknown key `evrey`; did you mean `every`?",
            ),
            (
                "[group]\ntag = \"x\"",
                "f.toml:1: a group must be a table of its own; write `[[group]]`",
            ),
            (
                "[[group]]\ntag = \"x\"\nmin_every = \"1h\"\nmax_every = \"1m\"",
                "f.toml:1: `min_every` is longer than `max_every`; swap the two",
            ),
        ] {
            assert_eq!(mistake(text), expected, "{text}");
        }
        let twice = parse_groups(
            "f.toml",
            "[[group]]\ntag = \"x\"\nevery = \"1h\"\n[[group]]\ntag = \"x\"\nevery = \"2h\"",
        );
        let error = join_groups(&mut [], &twice.unwrap()).unwrap_err().to_string();
        assert_eq!(error, "f.toml:4: the group `x` is also in f.toml:1; merge the two");
    }
}
