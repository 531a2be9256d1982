//! Pins.

use serde_json::{Value, json};

use super::{Author, Message, PINNED};
use crate::world::{
    ApiError, World,
    audit::{self, Act},
    bounds,
    event::{self, Audience},
    permission, snowflake,
};

impl World {
    /// `GET /channels/{channel_id}/messages/pins`: last pinned first, with `has_more`.
    pub(crate) fn pins(&self, actor: u64, channel_id: u64) -> Result<Value, ApiError> {
        let items: Vec<Value> = self
            .pinned(actor, channel_id)?
            .into_iter()
            .map(|(pinned_ms, message)| {
                let message = self.read_by(actor, message);
                json!({ "pinned_at": snowflake::iso_ms(pinned_ms), "message": message })
            })
            .collect();
        Ok(json!({ "items": items, "has_more": false }))
    }

    /// `GET /channels/{channel_id}/pins`, the older form: the messages alone.
    pub(crate) fn pinned_messages(&self, actor: u64, channel_id: u64) -> Result<Value, ApiError> {
        let pinned = self.pinned(actor, channel_id)?;
        Ok(pinned
            .into_iter()
            .map(|(_, message)| self.read_by(actor, message))
            .collect())
    }

    fn pinned(&self, actor: u64, channel_id: u64) -> Result<Vec<(u64, &Message)>, ApiError> {
        self.channel_for(actor, channel_id)?;
        let all = self
            .messages
            .get(&channel_id)
            .into_iter()
            .flat_map(|all| all.values());
        let mut pinned: Vec<_> = all.filter_map(|one| Some((one.pinned_ms?, one))).collect();
        pinned.sort_unstable_by_key(|(at_ms, one)| std::cmp::Reverse((*at_ms, one.id)));
        Ok(pinned)
    }

    /// `PUT` and `DELETE …/messages/pins/{message_id}`; answers the id of the notice, if there is one.
    pub(crate) fn set_pinned(
        &mut self,
        actor: u64,
        (channel_id, message_id): (u64, u64),
        pinned: bool,
        reason: Option<&str>,
    ) -> Result<Option<u64>, ApiError> {
        let needed = permission::PIN_MESSAGES;
        let channel = self.need_in_channel(actor, channel_id, needed)?;
        let guild_id = channel.guild_id;
        if channel
            .thread
            .as_ref()
            .is_some_and(|thread| thread.archived)
        {
            return Err(ApiError::thread_archived());
        }
        let now = self.clock.now_ms();
        let count = self.pinned(actor, channel_id)?.len();
        let unknown = ApiError::unknown_message;
        let message = self
            .stored_mut(channel_id, message_id)
            .ok_or_else(unknown)?;
        if message.pinned_ms.is_some() == pinned {
            return Ok(None);
        }
        if pinned && count >= bounds::PINS_MAX {
            return Err(ApiError::too_many_pins());
        }
        message.pinned_ms = pinned.then_some(now);
        self.emit_update(channel_id, message_id);
        let data = json!({
            "guild_id": guild_id.to_string(),
            "channel_id": channel_id.to_string(),
            "last_pin_timestamp": pinned.then(|| snowflake::iso_ms(now)),
        });
        let audience = (Audience::Channel(channel_id), event::GUILDS);
        self.emit("CHANNEL_PINS_UPDATE", guild_id, audience, data);
        let notice = pinned.then(|| {
            let id = self.snowflakes.next(&self.clock);
            let mut notice = Message::bare(id, channel_id, Author::User(actor), PINNED);
            notice.reference = Some((channel_id, message_id));
            self.publish(notice, None);
            id
        });
        let action = if pinned {
            audit::MESSAGE_PIN
        } else {
            audit::MESSAGE_UNPIN
        };
        let options = json!({
            "channel_id": channel_id.to_string(),
            "message_id": message_id.to_string(),
        });
        self.audit(
            guild_id,
            actor,
            Act::on(action, actor).with(options),
            reason,
        );
        Ok(notice)
    }
}
