//! Plans a removal, carries it out, and goes on with one.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use cordboard_lifecycle::Clock;
use tokio::time::{sleep, timeout};
use twilight_model::id::{
    Id,
    marker::{GuildMarker, RoleMarker},
};

use super::{
    Failure, RemovalError, RemovalReport, RoleApi, RoleJournal, RoleOutcome, RolePlan, RoleRow,
    RoleStage, Selection, View,
    limits::{CALL_TIMEOUT, GONE_FOR_SURE_MS, RETRY_PAUSE, TRIES_MAX, WAIT_MAX},
    work::Work,
};

/// Removes roles from one guild.
///
/// Every future of it may be dropped at any moment: what was asked for is on record before it is sent,
/// and [`Self::resume`] goes on with it, at once after [`Self::let_go`].
#[derive(Debug)]
pub struct Removal<A, J, C> {
    pub(super) api: A,
    pub(super) journal: J,
    pub(super) clock: C,
    pub(super) guild_id: Id<GuildMarker>,
}

/// How far something has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is done of it.
    pub done: u64,
    /// All of it, as far as that is known.
    pub total: Option<u64>,
    /// What is under way, for people.
    pub message: String,
}

/// Who is told of progress.
pub(super) type Watch<'a> = &'a (dyn Fn(Progress) + Send + Sync);

// === impl Removal ===

impl<A: RoleApi, J: RoleJournal, C: Clock> Removal<A, J, C> {
    /// Prepares to remove roles from a guild. `clock` is for records.
    pub const fn new(api: A, journal: J, clock: C, guild_id: Id<GuildMarker>) -> Self {
        Self {
            api,
            journal,
            clock,
            guild_id,
        }
    }

    /// Looks which roles are meant and which of those cannot go. Changes nothing.
    pub async fn plan(&self, selection: &Selection) -> Result<(RolePlan, View), RemovalError> {
        let mut view = self.look().await?;
        if selection.without_members {
            view.holders = patiently(|| self.holders()).await?;
        }
        let plan = view.plan(selection, &self.gone_lately().await?);
        Ok((plan, view))
    }

    /// Carries a plan out. Roles of it that an earlier run was removing are gone on with, and deletions of
    /// that run whose answer nobody has are settled first. `audit_reason` goes into Discord's audit log.
    pub async fn apply(
        &self,
        plan: &RolePlan,
        audit_reason: &str,
        watch: &(dyn Fn(Progress) + Send + Sync),
    ) -> RemovalReport {
        let mut work = match Work::begin(self, watch).await {
            Ok(work) => work,
            Err(error) => return RemovalReport::stopped(error),
        };
        let wanted: Vec<_> = plan.roles.iter().map(|role| role.role_id).collect();
        let stopped = self.carry_out(&mut work, plan, audit_reason).await.err();
        self.end(work, &wanted, stopped).await
    }

    /// Goes on with whatever is on record as open.
    pub async fn resume(&self, watch: &(dyn Fn(Progress) + Send + Sync)) -> RemovalReport {
        let mut work = match Work::begin(self, watch).await {
            Ok(work) => work,
            Err(error) => return RemovalReport::stopped(error),
        };
        let rows = match self.journal.rows(self.guild_id, u64::MAX).await {
            Ok(rows) => rows,
            Err(error) => return self.end(work, &[], Some(error.into())).await,
        };
        let wanted: Vec<_> = rows.iter().map(|row| row.role_id).collect();
        let stopped = work.run(rows, &wanted).await.err();
        self.end(work, &wanted, stopped).await
    }

    /// Lets go of the guild, when a future that held it was dropped: the next removal need not wait then until
    /// this one is taken for dead. A deletion that was under way is on record, and settled by the next one
    /// before it asks for another.
    pub async fn let_go(&self) -> Result<(), RemovalError> {
        Ok(self.journal.release(self.guild_id).await?)
    }

    /// Roles that are on record as open: an earlier run stopped before their end.
    pub async fn open(&self) -> Result<Vec<RoleOutcome>, RemovalError> {
        let rows = self.journal.rows(self.guild_id, u64::MAX).await?;
        Ok(rows.iter().map(RoleOutcome::from).collect())
    }

    /// Roles that are on record as gone since yesterday.
    pub async fn gone_lately(&self) -> Result<BTreeSet<Id<RoleMarker>>, RemovalError> {
        let since_ms = self.clock.now_ms().saturating_sub(GONE_FOR_SURE_MS);
        let rows = self.journal.rows(self.guild_id, since_ms).await?;
        let gone = rows.iter().filter(|row| row.stage == RoleStage::Gone);
        Ok(gone.map(|row| row.role_id).collect())
    }

    /// As [`Self::gone_lately`], and those whose deletion is not on record as answered and which the list of
    /// roles holds no more: whoever asked for it may have died over the answer.
    pub async fn gone_by_now(&self) -> Result<BTreeSet<Id<RoleMarker>>, RemovalError> {
        let rows = self.journal.rows(self.guild_id, u64::MAX).await?;
        let in_doubt = rows.iter().filter(|row| row.stage.is_in_doubt());
        let mut in_doubt: BTreeSet<_> = in_doubt.map(|row| row.role_id).collect();
        if !in_doubt.is_empty() {
            for role in patiently(|| self.api.roles(self.guild_id)).await? {
                in_doubt.remove(&role.id);
            }
        }
        // Last: another process may be settling them.
        in_doubt.extend(self.gone_lately().await?);
        Ok(in_doubt)
    }

    /// Reads everything that decides about a role.
    pub(super) async fn look(&self) -> Result<View, RemovalError> {
        let (api, guild_id) = (&self.api, self.guild_id);
        let standing = patiently(|| api.standing(guild_id)).await?;
        let roles = patiently(|| api.roles(guild_id)).await?;
        let holders = within(self.holders()).await.ok().flatten();
        Ok(View {
            guild_id,
            roles: roles.into_iter().map(|role| (role.id, role)).collect(),
            standing,
            holders,
        })
    }

    /// How many members hold each role; `None` where Discord does not say it. Without it everything works, but
    /// for roles that have to be without members.
    pub(super) async fn holders(&self) -> Result<Option<BTreeMap<Id<RoleMarker>, u64>>, Failure> {
        match self.api.holders(self.guild_id).await {
            Ok(holders) => Ok(Some(holders)),
            Err(error @ Failure::Never { .. }) => {
                tracing::debug!(%error, "discord does not say how many members hold each role");
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }

    async fn carry_out(
        &self,
        work: &mut Work<'_, A, J, C>,
        plan: &RolePlan,
        audit_reason: &str,
    ) -> Result<(), RemovalError> {
        // Since it was planned, another process may have removed some: never twice.
        let gone = self.gone_lately().await?;
        let now_ms = self.clock.now_ms();
        let mut rows = RoleRow::of_plan(plan, audit_reason, now_ms);
        rows.retain(|row| !gone.contains(&row.role_id));
        self.journal.begin(rows).await?;
        let wanted: Vec<_> = plan.roles.iter().map(|role| role.role_id).collect();
        let mut rows = self.journal.rows(self.guild_id, u64::MAX).await?;
        rows.retain(|row| wanted.contains(&row.role_id) || row.stage.is_in_doubt());
        let place = |row: &RoleRow| wanted.iter().position(|id| *id == row.role_id);
        rows.sort_by_key(|row| (place(row).unwrap_or(usize::MAX), row.role_id));
        work.run(rows, &wanted).await
    }

    /// Lets go of the guild, and tells what came of it all.
    async fn end(
        &self,
        mut work: Work<'_, A, J, C>,
        wanted: &[Id<RoleMarker>],
        stopped: Option<RemovalError>,
    ) -> RemovalReport {
        let stopped = stopped.or(work.write_owed().await.err());
        if let Err(error) = self.journal.release(self.guild_id).await {
            tracing::warn!(%error, "the guild is held for another minute");
        }
        let mut rows = work.into_rows();
        if rows.is_empty() || rows.len() < wanted.len() {
            // Settled by others meanwhile.
            let since_ms = self.clock.now_ms().saturating_sub(GONE_FOR_SURE_MS);
            let more = self.journal.rows(self.guild_id, since_ms).await;
            let known: BTreeSet<_> = rows.iter().map(|row| row.role_id).collect();
            rows.extend(
                more.unwrap_or_default()
                    .into_iter()
                    .filter(|row| wanted.contains(&row.role_id) && !known.contains(&row.role_id)),
            );
        }
        let place = |row: &RoleRow| wanted.iter().position(|id| *id == row.role_id);
        rows.sort_by_key(|row| (place(row).unwrap_or(usize::MAX), row.role_id));
        RemovalReport {
            roles: rows.iter().map(RoleOutcome::from).collect(),
            stopped,
        }
    }
}

/// Repeats a read until it is answered, for about a minute.
pub(super) async fn patiently<T, F: Future<Output = Result<T, Failure>>>(
    read: impl Fn() -> F,
) -> Result<T, RemovalError> {
    let mut patience = Patience::default();
    loop {
        match within(read()).await {
            Ok(answer) => return Ok(answer),
            Err(failure) => sleep(patience.after(failure)?).await,
        }
    }
}

/// A call that ends in time; one that does not may have acted.
pub(super) async fn within<T>(
    call: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    timeout(CALL_TIMEOUT, call).await.unwrap_or_else(|elapsed| {
        Err(Failure::Unknown {
            source: elapsed.into(),
        })
    })
}

/// How often something that did not work is tried again.
#[derive(Debug, Default)]
pub(super) struct Patience {
    tries: u32,
}

// === impl Patience ===

impl Patience {
    /// How long to wait before the next try, or that there is none.
    pub(super) fn after(&mut self, failure: Failure) -> Result<Duration, RemovalError> {
        self.tries += 1;
        let told = match &failure {
            Failure::NotDone { wait, .. } => *wait,
            Failure::Unknown { .. } => None,
            Failure::Never { .. } => return Err(failure.stops()),
        };
        let pause = RETRY_PAUSE * 2_u32.saturating_pow(self.tries - 1);
        let wait = told.unwrap_or_default().max(pause);
        if self.tries >= TRIES_MAX || wait > WAIT_MAX {
            return Err(failure.stops());
        }
        Ok(wait)
    }
}
