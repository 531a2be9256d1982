//! How a command ends: an outcome, or what stopped it, and the exit code for each.

use std::{io::Write as _, process::ExitCode};

use cordboard_app::{ConfigError, Failed};

use crate::output::Output;

/// The command line or the configuration cannot be used.
const USAGE: u8 = 2;
/// What a shell gives a program that SIGINT has ended.
const INTERRUPTED: u8 = 130;

/// How a command ends.
pub(crate) type Ended = Result<Outcome, Stopped>;

/// What a command came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All is done, or well.
    Done,
    /// It looked, and found something that somebody should look at.
    Findings,
    /// It was told to stop half-way. What is done is on record.
    Interrupted,
}

/// What keeps a command from what it was told to do.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// What the program below says.
    Failed(Failed),
    /// What was asked for cannot be, as it is written.
    Usage(String),
    /// A safeguard, or Discord, forbids it.
    #[expect(dead_code, reason = "the commands come one by one")]
    Refused(String),
}

impl From<Failed> for Stopped {
    fn from(failed: Failed) -> Self {
        Self::Failed(failed)
    }
}

impl From<ConfigError> for Stopped {
    fn from(error: ConfigError) -> Self {
        Self::Failed(error.into())
    }
}

// === impl Stopped ===

impl Stopped {
    /// What it is to a script.
    fn kind(&self) -> (&'static str, u8) {
        match self {
            Self::Usage(_) | Self::Failed(Failed::Config(_)) => ("usage", USAGE),
            Self::Failed(Failed::Unreachable { .. }) => ("upstream", 4),
            Self::Refused(_) | Self::Failed(_) => ("refused", 3),
        }
    }

    fn message(&self) -> String {
        match self {
            Self::Failed(failed) => failed.chain(),
            Self::Usage(message) | Self::Refused(message) => message.clone(),
        }
    }
}

/// Says how it ended, and gives the exit code: the last thing the program does.
pub(crate) fn code(ended: Ended, output: Output) -> ExitCode {
    match ended {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(1),
        Ok(Outcome::Interrupted) => {
            let say =
                "interrupted; what was done is on record, and the same command goes on with it";
            output.error("interrupted", say);
            ExitCode::from(INTERRUPTED)
        }
        Err(stopped) => {
            let (kind, code) = stopped.kind();
            output.error(kind, &stopped.message());
            ExitCode::from(code)
        }
    }
}

/// Says what is wrong with the command line, or prints the help that was asked for.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    // Nobody is left to tell when the terminal is gone.
    drop(error.print());
    drop(std::io::stdout().flush());
    if error.use_stderr() {
        ExitCode::from(USAGE)
    } else {
        ExitCode::SUCCESS
    }
}
