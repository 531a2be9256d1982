//! What every [`Registry`] does, as a suite that its author runs.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! use cordboard_lifecycle::{MemoryRegistry, conformance};
//!
//! // A fresh registry, and how it comes back after the process died.
//! conformance::suite(async || MemoryRegistry::default(), async |registry| registry).await;
//! # }
//! ```

mod cases;
mod life;

use twilight_model::id::{Id, marker::ChannelMarker};

use crate::{Event, Evidence, Owned, Registry, Stage};

/// The channel that the [`stages`] know.
pub const CHANNEL: Id<ChannelMarker> = Id::new(1_001);

/// A channel that they do not know.
pub const OTHER: Id<ChannelMarker> = Id::new(1_002);

/// Each stage, and events that lead to it from [`Stage::Planned`].
#[must_use]
pub fn stages() -> Vec<(Stage, Vec<Event>)> {
    use Event::{
        Absent, Barred, Deleted, Forgotten, GivenUp, Lost, Named, Refused, Released, Sighted,
        Spared,
    };
    let owned = Owned {
        channel_id: CHANNEL,
        evidence: Evidence::Answer,
    };
    vec![
        (Stage::Planned, vec![]),
        (Stage::NotCreated, vec![Refused]),
        (Stage::Unknown, vec![Lost]),
        (Stage::Abandoned, vec![Lost, GivenUp]),
        (Stage::Quarantined(CHANNEL), vec![Lost, Sighted(CHANNEL)]),
        (
            Stage::Disowned(CHANNEL),
            vec![Lost, Sighted(CHANNEL), Forgotten],
        ),
        (Stage::Live(owned), vec![Named(CHANNEL)]),
        (Stage::Kept(owned), vec![Named(CHANNEL), Spared]),
        (Stage::Condemned(owned), vec![Named(CHANNEL), Released]),
        (
            Stage::Verifying(owned),
            vec![Named(CHANNEL), Released, Deleted],
        ),
        (Stage::Parked(owned), vec![Named(CHANNEL), Released, Barred]),
        (Stage::Gone(owned), vec![Named(CHANNEL), Released, Absent]),
    ]
}

/// Each event, with the channel of the [`stages`] and with another one.
#[must_use]
pub fn events() -> Vec<Event> {
    vec![
        Event::Named(CHANNEL),
        Event::Named(OTHER),
        Event::Refused,
        Event::Lost,
        Event::Found(CHANNEL),
        Event::Found(OTHER),
        Event::GivenUp,
        Event::Sighted(CHANNEL),
        Event::Sighted(OTHER),
        Event::Vanished,
        Event::Released,
        Event::Spared,
        Event::Claimed,
        Event::Asked,
        Event::Barred,
        Event::Deleted,
        Event::Rearmed,
        Event::Absent,
        Event::Forgotten,
    ]
}

/// Panics with what the registry does not do. `fresh` gives an empty registry; `reopened` gives
/// what a new process finds of it.
pub async fn suite<R: Registry>(fresh: impl AsyncFn() -> R, reopened: impl AsyncFn(R) -> R) {
    cases::rows_come_back_as_they_were_written(&fresh, &reopened).await;
    cases::steps_are_those_of_the_state_machine(&fresh).await;
    cases::an_attempt_and_a_channel_have_one_row(fresh().await).await;
    cases::open_rows_are_listed_in_pages(&fresh, &reopened).await;
    cases::the_log_is_only_read_forward(&fresh, &reopened).await;
    cases::a_day_is_counted_over_restarts(&fresh, &reopened).await;
    cases::a_life_that_is_over_writes_nothing(&fresh, &reopened).await;
    cases::rows_that_are_missing_are_said_to_be(fresh().await).await;
    cases::many_callers_at_once_all_get_through(fresh().await).await;
}

#[cfg(test)]
mod tests {
    use crate::MemoryRegistry;

    #[tokio::test]
    async fn the_memory_registry_conforms() {
        super::suite(
            async || MemoryRegistry::default(),
            async |registry| registry,
        )
        .await;
    }
}
