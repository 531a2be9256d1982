//! The SQLite registry against the suite every registry has to pass, and what the store tells of it.

use cordboard_lifecycle::{Event, Registry as _, Stage, conformance};
use cordboard_store::{Location, SqliteRegistry, Store};
use tempfile::TempDir;

use crate::life::{Life, NOW_MS, attempt, open};

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
    assert_eq!(store.registry().open(None, 1).await.unwrap(), []);
    assert_eq!(
        began.elapsed().as_secs(),
        0,
        "the clock stood still while the database worked"
    );
}

#[tokio::test]
async fn the_journal_tells_each_row_from_its_beginning_to_where_it_stands() {
    // How: replays the lines of a row at each stage, and compares with the row.
    let life = Life::of(Store::open(&Location::Memory).await.unwrap()).await;
    let rows = life.each_stage().await;
    assert_eq!(rows.len(), conformance::stages().len());
    for row in rows {
        let mut stage = None;
        let lines = life.store.journal(row.attempt).await.unwrap();
        for line in lines {
            assert_eq!(line.before.as_deref(), stage.as_ref().map(Stage::name));
            let after = match (stage, line.event) {
                (None, None) => Stage::Planned,
                (Some(stage), Some(event)) => stage.after(event).unwrap(),
                other => panic!("{other:?}"),
            };
            assert_eq!(line.stage, after);
            assert_eq!((line.owner, line.attempt), (life.owner, row.attempt));
            stage = Some(after);
        }
        assert_eq!(stage, Some(row.stage), "{}", row.stage.name());
    }
}

#[tokio::test]
async fn each_deletion_is_in_the_journal_before_it_is_sent_and_what_changes_nothing_is_not() {
    let life = Life::of(Store::open(&Location::Memory).await.unwrap()).await;
    life.plan(1).await;
    for event in [
        Event::Lost,
        Event::Lost,
        Event::Claimed,
        Event::Found(conformance::CHANNEL),
        Event::Released,
        Event::Asked,
        Event::Asked,
        Event::Deleted,
        Event::Absent,
    ] {
        life.take(1, event).await;
    }
    let lines = life.store.journal(attempt(1)).await.unwrap();
    let events: Vec<_> = lines.iter().map(|line| line.event).collect();
    let expected = [
        None,
        Some(Event::Lost),
        Some(Event::Found(conformance::CHANNEL)),
        Some(Event::Released),
        Some(Event::Asked),
        Some(Event::Asked),
        Some(Event::Deleted),
        Some(Event::Absent),
    ];
    assert_eq!(events, expected);
    assert!(lines.is_sorted_by_key(|line| line.seq));
    assert_eq!((lines[0].at_ms, lines[1].at_ms), (NOW_MS, NOW_MS + 1));
    assert_eq!(lines[1].reason.as_deref(), Some("because"));
}

#[tokio::test]
async fn a_refused_step_leaves_no_line() {
    let life = Life::of(Store::open(&Location::Memory).await.unwrap()).await;
    life.plan(1).await;
    life.plan(2).await;
    life.take(1, Event::Named(conformance::CHANNEL)).await;
    let stolen = life.step(2, Event::Named(conformance::CHANNEL));
    assert!(life.store.registry().step(stolen).await.is_err());
    let absent = life.step(2, Event::Absent);
    assert!(life.store.registry().step(absent).await.is_err());
    assert_eq!(life.store.journal(attempt(2)).await.unwrap().len(), 1);
}
