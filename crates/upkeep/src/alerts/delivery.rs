//! One thing that is told to one target, and what came of it.

use serde::Serialize;

use super::{Kind, State};

/// One thing that is told to one target, claimed by whoever delivers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its name: 24 characters of hexadecimal, the same each time it is tried, so that a target knows a
    /// repetition. Short enough for a nonce of Discord's.
    pub id: String,
    /// For whom it is.
    pub target: String,
    /// What is wrong.
    pub kind: Kind,
    /// With what.
    pub subject: String,
    /// What is the matter.
    pub text: String,
    /// What to do about it.
    pub fix: String,
    /// What is told of it.
    pub state: State,
    /// When that was so, in milliseconds since 1970.
    pub at_ms: u64,
    /// How often it was said since it began.
    pub count: u64,
    /// How often this target was not told that it had begun or ended, because there was too much of it.
    pub untold: u64,
    /// How often it was tried, this time included. It tells one claim from another.
    pub attempt: u32,
}

/// What is due now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claimed {
    /// One for each target at most: what comes after it waits for it.
    pub deliveries: Vec<Delivery>,
    /// How many were given up, because they were too old.
    pub given_up: u64,
}

/// What came of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The target has it.
    Delivered,
    /// Perhaps next time.
    Failed {
        /// When it is tried again, in milliseconds since 1970.
        next_at_ms: u64,
        /// Why, for people.
        why: String,
    },
    /// It is not tried again.
    GivenUp {
        /// Why, for people.
        why: String,
    },
}

/// How a delivery ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Settlement {
    /// The target has it.
    Delivered,
    /// It was tried for too long.
    GivenUp,
}

/// A delivery on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeliveryStanding {
    /// Its name.
    pub id: String,
    /// For whom it is.
    pub target: String,
    /// What is wrong.
    pub kind: Kind,
    /// With what.
    pub subject: String,
    /// What is told of it.
    pub state: State,
    /// When that was so, in milliseconds since 1970.
    pub at_ms: u64,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried again, unless something before it waits.
    pub next_at_ms: u64,
    /// Why it failed last.
    pub trouble: Option<String>,
    /// How it ended; `None`: it waits.
    pub settled: Option<Settlement>,
}

// === impl Settlement ===

impl Settlement {
    /// Its name in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::GivenUp => "given_up",
        }
    }

    /// The settlement of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let all = [Self::Delivered, Self::GivenUp];
        all.into_iter().find(|settlement| settlement.name() == name)
    }
}

// === impl Delivery ===

impl Delivery {
    /// A name for a new delivery, for authors of outboxes. It is drawn: of two records, one after the loss of
    /// the other, none uses a name of the other.
    #[must_use]
    pub fn draw_id() -> String {
        format!("{:024x}", fastrand::u128(..) >> 32)
    }
}
