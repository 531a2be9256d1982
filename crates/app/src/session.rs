//! The gateway's session, from one process to the next.

use std::{convert::Infallible, sync::Arc};

use cordboard_discord::{Discord, Identity};
use cordboard_gateway::{Gateway, Hub, Session};
use cordboard_lifecycle::{Channels, Observed};
use cordboard_store::{LeftSession, Store, StoreError};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use twilight_model::id::{Id, marker::ChannelMarker};

use crate::{
    Failed,
    error::Source,
    limits::{SESSION_KEEP_EVERY, SESSION_LEAVE_TIMEOUT},
    relay::Relay,
    settings,
};

/// What keeps the session of one shard on record: the next process loses no event and spends no
/// IDENTIFY.
#[derive(Clone, Debug)]
pub(crate) struct Keeper {
    store: Store,
    shard: u32,
    /// What the session is begun with, which is what it sends. With another configuration, or another
    /// bot, a new one has to begin.
    terms: String,
}

/// A session that a former process left, or held when it was killed.
#[derive(Debug)]
pub(crate) struct Inherited {
    session: Session,
    hidden: Arc<[Id<ChannelMarker>]>,
}

/// Goes on with what was inherited, if anything was, and tells what it does not tell again.
pub(crate) fn resume(
    inherited: Option<Inherited>,
    gateway: Gateway<Discord>,
    channels: &Channels,
) -> Gateway<Discord> {
    let Some(inherited) = inherited else {
        return gateway;
    };
    tracing::info!("going on with the gateway session of a former process");
    channels.observe(Observed::Resumed(inherited.hidden));
    gateway.resuming(inherited.session)
}

// === impl Keeper ===

impl Keeper {
    pub(crate) fn new(
        store: Store,
        bot: &Identity,
        settings: &cordboard_gateway::Settings,
    ) -> Self {
        let shard = settings.shard;
        let terms = format!(
            "bot {}, intents {}, shard {} of {}",
            bot.user_id,
            settings.intents.bits(),
            shard.number(),
            shard.total()
        );
        Self {
            store,
            shard: shard.number(),
            terms,
        }
    }

    /// The session to go on with, if there is one that suits the relay as well.
    pub(crate) async fn inherit(&self, relay: Option<&Relay>) -> Result<Option<Inherited>, Failed> {
        let taken = self.store.take_session(self.shard, &self.terms).await;
        let inherited = taken
            .map_err(settings::store_failed)?
            .map(|left| Inherited {
                session: Session {
                    id: left.id,
                    sequence: left.sequence,
                    resume_url: left.resume_url,
                },
                hidden: left.hidden.into(),
            });
        Ok(match relay {
            Some(relay) => inherited.and_then(|inherited| relay.agree(inherited)),
            None => inherited,
        })
    }

    /// Runs the gateway, keeps its session on record, and leaves it to the next process.
    pub(crate) async fn run(
        self,
        gateway: Gateway<Discord>,
        hub: Hub,
        mut hidden: watch::Receiver<Option<Arc<[Id<ChannelMarker>]>>>,
        stop: CancellationToken,
    ) -> Result<(), Source> {
        let left = tokio::select! {
            biased;
            left = gateway.run(stop) => left?,
            failed = self.keep(&hub, &mut hidden) => {
                let Err(failed) = failed;
                return Err(failed.into());
            }
        };
        let hidden = hidden.borrow().clone();
        let leaving = timeout(SESSION_LEAVE_TIMEOUT, self.write(left, hidden));
        if let Ok(written) = leaving.await {
            written?;
        } else {
            tracing::warn!("the gateway session is not left: the store does not answer");
        }
        Ok(())
    }

    /// Writes the session down whenever it is another one, or has come further. What is on record is
    /// always a little old, which only makes Discord send more of it again: as it stood a round ago,
    /// when whoever listened has dealt with what it had brought.
    async fn keep(
        &self,
        hub: &Hub,
        hidden: &mut watch::Receiver<Option<Arc<[Id<ChannelMarker>]>>>,
    ) -> Result<Infallible, StoreError> {
        let mut state = hub.state();
        let mut former = hub.session();
        // What was taken over is on record, and counts as left again only when it has come further.
        let mut written = former.clone();
        loop {
            let session = hub.session();
            let is_known = hidden.borrow_and_update().is_some();
            let id = session.as_ref().map(|session| session.id.clone());
            let is_the_same =
                id.is_some() && former.as_ref().map(|former| &former.id) == id.as_ref();
            let dealt_with = if is_the_same { former } else { session.clone() };
            if dealt_with != written && is_known {
                let hidden = hidden.borrow().clone();
                self.write(dealt_with.clone(), hidden).await?;
                written = dealt_with;
            }
            former = session;
            tokio::select! {
                () = sleep(SESSION_KEEP_EVERY) => {}
                // Sessions begin and end when the state changes.
                Ok(_) = state.wait_for(|_| hub.session().map(|session| session.id) != id) => {}
                Ok(_) = hidden.wait_for(Option::is_some), if !is_known => {}
            }
        }
    }

    /// A session whose guild has not come is not left: what only its beginning tells is not known.
    async fn write(
        &self,
        session: Option<Session>,
        hidden: Option<Arc<[Id<ChannelMarker>]>>,
    ) -> Result<(), StoreError> {
        let (Some(session), Some(hidden)) = (session, hidden) else {
            return self.store.forget_session(self.shard).await;
        };
        let left = LeftSession {
            id: session.id,
            sequence: session.sequence,
            resume_url: session.resume_url,
            hidden: hidden.to_vec(),
        };
        self.store
            .leave_session(self.shard, &self.terms, left)
            .await
    }
}

// === impl Inherited ===

impl Inherited {
    /// No more of it than `sequence`, if it is the session `id` at all.
    pub(crate) fn limited_to(mut self, id: &str, sequence: u64) -> Option<Self> {
        self.session.sequence = self.session.sequence.min(sequence);
        (self.session.id == id).then_some(self)
    }
}
