//! Events of messages.

use serde::Deserialize;
use tokio::time::Instant;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker},
};

use super::Book;
use crate::{Event, Message, Sight, fields::has_author};

#[derive(Deserialize)]
struct Deleted {
    id: Id<MessageMarker>,
}

#[derive(Deserialize)]
struct DeletedBulk {
    ids: Vec<Id<MessageMarker>>,
}

impl Book {
    /// Takes in an event of a message in a channel that is watched.
    pub(super) fn hear_of_message(
        &mut self,
        channel_id: Id<ChannelMarker>,
        event: &Event,
        now: Instant,
    ) {
        let Ok(mut sights) = self.sights(event) else {
            return self.mishear_message(channel_id);
        };
        let told = sights.len();
        sights.retain(|sight| self.time.may_have_made(sight.message_id(), now));
        let is_odd = sights.len() < told;
        for sight in sights {
            match &sight {
                Sight::Created(message) => {
                    self.time.heard(message.id, now);
                    self.last_is(channel_id, message.id);
                    if let Some(guild_id) = event.guild_id {
                        self.message_came(guild_id, message.id);
                    }
                }
                Sight::Updated(message) => self.note_partial(channel_id, message),
                _ => {}
            }
            self.take_in(channel_id, event.sequence, sight, now);
        }
        // Which message it is of nobody knows.
        if is_odd {
            self.mishear_message(channel_id);
        }
    }

    fn sights(&self, event: &Event) -> Result<Vec<Sight>, serde_json::Error> {
        let json = event.data.get();
        match &*event.name {
            "MESSAGE_DELETE" => {
                let deleted = serde_json::from_str::<Deleted>(json)?;
                Ok(vec![Sight::Deleted(deleted.id)])
            }
            "MESSAGE_DELETE_BULK" => {
                let bulk = serde_json::from_str::<DeletedBulk>(json)?;
                Ok(bulk.ids.into_iter().map(Sight::Deleted).collect())
            }
            name => {
                serde_json::from_str::<Deleted>(json)?;
                let message = Message::read(event.data.clone());
                let message = message.map_err(serde::de::Error::custom)?;
                // Only updates may be partial; what has no author would be on record as nobody's for ever.
                if name == "MESSAGE_CREATE" && !has_author(&message.json) {
                    return Err(serde::de::Error::missing_field("author"));
                }
                let message = self.recorded(message);
                Ok(vec![if name == "MESSAGE_CREATE" {
                    Sight::Created(message)
                } else {
                    Sight::Updated(message)
                }])
            }
        }
    }
}
