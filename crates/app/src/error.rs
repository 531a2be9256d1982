//! Why a program ends, sorted by what whoever started it can do.

use std::{
    error::Error,
    fmt::Write as _,
    io::{self, Write as _},
    process::ExitCode,
};

use crate::ConfigError;

/// The exit code for a bug of ours (sysexits: `EX_SOFTWARE`).
pub(crate) const INTERNAL: u8 = 70;

/// The cause below a [`Failed`].
pub type Source = Box<dyn Error + Send + Sync>;

/// Why a program did not start, or did not go on. Each kind has an exit code of its own, so that a
/// supervisor knows whether starting again can help.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failed {
    /// The configuration is wrong: put it right. Exit code 78.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Another process works on the store: stop one of the two. Exit code 73.
    #[error("the store is in use")]
    StoreBusy {
        /// What holds it.
        source: Source,
    },
    /// A maintenance command works on the store, and lets go of it when it is done: start again. Exit code 75.
    #[error("the store is lent to a maintenance command for longer than a start may take")]
    StoreLent {
        /// What holds it.
        source: Source,
    },
    /// The store failed or is not ours. Exit code 74.
    #[error("the store failed")]
    Store {
        /// What failed.
        source: Source,
    },
    /// Discord cannot be reached; it may be later. Exit code 69.
    #[error("discord cannot be reached")]
    Unreachable {
        /// The last attempt's failure.
        source: Source,
    },
    /// A running proxy was asked, and does not answer; it may not run. Exit code 69.
    #[error("no proxy answers at {url}")]
    ProxyAway {
        /// Where it was asked.
        url: String,
        /// What came instead.
        source: Source,
    },
    /// Discord refuses us; starting again only burns the token's credit. Exit code 77.
    #[error("discord refuses us: {hint}")]
    Refused {
        /// What to do about it.
        hint: String,
        /// What Discord said.
        source: Source,
    },
    /// The operating system refused something, such as the address to listen on. Exit code 71.
    #[error("the operating system refused: {what}")]
    System {
        /// What was asked of it.
        what: String,
        /// Why not.
        source: io::Error,
    },
    /// A part of Cordboard ended that must not end: a bug. Exit code 70, as when a part is stuck.
    #[error("a part of cordboard failed: {task}")]
    Task {
        /// The part.
        task: &'static str,
        /// How it failed.
        source: Source,
    },
}

impl From<io::Error> for Failed {
    fn from(source: io::Error) -> Self {
        Self::System {
            what: "to start".to_owned(),
            source,
        }
    }
}

impl Failed {
    /// A task that ended although nobody had told it to, with or without an error of its own.
    pub(crate) fn ended_early(task: &'static str, outcome: Result<(), Source>) -> Self {
        let source = outcome
            .err()
            .unwrap_or_else(|| "it ended before it was told to".into());
        Self::of_task(task, source)
    }

    /// A task that failed, whenever it did.
    pub(crate) fn of_task(task: &'static str, source: Source) -> Self {
        let source = match source.downcast::<cordboard_gateway::Fatal>() {
            Ok(fatal) => {
                return Self::Refused {
                    hint: fatal.hint().to_owned(),
                    source: fatal,
                };
            }
            Err(source) => source,
        };
        let source = match source.downcast::<cordboard_lifecycle::LifecycleError>() {
            Ok(source) => return Self::Store { source },
            Err(source) => source,
        };
        let source = match source.downcast::<cordboard_recovery::InboxError>() {
            Ok(source) => return Self::Store { source },
            Err(source) => source,
        };
        match source.downcast::<cordboard_store::StoreError>() {
            Ok(source) => Self::Store { source },
            Err(source) => Self::Task { task, source },
        }
    }

    /// The exit code for this end, after the BSD `sysexits` where one fits.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Unreachable { .. } | Self::ProxyAway { .. } => 69,
            Self::Task { .. } => INTERNAL,
            Self::System { .. } => 71,
            Self::StoreBusy { .. } => 73,
            Self::Store { .. } => 74,
            Self::StoreLent { .. } => 75,
            Self::Refused { .. } => 77,
            Self::Config(_) => 78,
        }
    }

    /// The failure and its causes, one sentence.
    #[must_use]
    pub fn chain(&self) -> String {
        chain(self)
    }

    /// Tells the person at the terminal and gives the exit code: the last thing a program does.
    #[must_use]
    pub fn report(&self, program: &str) -> ExitCode {
        // Nobody may be listening there any more; the exit code says it all the same.
        drop(writeln!(io::stderr(), "{program}: {}", self.chain()));
        ExitCode::from(self.exit_code())
    }
}

/// An error and its causes, one sentence.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a string cannot fail.
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use cordboard_gateway::Fatal;
    use cordboard_lifecycle::{LifecycleError, RegistryError};
    use cordboard_recovery::InboxError;

    use super::*;

    #[test]
    fn why_a_task_failed_decides_the_exit_code() {
        let registry = RegistryError::Failed {
            source: "the disk is full".into(),
        };
        let inbox = InboxError {
            source: "the disk is full".into(),
        };
        let table: [(Source, u8); 4] = [
            (LifecycleError::from(registry).into(), 74),
            (inbox.into(), 74),
            (Fatal::TokenRefused.into(), 77),
            ("something else".into(), 70),
        ];
        for (source, code) in table {
            let said = source.to_string();
            assert_eq!(
                Failed::ended_early("a part", Err(source)).exit_code(),
                code,
                "{said}"
            );
        }
        assert_eq!(Failed::ended_early("a part", Ok(())).exit_code(), 70);
    }
}
