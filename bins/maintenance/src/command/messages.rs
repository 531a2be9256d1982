//! The record of messages.

mod consumers;
mod cursors;
mod export;
mod gaps;

use clap::{Args, Subcommand};

use self::{
    consumers::Consumers,
    cursors::{Backfill, Cursors},
    export::Export,
    gaps::Gaps,
};
use crate::{context::Context, exit::Ended, remains::Remains};

/// Look after the record of messages that the relay keeps.
#[derive(Debug, Args)]
#[command(after_help = "Example: cordboard-maintenance messages gaps list --config cordboard.toml")]
pub(crate) struct Messages {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Backfill(Backfill),
    Export(Export),
    Cursors(Cursors),
    Gaps(Gaps),
    Consumers(Consumers),
}

// === impl Messages ===

impl Messages {
    pub(crate) const fn remains(&self) -> Remains {
        match &self.command {
            Command::Backfill(_) => Remains::ToBeRead,
            Command::Export(_) => Remains::Nothing,
            Command::Cursors(cursors) => cursors.remains(),
            Command::Gaps(gaps) => gaps.remains(),
            Command::Consumers(consumers) => consumers.remains(),
        }
    }

    pub(crate) async fn run(self, context: &Context) -> Ended {
        match self.command {
            Command::Backfill(backfill) => backfill.run(context).await,
            Command::Export(export) => export.run(context).await,
            Command::Cursors(cursors) => cursors.run(context).await,
            Command::Gaps(gaps) => gaps.run(context).await,
            Command::Consumers(consumers) => consumers.run(context).await,
        }
    }
}
