//! How messages change and go.

use super::*;

#[test]
fn edits_are_the_authors_and_carry_the_whole_message() {
    let mut world = world();
    let mine = say(&mut world, PROXY, "one");
    assert_eq!(
        code(world.edit_message(HUMAN, GENERAL, mine, MessagePatch::text("x"))),
        50005
    );
    events(&mut world);
    let edited = world
        .edit_message(PROXY, GENERAL, mine, MessagePatch::text("two"))
        .unwrap();
    assert!(edited["edited_timestamp"].is_string());
    let update = world.take_dispatches().pop().unwrap();
    assert_eq!(
        (update.name, &update.data["content"]),
        ("MESSAGE_UPDATE", &json!("two"))
    );
    let flags = MessagePatch {
        flags: Some(SUPPRESS_EMBEDS),
        ..MessagePatch::default()
    };
    let hidden = world.edit_message(HUMAN, GENERAL, mine, flags).unwrap();
    assert_eq!(
        (&hidden["flags"], &hidden["edited_timestamp"]),
        (&json!(4), &edited["edited_timestamp"])
    );
    let nothing = world.edit_message(PROXY, GENERAL, mine, MessagePatch::text(""));
    assert_eq!(code(nothing), 50006);
}

#[test]
fn an_unfurled_link_is_an_update_and_no_edit() {
    let mut world = world();
    let mine = say(&mut world, PROXY, "https://example.com");
    world.unfurl_message(GENERAL, mine).unwrap();
    assert!(world.message(GENERAL, mine).unwrap()["edited_timestamp"].is_null());
    let edited = world
        .edit_message(PROXY, GENERAL, mine, MessagePatch::text("x"))
        .unwrap();
    world.unfurl_message(GENERAL, mine).unwrap();
    let after = world.message(GENERAL, mine).unwrap();
    let cut = |value: &Value| value["edited_timestamp"].as_str().unwrap()[..23].to_owned();
    assert_eq!(cut(&after), cut(&edited));
    assert!(after["edited_timestamp"].as_str() < edited["edited_timestamp"].as_str());
}

#[test]
fn deleting_twice_is_an_unknown_message() {
    let mut world = world();
    let theirs = say(&mut world, HUMAN, "x");
    assert_eq!(
        code(world.delete_message(PROXY, GENERAL, theirs, None)),
        50013
    );
    world.delete_message(HUMAN, GENERAL, theirs, None).unwrap();
    assert_eq!(
        code(world.delete_message(HUMAN, GENERAL, theirs, None)),
        10008
    );
}

#[tokio::test(start_paused = true)]
async fn bulk_deletion_takes_two_to_a_hundred_young_messages() {
    let mut world = world();
    grant(&mut world, permission::ADMINISTRATOR);
    let old = say(&mut world, HUMAN, "old");
    tokio::time::advance(Duration::from_millis(bounds::BULK_AGE_MS + 1)).await;
    let young = [say(&mut world, HUMAN, "a"), say(&mut world, HUMAN, "b")];
    let mut bulk =
        |ids: &[u64]| -> Result<(), ApiError> { world.bulk_delete(PROXY, GENERAL, ids, None) };
    assert_eq!(code(bulk(&young[..1])), 50016);
    assert_eq!(
        code(bulk(&(young[0]..young[0] + 101).collect::<Vec<_>>())),
        50016
    );
    assert_eq!(code(bulk(&[young[0], young[0]])), 50035);
    assert_eq!(code(bulk(&[young[0], old])), 50034);
    bulk(&[young[0], young[1], young[1] + 1]).unwrap();
    let bulk_events = world.take_dispatches();
    let deleted = bulk_events
        .iter()
        .filter(|one| one.name == "MESSAGE_DELETE_BULK")
        .count();
    assert_eq!((deleted, world.messages_of(GENERAL).len()), (1, 1));
    // The age limit is the bulk route's alone.
    world.delete_message(PROXY, GENERAL, old, None).unwrap();
}

#[test]
fn a_patch_keeps_only_the_files_it_lists() {
    let mut world = world();
    let file = |name: &str| File {
        filename: name.to_owned(),
        ..File::default()
    };
    let draft = NewMessage {
        files: vec![file("a.txt"), file("b.txt")],
        ..NewMessage::text("x")
    };
    let sent = world.create_message(PROXY, GENERAL, draft).unwrap();
    let keep = vec![KeptFile {
        id: id(&sent["attachments"][1]),
        description: None,
    }];
    let patch = MessagePatch {
        keep: Some(keep),
        files: vec![file("c.txt")],
        ..MessagePatch::default()
    };
    let edited = world
        .edit_message(PROXY, GENERAL, id(&sent), patch)
        .unwrap();
    let names = edited["attachments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["filename"].clone());
    assert_eq!(names.collect::<Vec<_>>(), ["b.txt", "c.txt"]);
}

#[test]
fn pins_update_the_message_and_post_a_notice() {
    let mut world = world();
    grant(&mut world, permission::ADMINISTRATOR);
    let sent = say(&mut world, HUMAN, "x");
    events(&mut world);
    world
        .set_pinned(PROXY, (GENERAL, sent), true, None)
        .unwrap();
    let seen = events(&mut world);
    assert_eq!(
        seen[..3],
        ["MESSAGE_UPDATE", "CHANNEL_PINS_UPDATE", "MESSAGE_CREATE"]
    );
    assert_eq!(
        world.pins(PROXY, GENERAL).unwrap()["items"][0]["message"]["pinned"],
        true
    );
    assert!(world.message(GENERAL, sent).unwrap()["edited_timestamp"].is_null());
}
