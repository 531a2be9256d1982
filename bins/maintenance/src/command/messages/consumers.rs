//! Who reads the record.

use std::io::{self, Write};

use clap::{Args, Subcommand};
use cordboard_app::maintenance::messages::Readers;

use crate::{
    context::Context,
    exit::{Ended, Outcome},
    output::{Report, table},
};

/// Show who reads the record of messages, or let one of them go on elsewhere.
#[derive(Debug, Args)]
#[command(after_help = "Example: cordboard-maintenance messages consumers list")]
pub(crate) struct Consumers {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the consumers, and how far they are.
    #[command(after_help = "Example: cordboard-maintenance messages consumers list --json")]
    List,
    /// Let a consumer go on behind a sequence, or forget it.
    #[command(
        after_help = "Example: cordboard-maintenance messages consumers reset mybot --to 1200"
    )]
    Reset {
        /// Its name.
        name: String,
        /// It goes on behind this sequence; without it, it is forgotten.
        #[arg(long, value_name = "SEQUENCE")]
        to: Option<u64>,
    },
}

// === impl Consumers ===

impl Consumers {
    pub(super) async fn run(self, context: &Context) -> Ended {
        let readers = match self.command {
            Command::List => {
                let maintenance = context.maintenance("messages consumers list")?;
                maintenance.consumers().await?
            }
            Command::Reset { name, to } => {
                let maintenance = context.maintenance("messages consumers reset")?;
                maintenance.reset_consumer(&name, to).await?
            }
        };
        context.output.report(&readers);
        Ok(Outcome::Done)
    }
}

impl Report for Readers {
    fn tell(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.consumers.is_empty() {
            return writeln!(out, "There are no consumers.");
        }
        let rows = self.consumers.iter().map(|line| {
            let (acknowledged, dead) =
                (line.acknowledged.to_string(), line.dead_letters.to_string());
            vec![line.name.clone(), acknowledged, dead]
        });
        writeln!(
            out,
            "{}",
            table(&["CONSUMER", "ACKNOWLEDGED", "DEAD LETTERS"], rows)
        )
    }
}
