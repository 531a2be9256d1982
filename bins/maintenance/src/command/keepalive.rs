//! Keeping bots alive, by hand.

use std::io::{self, Write};

use clap::{Args, Subcommand};
use cordboard_app::maintenance::{KeepAliveReport, KeepAliveStanding};
use serde::Serialize;

use crate::{
    context::Context,
    exit::{Ended, Outcome, Stopped},
    output::{Report, table},
    remains::Remains,
};

/// Speak to bots in their default channels, so that they stay alive, and see whether they answer.
#[derive(Debug, Args)]
#[command(after_help = "Example: cordboard-maintenance keepalive run")]
pub(crate) struct Keepalive {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Speak to bots now and wait for their answers. Exit code 1 when one does not answer as it should, 4 when
    /// Discord was out of reach and nothing else is wrong. Interrupted, it leaves what it has posted, and the
    /// next run posts anew.
    #[command(after_help = "Example: cordboard-maintenance keepalive run --bot helper")]
    Run {
        /// Only this bot, also when it is not kept alive on a schedule; may be given several times.
        #[arg(long = "bot", value_name = "NAME")]
        bots: Vec<String>,
    },
    /// Show what came of it lately, and when each bot is due next.
    #[command(after_help = "Example: cordboard-maintenance keepalive list --json")]
    List,
}

#[derive(Serialize)]
struct Reports {
    bots: Vec<KeepAliveReport>,
}

#[derive(Serialize)]
struct Standings {
    bots: Vec<KeepAliveStanding>,
}

// === impl Keepalive ===

impl Keepalive {
    pub(crate) const fn remains(&self) -> Remains {
        match self.command {
            Command::Run { .. } => Remains::Questions,
            Command::List => Remains::Nothing,
        }
    }

    pub(crate) async fn run(self, context: &Context) -> Ended {
        match self.command {
            Command::Run { bots } => run(context, &bots).await,
            Command::List => {
                let bots = context
                    .maintenance("keepalive list")?
                    .keepalive_list()
                    .await?;
                context.output.report(&Standings { bots });
                Ok(Outcome::Done)
            }
        }
    }
}

async fn run(context: &Context, names: &[String]) -> Ended {
    let maintenance = context.maintenance("keepalive run")?;
    let bar = context.output.bar();
    let watcher = |progress| bar.show(progress);
    let ran = maintenance.keepalive_run(names, &watcher).await?;
    drop(bar);
    let bots = ran.map_err(|unknown| {
        Stopped::Usage(format!(
            "--bot: no bot is named {unknown:?}; name one of [[bots]] in the configuration"
        ))
    })?;
    let ended = outcome(&bots);
    context.output.report(&Reports { bots });
    Ok(ended)
}

/// A bot that does not answer is to be looked at, whoever else could not be asked.
fn outcome(bots: &[KeepAliveReport]) -> Outcome {
    let mut not_answered = bots
        .iter()
        .filter(|bot| bot.outcome != "answered")
        .peekable();
    if not_answered.peek().is_none() {
        Outcome::Done
    } else if not_answered.all(|bot| bot.outcome == "upstream") {
        Outcome::Upstream
    } else {
        Outcome::Findings
    }
}

impl Report for Reports {
    fn tell(&self, out: &mut dyn Write) -> io::Result<()> {
        for KeepAliveReport {
            outcome, detail, ..
        } in &self.bots
        {
            let word = if *outcome == "answered" {
                "ok   "
            } else {
                "WRONG"
            };
            writeln!(out, "{word} {detail}")?;
        }
        if self.bots.is_empty() {
            writeln!(out, "no bot is kept alive; see upkeep.keepalive.enabled")?;
        }
        Ok(())
    }
}

impl Report for Standings {
    fn tell(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.bots.iter().map(|bot| {
            let next = match (bot.enabled, &bot.next) {
                (false, _) => "off".to_owned(),
                (true, None) => "nobody serves it yet".to_owned(),
                (true, Some(next)) => next.clone(),
            };
            let (at, last) = bot.last.first().map_or_else(Default::default, |last| {
                (last.at.clone(), last.detail.clone())
            });
            vec![bot.bot.clone(), bot.schedule.clone(), next, at, last]
        });
        let header = ["bot", "schedule", "next", "last", "outcome"];
        writeln!(out, "{}", table(&header, rows))
    }
}
