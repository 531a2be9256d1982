//! An operator's word about one channel.

use std::io::{self, Write};

use clap::Args;
use cordboard_app::maintenance::channels::{ForgetPlan, Forgotten, Settled};
use twilight_model::id::{Id, marker::ChannelMarker};

use crate::{
    command::Apply,
    context::Context,
    exit::{Ended, Outcome},
    output::{Report, ago, table},
    remains::Remains,
};

/// Protect a channel of the guild: it is never deleted, whatever its row says. When Discord cannot be asked
/// whether there is such a channel, it is protected all the same, and a note says so.
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
/// cares any more. Shows what it would do; --apply does it.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: cordboard-maintenance channels forget 1087394857203948572 --apply"
)]
pub(crate) struct Forget {
    /// The channel's id, or the attempt, as `channels list` shows them.
    channel: String,
    #[command(flatten)]
    apply: Apply,
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
    pub(super) const fn remains(&self) -> Remains {
        self.apply.remains()
    }

    pub(super) async fn run(self, context: &Context) -> Ended {
        let maintenance = context.maintenance("channels forget")?;
        let plan = maintenance.plan_forget(&self.channel).await?;
        if !self.apply.is_given() {
            context.output.report(&plan);
            return Ok(Outcome::Done);
        }
        context.output.show(&plan);
        context.output.report(&maintenance.forget(plan).await?);
        Ok(Outcome::Done)
    }
}

impl Report for Settled {
    fn tell(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{} is {} now.", self.subject, self.now)?;
        match &self.note {
            Some(note) => writeln!(out, "Note: {note}."),
            None => Ok(()),
        }
    }
}

impl Report for ForgetPlan {
    fn tell(&self, out: &mut dyn Write) -> io::Result<()> {
        let debt = &self.debt;
        let channel = debt
            .channel_id
            .map_or_else(|| "?".to_owned(), |id| id.to_string());
        let row = vec![
            channel,
            debt.stage.to_owned(),
            ago(debt.age_seconds),
            debt.attempt.clone(),
            debt.reason.clone().unwrap_or_default(),
        ];
        let header = ["CHANNEL", "STAGE", "SINCE", "ATTEMPT", "REASON"];
        writeln!(out, "{}", table(&header, [row]))?;
        writeln!(out, "If it is forgotten, {}.", self.consequence)
    }
}

impl Report for Forgotten {
    fn tell(&self, out: &mut dyn Write) -> io::Result<()> {
        let debt = &self.plan.debt;
        let subject = debt
            .channel_id
            .map_or_else(|| debt.attempt.clone(), |id| id.to_string());
        writeln!(out, "{subject} is {} now.", self.now)
    }
}
