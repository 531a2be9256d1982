//! The world: everything Discord keeps, and every act that changes it.
//!
//! Nothing in here waits or does I/O. Each act takes the user who does it, checks what Discord
//! checks, and leaves the events it caused in the outbox.

use std::collections::{BTreeMap, HashMap, VecDeque};

use self::{
    channel::Channel,
    guild::Guild,
    message::{Message, Nonces},
    protection::Protection,
    role::{CleanupRules, DeadRole},
    snowflake::Snowflakes,
    user::User,
    webhook::Webhook,
};
use crate::{clock::Clock, dispatch::Dispatch};

pub(crate) mod audit;
pub(crate) mod bounds;
pub(crate) mod channel;
mod crowd;
pub(crate) mod error;
pub(crate) mod event;
mod genesis;
pub(crate) mod guild;
pub(crate) mod member;
pub(crate) mod message;
mod onboarding;
mod outage;
pub(crate) mod permission;
mod presence;
mod protection;
mod replica;
pub(crate) mod role;
pub(crate) mod snowflake;
#[cfg(test)]
mod tests;
pub(crate) mod thread;
mod truth;
mod user;
mod view;
mod webhook;

pub(crate) use self::{
    channel::{ChannelDraft, ChannelPatch},
    crowd::Crowd,
    error::ApiError,
    guild::GuildPatch,
    member::MemberPatch,
    message::{AllowedMentions, File, MessagePatch, NewMessage, Nonce},
    onboarding::Onboarding,
    permission::{Overwrite, OverwriteKind},
    replica::Replica,
    role::RolePatch,
    thread::ThreadDraft,
};
pub use self::{outage::OutageAnswer, role::RoleTruth, truth::ChannelTruth};

/// One Discord.
#[derive(Debug)]
pub(crate) struct World {
    clock: Clock,
    snowflakes: Snowflakes,
    dice: fastrand::Rng,
    id_skew_ms: u64,
    users: BTreeMap<u64, User>,
    /// The bot users among them.
    bots: Vec<u64>,
    guilds: BTreeMap<u64, Guild>,
    /// Living channels and threads.
    channels: BTreeMap<u64, Channel>,
    /// All others that ever lived, for the ground truth.
    dead: BTreeMap<u64, Channel>,
    /// The dead ones whose messages are still kept, oldest first.
    graves: VecDeque<u64>,
    /// Messages by channel, then by id.
    messages: HashMap<u64, BTreeMap<u64, Message>>,
    messages_created: u64,
    edits: u64,
    nonces: Nonces,
    webhooks: BTreeMap<u64, Webhook>,
    /// Who was told to be online or offline.
    online: BTreeMap<u64, bool>,
    protection: Protection,
    /// When the next thread may fall silent; `0`: look.
    archive_due_ms: u64,
    /// `http://127.0.0.1:PORT`, where attachments are served.
    cdn: String,
    /// Whether channels out of sight are masked.
    obfuscate: bool,
    channels_max: usize,
    /// How many more a race may create.
    channels_overshoot: usize,
    category_channels_max: usize,
    threads_max: usize,
    refused_words: Vec<String>,
    cleanup: CleanupRules,
    /// Roles that are no more, for the ground truth.
    dead_roles: BTreeMap<u64, DeadRole>,
    /// Events on their way out.
    outbox: Vec<Dispatch>,
}
