//! One shard.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::{
    Fatal, GatewayDirectory, Hub, Session, Settings, supervisor::Supervisor, turnstile::Turnstile,
};

/// The driver of one shard: holds the connection and feeds the [`Hub`]. For several of one bot, see
/// [`Cluster`](crate::Cluster).
#[derive(Debug)]
pub struct Gateway<D> {
    supervisor: Supervisor<D>,
}

// === impl Gateway ===

impl<D: GatewayDirectory> Gateway<D> {
    /// A hub to subscribe to, and the driver that feeds it once it [runs](Gateway::run).
    #[must_use]
    pub fn new(settings: Settings, directory: D) -> (Hub, Self) {
        let (hub, feed) = Hub::new();
        let (feed, directory) = (Arc::new(feed), Arc::new(directory));
        let supervisor = Supervisor::new(settings, directory, feed, Arc::new(Turnstile::default()));
        (hub, Self { supervisor })
    }

    /// Goes on with a session that another process has left, instead of beginning one: what has
    /// happened since is sent again, and no IDENTIFY is spent. If Discord no longer knows it, a new one
    /// begins.
    ///
    /// It sends what it was begun with: resume none that was begun with other intents, or as one of
    /// another number of shards. And it does not bring the guilds again; one that comes is a
    /// [lapse](crate::LapseReason::GuildReturned), since it may have been away.
    #[must_use]
    pub fn resuming(mut self, session: Session) -> Self {
        self.supervisor.take_over(session);
        self
    }

    /// Holds the connection until `stop` or until an operator has to act; every subscription ends
    /// with it. What is left for the next process then ([`Settings::leaves_session`]), and for
    /// [`Self::resuming`] there, is the session.
    ///
    /// Waits out everything else: refused connections, HTTP errors, DNS failures and outages only
    /// turn the state to [`State::Degraded`](crate::State::Degraded). Dropping this future drops the
    /// connection.
    ///
    /// # Errors
    ///
    /// [`Fatal`], which the state then shows, too.
    pub async fn run(mut self, stop: CancellationToken) -> Result<Option<Session>, Fatal> {
        let outcome = self.supervisor.run(&stop).await;
        self.supervisor.close(outcome.as_ref().err());
        outcome
    }
}
