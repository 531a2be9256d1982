//! Leftovers of another program.

use std::{
    collections::BTreeSet,
    io::{self, BufRead as _, IsTerminal as _, Write},
};

use clap::Args;
use cordboard_app::maintenance::channels::{Adopted, AdoptionPlan, AdoptionQuery};
use tokio::task::spawn_blocking;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, UserMarker},
};

use crate::{
    command::Apply,
    context::Context,
    exit::{Ended, Outcome, Stopped},
    output::{Report, ago, table},
    remains::Remains,
};

/// Have the leftovers of another proxy deleted. Shows each channel whose name fits, with its creator, age and
/// last message, and what would become of it; --apply asks for the number of channels and does it.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: cordboard-maintenance channels adopt --legacy-prefix cdp-chat- \
--exclude 1087394857203948572 --apply --count 300"
)]
pub(crate) struct Adopt {
    /// What the names of the channels begin with, such as cdp-chat-.
    #[arg(long, value_name = "PREFIX")]
    legacy_prefix: String,
    /// Leave this channel alone; several times for several.
    #[arg(long, value_name = "CHANNEL")]
    exclude: Vec<Id<ChannelMarker>>,
    /// Take in what this user created, such as the bot of the old proxy; several times for several.
    #[arg(long, value_name = "USER")]
    creator: Vec<Id<UserMarker>>,
    /// Take in what the audit log no longer tells the creator of: it goes back 45 days.
    #[arg(long)]
    unknown_creators: bool,
    #[command(flatten)]
    apply: Apply,
    /// How many channels the plan adopts: what is asked for on a terminal.
    #[arg(long, requires = "apply", value_name = "NUMBER")]
    count: Option<usize>,
    /// The hash that the plan was shown with: if it has another by now, nothing is done.
    #[arg(long, requires = "apply", value_name = "HASH")]
    plan: Option<String>,
}

// === impl Adopt ===

impl Adopt {
    pub(super) const fn remains(&self) -> Remains {
        if self.apply.is_given() {
            Remains::Adopted
        } else {
            Remains::Nothing
        }
    }

    pub(super) async fn run(self, context: &Context) -> Ended {
        let maintenance = context.maintenance("channels adopt")?;
        let query = AdoptionQuery {
            prefix: self.legacy_prefix.clone(),
            exclude: BTreeSet::from_iter(self.exclude.clone()),
            creators: BTreeSet::from_iter(self.creator.clone()),
            unknown_creators: self.unknown_creators,
        };
        let plan = maintenance.plan_adoption(&query).await?;
        if !self.apply.is_given() {
            context.output.report(&plan);
            return Ok(Outcome::Done);
        }
        if let Some(hash) = self.plan.as_ref().filter(|hash| **hash != plan.hash) {
            let why = format!("the plan has changed: it was {hash} and is {}", plan.hash);
            return Err(Stopped::Refused(why));
        }
        if plan.count == 0 {
            context.output.report(&plan);
            return Ok(if plan.owed == 0 {
                Outcome::Done
            } else {
                Outcome::Findings
            });
        }
        self.confirm(context, &plan).await?;
        let bar = context.output.bar();
        let adopted = maintenance
            .adopt(plan, &|progress| bar.show(progress))
            .await?;
        drop(bar);
        context.output.report(&adopted);
        Ok(if adopted.open.is_empty() && adopted.left.is_empty() {
            Outcome::Done
        } else {
            Outcome::Findings
        })
    }

    /// Whoever deletes hundreds of channels says how many.
    async fn confirm(&self, context: &Context, plan: &AdoptionPlan) -> Result<(), Stopped> {
        context.output.show(plan);
        let count = match self.count {
            Some(count) => count,
            // A script has no use for a question, and gets one object.
            None if io::stdin().is_terminal() && !context.output.is_json() => {
                asked(plan.count).await?
            }
            None => {
                let why = format!(
                    "the plan adopts {} channels; pass --count {} to say that you know",
                    plan.count, plan.count
                );
                return Err(Stopped::Usage(why));
            }
        };
        if count == plan.count {
            return Ok(());
        }
        let why = format!(
            "the plan adopts {} channels, not {count}; nothing was done",
            plan.count
        );
        Err(Stopped::Refused(why))
    }
}

/// The number that somebody types.
async fn asked(count: usize) -> Result<usize, Stopped> {
    let question =
        format!("Type the number of channels to delete ({count}), or anything else to stop: ");
    drop(write!(io::stderr(), "{question}").and_then(|()| io::stderr().flush()));
    let typed = spawn_blocking(|| {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map(|_| line)
    });
    let line = typed.await.map_err(io::Error::other).and_then(|line| line);
    let line = line.map_err(cordboard_app::Failed::from)?;
    let count = line.trim().parse();
    count.map_err(|_| Stopped::Refused("nothing was done".to_owned()))
}

impl Report for AdoptionPlan {
    fn tell(&self, out: &mut dyn Write) -> io::Result<()> {
        for id in &self.not_excluded {
            writeln!(
                out,
                "--exclude {id} is none of these channels: is it mistyped?"
            )?;
        }
        if self.owed > 0 {
            writeln!(
                out,
                "{} adopted channels are still to be deleted: channels sweep --apply, or the next proxy, goes \
                 on with it.",
                self.owed
            )?;
        }
        if self.candidates.is_empty() {
            return writeln!(out, "No channel's name fits.");
        }
        let rows = self.candidates.iter().map(|candidate| {
            let creator = candidate.creator_id;
            let spoken = candidate.last_message_seconds;
            vec![
                candidate.channel_id.to_string(),
                candidate.name.clone(),
                creator.map_or_else(|| "?".to_owned(), |id| id.to_string()),
                ago(candidate.age_seconds),
                spoken.map_or_else(
                    || "none".to_owned(),
                    |seconds| format!("{} ago", ago(seconds)),
                ),
                match &candidate.excluded {
                    None => "deleted".to_owned(),
                    Some(why) => format!("left: {why}"),
                },
            ]
        });
        let header = [
            "CHANNEL",
            "NAME",
            "CREATOR",
            "AGE",
            "LAST MESSAGE",
            "BECOMES",
        ];
        writeln!(out, "{}", table(&header, rows))?;
        writeln!(
            out,
            "{} channels would be deleted, {} are left.",
            self.count,
            self.candidates.len() - self.count
        )?;
        writeln!(out, "plan {}", self.hash)
    }
}

impl Report for Adopted {
    fn tell(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{} channels are gone.", self.gone)?;
        let left = self
            .left
            .iter()
            .map(|(id, why)| (id, format!("not adopted: it {why}")));
        let open = self
            .open
            .iter()
            .map(|(id, why)| (id, format!("not gone yet: {why}")));
        let rows: Vec<_> = left
            .chain(open)
            .map(|(id, why)| vec![id.to_string(), why])
            .collect();
        if rows.is_empty() {
            return Ok(());
        }
        writeln!(out, "{}", table(&["CHANNEL", "WHY"], rows))
    }
}
