//! Which guilds a session has announced.
//!
//! READY is not the end of the beginning: events of a guild are complete only from its
//! `GUILD_CREATE` on, so only a read that begins after it leaves no hole.

use std::collections::HashSet;

use tokio::time::Instant;
use twilight_model::id::{Id, marker::GuildMarker};

use crate::limits::HAND_OVER_TIMEOUT;

/// The guilds of one session, from READY on.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    /// Named by READY, not announced yet.
    awaited: HashSet<Id<GuildMarker>>,
    /// In an outage: they come back with a `GUILD_CREATE` of their own.
    away: HashSet<Id<GuildMarker>>,
    /// They have removed the bot, and may let it in again.
    left: HashSet<Id<GuildMarker>>,
    /// Until when the session waits for those awaited; `None` when it has been handed over.
    deadline: Option<Instant>,
    /// The guilds of a session that was taken over which were announced since: the others may have been
    /// away when it was left. `None` when the session began here.
    announced: Option<HashSet<Id<GuildMarker>>>,
}

/// What an announcement means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// Nothing to do: a new guild, one of many that are awaited, or one seen before.
    Unremarkable,
    /// Nobody is awaited any more.
    Last,
    /// A guild that was away, or had removed the bot, is back: its events between may be missing.
    Returned,
}

impl Roster {
    /// READY named `guilds`. Nobody is awaited when they will not be announced (no `GUILDS`
    /// intent).
    pub(crate) fn of(guilds: impl IntoIterator<Item = Id<GuildMarker>>, now: Instant) -> Self {
        let awaited: HashSet<_> = guilds.into_iter().collect();
        let deadline = (!awaited.is_empty()).then(|| now + HAND_OVER_TIMEOUT);
        Self {
            awaited,
            away: HashSet::new(),
            left: HashSet::new(),
            deadline,
            announced: None,
        }
    }

    /// Of a session that another process has left: it said which guilds there are, and which are away.
    pub(crate) fn taken_over() -> Self {
        Self {
            announced: Some(HashSet::new()),
            ..Self::default()
        }
    }

    /// Until when guilds are awaited; `None` when none is.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Whether no events of this guild are to be expected.
    pub(crate) fn is_away(&self, guild: Id<GuildMarker>) -> bool {
        self.away.contains(&guild) || self.left.contains(&guild)
    }

    /// The guilds in an outage.
    pub(crate) fn away(&self) -> HashSet<Id<GuildMarker>> {
        self.away.clone()
    }

    /// Nobody is waited for any longer.
    pub(crate) fn give_up(&mut self) {
        self.away.extend(self.awaited.drain());
        self.deadline = None;
    }

    /// `GUILD_CREATE`.
    pub(crate) fn created(&mut self, guild: Id<GuildMarker>, unavailable: bool) -> Arrival {
        let awaited = self.awaited.remove(&guild);
        let announced = self.announced.as_mut();
        let is_unheard_of = announced.is_some_and(|announced| announced.insert(guild));
        let was_away = self.away.remove(&guild) | self.left.remove(&guild) | is_unheard_of;
        if unavailable {
            self.away.insert(guild);
        }
        self.arrival(awaited, was_away && !unavailable)
    }

    /// `GUILD_DELETE`: an outage when `unavailable`, else the bot was removed.
    pub(crate) fn deleted(&mut self, guild: Id<GuildMarker>, unavailable: bool) -> Arrival {
        let awaited = self.awaited.remove(&guild);
        if unavailable {
            self.away.insert(guild);
        } else {
            self.away.remove(&guild);
            self.left.insert(guild);
        }
        self.arrival(awaited, false)
    }

    fn arrival(&mut self, awaited: bool, returned: bool) -> Arrival {
        if awaited && self.awaited.is_empty() && self.deadline.take().is_some() {
            return Arrival::Last;
        }
        if returned {
            Arrival::Returned
        } else {
            Arrival::Unremarkable
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Id<GuildMarker> = Id::new(1);
    const B: Id<GuildMarker> = Id::new(2);
    const NEW: Id<GuildMarker> = Id::new(3);

    #[tokio::test]
    async fn the_session_is_handed_over_with_the_last_awaited_guild() {
        let mut roster = Roster::of([A, B], Instant::now());
        assert_eq!(roster.created(NEW, false), Arrival::Unremarkable);
        assert_eq!(roster.created(A, false), Arrival::Unremarkable);
        assert_eq!(roster.created(A, false), Arrival::Unremarkable);
        assert!(roster.deadline().is_some());
        assert_eq!(roster.deleted(B, true), Arrival::Last);
        assert_eq!(roster.deadline(), None);
        assert_eq!(roster.created(B, false), Arrival::Returned);
        assert_eq!(roster.created(B, false), Arrival::Unremarkable);
    }

    #[tokio::test]
    async fn a_guild_in_an_outage_holds_up_nobody_and_is_missed_when_it_returns() {
        let mut roster = Roster::of([A], Instant::now());
        roster.give_up();
        assert_eq!(roster.deadline(), None);
        assert_eq!(roster.created(A, true), Arrival::Unremarkable);
        assert_eq!(roster.created(A, false), Arrival::Returned);
    }

    #[tokio::test]
    async fn a_guild_that_removed_the_bot_was_missed_when_it_adds_it_again() {
        let mut roster = Roster::of([A], Instant::now());
        assert_eq!(roster.created(A, false), Arrival::Last);
        assert_eq!(roster.deleted(A, true), Arrival::Unremarkable);
        assert_eq!(roster.away(), HashSet::from([A]));
        assert_eq!(roster.deleted(A, false), Arrival::Unremarkable);
        assert!(roster.is_away(A) && roster.away().is_empty());
        assert_eq!(roster.created(A, false), Arrival::Returned);
        assert!(!roster.is_away(A));
    }

    #[tokio::test]
    async fn a_guild_may_have_been_away_when_the_session_was_taken_over() {
        let mut roster = Roster::taken_over();
        assert_eq!(roster.created(A, false), Arrival::Returned);
        assert_eq!(roster.created(A, false), Arrival::Unremarkable);
        assert_eq!(roster.created(B, true), Arrival::Unremarkable);
        assert_eq!(roster.created(B, false), Arrival::Returned);
    }

    #[tokio::test]
    async fn a_session_without_guilds_waits_for_none() {
        assert_eq!(Roster::of([], Instant::now()).deadline(), None);
    }
}
