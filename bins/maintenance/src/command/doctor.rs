//! Is everything set up as it has to be?

use std::io::{self, Write};

use clap::Args;
use cordboard_app::{
    WallClock,
    config::Draft,
    maintenance::doctor::{Diagnosis, Finding, State, doctor},
};

use crate::{
    context::Context,
    exit::{Ended, Outcome},
    output::Report,
};

/// Look whether everything is set up as it has to be, whatever else is wrong. Only reads, unless --probe
/// is given. Interrupted, a probe leaves its question where it is, and the next one asks anew.
#[derive(Debug, Args)]
#[command(after_help = "Example: cordboard-maintenance doctor --probe\n\
Exit codes: 0 all is well, 1 something is wrong or not known, 2 no program would start with the \
configuration, 4 Discord does not answer. docs/OPERATIONS.md says what each line means.")]
pub(crate) struct Doctor {
    /// Also begin a gateway session (it costs one of a thousand a day), and ask each bot something: in its
    /// default channel, where question and answer stay, or else in a channel that is made and deleted.
    #[arg(long)]
    pub(crate) probe: bool,
}

// === impl Doctor ===

impl Doctor {
    pub(crate) async fn run(self, context: &Context) -> Ended {
        let draft = Draft::load(Some(&context.path), &context.environment);
        context.output.begin(if self.probe {
            "looking at everything, beginning a gateway session, and asking each bot"
        } else {
            "looking at everything, and changing nothing"
        });
        let bar = context.output.bar();
        let watcher = |progress| bar.show(progress);
        let diagnosis = doctor(draft, WallClock::of_system(), self.probe, &watcher).await;
        drop(bar);
        context.output.report(&diagnosis);
        Ok(if diagnosis.is_config_unusable {
            Outcome::Unusable
        } else if diagnosis.is_discord_unreachable {
            Outcome::Upstream
        } else if diagnosis.is_well() {
            Outcome::Done
        } else {
            Outcome::Findings
        })
    }
}

impl Report for Diagnosis {
    /// Lines that are well are short, and those of one group follow each other.
    fn tell(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut groups: Vec<&str> = Vec::new();
        for finding in &self.findings {
            if !groups.contains(&group(finding)) {
                groups.push(group(finding));
            }
        }
        for name in groups {
            writeln!(out, "{name}")?;
            let inside = self.findings.iter().filter(|one| group(one) == name);
            for finding in inside {
                tell(finding, out)?;
            }
        }
        let count = |state| {
            self.findings
                .iter()
                .filter(|one| one.state == state)
                .count()
        };
        writeln!(
            out,
            "\n{} ok, {} wrong, {} unknown, {} skipped",
            count(State::Ok),
            count(State::Wrong),
            count(State::Unknown),
            count(State::Skipped)
        )
    }
}

fn group(finding: &Finding) -> &str {
    finding.check.split('.').next().unwrap_or_default()
}

fn tell(finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let Finding {
        check,
        subject,
        matter,
        ..
    } = finding;
    let note = matter.as_deref().unwrap_or_default();
    match finding.state {
        State::Ok if note.is_empty() => writeln!(out, "  ok       {subject}")?,
        State::Ok => writeln!(out, "  ok       {subject}: {note}")?,
        State::Skipped => writeln!(out, "  skipped  {subject}: {note}")?,
        State::Wrong => writeln!(out, "  WRONG    {subject} {note} [{check}]")?,
        State::Unknown => writeln!(out, "  unknown  {subject}: {note} [{check}]")?,
    }
    match &finding.fix {
        Some(fix) => writeln!(out, "           fix: {fix}"),
        None => Ok(()),
    }
}
