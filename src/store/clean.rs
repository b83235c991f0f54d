//! Values from outside as the database takes them.

pub(crate) use crate::filing::storable::{
    address, cut, cut_optional, guid, key, names, optional, text, validator,
};

/// Bytes as Postgres reads them from JSON.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::from("\\x"), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_as_postgres_reads_them() {
        assert_eq!(hex(&[0, 255]), "\\x00ff");
    }
}
