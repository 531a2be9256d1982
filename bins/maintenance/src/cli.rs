//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::{
    command::{Completions, Doctor, Keepalive, Man, Serve},
    context::{Context, run},
    exit::Ended,
};

/// Care of a guild beside the proxy, over the same configuration.
#[derive(Debug, Parser)]
#[command(
    version,
    name = "cordboard-maintenance",
    after_help = "Exit codes: 0 done, 1 findings, 2 usage or configuration, 3 refused, \
4 Discord or the proxy out of reach, 130 interrupted.\n\
Whatever deletes shows its plan and does nothing more, unless --apply is given."
)]
pub(crate) struct Cli {
    /// The proxy's configuration file (TOML). `CORDBOARD__SECTION__KEY` in the environment overrides it.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        default_value = "cordboard.toml"
    )]
    pub(crate) config: PathBuf,

    /// One JSON object on standard output, for scripts.
    #[arg(long, global = true)]
    pub(crate) json: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Doctor(Doctor),
    Keepalive(Keepalive),
    Serve(Serve),
    Completions(Completions),
    Man(Man),
}

// === impl Command ===

impl Command {
    /// Whether it runs for months.
    pub(crate) const fn is_a_service(&self) -> bool {
        matches!(self, Self::Serve(_))
    }

    pub(crate) fn run(self, context: &Context) -> Ended {
        match self {
            Self::Doctor(doctor) => run(doctor.run(context)),
            Self::Keepalive(keepalive) => run(keepalive.run(context)),
            Self::Serve(serve) => serve.run(context),
            Self::Completions(completions) => Ok(completions.run()),
            Self::Man(man) => man.run(),
        }
    }
}
