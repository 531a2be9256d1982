//! Who reads the record.

use std::io::{self, Write};

use clap::{Args, Subcommand};
use cordboard_app::maintenance::messages::{self, ConsumerLine, Readers, ResetPlan};

use crate::{
    command::Apply,
    context::Context,
    exit::{Ended, Outcome},
    output::{Report, table},
    remains::Remains,
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
    Reset(Reset),
}

/// Let a consumer go on behind a sequence, or forget it; its dead letters go in both cases. Shows what it
/// would do; --apply does it.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: cordboard-maintenance messages consumers reset mybot --to 1200 --apply"
)]
struct Reset {
    /// Its name.
    name: String,
    /// It goes on behind this sequence; without it, it is forgotten.
    #[arg(long, value_name = "SEQUENCE")]
    to: Option<u64>,
    #[command(flatten)]
    apply: Apply,
}

// === impl Consumers ===

impl Consumers {
    pub(super) const fn remains(&self) -> Remains {
        match &self.command {
            Command::List => Remains::Nothing,
            Command::Reset(reset) => reset.apply.remains(),
        }
    }

    pub(super) async fn run(self, context: &Context) -> Ended {
        match self.command {
            Command::List => {
                let maintenance = context.maintenance("messages consumers list")?;
                context.output.report(&maintenance.consumers().await?);
                Ok(Outcome::Done)
            }
            Command::Reset(reset) => reset.run(context).await,
        }
    }
}

// === impl Reset ===

impl Reset {
    async fn run(self, context: &Context) -> Ended {
        let maintenance = context.maintenance("messages consumers reset")?;
        let plan = maintenance.plan_reset(&self.name, self.to).await?;
        if !self.apply.is_given() {
            context.output.report(&plan);
            return Ok(Outcome::Done);
        }
        context.output.show(&plan);
        context
            .output
            .report(&maintenance.reset_consumer(plan).await?);
        Ok(Outcome::Done)
    }
}

impl Report for Readers {
    fn tell(&self, out: &mut dyn Write) -> io::Result<()> {
        tell(&self.consumers, out)
    }
}

impl Report for ResetPlan {
    fn tell(&self, out: &mut dyn Write) -> io::Result<()> {
        let ConsumerLine {
            name,
            acknowledged,
            dead_letters,
        } = &self.consumer;
        let becomes = match self.to {
            Some(to) => format!("would go on behind {to}, or behind the newest if that is older"),
            None => "would be forgotten".to_owned(),
        };
        writeln!(
            out,
            "{name} is at {acknowledged} and has {dead_letters} dead letters: it {becomes}, and its dead \
             letters would be dropped."
        )
    }
}

impl Report for messages::Reset {
    fn tell(&self, out: &mut dyn Write) -> io::Result<()> {
        tell(&self.consumers, out)
    }
}

fn tell(consumers: &[ConsumerLine], out: &mut dyn Write) -> io::Result<()> {
    if consumers.is_empty() {
        return writeln!(out, "There are no consumers.");
    }
    let rows = consumers.iter().map(|line| {
        let (acknowledged, dead) = (line.acknowledged.to_string(), line.dead_letters.to_string());
        vec![line.name.clone(), acknowledged, dead]
    });
    writeln!(
        out,
        "{}",
        table(&["CONSUMER", "ACKNOWLEDGED", "DEAD LETTERS"], rows)
    )
}
