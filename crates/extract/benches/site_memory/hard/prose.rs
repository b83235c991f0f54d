//! Reports made from lists of words.

use crate::hard::chance::Chance;

const SYLLABLES: [&str; 16] = [
    "or", "vel", "dan", "mar", "tis", "lo", "hal", "ben", "sk", "ur", "fen", "wick", "ost", "ra",
    "lin", "ga",
];

const BODIES: [&str; 18] = [
    "the harbour board",
    "the city council",
    "a regional court",
    "the rail operator",
    "the farmers' union",
    "the water company",
    "the school authority",
    "a group of researchers",
    "the transport ministry",
    "the fishing cooperative",
    "the hospital trust",
    "the electricity grid",
    "the planning office",
    "a parliamentary committee",
    "the fire service",
    "the housing association",
    "the museum",
    "the chamber of commerce",
];

const DEEDS: [&str; 18] = [
    "approved",
    "rejected",
    "delayed",
    "presented",
    "criticised",
    "reviewed",
    "announced",
    "dropped",
    "defended",
    "abandoned",
    "revived",
    "funded",
    "questioned",
    "published",
    "halted",
    "extended",
    "endorsed",
    "revised",
];

const OBJECTS: [&str; 20] = [
    "a plan for a second bridge",
    "the new timetable",
    "a ban on heavy lorries",
    "the rules for holiday homes",
    "a survey of old wells",
    "the budget for road repairs",
    "a tax on empty shops",
    "the sale of the grain store",
    "a trial of night ferries",
    "the closure of two wards",
    "a map of flood risks",
    "the contract for school meals",
    "a study of tidal power",
    "the reform of bus fares",
    "a limit on cruise ships",
    "the draft of a noise law",
    "a fund for small bakeries",
    "the move of the archive",
    "a list of protected trees",
    "the search for a new quarry",
];

const REASONS: [&str; 18] = [
    "after months of talks with residents",
    "because costs had risen by a third",
    "although several members voted against it",
    "to make room for a longer inquiry",
    "while a storm kept most boats in port",
    "before the summer season begins",
    "following a complaint from two villages",
    "as the number of passengers fell again",
    "despite warnings about the weak soil",
    "when the first figures became known",
    "so that work can start in the autumn",
    "even though no money has been set aside",
    "since the old permit runs out in March",
    "in the hope of attracting younger families",
    "under pressure from the neighbouring district",
    "without waiting for the final report",
    "in a vote that ended close to midnight",
    "once the last objection had been withdrawn",
];

const SOURCES: [&str; 10] = [
    "a spokeswoman said",
    "according to minutes of the meeting",
    "people close to the talks said",
    "a report seen by this newspaper shows",
    "the deputy mayor told reporters",
    "officials confirmed",
    "documents filed on Tuesday say",
    "the head of the works council said",
    "local radio reported",
    "two members of the panel said",
];

const REMARKS: [&str; 12] = [
    "nobody expects the matter to be settled",
    "residents have asked for a public hearing",
    "a decision is not expected",
    "similar attempts have failed twice",
    "the opposition called the step premature",
    "shop owners fear for their trade",
    "an earlier estimate had been far lower",
    "work on the site stopped in the afternoon",
    "most of the money would come from the region",
    "the figures could not be checked",
    "talks will go on",
    "many had hoped for another course",
];

/// The words of one site.
pub(crate) struct Words {
    places: Vec<String>,
    pub(crate) brand: String,
}

/// A report: its title and its paragraphs.
pub(crate) struct Report {
    pub(crate) title: String,
    pub(crate) paragraphs: Vec<String>,
}

impl Report {
    /// Its first paragraph.
    pub(crate) fn lead(&self) -> &str {
        self.paragraphs.first().map(String::as_str).unwrap_or_default()
    }
}

impl Words {
    pub(crate) fn new(chance: &mut Chance) -> Self {
        let places = (0..12).map(|_| name(chance)).collect();
        Self {
            places,
            brand: format!("{} {}", name(chance), chance.one(&["Post", "Courier", "News", "Echo"])),
        }
    }

    fn place(&self, chance: &mut Chance) -> &str {
        let at = chance.between(0, self.places.len() - 1);
        self.places.get(at).map(String::as_str).unwrap_or_default()
    }

    pub(crate) fn report(&self, chance: &mut Chance) -> Report {
        let count = chance.between(3, 9);
        let paragraphs = (0..count).map(|_| {
            let sentences: Vec<String> =
                (0..chance.between(2, 4)).map(|_| self.sentence(chance)).collect();
            sentences.join(" ")
        });
        Report { paragraphs: paragraphs.collect(), title: self.title(chance) }
    }

    fn title(&self, chance: &mut Chance) -> String {
        let body = chance.one(&BODIES).trim_start_matches("the ").trim_start_matches("a ");
        let object = chance.one(&OBJECTS).trim_start_matches("the ").trim_start_matches("a ");
        format!("{} in {} {} {object}", capital(body), self.place(chance), chance.one(&DEEDS))
    }

    fn sentence(&self, chance: &mut Chance) -> String {
        let (body, deed) = (chance.one(&BODIES), chance.one(&DEEDS));
        let (object, reason, source) =
            (chance.one(&OBJECTS), chance.one(&REASONS), chance.one(&SOURCES));
        let place = self.place(chance);
        match chance.between(0, 5) {
            0 => format!("In {place}, {} {reason}.", chance.one(&REMARKS)),
            1 => format!("In {place}, {body} {deed} {object} {reason}, {source}."),
            2 => format!("{} {deed} {object} {reason}.", capital(body)),
            3 => format!("{} of {place} {deed} {object}, {source}.", capital(body)),
            4 => {
                format!("“We have {deed} {object} {reason},” {body} of {place} wrote in a letter.")
            }
            _ => {
                let other = chance.one(&OBJECTS);
                format!("{} {deed} {object} and {other} {reason}.", capital(body))
            }
        }
    }
}

fn name(chance: &mut Chance) -> String {
    let syllables: Vec<&str> = (0..chance.between(2, 3)).map(|_| chance.one(&SYLLABLES)).collect();
    capital(&syllables.concat())
}

/// The text with a capital at its start.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
