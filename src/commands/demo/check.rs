//! Compares the database with the truth of the invented internet: what is missing, wrong or
//! superfluous.

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use url::Url;

use crate::store::{ExplainedArticle, Explanation, FeedLine, Reconciliation, Status, Store};
use wiresift_demo_world::{Access, Seen, TruthArticle, TruthKind, WorldServer};

/// Everything that the report needs, gathered after the last pass.
pub(super) struct Findings {
    pub(super) feeds: Vec<FeedLine>,
    pub(super) status: Status,
    pub(super) sums: Reconciliation,
    pub(super) cases: Vec<Case>,
    /// All requests that the world received.
    pub(super) requests: Vec<Seen>,
}

/// One article of the world, and what the database knows about its address.
pub(super) struct Case {
    pub(super) truth: TruthArticle,
    /// Its paragraphs in the edition before, if they were different.
    pub(super) before: Option<Vec<String>>,
    pub(super) known: Explanation,
    /// Paragraphs of the truth that the body lacks.
    pub(super) missing: Vec<String>,
    /// Paragraphs of the body that are not in the truth.
    pub(super) extra: Vec<String>,
    /// Lines of the page's boilerplate that are in the body.
    pub(super) chrome: Vec<String>,
}

impl Findings {
    /// Queries the database about every article of the world.
    pub(super) async fn gather(
        store: &Store,
        world: &WorldServer,
        before: &[TruthArticle],
        now: DateTime<Utc>,
    ) -> anyhow::Result<Self> {
        let mut cases = Vec::new();
        for truth in world.truth() {
            let url = Url::parse(&truth.url).with_context(|| truth.url.clone())?;
            let known = store.explain(&url).await?;
            let earlier = before.iter().find(|earlier| earlier.url == truth.url);
            let before = earlier.map(|earlier| earlier.paragraphs.clone());
            cases.push(Case::new(truth, before, known));
        }
        Ok(Self {
            feeds: store.feed_lines(now).await?,
            status: store.status(now).await?,
            sums: store.reconcile().await?,
            cases,
            requests: world.requests(),
        })
    }

    /// Why the demo fails. An article that extraction got wrong is in the report, but does not fail
    /// the demo.
    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults = self.sums.faults();
        if self.sums.pending > 0 {
            faults.push(format!("{} entries are still pending", self.sums.pending));
        }
        let missing = self.cases.iter().filter(|case| case.is_due() && case.article().is_none());
        faults.extend(missing.map(|case| format!("not filed: {}", case.truth.url)));
        let unexpected =
            self.cases.iter().filter(|case| !case.is_due() && case.article().is_some());
        faults.extend(
            unexpected.map(|case| {
                format!("filed, though its text cannot be fetched: {}", case.truth.url)
            }),
        );
        faults
    }
}

impl Case {
    fn new(truth: TruthArticle, before: Option<Vec<String>>, known: Explanation) -> Self {
        let before = before.filter(|before| *before != truth.paragraphs);
        let mut case = Self {
            truth,
            before,
            known,
            missing: Vec::new(),
            extra: Vec::new(),
            chrome: Vec::new(),
        };
        if let Some(article) = &case.known.article {
            let body = paragraphs(&article.body);
            let truth: Vec<String> =
                case.truth.paragraphs.iter().map(|text| one_line(text)).collect();
            let whole = one_line(&article.body);
            let chrome = case.truth.chrome.iter().filter(|line| whole.contains(&one_line(line)));
            case.chrome = chrome.cloned().collect();
            case.missing = truth.iter().filter(|text| !body.contains(text)).cloned().collect();
            case.extra = body.iter().filter(|text| !truth.contains(text)).cloned().collect();
        }
        case
    }

    /// Whether its text can be fetched, so that it must be on file.
    pub(super) fn is_due(&self) -> bool {
        matches!(self.truth.access, Access::Page | Access::FeedOnly)
    }

    pub(super) fn article(&self) -> Option<&ExplainedArticle> {
        self.known.article.as_ref()
    }

    /// Whether title and paragraphs are exactly those of the truth.
    pub(super) fn is_exact(&self) -> bool {
        let truth = self.truth.paragraphs.iter().map(|text| one_line(text));
        self.article().is_some_and(|article| {
            article.title == self.truth.title && paragraphs(&article.body).into_iter().eq(truth)
        })
    }

    /// The outlet: the first label of the host.
    pub(super) fn host(&self) -> &str {
        self.truth.url.split('/').nth(2).and_then(|host| host.split('.').next()).unwrap_or("?")
    }

    /// Address of the article that this one is a copy of.
    pub(super) fn original(&self) -> Option<&str> {
        match &self.truth.kind {
            TruthKind::Original => None,
            TruthKind::CopyOf(url) | TruthKind::EditedCopyOf(url) => Some(url),
        }
    }
}

fn paragraphs(body: &str) -> Vec<String> {
    body.split("\n\n").map(one_line).filter(|text| !text.is_empty()).collect()
}

/// Line breaks within a paragraph are layout, not text.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn truth(paragraphs: &[&str], chrome: &[&str]) -> TruthArticle {
        TruthArticle {
            url: "http://gazette.localhost:80/a".to_owned(),
            title: "A".to_owned(),
            author: String::new(),
            language: "en",
            published: DateTime::UNIX_EPOCH,
            modified: None,
            paragraphs: paragraphs.iter().map(|&text| text.to_owned()).collect(),
            chrome: chrome.iter().map(|&text| text.to_owned()).collect(),
            kind: TruthKind::Original,
            access: Access::Page,
            story: None,
            edition: 0,
        }
    }

    fn filed(body: &str) -> Explanation {
        let article = ExplainedArticle {
            id: 1,
            url: "http://gazette.localhost:80/a".to_owned(),
            title: "A".to_owned(),
            body: body.to_owned(),
            body_source: "page".to_owned(),
            quality: 1.0,
            copy_of: None,
            similarity: None,
            copies: 0,
            keys: Vec::new(),
            revisions: Vec::new(),
            removed: Vec::new(),
            story: None,
            scores: Vec::new(),
            links: Vec::new(),
        };
        Explanation {
            identity: "gazette.localhost/a".to_owned(),
            entries: Vec::new(),
            article: Some(article),
            site: None,
        }
    }

    #[test]
    fn line_breaks_do_not_matter_but_all_else_does() {
        let expected = || truth(&["One two.", "Three."], &["Popular Articles"]);
        assert!(Case::new(expected(), None, filed("One\ntwo.\n\nThree.")).is_exact());
        let case = Case::new(expected(), None, filed("One two.\n\nPopular Articles"));
        assert!(!case.is_exact());
        assert_eq!(
            (case.missing, case.chrome),
            (vec!["Three.".to_owned()], vec!["Popular Articles".to_owned()])
        );
        let reordered = Case::new(expected(), None, filed("Three.\n\nOne two."));
        assert!(
            !reordered.is_exact() && reordered.missing.is_empty() && reordered.extra.is_empty()
        );
    }

    #[test]
    fn an_outlet_is_named_by_its_host() {
        assert_eq!(Case::new(truth(&[], &[]), None, filed("")).host(), "gazette");
    }
}
