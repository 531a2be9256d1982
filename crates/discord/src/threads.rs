//! Threads that conversations can have instead of channels.

use std::time::Duration;

use cordboard_lifecycle::Failure;
use serde::Deserialize;
use tokio::time::Instant;
use twilight_http::request::AuditLogReason;
use twilight_model::{
    channel::{ChannelType, thread::AutoArchiveDuration},
    id::{Id, marker::ChannelMarker},
};

use crate::{
    Discord,
    call::Call,
    limiter::{Resource, Share},
    send::json,
    verdict::Failed,
};

/// A thread to be, without a message to start from
/// (resources/channel#start-thread-without-message).
#[derive(Clone, Copy, Debug)]
pub struct NewThread<'a> {
    /// The text channel it is in.
    pub parent_id: Id<ChannelMarker>,
    /// Its name, of 1 to 100 characters. A thread has no topic.
    pub name: &'a str,
    /// How long it stays active without a message.
    pub auto_archive: AutoArchiveDuration,
    /// For the audit log, where it is the only place for a mark.
    pub reason: &'a str,
    /// When the answer is no longer waited for.
    pub timeout: Duration,
}

impl Discord {
    /// Starts a thread. Sent once, as the creation of a channel is, and to be judged like it.
    ///
    /// # Errors
    ///
    /// All of [`Failure`]. A guild without room for another active thread
    /// ([`Code::ThreadsFull`](crate::Code::ThreadsFull)) is `NoRoom`, a name that Discord does not allow
    /// `NameRefused`; a parent that is gone, of another type or closed to the bot is `Never`.
    pub async fn create_thread(
        &self,
        thread: &NewThread<'_>,
    ) -> Result<Id<ChannelMarker>, Failure> {
        let deadline = Instant::now() + thread.timeout;
        // Public: the bots have to see it, and nobody adds them to it.
        let request = self
            .builders
            .create_thread(thread.parent_id, thread.name, ChannelType::PublicThread)
            .auto_archive_duration(thread.auto_archive)
            .reason(thread.reason);
        let call = Call::new(
            "POST /channels/{channel_id}/threads",
            Share::Conversation,
            Resource::Channel(thread.parent_id),
            request,
        );
        let call = call.map_err(|trouble| Failed::from(trouble).acting())?;
        let started = self
            .sender
            .send(&call.until(deadline), json::<Started>)
            .await;
        Ok(started.map_err(Failed::naming)?.id)
    }
}

#[derive(Deserialize)]
struct Started {
    id: Id<ChannelMarker>,
}
