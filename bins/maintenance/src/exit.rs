//! How a command ends: an outcome, or what stopped it, and the exit code for each.

use std::{io::Write as _, process::ExitCode};

use cordboard_app::{
    ConfigError, Failed,
    maintenance::{CommandError, Interrupted},
};

use crate::{output::Output, remains::Remains};

/// The command line or the configuration cannot be used.
const USAGE: u8 = 2;
/// A safeguard, Discord, the store or the machine forbids it.
const REFUSED: u8 = 3;
/// Discord or the proxy is out of reach.
const UPSTREAM: u8 = 4;
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
    /// It looked, and told that the configuration cannot be used.
    Unusable,
    /// A safeguard, or Discord, forbids all of it; its report says why.
    Refused,
    /// Discord did not answer to the end; its report says how far it came.
    Upstream,
    /// It was told to stop half-way, and leaves this.
    Left(Remains),
    /// It was told to stop while it waited for an order, which is withdrawn, or not.
    Interrupted(Interrupted),
}

/// What keeps a command from what it was told to do.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// What the program below says.
    Failed(Failed),
    /// What was asked for cannot be, as it is written.
    Usage(String),
    /// A safeguard, or Discord, forbids it.
    Refused(String),
    /// Discord or the proxy did not answer.
    Upstream(String),
}

impl From<Failed> for Stopped {
    fn from(failed: Failed) -> Self {
        Self::Failed(failed)
    }
}

impl From<CommandError> for Stopped {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Failed(failed) => Self::Failed(failed),
            CommandError::Usage(message) => Self::Usage(message),
            CommandError::Refused(message) => Self::Refused(message),
            CommandError::Upstream(message) => Self::Upstream(message),
            // There is no other; it may have to be read in the message.
            other => Self::Refused(other.to_string()),
        }
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
            Self::Upstream(_)
            | Self::Failed(Failed::Unreachable { .. } | Failed::ProxyAway { .. }) => {
                ("upstream", UPSTREAM)
            }
            Self::Refused(_) | Self::Failed(_) => ("refused", REFUSED),
        }
    }

    /// Whether Discord may be behind it.
    pub(crate) fn may_be_of_discord(&self) -> bool {
        matches!(self.kind().1, UPSTREAM | REFUSED)
    }

    fn message(&self) -> String {
        match self {
            Self::Failed(failed) => failed.chain(),
            Self::Usage(message) | Self::Refused(message) | Self::Upstream(message) => {
                message.clone()
            }
        }
    }
}

/// Says how it ended, and gives the exit code: the last thing the program does.
pub(crate) fn code(ended: Ended, output: Output) -> ExitCode {
    match ended {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(1),
        Ok(Outcome::Unusable) => ExitCode::from(USAGE),
        Ok(Outcome::Refused) => ExitCode::from(REFUSED),
        Ok(Outcome::Upstream) => ExitCode::from(UPSTREAM),
        Ok(Outcome::Left(remains)) => {
            output.error("interrupted", remains.message());
            ExitCode::from(INTERRUPTED)
        }
        Ok(Outcome::Interrupted(order)) => {
            output.error("interrupted", interrupted(order));
            ExitCode::from(INTERRUPTED)
        }
        Err(stopped) => {
            let (kind, code) = stopped.kind();
            output.error(kind, &stopped.message());
            ExitCode::from(code)
        }
    }
}

/// What somebody who interrupts a command that waits for its order has to know.
const fn interrupted(order: Interrupted) -> &'static str {
    match order {
        Interrupted::Withdrawn => {
            "interrupted before anybody had begun with the order; it is withdrawn, and the same command \
             gives it again"
        }
        Interrupted::Begun => {
            "interrupted; the order was taken, and whoever holds the store carries it out, or the next \
             one within an hour"
        }
        Interrupted::CutOff => {
            "interrupted; the order is withdrawn, and the same command gives it again. What of it is on \
             record by now goes on with channels sweep --apply, or with the next proxy"
        }
        Interrupted::Stands => {
            "interrupted; the order could not be withdrawn, and whoever holds the store within an hour \
             carries it out"
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
