//! What may be sent, and what comes of it.

use super::*;

#[tokio::test(start_paused = true)]
async fn an_enforced_nonce_makes_one_message_within_a_few_minutes() {
    let mut world = world();
    let mut send = || {
        id(&world
            .create_message(PROXY, GENERAL, with_nonce("n"))
            .unwrap())
    };
    let first = send();
    assert_eq!(send(), first);
    tokio::time::advance(Duration::from_millis(bounds::NONCE_WINDOW_MS + 1)).await;
    assert_ne!(send(), first);
    assert_eq!(world.message_count(), 2);
}

#[test]
fn a_nonce_whose_message_is_gone_is_an_unknown_message() {
    let mut world = world();
    let sent = world
        .create_message(PROXY, GENERAL, with_nonce("n"))
        .unwrap();
    assert_eq!(sent["nonce"], "n");
    world
        .delete_message(PROXY, GENERAL, id(&sent), None)
        .unwrap();
    let again = world
        .create_message(PROXY, GENERAL, with_nonce("n"))
        .unwrap_err();
    assert_eq!((again.status, again.code), (404, 10008));
}

#[test]
fn a_nonce_is_echoed_and_not_enforced_unless_asked() {
    let mut world = world();
    let draft = || NewMessage {
        nonce: Some(Nonce::Number(7)),
        ..NewMessage::text("hello")
    };
    let first = world.create_message(PROXY, GENERAL, draft()).unwrap();
    let event = world.take_dispatches().pop().unwrap();
    assert_eq!(
        (&first["nonce"], &event.data["nonce"]),
        (&json!(7), &json!(7))
    );
    assert_ne!(
        id(&world.create_message(PROXY, GENERAL, draft()).unwrap()),
        id(&first)
    );
    assert_eq!(
        world.message(GENERAL, id(&first)).unwrap().get("nonce"),
        None
    );
    let long = with_nonce(&"x".repeat(26));
    assert_eq!(code(world.create_message(PROXY, GENERAL, long)), 50035);
}

#[test]
fn sizes_and_emptiness_are_refused() {
    let mut world = world();
    let mut send = |draft: NewMessage| world.create_message(PROXY, GENERAL, draft);
    send(NewMessage::text("😀".repeat(2_000))).unwrap();
    let error = send(NewMessage::text("x".repeat(2_001))).unwrap_err();
    let fault = &error.errors.as_ref().unwrap()["content"]["_errors"][0];
    let message = "Must be 2000 or fewer in length.";
    assert_eq!(
        fault,
        &json!({ "code": "BASE_TYPE_MAX_LENGTH", "message": message })
    );
    assert_eq!(code(send(NewMessage::text(" \n "))), 50006);
    let files = |count: usize| NewMessage {
        files: vec![File::default(); count],
        ..NewMessage::default()
    };
    send(files(10)).unwrap();
    assert_eq!(code(send(files(11))), 30015);
    let bytes = bytes::Bytes::from(vec![0; bounds::FILE_BYTES_MAX + 1]);
    let large = File {
        bytes,
        ..File::default()
    };
    assert_eq!(
        code(send(NewMessage {
            files: vec![large],
            ..NewMessage::default()
        })),
        50045
    );
    assert_eq!(
        send(NewMessage::text("  trimmed \n")).unwrap()["content"],
        "trimmed"
    );
}

#[test]
fn each_kind_of_content_needs_its_permission() {
    let rows = [
        (permission::SEND_MESSAGES, NewMessage::text("x")),
        (
            permission::EMBED_LINKS,
            NewMessage {
                embeds: vec![json!({ "title": "x" })],
                ..NewMessage::default()
            },
        ),
        (
            permission::ATTACH_FILES,
            NewMessage {
                files: vec![File::default()],
                ..NewMessage::default()
            },
        ),
    ];
    for (bit, draft) in rows {
        let mut world = world();
        world.create_message(PROXY, GENERAL, draft.clone()).unwrap();
        deny(&mut world, bit);
        assert_eq!(code(world.create_message(PROXY, GENERAL, draft)), 50013);
    }
    let mut world = world();
    deny(&mut world, permission::VIEW_CHANNEL);
    assert_eq!(
        code(world.create_message(PROXY, GENERAL, NewMessage::text("x"))),
        50001
    );
}

#[test]
fn only_allowed_pings_ping() {
    let text = format!("<@{FRIEND}> <@{HUMAN}> <@1> @everyone");
    let one = AllowedMentions {
        users: vec![HUMAN],
        ..AllowedMentions::default()
    };
    let rows = [
        (None, vec![FRIEND, HUMAN], true),
        (Some(AllowedMentions::default()), vec![], false),
        (Some(one), vec![HUMAN], false),
    ];
    let mut world = world();
    for (allowed_mentions, expected, everyone) in rows {
        let draft = NewMessage {
            allowed_mentions,
            ..NewMessage::text(text.clone())
        };
        let sent = world.create_message(PROXY, GENERAL, draft).unwrap();
        let pinged: Vec<u64> = sent["mentions"]
            .as_array()
            .unwrap()
            .iter()
            .map(id)
            .collect();
        assert_eq!(
            (pinged, &sent["mention_everyone"]),
            (expected, &json!(everyone))
        );
    }
    let silent = NewMessage {
        allowed_mentions: Some(AllowedMentions::default()),
        ..NewMessage::text("x")
    };
    let sent = id(&world.create_message(PROXY, GENERAL, silent).unwrap());
    // An edit that says nothing about pings gets the default again.
    let edited = world
        .edit_message(PROXY, GENERAL, sent, MessagePatch::text(text))
        .unwrap();
    assert_eq!(edited["mention_everyone"], true);
    deny(&mut world, permission::MENTION_EVERYONE);
    let sent = world
        .create_message(PROXY, GENERAL, NewMessage::text("@here"))
        .unwrap();
    assert_eq!(sent["mention_everyone"], false);
}

#[test]
fn parse_and_lists_exclude_each_other() {
    let mut world = world();
    let both = AllowedMentions {
        users_all: true,
        users: vec![1],
        ..AllowedMentions::default()
    };
    let draft = NewMessage {
        allowed_mentions: Some(both),
        ..NewMessage::text("x")
    };
    let error = world.create_message(PROXY, GENERAL, draft).unwrap_err();
    let fault = &error.errors.unwrap()["allowed_mentions"]["_errors"][0];
    assert_eq!(fault["code"], "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE");
}

#[test]
fn replies_point_at_their_target_and_ping_its_author() {
    let mut world = world();
    let target = say(&mut world, HUMAN, "question");
    let reply = |fail_if_not_exists, allowed_mentions| NewMessage {
        reply_to: Some(target),
        fail_if_not_exists,
        allowed_mentions,
        ..NewMessage::text("answer")
    };
    let sent = world
        .create_message(PROXY, GENERAL, reply(true, None))
        .unwrap();
    assert_eq!(
        (&sent["type"], &sent["referenced_message"]["content"]),
        (&json!(19), &json!("question"))
    );
    assert_eq!(id(&sent["mentions"][0]), HUMAN);
    let quiet = Some(AllowedMentions {
        users_all: true,
        ..AllowedMentions::default()
    });
    let sent = world
        .create_message(PROXY, GENERAL, reply(true, quiet))
        .unwrap();
    assert_eq!(sent["mentions"], json!([]));
    world.delete_message(HUMAN, GENERAL, target, None).unwrap();
    let shown = world.message(GENERAL, id(&sent)).unwrap();
    assert!(shown["referenced_message"].is_null());
    assert_eq!(shown["message_reference"]["message_id"], target.to_string());
    let error = world
        .create_message(PROXY, GENERAL, reply(true, None))
        .unwrap_err();
    let fault = &error.errors.unwrap()["message_reference"]["_errors"][0];
    assert_eq!(fault["code"], "MESSAGE_REFERENCE_UNKNOWN_MESSAGE");
    let plain = world
        .create_message(PROXY, GENERAL, reply(false, None))
        .unwrap();
    assert_eq!(
        (&plain["type"], plain.get("message_reference")),
        (&json!(0), None)
    );
    deny(&mut world, permission::READ_MESSAGE_HISTORY);
    assert_eq!(
        code(world.create_message(PROXY, GENERAL, reply(true, None))),
        160_002
    );
}

#[test]
fn typing_needs_the_right_to_speak() {
    let mut world = world();
    world.trigger_typing(PROXY, GENERAL).unwrap();
    assert_eq!(events(&mut world), ["TYPING_START"]);
    deny(&mut world, permission::SEND_MESSAGES);
    assert_eq!(code(world.trigger_typing(PROXY, GENERAL)), 50013);
}
