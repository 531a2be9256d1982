//! Deleting what is ours and should be gone.

use std::io::{self, Write};

use clap::Args;
use cordboard_app::maintenance::channels::{SweepPlan, Swept};

use crate::{
    command::Apply,
    context::Context,
    exit::{Ended, Outcome},
    output::{Report, ago, table},
};

/// Delete the channels of ours that should be gone: what is on record, and what the audit log proves ours.
/// Shows what it would do; --apply does it.
#[derive(Debug, Args)]
#[command(after_help = "Example: cordboard-maintenance channels sweep --apply")]
pub(crate) struct Sweep {
    #[command(flatten)]
    pub(super) apply: Apply,
}

// === impl Sweep ===

impl Sweep {
    pub(super) async fn run(self, context: &Context) -> Ended {
        let maintenance = context.maintenance("channels sweep")?;
        let plan = maintenance.plan_sweep().await?;
        if !self.apply.is_given() {
            context.output.report(&plan);
            return Ok(Outcome::Done);
        }
        context.output.show(&plan);
        let bar = context.output.bar();
        let swept = maintenance
            .sweep(plan, &|progress| bar.show(progress))
            .await?;
        drop(bar);
        context.output.report(&swept);
        Ok(if swept.open.is_empty() {
            Outcome::Done
        } else {
            Outcome::Findings
        })
    }
}

impl Report for SweepPlan {
    fn tell(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.deletions_held {
            writeln!(
                out,
                "An operator holds all deletions: nothing would be deleted."
            )?;
        }
        if self.owed.is_empty() && self.marked.is_empty() {
            return writeln!(out, "Nothing is to be swept.");
        }
        let owed = self.owed.iter().map(|line| {
            let channel = line
                .channel_id
                .map_or_else(|| "?".to_owned(), |id| id.to_string());
            vec![
                channel,
                line.stage.to_owned(),
                ago(line.age_seconds),
                "on record".to_owned(),
            ]
        });
        let marked = self.marked.iter().map(|(id, name)| {
            vec![
                id.to_string(),
                "?".to_owned(),
                String::new(),
                format!("{name}: carries a mark; deleted if the audit log proves it ours"),
            ]
        });
        writeln!(
            out,
            "{}",
            table(&["CHANNEL", "STAGE", "SINCE", "WHY"], owed.chain(marked))
        )?;
        writeln!(
            out,
            "{} channels on record would be deleted, {} with a mark would be looked up.",
            self.owed.len(),
            self.marked.len()
        )
    }
}

impl Report for Swept {
    fn tell(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{} channels were deleted.", self.gone)?;
        if self.open.is_empty() {
            return Ok(());
        }
        let rows = self
            .open
            .iter()
            .map(|(id, why)| vec![id.to_string(), why.clone()]);
        writeln!(out, "{}", table(&["LEFT", "WHY"], rows))
    }
}
