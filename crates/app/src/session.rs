//! The gateway's session, from one process to the next.

use std::{convert::Infallible, sync::Arc};

use cordboard_discord::{Discord, Identity};
use cordboard_gateway::{Gateway, Hub, Session};
use cordboard_lifecycle::{Channels, Hidden, Observed, Shown};
use cordboard_store::{HiddenChannel, LeftSession, Store, StoreError};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use twilight_model::id::{Id, marker::GuildMarker};

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
    /// What the session is begun with, which is what it sends, and the guild whose beginning it told.
    /// With another bot, or another configuration, a new one has to begin.
    terms: String,
}

/// A session that a former process left, or held when it was killed.
#[derive(Debug)]
pub(crate) struct Inherited {
    session: Session,
    hidden: Arc<[Shown]>,
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

fn shown(hidden: HiddenChannel) -> Shown {
    Shown {
        channel_id: hidden.id,
        parent_id: hidden.parent_id,
        topic: None,
        is_hidden: true,
    }
}

fn hidden(shown: &Shown) -> HiddenChannel {
    HiddenChannel {
        id: shown.channel_id,
        parent_id: shown.parent_id,
    }
}

/// Whether what a process leaves is to be written down. Not a session that has come no further than it
/// was taken over, nor any when something has failed: to write it is to say that nothing it replays
/// fails, and the store gives a session that is not left again a few times only.
fn is_news(left: Option<&Session>, taken: Option<&Session>, is_failing: bool) -> bool {
    left.is_none() || (left != taken && !is_failing)
}

// === impl Keeper ===

impl Keeper {
    pub(crate) fn new(
        store: Store,
        bot: &Identity,
        guild_id: Id<GuildMarker>,
        settings: &cordboard_gateway::Settings,
    ) -> Self {
        let shard = settings.shard;
        let terms = format!(
            "bot {}, guild {guild_id}, intents {}, shard {} of {}",
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
                hidden: left.hidden.into_iter().map(shown).collect(),
            });
        Ok(match relay {
            Some(relay) => inherited.and_then(|inherited| relay.agree(inherited)),
            None => inherited,
        })
    }

    /// Runs the gateway, keeps its session on record, and leaves it to the next process, unless that goes
    /// on with what is on record anyway.
    pub(crate) async fn run(
        self,
        gateway: Gateway<Discord>,
        (hub, mut hidden): (Hub, watch::Receiver<Option<Hidden>>),
        stop: CancellationToken,
        failing: CancellationToken,
    ) -> Result<(), Source> {
        let taken = hub.session();
        let mut kept = taken.clone();
        let left = tokio::select! {
            biased;
            left = gateway.run(stop) => left?,
            failed = self.keep(&hub, &mut hidden, &mut kept) => {
                let Err(failed) = failed;
                return Err(failed.into());
            }
        };
        // Whoever listened may not have dealt with the last of it, or with its beginning.
        let left = left.and_then(|left| kept.filter(|kept| kept.id == left.id));
        if !is_news(left.as_ref(), taken.as_ref(), failing.is_cancelled()) {
            return Ok(());
        }
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
    ///
    /// `kept` is what is on record: what was taken over is, and counts as left again only when it has come
    /// further.
    async fn keep(
        &self,
        hub: &Hub,
        hidden: &mut watch::Receiver<Option<Hidden>>,
        kept: &mut Option<Session>,
    ) -> Result<Infallible, StoreError> {
        let mut status = hub.status();
        let id_of = |session: &Option<Session>| session.as_ref().map(|session| session.id.clone());
        // The session whose beginning has been dealt with, as the guild came, or a round later.
        let mut settled = id_of(kept);
        let (mut former, mut arrivals, mut is_round) = (kept.clone(), 0, false);
        loop {
            let session = hub.session();
            let id = id_of(&session);
            let is_the_same = id_of(&former) == id;
            let told = hidden.borrow_and_update().clone();
            let arrived = told.as_ref().map_or(0, |told| told.arrivals);
            if arrived > arrivals || (is_the_same && is_round) {
                settled.clone_from(&id);
            }
            let dealt_with = match &session {
                Some(_) if settled != id => kept.clone(),
                Some(_) if is_the_same => former,
                session => (*session).clone(),
            };
            if dealt_with != *kept && told.is_some() {
                // If this is stopped before it is written, it is left all the same.
                kept.clone_from(&dealt_with);
                self.write(dealt_with, told).await?;
            }
            (former, arrivals) = (session, arrived);
            is_round = tokio::select! {
                () = sleep(SESSION_KEEP_EVERY) => true,
                // Sessions begin and end when the state changes.
                Ok(_) = status.wait_for(|_| id_of(&hub.session()) != id) => false,
                Ok(()) = hidden.changed(), if settled != id => false,
            };
        }
    }

    /// A session of which nobody has told what is hidden stays on record as it was left to us.
    async fn write(
        &self,
        session: Option<Session>,
        hidden: Option<Hidden>,
    ) -> Result<(), StoreError> {
        let Some(session) = session else {
            return self.store.forget_session(self.shard).await;
        };
        let Some(hidden) = hidden else {
            return Ok(());
        };
        let left = LeftSession {
            id: session.id,
            sequence: session.sequence,
            resume_url: session.resume_url,
            hidden: hidden.channels.iter().map(self::hidden).collect(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_left_anew_only_where_it_has_come_further_and_nothing_has_failed() {
        let at = |sequence| Session {
            id: "a".to_owned(),
            sequence,
            resume_url: None,
        };
        let (taken, further) = (at(5), at(6));
        for (left, taken, is_failing, expected) in [
            (Some(&further), Some(&taken), false, true),
            (Some(&further), None, false, true),
            (Some(&taken), Some(&taken), false, false),
            (Some(&further), Some(&taken), true, false),
            // Discord knows it no longer.
            (None, Some(&taken), false, true),
            (None, Some(&taken), true, true),
        ] {
            let told = is_news(left, taken, is_failing);
            assert_eq!(told, expected, "{left:?} {taken:?} {is_failing}");
        }
    }
}
