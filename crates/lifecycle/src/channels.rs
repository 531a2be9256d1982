//! The handle: how everybody else gets a channel, and lets go of it.

use std::{convert::Infallible, time::Duration};

use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{Instant, timeout_at},
};
use twilight_model::id::{Id, marker::ChannelMarker};

use crate::{Counts, OpenError};

/// What somebody needs a channel for.
#[derive(Clone, Debug)]
pub struct Opening {
    /// The request it serves; goes into the registry, for people who search.
    pub request_id: String,
    /// Goes into the channel's name as far as it consists of letters and digits.
    pub label: String,
    /// When the channel must be there.
    pub deadline: Instant,
    /// How long it may be used: after this it is condemned, whoever holds the lease.
    pub lifetime: Duration,
}

/// Opens channels; a handle to the [`crate::Driver`] that is cheap to clone.
#[derive(Clone, Debug)]
pub struct Channels {
    commands: mpsc::Sender<Command>,
    counts: watch::Receiver<Counts>,
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
        counts: watch::Receiver<Counts>,
    ) -> Self {
        Self { commands, counts }
    }

    /// Creates a channel and returns the right to use it.
    ///
    /// May be dropped at any time: what is under way goes on in the driver, and a channel that
    /// comes of it is deleted.
    ///
    /// # Errors
    /// [`OpenError`] says what may be done. Whatever was begun is cleaned up.
    pub async fn open(&self, opening: Opening) -> Result<Lease, OpenError> {
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

    /// How many channels stand where.
    #[must_use]
    pub fn counts(&self) -> Counts {
        *self.counts.borrow()
    }

    /// Waits until nothing is being created, used or deleted, or the driver has ended. Debts that
    /// can only wait (unknown, parked) are not waited for; they are on record.
    pub async fn settled(&self) {
        // An error says that the driver has ended.
        drop(self.counts.clone().wait_for(Counts::is_settled).await);
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
