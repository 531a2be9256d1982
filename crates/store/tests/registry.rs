//! The SQLite registry against the suite every registry has to pass, and against itself: the
//! database's own state machine has to be the one in the code.

use cordboard_lifecycle::{Registry as _, Row, Stage, conformance};
use cordboard_store::{Location, SqliteRegistry, Store};
use tempfile::TempDir;
use twilight_model::id::Id;

async fn open(folder: &TempDir) -> Store {
    let location = Location::Path(folder.path().join("store.db"));
    Store::open(&location).await.expect("the store opens")
}

#[tokio::test]
async fn the_registry_in_a_file_conforms() {
    let folders: std::cell::RefCell<Vec<TempDir>> = std::cell::RefCell::default();
    let fresh = async || {
        let folder = tempfile::tempdir().unwrap();
        let registry = open(&folder).await.registry();
        folders.borrow_mut().push(folder);
        registry
    };
    // The suite works on one registry at a time: the last one.
    let reopened = async |registry: SqliteRegistry| {
        drop(registry);
        let folder = folders.borrow_mut().pop().unwrap();
        let registry = open(&folder).await.registry();
        folders.borrow_mut().push(folder);
        registry
    };
    conformance::suite(fresh, reopened).await;
}

#[tokio::test]
async fn the_registry_in_memory_conforms_but_for_the_forgetting() {
    let fresh = async || Store::open(&Location::Memory).await.unwrap().registry();
    conformance::suite(fresh, async |registry| registry).await;
}

#[tokio::test]
async fn a_paused_clock_stands_still_while_the_database_works() {
    tokio::time::pause();
    let began = tokio::time::Instant::now();
    let store = Store::open(&Location::Memory).await.unwrap();
    assert_eq!(store.open_rows().await.unwrap(), 0);
    assert_eq!(
        began.elapsed().as_secs(),
        0,
        "the clock stood still while the database worked"
    );
}

#[tokio::test]
async fn rows_that_are_settled_are_not_counted_as_open() {
    let store = Store::open(&Location::Memory).await.unwrap();
    let registry = store.registry();
    for (number, (_, path)) in (0u8..).zip(conformance::stages()) {
        let attempt = cordboard_lifecycle::AttemptId::from_bytes([number; 16]);
        registry.insert(planned(attempt)).await.unwrap();
        for event in path {
            let event = match event {
                cordboard_lifecycle::Event::Named(_) => {
                    cordboard_lifecycle::Event::Named(Id::new(1_000 + u64::from(number)))
                }
                other => other,
            };
            let step = cordboard_lifecycle::Step {
                attempt,
                event,
                next_at_ms: 0,
                tries: 0,
            };
            registry.step(step).await.unwrap();
        }
    }
    // Planned, unknown, live, condemned, verifying, parked.
    assert_eq!(store.open_rows().await.unwrap(), 6);
}

fn planned(attempt: cordboard_lifecycle::AttemptId) -> Row {
    Row {
        attempt,
        request_id: String::new(),
        guild_id: Id::new(7),
        stage: Stage::Planned,
        not_before_ms: 0,
        deadline_at_ms: 0,
        next_at_ms: 0,
        tries: 0,
    }
}

#[tokio::test]
async fn the_database_allows_exactly_the_steps_of_the_state_machine() {
    // How: writes each pair of stages by hand, past the code, and compares with the table.
    let folder = tempfile::tempdir().unwrap();
    drop(open(&folder).await);
    let database = rusqlite::Connection::open(folder.path().join("store.db")).unwrap();
    let set = |stage: &Stage| {
        let owned = if stage.owned().is_some() {
            "1001, 'E1'"
        } else {
            "NULL, NULL"
        };
        format!(
            "(stage, channel_id, evidence) = ('{}', {owned})",
            stage.name()
        )
    };
    for (from, path) in conformance::stages() {
        for (to, _) in conformance::stages()
            .into_iter()
            .filter(|(to, _)| *to != from)
        {
            database.execute_batch("BEGIN").unwrap();
            let planned = "INSERT INTO channel VALUES
                ('aaaaaaaaaaaaaaaaaaaaaaaaaa', '', 7, 'planned', NULL, NULL, 0, 0, 0, 0)";
            database.execute_batch(planned).unwrap();
            let mut stage = Stage::Planned;
            for event in path.clone() {
                stage = stage.after(event).unwrap();
                database
                    .execute_batch(&format!("UPDATE channel SET {}", set(&stage)))
                    .unwrap();
            }
            let written = database.execute_batch(&format!("UPDATE channel SET {}", set(&to)));
            let legal = conformance::events().into_iter().any(|event| {
                from.after(event)
                    .is_ok_and(|after| after.name() == to.name())
            });
            assert_eq!(written.is_ok(), legal, "{} to {}", from.name(), to.name());
            database.execute_batch("ROLLBACK").unwrap();
        }
    }
}

#[tokio::test]
async fn an_open_row_cannot_be_deleted_and_a_channel_cannot_be_exchanged() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(&folder).await);
    let database = rusqlite::Connection::open(folder.path().join("store.db")).unwrap();
    database
        .execute_batch(
            "INSERT INTO channel VALUES
                ('aaaaaaaaaaaaaaaaaaaaaaaaaa', '', 7, 'planned', NULL, NULL, 0, 0, 0, 0);
             UPDATE channel SET (stage, channel_id, evidence) = ('live', 1001, 'E1')",
        )
        .unwrap();
    for forbidden in [
        "DELETE FROM channel",
        "UPDATE channel SET channel_id = 1002",
        "UPDATE channel SET evidence = 'E2'",
        "UPDATE channel SET guild_id = 8",
        "INSERT INTO channel VALUES
            ('baaaaaaaaaaaaaaaaaaaaaaaaa', '', 7, 'live', 1003, 'E1', 0, 0, 0, 0)",
    ] {
        assert!(database.execute_batch(forbidden).is_err(), "{forbidden}");
    }
}
