//! The record of messages, and channels that are named wrong.

use crate::world::World;

#[test]
fn a_channel_that_nobody_watches_is_told_from_one_without_gaps() {
    let world = World::new();
    world.expect(0, "store migrate");
    for command in ["messages gaps list", "messages gaps retry"] {
        let none = world.expect(0, command);
        assert!(none.contains("There are no gaps"), "{none}");
        let wrong = world.expect(2, &format!("{command} --channel 78"));
        assert!(wrong.contains("--channel 78"), "{wrong}");
        assert!(wrong.contains("messages cursors list"), "{wrong}");
    }
}

#[test]
fn an_order_is_on_record_by_the_command_that_gave_it() {
    // How: nothing is watched, so that each is refused.
    let world = World::new();
    world.expect(3, "messages cursors set 78 --since 2026-11-01");
    world.expect(3, "messages cursors reset 78");
    let daybook = world.folder.path().join("cordboard.db.daybook");
    let daybook = rusqlite::Connection::open(daybook).unwrap();
    let mut orders = daybook
        .prepare("SELECT actor FROM standing_order ORDER BY id")
        .unwrap();
    let actors = orders.query_map([], |row| row.get::<_, String>(0));
    let actors: Vec<_> = actors.unwrap().map(Result::unwrap).collect();
    let of = |command: &str| format!("cordboard-maintenance messages cursors {command}");
    assert_eq!(actors, [of("set"), of("reset")]);
}
