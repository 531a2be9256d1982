//! Is everything set up as it has to be?

use std::io::{self, Write};

use clap::Args;
use cordboard_app::{Finding, doctor};
use serde::Serialize;

use crate::{
    context::Context,
    exit::{Ended, Outcome},
    output::Report,
};

/// Look whether everything is set up as it has to be. Changes nothing.
#[derive(Debug, Args)]
#[command(after_help = "Example: cordboard-maintenance doctor --config cordboard.toml")]
pub(crate) struct Doctor {}

#[derive(Serialize)]
struct Diagnosis {
    findings: Vec<Finding>,
}

// === impl Doctor ===

impl Doctor {
    pub(crate) async fn run(self, context: &Context) -> Ended {
        let findings = doctor(&context.config()?).await?;
        let is_well = findings.iter().all(|finding| finding.trouble.is_none());
        context.output.report(&Diagnosis { findings });
        Ok(if is_well {
            Outcome::Done
        } else {
            Outcome::Findings
        })
    }
}

impl Report for Diagnosis {
    fn tell(&self, out: &mut dyn Write) -> io::Result<()> {
        for finding in &self.findings {
            writeln!(out, "{finding}")?;
        }
        Ok(())
    }
}
