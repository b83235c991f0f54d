//! Where a case is played: the scripted web, and a daemon that is stepped from one thing that is due to the next.

use std::collections::{HashMap, VecDeque};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use sqlx::PgPool;
use wiresift::clock::{Clock as _, ManualClock};
use wiresift::config::Config;
use wiresift::http::HttpClient;
use wiresift::pipeline::{Dependencies, Step as _};
use wiresift::store::{ListedFeed, Store};

use crate::check;
use crate::document::{Moment, Page};
use crate::harness::database::TestDb;
use crate::harness::newsroom::{listed, noon};
use crate::harness::steps::{Steps, memory};
use crate::harness::stub::{Reply, Seen, Stub};
use crate::reply::Answer;
use crate::script::{Address, Case, Step};

/// Steps after which a daemon that still finds work is taken for one that never rests.
const MOST_STEPS: usize = 20_000;

/// Requests to one site are so far apart at least, unless a case sets `site.spacing`.
const SPACING: TimeDelta = TimeDelta::seconds(1);

/// A case under way.
pub(super) struct Stage {
    stub: Stub,
    web: Arc<Mutex<Script>>,
    clock: ManualClock,
    steps: Steps,
    pub(super) store: Store,
    pub(super) pool: PgPool,
    listed: Vec<ListedFeed>,
}

/// What the scripted web answers, and what it was asked.
struct Script {
    clock: ManualClock,
    port: u16,
    answers: HashMap<(String, String), VecDeque<Answer>>,
    visits: Vec<Visit>,
}

/// One request, by the clock of the case.
#[derive(Debug, Clone)]
pub(super) struct Visit {
    pub(super) at: DateTime<Utc>,
    site: String,
    seen: Seen,
    /// Until when the answer asked to be left alone.
    retry_at: Option<DateTime<Utc>>,
    /// The answer is not waited for to its end.
    is_left: bool,
}

impl Visit {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.seen.header(name)
    }
}

impl Script {
    fn answer(&mut self, seen: &Seen) -> Reply {
        let now = self.clock.now();
        let site = seen.host.strip_suffix(".localhost").unwrap_or(&seen.host).to_owned();
        let path = seen.target.split('?').next().unwrap_or_default().to_owned();
        let visit = 1 + self.visits.iter().filter(|visit| visit.is_to(&site, &seen.target)).count();
        let moment = Moment { now, start: noon(), site: &site, port: self.port, visit };
        let keys = [seen.target.clone(), path.clone()].into_iter().chain(prefixes(&path));
        let key =
            keys.map(|target| (site.clone(), target)).find(|key| self.answers.contains_key(key));
        let answer = key.and_then(|key| self.answers.get_mut(&key)).and_then(|queue| {
            if queue.len() > 1 { queue.pop_front() } else { queue.front().cloned() }
        });
        let reply = match &answer {
            Some(answer) => answer.reply(&moment),
            None => page_of(&path).map_or_else(
                || Reply::status(404),
                |page| Reply::ok(page.html(&moment)).header("Content-Type", "text/html"),
            ),
        };
        let retry_at = answer.and_then(|answer| answer.retry_at(now));
        self.visits.push(Visit {
            at: now,
            site: site.clone(),
            seen: seen.clone(),
            retry_at,
            is_left: reply.is_left(),
        });
        reply
    }
}

/// `/a/b` is served by `/a/b*`, `/a/*` and `/*`.
fn prefixes(path: &str) -> impl Iterator<Item = String> {
    let ends: Vec<usize> =
        path.char_indices().map(|(at, letter)| at + letter.len_utf8()).rev().collect();
    ends.into_iter().map(|end| format!("{}*", &path[..end])).collect::<Vec<_>>().into_iter()
}

/// Every site has article 7 at `/7`, and at any other path whose last name is 7.
fn page_of(path: &str) -> Option<Page> {
    let name = path.trim_end_matches('/').rsplit('/').next()?;
    Some(Page::of(name.trim_end_matches(".html").parse().ok()?))
}

impl Visit {
    /// A target of nothing means the whole site.
    fn is_to(&self, site: &str, target: &str) -> bool {
        self.site == site && (target.is_empty() || self.seen.target == target)
    }
}

impl Stage {
    async fn new(case: &Case) -> Result<Self, String> {
        let mut config: Config =
            toml::from_str(&case.settings).map_err(|error| error.to_string())?;
        if !case.settings.contains("allow_networks") {
            config.http.allow_networks = vec!["127.0.0.0/8".parse().unwrap()];
        }
        let db = TestDb::new().await;
        let store = Store::new(db.options.clone(), 4);
        let clock = ManualClock::at(noon());
        let memory = config.shares().map_err(|error| error.to_string())?;
        let steps = Steps::new(Dependencies {
            memory,
            store: store.clone(),
            web: HttpClient::new(&config.http).map_err(|error| error.to_string())?,
            clock: Arc::new(clock.clone()),
            request_timeout: config.http.timeout,
            site: config.site,
            poll: config.poll,
            raw: config.raw,
            keep: config.keep,
            revisit: config.revisit,
            websub: wiresift::polling::websub::WebsubSettings::default(),
            extract: config.extract,
        });
        let script =
            Script { clock: clock.clone(), port: 0, answers: HashMap::new(), visits: Vec::new() };
        let web = Arc::new(Mutex::new(script));
        let asked = Arc::clone(&web);
        let mut stub =
            Stub::answering(Box::new(move |seen| Some(asked.lock().unwrap().answer(seen)))).await;
        web.lock().unwrap().port = stub.port();
        for (_, step) in &case.steps {
            if let Step::Serve { address, .. } = step
                && let Ok(ip) = address.site.parse()
            {
                // A second route of the same site finds the place taken, by itself.
                let _ = stub.listens_at(ip).await;
            }
        }
        Ok(Self { stub, web, clock, steps, pool: db.pool, store, listed: Vec::new() })
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub(super) fn port(&self) -> u16 {
        self.stub.port()
    }

    /// Requests for an address, or for a whole site where no path is given.
    pub(super) fn visits_to(&self, address: &Address) -> Vec<Visit> {
        let visits = &self.web.lock().unwrap().visits;
        visits.iter().filter(|visit| visit.is_to(&address.site, &address.target)).cloned().collect()
    }

    /// What sites would complain of.
    pub(super) fn rudeness(&self) -> Vec<String> {
        let visits = &self.web.lock().unwrap().visits;
        let mut faults = Vec::new();
        let mut last: HashMap<&str, (&Visit, Option<DateTime<Utc>>)> = HashMap::new();
        for visit in visits {
            let mut fault =
                |what: &str| faults.push(format!("{}{} {what}", visit.site, visit.seen.target));
            let was_left = last.get(visit.site.as_str()).is_some_and(|(before, _)| before.is_left);
            if visit.seen.in_flight_at_host > 1 && !was_left {
                fault("was asked for while its site was busy with another request of ours");
            }
            if visit.header("user-agent").is_none() {
                fault("was asked for by nobody");
            }
            let before = last.get(visit.site.as_str());
            if before.is_some_and(|(before, _)| visit.at - before.at < SPACING) {
                fault("was asked for within a second of the request before it");
            }
            let closed = before.and_then(|(_, closed)| *closed);
            if closed.is_some_and(|until| visit.at < until) {
                fault("was asked for within a Retry-After window");
            }
            last.insert(&visit.site, (visit, closed.max(visit.retry_at)));
        }
        faults
    }

    /// Does whatever is due now, at all sites at once. Says how much that was.
    async fn step(&self) -> usize {
        let feeds = self.steps.poll.lease(100).await.unwrap();
        let entries = self.steps.read.lease(100).await.unwrap();
        let count = feeds.len() + entries.len();
        let (_, filings) = futures_util::future::join(
            join_all(feeds.into_iter().map(|lease| async {
                self.steps.poll.poll(lease, &memory()).await;
            })),
            join_all(
                entries
                    .into_iter()
                    .map(|lease| async { self.steps.read.read(lease, &memory()).await }),
            ),
        )
        .await;
        self.steps.filer.file(&filings).await;
        count
    }

    /// When a site has something to do next.
    async fn next_due(&self) -> Option<DateTime<Utc>> {
        sqlx::query_scalar(
            "SELECT min(greatest(least(poll_at, read_at), next_request_at)) FROM wiresift.sites
             WHERE poll_at IS NOT NULL OR read_at IS NOT NULL",
        )
        .fetch_one(&self.pool)
        .await
        .unwrap()
    }

    /// Lets the daemon run until then.
    async fn run_until(&self, end: DateTime<Utc>) -> Result<(), String> {
        let mut worked = true;
        for _ in 0..MOST_STEPS {
            let now = self.now();
            let soonest = if worked { now } else { now + TimeDelta::milliseconds(100) };
            let Some(next) =
                self.next_due().await.map(|due| due.max(soonest)).filter(|due| *due <= end)
            else {
                self.clock.advance((end - now).to_std().unwrap_or_default());
                return Ok(());
            };
            self.clock.advance((next - now).to_std().unwrap_or_default());
            worked = self.step().await > 0;
        }
        Err(format!("the daemon finds no rest: {MOST_STEPS} steps and it is only {}", self.now()))
    }

    async fn play(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::List(address) => {
                self.listed.push(listed(&address.url(self.port())));
                self.store.sync_feeds(&self.listed, self.now()).await.unwrap();
            }
            Step::Serve { address, queued, answer } => {
                let mut web = self.web.lock().unwrap();
                let key = (address.site.clone(), address.target.clone());
                let queue = web.answers.entry(key).or_default();
                if !queued {
                    queue.clear();
                }
                queue.push_back(answer.clone());
            }
            Step::Until(time) => self.run_until(noon() + *time).await?,
            Step::Expect(expect) => {
                if let Some(fault) = expect.fault(self).await {
                    return Err(fault);
                }
            }
        }
        Ok(())
    }

    /// What happened, for whoever has to find out why.
    async fn story(&self) -> String {
        let mut story = String::new();
        for visit in &self.web.lock().unwrap().visits {
            let time = words_of(visit.at);
            let _ = writeln!(story, "    {time}  {}{}", visit.site, visit.seen.target);
        }
        let rows: Vec<String> = sqlx::query_scalar(
            "SELECT format('    entry %s %s %s %s article %s', id, state, cause, coalesce(url, guid, key),
                           coalesce(article_id::text, 'none')) FROM wiresift.entries ORDER BY id LIMIT 40",
        )
        .fetch_all(&self.pool)
        .await
        .unwrap();
        let feeds: Vec<String> = sqlx::query_scalar(
            "SELECT format('    feed %s %s %s %s', url, state, last_status, last_error) FROM news.feeds",
        )
        .fetch_all(&self.pool)
        .await
        .unwrap();
        let events: Vec<String> = sqlx::query_scalar(
            "SELECT format('    event %s %s', kind, detail) FROM news.events ORDER BY at",
        )
        .fetch_all(&self.pool)
        .await
        .unwrap();
        story + &[feeds, rows, events].concat().join("\n")
    }
}

fn words_of(at: DateTime<Utc>) -> String {
    let since = (at - noon()).to_std().unwrap_or_default();
    format!("{:>16}", humantime::format_duration(since).to_string())
}

/// Plays a case to its end. The error has the place and what happened.
pub(super) async fn play(case: &Case) -> Result<(), String> {
    let mut stage = Stage::new(case).await.map_err(|error| format!("{}: {error}", case.place))?;
    for (place, step) in &case.steps {
        if let Err(fault) = stage.play(step).await {
            let time = words_of(stage.now());
            return Err(format!(
                "{place}: {}: {fault} (at {})\n{}",
                case.name,
                time.trim(),
                stage.story().await
            ));
        }
    }
    let faults = check::broken_promises(&stage).await;
    if faults.is_empty() {
        return Ok(());
    }
    Err(format!("{}: {}: {}\n{}", case.place, case.name, faults.join("; "), stage.story().await))
}
