//! The script language: lines to steps. What a line does not understand is an error with its place.

use std::path::Path;
use std::time::Duration;

use crate::check::Expect;
use crate::reply::Answer;
use crate::words::{Word, duration, split};

/// One case: what the web does over time, and what is expected of the daemon.
#[derive(Debug)]
pub(super) struct Case {
    /// `updates` for `tests/web/updates.case`.
    pub(super) file: String,
    pub(super) name: String,
    pub(super) place: String,
    /// Settings as in the configuration file.
    pub(super) settings: String,
    pub(super) steps: Vec<(String, Step)>,
}

/// One line.
#[derive(Debug)]
pub(super) enum Step {
    /// Puts a feed on the list.
    List(Address),
    /// From now on, or as the next answer, an address answers this.
    Serve { address: Address, queued: bool, answer: Answer },
    /// Lets the daemon run until then.
    Until(Duration),
    /// Must be so now.
    Expect(Expect),
}

/// `paper/feed?x=1`: a site and a path on it, by http unless `https:` stands before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) is_https: bool,
    pub(super) site: String,
    pub(super) target: String,
}

impl Address {
    pub(super) fn parse(word: &str) -> Result<Self, String> {
        let (is_https, word) =
            word.strip_prefix("https:").map_or((false, word), |rest| (true, rest));
        let (site, target) = word.split_at(word.find('/').unwrap_or(word.len()));
        let is_name =
            site.chars().all(|letter| letter.is_ascii_alphanumeric() || ".-".contains(letter));
        if site.is_empty() || !is_name {
            return Err(format!("`{word}` is no address such as paper/feed"));
        }
        Ok(Self { is_https, site: site.to_owned(), target: target.to_owned() })
    }

    /// `https://paper.localhost:8080/feed?x=1`; a site by number stays as it is.
    pub(super) fn url(&self, port: u16) -> String {
        let scheme = if self.is_https { "https" } else { "http" };
        format!("{scheme}://{}:{port}{}", self.host(), self.target)
    }

    pub(super) fn host(&self) -> String {
        match self.site.parse::<std::net::IpAddr>() {
            Ok(_) => self.site.clone(),
            Err(_) => format!("{}.localhost", self.site),
        }
    }
}

/// The cases of one file.
pub(super) fn parse(file: &str, text: &str) -> Result<Vec<Case>, String> {
    let mut cases: Vec<Case> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let place = format!("{file}:{}", number + 1);
        let in_place = |error: String| format!("{place}: {error}");
        let words = split(line).map_err(in_place)?;
        let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        match (texts.as_slice(), cases.last_mut()) {
            ([], _) => {}
            (["case", words @ ..], _) if !words.is_empty() => {
                let name = words.join(" ");
                if cases.iter().any(|case| case.name == name) {
                    return Err(in_place(format!("`{name}` is the name of another case too")));
                }
                let file = Path::new(file).file_stem().unwrap_or_default();
                cases.push(Case {
                    file: file.to_string_lossy().into_owned(),
                    name,
                    place,
                    settings: String::new(),
                    steps: Vec::new(),
                });
            }
            (_, None) => {
                return Err(in_place("a file begins with `case WHAT IT SHOWS`".to_owned()));
            }
            (["set", settings @ ..], Some(case)) if case.steps.is_empty() => {
                for setting in settings {
                    case.settings.push_str(&toml_line(setting).map_err(in_place)?);
                }
            }
            (_, Some(case)) => case.read(&place, &words).map_err(in_place)?,
        }
    }
    Ok(cases)
}

/// `http.timeout=500ms` as the configuration file has it.
fn toml_line(setting: &str) -> Result<String, String> {
    let (key, value) =
        setting.split_once('=').ok_or_else(|| format!("`{setting}` is no KEY=VALUE"))?;
    let is_bare =
        value.starts_with('[') || value.parse::<f64>().is_ok() || value.parse::<bool>().is_ok();
    Ok(if is_bare { format!("{key} = {value}\n") } else { format!("{key} = {value:?}\n") })
}

impl Case {
    fn read(&mut self, place: &str, words: &[Word]) -> Result<(), String> {
        let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        let step = match texts.as_slice() {
            ["at", time] => Step::Until(duration(time)?),
            ["at", time, ..] => {
                self.steps.push((place.to_owned(), Step::Until(duration(time)?)));
                return self.read(place, &words[2..]);
            }
            ["feed", address] => Step::List(Address::parse(address)?),
            ["expect", ..] => Step::Expect(Expect::parse(&texts[1..])?),
            [address, sign @ ("=" | "+="), ..] => {
                let address = Address::parse(address)?;
                Step::Serve { address, queued: *sign == "+=", answer: Answer::parse(&words[2..])? }
            }
            [word, ..] => {
                return Err(format!(
                    "unknown word `{word}`: a line is `case`, `set`, `feed`, `at`, `expect` or ADDRESS = ANSWER"
                ));
            }
            [] => return Ok(()),
        };
        self.steps.push((place.to_owned(), step));
        Ok(())
    }
}

/// Every case of every file in `tests/web`.
pub(super) fn all() -> Result<Vec<Case>, String> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/web");
    let mut files: Vec<_> =
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "case"));
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let name = format!("tests/web/{}", file.file_name().unwrap().to_string_lossy());
        cases.extend(parse(&name, &std::fs::read_to_string(&file).unwrap())?);
    }
    Ok(cases)
}
