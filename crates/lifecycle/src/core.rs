//! What the parts of the driver share.

use std::time::Duration;

use tokio::{
    sync::{Semaphore, watch},
    time::Instant,
};
use twilight_model::id::{Id, marker::ChannelMarker};

use crate::{
    AttemptId, Clock, Counts, Event, Evidence, Opening, Owned, Registry, RegistryError, Row,
    Settings, Stage, Step, Stepped,
    discord_time::{DiscordTime, created_ms},
    inbox::Inbox,
    limits::CREATES_MAX,
    mark::Marks,
    opening::Live,
    reaper::Debt,
    reconciler::Missing,
    special::Special,
};

/// What the parts of the driver share. Each change of a row goes through here, so that the record
/// and the counts say the same.
#[derive(Debug)]
pub(crate) struct Core<A, R, C> {
    pub(crate) api: A,
    pub(crate) registry: R,
    pub(crate) clock: C,
    pub(crate) marks: Marks,
    pub(crate) settings: Settings,
    pub(crate) time: DiscordTime,
    pub(crate) special: Special,
    pub(crate) counts: watch::Sender<Counts>,
    pub(crate) creates: Semaphore,
    /// To the opener: channels that were found for somebody who still waits.
    pub(crate) adopted: Inbox<Live>,
    /// To the reaper.
    pub(crate) condemned: Inbox<Debt>,
    /// To the reconciler.
    pub(crate) lost: Inbox<Missing>,
}

// === impl Core ===

impl<A, R: Registry, C: Clock> Core<A, R, C> {
    pub(crate) fn new(
        api: A,
        registry: R,
        clock: C,
        marks: Marks,
        settings: Settings,
        counts: watch::Sender<Counts>,
    ) -> Self {
        let time = DiscordTime::new();
        // Both are older than anything we will ever create.
        time.heard(settings.guild_id, clock.now_ms());
        time.heard(settings.bot_id, clock.now_ms());
        Self {
            api,
            registry,
            clock,
            marks,
            settings,
            time,
            special: Special::new(),
            counts,
            creates: Semaphore::new(CREATES_MAX),
            adopted: Inbox::new(),
            condemned: Inbox::new(),
            lost: Inbox::new(),
        }
    }

    /// Puts a fresh attempt on record. If we die after this, the next life asks the audit log what
    /// came of it; without it, a channel could exist that nobody looks for.
    pub(crate) async fn plan(&self, opening: &Opening) -> Result<Row, RegistryError> {
        let now_ms = self.clock.now_ms();
        let row = Row {
            attempt: AttemptId::fresh(),
            request_id: opening.request_id.clone(),
            guild_id: self.settings.guild_id,
            stage: Stage::Planned,
            not_before_ms: self.time.floor_ms(now_ms),
            deadline_at_ms: now_ms.saturating_add(milliseconds(opening.lifetime)),
            next_at_ms: now_ms,
            tries: 0,
        };
        if !self.registry.insert(row.clone()).await? {
            // 128 random bits do not repeat: without a row of its own nothing may be created.
            let source = "a fresh attempt is on record already".into();
            return Err(RegistryError::Failed { source });
        }
        self.counts
            .send_modify(|counts| counts.moved(None, row.stage));
        Ok(row)
    }

    /// Records what happened to a row, and that something is to be done about it after `wait`.
    pub(crate) async fn step(
        &self,
        attempt: AttemptId,
        event: Event,
        wait: Duration,
        tries: u32,
    ) -> Result<Stepped, RegistryError> {
        let next_at_ms = self.clock.now_ms().saturating_add(milliseconds(wait));
        let stepped = self
            .registry
            .step(Step {
                attempt,
                event,
                next_at_ms,
                tries,
            })
            .await?;
        if stepped.before != stepped.row.stage {
            self.counts
                .send_modify(|counts| counts.moved(Some(stepped.before), stepped.row.stage));
        }
        Ok(stepped)
    }

    /// Condemns a live channel. If we die before this is on record, the next life does it.
    pub(crate) async fn release(&self, row: &Row) -> Result<(), RegistryError> {
        let wait = self.settings.delete_after;
        let stepped = self.step(row.attempt, Event::Released, wait, 0).await?;
        self.condemned
            .put(Debt::new(stepped.row, Instant::now() + wait));
        Ok(())
    }

    /// Takes on a channel that is ours and that no row knows: the record was lost or is older than
    /// the channel, or one creation made two channels.
    pub(crate) async fn take_on(
        &self,
        attempt: AttemptId,
        owned: Owned,
    ) -> Result<(), RegistryError> {
        let row = Row {
            attempt,
            request_id: String::new(),
            guild_id: self.settings.guild_id,
            stage: Stage::Condemned(owned),
            not_before_ms: created_ms(owned.channel_id),
            deadline_at_ms: self.clock.now_ms(),
            next_at_ms: self.clock.now_ms(),
            tries: 0,
        };
        if self.registry.insert(row.clone()).await? {
            tracing::warn!(
                channel.id = %owned.channel_id,
                "found a channel of ours that was not on record; it will be deleted"
            );
            self.counts
                .send_modify(|counts| counts.moved(None, row.stage));
            self.condemned.put(Debt::new(row, Instant::now()));
        }
        Ok(())
    }

    /// Takes on a second channel that carries the mark of a row with another channel, under a
    /// fresh attempt: what is ours is deleted, and the first channel is left in peace.
    pub(crate) async fn take_on_second(
        &self,
        channel_id: Id<ChannelMarker>,
        evidence: Evidence,
    ) -> Result<(), RegistryError> {
        self.take_on(
            AttemptId::fresh(),
            Owned {
                channel_id,
                evidence,
            },
        )
        .await
    }
}

pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
