//! Evidence about URL parameters: which of them have no effect on the article.
//! `wiresift_feed::address` decides what follows from it.
//!
//! For an address with parameters, one row is stored per parameter, for the first few: the address
//! without that parameter, and the article at the address. The next address that is equal without
//! the parameter is evidence.

use std::collections::BTreeSet;

use sqlx::PgConnection;
use sqlx::types::Json;

use crate::filing::records::ParameterObservation;
use crate::store::StoreError;
use wiresift_feed::address::{IgnoredParameters, ParameterEvidence, site_of};

/// The parameters to ignore at the sites of these keys.
pub(super) async fn ignored_parameters<'a>(
    connection: &mut PgConnection,
    keys: impl Iterator<Item = &'a str>,
) -> Result<IgnoredParameters, StoreError> {
    let sites: BTreeSet<&str> = keys.filter(|key| key.contains('?')).map(site_of).collect();
    if sites.is_empty() {
        return Ok(IgnoredParameters::default());
    }
    let rows: Vec<(String, String, i64, i64)> = sqlx::query_as(
        "/* ignored_parameters */ SELECT site, name, same, different FROM parameter_evidence
         WHERE site = ANY($1)",
    )
    .bind(sites.into_iter().collect::<Vec<_>>())
    .fetch_all(connection)
    .await?;
    let mut ignored_parameters = IgnoredParameters::default();
    for (site, name, same, different) in rows {
        if (ParameterEvidence { same, different }).is_ignorable() {
            ignored_parameters.add(site, name);
        }
    }
    Ok(ignored_parameters)
}

/// Adds the evidence of the addresses that a batch has read.
pub(super) async fn learn(
    connection: &mut PgConnection,
    observations: &BTreeSet<ParameterObservation>,
) -> Result<(), StoreError> {
    if observations.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "/* learn_parameters: remember */
         INSERT INTO parameter_observations (site, name, rest, key, article_id)
         SELECT DISTINCT ON (rest, name) site, name, rest, key, article_id
         FROM jsonb_to_recordset($1) AS r (
             site text, name text, rest text, key text, article_id bigint)
         ORDER BY rest, name, key ON CONFLICT (rest, name) DO NOTHING",
    )
    .bind(Json(observations))
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "/* learn_parameters */
         WITH met AS (
             SELECT p.rest, p.name, p.site, p.varied, p.article_id = r.article_id AS same
             FROM jsonb_to_recordset($1) AS r (name text, rest text, key text, article_id bigint)
             JOIN parameter_observations p USING (rest, name) WHERE p.key <> r.key
         ), varied AS (
             UPDATE parameter_observations p SET varied = true FROM met
             WHERE p.rest = met.rest AND p.name = met.name AND met.same AND NOT met.varied
         )
         INSERT INTO parameter_evidence AS known (site, name, same, different)
         SELECT site, name, count(DISTINCT rest) FILTER (WHERE same AND NOT varied),
                count(*) FILTER (WHERE NOT same)
         FROM met GROUP BY site, name ORDER BY site, name
         ON CONFLICT (site, name) DO UPDATE SET
             same = known.same + excluded.same, different = known.different + excluded.different
         WHERE excluded.same + excluded.different > 0",
    )
    .bind(Json(observations))
    .execute(connection)
    .await?;
    Ok(())
}
