//! What is on record of channels, and what is wrong with them.

use std::io::{self, Write};

use clap::Args;
use cordboard_app::maintenance::channels::{self, ChannelList};

use crate::{
    context::Context,
    exit::{Ended, Outcome},
    output::{Report, ago, table},
};

/// List the channels on record: what is in use, being deleted, or owed.
#[derive(Debug, Args)]
#[command(after_help = "Example: cordboard-maintenance channels list --all --json")]
pub(crate) struct List {
    /// Also those that are settled: gone, kept, never created.
    #[arg(long)]
    all: bool,
}

/// Count the guild's channels, compare them with the record, and say what is wrong. Exits with 1 when
/// something is, so that a monitor can run it.
#[derive(Debug, Args)]
#[command(after_help = "Example: cordboard-maintenance channels audit --json")]
pub(crate) struct Audit {}

// === impl List ===

impl List {
    pub(super) async fn run(self, context: &Context) -> Ended {
        let maintenance = context.maintenance("channels list")?;
        context
            .output
            .report(&maintenance.channels(self.all).await?);
        Ok(Outcome::Done)
    }
}

// === impl Audit ===

impl Audit {
    pub(super) async fn run(self, context: &Context) -> Ended {
        let maintenance = context.maintenance("channels audit")?;
        let audit = maintenance.audit_channels().await?;
        context.output.report(&audit);
        Ok(if audit.findings.is_empty() {
            Outcome::Done
        } else {
            Outcome::Findings
        })
    }
}

impl Report for ChannelList {
    fn tell(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.deletions_held {
            writeln!(out, "An operator holds all deletions.")?;
        }
        if self.channels.is_empty() {
            return writeln!(out, "No channel is in use, being deleted or owed.");
        }
        let rows = self.channels.iter().map(|line| {
            vec![
                line.channel_id
                    .map_or_else(|| "?".to_owned(), |id| id.to_string()),
                line.stage.to_owned(),
                ago(line.age_seconds),
                line.tries.to_string(),
                line.attempt.clone(),
                line.reason.clone().unwrap_or_default(),
            ]
        });
        let header = ["CHANNEL", "STAGE", "SINCE", "TRIES", "ATTEMPT", "REASON"];
        writeln!(out, "{}", table(&header, rows))
    }
}

impl Report for channels::Audit {
    fn tell(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "{} of {} channels are used.",
            self.channels, self.channels_max
        )?;
        for (stage, count) in &self.ours {
            writeln!(out, "  ours, {stage}: {count}")?;
        }
        writeln!(out, "  of others: {}", self.foreign)?;
        if self.foreign_marks > 0 {
            writeln!(
                out,
                "  with a mark of another key, such as another installation's: {}",
                self.foreign_marks
            )?;
        }
        if let Some(note) = &self.note {
            writeln!(out, "Every mark is taken for ours: {note}")?;
        }
        if self.findings.is_empty() {
            return writeln!(out, "Nothing is wrong.");
        }
        let rows = self.findings.iter().map(|finding| {
            vec![
                finding.kind.to_owned(),
                finding
                    .channel_id
                    .map_or_else(String::new, |id| id.to_string()),
                finding.detail.clone(),
                finding.fix.to_owned(),
            ]
        });
        writeln!(
            out,
            "{}",
            table(&["FINDING", "CHANNEL", "WHAT", "FIX"], rows)
        )
    }
}
