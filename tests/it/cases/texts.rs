//! Articles by number: each a headline and paragraphs of its own, as unlike the others as news is.

/// Draws words; the same seed draws the same ones.
struct Draw(u64);

impl Draw {
    /// One step of `SplitMix64` (Steele, Lea and Flood, 2014).
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn of<'a>(&mut self, words: &'a str) -> &'a str {
        let words: Vec<&str> = words.split('/').collect();
        words[usize::try_from(self.next() % words.len() as u64).unwrap()]
    }

    /// Fills the slots of a pattern.
    fn fill(&mut self, pattern: &str) -> String {
        let mut text = String::new();
        for word in pattern.split(' ') {
            let (slot, end) = word.split_at(word.trim_end_matches([',', '.']).len());
            let filled = match slot {
                "WHO" => self.of(WHO).to_owned(),
                "DID" => self.of(DID).to_owned(),
                "WHAT" => self.of(WHAT).to_owned(),
                "WHERE" => self.of(WHERE).to_owned(),
                "WHEN" => self.of(WHEN).to_owned(),
                "WHY" => self.of(WHY).to_owned(),
                "NUMBER" => (self.next() % 900 + 12).to_string(),
                other => other.to_owned(),
            };
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&filled);
            text.push_str(end);
        }
        let mut letters = text.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
    }
}

const WHO: &str = "the harbour board/a village school/the bus company/the town library/a rowing club/the night \
    ferry's owner/the hospital trust/a group of beekeepers/the weather service/two neighbouring farms/the fire \
    brigade/an orchestra of amateurs/the tax office/a publisher of maps/the regional court/a maker of windows";
const DID: &str = "opened/closed/rebuilt/sold/measured/insured/repainted/counted/defended/postponed/doubled/\
    inspected/borrowed/returned/renamed/drained";
const WHAT: &str = "the swimming hall/an old signal tower/forty wooden boats/a bridge over the canal/its archive of \
    letters/the eastern car park/a field of barley/three stone lions/the water meter/a collection of bells/the \
    railway cutting/its winter timetable/a greenhouse/the quarry road/the market roof/an electric plough";
const WHERE: &str = "beside the lighthouse/in the upper valley/on the ring road/behind the station/along the \
    northern shore/near the cement works/under the old viaduct/at the river mouth/in the chapel garden/across \
    the border/on the football ground/by the cattle market";
const WHEN: &str = "on Monday/after the flood/before the harvest/during the night/last winter/at short notice/for \
    the second time/in early spring/within a week/despite the frost";
const WHY: &str = "to save money/against the advice of engineers/because the lease had ended/after many complaints/\
    without a vote/to make room for cyclists/as a test/following an inquiry/with borrowed tools/in spite of the rain";

const SENTENCES: &[&str] = &[
    "WHO DID WHAT WHERE WHEN, and NUMBER people came to watch.",
    "Nobody had expected that WHO would turn to WHAT, least of all WHERE.",
    "According to a report of NUMBER pages, WHO has DID WHAT WHY.",
    "The cost, put at NUMBER thousand, will be shared with WHO.",
    "Critics say WHAT should have stayed WHERE, where WHO looked after it.",
    "WHEN, a spokeswoman explained, WHO will decide what becomes of WHAT.",
    "It is NUMBER years since WHO last DID anything WHERE.",
    "WHO disagrees and has DID WHAT of its own WHEN.",
    "Work WHERE began WHEN and was stopped twice WHY.",
    "Whether WHO can afford it is open, since WHAT was DID WHY.",
];

/// The headline of article `number`.
pub(super) fn headline(number: u32) -> String {
    let mut draw = Draw(u64::from(number) * 7919);
    let pattern = draw
        .of("WHO DID WHAT WHERE/WHAT DID WHEN/NUMBER visitors after WHO DID WHAT/WHO and WHAT")
        .to_owned();
    draw.fill(&pattern)
}

/// Its paragraphs.
pub(super) fn paragraphs(number: u32) -> Vec<String> {
    let mut draw = Draw(u64::from(number));
    (0..5)
        .map(|_| {
            let sentences: Vec<String> = (0..3)
                .map(|_| {
                    let pattern = SENTENCES[usize::try_from(draw.next() % SENTENCES.len() as u64).unwrap()];
                    draw.fill(pattern)
                })
                .collect();
            sentences.join(" ")
        })
        .collect()
}
