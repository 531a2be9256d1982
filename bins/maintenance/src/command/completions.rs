//! What a shell needs to complete our command line.

use std::io::{self, Write as _};

use clap::{Args, CommandFactory as _};
use clap_complete::{Shell, generate};

use crate::{cli::Cli, exit::Outcome};

/// Print what a shell needs to complete this command line.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: cordboard-maintenance completions bash > /etc/bash_completion.d/cordboard-maintenance"
)]
pub(crate) struct Completions {
    /// The shell.
    shell: Shell,
}

// === impl Completions ===

impl Completions {
    pub(crate) fn run(self) -> Outcome {
        let mut command = Cli::command();
        let name = command.get_name().to_owned();
        // It panics when nobody takes what it writes.
        let mut script = Vec::new();
        generate(self.shell, &mut command, name, &mut script);
        drop(io::stdout().write_all(&script));
        Outcome::Done
    }
}
