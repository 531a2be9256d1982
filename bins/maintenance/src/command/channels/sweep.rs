//! Deleting what is ours and should be gone.

use std::io::{self, Write};

use clap::Args;
use cordboard_app::maintenance::channels::{ChannelLine, SweepPlan, Swept};
use twilight_model::id::{Id, marker::ChannelMarker};

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

/// What becomes of what nothing has proved ours yet.
const IF_PROVED: &str = "looked up; deleted if the audit log proves it ours";

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
        Ok(if swept.open.is_empty() && swept.unresolved.is_empty() {
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
        if let Some(note) = &self.note {
            writeln!(out, "Every mark is shown as if it were ours: {note}")?;
        }
        let rows: Vec<_> = rows(self).collect();
        if rows.is_empty() {
            return writeln!(out, "Nothing is to be swept.");
        }
        writeln!(
            out,
            "{}",
            table(&["CHANNEL", "STAGE", "SINCE", "WHY"], rows)
        )?;
        writeln!(
            out,
            "{} channels on record would be deleted, {} would be looked up.",
            self.owed.len(),
            self.looked_up.len() + self.marked.len()
        )
    }
}

/// What a plan shows of each channel.
fn rows(plan: &SweepPlan) -> impl Iterator<Item = Vec<String>> {
    let on_record = |line: &ChannelLine, why: String| {
        let channel = line
            .channel_id
            .map_or_else(|| "?".to_owned(), |id| id.to_string());
        vec![channel, line.stage.to_owned(), ago(line.age_seconds), why]
    };
    let marked = |(id, name): &(Id<ChannelMarker>, String), why: &str| {
        let why = format!("{name}: carries a mark; {why}");
        vec![id.to_string(), "?".to_owned(), String::new(), why]
    };
    let owed = plan.owed.iter();
    let owed = owed.map(move |line| on_record(line, "on record".to_owned()));
    let looked_up = plan.looked_up.iter().map(move |line| {
        let what = match line.channel_id {
            Some(_) => "on record".to_owned(),
            None => format!("attempt {}", line.attempt),
        };
        on_record(line, format!("{what}; {IF_PROVED}"))
    });
    let strays = plan
        .marked
        .iter()
        .map(move |stray| marked(stray, IF_PROVED));
    let staying = plan.staying.iter();
    let staying = staying.map(move |stray| marked(stray, "stays, as channels.delete_after says"));
    owed.chain(looked_up).chain(strays).chain(staying)
}

impl Report for Swept {
    fn tell(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{} channels were deleted.", self.gone)?;
        let open = self.open.iter();
        let open = open.map(|(id, why)| vec![id.to_string(), why.clone()]);
        let unresolved = self.unresolved.iter().map(|line| {
            let attempt = format!("attempt {}", line.attempt);
            vec![
                attempt,
                "nothing tells what came of it, or not yet".to_owned(),
            ]
        });
        let rows: Vec<_> = open.chain(unresolved).collect();
        if rows.is_empty() {
            return Ok(());
        }
        writeln!(out, "{}", table(&["LEFT", "WHY"], rows))
    }
}
