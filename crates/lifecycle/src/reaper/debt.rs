//! One channel that is to be deleted, and what is to be done about it next.

use std::{error::Error as _, time::Duration};

use tokio::time::Instant;

use crate::{
    Failure, Row,
    limits::{HIDDEN_ABSENCE_AFTER, LOOK_APART, LOOK_APART_UNACCEPTED, OVERDUE_AFTER},
    schedule::{after, back_off, told},
    switches::Switches,
};

/// A condemned or parked channel, and what is to be done about it next.
#[derive(Debug)]
pub(crate) struct Debt {
    pub(super) row: Row,
    pub(super) due: Instant,
    pub(super) since: Instant,
    pub(super) failures: u32,
    pub(super) next: Next,
    /// When the last try came to nothing, if nobody said how long to wait: it may be made again
    /// sooner than planned when something has changed.
    pub(super) failed: Option<Instant>,
    /// Whether a check or Discord refused its deletion last.
    pub(super) was_parked: bool,
    /// Whether Discord has said that it deleted it, in this life.
    pub(super) is_accepted: bool,
    /// Whether its deletion was counted by the brake.
    pub(super) is_counted: bool,
    /// How often in a row its deletion was not sent, because its turn came too late.
    pub(super) late: u8,
    /// When it was last seen to be there and out of our sight: absence proves nothing then.
    pub(super) hidden: Option<Instant>,
    /// How often the guild's list did not agree that it is gone.
    pub(super) doubts: u8,
}

/// What is to be done next. Only that Discord said it is gone is on record
/// ([`crate::Stage::Verifying`]): a new life looks then, and otherwise deletes again, which is
/// harmless.
#[derive(Clone, Copy, Debug)]
pub(super) enum Next {
    Delete,
    Look { absences: u8, still_here: u8 },
}

/// The look that confirms what Discord said.
pub(super) const FIRST_LOOK: Next = Next::Look {
    absences: 1,
    still_here: 0,
};

/// What the row of a channel says whose deletion Discord has accepted: a new life needs to know.
pub(super) const ACCEPTED: &str = "discord says that it deleted it";

/// What the row of a channel says that is out of our sight.
pub(super) const HIDDEN: &str = "discord does not show it to us (50001): let the bot see it again";

// === impl Debt ===

impl Debt {
    pub(crate) fn new(row: Row, due: Instant) -> Self {
        Self {
            row,
            due,
            since: due,
            failures: 0,
            next: Next::Delete,
            failed: None,
            was_parked: false,
            is_accepted: false,
            is_counted: false,
            late: 0,
            hidden: None,
            doubts: 0,
        }
    }

    /// A channel whose deletion was refused in a former life.
    pub(crate) fn parked(row: Row, due: Instant) -> Self {
        let is_hidden = row.reason.as_deref() == Some(HIDDEN);
        Self {
            hidden: is_hidden.then(Instant::now),
            failed: Some(Instant::now()),
            was_parked: true,
            ..Self::new(row, due)
        }
    }

    /// A channel of which Discord said in a former life that it is gone.
    pub(crate) fn deleted(row: Row) -> Self {
        let is_accepted = row.reason.as_deref() == Some(ACCEPTED);
        let debt = Self {
            is_accepted,
            ..Self::new(row, Instant::now())
        };
        let apart = debt.looks_apart();
        debt.after(apart, FIRST_LOOK)
    }

    /// Between two proofs of its absence.
    pub(super) const fn looks_apart(&self) -> Duration {
        if self.is_accepted {
            LOOK_APART
        } else {
            LOOK_APART_UNACCEPTED
        }
    }

    /// In how long its absence will prove that it is gone.
    pub(super) fn believed_in(&self) -> Duration {
        self.hidden.map_or(Duration::ZERO, |at| {
            HIDDEN_ABSENCE_AFTER.saturating_sub(at.elapsed())
        })
    }

    pub(super) fn after(self, wait: Duration, next: Next) -> Self {
        Self {
            due: after(wait),
            next,
            ..self
        }
    }

    /// After a failure, less and less often, for ever.
    pub(super) fn again(mut self, next: Next) -> Self {
        let wait = back_off(self.failures, self.since.elapsed(), fastrand::f64());
        self.failures = self.failures.saturating_add(1);
        self.failed = Some(Instant::now());
        self.after(wait, next)
    }

    /// After a call that came to nothing. Says so, loudly once the channel should long be gone: the
    /// waits between two tries grow, so that the log does not.
    pub(super) fn after_failure(self, switches: &Switches, failure: &Failure, next: Next) -> Self {
        let channel_id = self.row.stage.channel_id();
        let cause = failure.source().map(ToString::to_string);
        let overdue = self.since.elapsed();
        if overdue < OVERDUE_AFTER {
            tracing::debug!(channel.id = ?channel_id, error = %failure, cause, "not deleted yet");
        } else {
            tracing::warn!(
                channel.id = ?channel_id,
                error = %failure,
                cause,
                overdue_s = overdue.as_secs(),
                "a channel of ours is not deleted yet; it is tried again for ever"
            );
        }
        switches.troubled(
            self.row.attempt,
            cause.map_or_else(
                || failure.to_string(),
                |cause| format!("{failure}: {cause}"),
            ),
        );
        match failure {
            Failure::NotDone {
                wait: Some(wait), ..
            } => Self {
                failed: None,
                ..self.after(told(*wait, fastrand::f64()), next)
            },
            _ => self.again(next),
        }
    }
}
