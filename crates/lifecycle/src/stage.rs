//! Where one channel stands between promise and proof: the whole life on one screen.

use twilight_model::id::{Id, marker::ChannelMarker};

/// Why we may say that a channel is ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// E1: its id came in Discord's own 2xx answer to our creation.
    Answer,
    /// E2: the audit log says that our bot created it, with a mark of ours as the reason.
    AuditLog,
}

/// A channel that we may say is ours, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owned {
    /// The channel.
    pub channel_id: Id<ChannelMarker>,
    /// Why it is ours.
    pub evidence: Evidence,
}

/// Where the channel of one attempt stands. A stage that knows a channel has evidence for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Recorded before the creation leaves. Discord may or may not know it.
    Planned,
    /// Discord did not act.
    NotCreated,
    /// The answer was lost: the channel may exist, or may come to exist later.
    Unknown,
    /// Unknown and no longer urgent; still matched whenever its channel turns up.
    Abandoned,
    /// Discord named it, and a conversation may use it.
    Live(Owned),
    /// Nobody needs it. The reaper owes proof that it is gone.
    Condemned(Owned),
    /// Discord says that it deleted the channel, or that there is none; a look has yet to confirm
    /// it. On record so that a new life looks rather than deletes once more.
    Verifying(Owned),
    /// It cannot be deleted now: an open debt, tried again for ever.
    Parked(Owned),
    /// Discord proved it absent.
    Gone(Owned),
}

/// What happens to a channel. Each may be told twice: the second time changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Discord answered the creation with this id (evidence E1).
    Named(Id<ChannelMarker>),
    /// Discord did not act on the creation.
    Refused,
    /// The answer to the creation was lost, by the network or by our own death.
    Lost,
    /// The audit log names the channel of this attempt (evidence E2).
    Found(Id<ChannelMarker>),
    /// The audit log was read in time, often enough, and named nothing.
    GivenUp,
    /// Its user let go of it, or its time is up, or the process that held it died.
    Released,
    /// It may not or cannot be deleted as things stand.
    Barred,
    /// Discord answered a deletion: done, or no such channel.
    Deleted,
    /// The deletion is due again: a parked channel's, or that of one that is still there.
    Rearmed,
    /// Discord proved it absent.
    Absent,
}

/// An event that cannot happen at this stage: a bug, or another process at work on the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{event:?} cannot happen to {stage:?}")]
pub struct IllegalStep {
    /// The stage it stands at.
    pub stage: Stage,
    /// What was said to have happened.
    pub event: Event,
}

// === impl Stage ===

impl Stage {
    /// The whole life of a channel. Stores enforce the same table once more.
    ///
    /// # Errors
    /// [`IllegalStep`] for every pair that is not in the table.
    pub fn after(self, event: Event) -> Result<Self, IllegalStep> {
        use {
            Event as E,
            Evidence::{Answer, AuditLog},
            Stage as S,
        };
        let owned = |channel_id, evidence| Owned {
            channel_id,
            evidence,
        };
        let next = match (self, event) {
            (S::Planned, E::Named(id)) => S::Live(owned(id, Answer)),
            (S::Planned, E::Refused) => S::NotCreated,
            (S::Planned, E::Lost) => S::Unknown,
            // Somebody may still wait for it; else its lease is dropped at once.
            (S::Planned | S::Unknown, E::Found(id)) => S::Live(owned(id, AuditLog)),
            // Late creations: nobody waits for them any more.
            (S::Abandoned | S::NotCreated, E::Found(id)) => S::Condemned(owned(id, AuditLog)),
            (S::Unknown, E::GivenUp) => S::Abandoned,
            (S::Live(owned), E::Released)
            | (S::Parked(owned) | S::Verifying(owned), E::Rearmed) => S::Condemned(owned),
            (S::Condemned(owned), E::Barred) => S::Parked(owned),
            (S::Condemned(owned), E::Deleted) => S::Verifying(owned),
            (S::Condemned(owned) | S::Verifying(owned), E::Absent) => S::Gone(owned),

            // What was found outranks what the creation itself came to; the rest is told twice.
            (S::Live(_), E::Refused | E::Lost)
            | (S::NotCreated, E::Refused)
            | (S::Unknown, E::Lost)
            | (S::Abandoned, E::GivenUp)
            | (S::Condemned(_), E::Released | E::Rearmed)
            | (S::Verifying(_), E::Deleted)
            | (S::Parked(_), E::Barred)
            | (S::Gone(_), E::Absent) => self,
            (
                S::Live(owned)
                | S::Condemned(owned)
                | S::Verifying(owned)
                | S::Parked(owned)
                | S::Gone(owned),
                E::Found(id) | E::Named(id),
            ) if owned.channel_id == id => self,

            (stage, event) => return Err(IllegalStep { stage, event }),
        };
        Ok(next)
    }

    /// The channel, once it is known to be ours.
    #[must_use]
    pub const fn owned(&self) -> Option<Owned> {
        match *self {
            Self::Planned | Self::NotCreated | Self::Unknown | Self::Abandoned => None,
            Self::Live(owned)
            | Self::Condemned(owned)
            | Self::Verifying(owned)
            | Self::Parked(owned)
            | Self::Gone(owned) => Some(owned),
        }
    }

    /// Whether something is still to be done or watched for.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        !matches!(self, Self::NotCreated | Self::Gone(_))
    }

    /// The stage's name in stores, logs and metrics.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::NotCreated => "not_created",
            Self::Unknown => "unknown",
            Self::Abandoned => "abandoned",
            Self::Live(_) => "live",
            Self::Condemned(_) => "condemned",
            Self::Verifying(_) => "verifying",
            Self::Parked(_) => "parked",
            Self::Gone(_) => "gone",
        }
    }

    /// The stage with this name, as a store wrote it; `None` when name and channel do not go
    /// together.
    #[must_use]
    pub fn from_record(name: &str, owned: Option<Owned>) -> Option<Self> {
        match (name, owned) {
            ("planned", None) => Some(Self::Planned),
            ("not_created", None) => Some(Self::NotCreated),
            ("unknown", None) => Some(Self::Unknown),
            ("abandoned", None) => Some(Self::Abandoned),
            ("live", Some(owned)) => Some(Self::Live(owned)),
            ("condemned", Some(owned)) => Some(Self::Condemned(owned)),
            ("verifying", Some(owned)) => Some(Self::Verifying(owned)),
            ("parked", Some(owned)) => Some(Self::Parked(owned)),
            ("gone", Some(owned)) => Some(Self::Gone(owned)),
            _ => None,
        }
    }
}

// === impl Evidence ===

impl Evidence {
    /// The evidence's name in stores and logs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Answer => "E1",
            Self::AuditLog => "E2",
        }
    }

    /// The evidence with this name, as a store wrote it.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Answer, Self::AuditLog]
            .into_iter()
            .find(|evidence| evidence.name() == name)
    }
}

#[cfg(test)]
mod tests;
