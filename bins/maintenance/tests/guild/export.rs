//! The file of an export: whole, or not there, and for nobody else to read.

use std::{fs, io, os::unix::fs::PermissionsExt as _};

use crate::world::{Running, World};

/// A world with so much on record that its export can be stopped in the middle.
fn much() -> World {
    let world = World::new();
    world.expect(0, "store migrate");
    let messages =
        "INSERT INTO message (channel_id, id, author_id, edited_ms, presence, told_in, json)
         WITH RECURSIVE n (id) AS (SELECT 2 UNION ALL SELECT id + 1 FROM n WHERE id < 200000)
         SELECT 1, id, 1, 0, 'there', 0, '{\"content\":\"hello\"}' FROM n";
    execute(&world, messages);
    world
}

/// Writes something into the store, which nobody holds.
fn execute(world: &World, statement: &str) {
    let store = rusqlite::Connection::open(world.folder.path().join("cordboard.db")).unwrap();
    store.execute(statement, []).unwrap();
}

/// An export that has begun to write.
fn begun(world: &World) -> Running {
    let part = world.folder.path().join("all.jsonl.part");
    let running = world.start("messages export --output all.jsonl", &[]);
    world.wait_until("a draft", |_| part.exists());
    running
}

#[test]
fn an_export_that_is_interrupted_leaves_no_file() {
    let world = much();
    let running = begun(&world);
    running.signal("-INT");
    let (code, told) = running.end();
    assert_eq!(code, Some(130), "{told}");
    assert!(told.contains("nothing was changed"), "{told}");
    for name in ["all.jsonl", "all.jsonl.part"] {
        let file = world.folder.path().join(name);
        assert!(!file.exists(), "half a file is none: {name}");
    }
}

#[test]
fn an_export_that_is_killed_leaves_nothing_that_looks_whole() {
    let world = much();
    let running = begun(&world);
    running.signal("-KILL");
    running.end();
    let (file, part) = (
        world.folder.path().join("all.jsonl"),
        world.folder.path().join("all.jsonl.part"),
    );
    assert!(!file.exists());
    // What is left is named, and its owner's to remove.
    let again = world.expect(3, "messages export --output all.jsonl");
    assert!(again.contains("all.jsonl.part is there"), "{again}");
    fs::remove_file(&part).unwrap();
    execute(&world, "DELETE FROM message WHERE id > 10");
    let done = world.expect(0, "messages export --output all.jsonl");
    assert!(done.contains("9 messages are in all.jsonl"), "{done}");
    assert!(!part.exists());
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.ends_with("}\n") && text.lines().count() == 9);
    let mode = fs::metadata(&file).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600, "messages are in it: {mode:o}");

    let there = world.expect(3, "messages export --output all.jsonl");
    assert!(there.contains("nothing is overwritten"), "{there}");
    assert!(!part.exists());
}

#[test]
fn an_output_that_is_full_is_named_and_a_reader_who_has_left_is_no_failure() {
    let world = much();
    execute(&world, "DELETE FROM message WHERE id > 1000");
    let full = fs::OpenOptions::new().write(true).open("/dev/full");
    let full = world.run_into(full.unwrap(), "messages export");
    let told = String::from_utf8(full.stderr).unwrap();
    assert_eq!(full.status.code(), Some(3), "{told}");
    assert!(
        told.contains("refused: to write the messages: No space"),
        "{told}"
    );

    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    let left = world.run_into(writer, "messages export");
    let told = String::from_utf8(left.stderr).unwrap();
    assert_eq!(left.status.code(), Some(0), "{told}");
    assert!(!told.contains("refused"), "{told}");
}
