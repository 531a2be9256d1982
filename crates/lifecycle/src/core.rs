//! What the parts of the driver share.

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::{sync::Notify, time::Instant};
use twilight_model::id::{
    Id,
    marker::{AuditLogEntryMarker, ChannelMarker},
};

use crate::{
    AttemptId, Clock, Condition, Creation, Event, Evidence, Kind, Opening, Owned, Owner, Place,
    Registry, RegistryError, Row, Settings, Stage, Step, Stepped,
    brake::Brake,
    capacity::{Berth, Capacity},
    discord_time::{DiscordTime, created_ms},
    inbox::Inbox,
    index::Index,
    kp,
    limits::WAIT_MAX,
    mark::Marks,
    name::RefusedLabels,
    opening::Live,
    operator::Forgettable,
    reaper::Debt,
    reconciler::Missing,
    roll::Roll,
    sabotage::Sabotage,
    schedule,
    special::Special,
    switches::{Signals, Switches},
};

/// What the parts of the driver share. Each change of a row goes through here, so that the record,
/// the counts and the index of channels say the same.
#[derive(Debug)]
pub(crate) struct Core<A, R, C> {
    pub(crate) api: A,
    pub(crate) registry: R,
    pub(crate) clock: C,
    pub(crate) marks: Marks,
    pub(crate) settings: Settings,
    pub(crate) time: DiscordTime,
    pub(crate) special: Special,
    pub(crate) roll: Roll,
    pub(crate) refused_labels: RefusedLabels,
    pub(crate) brake: Brake,
    pub(crate) switches: Arc<Switches>,
    pub(crate) signals: Signals,
    pub(crate) capacity: Arc<Capacity>,
    /// Who we are, once the registry has told.
    pub(crate) owner: Mutex<Option<Owner>>,
    /// How far the audit log is done with.
    pub(crate) read_to: Mutex<Option<Id<AuditLogEntryMarker>>>,
    index: Mutex<Index>,
    /// To the opener: channels that were found for somebody who still waits.
    pub(crate) adopted: Inbox<Live>,
    /// To the reaper: channels to be deleted, and channels of which Discord said that they are gone.
    pub(crate) condemned: Inbox<Debt>,
    pub(crate) deleted: Inbox<Id<ChannelMarker>>,
    /// To the reaper: what failed may be worth another try; so it is, all of it; this channel's is.
    pub(crate) rearm: Notify,
    pub(crate) released: Notify,
    pub(crate) updated: Inbox<Id<ChannelMarker>>,
    /// To the reaper: parked channels that an operator wants nobody to care for any more.
    pub(crate) forgettable: Inbox<Forgettable>,
    /// To the reconciler: lost creations, creations that the gateway told of, and a wish that it look
    /// at the guild.
    pub(crate) lost: Inbox<Missing>,
    pub(crate) logged: Inbox<Creation>,
    pub(crate) scan_soon: Notify,
    pub(crate) sweep_soon: Notify,
    /// An operator wants the guild to be swept: what failed is tried again at once.
    pub(crate) sweep_ordered: Notify,
    /// To the reconciler: what Discord refused to show may be shown now.
    pub(crate) allowed: Notify,
    pub(crate) sabotage: Option<Sabotage>,
}

// === impl Core ===

impl<A, R, C> Core<A, R, C> {
    /// Whether a test has taken this safeguard away.
    pub(crate) fn lacks(&self, safeguard: Sabotage) -> bool {
        self.sabotage == Some(safeguard)
    }

    /// Whether this channel is somebody else's, by the settings or by an operator's word.
    pub(crate) fn protects(&self, channel_id: Id<ChannelMarker>) -> bool {
        self.settings.protects(channel_id) || self.switches.protects(channel_id)
    }

    /// Whether the channel of this row cannot be deleted as long as the settings and an operator's word
    /// hold, whatever Discord says.
    pub(crate) fn rules_out(&self, row: &Row) -> bool {
        let is_protected = row.stage.channel_id().is_some_and(|id| self.protects(id));
        row.guild_id != self.settings.guild_id || is_protected
    }

    /// The attempt, if the log says that our own bot created the channel with a mark of ours
    /// (evidence E2). Only our bot can write a reason under its name, and only we can make the mark.
    pub(crate) fn attempt_of(&self, creation: &Creation) -> Option<AttemptId> {
        let reason = creation.reason.as_deref()?;
        (creation.creator_id == self.settings.bot_id).then_some(())?;
        self.marks.recognise(reason)
    }

    /// The attempt whose open row has this channel.
    pub(crate) fn known(&self, channel_id: Id<ChannelMarker>) -> Option<AttemptId> {
        self.index.lock().channels.get(&channel_id).copied()
    }

    /// Whether the creation of this attempt is under way in this life, or its channel's name is being
    /// put on record: what comes of it will tell.
    pub(crate) fn is_in_flight(&self, attempt: AttemptId) -> bool {
        self.index.lock().in_flight.contains(&attempt)
    }

    /// Whether this channel is in quarantine.
    pub(crate) fn is_quarantined(&self, channel_id: Id<ChannelMarker>) -> bool {
        self.index.lock().quarantined.contains_key(&channel_id)
    }

    /// The channels in quarantine, and the attempts whose marks they carry.
    pub(crate) fn quarantined(&self) -> Vec<(Id<ChannelMarker>, AttemptId)> {
        let index = self.index.lock();
        index
            .quarantined
            .iter()
            .map(|(id, of)| (*id, *of))
            .collect()
    }

    /// The attempt whose channel this was, if it was proved gone in this life.
    pub(crate) fn buried(&self, channel_id: Id<ChannelMarker>) -> Option<AttemptId> {
        self.index.lock().buried.get(&channel_id).copied()
    }

    /// The channels of open rows.
    pub(crate) fn open_channels(&self) -> Vec<(Id<ChannelMarker>, AttemptId)> {
        let index = self.index.lock();
        index.channels.iter().map(|(id, of)| (*id, *of)).collect()
    }

    fn moved(&self, before: Option<Stage>, row: &Row)
    where
        C: Clock,
    {
        let open = self.index.lock().moved(before, row);
        self.brake.open(open, self.clock.now_ms());
        if row.guild_id == self.settings.guild_id {
            self.capacity.moved(before, row);
        }
        if !row.stage.is_open() {
            self.switches.settled(row.attempt);
        }
        let counts = &self.signals.counts;
        let is_own = self.switches.reach.includes(row.attempt);
        counts.send_modify(|tally| tally.moved(before, row.stage, is_own));
        let (counts, conditions) = (counts.borrow().all, &self.switches.conditions);
        for (condition, count, what) in [
            (
                Condition::Parked,
                counts.parked,
                "channels of ours cannot be deleted as things stand",
            ),
            (
                Condition::Quarantined,
                counts.quarantined,
                "channels carry our mark and nothing proves that they are ours",
            ),
        ] {
            if count == 0 {
                conditions.end(condition);
            } else {
                conditions.begin(condition, &format!("{count} {what}"));
            }
        }
    }
}

impl<A, R: Registry, C: Clock> Core<A, R, C> {
    pub(crate) fn new(
        api: A,
        registry: R,
        clock: C,
        marks: Marks,
        settings: Settings,
        (switches, signals): (Arc<Switches>, Signals),
    ) -> Self {
        let time = DiscordTime::new();
        // Both are older than anything we will ever create.
        time.heard(settings.guild_id);
        time.heard(settings.bot_id);
        Self {
            capacity: Capacity::new(&settings),
            api,
            registry,
            clock,
            marks,
            settings,
            time,
            special: Special::new(),
            roll: Roll::new(),
            refused_labels: RefusedLabels::default(),
            brake: Brake::new(),
            switches,
            signals,
            owner: Mutex::new(None),
            read_to: Mutex::new(None),
            index: Mutex::default(),
            adopted: Inbox::new(),
            condemned: Inbox::new(),
            deleted: Inbox::new(),
            rearm: Notify::new(),
            released: Notify::new(),
            updated: Inbox::new(),
            forgettable: Inbox::new(),
            lost: Inbox::new(),
            logged: Inbox::new(),
            scan_soon: Notify::new(),
            sweep_soon: Notify::new(),
            sweep_ordered: Notify::new(),
            allowed: Notify::new(),
            sabotage: None,
        }
    }

    /// Who we are. Before the registry has told, nobody whom it would let write.
    pub(crate) fn owner(&self) -> Owner {
        self.owner.lock().unwrap_or(Owner {
            instance: 0,
            epoch: 0,
        })
    }

    /// A row of a fresh attempt, at this stage from now on.
    pub(crate) fn fresh_row(&self, stage: Stage) -> Row {
        let now_ms = self.clock.now_ms();
        Row {
            attempt: AttemptId::fresh(),
            request_id: String::new(),
            guild_id: self.settings.guild_id,
            kind: Kind::Text,
            owner: self.owner(),
            stage,
            since_ms: now_ms,
            not_before_ms: self.time.floor_ms(),
            deadline_at_ms: now_ms,
            next_at_ms: now_ms,
            tries: 0,
            reason: None,
        }
    }

    /// The row of an attempt that is about to be made.
    pub(crate) fn planned(&self, opening: &Opening, berth: &Berth) -> Row {
        let row = self.fresh_row(Stage::Planned);
        let kind = match berth.place {
            Place::Guild | Place::Category(_) => Kind::Text,
            Place::Thread(_) => Kind::Thread,
        };
        Row {
            attempt: berth.attempt,
            request_id: opening.request_id.clone(),
            kind,
            deadline_at_ms: row.since_ms + milliseconds(opening.lifetime.min(WAIT_MAX)),
            ..row
        }
    }

    /// Puts a row on record that was not there. `false` when it, or its channel, is there already.
    pub(crate) async fn insert(&self, row: &Row) -> Result<bool, RegistryError> {
        let is_new = self.registry.insert(row.clone()).await?;
        if is_new {
            self.brake.inserted(row.since_ms);
            self.switches.reach.begin(row);
            self.moved(None, row);
        }
        Ok(is_new)
    }

    /// A row of a former life, which is ours now.
    pub(crate) fn inherited(&self, row: &Row) {
        self.switches.reach.inherit(row);
        self.moved(None, row);
    }

    /// Records what happened to a row, and that something is to be done about it after `wait`.
    pub(crate) async fn step(
        &self,
        attempt: AttemptId,
        event: Event,
        wait: Duration,
    ) -> Result<Stepped, RegistryError> {
        self.step_with(attempt, event, wait, 0, None).await
    }

    /// As [`Self::step`], with what was tried in vain and why.
    pub(crate) async fn step_with(
        &self,
        attempt: AttemptId,
        event: Event,
        wait: Duration,
        tries: u32,
        reason: Option<String>,
    ) -> Result<Stepped, RegistryError> {
        let at_ms = self.clock.now_ms();
        let step = Step {
            attempt,
            event,
            owner: self.owner(),
            at_ms,
            next_at_ms: at_ms.saturating_add(milliseconds(wait)),
            tries,
            reason,
        };
        let stepped = self.registry.step(step).await?;
        if stepped.before != stepped.row.stage {
            self.moved(Some(stepped.before), &stepped.row);
        }
        Ok(stepped)
    }

    /// Condemns a live channel, or lets it stand if that is what the settings say. If we die before
    /// this is on record, the next life does it.
    pub(crate) async fn release(&self, row: &Row) -> Result<(), RegistryError> {
        let Some(wait) = self.settings.delete_after else {
            let kept = self
                .step(row.attempt, Event::Spared, Duration::ZERO)
                .await?;
            tracing::info!(
                channel.id = kept.row.stage.channel_id().map(Id::get),
                "a channel is kept, as the settings say"
            );
            return Ok(());
        };
        let wait = wait.min(WAIT_MAX);
        let stepped = self.step(row.attempt, Event::Released, wait).await?;
        kp!("lifecycle.lease.condemned");
        self.condemned
            .put(Debt::new(stepped.row, schedule::after(wait)));
        Ok(())
    }

    /// Takes on a channel that is ours and that no row knows: the record was lost or is older than
    /// the channel, or one creation made two channels.
    pub(crate) async fn take_on(
        &self,
        attempt: AttemptId,
        kind: Kind,
        owned: Owned,
    ) -> Result<(), RegistryError> {
        let row = Row {
            attempt,
            kind,
            not_before_ms: created_ms(owned.channel_id),
            ..self.fresh_row(Stage::Condemned(owned))
        };
        if self.insert(&row).await? {
            tracing::warn!(
                channel.id = %owned.channel_id,
                "found a channel of ours that was not on record; it will be deleted"
            );
            self.condemned.put(Debt::new(row, Instant::now()));
        }
        Ok(())
    }

    /// Takes on a second channel that carries the mark of a row with another channel, under a
    /// fresh attempt: what is ours is deleted, and the first channel is left in peace.
    pub(crate) async fn take_on_second(
        &self,
        first: AttemptId,
        kind: Kind,
        channel_id: Id<ChannelMarker>,
        evidence: Evidence,
    ) -> Result<(), RegistryError> {
        let owned = Owned {
            channel_id,
            evidence,
        };
        let second = AttemptId::fresh();
        if self.switches.reach.includes(first) {
            self.switches.reach.add(second);
        }
        self.take_on(second, kind, owned).await
    }
}

pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
