//! What the tests share: databases of their own and a scriptable web.

pub(crate) mod database;
pub mod stub;
