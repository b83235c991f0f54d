//! What the tests share: databases of their own and a scriptable web.

pub(crate) mod database;
pub(crate) mod newsroom;
pub(crate) mod stub;
