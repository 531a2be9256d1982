//! The driver: whatever the lifecycle does, it does in here.

use std::{
    convert::Infallible,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    ChannelApi, Channels, Clock, Entry, Event, GuildApi, LifecycleError, MarkKey, Observed,
    Registry, RegistryError, Row, Settings, Stage,
    channels::Command,
    clock_watch,
    core::Core,
    kp,
    limits::{
        COMMANDS_MAX, INSTRUCTIONS_MAX, OBSERVED_MAX, REARM_PROBES, RECOVER_AT_ONCE, RECOVER_PAGE,
    },
    mark::Marks,
    observer, opener,
    operator::{self, Instruction},
    reaper::{self, Debt},
    reconciler::{self, Missing},
    sabotage::Sabotage,
    schedule::{self, parked_wait},
    switches::{Signals, Switches},
};

/// A handle to open channels with, and the driver that does the work.
///
/// `key` should stay the same from start to start: without it, channels of a lost registry cannot
/// be told from other people's.
pub fn lifecycle<A: ChannelApi + GuildApi, R: Registry, C: Clock>(
    api: A,
    registry: R,
    key: MarkKey,
    clock: C,
    settings: Settings,
) -> (Channels, Driver<A, R, C>) {
    let (commander, commands) = mpsc::channel(COMMANDS_MAX);
    let (witness, observed) = mpsc::channel(OBSERVED_MAX);
    let (operator, instructions) = mpsc::channel(INSTRUCTIONS_MAX);
    let (signals, told) = Signals::new();
    let switches = Arc::new(Switches::new());
    let marks = Marks::new(key, &settings.namespace, settings.guild_id);
    let shared = (Arc::clone(&switches), signals);
    let core = Core::new(api, registry, clock, marks, settings, shared);
    (
        Channels::new(commander, witness, operator, told, switches),
        Driver {
            core,
            commands,
            observed,
            instructions,
            recovery: Recovery::Due,
        },
    )
}

/// Creates channels, keeps them, deletes them. It is one future and starts no task of its own, so
/// that a caller who gives up on [`Channels::open`] loses nothing that is under way.
pub struct Driver<A, R, C> {
    core: Core<A, R, C>,
    commands: mpsc::Receiver<Command>,
    observed: mpsc::Receiver<Observed>,
    instructions: mpsc::Receiver<Instruction>,
    recovery: Recovery,
}

/// How far the takeover of what a former life left has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Recovery {
    Due,
    Begun,
    Done,
}

/// What a former life left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Channels that will be deleted.
    pub condemned: u64,
    /// Creations of which the audit log has to say what came of them.
    pub unknown: u64,
    /// Channels that could not be deleted. A few will be tried again now, and if one of them goes, all.
    pub parked: u64,
    /// Creations of which nothing was ever heard again.
    pub abandoned: u64,
    /// Channels that carry our mark without proof.
    pub quarantined: u64,
}

// === impl Driver ===

impl<A: ChannelApi + GuildApi, R: Registry, C: Clock> Driver<A, R, C> {
    /// Takes a safeguard away, to see that a test notices.
    #[cfg(feature = "sabotage")]
    pub fn sabotage(&mut self, safeguard: Sabotage) {
        self.core.sabotage = Some(safeguard);
        self.core.marks.sabotage = Some(safeguard);
    }

    /// Takes over what a former life left: nobody holds its channels any more, and what it was
    /// creating may or may not exist. The work itself is done by [`Self::run`], which calls this
    /// first if nobody has.
    ///
    /// # Errors
    /// When the registry fails, or when this was begun before and came to no end: by a failure, or
    /// because the call was dropped. What was taken over by then is known in part only; another
    /// driver over the same registry starts afresh.
    pub async fn recover(&mut self) -> Result<Recovered, LifecycleError> {
        match self.recovery {
            Recovery::Due => self.recovery = Recovery::Begun,
            Recovery::Begun => return Err(LifecycleError::HalfRecovered),
            Recovery::Done => return Ok(Recovered::default()),
        }
        let recovered = self.take_over_all().await?;
        self.recovery = Recovery::Done;
        Ok(recovered)
    }

    async fn take_over_all(&self) -> Result<Recovered, RegistryError> {
        let mut recovered = Recovered::default();
        let core = &self.core;
        let now_ms = core.clock.now_ms();
        let entry = Entry {
            instance: fastrand::u64(..),
            guild_id: core.settings.guild_id,
            at_ms: now_ms,
        };
        let entered = core.registry.enter(entry).await?;
        kp!("lifecycle.recover.entered");
        *core.owner.lock() = Some(entered.owner);
        let horizon = entered.horizon;
        *core.read_to.lock() = horizon.read_to;
        core.brake.enter(&horizon, now_ms);
        horizon.youngest.inspect(|id| core.time.heard(*id));
        horizon.read_to.inspect(|id| core.time.heard(*id));
        let mut last = None;
        let probes = AtomicUsize::new(REARM_PROBES);
        loop {
            let rows = core.registry.open(last, RECOVER_PAGE).await?;
            kp!("lifecycle.recover.read");
            let Some(row) = rows.last() else { break };
            last = Some(row.attempt);
            let mut stages = stream::iter(rows)
                .map(|row| take_over(core, row, &probes))
                .buffer_unordered(RECOVER_AT_ONCE);
            while let Some(stage) = stages.try_next().await? {
                kp!("lifecycle.recover.taken_over");
                recovered.count(stage);
            }
        }
        Ok(recovered)
    }

    /// Does the work until `stop`, and then ends at once: what is under way is on record, and the
    /// next life goes on with it. To end with less left over, drop all leases and wait for
    /// [`Channels::settled`] before.
    ///
    /// # Errors
    /// When the registry fails. The process should end then, because nothing more can be promised.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), LifecycleError> {
        self.recover().await?;
        let Self {
            core,
            mut commands,
            mut observed,
            mut instructions,
            ..
        } = self;
        let ended: Result<Infallible, RegistryError> = tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            ended = opener::run(&core, &mut commands) => ended,
            ended = reaper::run(&core) => ended,
            ended = reconciler::run(&core) => ended,
            ended = observer::run(&core, &mut observed) => ended,
            ended = operator::run(&core, &mut instructions) => ended,
            never = clock_watch::run(&core.clock, &core.switches.conditions) => match never {},
        };
        match ended {
            Ok(never) => match never {},
            Err(error) => Err(error.into()),
        }
    }
}

/// Takes over one row of a former life, and says where it stands now. So many parked ones are tried
/// at once as there are `probes`.
async fn take_over<A, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    row: Row,
    probes: &AtomicUsize,
) -> Result<Stage, RegistryError> {
    if core.lacks(Sabotage::NoTakeover) {
        return Ok(row.stage);
    }
    core.inherited(&row);
    core.time.heard_ms(row.not_before_ms);
    let (attempt, stage) = (row.attempt, row.stage);
    let claim = async |event| core.step(attempt, event, Duration::ZERO).await;
    match stage {
        _ if row.guild_id != core.settings.guild_id && stage.owned().is_none() => {
            tracing::warn!(
                %attempt,
                guild.id = %row.guild_id,
                "a creation in another guild has an unknown outcome; start once with that guild configured"
            );
            if stage == Stage::Planned {
                // It is not under way, and nobody is to wait for it.
                return Ok(claim(Event::Lost).await?.row.stage);
            }
        }
        Stage::Planned => {
            let lost = claim(Event::Lost).await?.row;
            let stage = lost.stage;
            core.lost.put(Missing::left_over(lost));
            return Ok(stage);
        }
        Stage::Unknown => {
            let row = claim(Event::Claimed).await?.row;
            core.lost.put(Missing::left_over(row));
        }
        Stage::Live(owned) => {
            core.release(&row).await?;
            return Ok(match core.settings.delete_after {
                Some(_) => Stage::Condemned(owned),
                None => Stage::Kept(owned),
            });
        }
        Stage::Condemned(_) => {
            // The rest of the wait that began in the former life, whatever the clocks say.
            let left = row.next_at_ms.saturating_sub(core.clock.now_ms());
            let longest = core.settings.delete_after.unwrap_or_default();
            let left = Duration::from_millis(left).min(longest);
            let row = claim(Event::Claimed).await?.row;
            core.condemned.put(Debt::new(row, schedule::after(left)));
        }
        Stage::Verifying(_) => {
            let row = claim(Event::Claimed).await?.row;
            core.condemned.put(Debt::deleted(row));
        }
        Stage::Parked(_) => {
            // A new start may be the operator's repair: a few find out. The rest has its time, whatever
            // the clocks say.
            let take = |left: usize| left.checked_sub(1);
            let is_probe = !core.rules_out(&row)
                && probes
                    .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
                    .is_ok();
            let left = row.next_at_ms.saturating_sub(core.clock.now_ms());
            let left = Duration::from_millis(left).min(parked_wait(u32::MAX));
            let left = if is_probe { Duration::ZERO } else { left };
            let row = claim(Event::Claimed).await?.row;
            core.condemned.put(Debt::parked(row, schedule::after(left)));
        }
        // Every scan and every sweep matches these anyway.
        Stage::Abandoned
        | Stage::Quarantined(_)
        | Stage::Disowned(_)
        | Stage::NotCreated
        | Stage::Kept(_)
        | Stage::Gone(_) => {}
    }
    Ok(stage)
}

impl<A, R, C> fmt::Debug for Driver<A, R, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver")
            .field("settings", &self.core.settings)
            .finish_non_exhaustive()
    }
}

// === impl Recovered ===

impl Recovered {
    /// Whether nothing was left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn count(&mut self, stage: Stage) {
        match stage {
            Stage::Condemned(_) | Stage::Verifying(_) | Stage::Live(_) => self.condemned += 1,
            Stage::Planned | Stage::Unknown => self.unknown += 1,
            Stage::Parked(_) => self.parked += 1,
            Stage::Abandoned => self.abandoned += 1,
            Stage::Quarantined(_) => self.quarantined += 1,
            Stage::NotCreated | Stage::Disowned(_) | Stage::Kept(_) | Stage::Gone(_) => {}
        }
    }
}
