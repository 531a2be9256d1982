//! A life on the registry under test.

use twilight_model::id::{Id, marker::GuildMarker};

use crate::{
    AttemptId, Entered, Entry, Event, Kind, Owner, Registry, RegistryError, Row, Stage, Step,
    Stepped,
};

pub(super) const GUILD: Id<GuildMarker> = Id::new(7);

/// A moment that all rows and steps of the suite are close to, in milliseconds since 1970.
pub(super) const NOW_MS: u64 = 1_800_000_000_000;

pub(super) const DAY_MS: u64 = 24 * 3_600_000;

pub(super) fn attempt(number: u128) -> AttemptId {
    AttemptId::from_bytes(number.to_be_bytes())
}

pub(super) async fn enter(registry: &impl Registry, at_ms: u64) -> Entered {
    let entry = Entry {
        instance: 77,
        guild_id: GUILD,
        at_ms,
    };
    registry.enter(entry).await.expect("a life can begin")
}

/// A registry that a life has begun on.
pub(super) struct Life<R> {
    pub(super) registry: R,
    pub(super) owner: Owner,
}

impl<R: Registry> Life<R> {
    pub(super) async fn of(registry: R) -> Self {
        let owner = enter(&registry, NOW_MS).await.owner;
        Self { registry, owner }
    }

    pub(super) async fn reopened(self, reopened: impl AsyncFn(R) -> R) -> Self {
        Self::of(reopened(self.registry).await).await
    }

    pub(super) fn planned(&self, number: u128) -> Row {
        Row {
            attempt: attempt(number),
            request_id: format!("request {number}, äöü '\""),
            guild_id: GUILD,
            kind: Kind::Thread,
            owner: self.owner,
            stage: Stage::Planned,
            since_ms: NOW_MS,
            not_before_ms: NOW_MS + 1,
            deadline_at_ms: NOW_MS + 2,
            next_at_ms: NOW_MS + 3,
            tries: 0,
            reason: None,
        }
    }

    pub(super) fn step(&self, number: u128, event: Event) -> Step {
        Step {
            attempt: attempt(number),
            event,
            owner: self.owner,
            at_ms: NOW_MS + 10,
            next_at_ms: NOW_MS + 4,
            tries: 5,
            reason: Some("why, äöü '\"".to_owned()),
        }
    }

    pub(super) async fn insert(&self, row: Row) -> bool {
        let inserted = self.registry.insert(row).await;
        inserted.expect("a row can be inserted")
    }

    pub(super) async fn take(&self, number: u128, event: Event) -> Stepped {
        let stepped = self.registry.step(self.step(number, event)).await;
        stepped.expect("a legal step is taken")
    }

    /// Reads a row, open or not: a claim changes nothing but the owner.
    pub(super) async fn read(&self, number: u128) -> Option<Row> {
        match self.registry.step(self.step(number, Event::Claimed)).await {
            Ok(Stepped { before, row }) => {
                assert_eq!(before, row.stage, "a claim changes no stage");
                Some(row)
            }
            Err(RegistryError::Missing { .. }) => None,
            Err(error) => panic!("a row can be read: {error}"),
        }
    }
}
