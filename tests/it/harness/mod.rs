//! What the tests share: databases of their own and a scriptable web.

pub(crate) mod database;
pub(crate) mod desk;
pub(crate) mod hub;
pub(crate) mod newsroom;
pub(crate) mod process;
pub(crate) mod steps;
pub(crate) mod stub;
