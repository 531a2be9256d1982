//! Commands of the maintenance binary, as the operator gives them.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use cordboard_app::{
    Failed,
    maintenance::{
        CommandError, Maintenance,
        channels::AdoptionQuery,
        roles::{RolesRemoved, RolesRequest, Selection},
    },
};
use cordboard_simulator::Simulator;
use cordboard_upkeep::roles::Refusal;
use fastrand::Rng;
use parking_lot::Mutex;
use twilight_model::id::Id;

use super::{
    house::{PREFIX, TEMPORARY},
    words::Said,
};

/// A command of the maintenance binary.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Command {
    RemoveRoles,
    ResumeRoles,
    Adopt,
    Sweep,
    Audit,
    List,
    Status,
    Budget,
    KeepAlive,
    Migrate,
    Protect,
    Unprotect,
    Forget,
    Backfill,
    Export,
    Cursors,
    Gaps,
    Consumers,
    Serve,
}

/// Those that are given by hand.
pub(super) const BY_HAND: [Command; 18] = [
    Command::RemoveRoles,
    Command::ResumeRoles,
    Command::Adopt,
    Command::Sweep,
    Command::Audit,
    Command::List,
    Command::Status,
    Command::Budget,
    Command::KeepAlive,
    Command::Migrate,
    Command::Protect,
    Command::Unprotect,
    Command::Forget,
    Command::Backfill,
    Command::Export,
    Command::Cursors,
    Command::Gaps,
    Command::Consumers,
];

/// What somebody has agreed to, and since when, by Discord's clock: roles and leftovers in plans that were
/// applied. And what else is to be known of commands when they are dead.
#[derive(Debug, Default)]
pub(super) struct Agreed {
    pub(super) roles: BTreeMap<u64, u64>,
    /// Those that the last plan said are out of reach.
    pub(super) out_of_reach: BTreeSet<u64>,
    pub(super) leftovers: BTreeMap<u64, u64>,
    /// What was found wrong with what commands said.
    pub(super) wrong: Vec<String>,
    /// Consumers that were sent back, and that were forgotten.
    pub(super) resets: [u64; 2],
    /// The first message that need not be on record, since all was filled in with all well.
    pub(super) filled_until: Option<u64>,
}

/// What a command needs to be carried out.
#[derive(Debug)]
pub(super) struct Errand {
    pub(super) maintenance: Maintenance,
    pub(super) discord: Simulator,
    pub(super) agreed: Arc<Mutex<Agreed>>,
    pub(super) said: Arc<Mutex<Said>>,
    /// Where the proxy is, if one is ready.
    pub(super) proxy: Option<SocketAddr>,
    /// What Discord calls this process.
    pub(super) client: String,
    /// The leftover that no plan includes.
    pub(super) excluded: u64,
    /// Those that may be adopted.
    pub(super) leftovers: Vec<u64>,
    pub(super) dice: Rng,
    /// Whether all is well, and all of it is meant: not some roles, and each channel in its turn.
    pub(super) all: bool,
}

// === impl Command ===

impl Command {
    /// Whether it works on the store itself when nobody holds it: a proxy that starts meanwhile does not
    /// get it.
    pub(super) const fn may_hold_store(self) -> bool {
        matches!(
            self,
            Self::Adopt
                | Self::Sweep
                | Self::Migrate
                | Self::Protect
                | Self::Unprotect
                | Self::Forget
                | Self::Backfill
                | Self::Cursors
                | Self::Gaps
                | Self::Consumers
        )
    }
}

// === impl Errand ===

impl Errand {
    /// Carries a command out, as the binary does.
    pub(super) async fn run(mut self, command: Command) -> Result<(), CommandError> {
        let maintenance = self.maintenance.clone();
        match command {
            Command::RemoveRoles => self.remove_roles().await,
            Command::ResumeRoles => {
                let request = RolesRequest {
                    resumes: true,
                    ..RolesRequest::default()
                };
                ended(maintenance.remove_roles(None, &request, &|_| ()).await?)
            }
            Command::Adopt => self.adopt().await,
            Command::Sweep => self.sweep().await,
            Command::Audit => self.audit().await,
            Command::List => self.list().await,
            Command::Status => self.status().await,
            Command::Budget => self.budget().await,
            Command::KeepAlive => self.keep_alive().await,
            Command::Migrate => Ok(maintenance.store_migrate().await.map(drop)?),
            Command::Protect => self.protect().await,
            Command::Unprotect => self.unprotect().await,
            Command::Forget => self.forget().await,
            Command::Backfill => self.backfill().await,
            Command::Export => self.export().await,
            Command::Cursors => self.cursors().await,
            Command::Gaps => self.gaps().await,
            Command::Consumers => self.consumers().await,
            Command::Serve => unreachable!("it is no command that ends"),
        }
    }

    /// What a command said is not so.
    pub(super) fn found(&self, wrong: impl IntoIterator<Item = String>) {
        self.agreed.lock().wrong.extend(wrong);
    }

    async fn remove_roles(&mut self) -> Result<(), CommandError> {
        let pattern = format!("{TEMPORARY}*");
        let request = RolesRequest {
            selection: Selection {
                names: vec![pattern.parse().expect("it is a pattern")],
                without_members: !self.all && self.dice.bool(),
                ..Selection::default()
            },
            verify: (!self.all && self.dice.bool()).then_some(Duration::from_mins(1)),
            ..RolesRequest::default()
        };
        let planned = self.maintenance.plan_roles(&request).await?;
        let now_ms = self.discord.now_ms();
        let refused = planned.plan.refused.iter();
        let out_of_reach = refused.filter(|role| role.refusal == Refusal::NotBelowUs);
        if request.selection.without_members {
            // Nobody gives roles to members in a storm.
            let held = planned
                .plan
                .roles
                .iter()
                .filter(|role| self.discord.role_holders(role.role_id.get()) > 0);
            self.found(held.map(|role| format!("C26: role {} has members", role.role_id)));
        }
        self.agreed.lock().out_of_reach = out_of_reach.map(|role| role.role_id.get()).collect();
        for role in &planned.plan.roles {
            let agreed = &mut self.agreed.lock().roles;
            agreed.entry(role.role_id.get()).or_insert(now_ms);
        }
        let planned = Some(planned);
        let removed = self
            .maintenance
            .remove_roles(planned, &request, &|_| ())
            .await;
        ended(removed?)
    }

    async fn adopt(&self) -> Result<(), CommandError> {
        let query = AdoptionQuery {
            prefix: PREFIX.to_owned(),
            exclude: [Id::new(self.excluded)].into(),
            ..AdoptionQuery::default()
        };
        let plan = self.maintenance.plan_adoption(&query).await?;
        let now_ms = self.discord.now_ms();
        for candidate in &plan.candidates {
            if candidate.excluded.is_none() {
                let agreed = &mut self.agreed.lock().leftovers;
                agreed.entry(candidate.channel_id.get()).or_insert(now_ms);
            }
        }
        if plan.count > 0 {
            self.maintenance.adopt(plan, &|_| ()).await?;
        }
        Ok(())
    }
}

fn ended(removed: RolesRemoved) -> Result<(), CommandError> {
    match removed.stopped {
        Some(stop) if stop.is_upstream => Err(CommandError::Upstream(stop.message)),
        Some(stop) => Err(CommandError::Refused(stop.message)),
        None => Ok(()),
    }
}

/// What a command that failed is to a supervisor: its exit code, where it has one.
pub(super) fn exit_code(error: &CommandError) -> Option<u8> {
    match error {
        CommandError::Failed(failed) => Some(Failed::exit_code(failed)),
        _ => None,
    }
}
