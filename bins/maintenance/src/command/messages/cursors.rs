//! How far channels are on record, and reading them again.

use std::{
    collections::BTreeSet,
    io::{self, Write},
};

use clap::{Args, Subcommand};
use cordboard_app::maintenance::messages::{self, Backfilled, From, To};
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker},
};

use crate::{
    context::Context,
    exit::{Ended, Outcome, Stopped},
    output::{Report, table},
    remains::Remains,
    time,
};

/// Read channels again from some point on, and wait until they are read: what is not on record of them is
/// recorded, and consumers are told of it.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: cordboard-maintenance messages backfill --channel 1087394857203948572 --since 2026-11-01 --until 2026-11-08"
)]
pub(crate) struct Backfill {
    /// A watched channel; several times for several. Without it, all of them.
    #[arg(long = "channel", value_name = "CHANNEL")]
    channels: Vec<Id<ChannelMarker>>,
    #[command(flatten)]
    begin: Begin,
    #[command(flatten)]
    end: End,
}

/// Where reading ends: without it, with the present.
#[derive(Debug, Args)]
#[group(required = false, multiple = false)]
struct End {
    /// No further than to this message: it ends with the page that reaches it.
    #[arg(long, value_name = "MESSAGE")]
    before: Option<Id<MessageMarker>>,
    /// No further than to this time.
    #[arg(long, value_name = "TIME", value_parser = time::parse)]
    until: Option<u64>,
}

/// Where reading begins.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Begin {
    /// Behind this message.
    #[arg(long, value_name = "MESSAGE")]
    after: Option<Id<MessageMarker>>,
    /// At this time: 2026-11-01, or 2026-11-01T08:30:00Z.
    #[arg(long, value_name = "TIME", value_parser = time::parse)]
    since: Option<u64>,
    /// At the channel's beginning.
    #[arg(long)]
    beginning: bool,
}

/// Show or set how far watched channels are on record.
#[derive(Debug, Args)]
#[command(after_help = "Example: cordboard-maintenance messages cursors list")]
pub(crate) struct Cursors {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the watched channels, and from where each is to be read.
    #[command(after_help = "Example: cordboard-maintenance messages cursors list --json")]
    List,
    /// Have a channel read again from a message or a time on. Less can be said to be on record than was
    /// before, and not more.
    #[command(
        after_help = "Example: cordboard-maintenance messages cursors set 1087394857203948572 --since 2026-11-01"
    )]
    Set {
        /// The channel.
        channel: Id<ChannelMarker>,
        #[command(flatten)]
        begin: Begin,
    },
    /// Have a channel read again from its beginning.
    #[command(
        after_help = "Example: cordboard-maintenance messages cursors reset 1087394857203948572"
    )]
    Reset {
        /// The channel.
        channel: Id<ChannelMarker>,
    },
}

// === impl Begin ===

impl Begin {
    fn from(&self) -> From {
        match (self.after, self.since) {
            (Some(id), _) => From::Message(id),
            (None, Some(ms)) => From::Time(ms),
            (None, None) => From::Beginning,
        }
    }
}

// === impl End ===

impl End {
    fn to(&self) -> Option<To> {
        let time = self.until.map(To::Time);
        self.before.map(To::Message).or(time)
    }
}

// === impl Backfill ===

impl Backfill {
    pub(super) async fn run(self, context: &Context) -> Ended {
        let maintenance = context.maintenance("messages backfill")?;
        let channels = BTreeSet::from_iter(self.channels);
        let bar = context.output.bar();
        let show = |progress| bar.show(progress);
        let backfilled = maintenance
            .backfill(channels, self.begin.from(), self.end.to(), &show)
            .await?;
        drop(bar);
        context.output.report(&backfilled);
        Ok(
            if backfilled.refused.is_empty() && backfilled.left.is_empty() {
                Outcome::Done
            } else {
                Outcome::Findings
            },
        )
    }
}

// === impl Cursors ===

impl Cursors {
    pub(super) const fn remains(&self) -> Remains {
        match self.command {
            Command::List => Remains::Nothing,
            Command::Set { .. } | Command::Reset { .. } => Remains::Part,
        }
    }

    pub(super) async fn run(self, context: &Context) -> Ended {
        let (named, channel, from) = match self.command {
            Command::List => {
                let maintenance = context.maintenance("messages cursors list")?;
                context.output.report(&maintenance.cursors().await?);
                return Ok(Outcome::Done);
            }
            Command::Set { channel, begin } if begin.beginning => {
                let why = format!(
                    "to read {channel} from its beginning: messages cursors reset {channel}"
                );
                return Err(Stopped::Usage(why));
            }
            Command::Set { channel, begin } => ("messages cursors set", channel, begin.from()),
            Command::Reset { channel } => ("messages cursors reset", channel, From::Beginning),
        };
        let maintenance = context.maintenance(named)?;
        let set = maintenance
            .set_cursors(BTreeSet::from([channel]), from)
            .await?;
        context.output.report(&set);
        Ok(Outcome::Done)
    }
}

impl Report for messages::Cursors {
    fn tell(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "On record up to {}.", time::show(self.watermark_ms))?;
        if self.channels.is_empty() {
            return writeln!(out, "No channel is watched; see relay.channels.");
        }
        let rows = self.channels.iter().map(|line| {
            vec![
                line.channel_id.to_string(),
                if line.is_thread { "thread" } else { "channel" }.to_owned(),
                line.dirty.unwrap_or("on record").to_owned(),
                match (line.dirty, line.after) {
                    (None, _) => String::new(),
                    (Some(_), None) => "from its beginning".to_owned(),
                    (Some(_), Some(id)) => format!("behind {id}"),
                },
            ]
        });
        writeln!(
            out,
            "{}",
            table(&["CHANNEL", "KIND", "STATE", "TO BE READ"], rows)
        )
    }
}

impl Report for Backfilled {
    fn tell(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "{} channels are read; {} messages came on record.",
            self.done.len(),
            self.recorded
        )?;
        for id in &self.left {
            writeln!(
                out,
                "{id} is not read yet: nothing was for ten minutes; it goes on by itself"
            )?;
        }
        for id in &self.refused {
            writeln!(
                out,
                "{id} is not shown to the bot: grant it Read Message History there"
            )?;
        }
        for id in &self.unwatched {
            writeln!(out, "{id} is not watched any more, and is left out")?;
        }
        Ok(())
    }
}
