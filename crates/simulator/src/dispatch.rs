//! One gateway event on its way from the world to whoever may see it.

use serde_json::Value;

/// An event that a change of the world caused, before it is cut to fit each session.
#[derive(Clone, Debug)]
pub(crate) struct Dispatch {
    /// The event's name, such as `MESSAGE_CREATE`.
    pub(crate) name: &'static str,
    /// The guild it happened in.
    pub(crate) guild_id: u64,
    /// The channel whose visibility decides who gets it; `None` when the whole guild does.
    /// For a thread this is the thread's own id.
    pub(crate) channel_id: Option<u64>,
    /// A session needs at least one of these intent bits (`0`: every session gets it).
    pub(crate) intents: u64,
    /// Only this user's sessions get it; `None` for all.
    pub(crate) only: Option<u64>,
    /// The payload `d`, complete: sessions blank what their intents hide.
    pub(crate) data: Value,
}
