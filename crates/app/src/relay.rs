//! The record of messages: how it is kept up to date.

mod report;
mod told;

use std::sync::Arc;

use cordboard_discord::{Backfill, Discord};
use cordboard_gateway::{Delivery, Hub, Subscription};
use cordboard_lifecycle::kp;
use cordboard_recovery::{
    self as recovery, Driver, EVENTS, InboxError, MessageLog as _, Observed, Recovery, Retention,
    SessionMark, Settings, Standing,
};
use cordboard_store::{SqliteInbox, Store};
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

pub(crate) use self::told::Told;
use crate::{
    Config, Failed, config,
    engines::Engines,
    limits::{CARE_ROUND_MAX, FEED_EVERY, FEED_ROUND_MAX, HOUSEKEEPING_EVERY},
    session::Inherited,
    watchdog::Pulse,
};

/// What keeps the record, before it runs.
pub(crate) struct Relay {
    inbox: SqliteInbox,
    recovery: Recovery,
    driver: Driver<Backfill, SqliteInbox>,
    kept: Kept,
    /// The session that the record is of, and how far it has seen it.
    session: Option<SessionMark>,
}

/// How much is kept.
#[derive(Clone, Copy, Debug)]
struct Kept {
    milliseconds: u64,
    bytes: u64,
}

// === impl Relay ===

impl Relay {
    /// Reads what a former life has left. `None` when nothing is to be recorded.
    pub(crate) async fn load(
        config: &Config,
        store: &Store,
        discord: &Discord,
    ) -> Result<Option<Self>, Failed> {
        let Some(relay) = &config.relay else {
            return Ok(None);
        };
        let settings = settings(config, relay);
        let inbox = store.inbox();
        let loaded = recovery::recovery(discord.backfill(), inbox.clone(), settings).await;
        let (recovery, driver, session) = loaded.map_err(failed)?;
        Ok(Some(Self {
            inbox,
            recovery,
            driver,
            kept: Kept {
                milliseconds: u64::try_from(relay.keep.as_millis()).unwrap_or(u64::MAX),
                bytes: relay.keep_bytes,
            },
            session,
        }))
    }

    /// The handle to what keeps the record.
    pub(crate) fn recovery(&self) -> Recovery {
        self.recovery.clone()
    }

    /// Keeps the record without a gateway: what is to be read of channels is read.
    pub(crate) fn read_only(self, engines: &mut Engines) {
        let driver = self.driver;
        engines.spawn("relay", |stop| driver.run(stop));
    }

    /// Goes on only with the session that the record is of, and from where both are: what the record
    /// has not seen of its own is sent again, and of another one it would be missing.
    pub(crate) fn agree(&self, inherited: Inherited) -> Option<Inherited> {
        let recorded = self.session.as_ref()?;
        inherited.limited_to(&recorded.id, recorded.sequence)
    }

    /// Begins to record what `hub` delivers, which must not have begun to.
    pub(crate) fn spawn(self, hub: &Hub, engines: &mut Engines) -> Told {
        let tap = hub.tap(EVENTS);
        let standing = self.recovery.standing();
        let (recovery, driver) = (self.recovery, self.driver);
        engines.spawn("relay", |stop| driver.run(stop));
        let (inbox, kept, seen) = (self.inbox.clone(), self.kept, standing);
        engines.spawn("relay records", |stop| forget(inbox, kept, seen, stop));
        let told = Told::new(self.inbox, recovery.clone());
        let hub = hub.clone();
        engines.spawn_rounds("relay feed", FEED_ROUND_MAX, |pulse| {
            feed(tap, hub, recovery, pulse)
        });
        engines.spawn_rounds("relay readers", CARE_ROUND_MAX, |pulse| {
            told.clone().watch_readers(pulse)
        });
        told
    }
}

fn settings(config: &Config, relay: &config::Relay) -> Settings {
    Settings {
        watch: relay.watch.clone(),
        start: relay.start,
        scrub: relay.verify,
        raw: relay.raw,
        ..Settings::new(config.discord.guild_id)
    }
}

/// Tells the driver what the gateway delivers, until one of them ends. A round is over when the driver has taken in what
/// it was told: one that does not any more is seen by the watchdog.
async fn feed(mut tap: Subscription, hub: Hub, recovery: Recovery, pulse: Arc<Pulse>) {
    let standing = recovery.standing();
    let (mut unheard, mut turns) = (None, 0);
    loop {
        let uptake = recovery.uptake();
        if uptake.waiting == 0 || uptake.turns != turns {
            pulse.round();
        }
        turns = uptake.turns;
        let Ok(delivery) = timeout(FEED_EVERY, tap.next()).await else {
            continue;
        };
        let Some(delivery) = delivery else { return };
        let observed = match delivery {
            Delivery::Dispatch(dispatch) => Observed::Event(recovery::Event {
                name: dispatch.name.clone(),
                sequence: dispatch.sequence,
                guild_id: dispatch.guild_id,
                channel_id: dispatch.channel_id,
                data: dispatch.data.clone(),
            }),
            Delivery::Lapse(_) => Observed::Lapsed,
            Delivery::Acknowledged(told) => {
                let found = standing.borrow().unheard;
                if let Some(found) = found.filter(|_| found != unheard) {
                    // The connection is to show that it tells anything, or a new session begins.
                    hub.expect(found.guild_id, Instant::now());
                }
                unheard = found;
                Observed::Acknowledged {
                    sent: told.sent,
                    away: told.away,
                }
            }
        };
        if recovery.observe(observed).await.is_err() {
            return;
        }
        kp!("app.relay.told");
    }
}

/// Drops what is kept no longer, now and then, a part at a time. What is old is old by Discord's clock,
/// as far as the record knows it.
async fn forget(
    inbox: SqliteInbox,
    kept: Kept,
    seen: watch::Receiver<Standing>,
    stop: CancellationToken,
) -> Result<(), InboxError> {
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = sleep(HOUSEKEEPING_EVERY) => {}
        }
        let now_ms = seen.borrow().watermark_ms;
        let retention = Retention {
            before_ms: now_ms.saturating_sub(kept.milliseconds),
            bytes_max: kept.bytes,
        };
        loop {
            let dropped = tokio::select! {
                () = stop.cancelled() => return Ok(()),
                dropped = inbox.prune(retention) => dropped?,
            };
            if dropped == 0 {
                break;
            }
            tracing::debug!(dropped, "recorded messages are kept no longer");
        }
    }
}

fn failed(error: InboxError) -> Failed {
    Failed::Store {
        source: error.into(),
    }
}
