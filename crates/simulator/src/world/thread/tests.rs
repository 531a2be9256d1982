//! Threads: ids, archive rules, and what their channel's death does to them.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::{
    config::Config,
    world::{
        ChannelDraft, ChannelPatch, MessagePatch, NewMessage, Replica,
        channel::{FORUM, PRIVATE_THREAD, PUBLIC_THREAD},
        tests::{FRIEND, GENERAL, GUILD, HUMAN, PROXY, code, events, id, with, world},
    },
};

fn draft(kind: Option<u64>) -> ThreadDraft {
    ThreadDraft {
        name: "A Thread".to_owned(),
        kind,
        ..ThreadDraft::default()
    }
}

fn public(world: &mut World) -> u64 {
    id(&world
        .start_thread(PROXY, GENERAL, draft(Some(PUBLIC_THREAD)), None)
        .unwrap())
}

fn archived(value: bool) -> ChannelPatch {
    ChannelPatch {
        archived: Some(value),
        ..ChannelPatch::default()
    }
}

#[test]
fn a_thread_from_a_message_has_its_id_and_there_is_only_one() {
    let mut world = world();
    let message = world
        .create_message(HUMAN, GENERAL, NewMessage::text("topic"))
        .unwrap();
    let message = id(&message);
    events(&mut world);
    let start = |world: &mut World| {
        world.start_thread_from_message(PROXY, GENERAL, message, &draft(None), None)
    };
    let thread = start(&mut world).unwrap();
    assert_eq!((id(&thread), &thread["type"]), (message, &json!(11)));
    let seen = world.take_dispatches();
    let names: Vec<_> = seen
        .iter()
        .map(|one| one.name)
        .filter(|name| !name.starts_with("GUILD"))
        .collect();
    assert_eq!(names, ["THREAD_CREATE", "MESSAGE_UPDATE", "MESSAGE_CREATE"]);
    assert_eq!(seen[0].data["newly_created"], true);
    assert_eq!(code(start(&mut world)), 160_004);
    let shown = world.message(GENERAL, message).unwrap();
    assert_eq!(
        (&shown["flags"], id(&shown["thread"])),
        (&json!(32), message)
    );
    let starter = &world.messages_of(message)[0];
    assert_eq!(
        (&starter["type"], id(&starter["referenced_message"])),
        (&json!(21), message)
    );
}

#[test]
fn a_thread_alone_is_private_unless_told_and_private_means_private() {
    let mut world = world();
    let everyone = crate::world::permission::EVERYONE_DEFAULT;
    assert_ne!(
        everyone & crate::world::permission::CREATE_PRIVATE_THREADS,
        0
    );
    let thread = world
        .start_thread(FRIEND, GENERAL, draft(None), None)
        .unwrap();
    assert_eq!(thread["type"], PRIVATE_THREAD);
    assert!(world.can_view(FRIEND, id(&thread)));
    // The proxy's bot manages threads, the owner may do everything.
    assert!(world.can_view(PROXY, id(&thread)) && world.can_view(HUMAN, id(&thread)));
    let thread = world
        .start_thread(PROXY, GENERAL, draft(None), None)
        .unwrap();
    assert!(!world.can_view(FRIEND, id(&thread)));
    world.join_thread(PROXY, id(&thread), FRIEND).unwrap();
    assert!(world.can_view(FRIEND, id(&thread)));
}

#[test]
fn whoever_joins_a_thread_is_told_of_its_own_membership_alone() {
    let mut world = world();
    let thread = world
        .start_thread(PROXY, GENERAL, draft(None), None)
        .unwrap();
    world.take_dispatches();
    world.join_thread(PROXY, id(&thread), FRIEND).unwrap();
    let told: Vec<_> = world
        .take_dispatches()
        .into_iter()
        .filter(|dispatch| dispatch.name == "THREAD_MEMBER_UPDATE")
        .collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].only, Some(FRIEND));
    assert_eq!(told[0].data["user_id"], FRIEND.to_string());
    assert!(told[0].data["guild_id"].is_string());
}

#[test]
fn an_archived_thread_takes_deletes_and_wakes_up_for_messages() {
    let mut world = world();
    let thread = public(&mut world);
    let message = id(&world
        .create_message(PROXY, thread, NewMessage::text("x"))
        .unwrap());
    world
        .modify_channel(PROXY, thread, archived(true), None)
        .unwrap();
    let edit =
        |world: &mut World| world.edit_message(PROXY, thread, message, MessagePatch::text("y"));
    assert_eq!(code(edit(&mut world)), 50083);
    let rename = ChannelPatch {
        name: Some("new".to_owned()),
        ..ChannelPatch::default()
    };
    assert_eq!(
        code(world.modify_channel(PROXY, thread, rename, None)),
        50083
    );
    world
        .create_message(FRIEND, thread, NewMessage::text("wake up"))
        .unwrap();
    edit(&mut world).unwrap();
    world
        .modify_channel(PROXY, thread, archived(true), None)
        .unwrap();
    world.delete_message(PROXY, thread, message, None).unwrap();
    let lock = ChannelPatch {
        locked: Some(true),
        ..archived(false)
    };
    world.modify_channel(PROXY, thread, lock, None).unwrap();
    assert_eq!(
        code(world.create_message(FRIEND, thread, NewMessage::text("x"))),
        160_005
    );
    world
        .create_message(PROXY, thread, NewMessage::text("x"))
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn silence_archives_a_thread() {
    let mut world = world();
    let hour = ThreadDraft {
        auto_archive_duration: Some(60),
        ..draft(Some(PUBLIC_THREAD))
    };
    let thread = id(&world.start_thread(PROXY, GENERAL, hour, None).unwrap());
    tokio::time::advance(Duration::from_mins(59)).await;
    world
        .create_message(PROXY, thread, NewMessage::text("still here"))
        .unwrap();
    world.settle();
    tokio::time::advance(Duration::from_mins(59)).await;
    world.settle();
    assert_eq!(
        world.channel(PROXY, thread).unwrap()["thread_metadata"]["archived"],
        false
    );
    events(&mut world);
    tokio::time::advance(Duration::from_mins(2)).await;
    world.settle();
    assert_eq!(
        world.channel(PROXY, thread).unwrap()["thread_metadata"]["archived"],
        true
    );
    assert_eq!(events(&mut world), ["THREAD_UPDATE"]);
    let guild = world.guild_create(crate::world::tests::GUILD, PROXY);
    assert_eq!(guild["threads"], json!([]));
}

#[test]
fn lists_tell_active_from_archived() {
    let mut world = world();
    let (first, second) = (public(&mut world), public(&mut world));
    let ids =
        |list: &Value| -> Vec<u64> { list["threads"].as_array().unwrap().iter().map(id).collect() };
    let active = world
        .active_threads(PROXY, crate::world::tests::GUILD, Replica::default())
        .unwrap();
    assert_eq!(
        (ids(&active), active["members"].as_array().unwrap().len()),
        (vec![second, first], 2)
    );
    world
        .modify_channel(PROXY, first, archived(true), None)
        .unwrap();
    world
        .modify_channel(PROXY, second, archived(true), None)
        .unwrap();
    let list = world
        .archived_threads(PROXY, GENERAL, false, (None, 1))
        .unwrap();
    assert_eq!(
        (ids(&list), &list["has_more"]),
        (vec![second], &json!(true))
    );
    let listed = world
        .guild_channels(PROXY, crate::world::tests::GUILD, Replica::default())
        .unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 1);
}

#[test]
fn threads_die_with_their_channel_without_a_word() {
    let mut world = world();
    let channel = crate::world::tests::room(&mut world, "room");
    let thread = world
        .start_thread(PROXY, channel, draft(Some(PUBLIC_THREAD)), None)
        .unwrap();
    events(&mut world);
    world.delete_channel(PROXY, channel, None).unwrap();
    let deletions: Vec<_> = events(&mut world)
        .into_iter()
        .filter(|name| name.ends_with("DELETE"))
        .collect();
    assert_eq!(deletions, ["CHANNEL_DELETE"]);
    let truths = world.channels_for_truth();
    let truth = truths.iter().find(|truth| truth.id == id(&thread)).unwrap();
    assert_eq!(
        (truth.alive, truth.deleted_by, truth.kind),
        (false, Some(PROXY), 11)
    );
}

#[test]
fn a_deleted_thread_says_only_what_it_was() {
    let mut world = world();
    let thread = public(&mut world);
    events(&mut world);
    world.delete_channel(PROXY, thread, None).unwrap();
    let gone = world.take_dispatches().remove(0);
    assert_eq!(
        (gone.name, gone.channel_id),
        ("THREAD_DELETE", Some(thread))
    );
    assert_eq!(gone.data.as_object().unwrap().len(), 4);
    assert!(world.can_view(FRIEND, thread));
}

#[test]
fn active_threads_run_out() {
    let mut config = Config::default();
    config.guild.threads_max = 1;
    let mut world = with(&config);
    let first = public(&mut world);
    let start =
        |world: &mut World| world.start_thread(PROXY, GENERAL, draft(Some(PUBLIC_THREAD)), None);
    assert_eq!(code(start(&mut world)), 160_006);
    world
        .modify_channel(PROXY, first, archived(true), None)
        .unwrap();
    start(&mut world).unwrap();
    assert_eq!(
        code(world.create_message(PROXY, first, NewMessage::text("x"))),
        160_006
    );
}

#[test]
fn a_post_is_the_last_of_its_forum_and_has_a_message_of_the_same_id() {
    let mut world = world();
    let forum = ChannelDraft {
        kind: FORUM,
        ..ChannelDraft::text("forum")
    };
    let forum = world.create_channel(PROXY, GUILD, forum, None).unwrap();
    let forum = id(&forum);
    let alone = world.start_thread(PROXY, forum, draft(None), None);
    assert_eq!(code(alone), 50_035, "a post has a message");
    let post = ThreadDraft {
        message: Some(NewMessage::text("first")),
        ..draft(None)
    };
    let post = id(&world.start_thread(PROXY, forum, post, None).unwrap());
    let first = &world.messages_of(post)[0];
    assert_eq!((id(first), &first["content"]), (post, &json!("first")));
    let forum = world.channel(PROXY, forum).unwrap();
    assert_eq!(forum["last_message_id"], json!(post.to_string()));
}
