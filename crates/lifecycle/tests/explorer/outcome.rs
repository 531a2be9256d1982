//! What a creation and a deletion can come to.

use std::{fmt, time::Duration};

use cordboard_simulator::{Fault, Scope};

pub(crate) const CREATE: &str = "POST /guilds/{guild_id}/channels";
pub(crate) const DELETE: &str = "DELETE /channels/{channel_id}";

/// What a request comes to.
pub(crate) struct Outcome {
    pub(crate) name: &'static str,
    /// Whether it stands for its kind: what the sender makes of it and what Discord did are
    /// together another than for those before it.
    pub(crate) is_kind: bool,
    pub(crate) fault: fn() -> Option<Fault>,
}

/// As often as the sender tries a call by itself: the lifecycle hears of it.
const EACH_TRY: u64 = 3;

/// Every row of the table "what came of the POST", what Discord did behind the answer included.
/// Those of which nobody can tell are there twice: followed by an attempt that succeeds, and not.
pub(crate) static POSTS: &[Outcome] = &[
    Outcome::kind("fine", || None),
    Outcome::kind("hang_up", || Some(Fault::hang_up(CREATE))),
    Outcome::kind("act_hang_up", || Some(Fault::act_then_hang_up(CREATE))),
    Outcome::kind("act_hang_up_twice", || {
        Some(Fault::act_then_hang_up(CREATE).times(2))
    }),
    Outcome::like("act_hang", || Some(Fault::act_then_hang(CREATE))),
    Outcome::kind("late", || {
        Some(Fault::late(CREATE, Duration::from_secs(30)))
    }),
    Outcome::like("very_late", || {
        Some(Fault::late(CREATE, Duration::from_mins(3)).times(2))
    }),
    Outcome::like("5xx", || Some(Fault::status(CREATE, 503))),
    Outcome::like("act_5xx", || Some(Fault::status_after(CREATE, 500))),
    Outcome::kind("429_short", || {
        Some(Fault::rate_limited(
            CREATE,
            Scope::User,
            Duration::from_secs(2),
        ))
    }),
    Outcome::like("429_long", || {
        Some(Fault::rate_limited(
            CREATE,
            Scope::Shared,
            Duration::from_mins(5),
        ))
    }),
    Outcome::kind("full", || {
        Some(Fault::status(CREATE, 400).code(30013).always())
    }),
    Outcome::kind("forbidden", || {
        Some(Fault::status(CREATE, 403).code(50013).always())
    }),
    Outcome::like("cut", || Some(Fault::cut_body(CREATE))),
    Outcome::like("garbage", || Some(Fault::garbage(CREATE))),
    Outcome::kind("twice", || Some(Fault::act_twice(CREATE))),
];

/// Every row of the table "what came of the DELETE", what Discord did behind the answer included.
pub(crate) static DELETIONS: &[Outcome] = &[
    Outcome::kind("fine", || None),
    Outcome::kind("5xx", || Some(Fault::status(DELETE, 503).times(EACH_TRY))),
    Outcome::kind("act_5xx", || {
        Some(Fault::status_after(DELETE, 500).times(EACH_TRY))
    }),
    Outcome::like("hang_up", || Some(Fault::hang_up(DELETE).times(EACH_TRY))),
    Outcome::like("act_hang_up", || {
        Some(Fault::act_then_hang_up(DELETE).times(EACH_TRY))
    }),
    Outcome::like("hang", || Some(Fault::hang(DELETE).times(EACH_TRY))),
    Outcome::like("act_hang", || {
        Some(Fault::act_then_hang(DELETE).times(EACH_TRY))
    }),
    Outcome::kind("lag", || Some(Fault::status(DELETE, 404).code(10003))),
    Outcome::kind("forbidden", || {
        Some(Fault::status(DELETE, 403).code(50013).always())
    }),
    Outcome::like("required", || {
        Some(Fault::status(DELETE, 403).code(50074).always())
    }),
    Outcome::like("429_short", || {
        Some(Fault::rate_limited(
            DELETE,
            Scope::User,
            Duration::from_secs(2),
        ))
    }),
    Outcome::kind("429_long", || {
        Some(Fault::rate_limited(
            DELETE,
            Scope::Shared,
            Duration::from_mins(5),
        ))
    }),
    Outcome::like("html_404", || {
        Some(Fault::html(DELETE, 404).times(EACH_TRY))
    }),
    Outcome::like("garbage", || Some(Fault::garbage(DELETE))),
];

// === impl Outcome ===

impl Outcome {
    const fn kind(name: &'static str, fault: fn() -> Option<Fault>) -> Self {
        Self {
            name,
            is_kind: true,
            fault,
        }
    }

    const fn like(name: &'static str, fault: fn() -> Option<Fault>) -> Self {
        Self {
            name,
            is_kind: false,
            fault,
        }
    }

    /// The outcome with this name.
    ///
    /// # Panics
    /// When there is none.
    pub(crate) fn named(all: &'static [Self], name: &str) -> &'static Self {
        all.iter()
            .find(|outcome| outcome.name == name)
            .unwrap_or_else(|| panic!("no outcome is called {name}"))
    }
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
