//! Is something wrong, and was anybody told?

use std::io::{self, Write};

use clap::{Args, Subcommand};
use cordboard_app::maintenance::alerts::{AlarmLine, AlertLine, AlertList, AlertTest, AlertTested};

use crate::{
    context::Context,
    exit::{Ended, Outcome},
    output::{Report, ago, table},
    remains::Remains,
};

/// See what is wrong, who was told, and whether alerts arrive.
#[derive(Debug, Args)]
#[command(after_help = "Example: cordboard-maintenance alerts list --config cordboard.toml")]
pub(crate) struct Alerts {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(List),
    Test(Test),
}

/// List the alarms that stand, the alerts that wait, and what came of the last ones.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: cordboard-maintenance alerts list --config cordboard.toml\n\
Exit codes: 0 nothing is wrong, 1 an alarm stands, or an alert was given up or waits after a failure."
)]
struct List {}

/// Send a test to all of `[[alerts]]`, or to one of them, and say whether it has arrived. It goes by the way that
/// alerts take: signed, in order, and behind what waits already.
#[derive(Debug, Args)]
#[command(after_help = "Example: cordboard-maintenance alerts test --name ops\n\
Exit codes: 0 all have arrived, 1 one has not.")]
struct Test {
    /// Only to this one of `[[alerts]]`.
    #[arg(long)]
    name: Option<String>,
}

// === impl Alerts ===

impl Alerts {
    pub(crate) const fn remains(&self) -> Remains {
        match self.command {
            Command::List(_) => Remains::Nothing,
            Command::Test(_) => Remains::Alert,
        }
    }

    pub(crate) async fn run(self, context: &Context) -> Ended {
        match self.command {
            Command::List(List {}) => {
                let list = context.maintenance("alerts list")?.alerts().await?;
                let is_well = list.alarms.is_empty() && !list.deliveries.iter().any(is_trouble);
                context.output.report(&list);
                Ok(outcome(is_well))
            }
            Command::Test(test) => {
                let maintenance = context.maintenance("alerts test")?;
                let told = maintenance.test_alerts(test.name.as_deref()).await?;
                context.output.report(&told);
                Ok(outcome(told.is_well()))
            }
        }
    }
}

fn outcome(is_well: bool) -> Outcome {
    if is_well {
        Outcome::Done
    } else {
        Outcome::Findings
    }
}

/// For how long it is worth a finding that an alert was given up: a day longer than it was tried.
const GIVEN_UP_SECONDS: u64 = 2 * 86_400;

/// Whether somebody was not told, or not yet.
fn is_trouble(line: &AlertLine) -> bool {
    line.outcome == "given_up" && line.age_seconds < GIVEN_UP_SECONDS
        || line.outcome == "waiting" && line.trouble.is_some()
}

impl Report for AlertList {
    fn tell(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.targets.is_empty() {
            writeln!(out, "Nobody is told: the configuration has no [[alerts]].")?;
        }
        for target in &self.targets {
            writeln!(out, "{} is told at {}.", target.name, target.place)?;
        }
        if self.alarms.is_empty() {
            writeln!(out, "\nNothing is wrong.")?;
        } else {
            let header = ["ALARM", "SUBJECT", "SINCE", "WHAT", "FIX"];
            writeln!(out, "\n{}", table(&header, self.alarms.iter().map(alarm)))?;
        }
        if self.deliveries.is_empty() {
            return Ok(());
        }
        let header = [
            "ALERT", "SUBJECT", "STATE", "TO", "AGE", "OUTCOME", "TRIES", "",
        ];
        writeln!(out, "\n{}", table(&header, self.deliveries.iter().map(row)))
    }
}

fn alarm(alarm: &AlarmLine) -> Vec<String> {
    vec![
        alarm.kind.to_owned(),
        alarm.subject.clone(),
        ago(alarm.age_seconds),
        alarm.text.clone(),
        alarm.fix.clone(),
    ]
}

fn row(line: &AlertLine) -> Vec<String> {
    let outcome = match line.next_in_seconds {
        Some(0) | None => line.outcome.replace('_', " "),
        Some(seconds) => format!("again in {}", ago(seconds)),
    };
    vec![
        line.kind.to_owned(),
        line.subject.clone(),
        line.state.to_owned(),
        line.target.clone(),
        ago(line.age_seconds),
        outcome,
        line.attempts.to_string(),
        line.trouble.clone().unwrap_or_default(),
    ]
}

impl Report for AlertTest {
    fn tell(&self, out: &mut dyn Write) -> io::Result<()> {
        for tested in &self.tested {
            tell(tested, out)?;
        }
        Ok(())
    }
}

fn tell(tested: &AlertTested, out: &mut dyn Write) -> io::Result<()> {
    let (name, place) = (&tested.target.name, &tested.target.place);
    match &tested.trouble {
        _ if tested.is_delivered => writeln!(out, "{name}: has arrived at {place}."),
        Some(why) => writeln!(out, "{name}: has not arrived at {place}: {why}"),
        None => writeln!(out, "{name}: has not arrived at {place} yet."),
    }
}
