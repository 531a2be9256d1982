//! What is read of a frame before anybody wants its payload.

use std::{fmt, num::NonZeroU64};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, GuildMarker},
};

use crate::Dispatch;

/// One frame, read in one pass that keeps nothing of the payload but its address.
///
/// Most events of a busy guild concern nobody here; they must cost no more than this.
#[derive(Debug, Deserialize)]
pub(crate) struct Frame<'a> {
    /// The opcode (Discord: topics/opcodes-and-status-codes#gateway-gateway-opcodes).
    pub(crate) op: u8,
    #[serde(borrow, default)]
    t: Option<&'a str>,
    #[serde(default)]
    s: Option<u64>,
    #[serde(default)]
    d: Address,
}

/// Opcode 1: Discord asks for a heartbeat.
pub(crate) const HEARTBEAT: u8 = 1;
/// Opcode 7: Discord asks for a new connection.
pub(crate) const RECONNECT: u8 = 7;
/// Opcode 9: the session cannot be used.
pub(crate) const INVALID_SESSION: u8 = 9;
/// Opcode 10: the first frame of a connection.
pub(crate) const HELLO: u8 = 10;
/// Opcode 11: Discord acknowledges a heartbeat.
pub(crate) const HEARTBEAT_ACK: u8 = 11;

/// The head of a dispatch (opcode 0).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head<'a> {
    pub(crate) name: &'a str,
    pub(crate) sequence: u64,
    pub(crate) channel_id: Option<Id<ChannelMarker>>,
    pub(crate) guild_id: Option<Id<GuildMarker>>,
    /// The payload's `unavailable`, which guild events have during an outage.
    pub(crate) unavailable: bool,
}

/// The parts of a payload that say where it belongs. Read leniently: an odd value is no address.
#[derive(Debug, Default)]
struct Address {
    id: Option<NonZeroU64>,
    channel_id: Option<NonZeroU64>,
    guild_id: Option<NonZeroU64>,
    unavailable: bool,
}

impl<'a> Frame<'a> {
    pub(crate) fn read(text: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The head, when this is a dispatch.
    pub(crate) fn head(&self) -> Option<Head<'a>> {
        let (name, sequence) = (self.t?, self.s?);
        if self.op != 0 {
            return None;
        }
        let own = |is: bool| if is { self.d.id } else { None };
        Some(Head {
            name,
            sequence,
            channel_id: self
                .d
                .channel_id
                .or(own(is_channel_event(name)))
                .map(Id::from),
            guild_id: self.d.guild_id.or(own(is_guild_event(name))).map(Id::from),
            unavailable: self.d.unavailable,
        })
    }
}

impl Head<'_> {
    /// The whole dispatch. `text` is the frame that this head was read from.
    pub(crate) fn dispatch(self, text: &str, shard: u32) -> Result<Dispatch, serde_json::Error> {
        Ok(Dispatch {
            name: self.name.into(),
            sequence: self.sequence,
            shard,
            guild_id: self.guild_id,
            channel_id: self.channel_id,
            data: payload(text)?.to_owned(),
        })
    }
}

/// The `d` of a frame, byte for byte.
pub(crate) fn payload(text: &str) -> Result<&RawValue, serde_json::Error> {
    #[derive(Deserialize)]
    struct Payload<'a> {
        #[serde(borrow)]
        d: &'a RawValue,
    }
    serde_json::from_str::<Payload<'_>>(text).map(|payload| payload.d)
}

/// Events whose payload is a channel or a thread, or has its id as `id`.
/// Discord: events/gateway-events#channels.
fn is_channel_event(name: &str) -> bool {
    name.starts_with("CHANNEL_") || name.starts_with("THREAD_")
}

fn is_guild_event(name: &str) -> bool {
    matches!(name, "GUILD_CREATE" | "GUILD_UPDATE" | "GUILD_DELETE")
}

// === impl Address ===

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AddressVisitor)
    }
}

struct AddressVisitor;

impl<'de> Visitor<'de> for AddressVisitor {
    type Value = Address;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any payload")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Address, A::Error> {
        let mut address = Address::default();
        while let Some(key) = map.next_key::<Key>()? {
            match key {
                Key::Id => address.id = map.next_value::<Loose>()?.number(),
                Key::ChannelId => address.channel_id = map.next_value::<Loose>()?.number(),
                Key::GuildId => address.guild_id = map.next_value::<Loose>()?.number(),
                Key::Unavailable => address.unavailable = map.next_value::<Loose>()?.is_true(),
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(address)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Address, A::Error> {
        while sequence.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Address::default())
    }

    fn visit_unit<E>(self) -> Result<Address, E> {
        Ok(Address::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Address, E> {
        Ok(Address::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Address, E> {
        Ok(Address::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Address, E> {
        Ok(Address::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Address, E> {
        Ok(Address::default())
    }

    fn visit_str<E>(self, _: &str) -> Result<Address, E> {
        Ok(Address::default())
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Key {
    Id,
    ChannelId,
    GuildId,
    Unavailable,
    #[serde(other)]
    Other,
}

/// One value of which only a number, a number in a string or `true` is of interest.
struct Loose {
    number: Option<u64>,
    is_true: bool,
}

impl Loose {
    const NOTHING: Self = Self {
        number: None,
        is_true: false,
    };

    fn number(&self) -> Option<NonZeroU64> {
        self.number.and_then(NonZeroU64::new)
    }

    fn is_true(&self) -> bool {
        self.is_true
    }
}

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LooseVisitor)
    }
}

struct LooseVisitor;

impl<'de> Visitor<'de> for LooseVisitor {
    type Value = Loose;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Loose, E> {
        Ok(Loose {
            number: text.parse().ok(),
            is_true: false,
        })
    }

    fn visit_u64<E>(self, number: u64) -> Result<Loose, E> {
        Ok(Loose {
            number: Some(number),
            is_true: false,
        })
    }

    fn visit_bool<E>(self, is_true: bool) -> Result<Loose, E> {
        Ok(Loose {
            number: None,
            is_true,
        })
    }

    fn visit_unit<E>(self) -> Result<Loose, E> {
        Ok(Loose::NOTHING)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Loose, E> {
        Ok(Loose::NOTHING)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Loose, E> {
        Ok(Loose::NOTHING)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Loose, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Loose::NOTHING)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Loose, A::Error> {
        while sequence.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Loose::NOTHING)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_whatever_the_event() {
        let table = [
            (
                r#"{"t":"MESSAGE_CREATE","s":2,"op":0,"d":{"id":"9","channel_id":"5","guild_id":"7"}}"#,
                Some(5),
                Some(7),
            ),
            (
                r#"{"op":0,"d":{"id":"5","guild_id":"7","name":"x"},"s":2,"t":"CHANNEL_DELETE"}"#,
                Some(5),
                Some(7),
            ),
            (
                r#"{"op":0,"d":{"id":"5","guild_id":"7","parent_id":"4"},"s":2,"t":"THREAD_CREATE"}"#,
                Some(5),
                Some(7),
            ),
            (
                r#"{"op":0,"d":{"guild_id":"7","channel_ids":["1"],"threads":[]},"s":2,"t":"THREAD_LIST_SYNC"}"#,
                None,
                Some(7),
            ),
            (
                r#"{"op":0,"d":{"id":"7","channels":[{"id":"1"}]},"s":2,"t":"GUILD_CREATE"}"#,
                None,
                Some(7),
            ),
            (
                r#"{"op":0,"d":{"id":"3","guild_id":"7","options":{"channel_id":"1"}},"s":2,"t":"GUILD_AUDIT_LOG_ENTRY_CREATE"}"#,
                None,
                Some(7),
            ),
            (
                r#"{"op":0,"d":{"channel_id":5,"guild_id":null},"s":2,"t":"TYPING_START"}"#,
                Some(5),
                None,
            ),
            (
                r#"{"op":0,"d":{"channel_id":{"odd":[1]},"guild_id":[{}],"id":-1.5},"s":2,"t":"CHANNEL_UPDATE"}"#,
                None,
                None,
            ),
            (
                r#"{"op":0,"d":{"channel_id":"0"},"s":2,"t":"MESSAGE_CREATE"}"#,
                None,
                None,
            ),
            (
                r#"{"op":0,"d":[1,{"id":"2"}],"s":2,"t":"SOMETHING_NEW"}"#,
                None,
                None,
            ),
            (r#"{"op":0,"d":null,"s":2,"t":"RESUMED"}"#, None, None),
        ];
        for (text, channel_id, guild_id) in table {
            let head = Frame::read(text).unwrap().head().unwrap();
            assert_eq!(head.channel_id.map(Id::get), channel_id, "{text}");
            assert_eq!(head.guild_id.map(Id::get), guild_id, "{text}");
            assert_eq!(head.sequence, 2);
        }
    }

    #[test]
    fn what_is_no_dispatch_has_no_head() {
        for text in [
            r#"{"op":11,"d":null,"s":null,"t":null}"#,
            r#"{"op":9,"d":false}"#,
            r#"{"op":10,"d":{"heartbeat_interval":45000},"s":null,"t":null}"#,
            r#"{"op":7,"d":null}"#,
            r#"{"op":0,"d":{},"t":"X"}"#,
        ] {
            assert_eq!(Frame::read(text).unwrap().head(), None, "{text}");
        }
    }

    #[test]
    fn the_payload_stays_as_it_was_sent() {
        let text = r#"{"t":"MESSAGE_CREATE","s":3,"op":0,"d":{ "channel_id":"5", "n":1.0, "big":12345678901234567890123 }}"#;
        let dispatch = Frame::read(text)
            .unwrap()
            .head()
            .unwrap()
            .dispatch(text, 4)
            .unwrap();
        assert_eq!(
            dispatch.data.get(),
            r#"{ "channel_id":"5", "n":1.0, "big":12345678901234567890123 }"#
        );
        assert_eq!(
            (&*dispatch.name, dispatch.sequence, dispatch.shard),
            ("MESSAGE_CREATE", 3, 4)
        );
    }
}
