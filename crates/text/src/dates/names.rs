//! Names of months, weekdays and parts of the day, in the languages of Unicode CLDR (`names.txt`).

mod table;

use super::half::Half;
use super::spelling;
use super::token::Token;

pub(super) use table::Weekdays;
use table::{NAMES, beginning};

/// Most words of a name.
pub(super) const MOST_WORDS: usize = 3;

/// Least letters of an abbreviation that is not in the list, and of what a misspelt name has in common with it.
const ABBREVIATION: usize = 3;

/// A language in which some name means another month than elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Language(&'static str);

impl Language {
    /// By a BCP 47 tag in lower case.
    pub(super) fn of(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next()?;
        NAMES.languages.iter().find(|language| **language == primary).map(|language| Self(language))
    }
}

/// How a word is taken for the name of a month; the strictest way first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reading {
    /// As CLDR has it.
    Exact,
    /// The beginning of a name: `sept`, `agos`.
    Abbreviated,
    /// With a letter wrong, or another ending: `Febuary`, `kesäkuussa`.
    Misspelt,
}

/// What is known of a text whose words may be names.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context {
    language: Option<Language>,
    /// The text is nothing but a date: it has no words but one that may be a month, weekdays, zones and prepositions.
    pub(super) is_alone: bool,
}

impl Context {
    pub(super) fn of(tokens: &[Token], language: Option<Language>) -> Self {
        let is_passed_over = |word: &str| word.chars().nth(2).is_none() || is_of_dates(word);
        let words = tokens.iter().filter_map(Token::word).filter(|word| !is_passed_over(word));
        Self { language, is_alone: words.take(2).count() < 2 }
    }

    /// The same, for a word that stands in a date without doubt.
    pub(super) fn alone(self) -> Self {
        Self { is_alone: true, ..self }
    }
}

/// So many words from a token on, as a key, and where they end. Points and apostrophes may stand between and after
/// them.
pub(super) fn phrase(tokens: &[Token], from: usize, words: usize) -> Option<(String, usize)> {
    let mut phrase = tokens.get(from)?.word()?.to_owned();
    let mut end = from + 1;
    let is_between = |token: &Token| matches!(token.sign(), Some('.' | '\'' | '’' | '״' | '׳'));
    for _ in 1..words {
        let next = tokens.get(end..)?.iter().position(|token| !is_between(token))? + end;
        phrase.push(' ');
        phrase.push_str(tokens.get(next)?.word()?);
        end = next + 1;
    }
    Some((phrase, end + usize::from(tokens.get(end).is_some_and(is_between))))
}

/// Whether a name of a month can begin with this word. Most words are ruled out here.
pub(super) fn may_begin(word: &str, context: Context) -> bool {
    context.is_alone || beginning(word).next().is_some() || word.starts_with('ב')
}

/// The month that a key means, and how it is read.
pub(super) fn month(key: &str, context: Context) -> Option<(u32, Reading)> {
    // In Hebrew the preposition is written in one with the name.
    let bare = key.strip_prefix('ב').filter(|bare| !bare.is_empty());
    if let Some(month) = exact(key, context).or_else(|| exact(bare?, context)) {
        return Some((month, Reading::Exact));
    }
    let third = key.char_indices().nth(ABBREVIATION - 1)?;
    // A name that is not meant here is no abbreviation of another.
    let is_name = beginning(key).next().is_some_and(|name| name.key == key);
    if is_name || is_weekday(key) || key.contains(' ') {
        return None;
    }
    let names = |begin| beginning(begin).filter(|name| name.is_meant(context));
    if let Some(month) = one_month(names(key).map(|name| name.month)) {
        return Some((month, Reading::Abbreviated));
    }
    let near = key.get(..third.0 + third.1.len_utf8()).filter(|_| context.is_alone).map(names)?;
    let near: Vec<(usize, u32)> =
        near.filter_map(|name| Some((spelling::errors(key, &name.key)?, name.month))).collect();
    let least = near.iter().map(|(errors, _)| *errors).min()?;
    let nearest = near.iter().filter(|(errors, _)| *errors == least).map(|(_, month)| *month);
    Some((one_month(nearest)?, Reading::Misspelt))
}

fn exact(key: &str, context: Context) -> Option<u32> {
    let same = beginning(key).take_while(|name| name.key == key);
    // A meaning that only this language has comes first.
    let meant = same.filter(|name| name.is_meant(context));
    meant.max_by_key(|name| name.is_spoken(context)).map(|name| name.month)
}

/// The one month that all are.
fn one_month(mut months: impl Iterator<Item = u32>) -> Option<u32> {
    let first = months.next()?;
    months.all(|month| month == first).then_some(first)
}

/// Whether a word is the name of a month, or its beginning.
pub(super) fn is_month(word: &str) -> bool {
    month(word, Context { language: None, is_alone: false }).is_some()
}

/// Whether a word is a whole name of a month in the table.
pub(super) fn is_month_name(word: &str) -> bool {
    exact(word, Context { language: None, is_alone: true }).is_some()
}

pub(super) fn is_weekday(key: &str) -> bool {
    NAMES.weekdays.contains_key(key)
}

/// The weekdays that a text names. A word that may be a month as well says nothing.
pub(super) fn weekdays(tokens: &[Token]) -> Weekdays {
    let mut all = Weekdays::default();
    let mut at = 0;
    while at < tokens.len() {
        let named = (1..=MOST_WORDS).rev().find_map(|words| {
            let (phrase, end) = phrase(tokens, at, words)?;
            let days = NAMES.weekdays.get(&phrase).filter(|_| !is_month_name(&phrase))?;
            Some((*days, end))
        });
        at = match named {
            Some((days, end)) => {
                all.add(days);
                end
            }
            None => at + 1,
        };
    }
    all
}

/// The month that a key means inside a text of a language, where it stands in the table.
pub(super) fn month_in_text(key: &str, language: &str) -> Option<u32> {
    exact(key, Context { language: Language::of(language), is_alone: false })
}

/// The weekdays of a key that is no month, as bits.
pub(super) fn weekdays_of(key: &str) -> u8 {
    let days = NAMES.weekdays.get(key).filter(|_| !is_month_name(key));
    days.map_or(0, |days| days.bits())
}

/// All months that a key means in some language.
pub(super) fn meanings(key: &str) -> impl Iterator<Item = u32> {
    beginning(key).take_while(move |name| name.key == key).map(|name| name.month)
}

/// Words that stand in dates and say nothing about the day.
pub(super) fn is_of_dates(word: &str) -> bool {
    is_weekday(word) || matches!(word, "uhr" | "the" | "gmt" | "utc")
}

/// Am or pm after a time.
pub(super) fn half_of_day(key: &str) -> Option<Half> {
    NAMES.halves.get(key).copied()
}

/// The half of the day that stands before a time. In Chinese, Japanese and Korean it may be the end of a word. In
/// scripts with capitals, words for am and pm are prepositions as often as not, so only other parts of the day count.
pub(super) fn half_before(key: &str) -> Option<Half> {
    let has_capitals = |name: &str| name.chars().next().is_some_and(char::is_lowercase);
    if has_capitals(key) {
        return half_of_day(key).filter(|half| matches!(half, Half::Part { .. }));
    }
    let ends =
        NAMES.halves.iter().filter(|(name, _)| !has_capitals(name) && key.ends_with(name.as_str()));
    ends.max_by_key(|(name, _)| name.len()).map(|(_, half)| *half)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dates::token::fold;

    fn meant(word: &str, language: &str) -> Option<u32> {
        let context = Context { language: Language::of(language), is_alone: true };
        month(&fold(word), context).map(|(month, _)| month)
    }

    #[test]
    fn the_table_is_whole() {
        for month in 1..=12 {
            assert!(
                NAMES.months.iter().filter(|name| name.month == month).count() > 100,
                "{month}"
            );
        }
        assert!(NAMES.weekdays.len() > 1000 && NAMES.halves.len() > 100);
        assert!(
            NAMES.months.iter().all(|name| (1..=12).contains(&name.month) && !name.key.is_empty())
        );
        for (one, other) in NAMES.months.iter().zip(NAMES.months.iter().skip(1)) {
            let is_other = one.key != other.key || one.languages != other.languages;
            assert!(is_other, "{} is {} and {}", one.key, one.month, other.month);
        }
    }

    #[test]
    fn months_in_many_languages() {
        for (word, number) in [
            ("September", 9),
            ("sept", 9),
            ("août", 8),
            ("aout", 8),
            ("Juin", 6),
            ("juillet", 7),
            ("мая", 5),
            ("červenec", 7),
            ("июля", 7),
            ("Νοεμβρίου", 11),
            ("ΝΟΕΜΒΡΙΟΣ", 11),
            ("KASIM", 11),
            ("Kasım", 11),
            ("נובמבר", 11),
            ("בנובמבר", 11),
            ("नवंबर", 11),
            ("نوفمبر", 11),
            ("пажніка", 0),
            ("кастрычніка", 10),
            ("ზამთარი", 0),
            ("ნოემბერი", 11),
            ("agustus", 8),
            ("Febuary", 2),
            ("Janaury", 1),
            ("Septmber", 9),
            ("kesäkuussa", 6),
            ("listopadzie", 11),
        ] {
            assert_eq!(meant(word, ""), Some(number).filter(|number| *number > 0), "{word}");
        }
        for word in [
            "monday",
            "at",
            "de",
            "ju",
            "t",
            "martes",
            "mardi",
            "середа",
            "marvel",
            "decision",
            "page",
            "sun",
        ] {
            assert_eq!(meant(word, ""), None, "{word}");
        }
    }

    #[test]
    fn the_language_decides_between_two_months() {
        for (word, language, number) in [
            ("listopad", "", 11),
            ("listopada", "pl", 11),
            ("listopada", "hr-hr", 10),
            ("lip", "hr", 6),
            ("lip", "pl", 7),
            ("srp", "cs", 8),
        ] {
            assert_eq!(meant(word, language), Some(number), "{word} {language}");
        }
    }

    /// The beginnings of names by which dates were read before there was a table.
    #[test]
    fn what_was_understood_without_the_table_still_is() {
        let known: [&[&str]; 12] = [
            &[
                "jan", "janv", "jän", "ene", "gen", "sty", "led", "oca", "янв", "січ", "ιαν",
                "tammi",
            ],
            &["feb", "fév", "fev", "lut", "úno", "şub", "фев", "лют", "φεβ", "helmi"],
            &["mar", "mär", "mrt", "maart", "maaliskuuta", "bře", "мар", "бер", "μαρ", "μάρ"],
            &["apr", "avr", "abr", "kwi", "dub", "nis", "апр", "кві", "απρ", "huhti"],
            &[
                "may", "mai", "maj", "mei", "mag", "kvě", "май", "мая", "тра", "μαι", "μαΐ", "μάι",
                "touko",
            ],
            &["jun", "juin", "giu", "cze", "červen", "haz", "июн", "чер", "ιουν", "ιούν", "kesä"],
            &[
                "jul",
                "juil",
                "lug",
                "lip",
                "červenec",
                "tem",
                "июл",
                "лип",
                "ιουλ",
                "ιούλ",
                "heinä",
            ],
            &["aug", "aoû", "aou", "ago", "sie", "srp", "ağu", "авг", "сер", "αυγ", "αύγ", "elo"],
            &["sep", "set", "wrz", "zář", "eyl", "сен", "вер", "σεπ", "syys"],
            &["oct", "okt", "out", "ott", "paź", "říj", "eki", "окт", "жов", "οκτ", "loka"],
            &["nov", "lis", "kas", "ноя", "лис", "νοε", "νοέ", "marras"],
            &["dec", "dez", "déc", "dic", "gru", "pro", "ara", "дек", "гру", "δεκ", "joulu"],
        ];
        for (number, words) in (1..).zip(known) {
            for word in words {
                assert_eq!(meant(word, ""), Some(number), "{word}");
            }
        }
    }
}
