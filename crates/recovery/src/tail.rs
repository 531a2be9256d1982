//! Reading on: what is on record, and then what comes.

use std::collections::VecDeque;

use tokio::sync::watch;
use twilight_model::id::{Id, marker::ChannelMarker};

use crate::{Entry, EntryQuery, InboxError, MessageLog, Standing, limits::TAIL_PAGE};

/// The entries behind a position, in order: those on record first, then each as it is recorded. There
/// is no hole between the two, because both are read from the record.
#[derive(Clone, Debug)]
pub struct Tail<L> {
    log: L,
    standing: watch::Receiver<Standing>,
    channels: Vec<Id<ChannelMarker>>,
    position: u64,
    ahead: VecDeque<Entry>,
}

// === impl Tail ===

impl<L: MessageLog> Tail<L> {
    pub(crate) fn new(
        log: L,
        standing: watch::Receiver<Standing>,
        after: u64,
        channels: Vec<Id<ChannelMarker>>,
    ) -> Self {
        Self {
            log,
            standing,
            channels,
            position: after,
            ahead: VecDeque::new(),
        }
    }

    /// The next entry; `None` when nothing is recorded any more and everything was read. Cancel-safe.
    ///
    /// # Errors
    /// When the record fails.
    pub async fn next(&mut self) -> Result<Option<Entry>, InboxError> {
        loop {
            if let Some(entry) = self.ahead.pop_front() {
                return Ok(Some(entry));
            }
            // Looked at before the record is: what is recorded in between is seen by the next turn.
            let has_ended = self.standing.has_changed().is_err();
            let query = EntryQuery {
                after: self.position,
                channels: self.channels.clone(),
                limit: TAIL_PAGE,
            };
            let page = self.log.entries(query).await?;
            let is_all = page.through >= page.newest;
            self.position = page.through;
            self.ahead.extend(page.entries);
            if self.ahead.is_empty() && is_all {
                if has_ended {
                    return Ok(None);
                }
                // An end shows in the next turn.
                tokio::select! {
                    news = self.log.news(self.position) => news?,
                    () = ended(&mut self.standing) => {}
                }
            }
        }
    }
}

async fn ended(standing: &mut watch::Receiver<Standing>) {
    while standing.changed().await.is_ok() {}
}
