//! Files that a newer version has written.

use std::fs;

use crate::world::World;

/// Each command that opens the store, or the daybook beside it.
const COMMANDS: [&str; 22] = [
    "channels list",
    "channels audit",
    "channels sweep",
    "channels sweep --apply",
    "channels adopt --legacy-prefix cdp-chat- --apply --count 1",
    "channels protect CHANNEL",
    "channels unprotect CHANNEL",
    "channels forget CHANNEL --apply",
    "messages backfill --beginning",
    "messages export",
    "messages cursors list",
    "messages cursors reset CHANNEL",
    "messages gaps list",
    "messages gaps retry",
    "messages consumers list",
    "messages consumers reset nobody --apply",
    "roles remove --name temp-* --apply",
    "keepalive list",
    "keepalive run",
    "alerts list",
    "store migrate",
    "store backup --to backup",
];

/// Makes a file of a version that nobody knows.
fn age(world: &World, file: &str) {
    let path = world.folder.path().join(file);
    let raw = rusqlite::Connection::open(path).unwrap();
    raw.pragma_update(None, "user_version", 999).unwrap();
    raw.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    // Its log is not to be folded in when we close it.
    drop(raw);
}

#[test]
fn a_store_of_a_newer_version_is_refused_by_each_command_and_stays_as_it_is() {
    let world = World::new();
    world.discord.create_leftovers("cdp-chat-", 1);
    world.expect(0, "store migrate");
    age(&world, "cordboard.db");
    age(&world, "cordboard.db.daybook");
    let read = |file: &str| fs::read(world.folder.path().join(file)).unwrap();
    let before = (read("cordboard.db"), read("cordboard.db.daybook"));
    let guild = world.holds();
    let channel = world.discord.default_channel_id().to_string();
    for command in COMMANDS {
        let told = world.expect(3, &command.replace("CHANNEL", &channel));
        assert!(told.contains("newer"), "{command}: {told}");
    }
    // These tell of it as a finding.
    for command in ["store check", "doctor", "budget show"] {
        let told = world.expect(1, command);
        assert!(told.contains("newer"), "{command}: {told}");
    }
    assert!(before == (read("cordboard.db"), read("cordboard.db.daybook")));
    assert_eq!(world.holds(), guild);
    assert!(
        world
            .discord
            .messages(world.discord.default_channel_id())
            .is_empty()
    );
}
