//! Where one channel stands between promise and proof: the whole life on one screen.

use std::fmt;

use twilight_model::id::{Id, marker::ChannelMarker};

use crate::PlanHash;

/// Why we may say that a channel is ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// E1: its id came in Discord's own 2xx answer to our creation.
    Answer,
    /// E2: the audit log says that our bot created it, with a mark of ours as the reason.
    AuditLog,
    /// An operator says so, who was shown this channel in a plan of this hash and applied it.
    Operator(PlanHash),
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
    /// Recorded before the creation leaves. Discord may or may not know it; once it has named the
    /// channel, a conversation may use it while the name is put on record.
    Planned,
    /// Discord did not act.
    NotCreated,
    /// The answer was lost: the channel may exist, or may come to exist later.
    Unknown,
    /// Unknown and no longer urgent; still matched whenever its channel turns up.
    Abandoned,
    /// A channel carries the mark of this attempt and nothing proves that we created it: people can
    /// copy a mark. Never deleted; an open debt until there is evidence, or it is gone.
    Quarantined(Id<ChannelMarker>),
    /// As quarantined, and an operator has said that nobody is to care. Settled, unless there should be
    /// evidence after all.
    Disowned(Id<ChannelMarker>),
    /// Discord named it, that is on record, and a conversation may use it.
    Live(Owned),
    /// Let go of and left standing, because that is what the settings say. Settled.
    Kept(Owned),
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
    /// This channel carries the attempt's mark, and no evidence can be had.
    Sighted(Id<ChannelMarker>),
    /// The channel in quarantine is not there any more, or not to be deleted any more.
    Vanished,
    /// Its user let go of it, or its time is up, or the process that held it died.
    Released,
    /// As [`Self::Released`], and it is to stay.
    Spared,
    /// Another life goes on with it. Changes no stage, only the row's owner.
    Claimed,
    /// Its deletion is about to be sent. Changes no stage: it is what puts the deletion on record
    /// before it happens, and what reads the row anew for the last check.
    Asked,
    /// It may not or cannot be deleted as things stand.
    Barred,
    /// Discord answered a deletion: done, or no such channel.
    Deleted,
    /// The deletion is due again: a parked channel's, or that of one that is still there.
    Rearmed,
    /// Discord proved it absent.
    Absent,
    /// An operator says that nobody is to care any more: it stays as it is.
    Forgotten,
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
            (S::Planned, E::Refused) | (S::Abandoned, E::Forgotten) => S::NotCreated,
            (S::Planned, E::Lost) => S::Unknown,
            // Somebody may still wait for it; else its lease is dropped at once.
            (S::Planned | S::Unknown, E::Found(id)) => S::Live(owned(id, AuditLog)),
            // Late creations: nobody waits for them any more.
            (S::Abandoned | S::NotCreated | S::Quarantined(_) | S::Disowned(_), E::Found(id)) => {
                S::Condemned(owned(id, AuditLog))
            }
            (S::Unknown, E::GivenUp) | (S::Quarantined(_), E::Vanished) => S::Abandoned,
            (S::Unknown | S::Abandoned | S::NotCreated, E::Sighted(id)) => S::Quarantined(id),
            (S::Live(owned), E::Spared) | (S::Parked(owned), E::Forgotten) => S::Kept(owned),
            // A look saw a channel that was thought gone: two absences were a replica's lag.
            (S::Live(owned), E::Released)
            | (S::Parked(owned) | S::Verifying(owned) | S::Gone(owned), E::Rearmed) => {
                S::Condemned(owned)
            }
            (S::Condemned(owned) | S::Verifying(owned), E::Barred) => S::Parked(owned),
            (S::Condemned(owned), E::Deleted) => S::Verifying(owned),
            (S::Condemned(owned) | S::Verifying(owned) | S::Parked(owned), E::Absent) => {
                S::Gone(owned)
            }
            (S::Quarantined(id), E::Forgotten) => S::Disowned(id),

            (stage, E::Claimed) => stage,
            // What was found outranks what the creation itself came to; the rest is told twice.
            (S::Live(_), E::Refused | E::Lost)
            | (S::NotCreated, E::Refused | E::Forgotten)
            | (S::Unknown, E::Lost)
            | (S::Abandoned, E::GivenUp | E::Vanished)
            | (S::Kept(_), E::Spared | E::Forgotten)
            | (S::Disowned(_), E::Forgotten)
            | (S::Condemned(_), E::Released | E::Rearmed | E::Asked)
            | (S::Verifying(_), E::Deleted)
            | (S::Parked(_), E::Barred)
            | (S::Gone(_), E::Absent)
            // Its creation is in flight, it is in quarantine, or it has a channel: the one that was
            // sighted is this one, or a copy.
            | (
                S::Planned
                | S::Quarantined(_)
                | S::Disowned(_)
                | S::Live(_)
                | S::Kept(_)
                | S::Condemned(_)
                | S::Verifying(_)
                | S::Parked(_)
                | S::Gone(_),
                E::Sighted(_),
            ) => self,
            (
                S::Live(owned)
                | S::Kept(owned)
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
            Self::Planned
            | Self::NotCreated
            | Self::Unknown
            | Self::Abandoned
            | Self::Quarantined(_)
            | Self::Disowned(_) => None,
            Self::Live(owned)
            | Self::Kept(owned)
            | Self::Condemned(owned)
            | Self::Verifying(owned)
            | Self::Parked(owned)
            | Self::Gone(owned) => Some(owned),
        }
    }

    /// The channel that the row is about, whether it is ours or only carries our mark.
    #[must_use]
    pub const fn channel_id(&self) -> Option<Id<ChannelMarker>> {
        match (self.owned(), self) {
            (Some(owned), _) => Some(owned.channel_id),
            (None, Self::Quarantined(channel_id) | Self::Disowned(channel_id)) => Some(*channel_id),
            (None, _) => None,
        }
    }

    /// Whether something is still to be done or watched for.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        !matches!(
            self,
            Self::NotCreated | Self::Disowned(_) | Self::Kept(_) | Self::Gone(_)
        )
    }

    /// The stage's name in stores, logs and metrics.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::NotCreated => "not_created",
            Self::Unknown => "unknown",
            Self::Abandoned => "abandoned",
            Self::Quarantined(_) => "quarantined",
            Self::Disowned(_) => "disowned",
            Self::Live(_) => "live",
            Self::Kept(_) => "kept",
            Self::Condemned(_) => "condemned",
            Self::Verifying(_) => "verifying",
            Self::Parked(_) => "parked",
            Self::Gone(_) => "gone",
        }
    }

    /// The stage with this name, as a store wrote it; `None` when name, channel and evidence do not
    /// go together.
    #[must_use]
    pub fn from_record(
        name: &str,
        channel_id: Option<Id<ChannelMarker>>,
        evidence: Option<Evidence>,
    ) -> Option<Self> {
        let stage = match (name, channel_id, evidence) {
            ("planned", None, None) => Self::Planned,
            ("not_created", None, None) => Self::NotCreated,
            ("unknown", None, None) => Self::Unknown,
            ("abandoned", None, None) => Self::Abandoned,
            ("quarantined", Some(channel_id), None) => Self::Quarantined(channel_id),
            ("disowned", Some(channel_id), None) => Self::Disowned(channel_id),
            (name, Some(channel_id), Some(evidence)) => {
                let owned = Owned {
                    channel_id,
                    evidence,
                };
                match name {
                    "live" => Self::Live(owned),
                    "kept" => Self::Kept(owned),
                    "condemned" => Self::Condemned(owned),
                    "verifying" => Self::Verifying(owned),
                    "parked" => Self::Parked(owned),
                    "gone" => Self::Gone(owned),
                    _ => return None,
                }
            }
            _ => return None,
        };
        Some(stage)
    }
}

// === impl Evidence ===

impl fmt::Display for Evidence {
    /// As stores write it: `E1`, `E2`, or `operator:` and the plan's hash.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer => f.write_str("E1"),
            Self::AuditLog => f.write_str("E2"),
            Self::Operator(plan) => write!(f, "{OPERATOR}{plan}"),
        }
    }
}

impl Evidence {
    /// The evidence that a store wrote like this.
    #[must_use]
    pub fn from_record(text: &str) -> Option<Self> {
        match text {
            "E1" => Some(Self::Answer),
            "E2" => Some(Self::AuditLog),
            text => {
                let plan = text.strip_prefix(OPERATOR)?.parse().ok()?;
                Some(Self::Operator(plan))
            }
        }
    }
}

/// What an operator's evidence begins with on record.
const OPERATOR: &str = "operator:";

#[cfg(test)]
mod tests;
