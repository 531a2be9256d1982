//! Channels: limits, sight, life and death.

use serde_json::json;

use super::*;
use crate::{
    config::Config,
    world::{
        GuildPatch, NewMessage,
        channel::change::Move,
        tests::{FRIEND, GENERAL, GUILD, HUMAN, PROXY, code, events, grant, id, room, with, world},
    },
};

fn overwrite(id: u64, kind: OverwriteKind, allow: u64, deny: u64) -> Overwrite {
    Overwrite {
        id,
        kind,
        allow,
        deny,
    }
}

fn blind(world: &mut World, channel_id: u64) {
    let deny = overwrite(PROXY, OverwriteKind::Member, 0, permission::VIEW_CHANNEL);
    world.set_overwrite(HUMAN, channel_id, deny, None).unwrap();
}

fn category(world: &mut World) -> u64 {
    let draft = ChannelDraft {
        kind: CATEGORY,
        ..ChannelDraft::text("Conversations")
    };
    id(&world.create_channel(HUMAN, GUILD, draft, None).unwrap())
}

fn field_code(error: &ApiError, field: &str) -> String {
    error.errors.as_ref().unwrap()[field]["_errors"][0]["code"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn a_guild_holds_only_so_many_channels_and_threads_do_not_count() {
    let mut config = Config::default();
    config.guild.channels_max = 3;
    let mut world = with(&config);
    let first = room(&mut world, "one");
    let draft = crate::world::ThreadDraft {
        name: "t".to_owned(),
        ..Default::default()
    };
    world.start_thread(PROXY, GENERAL, draft, None).unwrap();
    room(&mut world, "two");
    let full = world
        .create_channel(PROXY, GUILD, ChannelDraft::text("three"), None)
        .unwrap_err();
    assert_eq!(full.status, 400);
    let body = json!({ "message": "Maximum number of server channels reached (3)", "code": 30013 });
    assert_eq!(full.body(), body);
    world.delete_channel(PROXY, first, None).unwrap();
    room(&mut world, "three");
}

#[test]
fn a_category_holds_only_so_many_channels() {
    let mut config = Config::default();
    config.guild.category_channels_max = 1;
    let mut world = with(&config);
    let parent_id = Some(category(&mut world));
    let draft = |name: &str| ChannelDraft {
        parent_id,
        ..ChannelDraft::text(name)
    };
    world
        .create_channel(PROXY, GUILD, draft("one"), None)
        .unwrap();
    let full = world
        .create_channel(PROXY, GUILD, draft("two"), None)
        .unwrap_err();
    assert_eq!(full.code, 50035);
    assert_eq!(
        field_code(&full, "parent_id"),
        "CHANNEL_PARENT_MAX_CHANNELS"
    );
    let patch = ChannelPatch {
        parent_id: Some(parent_id),
        ..ChannelPatch::default()
    };
    assert_eq!(
        code(world.modify_channel(PROXY, GENERAL, patch, None)),
        50035
    );
}

#[test]
fn fifty_categories_are_enough() {
    let mut world = world();
    for _ in 0..50 {
        category(&mut world);
    }
    let draft = ChannelDraft {
        kind: CATEGORY,
        ..ChannelDraft::text("one more")
    };
    assert_eq!(code(world.create_channel(HUMAN, GUILD, draft, None)), 30013);
    room(&mut world, "text-still-fits");
}

#[test]
fn bad_channels_are_form_errors() {
    let mut world = world();
    let rows = [
        (ChannelDraft::text(""), "name"),
        (ChannelDraft::text("x".repeat(101)), "name"),
        (
            ChannelDraft {
                topic: Some("x".repeat(1_025)),
                ..ChannelDraft::text("x")
            },
            "topic",
        ),
        (
            ChannelDraft {
                kind: 3,
                ..ChannelDraft::text("x")
            },
            "type",
        ),
        (
            ChannelDraft {
                rate_limit_per_user: 21_601,
                ..ChannelDraft::text("x")
            },
            "rate_limit_per_user",
        ),
        (
            ChannelDraft {
                parent_id: Some(GENERAL),
                ..ChannelDraft::text("x")
            },
            "parent_id",
        ),
        (
            ChannelDraft {
                parent_id: Some(7),
                ..ChannelDraft::text("x")
            },
            "parent_id",
        ),
    ];
    for (draft, field) in rows {
        let error = world.create_channel(PROXY, GUILD, draft, None).unwrap_err();
        assert_eq!((error.status, error.code), (400, 50035), "{field}");
        field_code(&error, field);
    }
    assert_eq!(events(&mut world), [""; 0]);
}

#[test]
fn creating_needs_the_permission_and_grants_only_what_one_has() {
    let mut world = world();
    let draft = |overwrites| ChannelDraft {
        overwrites,
        ..ChannelDraft::text("x")
    };
    assert_eq!(
        code(world.create_channel(FRIEND, GUILD, draft(None), None)),
        50013
    );
    let allow = |bits| Some(vec![overwrite(PROXY, OverwriteKind::Member, bits, 0)]);
    let beyond = allow(permission::MANAGE_GUILD);
    assert_eq!(
        code(world.create_channel(PROXY, GUILD, draft(beyond), None)),
        50013
    );
    let roles = allow(permission::MANAGE_ROLES);
    assert_eq!(
        code(world.create_channel(PROXY, GUILD, draft(roles), None)),
        50013
    );
    let own = allow(permission::VIEW_CHANNEL);
    world
        .create_channel(PROXY, GUILD, draft(own), None)
        .unwrap();
    grant(&mut world, permission::ADMINISTRATOR);
    let roles = allow(permission::MANAGE_ROLES);
    world
        .create_channel(PROXY, GUILD, draft(roles), None)
        .unwrap();
}

#[test]
fn a_bot_that_locks_everyone_out_locks_itself_out() {
    let mut world = world();
    let closed = overwrite(GUILD, OverwriteKind::Role, 0, permission::VIEW_CHANNEL);
    let draft = |overwrites| ChannelDraft {
        overwrites: Some(overwrites),
        ..ChannelDraft::text("x")
    };
    grant(
        &mut world,
        permission::VIEW_CHANNEL | permission::MANAGE_CHANNELS,
    );
    let lost = id(&world
        .create_channel(PROXY, GUILD, draft(vec![closed]), None)
        .unwrap());
    assert_eq!(code(world.channel(PROXY, lost)), 50001);
    assert_eq!(code(world.delete_channel(PROXY, lost, None)), 50001);
    let open = overwrite(PROXY, OverwriteKind::Member, permission::VIEW_CHANNEL, 0);
    let kept = id(&world
        .create_channel(PROXY, GUILD, draft(vec![closed, open]), None)
        .unwrap());
    world.delete_channel(PROXY, kept, None).unwrap();
}

#[test]
fn a_channel_without_overwrites_takes_its_categorys() {
    let mut world = world();
    let parent = category(&mut world);
    blind(&mut world, parent);
    let draft = ChannelDraft {
        parent_id: Some(parent),
        ..ChannelDraft::text("x")
    };
    assert_eq!(
        code(world.create_channel(PROXY, GUILD, draft.clone(), None)),
        50013
    );
    let child = id(&world.create_channel(HUMAN, GUILD, draft, None).unwrap());
    assert!(!world.can_view(PROXY, child));
}

#[test]
fn channels_out_of_sight_are_left_out_of_lists_and_masked_on_the_gateway() {
    let mut config = Config::default();
    for (obfuscate, listed, name) in [(true, 1, "___hidden___"), (false, 2, "secret")] {
        config.obfuscate_channels = obfuscate;
        let mut world = with(&config);
        let draft = ChannelDraft {
            topic: Some("plans".to_owned()),
            ..ChannelDraft::text("secret")
        };
        let secret = id(&world.create_channel(HUMAN, GUILD, draft, None).unwrap());
        blind(&mut world, secret);
        let channels = world
            .guild_channels(PROXY, GUILD, Replica::default())
            .unwrap();
        assert_eq!(channels.as_array().unwrap().len(), listed);
        let guild = world.guild_create(GUILD, PROXY);
        let channels = guild["channels"].as_array().unwrap();
        let shown = channels.iter().find(|one| id(one) == secret).unwrap();
        assert_eq!(shown["name"], name);
        assert_eq!(shown["topic"].is_null(), obfuscate);
        assert_eq!(shown["flags"], if obfuscate { 1 << 17 } else { 0 });
        let event = world.take_dispatches().pop().map(|last| last.data);
        let update = json!({ "id": secret.to_string(), "name": "secret", "flags": 0 });
        let seen = world.seen_by(PROXY, 0, "CHANNEL_DELETE", &update);
        assert_eq!(seen["name"], name, "{event:?}");
    }
}

#[test]
fn a_channel_dies_once_and_is_remembered() {
    let mut world = world();
    let mine = room(&mut world, "mine");
    world
        .create_message(PROXY, mine, NewMessage::text("hello"))
        .unwrap();
    events(&mut world);
    let gone = world.delete_channel(PROXY, mine, None).unwrap();
    assert_eq!(gone["name"], "mine");
    // No MESSAGE_DELETE for what was in it.
    assert_eq!(
        events(&mut world),
        ["CHANNEL_DELETE", "GUILD_AUDIT_LOG_ENTRY_CREATE"]
    );
    assert_eq!(code(world.delete_channel(PROXY, mine, None)), 10003);
    assert_eq!(
        code(world.create_message(PROXY, mine, NewMessage::text("late"))),
        10003
    );
    assert_eq!(
        code(world.history(PROXY, mine, crate::world::message::Page::Latest, 50)),
        10003
    );
    let truths = world.channels_for_truth();
    let truth = truths.iter().find(|truth| truth.id == mine).unwrap();
    assert_eq!(
        (truth.alive, truth.creator_id, truth.deleted_by),
        (false, PROXY, Some(PROXY))
    );
    assert_eq!(world.messages_of(mine).len(), 1);
}

#[test]
fn a_deleted_category_leaves_its_children() {
    let mut world = world();
    let parent = category(&mut world);
    let draft = ChannelDraft {
        parent_id: Some(parent),
        ..ChannelDraft::text("child")
    };
    let child = id(&world.create_channel(PROXY, GUILD, draft, None).unwrap());
    events(&mut world);
    world.delete_channel(HUMAN, parent, None).unwrap();
    let names = events(&mut world);
    assert_eq!(
        (names[0], *names.last().unwrap()),
        ("CHANNEL_DELETE", "CHANNEL_UPDATE")
    );
    assert!(world.channel(PROXY, child).unwrap()["parent_id"].is_null());
}

#[test]
fn a_community_keeps_its_rules_channel() {
    let mut world = world();
    let special = vec![("rules_channel_id", Some(GENERAL))];
    let patch = GuildPatch {
        special,
        ..GuildPatch::default()
    };
    world.modify_guild(HUMAN, GUILD, patch, None).unwrap();
    assert_eq!(code(world.delete_channel(HUMAN, GENERAL, None)), 50074);
    assert_eq!(
        world.guild(PROXY, GUILD, false).unwrap()["features"],
        json!(["COMMUNITY"])
    );
}

#[test]
fn one_move_changes_one_category() {
    let mut world = world();
    let parent_id = Some(Some(category(&mut world)));
    let moved = |id| Move {
        id,
        position: Some(3),
        parent_id,
        lock_permissions: false,
    };
    let other = room(&mut world, "other");
    assert_eq!(
        code(world.move_channels(PROXY, GUILD, &[moved(GENERAL), moved(other)])),
        40009
    );
    world
        .move_channels(PROXY, GUILD, &[moved(GENERAL)])
        .unwrap();
    assert_eq!(world.channel(PROXY, GENERAL).unwrap()["position"], 3);
}
