//! An operator's word about one channel.

use std::io::{self, Write};

use clap::Args;
use cordboard_app::maintenance::channels::Settled;
use twilight_model::id::{Id, marker::ChannelMarker};

use crate::{
    context::Context,
    exit::{Ended, Outcome},
    output::Report,
};

/// Protect a channel: it is never deleted, whatever its row says.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: cordboard-maintenance channels protect 1087394857203948572 --reason lobby"
)]
pub(crate) struct Protect {
    /// The channel's id.
    channel: Id<ChannelMarker>,
    /// Why, for people who look later.
    #[arg(long, default_value = "protected by an operator")]
    reason: String,
}

/// Protect a channel no longer. What the configuration protects stays protected.
#[derive(Debug, Args)]
#[command(after_help = "Example: cordboard-maintenance channels unprotect 1087394857203948572")]
pub(crate) struct Unprotect {
    /// The channel's id.
    channel: Id<ChannelMarker>,
}

/// Take a debt off the books that is parked, quarantined or abandoned: the channel stays as it is, and nobody
/// cares any more.
#[derive(Debug, Args)]
#[command(after_help = "Example: cordboard-maintenance channels forget 1087394857203948572")]
pub(crate) struct Forget {
    /// The channel's id, or the attempt, as `channels list` shows them.
    channel: String,
}

// === impl Protect ===

impl Protect {
    pub(super) async fn run(self, context: &Context) -> Ended {
        let maintenance = context.maintenance("channels protect")?;
        context
            .output
            .report(&maintenance.protect(self.channel, self.reason).await?);
        Ok(Outcome::Done)
    }
}

// === impl Unprotect ===

impl Unprotect {
    pub(super) async fn run(self, context: &Context) -> Ended {
        let maintenance = context.maintenance("channels unprotect")?;
        context
            .output
            .report(&maintenance.unprotect(self.channel).await?);
        Ok(Outcome::Done)
    }
}

// === impl Forget ===

impl Forget {
    pub(super) async fn run(self, context: &Context) -> Ended {
        let maintenance = context.maintenance("channels forget")?;
        context
            .output
            .report(&maintenance.forget(&self.channel).await?);
        Ok(Outcome::Done)
    }
}

impl Report for Settled {
    fn tell(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{} is {} now.", self.subject, self.now)
    }
}
