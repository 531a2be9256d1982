//! Roles of the guild that nobody needs any more.

use std::{
    io::{self, Write},
    time::Duration,
};

use clap::{Args, Subcommand};
use cordboard_app::maintenance::roles::{
    CREATIONS_REPORTED_MAX, Pattern, RoleBudget, RoleStage, RolesEnd, RolesPlanned, RolesRemoved,
    RolesRequest, Selection, Verdict,
};
use twilight_model::id::{Id, marker::RoleMarker};

use crate::{
    context::Context,
    exit::{Ended, Outcome},
    output::{Report, table},
    remains::Remains,
};

/// Look after the guild's roles.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: cordboard-maintenance roles remove --name temp-* --without-members"
)]
pub(crate) struct Roles {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Remove(Remove),
}

/// Remove roles, one at a time. Shows which would go and which cannot, and why; --apply does it. Each kind
/// of criterion that is given has to be met. Can be interrupted at any moment, and gone on with.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: cordboard-maintenance roles remove --name temp-* --without-members --apply --verify\n\
Exit codes: 0 done; 1 some roles stay, or members still hold some, or that cannot be told; 3 all refused; \
4 Discord did not answer: --resume goes on."
)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
struct Remove {
    /// A role; several times for several.
    #[arg(long, value_name = "ROLE")]
    id: Vec<Id<RoleMarker>>,
    /// Roles by their whole name, case told apart: `*` is any text, `?` any one character, `\` takes the
    /// next one as it is; several times for several.
    #[arg(long, value_name = "PATTERN")]
    name: Vec<Pattern>,
    /// Only roles that nobody holds.
    #[arg(long)]
    without_members: bool,
    /// Do it.
    #[arg(long)]
    apply: bool,
    /// Only show what would be done: what happens without --apply.
    #[arg(long, conflicts_with = "apply")]
    dry_run: bool,
    /// Go on with what an earlier run had begun.
    #[arg(long, conflicts_with_all = ["id", "name", "without_members", "apply", "dry_run", "reason"])]
    resume: bool,
    /// Look until no member holds a role that was removed in the last day; also alone. Without the Server
    /// Members Intent a sample of the members is looked at.
    #[arg(long)]
    verify: bool,
    /// For how many seconds to look.
    #[arg(long, value_name = "SECONDS", default_value_t = 900)]
    verify_timeout: u64,
    /// Why, for Discord's audit log.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

// === impl Roles ===

impl Roles {
    pub(crate) const fn remains(&self) -> Remains {
        let Command::Remove(remove) = &self.command;
        if remove.apply || remove.resume {
            Remains::Part
        } else {
            Remains::Nothing
        }
    }

    pub(crate) async fn run(self, context: &Context) -> Ended {
        match self.command {
            Command::Remove(remove) => remove.run(context).await,
        }
    }
}

// === impl Remove ===

impl Remove {
    async fn run(self, context: &Context) -> Ended {
        let maintenance = context.maintenance("roles remove")?;
        let request = self.request();
        let looks_only =
            self.verify && !self.apply && !self.dry_run && request.selection.is_empty();
        let planned = if self.resume || looks_only {
            None
        } else {
            let planned = maintenance.plan_roles(&request).await?;
            if self.dry_run || !self.apply {
                context.output.report(&planned);
                return Ok(outcome(planned.end()));
            }
            context.output.show(&planned);
            Some(planned)
        };
        let bar = context.output.bar();
        let watcher = |progress| bar.show(progress);
        let removed = maintenance
            .remove_roles(planned, &request, &watcher)
            .await?;
        drop(bar);
        context.output.report(&removed);
        Ok(outcome(removed.end()))
    }

    fn request(&self) -> RolesRequest {
        RolesRequest {
            selection: Selection {
                ids: self.id.iter().copied().collect(),
                names: self.name.clone(),
                without_members: self.without_members,
            },
            resumes: self.resume,
            verify: self
                .verify
                .then(|| Duration::from_secs(self.verify_timeout)),
            reason: self.reason.clone(),
        }
    }
}

const fn outcome(end: RolesEnd) -> Outcome {
    match end {
        RolesEnd::Done => Outcome::Done,
        RolesEnd::Left => Outcome::Findings,
        RolesEnd::Refused => Outcome::Refused,
        RolesEnd::Upstream => Outcome::Upstream,
    }
}

fn count(holders: Option<u64>) -> String {
    holders.map_or_else(|| "?".to_owned(), |count| count.to_string())
}

impl Report for RolesPlanned {
    fn tell(&self, out: &mut dyn Write) -> io::Result<()> {
        let plan = &self.plan;
        if plan.roles.is_empty() && plan.refused.is_empty() {
            writeln!(out, "No role is meant.")?;
        } else {
            let goes = plan.roles.iter().map(|role| {
                let (id, holders) = (role.role_id.to_string(), count(role.holders));
                vec![id, role.name.clone(), holders, "goes".to_owned()]
            });
            let stays = plan.refused.iter().map(|role| {
                let name = role.name.clone().unwrap_or_default();
                let fate = format!("stays: {}", role.refusal);
                vec![role.role_id.to_string(), name, count(role.holders), fate]
            });
            let rows = goes.chain(stays);
            writeln!(out, "{}", table(&["role", "name", "members", "fate"], rows))?;
            writeln!(
                out,
                "Plan {}: {} to go, {} refused.",
                plan.hash,
                plan.roles.len(),
                plan.refused.len()
            )?;
        }
        if !self.open.is_empty() {
            writeln!(
                out,
                "An earlier run has left {} roles open; --resume goes on with them.",
                self.open.len()
            )?;
        }
        tell_budget(&self.budget, out)
    }
}

fn tell_budget(budget: &RoleBudget, out: &mut dyn Write) -> io::Result<()> {
    write!(
        out,
        "Roles: {} of {} (Discord's list). ",
        budget.used, budget.max
    )?;
    match budget.created {
        Some(created) => writeln!(
            out,
            "Created in 48 hours: {}{}, {} by this bot (audit log); {CREATIONS_REPORTED_MAX} are \
             reported to be the limit, Discord publishes none.",
            created.by_anybody,
            if created.are_all { "" } else { " or more" },
            created.by_us,
        ),
        None => writeln!(
            out,
            "How many were created lately is not known: the audit log is not shown to the bot."
        ),
    }
}

impl Report for RolesRemoved {
    fn tell(&self, out: &mut dyn Write) -> io::Result<()> {
        let left = self
            .roles
            .iter()
            .filter(|role| role.stage != RoleStage::Gone);
        let left: Vec<_> = left
            .map(|role| {
                let stage = role.stage.name().to_owned();
                let detail = role.detail.clone().unwrap_or_default();
                vec![role.role_id.to_string(), role.name.clone(), stage, detail]
            })
            .collect();
        let (gone, refused) = (self.count(RoleStage::Gone), self.count(RoleStage::Refused));
        let open = left.len() - refused;
        if !left.is_empty() {
            writeln!(out, "{}", table(&["role", "name", "stage", "why"], left))?;
        }
        if self.roles.is_empty() && self.stopped.is_none() && self.members.is_none() {
            writeln!(out, "Nothing was to be done.")?;
        }
        if !self.roles.is_empty() {
            writeln!(out, "{gone} gone, {refused} refused, {open} open.")?;
        }
        if let Some(stop) = &self.stopped {
            writeln!(out, "Stopped: {}.", stop.message)?;
            if open > 0 {
                writeln!(out, "What was done is on record; --resume goes on with it.")?;
            }
        }
        match &self.members {
            None => Ok(()),
            Some(Verdict::Clean { members }) => {
                writeln!(out, "Members: clean; {members} were looked at.")
            }
            Some(Verdict::Sampled { members }) => writeln!(
                out,
                "Members: a sample is clean; {members} were looked at, not all. To have all looked at, \
                 switch on the Server Members Intent of the application in the developer portal."
            ),
            Some(Verdict::Dirty { roles, members }) => writeln!(
                out,
                "Members: still dirty; {} removed roles are held, {members} members were seen clean.",
                roles.len()
            ),
            Some(Verdict::CannotTell { why, members }) => writeln!(
                out,
                "Members: cannot tell: {why}; {members} members were seen clean."
            ),
        }
    }
}
