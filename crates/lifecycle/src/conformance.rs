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

use futures_util::future::join_all;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, GuildMarker},
};

use crate::{
    AttemptId, Event, Evidence, Horizon, Owned, Registry, RegistryError, Row, Stage, Step, Stepped,
};

/// The channel that the [`stages`] know.
pub const CHANNEL: Id<ChannelMarker> = Id::new(1_001);

/// A channel that they do not know.
pub const OTHER: Id<ChannelMarker> = Id::new(1_002);

const GUILD: Id<GuildMarker> = Id::new(7);

/// Each stage, and events that lead to it from [`Stage::Planned`].
#[must_use]
pub fn stages() -> Vec<(Stage, Vec<Event>)> {
    use Event::{Absent, Barred, Deleted, GivenUp, Lost, Named, Refused, Released};
    let owned = Owned {
        channel_id: CHANNEL,
        evidence: Evidence::Answer,
    };
    vec![
        (Stage::Planned, vec![]),
        (Stage::NotCreated, vec![Refused]),
        (Stage::Unknown, vec![Lost]),
        (Stage::Abandoned, vec![Lost, GivenUp]),
        (Stage::Live(owned), vec![Named(CHANNEL)]),
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
        Event::Released,
        Event::Barred,
        Event::Deleted,
        Event::Rearmed,
        Event::Absent,
    ]
}

/// Panics with what the registry does not do. `fresh` gives an empty registry; `reopened` gives
/// what a new process finds of it.
pub async fn suite<R: Registry>(fresh: impl AsyncFn() -> R, reopened: impl AsyncFn(R) -> R) {
    rows_come_back_as_they_were_written(&fresh, &reopened).await;
    steps_are_those_of_the_state_machine(&fresh).await;
    an_attempt_and_a_channel_have_one_row(&fresh().await).await;
    open_rows_are_listed_in_pages(&fresh, &reopened).await;
    the_horizon_only_moves_forward(&fresh, &reopened).await;
    rows_that_are_missing_are_said_to_be(&fresh().await).await;
    many_callers_at_once_all_get_through(&fresh().await).await;
}

fn attempt(number: u128) -> AttemptId {
    AttemptId::from_bytes(number.to_be_bytes())
}

fn planned(number: u128) -> Row {
    Row {
        attempt: attempt(number),
        request_id: format!("request {number}, äöü '\""),
        guild_id: GUILD,
        stage: Stage::Planned,
        not_before_ms: 1_800_000_000_001,
        deadline_at_ms: 1_800_000_000_002,
        next_at_ms: 1_800_000_000_003,
        tries: 0,
    }
}

fn step(number: u128, event: Event) -> Step {
    Step {
        attempt: attempt(number),
        event,
        next_at_ms: 1_800_000_000_004,
        tries: 5,
    }
}

async fn insert(registry: &impl Registry, row: Row) -> bool {
    registry.insert(row).await.expect("a row can be inserted")
}

async fn take(registry: &impl Registry, number: u128, event: Event) -> Stepped {
    registry
        .step(step(number, event))
        .await
        .expect("a legal step is taken")
}

async fn read(registry: &impl Registry, number: u128) -> Option<Row> {
    registry
        .row(attempt(number))
        .await
        .expect("a row can be read")
}

/// A fresh registry with one row at the given end of events.
async fn at<R: Registry>(fresh: impl AsyncFn() -> R, path: &[Event]) -> R {
    let registry = fresh().await;
    assert!(insert(&registry, planned(1)).await);
    for event in path {
        take(&registry, 1, *event).await;
    }
    registry
}

async fn rows_come_back_as_they_were_written<R: Registry>(
    fresh: impl AsyncFn() -> R,
    reopened: impl AsyncFn(R) -> R,
) {
    for (stage, path) in stages() {
        let registry = reopened(at(&fresh, &path).await).await;
        let mut row = Row {
            stage,
            ..planned(1)
        };
        if !path.is_empty() {
            row = Row {
                next_at_ms: 1_800_000_000_004,
                tries: 5,
                ..row
            };
        }
        assert_eq!(
            read(&registry, 1).await,
            Some(row),
            "a row after {path:?}, reopened"
        );
    }
    let found = Owned {
        channel_id: CHANNEL,
        evidence: Evidence::AuditLog,
    };
    let registry = fresh().await;
    let row = Row {
        stage: Stage::Condemned(found),
        ..planned(2)
    };
    assert!(insert(&registry, row.clone()).await);
    assert_eq!(
        read(&reopened(registry).await, 2).await,
        Some(row),
        "a found row, reopened"
    );
}

async fn steps_are_those_of_the_state_machine<R: Registry>(fresh: impl AsyncFn() -> R) {
    for (stage, path) in stages() {
        for event in events() {
            let registry = at(&fresh, &path).await;
            let row = read(&registry, 1).await.expect("the row is there");
            let stepped = registry.step(step(1, event)).await;
            let expected = match stage.after(event) {
                Ok(after) if after == stage => row.clone(),
                Ok(after) => Row {
                    stage: after,
                    next_at_ms: 1_800_000_000_004,
                    tries: 5,
                    ..row.clone()
                },
                Err(illegal) => {
                    let refused = matches!(stepped, Err(RegistryError::Illegal(i)) if i == illegal);
                    assert!(refused, "{event:?} at {stage:?} is illegal");
                    assert_eq!(read(&registry, 1).await, Some(row), "nothing was written");
                    continue;
                }
            };
            let stepped = stepped.expect("a legal step is taken");
            assert_eq!(
                stepped,
                Stepped {
                    before: stage,
                    row: expected.clone()
                }
            );
            assert_eq!(
                read(&registry, 1).await,
                Some(expected),
                "{event:?} at {stage:?}"
            );
        }
    }
}

async fn an_attempt_and_a_channel_have_one_row(registry: &impl Registry) {
    assert!(insert(registry, planned(1)).await);
    take(registry, 1, Event::Named(CHANNEL)).await;
    let before = read(registry, 1).await;
    assert!(
        !insert(registry, planned(1)).await,
        "the attempt is on record already"
    );
    let owned = Owned {
        channel_id: CHANNEL,
        evidence: Evidence::AuditLog,
    };
    let second = Row {
        stage: Stage::Condemned(owned),
        ..planned(2)
    };
    assert!(
        !insert(registry, second).await,
        "the channel is on record already"
    );
    assert_eq!(read(registry, 1).await, before);
    assert_eq!(read(registry, 2).await, None);

    assert!(insert(registry, planned(3)).await);
    let stolen = registry.step(step(3, Event::Named(CHANNEL))).await;
    assert!(
        matches!(stolen, Err(RegistryError::Illegal(_))),
        "the channel belongs to another row"
    );
    assert_eq!(read(registry, 3).await, Some(planned(3)));
}

async fn open_rows_are_listed_in_pages<R: Registry>(
    fresh: impl AsyncFn() -> R,
    reopened: impl AsyncFn(R) -> R,
) {
    let registry = fresh().await;
    for number in (1..=9).rev() {
        assert!(insert(&registry, planned(number)).await);
    }
    take(&registry, 3, Event::Refused).await;
    for event in [Event::Named(CHANNEL), Event::Released, Event::Absent] {
        take(&registry, 5, event).await;
    }
    take(&registry, 7, Event::Lost).await;
    take(&registry, 7, Event::GivenUp).await;
    let registry = reopened(registry).await;
    let mut seen = Vec::new();
    let mut last = None;
    loop {
        let page = registry.open(last, 3).await.expect("open rows can be read");
        assert!(page.len() <= 3);
        let Some(row) = page.last() else { break };
        last = Some(row.attempt);
        seen.extend(page.into_iter().map(|row| row.attempt));
    }
    assert_eq!(
        seen,
        [1, 2, 4, 6, 7, 8, 9].map(attempt),
        "open rows, each once, in order"
    );
}

async fn the_horizon_only_moves_forward<R: Registry>(
    fresh: impl AsyncFn() -> R,
    reopened: impl AsyncFn(R) -> R,
) {
    let registry = fresh().await;
    let horizon = registry
        .horizon(GUILD, None)
        .await
        .expect("a horizon can be read");
    assert_eq!(horizon, Horizon::default(), "nothing is known at first");
    for (to, expected) in [(20, 20), (10, 20), (30, 30)] {
        let moved = registry
            .horizon(GUILD, Some(Id::new(to)))
            .await
            .expect("it can be moved");
        assert_eq!(moved.read_to, Some(Id::new(expected)));
    }
    for (number, channel_id) in [(1, OTHER), (2, CHANNEL)] {
        assert!(insert(&registry, planned(number)).await);
        take(&registry, number, Event::Named(channel_id)).await;
    }
    let registry = reopened(registry).await;
    let horizon = registry
        .horizon(GUILD, None)
        .await
        .expect("a horizon can be read");
    assert_eq!(
        horizon,
        Horizon {
            read_to: Some(Id::new(30)),
            youngest: Some(OTHER)
        }
    );
    let elsewhere = registry
        .horizon(Id::new(8), None)
        .await
        .expect("a horizon can be read");
    assert_eq!(
        elsewhere,
        Horizon::default(),
        "another guild has another horizon"
    );
}

async fn rows_that_are_missing_are_said_to_be(registry: &impl Registry) {
    assert_eq!(read(registry, 1).await, None);
    let stepped = registry.step(step(1, Event::Lost)).await;
    let missing = matches!(
        stepped,
        Err(RegistryError::Missing { attempt: named }) if named == attempt(1)
    );
    assert!(missing, "a step of a missing row says so: {stepped:?}");
}

async fn many_callers_at_once_all_get_through(registry: &impl Registry) {
    let calls = (1..=256u64).map(async |number| {
        let attempt = u128::from(number);
        assert!(insert(registry, planned(attempt)).await);
        // One bad neighbour in each batch must not spoil it for the others.
        let bad = registry.step(step(attempt, Event::Absent)).await;
        assert!(matches!(bad, Err(RegistryError::Illegal(_))));
        take(registry, attempt, Event::Named(Id::new(10_000 + number))).await;
        take(registry, attempt, Event::Released).await;
    });
    join_all(calls).await;
    for number in 1..=256 {
        let row = read(registry, number).await.expect("the row is there");
        assert_eq!(row.stage.name(), "condemned");
    }
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
