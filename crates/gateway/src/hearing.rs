//! Whether what must be heard is heard.

use std::collections::BTreeMap;

use tokio::time::Instant;
use twilight_model::id::{Id, marker::GuildMarker};

use crate::limits::{DEAF_AFTER, GUILDS_EXPECTED_MAX};

/// What one shard has heard, and of which guilds it must hear something.
///
/// A connection may answer heartbeats and tell nothing. Silence alone proves nothing either: most
/// guilds are quiet. But who has done something in a guild that Discord tells everybody there, such as
/// posting a message, must hear of it.
#[derive(Debug, Default)]
pub(crate) struct Hearing {
    last_event: Option<Instant>,
    /// Those of which something was once expected.
    guilds: BTreeMap<Id<GuildMarker>, Guild>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Guild {
    last_event: Option<Instant>,
    expected: Option<Expected>,
}

/// An event that must come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) guild: Id<GuildMarker>,
    /// When the guild was last heard of: from then on events may be missing.
    pub(crate) silent_since: Instant,
    /// When it is overdue.
    pub(crate) due: Instant,
}

// === impl Hearing ===

impl Hearing {
    /// An event came.
    pub(crate) fn heard(&mut self, guild: Option<Id<GuildMarker>>) {
        let now = Some(Instant::now());
        self.last_event = now;
        if let Some(guild) = guild.and_then(|id| self.guilds.get_mut(&id)) {
            guild.last_event = now;
            guild.expected = None;
        }
    }

    /// Something was done in `id` after `since` of which an event comes, or has come already.
    pub(crate) fn expect(&mut self, id: Id<GuildMarker>, since: Instant) {
        if self.guilds.len() >= GUILDS_EXPECTED_MAX && !self.guilds.contains_key(&id) {
            return;
        }
        let last_event = self.last_event;
        let guild = self.guilds.entry(id).or_default();
        // Of a guild that nobody has asked for yet, an event may have come unnoticed.
        let last_event = guild.last_event.or(last_event);
        if guild.expected.is_some() || last_event.is_some_and(|last| last >= since) {
            return;
        }
        guild.expected = Some(Expected {
            guild: id,
            silent_since: last_event.unwrap_or(since),
            due: Instant::now() + DEAF_AFTER,
        });
    }

    /// What is overdue first, or will be.
    pub(crate) fn expected(&self) -> Option<Expected> {
        let guilds = self.guilds.values();
        let expected = guilds.filter_map(|guild| guild.expected);
        expected.min_by_key(|expected| expected.due)
    }

    /// Nothing is expected of this guild any more.
    pub(crate) fn excuse(&mut self, id: Id<GuildMarker>) {
        if let Some(guild) = self.guilds.get_mut(&id) {
            guild.expected = None;
        }
    }

    /// The connection is lost: what comes now comes by another one.
    pub(crate) fn excuse_all(&mut self) {
        for guild in self.guilds.values_mut() {
            guild.expected = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::advance;

    use super::*;

    const HERE: Id<GuildMarker> = Id::new(1);
    const THERE: Id<GuildMarker> = Id::new(2);

    #[tokio::test(start_paused = true)]
    async fn what_was_done_must_be_heard_of_from_the_same_guild() {
        let mut hearing = Hearing::default();
        let began = Instant::now();
        hearing.heard(Some(HERE));
        advance(Duration::from_secs(1)).await;
        let since = Instant::now();
        advance(Duration::from_secs(1)).await;
        hearing.expect(HERE, since);
        let expected = hearing.expected().unwrap();
        assert_eq!(expected.silent_since, began);
        assert_eq!(expected.due, Instant::now() + DEAF_AFTER);
        hearing.heard(Some(THERE));
        hearing.heard(None);
        assert_eq!(hearing.expected(), Some(expected));
        // Another one does not put it off.
        advance(Duration::from_secs(1)).await;
        hearing.expect(HERE, Instant::now());
        assert_eq!(hearing.expected(), Some(expected));
        hearing.heard(Some(HERE));
        assert_eq!(hearing.expected(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn an_event_that_came_before_the_answer_is_not_expected_again() {
        let mut hearing = Hearing::default();
        for _ in 0..2 {
            let since = Instant::now();
            advance(Duration::from_millis(80)).await;
            hearing.heard(Some(HERE));
            advance(Duration::from_millis(80)).await;
            hearing.expect(HERE, since);
            assert_eq!(hearing.expected(), None);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_one_that_is_overdue_counts_and_what_is_excused_does_not() {
        let mut hearing = Hearing::default();
        hearing.expect(THERE, Instant::now());
        advance(Duration::from_secs(1)).await;
        hearing.expect(HERE, Instant::now());
        assert_eq!(hearing.expected().unwrap().guild, THERE);
        hearing.excuse(THERE);
        assert_eq!(hearing.expected().unwrap().guild, HERE);
        hearing.excuse_all();
        assert_eq!(hearing.expected(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn guilds_are_bounded() {
        let mut hearing = Hearing::default();
        for id in 1..=GUILDS_EXPECTED_MAX as u64 + 10 {
            hearing.expect(Id::new(id), Instant::now());
        }
        assert_eq!(hearing.guilds.len(), GUILDS_EXPECTED_MAX);
    }
}
