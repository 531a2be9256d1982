//! The events a change causes, and the intents that let them through
//! (Discord: events/gateway#list-of-intents).

use serde_json::Value;

use super::World;
use crate::dispatch::Dispatch;

/// GUILDS: guild, channels, threads, roles.
pub(crate) const GUILDS: u64 = 1 << 0;
/// `GUILD_MEMBERS` (privileged).
pub(crate) const GUILD_MEMBERS: u64 = 1 << 1;
/// `GUILD_MODERATION`: the audit log.
pub(crate) const GUILD_MODERATION: u64 = 1 << 2;
/// `GUILD_WEBHOOKS`.
pub(crate) const GUILD_WEBHOOKS: u64 = 1 << 5;
/// `GUILD_PRESENCES` (privileged).
pub(crate) const GUILD_PRESENCES: u64 = 1 << 8;
/// `GUILD_MESSAGES`.
pub(crate) const GUILD_MESSAGES: u64 = 1 << 9;
/// `GUILD_MESSAGE_TYPING`.
pub(crate) const GUILD_MESSAGE_TYPING: u64 = 1 << 11;
/// `MESSAGE_CONTENT` (privileged).
pub(crate) const MESSAGE_CONTENT: u64 = 1 << 15;

/// The privileged ones, which need a switch in the portal.
pub(crate) const PRIVILEGED: u64 = GUILD_MEMBERS | GUILD_PRESENCES | MESSAGE_CONTENT;

/// The events that changes cause. READY, RESUMED, the `GUILD_CREATE` behind READY and the answers to
/// a client's own requests belong to one session each, and are not among them.
const EVENTS: [&str; 27] = [
    "CHANNEL_CREATE",
    "CHANNEL_DELETE",
    "CHANNEL_PINS_UPDATE",
    "CHANNEL_UPDATE",
    "GUILD_AUDIT_LOG_ENTRY_CREATE",
    "GUILD_CREATE",
    "GUILD_DELETE",
    "GUILD_MEMBER_ADD",
    "GUILD_MEMBER_REMOVE",
    "GUILD_MEMBER_UPDATE",
    "GUILD_ROLE_CREATE",
    "GUILD_ROLE_DELETE",
    "GUILD_ROLE_UPDATE",
    "GUILD_UPDATE",
    "MESSAGE_CREATE",
    "MESSAGE_DELETE",
    "MESSAGE_DELETE_BULK",
    "MESSAGE_UPDATE",
    "PRESENCE_UPDATE",
    "THREAD_CREATE",
    "THREAD_DELETE",
    "THREAD_LIST_SYNC",
    "THREAD_MEMBERS_UPDATE",
    "THREAD_MEMBER_UPDATE",
    "THREAD_UPDATE",
    "TYPING_START",
    "WEBHOOKS_UPDATE",
];

/// Whether a change can cause an event of this name.
pub(crate) fn is_event(name: &str) -> bool {
    EVENTS.contains(&name)
}

/// Who gets an event.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Audience {
    /// Every session in the guild.
    Guild,
    /// Sessions that can view the channel or thread.
    Channel(u64),
    /// One user's sessions.
    Only(u64),
}

impl World {
    /// Puts an event on its way.
    pub(crate) fn emit(
        &mut self,
        name: &'static str,
        guild_id: u64,
        (audience, intents): (Audience, u64),
        data: Value,
    ) {
        debug_assert!(is_event(name), "{name} is not in the list");
        let (channel_id, only) = match audience {
            Audience::Guild => (None, None),
            Audience::Channel(id) => (Some(id), None),
            Audience::Only(id) => (None, Some(id)),
        };
        self.outbox.push(Dispatch {
            name,
            guild_id,
            channel_id,
            intents,
            only,
            data,
        });
    }

    /// The events caused since the last call, in order.
    pub(crate) fn take_dispatches(&mut self) -> Vec<Dispatch> {
        std::mem::take(&mut self.outbox)
    }
}
