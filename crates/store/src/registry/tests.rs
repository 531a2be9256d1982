use cordboard_lifecycle::{Kind, Owner, Stage};
use rusqlite::StatementStatus;

use super::*;
use crate::{Location, Settings, file::Database};

const NOW_MS: u64 = 1_800_000_000_000;

fn planned(number: u64, owner: Owner) -> Row {
    // Spread like random ones.
    let spread = u128::from(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    Row {
        attempt: AttemptId::from_bytes((spread << 64).to_be_bytes()),
        request_id: String::new(),
        guild_id: Id::new(7),
        kind: Kind::Text,
        owner,
        stage: Stage::Planned,
        since_ms: NOW_MS,
        not_before_ms: NOW_MS,
        deadline_at_ms: NOW_MS,
        next_at_ms: NOW_MS,
        tries: 0,
        reason: None,
    }
}

fn go(connection: &Connection, row: &Row, path: &[Event]) {
    assert!(insert(connection, row).unwrap().unwrap());
    for event in path {
        let step = Step {
            attempt: row.attempt,
            event: *event,
            owner: row.owner,
            at_ms: NOW_MS,
            next_at_ms: NOW_MS,
            tries: 0,
            reason: None,
        };
        take(connection, step).unwrap().unwrap();
    }
}

/// All the work that SQLite does for what a conversation and a start ask for, in steps of its
/// machine, beside so many rows that are gone.
fn steps_beside(tombstones: u64) -> i32 {
    let database = Database::open(&Location::Memory, Settings::default()).unwrap();
    let connection = &database.connection;
    let entry = Entry {
        instance: 1,
        guild_id: Id::new(7),
        at_ms: NOW_MS,
    };
    let owner = life::enter(connection, entry).unwrap().owner;
    let path = |number| {
        let named = Event::Named(Id::new(1_000 + number));
        [
            named,
            Event::Released,
            Event::Asked,
            Event::Deleted,
            Event::Absent,
        ]
    };
    for number in 1..=tombstones {
        go(connection, &planned(number, owner), &path(number));
    }
    for number in 1..4 {
        let row = planned(tombstones + number, owner);
        go(connection, &row, &path(tombstones + number)[..3]);
    }
    // Counts from here on.
    connection.flush_prepared_statement_cache();
    life::enter(connection, entry).unwrap();
    let owner = life::enter(connection, entry).unwrap().owner;
    let number = tombstones + 10;
    go(connection, &planned(number, owner), &path(number));
    assert_eq!(record::open(connection, None, 10).unwrap().len(), 3);
    let statements = record::STATEMENTS.iter();
    statements.map(|sql| steps_of(connection, sql)).sum()
}

/// What SQLite has done so far for a statement that is kept prepared.
fn steps_of(connection: &Connection, sql: &str) -> i32 {
    let statement = connection.prepare_cached(sql).unwrap();
    let steps = statement.get_status(StatementStatus::VmStep);
    assert!(steps > 0, "it ran: {sql}");
    steps
}

#[test]
fn rows_that_are_gone_cost_the_others_nothing() {
    let alone = steps_beside(0);
    assert_eq!(steps_beside(1_000), alone);
}

#[test]
fn a_page_of_open_rows_costs_the_same_however_many_there_are() {
    let steps_of_a_page_of = |rows: u64| {
        let database = Database::open(&Location::Memory, Settings::default()).unwrap();
        let connection = &database.connection;
        let entry = Entry {
            instance: 1,
            guild_id: Id::new(7),
            at_ms: NOW_MS,
        };
        let owner = life::enter(connection, entry).unwrap().owner;
        for number in 0..rows {
            go(connection, &planned(number, owner), &[]);
        }
        assert_eq!(record::open(connection, None, 10).unwrap().len(), 10);
        steps_of(connection, record::OPEN)
    };
    assert_eq!(steps_of_a_page_of(1_000), steps_of_a_page_of(20));
}
