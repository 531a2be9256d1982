//! The guild's channels: what is on record, what is wrong, and what an operator may say.

mod adopt;
mod list;
mod settle;
mod sweep;

use clap::{Args, Subcommand};

use self::{
    adopt::Adopt,
    list::{Audit, List},
    settle::{Forget, Protect, Unprotect},
    sweep::Sweep,
};
use crate::{context::Context, exit::Ended, remains::Remains};

/// Look after the guild's channels.
#[derive(Debug, Args)]
#[command(after_help = "Example: cordboard-maintenance channels audit --config cordboard.toml")]
pub(crate) struct Channels {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(List),
    Audit(Audit),
    Sweep(Sweep),
    Adopt(Adopt),
    Forget(Forget),
    Protect(Protect),
    Unprotect(Unprotect),
}

// === impl Channels ===

impl Channels {
    pub(crate) const fn remains(&self) -> Remains {
        match &self.command {
            Command::List(_) | Command::Audit(_) => Remains::Nothing,
            Command::Adopt(adopt) => adopt.remains(),
            Command::Sweep(Sweep { apply }) => apply.remains(),
            Command::Forget(forget) => forget.remains(),
            Command::Protect(_) | Command::Unprotect(_) => Remains::Part,
        }
    }

    pub(crate) async fn run(self, context: &Context) -> Ended {
        match self.command {
            Command::List(list) => list.run(context).await,
            Command::Audit(audit) => audit.run(context).await,
            Command::Sweep(sweep) => sweep.run(context).await,
            Command::Adopt(adopt) => adopt.run(context).await,
            Command::Forget(forget) => forget.run(context).await,
            Command::Protect(protect) => protect.run(context).await,
            Command::Unprotect(unprotect) => unprotect.run(context).await,
        }
    }
}
