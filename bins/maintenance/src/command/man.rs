//! The manual pages.

use std::path::PathBuf;

use clap::{Args, CommandFactory as _};
use cordboard_app::Failed;

use crate::{
    cli::Cli,
    exit::{Ended, Outcome},
};

/// Write a manual page for each command.
#[derive(Debug, Args)]
#[command(after_help = "Example: cordboard-maintenance man /usr/local/share/man/man1")]
pub(crate) struct Man {
    /// The folder to write them to.
    folder: PathBuf,
}

// === impl Man ===

impl Man {
    pub(crate) fn run(self) -> Ended {
        let written = clap_mangen::generate_to(Cli::command(), &self.folder);
        written.map_err(|source| Failed::System {
            what: format!("to write manual pages to {}", self.folder.display()),
            source,
        })?;
        Ok(Outcome::Done)
    }
}
