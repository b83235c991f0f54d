//! Fetches for commands: the daemon's HTTP client and address guard, with redirects followed at
//! once.

use std::sync::Arc;

use anyhow::bail;
use url::Url;

use crate::budget::Reservation;
use crate::config::Config;
use crate::http::{Accept, ChainCookies, Conditional, FetchOutcome, HttpClient, Request, Response};
use crate::polling::poll::MAX_REDIRECTS;

pub(super) struct Fetcher {
    web: HttpClient,
}

pub(super) struct Fetched {
    /// The response at the end of the redirects.
    pub(super) response: Response,
    /// The URLs that redirected.
    pub(super) hops: Vec<Url>,
}

impl Fetcher {
    pub(super) fn new(config: &Config) -> anyhow::Result<Self> {
        let web = HttpClient::new(&config.http)?;
        web.set_accesses(config.accesses()?)?;
        Ok(Self { web })
    }

    pub(super) async fn get(&self, url: &Url, accept: Accept) -> anyhow::Result<Fetched> {
        let mut url = url.clone();
        let mut hops = Vec::new();
        let mut cookies = ChainCookies::default();
        let memory = Arc::new(Reservation::unbounded());
        while i32::try_from(hops.len()).is_ok_and(|count| count <= MAX_REDIRECTS) {
            let conditional = Conditional::default();
            let request = Request {
                url: &url,
                conditional,
                accept,
                cookies: Some(&cookies),
                memory: &memory,
            };
            let response = self.web.get(&request).await?;
            match &response.outcome {
                FetchOutcome::Redirect { to, .. } => {
                    let to = to.clone();
                    cookies = response.cookies;
                    hops.push(std::mem::replace(&mut url, to));
                }
                _ => return Ok(Fetched { response, hops }),
            }
        }
        bail!("{url}: more than {MAX_REDIRECTS} redirects");
    }

    /// A page's bytes, content type and final URL, for code that is not async.
    pub(super) fn page(&self, url: &Url) -> anyhow::Result<(Vec<u8>, Option<String>, Url)> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let fetched = runtime.block_on(self.get(url, Accept::Page))?;
        match fetched.response.outcome {
            FetchOutcome::Body { bytes, .. } => {
                Ok((bytes, fetched.response.content_type, fetched.response.url))
            }
            _ => bail!("{url}: the server answered {}", fetched.response.status),
        }
    }
}
