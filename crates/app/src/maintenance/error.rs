//! Why a command did not do what it was told.

use crate::{ConfigError, Failed};

/// Why a command did not do what it was told, sorted by what whoever gave it can do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// What carries commands out failed.
    #[error(transparent)]
    Failed(#[from] Failed),
    /// What was asked for makes no sense as it is written.
    #[error("{0}")]
    Usage(String),
    /// A safeguard forbids it.
    #[error("{0}")]
    Refused(String),
    /// Discord or the proxy did not answer: later they may.
    #[error("{0}")]
    Upstream(String),
}

impl From<ConfigError> for CommandError {
    fn from(error: ConfigError) -> Self {
        Self::Failed(error.into())
    }
}
