//! One removal at work: holds the guild, and takes its roles one after the other.

use std::time::Duration;

use cordboard_lifecycle::Clock;
use tokio::time::{Instant, sleep};
use twilight_model::id::{Id, marker::RoleMarker};

use super::{
    Deletion, Failure, LEASE, Refusal, Removal, RemovalError, RoleApi, RoleEvent, RoleJournal,
    RoleRow, View,
    limits::{
        ASK_AGAIN_AFTER, ASK_AGAIN_AFTER_MAX, ASKS_MAX, LEASE_LEFT, LEASE_RECHECK, LEASE_WAIT,
        LOOK_EVERY, SCAN_SLACK, SCANNED_PER_SECOND, SETTLE_PAUSE, SETTLE_PAUSE_MAX, UNSETTLED_MAX,
    },
    removal::{Patience, Progress, Watch, patiently, within},
    view::Judgement,
};

/// What is noted of a role that the list holds no more.
const OFF_THE_LIST: &str = "it is not in the list of roles";

/// One removal at work.
pub(super) struct Work<'a, A, J, C> {
    removal: &'a Removal<A, J, C>,
    watch: Watch<'a>,
    /// Until when the guild is ours.
    held_until: Instant,
    rows: Vec<RoleRow>,
    /// What the guild looked like, and when.
    seen: Option<(View, Instant)>,
    /// Roles in a row whose deletion led to nothing.
    unsettled: u32,
    /// Rows that are gone and not on record as such: the next deletion is written down together with them. If
    /// we die before, they are in doubt, and the list settles them.
    owed: Vec<RoleRow>,
}

// === impl Work ===

impl<'a, A: RoleApi, J: RoleJournal, C: Clock> Work<'a, A, J, C> {
    /// Takes the guild. Whoever else has it is waited for until it is known that it lives.
    pub(super) async fn begin(
        removal: &'a Removal<A, J, C>,
        watch: Watch<'a>,
    ) -> Result<Self, RemovalError> {
        let patient_until = Instant::now() + LEASE_WAIT;
        let mut work = Self {
            removal,
            watch,
            held_until: Instant::now(),
            rows: Vec::new(),
            seen: None,
            unsettled: 0,
            owed: Vec::new(),
        };
        while !work.hold().await? {
            if Instant::now() >= patient_until {
                return Err(RemovalError::Busy);
            }
            work.tell("waiting for another removal in this guild, or for its remains");
            sleep(LEASE_RECHECK).await;
        }
        Ok(work)
    }

    /// Settles what is in doubt and removes what is wanted.
    pub(super) async fn run(
        &mut self,
        rows: Vec<RoleRow>,
        wanted: &[Id<RoleMarker>],
    ) -> Result<(), RemovalError> {
        self.rows = rows;
        // Whatever an earlier run has asked for may still be going, and there is one at a time.
        for index in 0..self.rows.len() {
            if self.rows[index].stage.is_in_doubt() {
                self.settle(index).await?;
            }
        }
        for index in 0..self.rows.len() {
            let row = &self.rows[index];
            if row.stage.is_open() && wanted.contains(&row.role_id) {
                self.remove(index).await?;
            }
        }
        self.write_owed().await?;
        self.tell("");
        Ok(())
    }

    /// The rows as they are by now.
    pub(super) fn into_rows(self) -> Vec<RoleRow> {
        self.rows
    }

    /// Removes one role, or finds that it stays.
    async fn remove(&mut self, index: usize) -> Result<(), RemovalError> {
        let mut patience = Patience::default();
        let mut asks = 0;
        loop {
            match self.judge(index).await? {
                Judgement::Goes => {}
                Judgement::Gone => {
                    self.gone(index, OFF_THE_LIST);
                    return Ok(());
                }
                // No other role would fare better, and whoever grants it goes on where we stop.
                Judgement::Stays(Refusal::MissingPermission) => {
                    return Err(RemovalError::MissingPermission);
                }
                Judgement::Stays(refusal) => {
                    let why = RoleEvent::Refused(refusal.to_string());
                    return self.step(index, why).await;
                }
            }
            self.tell(&format!("deleting {}", self.rows[index].name));
            self.keep().await?;
            // On record before it is sent: whoever finds the row does not ask again before it has looked.
            self.step(index, RoleEvent::Asked).await?;
            let failure = match self.delete(index).await {
                Ok(Deletion::Gone) => {
                    self.gone(index, "deleted");
                    return Ok(());
                }
                Ok(Deletion::Absent) => {
                    self.gone(index, "it was gone already");
                    return Ok(());
                }
                Ok(Deletion::Refused { why }) => {
                    // Perhaps the bot has lost its rights: then it is not the role that stays. If we die
                    // over the look, the row is in doubt, and settled by the list.
                    self.look().await?;
                    if self.lacks_permission() {
                        self.step(index, RoleEvent::NotDone).await?;
                        return Err(RemovalError::MissingPermission);
                    }
                    return self.step(index, RoleEvent::Refused(why)).await;
                }
                Err(failure) => failure,
            };
            if matches!(failure, Failure::Unknown { .. }) {
                self.step(index, RoleEvent::Lost).await?;
                asks += 1;
                if self.settle(index).await? {
                    return Ok(());
                }
                if asks >= ASKS_MAX {
                    return self.give_up(failure);
                }
            } else {
                self.step(index, RoleEvent::NotDone).await?;
                let wait = patience.after(failure)?;
                self.pause(wait).await?;
            }
        }
    }

    /// Looks whether a deletion that nobody answered was carried out, until it must have been. Whether
    /// it was.
    async fn settle(&mut self, index: usize) -> Result<bool, RemovalError> {
        if self.seen.is_none() {
            self.look().await?;
        }
        let due = Instant::now() + self.may_still_go_for(index);
        let mut pause = SETTLE_PAUSE;
        loop {
            if !self.is_listed(self.rows[index].role_id).await? {
                self.gone(index, "it left the list of roles");
                return Ok(true);
            }
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(false);
            }
            let name = &self.rows[index].name;
            self.tell(&format!("looking whether {name} is gone"));
            self.pause(pause.min(left)).await?;
            pause = (pause * 2).min(SETTLE_PAUSE_MAX);
        }
    }

    /// How long Discord may still be at it.
    fn may_still_go_for(&self, index: usize) -> Duration {
        let asked_ms = self.rows[index].asked_ms.unwrap_or_default();
        let since_ms = self.removal.clock.now_ms().saturating_sub(asked_ms);
        let members = self
            .seen
            .as_ref()
            .and_then(|(view, _)| view.standing.members);
        let scan = Duration::from_secs(members.unwrap_or(0) / SCANNED_PER_SECOND) + SCAN_SLACK;
        let all = scan.clamp(ASK_AGAIN_AFTER, ASK_AGAIN_AFTER_MAX);
        all.saturating_sub(Duration::from_millis(since_ms))
    }

    /// Leaves a role as it is: each deletion was without an answer, and without effect.
    fn give_up(&mut self, failure: Failure) -> Result<(), RemovalError> {
        self.unsettled += 1;
        if self.unsettled >= UNSETTLED_MAX {
            return Err(failure.stops());
        }
        Ok(())
    }

    fn gone(&mut self, index: usize, how: &str) {
        self.unsettled = 0;
        if let Some((view, _)) = &mut self.seen {
            view.roles.remove(&self.rows[index].role_id);
        }
        let now_ms = self.removal.clock.now_ms();
        if let Some(row) = self.rows[index].after(RoleEvent::Gone(how.to_owned()), now_ms) {
            self.owed.push(row.clone());
            self.rows[index] = row;
        }
    }

    /// Writes down what is gone, before anything that may take long.
    pub(super) async fn write_owed(&mut self) -> Result<(), RemovalError> {
        if !self.owed.is_empty() {
            self.removal.journal.step(self.owed.clone()).await?;
            self.owed.clear();
        }
        Ok(())
    }

    async fn step(&mut self, index: usize, event: RoleEvent) -> Result<(), RemovalError> {
        let now_ms = self.removal.clock.now_ms();
        if let Some(row) = self.rows[index].after(event, now_ms) {
            let rows = self.owed.iter().chain([&row]).cloned().collect();
            self.removal.journal.step(rows).await?;
            self.owed.clear();
            self.rows[index] = row;
        }
        Ok(())
    }

    async fn delete(&self, index: usize) -> Result<Deletion, Failure> {
        let (removal, row) = (self.removal, &self.rows[index]);
        let reason = &row.audit_reason;
        within(removal.api.delete(removal.guild_id, row.role_id, reason)).await
    }

    /// What is to become of a role, by what the guild was within the last minute; by who holds it now, if
    /// nobody may.
    async fn judge(&mut self, index: usize) -> Result<Judgement, RemovalError> {
        let is_fresh = (self.seen.as_ref()).is_some_and(|(_, at)| at.elapsed() < LOOK_EVERY);
        if !is_fresh {
            self.look().await?;
        }
        if self.rows[index].must_be_empty {
            self.count_holders().await?;
        }
        let (view, _) = self.seen.as_ref().expect("it was looked at");
        Ok(view.judge(&self.rows[index]))
    }

    /// Reads who holds what by now, as patiently as all that decides: a role is not to stay because Discord
    /// had a hiccup.
    async fn count_holders(&mut self) -> Result<(), RemovalError> {
        self.write_owed().await?;
        self.keep().await?;
        let removal = self.removal;
        let holders = patiently(|| removal.holders()).await?;
        if let Some((view, _)) = &mut self.seen {
            view.holders = holders;
        }
        Ok(())
    }

    fn lacks_permission(&self) -> bool {
        let seen = self.seen.as_ref();
        seen.is_some_and(|(view, _)| !view.may_manage())
    }

    /// Reads all that decides about a role.
    async fn look(&mut self) -> Result<(), RemovalError> {
        self.write_owed().await?;
        self.keep().await?;
        let view = self.removal.look().await?;
        self.seen = Some((view, Instant::now()));
        Ok(())
    }

    /// Whether the list of roles holds this one now.
    async fn is_listed(&mut self, role_id: Id<RoleMarker>) -> Result<bool, RemovalError> {
        self.write_owed().await?;
        let mut patience = Patience::default();
        loop {
            self.keep().await?;
            let removal = self.removal;
            let failure = match within(removal.api.roles(removal.guild_id)).await {
                Ok(roles) => {
                    let is_there = roles.iter().any(|role| role.id == role_id);
                    let roles = roles.into_iter().map(|role| (role.id, role)).collect();
                    if let Some((view, _)) = &mut self.seen {
                        view.roles = roles;
                    }
                    return Ok(is_there);
                }
                Err(failure) => failure,
            };
            let wait = patience.after(failure)?;
            self.pause(wait).await?;
        }
    }

    async fn pause(&mut self, wait: Duration) -> Result<(), RemovalError> {
        self.write_owed().await?;
        let until = Instant::now() + wait;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            self.keep().await?;
            sleep(left.min(LEASE.saturating_sub(LEASE_LEFT))).await;
        }
    }

    /// Makes sure that the guild is ours for longer than one call takes.
    async fn keep(&mut self) -> Result<(), RemovalError> {
        if self.held_until.saturating_duration_since(Instant::now()) > LEASE_LEFT {
            return Ok(());
        }
        if self.hold().await? {
            Ok(())
        } else {
            Err(RemovalError::Taken)
        }
    }

    async fn hold(&mut self) -> Result<bool, RemovalError> {
        let removal = self.removal;
        let (now, now_ms) = (Instant::now(), removal.clock.now_ms());
        let until_ms = now_ms + u64::try_from(LEASE.as_millis()).unwrap_or(u64::MAX);
        let is_ours = removal.journal.hold(removal.guild_id, now_ms, until_ms);
        let is_ours = is_ours.await?;
        if is_ours {
            self.held_until = now + LEASE;
        }
        Ok(is_ours)
    }

    fn tell(&self, message: &str) {
        let settled = self.rows.iter().filter(|row| !row.stage.is_open()).count();
        (self.watch)(Progress {
            done: settled as u64,
            total: Some(self.rows.len() as u64),
            message: message.to_owned(),
        });
    }
}
