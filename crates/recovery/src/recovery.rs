//! A handle to the watch over messages.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::{
    mpsc::{self, error::TrySendError},
    oneshot, watch,
};
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker},
};

use crate::{
    ChannelDirectory, Driver, History, Inbox, InboxError, MessageLog, Observed, SessionMark,
    Settings, Standing, Tail, driver::Told, limits::OBSERVED_MAX,
};

/// Tells the driver what the gateway delivers, and everybody how far it is. Clones are handles to the
/// same driver.
#[derive(Clone, Debug)]
pub struct Recovery {
    teller: mpsc::Sender<Told>,
    standing: watch::Receiver<Standing>,
    turns: Arc<AtomicU64>,
}

/// How a driver gets on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uptake {
    /// How much of what it was told it has not taken in.
    pub waiting: usize,
    /// How often it has taken something in.
    pub turns: u64,
}

/// The driver has ended: nothing is recorded any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nothing is recorded any more")]
pub struct Ended;

/// A handle, the driver that does the work once it [runs](Driver::run), and the gateway session to go
/// on with: what Discord sends again then need not be read.
///
/// # Errors
/// When the record cannot be read.
pub async fn recovery<D: History + ChannelDirectory, I: Inbox>(
    discord: D,
    inbox: I,
    settings: Settings,
) -> Result<(Recovery, Driver<D, I>, Option<SessionMark>), InboxError> {
    let (teller, told) = mpsc::channel(OBSERVED_MAX);
    let (sender, standing) = watch::channel(Standing::default());
    let (driver, session) = Driver::load(discord, inbox, settings, told, sender).await?;
    let recovery = Recovery {
        teller,
        standing,
        turns: driver.turns(),
    };
    Ok((recovery, driver, session))
}

// === impl Recovery ===

impl Recovery {
    /// Tells what the gateway has delivered. Waits while the record does: what feeds this needs a
    /// bounded queue of its own, and says [`Observed::Lapsed`] when that overflows.
    ///
    /// # Errors
    /// [`Ended`].
    pub async fn observe(&self, observed: Observed) -> Result<(), Ended> {
        let told = self.teller.send(Told::Observed(observed)).await;
        told.map_err(|_| Ended)
    }

    /// Whether the driver gets on with what it is told. One that works does, however long the record takes.
    #[must_use]
    pub fn uptake(&self) -> Uptake {
        Uptake {
            waiting: self.teller.max_capacity() - self.teller.capacity(),
            turns: self.turns.load(Ordering::Relaxed),
        }
    }

    /// Somebody waits for what is missing of this channel: it is read before others, until nothing is. Only
    /// so many channels are at the same time, and a driver that has too much to do is not told: say it
    /// again while somebody waits. It costs nothing while nothing is missing.
    ///
    /// # Errors
    /// [`Ended`].
    pub fn prefer(&self, channel_id: Id<ChannelMarker>) -> Result<(), Ended> {
        let standing = *self.standing.borrow();
        if standing.is_covered && standing.catching_up == 0 {
            return Ok(());
        }
        match self.teller.try_send(Told::Preferred(channel_id)) {
            Ok(()) | Err(TrySendError::Full(_)) => Ok(()),
            Err(TrySendError::Closed(_)) => Err(Ended),
        }
    }

    /// Has channels read again from a message on, or, without one, from their beginning: what is not on record
    /// of them is told as new, and what is, is compared. Returns once that is on record. When some of them are
    /// not watched, it returns those, and none is read again.
    ///
    /// With `until`, reading ends with the page on which that message is or would be; but it goes on to the
    /// present when something else is missing of a channel, or comes to be before it is read, such as by
    /// a lapse or a restart: the end is on no record.
    ///
    /// # Errors
    /// [`Ended`].
    pub async fn reread(
        &self,
        channel_ids: BTreeSet<Id<ChannelMarker>>,
        after: Option<Id<MessageMarker>>,
        until: Option<Id<MessageMarker>>,
    ) -> Result<Vec<Id<ChannelMarker>>, Ended> {
        let (answer, answered) = oneshot::channel();
        let told = Told::Reread(channel_ids, (after, until), answer);
        self.teller.send(told).await.map_err(|_| Ended)?;
        answered.await.map_err(|_| Ended)
    }

    /// What is on record behind a sequence, and then what comes, in these channels or, with none, in
    /// all; of what the drivers of other shards record as well. It ends after this driver has. A named
    /// reader begins at its [acknowledged](crate::Consumer::acknowledged) position.
    pub fn tail<L: MessageLog>(
        &self,
        log: L,
        after: u64,
        channels: Vec<Id<ChannelMarker>>,
    ) -> Tail<L> {
        Tail::new(log, self.standing(), after, channels)
    }

    /// How it stands, now and whenever that changes.
    #[must_use]
    pub fn standing(&self) -> watch::Receiver<Standing> {
        self.standing.clone()
    }
}
