//! How much is left?

use std::io::{self, Write};

use clap::{Args, Subcommand};
use cordboard_app::maintenance::budget::{self, BudgetLine};
use serde::Serialize;

use crate::{
    context::Context,
    exit::{Ended, Outcome},
    output::{Report, table},
};

/// What is left of what Discord counts.
#[derive(Debug, Args)]
#[command(after_help = "Example: cordboard-maintenance budget show --config cordboard.toml")]
pub(crate) struct Budget {
    #[command(subcommand)]
    command: BudgetCommand,
}

#[derive(Debug, Subcommand)]
enum BudgetCommand {
    Show(Show),
}

/// Show what is left of IDENTIFYs, channels and roles, what was created and deleted in the last day, and
/// where each number comes from. Changes nothing.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: cordboard-maintenance budget show --config cordboard.toml\n\
Exit codes: 0 enough of everything, 1 less than a tenth is left of something, or a number is not known."
)]
struct Show {}

#[derive(Serialize)]
#[serde(transparent)]
struct Told(budget::Budget);

// === impl Budget ===

impl Budget {
    pub(crate) async fn run(self, context: &Context) -> Ended {
        let BudgetCommand::Show(Show {}) = self.command;
        let budget = context.maintenance("budget show")?.budget().await?;
        let is_well = budget.is_well();
        context.output.report(&Told(budget));
        Ok(if is_well {
            Outcome::Done
        } else {
            Outcome::Findings
        })
    }
}

impl Report for Told {
    fn tell(&self, out: &mut dyn Write) -> io::Result<()> {
        let header = ["budget", "used", "of", "full again in", "", "from"];
        writeln!(out, "{}", table(&header, self.0.lines.iter().map(row)))?;
        for note in &self.0.notes {
            writeln!(out, "\n{note}")?;
        }
        Ok(())
    }
}

fn row(line: &BudgetLine) -> Vec<String> {
    let number = |number: Option<u64>| number.map_or_else(|| "-".to_owned(), |n| n.to_string());
    let resets = line.resets_in_seconds.map(|seconds| format!("{seconds} s"));
    let standing = match &line.trouble {
        Some(trouble) => format!("not known: {trouble}"),
        None if line.is_low => "LOW".to_owned(),
        None => String::new(),
    };
    vec![
        line.name.replace('_', " "),
        number(line.used),
        number(line.limit),
        resets.unwrap_or_default(),
        standing,
        line.source.to_owned(),
    ]
}
