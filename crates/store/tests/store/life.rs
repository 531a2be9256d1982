//! A life on a store, for the tests.

use cordboard_lifecycle::{
    AttemptId, Entry, Event, Kind, Owner, Registry as _, Row, Stage, Step, Stepped, conformance,
};
use cordboard_store::{Location, Store};
use tempfile::TempDir;
use twilight_model::id::{Id, marker::GuildMarker};

pub(crate) const GUILD: Id<GuildMarker> = Id::new(7);

/// When rows are planned, in milliseconds since 1970. Steps come a millisecond later.
pub(crate) const NOW_MS: u64 = 1_800_000_000_000;

pub(crate) const DAY_MS: u64 = 24 * 3_600_000;

pub(crate) fn location(folder: &TempDir) -> Location {
    Location::Path(folder.path().join("store.db"))
}

pub(crate) async fn open(folder: &TempDir) -> Store {
    let store = Store::open(&location(folder)).await;
    store.expect("the store opens")
}

/// The database beside the store, as an operator opens it.
pub(crate) fn by_hand(folder: &TempDir) -> rusqlite::Connection {
    rusqlite::Connection::open(folder.path().join("store.db")).unwrap()
}

pub(crate) fn attempt(number: u64) -> AttemptId {
    AttemptId::from_bytes(u128::from(number).to_be_bytes())
}

pub(crate) struct Life {
    pub(crate) store: Store,
    pub(crate) owner: Owner,
}

impl Life {
    pub(crate) async fn of(store: Store) -> Self {
        let entry = Entry {
            instance: u64::MAX - 1,
            guild_id: GUILD,
            at_ms: NOW_MS,
        };
        let owner = store.registry().enter(entry).await.unwrap().owner;
        Self { store, owner }
    }

    pub(crate) fn planned(&self, number: u64) -> Row {
        Row {
            attempt: attempt(number),
            request_id: format!("request {number}"),
            guild_id: GUILD,
            kind: Kind::Text,
            owner: self.owner,
            stage: Stage::Planned,
            since_ms: NOW_MS,
            not_before_ms: NOW_MS,
            deadline_at_ms: NOW_MS + DAY_MS,
            next_at_ms: NOW_MS,
            tries: 0,
            reason: None,
        }
    }

    pub(crate) async fn plan(&self, number: u64) {
        assert!(self.insert(self.planned(number)).await);
    }

    pub(crate) async fn insert(&self, row: Row) -> bool {
        self.store.registry().insert(row).await.unwrap()
    }

    pub(crate) fn step(&self, number: u64, event: Event) -> Step {
        Step {
            attempt: attempt(number),
            event,
            owner: self.owner,
            at_ms: NOW_MS + 1,
            next_at_ms: NOW_MS,
            tries: 0,
            reason: Some("because".to_owned()),
        }
    }

    pub(crate) async fn take(&self, number: u64, event: Event) -> Stepped {
        let stepped = self.store.registry().step(self.step(number, event)).await;
        stepped.unwrap()
    }

    /// Makes one row of each stage, with attempts from 0 up, each with a channel of its own.
    pub(crate) async fn each_stage(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        for (number, (_, path)) in (0..).zip(conformance::stages()) {
            self.plan(number).await;
            let mut row = self.planned(number);
            for event in path {
                let event = match event {
                    Event::Named(_) => Event::Named(Id::new(1_000 + number)),
                    Event::Sighted(_) => Event::Sighted(Id::new(1_000 + number)),
                    other => other,
                };
                row = self.take(number, event).await.row;
            }
            rows.push(row);
        }
        rows
    }
}
