//! What could not be had.

use std::io::{self, Write};

use clap::{Args, Subcommand};
use cordboard_app::maintenance::messages::{self, GapLine};
use twilight_model::id::{Id, marker::ChannelMarker};

use crate::{
    context::Context,
    exit::{Ended, Outcome},
    output::{Report, table},
    remains::Remains,
    time,
};

/// Show what could not be had of watched channels, or try again.
#[derive(Debug, Args)]
#[command(after_help = "Example: cordboard-maintenance messages gaps list")]
pub(crate) struct Gaps {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the gaps. Exits with 1 when there are any.
    #[command(after_help = "Example: cordboard-maintenance messages gaps list --json")]
    List {
        /// Of this channel only.
        #[arg(long, value_name = "CHANNEL")]
        channel: Option<Id<ChannelMarker>>,
    },
    /// Have the channels of gaps read again, each from its oldest gap on.
    #[command(
        after_help = "Example: cordboard-maintenance messages gaps retry --channel 1087394857203948572"
    )]
    Retry {
        /// Of this channel only.
        #[arg(long, value_name = "CHANNEL")]
        channel: Option<Id<ChannelMarker>>,
    },
}

// === impl Gaps ===

impl Gaps {
    pub(super) const fn remains(&self) -> Remains {
        match self.command {
            Command::List { .. } => Remains::Nothing,
            Command::Retry { .. } => Remains::ToBeRead,
        }
    }

    pub(super) async fn run(self, context: &Context) -> Ended {
        match self.command {
            Command::List { channel } => {
                let maintenance = context.maintenance("messages gaps list")?;
                let gaps = maintenance.gaps(channel).await?;
                context.output.report(&gaps);
                Ok(if gaps.gaps.is_empty() {
                    Outcome::Done
                } else {
                    Outcome::Findings
                })
            }
            Command::Retry { channel } => {
                let maintenance = context.maintenance("messages gaps retry")?;
                context
                    .output
                    .report(&maintenance.retry_gaps(channel).await?);
                Ok(Outcome::Done)
            }
        }
    }
}

impl Report for messages::Gaps {
    fn tell(&self, out: &mut dyn Write) -> io::Result<()> {
        tell(&self.gaps, out)
    }
}

impl Report for messages::Retried {
    fn tell(&self, out: &mut dyn Write) -> io::Result<()> {
        if !self.gaps.is_empty() || self.unwatched.is_empty() {
            tell(&self.gaps, out)?;
        }
        match self.unwatched.len() {
            0 => Ok(()),
            1 => writeln!(
                out,
                "1 channel with gaps is not watched any more, and is left out."
            ),
            count => writeln!(
                out,
                "{count} channels with gaps are not watched any more, and are left out."
            ),
        }
    }
}

fn tell(gaps: &[GapLine], out: &mut dyn Write) -> io::Result<()> {
    if gaps.is_empty() {
        return writeln!(out, "There are no gaps.");
    }
    let rows = gaps.iter().map(|gap| {
        vec![
            gap.sequence.to_string(),
            gap.channel_id.to_string(),
            gap.after
                .map_or_else(|| "its beginning".to_owned(), |id| id.to_string()),
            gap.to
                .map_or_else(|| "its end".to_owned(), |id| id.to_string()),
            gap.reason.to_owned(),
            time::show(gap.at_ms),
        ]
    });
    let header = ["SEQUENCE", "CHANNEL", "FROM", "TO", "REASON", "FOUND"];
    writeln!(out, "{}", table(&header, rows))
}
