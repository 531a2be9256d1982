//! IDENTIFY and RESUME: how a session begins, and how it goes on.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::{sync::Notify, time::Instant};

use super::{
    budget::Spent,
    close::CloseCode,
    intents::{self, IntentsRefusal},
    limits::SESSIONS_MAX,
    payload::{Identify, Resume},
    session::{Place, Replayable, Session},
    sessions::{Order, State},
};
use crate::{
    shared::Shared,
    world::{World, guild},
};

/// A session that a connection now reads.
#[derive(Debug)]
pub(crate) struct Attached {
    pub(crate) session_id: String,
    pub(crate) user_id: u64,
    pub(crate) intents: u64,
    /// Everything up to here is at the client already.
    pub(crate) cursor: u64,
    pub(crate) wake: Arc<Notify>,
}

/// Why there is no session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The connection is closed.
    Close(CloseCode),
    /// Op 9 with `d: false`; the connection stays open for another IDENTIFY.
    InvalidSession,
}

/// Begins a session: READY, then one `GUILD_CREATE` for each guild (`GUILD_DELETE` for one in an
/// outage), before any other event.
pub(crate) fn identify(
    shared: &Shared,
    connection: u64,
    identify: &Identify,
) -> Result<Attached, Refusal> {
    // Held throughout: nothing may happen between the guild's picture and the events after it.
    let mut world = shared.world.lock();
    let user_id = user_of(&world, &identify.token)?;
    let slot = identify.shard.unwrap_or((0, 1));
    let (number, shards) = slot;
    if number >= shards {
        return Err(Refusal::Close(CloseCode::InvalidShard));
    }
    let intents = identify
        .intents
        .ok_or(Refusal::Close(CloseCode::InvalidIntents))?;
    intents::check(intents, world.privileged_intents_of(user_id)).map_err(|refusal| {
        Refusal::Close(match refusal {
            IntentsRefusal::Invalid => CloseCode::InvalidIntents,
            IntentsRefusal::Disallowed => CloseCode::DisallowedIntents,
        })
    })?;

    let now = Instant::now();
    let gateway = &shared.sessions.config;
    let mut state = shared.sessions.state.lock();
    let rate_key = number % gateway.max_concurrency.max(1);
    let budget = state.budgets.entry(user_id).or_default();
    match budget.spend(now, rate_key, gateway) {
        Spent::Granted => {}
        Spent::TooSoon => return Err(Refusal::InvalidSession),
        Spent::Exhausted => {
            state.end_all_of(user_id);
            world.revoke_token(user_id);
            shared.record.overspent(user_id, shared.clock.now_ms());
            return Err(Refusal::Close(CloseCode::AuthenticationFailed));
        }
    }

    state.forget_expired(now, shared.sessions.resume_window());
    state.make_room();
    let guild_ids = guilds_on_shard(&world, user_id, slot);
    // READY and what follows it come at once: a buffer without room for them could begin nothing.
    let replay_max = gateway.resume_buffer_max.max(1 + guild_ids.len());
    let mut session = Session::begin(user_id, intents, slot, connection, replay_max);
    session.began_ms = shared.clock.now_ms();
    let session_id = format!("{:032x}", state.dice.u128(..));
    session.push("READY", &ready(shared, &world, user_id, slot, &session_id));
    if intents & intents::GUILDS != 0 {
        for guild_id in guild_ids {
            if world.reach(guild_id).is_ok() {
                let mut guild = world.guild_create(guild_id, user_id);
                if intents & intents::GUILD_PRESENCES != 0 {
                    world.add_presences(user_id, &mut guild);
                }
                session.push("GUILD_CREATE", &guild);
            } else {
                // Discord says so of a guild that stays away (events/gateway-events#guild-create).
                session.push("GUILD_DELETE", &guild::unavailable(guild_id));
            }
        }
    }
    let wake = Arc::clone(&session.wake);
    state.sessions.insert(session_id.clone(), session);
    Ok(Attached {
        session_id,
        user_id,
        intents,
        cursor: 0,
        wake,
    })
}

/// Goes on with a session: what was missed in order, then RESUMED.
pub(crate) fn resume(
    shared: &Shared,
    connection: u64,
    resume: &Resume,
) -> Result<Attached, Refusal> {
    let user_id = user_of(&shared.world.lock(), &resume.token)?;
    let now = Instant::now();
    let mut state = shared.sessions.state.lock();
    state.forget_expired(now, shared.sessions.resume_window());
    let session = state
        .sessions
        .get_mut(&resume.session_id)
        .filter(|session| session.user_id == user_id)
        .ok_or(Refusal::InvalidSession)?;
    match session.replayable(resume.seq) {
        Replayable::Yes => {}
        Replayable::TooOld => {
            state.sessions.remove(&resume.session_id);
            shared.faults.note("gateway", "overfilled", 1);
            return Err(Refusal::InvalidSession);
        }
        Replayable::NeverSent => {
            state.sessions.remove(&resume.session_id);
            return Err(Refusal::Close(CloseCode::InvalidSequence));
        }
    }
    let before = session.place;
    session.release_due(now);
    session.attach(connection);
    session.push_resumed();
    let attached = Attached {
        session_id: resume.session_id.clone(),
        user_id,
        intents: session.intents,
        cursor: resume.seq,
        wake: Arc::clone(&session.wake),
    };
    // A half-open connection that still holds the session has lost it.
    if let Place::Attached(old) = before {
        state.order(Order::Drop, |other| other == old && other != connection);
    }
    Ok(attached)
}

/// Whose token this is; clients send it with or without `Bot `.
fn user_of(world: &World, token: &str) -> Result<u64, Refusal> {
    world
        .user_for_token(token.strip_prefix("Bot ").unwrap_or(token))
        .ok_or(Refusal::Close(CloseCode::AuthenticationFailed))
}

/// The guilds that this shard is told of (Discord: events/gateway#sharding).
fn guilds_on_shard(world: &World, user_id: u64, slot: (u64, u64)) -> Vec<u64> {
    let (number, shards) = slot;
    world
        .guild_ids_of(user_id)
        .into_iter()
        .filter(|id| (id >> 22) % shards == number)
        .collect()
}

/// The `d` of READY (Discord: events/gateway-events#ready).
fn ready(
    shared: &Shared,
    world: &World,
    user_id: u64,
    slot: (u64, u64),
    session_id: &str,
) -> Value {
    let guilds: Vec<Value> = guilds_on_shard(world, user_id, slot)
        .into_iter()
        .map(guild::unavailable)
        .collect();
    // A client resumes at exactly this address, so it has to be ours and not Discord's.
    let address = shared
        .address
        .get()
        .map(|address| format!("ws://{address}"))
        .unwrap_or_default();
    json!({
        "v": 10,
        "user": world.own_user_object(user_id),
        "user_settings": {},
        "session_type": "normal",
        "session_id": session_id,
        "resume_gateway_url": address,
        "relationships": [],
        "private_channels": [],
        "presences": [],
        "guilds": guilds,
        "guild_join_requests": [],
        "geo_ordered_rtc_regions": [],
        "shard": [slot.0, slot.1],
        "application": world.application_object(user_id),
        "_trace": ["[\"cordboard-simulator\"]"],
    })
}

// === impl State ===

impl State {
    /// All of a bot's sessions die (Discord: events/gateway#session-start-limit-object).
    pub(super) fn end_all_of(&mut self, user_id: u64) {
        let mut readers = Vec::new();
        self.sessions.retain(|_, session| {
            if session.user_id != user_id {
                return true;
            }
            if let Place::Attached(connection) = session.place {
                readers.push(connection);
            }
            false
        });
        let order = Order::Close(CloseCode::AuthenticationFailed);
        self.order(order, |connection| readers.contains(&connection));
    }

    /// Makes room for one more session.
    fn make_room(&mut self) {
        if self.sessions.len() < SESSIONS_MAX {
            return;
        }
        let oldest = self
            .sessions
            .iter()
            .filter_map(|(id, session)| match session.place {
                Place::Detached(since) => Some((since, id.clone())),
                Place::Attached(_) => None,
            })
            .min();
        if let Some((_, id)) = oldest {
            self.sessions.remove(&id);
        }
    }
}
