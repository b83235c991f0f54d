//! The embedded database holds its promises: a private server, whole after any kill.

use std::time::Duration;

use crate::harness::database::TestDb;

#[tokio::test]
async fn each_test_has_a_database_of_its_own() {
    let (one, two) = (TestDb::new().await, TestDb::new().await);
    sqlx::query("create table only_here (x int)").execute(&one.pool).await.unwrap();
    let seen: bool =
        sqlx::query_scalar("select to_regclass('only_here') is not null").fetch_one(&two.pool).await.unwrap();
    assert!(!seen);
}
