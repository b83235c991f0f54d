//! What the tests share: databases of their own and a scriptable web.

pub mod database;
pub mod stub;
