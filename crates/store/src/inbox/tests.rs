use cordboard_recovery::{EntryQuery, Message, Record, Sight};
use rusqlite::StatementStatus;
use serde_json::value::RawValue;

use super::*;
use crate::{
    Location, Settings,
    file::Database,
    limits::{LOOKED_THROUGH_MAX, READ_BYTES_MAX, READ_ROWS_MAX},
};

const HERE: Id<ChannelMarker> = Id::new(1_001);
const RARE: Id<ChannelMarker> = Id::new(1_002);

fn database() -> Database {
    Database::open(&Location::Memory, Settings::default()).unwrap()
}

fn message(number: u64, fields: &str) -> Message {
    let json = format!(r#"{{"id":"{number}"{fields}}}"#);
    Message::read(RawValue::from_string(json).unwrap()).unwrap()
}

fn created(number: u64) -> Sight {
    Sight::Created(message(number, r#","author":{"id":"3"},"content":"x""#))
}

fn see(
    database: &Database,
    channel_id: Id<ChannelMarker>,
    sights: impl IntoIterator<Item = Sight>,
) {
    let records = sights.into_iter();
    let records = records.map(|sight| Record { channel_id, sight });
    let batch = Batch {
        records: records.collect(),
        ..Batch::default()
    };
    batch::write(&database.connection, batch).unwrap();
}

fn value<T: rusqlite::types::FromSql>(database: &Database, sql: &str) -> T {
    let connection = &database.connection;
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

fn entries(database: &Database, channels: Vec<Id<ChannelMarker>>, after: u64) -> Entries {
    let query = EntryQuery {
        after,
        channels,
        limit: usize::MAX,
    };
    let page = entry::read(&database.connection, &query).unwrap();
    page.into_entries().unwrap()
}

/// What SQLite has done for a statement since it was prepared.
fn steps_of(database: &Database, sql: &str) -> i32 {
    let statement = database.connection.prepare_cached(sql).unwrap();
    let steps = statement.get_status(StatementStatus::VmStep);
    assert!(steps > 0, "it ran: {sql}");
    steps
}

#[test]
fn what_is_on_record_costs_the_next_message_nothing() {
    let steps_beside = |messages: u64| {
        let database = database();
        see(&database, HERE, (1..=messages).map(created));
        database.connection.flush_prepared_statement_cache();
        see(&database, HERE, (10_001..10_010).map(created));
        let statements = [message::FIND, message::UPSERT, entry::INSERT].iter();
        statements.map(|sql| steps_of(&database, sql)).sum::<i32>()
    };
    assert_eq!(steps_beside(5_000), steps_beside(1));
}

#[test]
fn a_page_costs_no_more_however_much_is_on_record() {
    let steps_of_a_page_of = |channels: Vec<_>, messages: u64| {
        let database = database();
        see(&database, HERE, (1..=messages).map(created));
        let page = entries(&database, channels, 10);
        assert!(page.through < messages && page.newest == messages);
        (page.through, steps_of(&database, entry::READ))
    };
    for (channels, through) in [
        (vec![], 10 + READ_ROWS_MAX as u64),
        (vec![RARE], 11 + LOOKED_THROUGH_MAX),
    ] {
        let of_few = steps_of_a_page_of(channels.clone(), 2_000);
        assert_eq!(of_few.0, through);
        assert_eq!(steps_of_a_page_of(channels, 8_000), of_few);
    }
}

#[test]
fn a_page_of_large_objects_is_short() {
    let database = database();
    let large = "y".repeat(READ_BYTES_MAX / 4);
    let large = |number| {
        message(
            number,
            &format!(r#","author":{{"id":"3"}},"content":"{large}""#),
        )
    };
    see(&database, HERE, (1..=9).map(large).map(Sight::Created));
    let page = entries(&database, vec![], 2);
    assert_eq!((page.entries.len(), page.through, page.newest), (4, 6, 9));
}

#[test]
fn a_page_of_large_messages_is_short_at_the_far_end() {
    let database = database();
    let large = "y".repeat(READ_BYTES_MAX / 4);
    let large = |number| {
        message(
            number,
            &format!(r#","author":{{"id":"3"}},"content":"{large}""#),
        )
    };
    see(&database, HERE, (1..=9).map(large).map(Sight::Created));
    for (after, before, expected) in [
        (Some(2), None, [3, 4, 5, 6]),
        (Some(2), Some(9), [3, 4, 5, 6]),
        (None, Some(9), [5, 6, 7, 8]),
    ] {
        let query = MessageQuery {
            channel_id: None,
            after: after.map(Id::new),
            before: before.map(Id::new),
            limit: 99,
            with_deleted: true,
        };
        let page = looking::messages(&database.connection, &query).unwrap();
        let ids: Vec<_> = page.iter().map(|logged| logged.id.get()).collect();
        assert_eq!(ids, expected, "{query:?}");
    }
}

#[test]
fn an_object_is_stored_once() {
    let database = database();
    let own = "SELECT group_concat(ifnull(json, '-')) FROM message";
    let told = "SELECT count(json) FROM entry";
    see(&database, HERE, [created(9)]);
    assert_eq!(value::<String>(&database, own), "-");
    // News to nobody: no entry has it.
    let more = r#","flags":0"#;
    see(&database, HERE, [Sight::Updated(message(9, more))]);
    assert!(value::<String>(&database, own).contains("flags"));
    assert_eq!(value::<u32>(&database, told), 1);
    let edit = r#","content":"z""#;
    see(&database, HERE, [Sight::Updated(message(9, edit))]);
    assert_eq!(value::<String>(&database, own), "-");
    assert_eq!(value::<u32>(&database, told), 2);
    see(&database, HERE, [Sight::Deleted(Id::new(9))]);
    assert_eq!(value::<String>(&database, own), "-");
}

#[test]
fn what_says_nothing_new_writes_nothing() {
    let database = database();
    let edit = || Sight::Updated(message(9, r#","flags":0"#));
    see(&database, HERE, [created(9), edit()]);
    let before = database.connection.total_changes();
    see(
        &database,
        HERE,
        [created(9), edit(), Sight::Missed(Id::new(8), 0)],
    );
    see(&database, HERE, []);
    assert_eq!(database.connection.total_changes(), before);
}

#[test]
fn the_tally_is_what_is_there() {
    let database = database();
    let check = || {
        let tally = tally::Tally::read(&database.connection).unwrap();
        let bytes = "SELECT ifnull(sum(octet_length(json)), 0) FROM entry";
        assert_eq!(tally.bytes, u64::from(value::<u32>(&database, bytes)));
        tally.newest
    };
    see(&database, HERE, (1..=300).map(created));
    let deleted = (1..=20).map(|number| Sight::Deleted(Id::new(number)));
    see(&database, HERE, deleted);
    assert_eq!(check(), 320);
    for bytes_max in [9_000, 3_000, 0] {
        let retention = Retention {
            before_ms: 0,
            bytes_max,
        };
        while retention::prune(&database.connection, retention).unwrap() > 0 {
            check();
        }
        assert!(tally::Tally::read(&database.connection).unwrap().bytes <= bytes_max);
    }
    assert_eq!(check(), 320);
}

#[test]
fn dead_letters_go_with_their_entries_and_are_still_counted() {
    let database = database();
    let connection = &database.connection;
    see(&database, HERE, (1..=9).map(created));
    consumer::open(connection, "a", Some(0)).unwrap();
    let reason = "ä".repeat(10_000);
    for sequence in [2, 9] {
        for _ in 0..cordboard_recovery::ATTEMPTS_MAX {
            let failed = consumer::fail(connection, "a", sequence, &reason).unwrap();
            failed.unwrap();
        }
    }
    let letters = "SELECT count(*) FROM dead_letter";
    assert_eq!(value::<u32>(&database, letters), 2);
    let longest = "SELECT max(length(reason)) FROM dead_letter";
    assert_eq!(
        value::<u32>(&database, longest),
        u32::try_from(cordboard_recovery::REASON_CHARS_MAX).unwrap()
    );
    let one = message(1, "").json.get().len() as u64 * 5;
    let retention = Retention {
        before_ms: 0,
        bytes_max: one,
    };
    retention::prune(connection, retention).unwrap();
    assert_eq!(value::<u32>(&database, letters), 1);
    let [consumer] = &consumer::list(connection).unwrap()[..] else {
        panic!("one consumer");
    };
    assert_eq!(consumer.dead_letters, 2);
    assert!(consumer::forget(connection, "a").unwrap());
    assert_eq!(value::<u32>(&database, letters), 0);
}
