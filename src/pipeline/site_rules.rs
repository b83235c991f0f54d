//! The curator's extraction rules for single sites, replaced as a whole by a reload.

use std::sync::{Arc, PoisonError, RwLock};

use url::Url;
use wiresift_extract::{SiteRule, SiteRules};

/// The site rules in force. Clones share them.
#[derive(Clone, Default)]
pub struct SiteRulesHandle(Arc<RwLock<SiteRules>>);

impl SiteRulesHandle {
    /// Uses these rules from now on.
    pub fn replace(&self, rules: SiteRules) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = rules;
    }

    /// The rule for the site of `url`.
    pub(super) fn of(&self, url: &Url) -> Option<Arc<SiteRule>> {
        let rules = self.0.read().unwrap_or_else(PoisonError::into_inner);
        rules.of_host(url.host_str()?)
    }
}
