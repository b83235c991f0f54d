//! The console: what the daemon does, on pages for people.
//!
//! A page is made in three steps, each in a folder of its own. Its handler in [`pages`] reads the
//! query and asks the store, in one look that cannot write. A pure function in [`view`] turns the
//! answer into the texts and drawings of the page. A template in `templates/` sets them. So what a
//! page says can be tested without a server, and how it looks can be changed without a test.
//!
//! All pages work without the script. What comes from the web is text here: the templates escape
//! it, and nothing of it is loaded. [`guard`] says who may ask.

mod assets;
mod guard;
mod pages;
mod settings;
mod shown;
mod view;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::{Router, middleware};
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::notices::file;
use crate::pipeline::Pipeline;
use crate::server::figures::Figures;
use crate::server::listener::{self, Limits};

pub use settings::ConsoleSettings;
use shown::Shown;

/// A browser opens several connections for a page, and a few people look at once.
const LIMITS: Limits =
    Limits { connections: 64, header: Duration::from_secs(5), total: Duration::from_mins(1) };

/// Largest body of a request: a form with an address.
const MAX_BODY: usize = 16 * 1024;

/// Pages that ask the database at once. The steps of the daemon need its connections too.
const LOOKS: usize = 3;

/// What the pages show and act on. Clones share it.
#[derive(Clone)]
pub struct Console {
    pipeline: Arc<Pipeline>,
    figures: Figures,
    settings: Arc<ConsoleSettings>,
    /// The file with the open notices.
    notices: PathBuf,
    looks: Arc<Semaphore>,
    shown: Arc<Shown>,
    /// Wakes the poll step, and the read step.
    feeds: Arc<Notify>,
    entries: Arc<Notify>,
}

impl Console {
    /// `storage` is the directory of the notices. `wakes` are those of the poll step and the read
    /// step.
    #[must_use]
    pub fn new(
        pipeline: Arc<Pipeline>,
        figures: Figures,
        settings: ConsoleSettings,
        storage: &Path,
        wakes: [Arc<Notify>; 2],
    ) -> Self {
        let [feeds, entries] = wakes;
        Self {
            pipeline,
            figures,
            settings: Arc::new(settings),
            notices: file::path(storage),
            looks: Arc::new(Semaphore::new(LOOKS)),
            shown: Arc::default(),
            feeds,
            entries,
        }
    }

    /// The pages with their guards. `programs` are addresses for other programs, which may be
    /// reached under any name: a scraper, a load balancer or a container knows the daemon by one
    /// that nobody has told it, and these answers have no text from the web.
    pub fn router(self, programs: Router) -> Router {
        let settings = Arc::clone(&self.settings);
        pages::router()
            .with_state(self)
            .merge(assets::router())
            .layer(DefaultBodyLimit::max(MAX_BODY))
            .layer(middleware::from_fn_with_state(settings, guard::admit))
            .merge(programs)
            .layer(middleware::from_fn(guard::add_headers))
    }
}

/// Serves until drained.
pub async fn serve(
    listener: TcpListener,
    console: Console,
    programs: Router,
    drain: CancellationToken,
) {
    listener::serve(listener, console.router(programs), LIMITS, drain).await;
}
