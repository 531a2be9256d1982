//! How each shard stands, and what that makes of the whole.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use tokio::time::Instant;
use twilight_model::id::{Id, marker::GuildMarker};

use crate::{
    Cause, Health, Lapse, Session, ShardId, State, Status,
    frame::Head,
    hearing::{Expected, Hearing},
    pulse::Pulse,
};

/// How each shard stands.
#[derive(Debug, Default)]
pub(crate) struct Board {
    shards: BTreeMap<u32, Standing>,
    /// Among how many the bot's guilds are divided.
    total: u32,
    /// What taps were told last.
    acknowledged: Option<Instant>,
}

#[derive(Debug)]
struct Standing {
    status: Status,
    pulse: Arc<Pulse>,
    session: Option<Session>,
    /// When the last heartbeat was sent of which Discord's answer vouches for something.
    acknowledged: Option<Instant>,
    /// Its guilds in an outage.
    away: HashSet<Id<GuildMarker>>,
    hearing: Hearing,
}

// === impl Board ===

impl Board {
    /// There is such a shard. Returns where its signs of life go.
    pub(crate) fn add(&mut self, shard: ShardId) -> Arc<Pulse> {
        let pulse = Arc::default();
        let standing = Standing {
            status: Status::new(State::Connecting {
                since: Instant::now(),
                why: Cause::Began,
            }),
            pulse: Arc::clone(&pulse),
            session: None,
            acknowledged: None,
            away: HashSet::new(),
            hearing: Hearing::default(),
        };
        self.total = shard.total();
        self.shards.insert(shard.number(), standing);
        pulse
    }

    /// A shard stands so. Returns how all of them do.
    pub(crate) fn set_state(&mut self, shard: u32, state: State) -> State {
        match self.shards.get_mut(&shard) {
            Some(standing) => {
                if !state.is_ready() {
                    standing.hearing.excuse_all();
                }
                standing.status.state = state;
            }
            None => return state,
        }
        let states = self.shards.values().map(|standing| &standing.status.state);
        let worst = states.max_by_key(|state| (gravity(state), weight(state)));
        worst.expect("there is this one").clone()
    }

    /// A shard may have missed something.
    pub(crate) fn lapsed(&mut self, shard: u32, lapse: Lapse) {
        if let Some(standing) = self.shards.get_mut(&shard) {
            standing.status.lapsed(lapse);
        }
    }

    /// A subscriber could not read what a shard has told.
    pub(crate) fn unread(&self, shard: u32) {
        if let Some(standing) = self.shards.get(&shard) {
            standing.pulse.unread();
        }
    }

    /// How each shard is.
    pub(crate) fn shards(&self) -> Vec<(u32, Health)> {
        let shards = self.shards.iter();
        shards
            .map(|(shard, standing)| (*shard, standing.pulse.health(&standing.status)))
            .collect()
    }

    /// The session of a shard is this one now, or there is none.
    pub(crate) fn set_session(&mut self, shard: u32, session: Option<Session>) {
        if let Some(standing) = self.shards.get_mut(&shard) {
            standing.session = session;
        }
    }

    /// A shard's event has been published.
    pub(crate) fn published(&mut self, shard: u32, head: &Head<'_>) {
        let Some(standing) = self.shards.get_mut(&shard) else {
            return;
        };
        standing.hearing.heard(head.guild_id);
        if let Some(session) = &mut standing.session {
            session.sequence = head.sequence;
        }
    }

    /// Something was done in `guild` after `since` of which its shard must hear, if it hears anything.
    /// Discord: events/gateway#sharding.
    pub(crate) fn expect(&mut self, guild: Id<GuildMarker>, since: Instant) {
        let shard = (guild.get() >> 22) % u64::from(self.total.max(1));
        let shard = u32::try_from(shard).unwrap_or(u32::MAX);
        if let Some(standing) = self.shards.get_mut(&shard)
            && standing.status.is_ready()
        {
            standing.hearing.expect(guild, since);
        }
    }

    /// What a shard must hear of, if anything.
    pub(crate) fn expected(&self, shard: u32) -> Option<Expected> {
        self.shards.get(&shard)?.hearing.expected()
    }

    /// A shard need not hear of this guild.
    pub(crate) fn excuse(&mut self, shard: u32, guild: Id<GuildMarker>) {
        if let Some(standing) = self.shards.get_mut(&shard) {
            standing.hearing.excuse(guild);
        }
    }

    pub(crate) fn sessions(&self) -> impl Iterator<Item = (u32, &Session)> {
        let shards = self.shards.iter();
        shards.filter_map(|(shard, standing)| Some((*shard, standing.session.as_ref()?)))
    }

    /// Of these guilds a shard hears nothing.
    pub(crate) fn set_away(&mut self, shard: u32, away: HashSet<Id<GuildMarker>>) {
        if let Some(standing) = self.shards.get_mut(&shard) {
            standing.away = away;
        }
    }

    /// The guilds of which nothing is heard.
    pub(crate) fn away(&self) -> impl Iterator<Item = Id<GuildMarker>> {
        let shards = self.shards.values();
        shards.flat_map(|standing| standing.away.iter().copied())
    }

    /// A shard's heartbeat that was sent at `sent` vouches for all before. Returns for what all of
    /// them vouch, if that is more than before: what one has vouched for once stays true, also when
    /// its connection is lost.
    pub(crate) fn acknowledge(&mut self, shard: u32, sent: Instant) -> Option<Instant> {
        if let Some(standing) = self.shards.get_mut(&shard) {
            standing.acknowledged = standing.acknowledged.max(Some(sent));
        }
        // `None` comes first: one that has vouched for nothing holds up all.
        let all = self.shards.values().map(|standing| standing.acknowledged);
        let all = all.min().flatten();
        if all <= self.acknowledged {
            return None;
        }
        self.acknowledged = all;
        all
    }
}

/// How bad a state is.
fn gravity(state: &State) -> u8 {
    match state {
        State::Ready { .. } => 0,
        State::Stopped { .. } => 1,
        State::Resuming { .. } => 2,
        State::Connecting { .. } => 3,
        State::Degraded { .. } => 4,
        State::Fatal { .. } => 5,
    }
}

/// Of two states that are equally bad, the one that has lasted longer counts; ready are both of them
/// since the later one is.
fn weight(state: &State) -> (Option<Instant>, Reverse<Option<Instant>>) {
    match state {
        State::Ready { since } => (Some(*since), Reverse(None)),
        other => (None, Reverse(Some(other.since()))),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{LapseReason, Trouble};

    #[tokio::test(start_paused = true)]
    async fn the_whole_is_ready_when_all_are_and_else_as_bad_as_the_worst() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut board = Board::default();
        board.add(ShardId::new(0, 2));
        board.add(ShardId::new(1, 2));
        let mut shown = |shard, state| board.set_state(shard, state);
        let ready = |seconds| State::Ready { since: at(seconds) };
        let degraded = |seconds| State::Degraded {
            since: at(seconds),
            why: Trouble::Dropped,
            attempts: 1,
        };
        assert!(matches!(shown(0, ready(1)), State::Connecting { .. }));
        let resuming = |seconds| State::Resuming {
            since: at(seconds),
            why: Trouble::Dropped.into(),
        };
        assert_eq!(shown(1, ready(2)).since(), at(2));
        assert!(matches!(shown(0, resuming(3)), State::Resuming { .. }));
        assert!(matches!(shown(1, degraded(5)), State::Degraded { .. }));
        assert_eq!(shown(0, degraded(4)).since(), at(4));
        assert_eq!(shown(0, ready(6)).since(), at(5));
        assert!(shown(1, ready(7)).is_ready());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_vouched_for_is_what_the_slowest_shard_vouches_for() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut board = Board::default();
        board.add(ShardId::new(0, 2));
        board.add(ShardId::new(1, 2));
        assert_eq!(
            board.acknowledge(0, at(1)),
            None,
            "shard 1 has said nothing"
        );
        assert_eq!(board.acknowledge(1, at(5)), Some(at(1)));
        assert_eq!(board.acknowledge(1, at(6)), None, "no more than before");
        assert_eq!(board.acknowledge(0, at(9)), Some(at(6)));
    }

    #[tokio::test(start_paused = true)]
    async fn events_are_expected_of_the_shard_that_serves_the_guild_while_it_is_ready() {
        let mut board = Board::default();
        board.add(ShardId::new(0, 2));
        board.add(ShardId::new(1, 2));
        let now = Instant::now();
        let guild = Id::new(3 << 22);
        board.expect(guild, now);
        assert_eq!(board.expected(1), None, "it is not ready");
        board.set_state(1, State::Ready { since: now });
        board.expect(guild, now);
        assert_eq!(board.expected(1).unwrap().guild, guild);
        assert_eq!(board.expected(0), None);
        let why = Trouble::Dropped.into();
        board.set_state(1, State::Resuming { since: now, why });
        assert_eq!(board.expected(1), None);
    }

    #[tokio::test(start_paused = true)]
    async fn what_happens_to_one_shard_is_told_of_no_other() {
        let mut board = Board::default();
        let pulses = [0, 1].map(|shard| board.add(ShardId::new(shard, 2)));
        let now = Instant::now();
        let lapse = Lapse {
            reason: LapseReason::Undecodable,
            since: now,
            at: now,
        };
        pulses[0].stumbled();
        board.lapsed(0, lapse);
        board.unread(1);
        let told = board.shards();
        let [(0, first), (1, second)] = &told[..] else {
            panic!("{told:?}")
        };
        assert_eq!((first.last_lapse, second.last_lapse), (Some(lapse), None));
        let counted = |health: &Health| {
            let counts = health.counts;
            (counts.lapses, counts.undecodable, counts.unreadable)
        };
        assert_eq!((counted(first), counted(second)), ((1, 1, 0), (0, 0, 1)));
    }
}
