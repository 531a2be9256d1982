//! Where a store is kept.

use std::{fmt, path::PathBuf};

/// Where a store is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// In a file, made at the first start. Beside it are `-wal` and `-shm`, which belong to it, and
    /// `.lock`, which keeps a second process out.
    Path(PathBuf),
    /// In memory, forgotten at the end.
    Memory,
}

/// Text that names no place for a store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} names no store: sqlite:PATH or sqlite::memory: does")]
pub struct LocationError(String);

// === impl Location ===

impl Location {
    /// Reads `sqlite:PATH`, `sqlite://PATH` or `sqlite::memory:`.
    ///
    /// # Errors
    /// For anything else.
    pub fn parse(text: &str) -> Result<Self, LocationError> {
        match text.strip_prefix("sqlite:") {
            Some(":memory:") => Ok(Self::Memory),
            Some(path) => match path.strip_prefix("//").unwrap_or(path) {
                "" => Err(LocationError(text.to_owned())),
                path => Ok(Self::Path(path.into())),
            },
            None => Err(LocationError(text.to_owned())),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(f, "sqlite:{}", path.display()),
            Self::Memory => f.write_str("sqlite::memory:"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_read_as_written() {
        for (text, path) in [
            ("sqlite:cordboard.db", "cordboard.db"),
            ("sqlite:/var/lib/cordboard.db", "/var/lib/cordboard.db"),
            ("sqlite:///var/lib/cordboard.db", "/var/lib/cordboard.db"),
        ] {
            assert_eq!(Location::parse(text), Ok(Location::Path(path.into())));
        }
        let memory = Location::parse("sqlite::memory:").unwrap();
        assert_eq!(memory, Location::Memory);
        assert_eq!(Location::parse(&memory.to_string()), Ok(memory));
    }

    #[test]
    fn other_databases_are_refused_with_what_to_write() {
        for text in [
            "",
            "sqlite:",
            "sqlite://",
            "cordboard.db",
            "postgres://localhost/x",
        ] {
            let error = Location::parse(text).unwrap_err().to_string();
            assert!(error.contains("sqlite:PATH"), "{error}");
        }
    }
}
