//! The one gate in front of every deletion.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;
use twilight_model::id::{Id, marker::ChannelMarker};

use crate::{
    Mark, Row, Settings, Stage,
    discord_time::created_ms,
    limits::{ID_CLOCK_SPREAD, SPECIAL_AGE_MAX},
    mark::Marks,
    special,
    switches::Switches,
};

/// A channel that may be deleted. Only this module makes one, and only from evidence: no code
/// outside can ask for a deletion by an id it got from anywhere else.
///
/// ```compile_fail,E0451
/// use cordboard_lifecycle::{Deletable, Mark};
/// use tokio::time::Instant;
/// use twilight_model::id::Id;
///
/// fn of_any_channel(mark: Mark, other: Deletable) -> Deletable {
///     Deletable {
///         channel_id: Id::new(1087394857203948572),
///         mark,
///         expires_at: Instant::now(),
///         switches: other.switches,
///     }
/// }
/// ```
#[derive(Debug)]
pub struct Deletable {
    channel_id: Id<ChannelMarker>,
    mark: Mark,
    /// When what the checks went by is too old.
    expires_at: Instant,
    /// What an operator says now.
    switches: Arc<Switches>,
}

/// Why a channel may not be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("its row is {0}, not condemned")]
    NotCondemned(&'static str),
    #[error("its row is about another channel")]
    OtherChannel,
    #[error("it is in a guild that this installation is not configured for")]
    OtherGuild,
    #[error("its id is the guild's own")]
    GuildItself,
    #[error("it is configured as protected, or an operator has protected it")]
    Protected,
    #[error(
        "the guild uses it as a special channel (rules, updates, system, AFK, safety, widget, onboarding)"
    )]
    Special,
    #[error("it is older than our plan to create it")]
    OlderThanItsPlan,
}

// === impl Refusal ===

impl Refusal {
    /// The name of the check's counter.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::NotCondemned(_) => "not_condemned",
            Self::OtherChannel => "other_channel",
            Self::OtherGuild => "other_guild",
            Self::GuildItself => "guild_itself",
            Self::Protected => "protected",
            Self::Special => "special",
            Self::OlderThanItsPlan => "older_than_its_plan",
        }
    }
}

// === impl Deletable ===

impl Deletable {
    /// The channel.
    #[must_use]
    pub const fn channel_id(&self) -> Id<ChannelMarker> {
        self.channel_id
    }

    /// Its mark, for the audit-log reason of the deletion.
    #[must_use]
    pub const fn mark(&self) -> Mark {
        self.mark
    }

    /// Whether the deletion may still be sent. It may not once an operator holds deletions or protects the
    /// channel, or once
    /// the checks are [`SPECIAL_AGE_MAX`] old: to be asked after the last wait for a rate limit, just
    /// before the request leaves. A deletion that may not is [`crate::Failure::NotDone`] without a
    /// wait; it is checked again from scratch.
    #[must_use]
    pub fn is_still_allowed(&self) -> bool {
        Instant::now() < self.expires_at
            && !*self.switches.deletions_held().borrow()
            && !self.switches.protects(self.channel_id)
    }
}

/// Checks once more, from scratch, that this channel may be deleted. `row` is read from the
/// registry for this call and not remembered from before, `special` is read from Discord at most
/// [`crate::limits::SPECIAL_AGE_MAX`] ago.
///
/// Each check would be enough to stop a different mistake: a stale list, a mixed-up id, a restored
/// database, a channel of ours that people have given a purpose.
pub(crate) fn authorize(
    channel_id: Id<ChannelMarker>,
    row: &Row,
    settings: &Settings,
    special: &special::Channels,
    marks: &Marks,
    switches: &Arc<Switches>,
) -> Result<Deletable, Refusal> {
    // A stage that knows its channel has evidence for it: `Owned` cannot be made without.
    let Stage::Condemned(owned) = row.stage else {
        return Err(Refusal::NotCondemned(row.stage.name()));
    };
    if owned.channel_id != channel_id {
        return Err(Refusal::OtherChannel);
    }
    if row.guild_id != settings.guild_id {
        return Err(Refusal::OtherGuild);
    }
    if channel_id.cast() == settings.guild_id {
        return Err(Refusal::GuildItself);
    }
    if settings.protects(channel_id) || switches.protects(channel_id) {
        return Err(Refusal::Protected);
    }
    if special.ids.contains(&channel_id) {
        return Err(Refusal::Special);
    }
    let created = Duration::from_millis(created_ms(channel_id));
    if created + ID_CLOCK_SPREAD < Duration::from_millis(row.not_before_ms) {
        return Err(Refusal::OlderThanItsPlan);
    }
    Ok(Deletable {
        channel_id,
        mark: marks.mark(row.attempt),
        expires_at: special.read_at + SPECIAL_AGE_MAX,
        switches: Arc::clone(switches),
    })
}

#[cfg(test)]
mod tests;
