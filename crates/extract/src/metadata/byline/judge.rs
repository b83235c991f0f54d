//! Tells the publication itself from people.

use super::is_whole_person;
use super::name::{Kind, Name, is_whole};
use crate::metadata::bare;
use crate::provenance::Source;

/// Tells the site itself from people.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Judge<'a> {
    pub(super) site: Option<&'a str>,
    pub(super) host: Option<&'a str>,
    pub(super) publisher: Option<&'a str>,
    /// Names of organisations in JSON-LD.
    pub(super) organisations: &'a [String],
}

impl Judge<'_> {
    pub(super) fn sorted(self, names: Vec<Name>) -> Vec<Name> {
        self.sorted_unless(names, |_| false)
    }

    /// `is_known` says which names belong to people without doubt, if they have more than one word.
    pub(super) fn sorted_unless(
        self,
        mut names: Vec<Name>,
        is_known: impl Fn(&Name) -> bool,
    ) -> Vec<Name> {
        for name in &mut names {
            if self.is_site(&name.text) && !(is_whole(&name.text) && is_known(name)) {
                name.kind = Kind::Organisation;
            }
        }
        names
    }

    /// Makes the site's own name an organisation, if another source names a person.
    pub(super) fn settle(self, sources: &mut [(Vec<Name>, Source, f32)]) {
        let stated = [self.site, self.publisher];
        let sites: Vec<String> = stated.into_iter().flatten().map(bare).collect();
        let is_site = |name: &Name| sites.contains(&bare(&name.text));
        let mut names = sources.iter().flat_map(|(names, ..)| names);
        if !names.any(|name| is_whole_person(name) && !is_site(name)) {
            return;
        }
        for name in sources.iter_mut().flat_map(|(names, ..)| names).filter(|name| is_site(name)) {
            name.kind = Kind::Organisation;
        }
    }

    /// Whether this is the publication. Many a blog has its writer's name: that is the
    /// publication's only where something says that it is an organisation.
    fn is_site(self, name: &str) -> bool {
        let is_word = !is_whole(name);
        let name = bare(name);
        if self.organisations.iter().any(|known| bare(known) == name) {
            return true;
        }
        let host = self.host.map(|host| host.strip_prefix("www.").unwrap_or(host));
        let labels = host.into_iter().flat_map(|host| host.split('.'));
        let stated = [self.site, self.publisher];
        let is_named = stated.into_iter().flatten().any(|site| bare(site) == name)
            || labels.filter(|label| label.len() >= 3).any(|label| bare(label) == name);
        is_word && is_named
    }
}
