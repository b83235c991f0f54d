//! `wiresift man`: the manual pages. Each is made from what the program itself goes by: the pages
//! of the commands from the definitions that `--help` prints, `wiresift.toml(5)` and `feeds.toml(5)`
//! from the comments of the two files in `config/`.

mod comments;
mod lists;
mod settings;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, CommandFactory as _};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use crate::commands::{Cli, print};

#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// Page to print, such as wiresift-run, wiresift.toml or feeds.toml
    #[arg(default_value = "wiresift")]
    page: String,
    /// Write all pages into DIR instead, as files such as wiresift.1
    #[arg(long, value_name = "DIR", conflicts_with = "page")]
    dir: Option<PathBuf>,
}

/// A manual page in roff.
struct Page {
    name: String,
    section: char,
    text: String,
}

pub(super) fn run(args: &ManArgs) -> anyhow::Result<ExitCode> {
    let pages = pages()?;
    if let Some(dir) = &args.dir {
        fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
        for page in &pages {
            let file = dir.join(format!("{}.{}", page.name, page.section));
            fs::write(&file, &page.text)
                .with_context(|| format!("cannot write {}", file.display()))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let Some(page) = pages.iter().find(|page| page.name == args.page) else {
        let names: Vec<&str> = pages.iter().map(|page| page.name.as_str()).collect();
        bail!("there is no page {}; the pages are {}", args.page, names.join(", "));
    };
    print(&page.text)?;
    Ok(ExitCode::SUCCESS)
}

/// All pages: the program, each command, the two files.
fn pages() -> anyhow::Result<Vec<Page>> {
    // `help` explains itself.
    let mut program = Cli::command().disable_help_subcommand(true);
    program.build();
    let mut pages = Vec::new();
    commands(&program, &mut pages)?;
    for (name, body) in [("wiresift.toml", settings::page()), ("feeds.toml", lists::page())] {
        let mut roff = Roff::new();
        roff.control("TH", [name, "5", "", &source(), MANUAL]);
        let text = roff.to_roff() + &body.to_roff() + &see_also(name);
        pages.push(Page { name: name.to_owned(), section: '5', text });
    }
    Ok(pages)
}

const MANUAL: &str = "wiresift manual";

fn source() -> String {
    format!("wiresift {}", env!("CARGO_PKG_VERSION"))
}

fn commands(command: &clap::Command, pages: &mut Vec<Page>) -> anyhow::Result<()> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
    let mut page = Vec::new();
    Man::new(command.clone()).source(source()).manual(MANUAL).render(&mut page)?;
    let text = String::from_utf8(page)? + &see_also(&name);
    pages.push(Page { name, section: '1', text });
    for subcommand in command.get_subcommands().filter(|command| command.get_name() != "help") {
        commands(subcommand, pages)?;
    }
    Ok(())
}

/// The closing section. The pages of the package are the only ones that it refers to.
fn see_also(name: &str) -> String {
    let others = [("wiresift", '1'), ("wiresift.toml", '5'), ("feeds.toml", '5')];
    let others: Vec<String> = others
        .iter()
        .filter(|(other, _)| *other != name)
        .map(|(other, section)| format!("{other}({section})"))
        .collect();
    let mut roff = Roff::new();
    roff.control("SH", ["SEE ALSO"]).text([roman(others.join(", "))]);
    roff.control("PP", []).text([roman(
        "The directory /usr/share/doc/wiresift has the README, and the documents whose names \
         begin with docs/.",
    )]);
    roff.to_roff()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::config::Config;
    use crate::feed_list::{ListError, parse_access, parse_groups, parse_sites};
    use crate::feed_list::{ListFormat, parse_list};

    use super::*;

    fn text(name: &str) -> String {
        let pages = pages().expect("pages");
        let page = pages.iter().find(|page| page.name == name).expect(name);
        page.text.replace("\\-", "-")
    }

    /// The words in backquotes of an error such as "expected one of `a`, `b`".
    fn quoted(message: &str, after: &str) -> Vec<String> {
        let list = message.split_once(after).unwrap_or_else(|| panic!("{message}")).1;
        list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    }

    /// The keys of a table of the configuration, from the parser's own complaint.
    fn known(table: &str) -> Vec<String> {
        let complaint = |text: &str| {
            let message = toml::from_str::<Config>(text).expect_err("unknown").message().to_owned();
            message.contains("unknown field").then_some(message)
        };
        let message = complaint(&format!("[{table}]\nno-such-key = 1"))
            .or_else(|| complaint(&format!("[[{table}]]\nno-such-key = 1")))
            .unwrap_or_else(|| panic!("[{table}] takes any key"));
        quoted(&message, "expected ")
    }

    #[test]
    fn each_setting_is_in_its_page() {
        let page = text("wiresift.toml");
        let top = toml::from_str::<Config>("no-such-table = 1").expect_err("unknown");
        let tables = quoted(top.message(), "expected one of ");
        assert!(tables.len() > 10, "{tables:?}");
        for table in tables {
            let section = page.split(&format!(".SS [{table}]\n")).nth(1);
            let section = section.or_else(|| page.split(&format!(".SS [[{table}]]\n")).nth(1));
            let section = section.unwrap_or_else(|| panic!("[{table}] is missing"));
            let section = section.split(".SS ").next().unwrap_or_default();
            for key in known(&table) {
                assert!(section.contains(&format!("\\fB{key}\\fR = ")), "{table}.{key}\n{section}");
            }
        }
    }

    #[test]
    fn each_key_of_a_feed_list_is_in_its_page() {
        let page = text("feeds.toml");
        let complaints: [(&str, Option<ListError>); 4] = [
            ("feed", parse_list("", "[[feed]]\nno-such-key = 1", ListFormat::Toml).err()),
            ("group", parse_groups("", "[[group]]\nno-such-key = 1").err()),
            ("site", parse_sites("", "[[site]]\nno-such-key = 1").err()),
            ("access", parse_access("", "[[access]]\nno-such-key = 1").err()),
        ];
        for (table, complaint) in complaints {
            let keys = quoted(&complaint.expect("unknown").message, "the known keys are ");
            let section = page.split(&format!("[[{table}]]")).nth(1).expect(table);
            let section = section.split("[[").next().unwrap_or_default();
            for key in keys {
                let words: BTreeSet<&str> =
                    section.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
                assert!(words.contains(key.as_str()), "{table}.{key}\n{section}");
            }
        }
    }

    #[test]
    fn every_page_that_a_page_refers_to_exists() {
        let pages = pages().expect("pages");
        let exist: BTreeSet<String> =
            pages.iter().map(|page| format!("{}({})", page.name, page.section)).collect();
        assert!(exist.contains("wiresift-feeds-list(1)"), "{exist:?}");
        let mut references = 0;
        for page in &pages {
            let text = page.text.replace("\\-", "-");
            for section in ["(1)", "(5)"] {
                for (at, _) in text.match_indices(section) {
                    let before = text.get(..at).unwrap_or_default();
                    let name = before
                        .rsplit(|c: char| !c.is_alphanumeric() && !"-._".contains(c))
                        .next()
                        .unwrap_or_default();
                    assert!(exist.contains(&format!("{name}{section}")), "{}: {name}", page.name);
                    references += 1;
                }
            }
        }
        assert!(references > pages.len(), "{references}");
    }

    #[test]
    fn each_page_has_a_name_section_that_whatis_can_read() {
        for page in pages().expect("pages") {
            let text = page.text.replace("\\-", "-");
            let name = text.split(".SH NAME\n").nth(1).expect(&page.name);
            assert!(name.starts_with(&format!("{} - ", page.name)), "{}: {name:.80}", page.name);
        }
    }
}
