//! What a database contains, as digests that two versions of Postgres compute alike.
//!
//! A digest is the sum of the hashes of all rows, so their order does not matter. Rows are hashed
//! as JSON. The views of schema `news` are what consumers read, and they are digested as a whole.
//! Of tables the rows are counted, because their bytes went through the same dump.

use super::tools::query;
use crate::store::embedded::error::ClusterError;
use crate::store::embedded::prepare::Prepared;

/// One line for each view and table, and one for the roles.
pub(super) struct Contents(Vec<String>);

/// A statement for each view and each table that has rows of its own. `articles_7d` of
/// `news.feeds` is left out, because it depends on the time.
const STATEMENTS: &str = "SELECT CASE WHEN c.relkind = 'v' AND n.nspname = 'news' THEN format(
        'SELECT %L || '' '' || count(*) || '' '' || coalesce(sum(hashtextextended(
             (to_jsonb(t) - ''articles_7d'')::text, 0)), 0) FROM %I.%I t',
        n.nspname || '.' || c.relname, n.nspname, c.relname)
    ELSE format('SELECT %L || '' '' || count(*) FROM %I.%I',
        n.nspname || '.' || c.relname, n.nspname, c.relname) END || ';'
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE (c.relkind = 'r' OR (c.relkind = 'v' AND n.nspname = 'news'))
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_'
ORDER BY 1";

/// Roles, without those that come with a version.
const ROLES: &str = "SELECT format('role %s %s %s %s', rolname, rolcanlogin, rolsuper,
        md5(coalesce(rolpassword, '')))
FROM pg_authid WHERE rolname !~ '^pg_' ORDER BY rolname";

/// The generation of the change log, where there is one.
const GENERATION: &str = "SELECT CASE WHEN to_regprocedure('news.generation()') IS NULL
    THEN 'SELECT 1' ELSE 'SELECT ''generation '' || news.generation()' END";

impl Contents {
    pub(super) fn of(
        server: &Prepared,
        programs: &Prepared,
        database: &str,
    ) -> Result<Self, ClusterError> {
        let ask = |statement: &str| query(server, programs, database, statement);
        let mut lines = ask(ROLES)?;
        for statement in [ask(STATEMENTS)?, ask(GENERATION)?] {
            if !statement.is_empty() {
                lines.push('\n');
                lines.push_str(&ask(&statement)?);
            }
        }
        Ok(Self(lines.lines().map(str::to_owned).collect()))
    }

    /// The first difference, in words.
    pub(super) fn difference(&self, other: &Self) -> Option<String> {
        let missing = |line: &&String| !other.0.contains(line);
        let lost = self.0.iter().find(missing).map(|line| format!("before: {line}"));
        let added = other.0.iter().find(|line| !self.0.contains(line));
        let added = added.map(|line| format!("after: {line}"));
        match (lost, added) {
            (None, None) => None,
            (lost, added) => Some(lost.into_iter().chain(added).collect::<Vec<_>>().join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_names_both_sides() {
        let contents = |lines: &[&str]| Contents(lines.iter().map(ToString::to_string).collect());
        let before = contents(&["news.articles 3 7", "wiresift.entries 3"]);
        assert_eq!(before.difference(&before), None);
        let after = contents(&["news.articles 2 5", "wiresift.entries 3"]);
        let said = before.difference(&after).unwrap();
        assert_eq!(said, "before: news.articles 3 7, after: news.articles 2 5");
        assert!(contents(&[]).difference(&after).unwrap().contains("after: news.articles"));
    }
}
