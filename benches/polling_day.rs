//! What the schedule spends and misses: `cargo bench --bench polling_day -- [FEEDS] [HOURS] [SEED]`.
//!
//! A simulated half day over invented feeds, from a cold start, by the daemon's own schedule and by a fixed quarter of an
//! hour. The feeds' rates, windows, newsrooms' hours and bursts are drawn anew for each seed; the same seed gives the same
//! day. No network, no database, no clock: time is a number, so half a day takes seconds.
//!
//! An entry is missed if it has left its feed's window before anybody looked. Delay is from publication to the first look
//! that shows it, over every entry published within the hours; the day is played on until all have been seen.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use url::Url;
use wiresift::polling::poll::{Poll, PollOutcome};
use wiresift::polling::schedule::{self, FeedHistory, PollSettings};
use wiresift_feed::entry::{Entry, EntryKey};
use wiresift_feed::{ParsedFeed, Validators};

/// Seconds since the start of the invented day.
type Seconds = i64;

const HOUR: Seconds = 3600;
const DAY: Seconds = 24 * HOUR;

/// How far back a feed's window may reach.
const PAST: Seconds = 30 * DAY;

/// The fixed schedule to compare with.
const FIXED: Seconds = 15 * 60;

/// An invented feed.
struct Feed {
    /// When each entry is published, ascending.
    published: Vec<Seconds>,
    /// Entries shown at a time.
    window: usize,
    is_dated: bool,
}

/// What a run came to.
#[derive(Default)]
struct Tally {
    polls: u64,
    changed: u64,
    missed: u64,
    delays: Vec<Seconds>,
    gaps: u64,
}

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let feeds = numbers.next().unwrap_or(5000);
    let hours = numbers.next().unwrap_or(12);
    let seed = numbers.next().unwrap_or(1);
    let end = i64::try_from(hours).unwrap_or(12) * HOUR;
    let mut random = StdRng::seed_from_u64(seed);
    let feeds: Vec<Feed> = (0..feeds).map(|_| invent(&mut random, end)).collect();
    let entries: usize = feeds.iter().map(|feed| feed.within(0, end)).sum();
    println!("{} feeds, {hours} h, seed {seed}: {entries} entries", feeds.len());
    println!(
        "{:<10}{:>10}{:>10}{:>8}{:>8}{:>12}{:>10}{:>10}",
        "schedule", "polls", "changed", "missed", "gaps", "median", "mean", "p95"
    );
    tell("adaptive", adaptive(&feeds, end, seed));
    tell("fixed 15m", fixed(&feeds, end, seed));
}

fn tell(name: &str, mut tally: Tally) {
    tally.delays.sort_unstable();
    let at = |share: f64| {
        let place = (tally.delays.len() as f64 * share) as usize;
        tally.delays.get(place).copied().unwrap_or_default() as f64 / 60.0
    };
    let mean = tally.delays.iter().sum::<i64>() as f64 / tally.delays.len().max(1) as f64 / 60.0;
    println!(
        "{name:<10}{:>10}{:>10}{:>8}{:>8}{:>8.1} min{mean:>6.1} min{:>6.1} min",
        tally.polls,
        tally.changed,
        tally.missed,
        tally.gaps,
        at(0.5),
        at(0.95)
    );
}

/// Draws a feed: few publish most of what there is, newsrooms sleep, and some publish in bursts.
fn invent(random: &mut StdRng, end: Seconds) -> Feed {
    let (least, most): (f64, f64) = match random.random_range(0..100) {
        0..20 => (0.01, 0.1),
        20..55 => (0.1, 1.0),
        55..85 => (1.0, 10.0),
        85..97 => (10.0, 60.0),
        _ => (60.0, 400.0),
    };
    let a_day = least * (most / least).powf(random.random::<f64>());
    let windows: &[usize] =
        if a_day > 60.0 { &[20, 30, 50, 100] } else { &[10, 10, 15, 20, 25, 50] };
    let window = windows.get(random.random_range(0..windows.len())).copied().unwrap_or(10);
    let (swing, noon) = (random.random_range(0.0..1.0), random.random_range(0..DAY));
    let burst = if random.random_bool(0.3) { random.random_range(0.0..0.6) } else { 0.0 };
    let mut published = Vec::new();
    let mut at = -PAST as f64;
    // On until the last entry of the day has surely been seen.
    while at < (end + 2 * DAY) as f64 {
        let highest = a_day * (1.0 + swing) / DAY as f64;
        at += -(1.0 - random.random::<f64>()).ln() / highest;
        let of_day = (at - noon as f64) / DAY as f64 * std::f64::consts::TAU;
        if random.random::<f64>() * (1.0 + swing) > 1.0 + swing * of_day.cos() {
            continue;
        }
        published.push(at as Seconds);
        let mut next = at;
        while random.random_bool(burst) {
            next += random.random_range(10.0..600.0);
            published.push(next as Seconds);
        }
    }
    published.sort_unstable();
    Feed { published, window, is_dated: random.random_bool(0.8) }
}

impl Feed {
    /// How many entries are published before an instant, it included.
    fn count(&self, at: Seconds) -> usize {
        self.published.partition_point(|published| *published <= at)
    }

    fn within(&self, from: Seconds, to: Seconds) -> usize {
        self.count(to).saturating_sub(self.count(from))
    }

    /// What it shows, newest first.
    fn show(&self, number: usize, at: Seconds) -> ParsedFeed {
        let count = self.count(at);
        let shown = (count.saturating_sub(self.window)..count).rev();
        let entries = shown
            .map(|place| entry(number, place, self.published.get(place).filter(|_| self.is_dated)));
        ParsedFeed { entries: entries.collect(), ..ParsedFeed::default() }
    }
}

fn entry(feed: usize, place: usize, date: Option<&Seconds>) -> Entry {
    let key = EntryKey::from_stored(format!("{feed}/{place}"));
    Entry { published: date.map(|at| instant(*at)), ..Entry::with_key(key) }
}

fn instant(at: Seconds) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::seconds(at)
}

/// Plays the day. `next` gives the pause after a look at a feed; its first argument is whether there was anything new.
fn play(
    feeds: &[Feed],
    end: Seconds,
    seed: u64,
    mut next: impl FnMut(usize, bool, Seconds, &mut StdRng) -> Seconds,
) -> Tally {
    let mut random = StdRng::seed_from_u64(seed);
    let mut tally = Tally::default();
    // A new list is worked off within a quarter of an hour.
    let mut due: BinaryHeap<Reverse<(Seconds, usize)>> =
        (0..feeds.len()).map(|number| Reverse((random.random_range(0..FIXED), number))).collect();
    let mut counts: Vec<Option<usize>> = vec![None; feeds.len()];
    while let Some(Reverse((at, number))) = due.pop() {
        let Some(feed) = feeds.get(number) else { continue };
        let count = feed.count(at);
        let before = counts.get(number).copied().flatten();
        let is_changed = before != Some(count);
        if at <= end {
            tally.polls += 1;
            tally.changed += u64::from(is_changed);
        }
        if let Some(before) = before {
            let first = before.max(count.saturating_sub(feed.window));
            for place in before..count {
                let published = feed.published.get(place).copied().unwrap_or_default();
                if published > end {
                    continue;
                }
                if place < first {
                    tally.missed += 1;
                } else {
                    tally.delays.push(at - published);
                }
            }
        }
        if let Some(last) = counts.get_mut(number) {
            *last = Some(count);
        }
        let pause = next(number, is_changed, at, &mut random);
        // On past the end for as long as there is something from before it.
        let is_owed = count < feed.count(end);
        if at + pause <= end || is_owed {
            due.push(Reverse((at + pause, number)));
        }
    }
    tally
}

fn fixed(feeds: &[Feed], end: Seconds, seed: u64) -> Tally {
    play(feeds, end, seed, |_, _, _, _| FIXED)
}

fn adaptive(feeds: &[Feed], end: Seconds, seed: u64) -> Tally {
    let settings = PollSettings::default();
    let mut gaps = 0;
    let mut known: Vec<FeedHistory> = (0..feeds.len())
        .map(|number| FeedHistory::of_new(&format!("https://a.example/{number}")))
        .collect();
    let mut tally = play(feeds, end, seed, |number, is_changed, at, random| {
        let (Some(feed), Some(history)) = (feeds.get(number), known.get_mut(number)) else {
            return DAY;
        };
        let validators = Validators::default();
        let outcome = if is_changed {
            let feed = feed.show(number, at).into();
            PollOutcome::Parsed { feed, validators, digest: Vec::new(), complete: true }
        } else {
            PollOutcome::Unchanged { validators }
        };
        let poll = Poll::new(instant(at), Url::parse("https://a.example/feed").ok(), outcome);
        let plan = schedule::after(history, &poll, &settings, random.random());
        gaps += plan
            .notices
            .iter()
            .filter(|notice| matches!(notice, schedule::Notice::Gap { .. }))
            .count() as u64;
        history.health = plan.health;
        history.last_success_at = Some(poll.at);
        history.habits = plan.habits;
        if let Some(window) = plan.window {
            history.window = window;
        }
        seconds(plan.pause)
    });
    tally.gaps = gaps;
    tally
}

fn seconds(pause: Duration) -> Seconds {
    i64::try_from(pause.as_secs()).unwrap_or(DAY).max(1)
}
