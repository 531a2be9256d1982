//! The database against hands and bugs: its own state machine has to be the one in the code.

use cordboard_lifecycle::{Entry, Event, Registry as _, Row, Stage, conformance};
use cordboard_store::{HiddenChannel, LeftSession, Store, limits::SESSION_TAKES_MAX};
use rusqlite::Connection;
use twilight_model::id::Id;

use crate::life::{GUILD, NOW_MS, by_hand, location, open};

/// A planned row, written past the code.
const PLANNED: &str = "INSERT INTO channel VALUES (NULL, 'aaaaaaaaaaaaaaaaaaaaaaaaaa', '', 7, 'text', \
    0, 0, 'planned', NULL, NULL, 0, 0, 0, 0, 0, NULL, NULL)";

/// Writes a stage past the code.
fn set(database: &Connection, stage: Stage) -> rusqlite::Result<()> {
    let channel_id = stage
        .channel_id()
        .map_or("NULL".to_owned(), |id| id.to_string());
    let evidence = stage.owned().map_or("NULL", |_| "'E1'");
    database.execute_batch(&format!(
        "UPDATE channel SET (stage, channel_id, evidence) = ('{}', {channel_id}, {evidence})",
        stage.name()
    ))
}

/// Whether two stages differ in no more than what a hand cannot know: the evidence's kind.
fn is_alike(left: Stage, right: Stage) -> bool {
    (left.name(), left.channel_id()) == (right.name(), right.channel_id())
}

fn at(database: &Connection, path: &[Event]) -> Stage {
    database.execute_batch(PLANNED).unwrap();
    path.iter().fold(Stage::Planned, |stage, event| {
        let stage = stage.after(*event).unwrap();
        set(database, stage).unwrap();
        stage
    })
}

/// Each stage with each channel it can have.
fn targets() -> Vec<Stage> {
    let stages = conformance::stages().into_iter();
    let both = stages.flat_map(|(stage, _)| {
        let other = match stage {
            Stage::Quarantined(_) => Stage::Quarantined(conformance::OTHER),
            other => other.owned().map_or(other, |mut owned| {
                owned.channel_id = conformance::OTHER;
                Stage::from_record(other.name(), Some(owned.channel_id), Some(owned.evidence))
                    .unwrap()
            }),
        };
        [stage, other]
    });
    both.collect()
}

#[tokio::test]
async fn the_database_allows_exactly_the_steps_of_the_state_machine() {
    // How: writes each pair of stages by hand, past the code, and compares with the table.
    let folder = tempfile::tempdir().unwrap();
    drop(open(&folder).await);
    let database = by_hand(&folder);
    let mut legal_pairs = 0;
    for (_, path) in conformance::stages() {
        for to in targets() {
            database.execute_batch("BEGIN").unwrap();
            let from = at(&database, &path);
            let mut events = conformance::events().into_iter();
            // Nothing changes at all: always allowed.
            let legal = from == to
                || events.any(|event| from.after(event).is_ok_and(|after| is_alike(after, to)));
            let written = set(&database, to);
            assert_eq!(written.is_ok(), legal, "{from:?} to {to:?}: {written:?}");
            legal_pairs += u32::from(legal);
            database.execute_batch("ROLLBACK").unwrap();
        }
    }
    assert!(legal_pairs > 40, "only {legal_pairs}");
}

#[tokio::test]
async fn only_what_is_condemned_can_be_asked_for_and_be_said_to_have_been() {
    // How: writes the first deletion and its line by hand at each stage.
    let folder = tempfile::tempdir().unwrap();
    drop(open(&folder).await);
    let database = by_hand(&folder);
    for (_, path) in conformance::stages() {
        database.execute_batch("BEGIN").unwrap();
        let stage = at(&database, &path);
        let asked = database.execute_batch("UPDATE channel SET asked_at_ms = 5");
        let legal = stage.after(Event::Asked).is_ok();
        assert_eq!(asked.is_ok(), legal, "{stage:?}");
        let line = database.execute_batch(
            "INSERT INTO journal
             SELECT NULL, 5, id, attempt, stage, stage, 'asked', channel_id, evidence, 0, 0, NULL
             FROM channel",
        );
        assert_eq!(line.is_ok(), legal, "{stage:?}");
        let again = database.execute_batch("UPDATE channel SET asked_at_ms = 6");
        assert!(again.is_err(), "the first time stays: {stage:?}");
        database.execute_batch("ROLLBACK").unwrap();
    }
}

#[tokio::test]
async fn rows_and_lines_are_neither_exchanged_nor_deleted_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(&folder).await);
    let database = by_hand(&folder);
    let [.., (_, condemned)] = &conformance::stages()[..8] else {
        unreachable!("there are more stages")
    };
    at(&database, condemned);
    database
        .execute_batch(
            "INSERT INTO journal
             SELECT NULL, 5, id, attempt, 'live', stage, 'released', channel_id, evidence, 0, 0, NULL
             FROM channel",
        )
        .unwrap();
    for forbidden in [
        "DELETE FROM channel",
        "UPDATE channel SET channel_id = 1002",
        "UPDATE channel SET evidence = 'E2'",
        "UPDATE channel SET guild_id = 8",
        "UPDATE channel SET kind = 'thread'",
        "INSERT INTO channel VALUES (NULL, 'baaaaaaaaaaaaaaaaaaaaaaaaa', '', 7, 'text', 0, 0, 'live',
            1003, 'E1', 0, 0, 0, 0, 0, NULL, NULL)",
        "INSERT INTO channel VALUES (NULL, 'baaaaaaaaaaaaaaaaaaaaaaaaa', '', 7, 'text', 0, 0,
            'condemned', 1001, 'E1', 0, 0, 0, 0, 0, NULL, NULL)",
        "DELETE FROM journal",
        "UPDATE channel SET id = 8",
        "UPDATE journal SET to_stage = 'gone'",
        "UPDATE journal SET at_ms = 0",
        // The row is somewhere else.
        "INSERT INTO journal SELECT NULL, 5, id, attempt, stage, 'gone', 'absent', channel_id,
            evidence, 0, 0, NULL FROM channel",
        "INSERT INTO state VALUES (2, 0, 0, 0, 0, NULL)",
    ] {
        assert!(database.execute_batch(forbidden).is_err(), "{forbidden}");
    }
}

#[tokio::test]
async fn the_rows_of_the_first_version_are_taken_over() {
    // How: makes a file of version 1, with a row of each kind it knew.
    let folder = tempfile::tempdir().unwrap();
    let database = by_hand(&folder);
    database
        .execute_batch(include_str!("../../src/migrations/0001_registry.sql"))
        .unwrap();
    database
        .execute_batch(
            "PRAGMA application_id = 0x434f5244; PRAGMA user_version = 1;
             INSERT INTO channel VALUES
                ('00000000000000000000000004', 'a', 7, 'planned', NULL, NULL, 1, 2, 3, 4),
                ('00000000000000000000000008', 'b', 7, 'condemned', 1001, 'E2', 1, 2, 3, 4);
             INSERT INTO audit_log VALUES (7, 20);",
        )
        .unwrap();
    drop(database);
    let registry = Store::open(&location(&folder)).await.unwrap().registry();
    let rows = registry.open(None, 10).await.unwrap();
    let stages: Vec<_> = rows.iter().map(|row| row.stage.name()).collect();
    assert_eq!(stages, ["planned", "condemned"]);
    let Row { owner, .. } = rows[0];
    assert_eq!((owner.instance, owner.epoch), (0, 0));
    assert_eq!((rows[0].since_ms, rows[0].tries), (1, 4));
    let late = registry.insert(Row {
        attempt: cordboard_lifecycle::AttemptId::from_bytes([9; 16]),
        ..rows[0].clone()
    });
    assert!(late.await.is_err(), "no life has begun yet");
    let entry = Entry {
        instance: 1,
        guild_id: GUILD,
        at_ms: NOW_MS,
    };
    let horizon = registry.enter(entry).await.unwrap().horizon;
    assert_eq!(horizon.read_to, Some(Id::new(20)));
    assert_eq!(horizon.youngest, Some(conformance::CHANNEL));
}

/// What the sessions of these tests were begun with.
const TERMS: &str = "some intents";

#[tokio::test]
async fn a_session_is_left_over_a_restart_and_given_until_it_seems_to_do_harm() {
    let folder = tempfile::tempdir().unwrap();
    let session = |sequence| LeftSession {
        id: "abc".to_owned(),
        sequence,
        resume_url: Some("wss://gateway.example".to_owned()),
        hidden: [(5, Some(Id::new(4))), (u64::MAX, None)]
            .map(|(id, parent_id)| HiddenChannel {
                id: Id::new(id),
                parent_id,
            })
            .to_vec(),
    };
    let store = Store::open(&location(&folder)).await.unwrap();
    assert_eq!(store.take_session(0, TERMS).await.unwrap(), None);
    for sequence in [1, u64::from(u32::MAX) + 1] {
        store
            .leave_session(0, TERMS, session(sequence))
            .await
            .unwrap();
    }
    let other = LeftSession {
        resume_url: None,
        hidden: Vec::new(),
        ..session(7)
    };
    store.leave_session(1, TERMS, other.clone()).await.unwrap();
    drop(store);
    let store = Store::open(&location(&folder)).await.unwrap();
    let left = Some(session(u64::from(u32::MAX) + 1));
    let elsewhere = store.take_session(0, "other intents").await.unwrap();
    assert_eq!(elsewhere, None, "it sends what it was begun with");
    for _ in 0..SESSION_TAKES_MAX {
        assert_eq!(store.take_session(0, TERMS).await.unwrap(), left);
    }
    assert_eq!(
        store.take_session(0, TERMS).await.unwrap(),
        None,
        "nobody left it"
    );
    assert_eq!(store.take_session(0, TERMS).await.unwrap(), None);

    assert_eq!(
        store.take_session(1, TERMS).await.unwrap(),
        Some(other.clone())
    );
    store.leave_session(1, TERMS, other.clone()).await.unwrap();
    for _ in 0..SESSION_TAKES_MAX {
        let taken = store.take_session(1, TERMS).await.unwrap();
        assert_eq!(taken.as_ref(), Some(&other), "counted anew");
    }
    store.leave_session(1, TERMS, other).await.unwrap();
    store.forget_session(1).await.unwrap();
    assert_eq!(
        store.take_session(1, TERMS).await.unwrap(),
        None,
        "forgotten"
    );
}
