//! The handle: how everybody else gets a channel, and lets go of it.

use std::{
    convert::Infallible,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{Instant, timeout_at},
};
use twilight_model::id::{Id, marker::ChannelMarker};

use crate::{
    Adoption, AdoptionError, AttemptId, Condition, Counts, ForgetError, Hidden, NotAdopted,
    Observed, OpenError, Stage,
    counts::Tally,
    limits::HELD_RETRY,
    operator::Instruction,
    switches::{Switches, Told},
};

/// What somebody needs a channel for.
#[derive(Clone, Debug)]
pub struct Opening {
    /// The request it serves; goes into the registry, for people who search.
    pub request_id: String,
    /// Goes into the channel's name as far as it consists of letters and digits.
    pub label: String,
    /// Whose request it is. When channels are scarce, tenants are served in turn, however much each
    /// of them asks for.
    pub tenant: String,
    /// When the channel must be there.
    pub deadline: Instant,
    /// How long it may be used: after this it is condemned, whoever holds the lease.
    pub lifetime: Duration,
}

/// Opens channels; a handle to the [`crate::Driver`] that is cheap to clone.
#[derive(Clone, Debug)]
pub struct Channels {
    commands: mpsc::Sender<Command>,
    observed: mpsc::Sender<Observed>,
    instructions: mpsc::Sender<Instruction>,
    told: Told,
    switches: Arc<Switches>,
}

/// The right to use one channel. Dropping it condemns the channel: the driver deletes it after
/// `delete_after`, and the drop itself waits for nothing.
#[derive(Debug)]
#[must_use = "dropping a lease condemns its channel"]
pub struct Lease {
    channel_id: Id<ChannelMarker>,
    /// Nothing is ever sent: the drop of this end is the message.
    _release: oneshot::Sender<Infallible>,
}

/// One call of [`Channels::open`] on its way to the driver.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) opening: Opening,
    pub(crate) answer: oneshot::Sender<Result<Lease, OpenError>>,
}

// === impl Channels ===

impl Channels {
    pub(crate) const fn new(
        commands: mpsc::Sender<Command>,
        observed: mpsc::Sender<Observed>,
        instructions: mpsc::Sender<Instruction>,
        told: Told,
        switches: Arc<Switches>,
    ) -> Self {
        Self {
            commands,
            observed,
            instructions,
            told,
            switches,
        }
    }

    /// Creates a channel and returns the right to use it.
    ///
    /// May be dropped at any time: what is under way goes on in the driver, and a channel that
    /// comes of it is deleted.
    ///
    /// # Errors
    /// [`OpenError`] says what may be done. Whatever was begun is cleaned up.
    pub async fn open(&self, opening: Opening) -> Result<Lease, OpenError> {
        if let Some(why) = self.switches.openings_held() {
            return Err(OpenError::NotDone {
                wait: Some(HELD_RETRY),
                source: why.into(),
            });
        }
        let deadline = opening.deadline;
        let (answer, answered) = oneshot::channel();
        let command = Command { opening, answer };
        let open = async {
            self.commands
                .send(command)
                .await
                .map_err(|_| OpenError::Closed)?;
            answered.await.map_err(|_| OpenError::Closed)?
        };
        timeout_at(deadline, open)
            .await
            .unwrap_or(Err(OpenError::Deadline))
    }

    /// Passes on what the gateway told. Never waits: what there is no room for is made up for by
    /// looking.
    pub fn observe(&self, observed: Observed) {
        if self.observed.try_send(observed).is_err() {
            self.switches.has_lapsed.store(true, Ordering::Relaxed);
        }
    }

    /// Stops all deletions, or lets them go on. What is condemned stays so meanwhile.
    pub fn hold_deletions(&self, held: bool) {
        self.switches.hold_deletions(held);
    }

    /// Whether deletions are held.
    #[must_use]
    pub fn deletions_held(&self) -> bool {
        *self.switches.deletions_held().borrow()
    }

    /// Has the driver leave the debts of former lives as they are until somebody calls [`Self::sweep`]: it
    /// neither deletes what they were to delete nor looks whether it is gone. What it opens and what it
    /// adopts it deletes as ever, and so it does what former lives have opened for requests whose ids begin
    /// with `requests`. For a process that holds the record to do one thing; to be called before the driver
    /// recovers.
    pub fn keep_to_own(&self, requests: Option<&'static str>) {
        self.switches.reach.keep_to_own(requests);
    }

    /// Opens no channels any more, for this reason, or does so again (`None`). Channels that are
    /// open stay, and deletions go on.
    pub fn hold_openings(&self, why: Option<String>) {
        self.switches.hold_openings(why);
    }

    /// Protects a channel from deletion, or does so no longer. It is not on record: whoever wants it to
    /// outlast the process says so again at its next start. What the settings protect stays protected.
    pub fn protect(&self, channel_id: Id<ChannelMarker>, is_protected: bool) {
        self.switches.protect(channel_id, is_protected);
    }

    /// Takes on channels that nothing proves ours and that an operator wants to be deleted: exactly
    /// those of the plan that he was shown and applied. Says which of them were left alone, and why.
    ///
    /// # Errors
    /// [`AdoptionError`] says why none was adopted.
    pub async fn adopt(&self, adoption: Adoption) -> Result<Vec<NotAdopted>, AdoptionError> {
        let (answer, answered) = oneshot::channel();
        let instruction = Instruction::Adopt(adoption, answer);
        let sent = self.instructions.send(instruction).await;
        sent.map_err(|_| AdoptionError::Closed)?;
        answered.await.map_err(|_| AdoptionError::Closed)?
    }

    /// Takes a debt off the books that only an operator can settle: what is parked stays as it is, what is in
    /// quarantine is not cared for any more unless evidence turns up. Says where it stands then.
    ///
    /// # Errors
    /// [`ForgetError`] says why it was not forgotten.
    pub async fn forget(&self, attempt: AttemptId) -> Result<Stage, ForgetError> {
        let (answer, answered) = oneshot::channel();
        let instruction = Instruction::Forget(attempt, answer);
        let sent = self.instructions.send(instruction).await;
        sent.map_err(|_| ForgetError::Closed)?;
        answered.await.map_err(|_| ForgetError::Closed)?
    }

    /// Compares the guild with the record now, and tries again what could not be deleted, whichever life has
    /// left it. Returns when the
    /// comparison is done, or the driver has ended; deletions go on.
    pub async fn sweep(&self) {
        let asked = Instant::now();
        if self.instructions.send(Instruction::Sweep).await.is_ok() {
            let mut swept = self.told.swept.clone();
            let is_later = |began: &Option<Instant>| began.is_some_and(|began| began >= asked);
            // An error says that the driver has ended.
            drop(swept.wait_for(is_later).await);
        }
    }

    /// What is wrong at the moment, with details for people.
    #[must_use]
    pub fn conditions(&self) -> Vec<(Condition, String)> {
        self.switches.conditions.all()
    }

    /// How often each check before a deletion has said no, by the check's name.
    #[must_use]
    pub fn refusals(&self) -> Vec<(&'static str, u64)> {
        self.switches.refusals.all()
    }

    /// What went wrong last with a channel that is to be deleted.
    #[must_use]
    pub fn trouble(&self, attempt: AttemptId) -> Option<String> {
        self.switches.trouble(attempt)
    }

    /// Whether the guild is so full (90 in 100 of its channels) that deletions should go before
    /// everything else, now and whenever it changes; closed when the driver has ended.
    #[must_use]
    pub fn is_nearly_full(&self) -> watch::Receiver<bool> {
        self.told.is_nearly_full.clone()
    }

    /// The guild's channels that no list shows us, because our bot may not view them, now and whenever
    /// they change; `None` until the guild has come, or a former process has told. Whoever leaves a gateway
    /// session to another process leaves them with it ([`Observed::Resumed`]).
    #[must_use]
    pub fn hidden(&self) -> watch::Receiver<Option<Hidden>> {
        self.told.hidden.clone()
    }

    /// How many channels stand where.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.told.counts.borrow().all
    }

    /// Waits until the driver has read the audit log and the guild's channels once, or has tried: what
    /// a lost record has forgotten is known then. Or until the driver has ended.
    pub async fn looked_around(&self) {
        // An error says that the driver has ended.
        drop(self.told.looks.clone().wait_for(|looks| *looks > 0).await);
    }

    /// Waits until no channel is being created, used or waiting for its deletion, or the driver has
    /// ended; of those that it works at ([`Self::keep_to_own`]). Proofs that channels are gone are not waited for: they may take a minute.
    pub async fn cleared(&self) {
        // An error says that the driver has ended.
        let reach = &self.switches.reach;
        let is_cleared = |tally: &Tally| reach.counts(tally).is_cleared();
        drop(self.told.counts.clone().wait_for(is_cleared).await);
    }

    /// Waits until nothing is being created, used or deleted, or the driver has ended; of what it works at
    /// ([`Self::keep_to_own`]). Debts that
    /// can only wait (unknown, parked) are not waited for; they are on record.
    pub async fn settled(&self) {
        // An error says that the driver has ended.
        let reach = &self.switches.reach;
        let is_settled = |tally: &Tally| reach.counts(tally).is_settled();
        drop(self.told.counts.clone().wait_for(is_settled).await);
    }
}

// === impl Lease ===

impl Lease {
    pub(crate) fn new(channel_id: Id<ChannelMarker>) -> (Self, oneshot::Receiver<Infallible>) {
        let (release, released) = oneshot::channel();
        (
            Self {
                channel_id,
                _release: release,
            },
            released,
        )
    }

    /// The channel.
    #[must_use]
    pub const fn channel_id(&self) -> Id<ChannelMarker> {
        self.channel_id
    }
}
