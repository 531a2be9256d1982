//! All shards of one bot.

use std::sync::Arc;

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio_util::sync::CancellationToken;

use crate::{
    Fatal, GatewayDirectory, Hub, Session, Settings, ShardId, supervisor::Supervisor,
    turnstile::Turnstile,
};

/// The driver of several shards of one bot: each has its own connection and session, and all feed one
/// [`Hub`].
///
/// How many there should be is what the directory recommends ([`Endpoint::shards`]); a bot in less
/// than 2500 guilds needs one, and a [`Gateway`](crate::Gateway) will do.
///
/// - They take turns to IDENTIFY, as many at once as Discord allows ([`Endpoint::max_concurrency`]).
/// - The hub is ready when all of them are, and shows the one that is worst off until then.
/// - A lapse of one is told to everybody, although it concerns the guilds of that shard alone.
/// - A heartbeat vouches for all of them or for none: a tap is told how far the slowest has come.
///
/// [`Endpoint::shards`]: crate::Endpoint::shards
/// [`Endpoint::max_concurrency`]: crate::Endpoint::max_concurrency
#[derive(Debug)]
pub struct Cluster<D> {
    supervisors: Vec<Supervisor<D>>,
}

// === impl Cluster ===

impl<D: GatewayDirectory> Cluster<D> {
    /// A hub to subscribe to, and the driver of `shards` that feeds it once it [runs](Self::run).
    /// [`Settings::shard`] is not looked at.
    #[must_use]
    pub fn new(
        settings: &Settings,
        shards: impl IntoIterator<Item = ShardId>,
        directory: D,
    ) -> (Hub, Self) {
        let (hub, feed) = Hub::new();
        let (feed, directory) = (Arc::new(feed), Arc::new(directory));
        let turnstile = Arc::new(Turnstile::default());
        let supervisors = shards.into_iter().map(|shard| {
            let settings = Settings {
                shard,
                ..settings.clone()
            };
            let (feed, directory) = (Arc::clone(&feed), Arc::clone(&directory));
            Supervisor::new(settings, directory, feed, Arc::clone(&turnstile))
        });
        let supervisors = supervisors.collect();
        (hub, Self { supervisors })
    }

    /// Lets the shard of this number go on with a session that another process has left.
    #[must_use]
    pub fn resuming(mut self, shard: u32, session: Session) -> Self {
        let mut supervisors = self.supervisors.iter_mut();
        if let Some(supervisor) = supervisors.find(|each| each.shard() == shard) {
            supervisor.take_over(session);
        }
        self
    }

    /// Holds all connections, as [`Gateway::run`](crate::Gateway::run) does one. What is left for the
    /// next process is the sessions, each with its shard's number.
    ///
    /// # Errors
    ///
    /// [`Fatal`], when one of them gave up: it ends the others. They have one token, and half of a
    /// bot's guilds is not what anybody asked for.
    pub async fn run(mut self, stop: CancellationToken) -> Result<Vec<(u32, Session)>, Fatal> {
        let stop = stop.child_token();
        let runs = self.supervisors.iter_mut().map(|supervisor| {
            let stop = &stop;
            async move { (supervisor.shard(), supervisor.run(stop).await) }
        });
        let mut runs: FuturesUnordered<_> = runs.collect();
        let mut left = Vec::new();
        let mut fatal = None;
        while let Some((shard, outcome)) = runs.next().await {
            match outcome {
                Ok(session) => left.extend(session.map(|session| (shard, session))),
                Err(error) => {
                    fatal.get_or_insert(error);
                    stop.cancel();
                }
            }
        }
        drop(runs);
        if let Some(first) = self.supervisors.first() {
            first.close(fatal.as_ref());
        }
        fatal.map_or(Ok(left), Err)
    }
}
