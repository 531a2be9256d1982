//! The record of messages, as the front tells of it.

use cordboard_frontend::{
    Change, ConsumersError, DeadLetter, DeadLetterPage, DeadLetterQuery, Event, EventPage,
    EventQuery, Failure, Gap, GapPage, GapQuery, LoggedMessage, MessageLogError, MessagePage,
    MessageQuery, Streams, Verdict,
};
use cordboard_recovery::{
    self as recovery, ConsumerError, Consumers as _, DeadLetters as _, Entry, EntryQuery,
    InboxError, Logged, MessageLog as _, News, Recovery, Standing,
};
use cordboard_store::SqliteInbox;
use tokio::sync::watch;
use twilight_model::id::{Id, marker::ChannelMarker};

use super::report::Readers;
use crate::limits::{CONSUMERS_MAX, MESSAGES_BYTES_MAX};

/// The record, as the front asks for it.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    inbox: SqliteInbox,
    recovery: Recovery,
    pub(super) standing: watch::Receiver<Standing>,
    pub(super) readers: Readers,
    streams: Streams,
}

// === impl Told ===

impl Told {
    pub(super) fn new(inbox: SqliteInbox, recovery: Recovery) -> Self {
        Self {
            inbox,
            standing: recovery.standing(),
            recovery,
            readers: Readers::default(),
            streams: Streams::default(),
        }
    }

    /// The streams that are open to its consumers.
    pub(crate) fn streams(&self) -> Streams {
        self.streams.clone()
    }

    /// Somebody asks for these channels: what is missing of them is read before that of others.
    fn prefer(&self, channels: impl IntoIterator<Item = Id<ChannelMarker>>) {
        for channel_id in channels {
            // Without a driver nothing is read any more, and what is on record is told all the same.
            let _ = self.recovery.prefer(channel_id);
        }
    }

    /// The sequence of the youngest entry on record.
    async fn youngest(&self) -> Result<u64, InboxError> {
        let query = EntryQuery {
            after: u64::MAX >> 1,
            channels: Vec::new(),
            limit: 1,
        };
        Ok(self.inbox.entries(query).await?.newest)
    }
}

impl cordboard_frontend::MessageLog for Told {
    async fn messages(&self, query: MessageQuery) -> Result<MessagePage, MessageLogError> {
        let channel_id = query.channel_id.and_then(Id::new_checked);
        self.prefer(channel_id);
        // From the lowest id on, also where there is a bound above.
        let mut after = Id::new_checked(query.after).unwrap_or(Id::new(1));
        let (mut found, mut bytes) = (Vec::new(), 0);
        let mut limit = query.limit;
        // The record may give fewer than it was asked for: only nothing is the end.
        while found.len() <= limit {
            if bytes >= MESSAGES_BYTES_MAX {
                // Enough; one more tells whether there are more.
                limit = found.len();
            }
            let page = self.inbox.messages(recovery::MessageQuery {
                channel_id,
                after: Some(after),
                before: query.before.and_then(Id::new_checked),
                limit: limit + 1 - found.len(),
                with_deleted: query.deleted,
            });
            let page = page.await.map_err(unavailable)?;
            let Some(last) = page.last() else { break };
            after = last.id;
            bytes += page.iter().map(size).sum::<usize>();
            found.extend(page);
        }
        let has_more = found.len() > limit;
        found.truncate(limit);
        let messages = found.into_iter().map(|logged| LoggedMessage {
            id: logged.id.get(),
            channel_id: logged.channel_id.get(),
            json: logged.json.filter(|_| !logged.is_deleted),
        });
        Ok(MessagePage {
            messages: messages.collect(),
            has_more,
        })
    }

    async fn gaps(&self, query: GapQuery) -> Result<GapPage, MessageLogError> {
        let (mut after, mut found) = (query.after, Vec::new());
        while found.len() <= query.limit {
            let page = self.inbox.gaps(recovery::GapQuery {
                channel_id: query.channel_id.and_then(Id::new_checked),
                after,
                limit: query.limit + 1 - found.len(),
            });
            let page = page.await.map_err(unavailable)?;
            let Some(last) = page.last() else { break };
            after = last.sequence;
            found.extend(page);
        }
        let has_more = found.len() > query.limit;
        found.truncate(query.limit);
        let gaps = found
            .into_iter()
            .map(|numbered| gap(numbered.sequence, &numbered.gap));
        Ok(GapPage {
            gaps: gaps.collect(),
            has_more,
        })
    }

    async fn events(&self, query: EventQuery) -> Result<EventPage, MessageLogError> {
        let channels = query.channels.into_iter().filter_map(Id::new_checked);
        let channels: Vec<_> = channels.collect();
        self.prefer(channels.iter().copied());
        let found = self.inbox.entries(EntryQuery {
            after: query.after,
            channels,
            limit: query.limit,
        });
        let found = found.await.map_err(unavailable)?;
        Ok(EventPage {
            events: found.entries.into_iter().map(event).collect(),
            last: found.through,
        })
    }

    async fn newest(&self) -> Result<u64, MessageLogError> {
        self.youngest().await.map_err(unavailable)
    }

    async fn news(&self, after: u64) {
        // Whoever waits reads then, and is told what fails.
        drop(self.inbox.news(after).await);
    }
}

impl cordboard_frontend::Consumers for Told {
    async fn open(&self, name: &str, after: Option<u64>) -> Result<u64, ConsumersError> {
        let known = self.inbox.list().await.map_err(out_of_reach)?;
        let is_known = known.iter().any(|consumer| consumer.name == name);
        if !is_known && known.len() >= CONSUMERS_MAX {
            return Err(ConsumersError::Full { max: CONSUMERS_MAX });
        }
        let opened = self.inbox.open(name, after).await.map_err(out_of_reach)?;
        Ok(opened.acknowledged)
    }

    async fn acknowledge(&self, name: &str, sequence: u64) -> Result<u64, ConsumersError> {
        let moved = self.inbox.acknowledge(name, sequence).await;
        Ok(moved.map_err(refused)?.acknowledged)
    }

    async fn fail(&self, name: &str, failure: Failure) -> Result<Verdict, ConsumersError> {
        match self
            .inbox
            .fail(name, failure.sequence, &failure.reason)
            .await
        {
            Ok(failed) => Ok(Verdict {
                acknowledged: failed.consumer.acknowledged,
                attempts: failed.attempts,
                dead: failed.is_dead,
            }),
            Err(ConsumerError::Past { acknowledged }) => Ok(Verdict {
                acknowledged,
                attempts: 0,
                dead: false,
            }),
            Err(error) => Err(refused(error)),
        }
    }

    async fn list(&self) -> Result<Vec<cordboard_frontend::Consumer>, ConsumersError> {
        let consumers = self.inbox.list().await.map_err(out_of_reach)?.into_iter();
        // After the list: nobody is ahead of it then.
        let newest = self.youngest().await.map_err(out_of_reach)?;
        let consumers = consumers.map(|consumer| cordboard_frontend::Consumer {
            lag: newest.saturating_sub(consumer.acknowledged),
            name: consumer.name,
            acknowledged: consumer.acknowledged,
            dead_letters: consumer.dead_letters,
        });
        Ok(consumers.collect())
    }

    async fn forget(&self, name: &str) -> Result<(), ConsumersError> {
        let was_known = self.inbox.forget(name).await.map_err(out_of_reach)?;
        if was_known {
            Ok(())
        } else {
            Err(ConsumersError::Unknown)
        }
    }
}

impl cordboard_frontend::DeadLetters for Told {
    async fn dead_letters(
        &self,
        name: &str,
        query: DeadLetterQuery,
    ) -> Result<DeadLetterPage, ConsumersError> {
        let (mut after, mut found) = (query.after, Vec::new());
        // As with messages: only nothing is the end.
        while found.len() <= query.limit {
            let query = recovery::DeadLetterQuery {
                after,
                limit: query.limit + 1 - found.len(),
            };
            let page = self.inbox.dead_letters(name, query).await;
            let page = page.map_err(refused)?;
            let Some(last) = page.last() else { break };
            after = last.entry.sequence;
            found.extend(page);
        }
        let has_more = found.len() > query.limit;
        found.truncate(query.limit);
        let letters = found.into_iter().map(|letter| DeadLetter {
            event: event(letter.entry),
            attempts: letter.attempts,
            reason: letter.reason,
            at: Some(letter.at_ms / 1_000).filter(|at| *at > 0),
        });
        Ok(DeadLetterPage {
            letters: letters.collect(),
            has_more,
        })
    }

    async fn discard(&self, name: &str, sequence: u64) -> Result<bool, ConsumersError> {
        let discarded = self.inbox.discard(name, sequence).await;
        discarded.map_err(refused)
    }
}

/// What a message takes on its way.
fn size(logged: &Logged) -> usize {
    logged.json.as_ref().map_or(0, |json| json.get().len())
}

fn event(
    Entry {
        sequence,
        channel_id,
        news,
    }: Entry,
) -> Event {
    let change = match news {
        News::Created { json, .. } => Change::Create(json),
        News::Updated { json, .. } => Change::Update(json),
        News::Deleted {
            message_id,
            is_inferred,
        } => Change::Delete {
            id: message_id.get(),
            is_inferred,
        },
        News::Gap(told) => Change::Gap {
            from: told.after.map(Id::get),
            to: told.to.map(Id::get),
            reason: told.reason.name().to_owned(),
        },
    };
    Event {
        sequence,
        channel_id: channel_id.get(),
        change,
    }
}

fn gap(sequence: u64, told: &recovery::Gap) -> Gap {
    Gap {
        id: sequence,
        channel_id: told.channel_id.get(),
        from: told.after.map(Id::get),
        to: told.to.map(Id::get),
        reason: told.reason.name().to_owned(),
        at: told.at_ms / 1_000,
    }
}

fn unavailable(error: InboxError) -> MessageLogError {
    MessageLogError::Unavailable {
        source: error.into(),
    }
}

fn out_of_reach(error: InboxError) -> ConsumersError {
    ConsumersError::Unavailable {
        source: error.into(),
    }
}

fn refused(error: ConsumerError) -> ConsumersError {
    match error {
        ConsumerError::Unknown => ConsumersError::Unknown,
        ConsumerError::Future { newest } => ConsumersError::Future { newest },
        ConsumerError::Failed(error) => out_of_reach(error),
        other => ConsumersError::Unavailable {
            source: other.into(),
        },
    }
}
