//! A small world for tests, and the tests of guild, roles, members and audit log.

use serde_json::{Value, json};

use super::{audit::Filter, permission, *};
use crate::config::Config;

pub(super) const HUMAN: u64 = 1_400_000_000_000_000_020;
pub(super) const PROXY: u64 = 1_400_000_000_000_000_010;
pub(super) const FRIEND: u64 = 1_400_000_000_000_000_100;
pub(super) const GUILD: u64 = 1_400_000_000_000_000_000;
pub(super) const GENERAL: u64 = 1_400_000_000_000_000_001;

/// The demo's guild, with nothing said yet.
pub(super) fn world() -> World {
    with(&Config::default())
}

/// A guild of one's own making.
pub(super) fn with(config: &Config) -> World {
    let mut world = World::new(config, Clock::starting_at(config.start_ms));
    world.take_dispatches();
    world
}

/// Gives the proxy's bot exactly these permissions, and `@everyone` none.
pub(super) fn grant(world: &mut World, permissions: u64) {
    let own = world.bot_role_of(GUILD, PROXY).unwrap();
    for (role_id, permissions) in [(GUILD, 0), (own, permissions)] {
        let patch = RolePatch {
            permissions: Some(permissions),
            ..RolePatch::default()
        };
        world
            .modify_role(HUMAN, GUILD, role_id, patch, None)
            .unwrap();
    }
    world.take_dispatches();
}

/// A text channel of the proxy's bot.
pub(super) fn room(world: &mut World, name: &str) -> u64 {
    id(&world
        .create_channel(PROXY, GUILD, ChannelDraft::text(name), None)
        .unwrap())
}

/// The id of an object.
pub(super) fn id(value: &Value) -> u64 {
    value["id"].as_str().unwrap().parse().unwrap()
}

/// The names of the events since the last look.
pub(super) fn events(world: &mut World) -> Vec<&'static str> {
    world
        .take_dispatches()
        .into_iter()
        .map(|dispatch| dispatch.name)
        .collect()
}

/// The code of a refusal.
pub(super) fn code<T: std::fmt::Debug>(outcome: Result<T, ApiError>) -> u64 {
    outcome.unwrap_err().code
}

fn role(world: &mut World, actor: u64, permissions: u64) -> Result<u64, ApiError> {
    let patch = RolePatch {
        permissions: Some(permissions),
        ..RolePatch::default()
    };
    Ok(id(&world.create_role(actor, GUILD, patch, None)?))
}

#[test]
fn nobody_grants_what_he_has_not() {
    let mut world = world();
    assert_eq!(
        code(role(&mut world, PROXY, permission::ADMINISTRATOR)),
        50013
    );
    let made = role(&mut world, PROXY, permission::VIEW_CHANNEL).unwrap();
    let patch = RolePatch {
        permissions: Some(permission::MANAGE_GUILD),
        ..RolePatch::default()
    };
    assert_eq!(
        code(world.modify_role(PROXY, GUILD, made, patch, None)),
        50013
    );
}

#[test]
fn only_roles_below_ones_own_can_be_deleted() {
    let mut world = world();
    let lower = role(&mut world, PROXY, 0).unwrap();
    let own = world.bot_role_of(GUILD, PROXY).unwrap();
    assert_eq!(code(world.delete_role(PROXY, GUILD, own, None)), 50013);
    assert_eq!(code(world.delete_role(PROXY, GUILD, 7, None)), 10011);
    assert_eq!(code(world.delete_role(HUMAN, GUILD, own, None)), 50028);
    assert_eq!(code(world.delete_role(HUMAN, GUILD, GUILD, None)), 50028);
    events(&mut world);
    world.delete_role(PROXY, GUILD, lower, None).unwrap();
    assert!(events(&mut world).contains(&"GUILD_ROLE_DELETE"));
    assert_eq!(code(world.delete_role(PROXY, GUILD, lower, None)), 10011);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_role_leaves_the_list_at_once_and_the_members_one_after_the_other() {
    let mut config = Config::default();
    config.guild.role_cleanup_ms = 1_000;
    let mut world = with(&config);
    let roles = [
        role(&mut world, HUMAN, 0).unwrap(),
        role(&mut world, HUMAN, 0).unwrap(),
    ];
    for role_id in roles {
        world
            .set_member_role(HUMAN, GUILD, FRIEND, (role_id, true), None)
            .unwrap();
        world.delete_role(HUMAN, GUILD, role_id, None).unwrap();
    }
    let held = |world: &World| {
        let member = world.member(HUMAN, GUILD, FRIEND).unwrap();
        roles.map(|role| {
            member["roles"]
                .as_array()
                .unwrap()
                .contains(&json!(role.to_string()))
        })
    };
    assert_eq!(
        world
            .role_member_counts(HUMAN, GUILD)
            .unwrap()
            .get(roles[0].to_string()),
        None
    );
    let mut seen = vec![held(&world)];
    for _ in 0..2 {
        tokio::time::advance(std::time::Duration::from_secs(1)).await;
        world.settle();
        seen.push(held(&world));
    }
    assert_eq!(seen, [[true, true], [false, true], [false, false]]);
}

#[test]
fn listing_members_needs_the_portals_switch_and_searching_does_not() {
    let mut config = Config::default();
    config.guild.members_extra = 5;
    let mut world = with(&config);
    assert_eq!(code(world.members(PROXY, GUILD, 0, 1_000)), 50001);
    let found = world.search_members(PROXY, GUILD, "MEMBER-", 3).unwrap();
    assert_eq!(found.as_array().unwrap().len(), 3);
    world.set_privileged_intents(PROXY, event::GUILD_MEMBERS);
    let page = world.members(PROXY, GUILD, FRIEND, 1_000).unwrap();
    let ids: Vec<u64> = page
        .as_array()
        .unwrap()
        .iter()
        .map(|one| id(&one["user"]))
        .collect();
    assert_eq!(ids.len(), 5);
    assert!(ids.is_sorted() && ids.iter().all(|id| *id > FRIEND));
}

#[test]
fn the_audit_log_is_filtered_and_ordered() {
    let mut world = world();
    let mine = room(&mut world, "mine");
    let draft = ChannelDraft::text("theirs");
    world
        .create_channel(HUMAN, GUILD, draft, Some("because"))
        .unwrap();
    world.delete_channel(PROXY, mine, Some("done")).unwrap();
    let mut read = |filter: Filter| {
        let log = world
            .audit_log(PROXY, GUILD, &filter, Replica::default())
            .unwrap();
        log["audit_log_entries"].as_array().unwrap().clone()
    };
    let all = read(Filter {
        limit: 50,
        ..Filter::default()
    });
    assert_eq!(all.len(), 3);
    assert_eq!(all[0]["action_type"], audit::CHANNEL_DELETE);
    assert_eq!(all[0]["reason"], "done");
    let by_human = read(Filter {
        limit: 50,
        user_id: Some(HUMAN),
        ..Filter::default()
    });
    assert_eq!(by_human[0]["reason"], "because");
    let created = audit::CHANNEL_CREATE;
    let creations = read(Filter {
        limit: 1,
        action: Some(created),
        ..Filter::default()
    });
    assert_eq!(
        (creations.len(), &creations[0]["user_id"]),
        (1, &by_human[0]["user_id"])
    );
    let after = read(Filter {
        limit: 2,
        after: Some(id(&all[2])),
        ..Filter::default()
    });
    assert_eq!(after, [all[1].clone(), all[0].clone()]);
    let before = read(Filter {
        limit: 9,
        before: Some(id(&all[1])),
        ..Filter::default()
    });
    assert_eq!(before, [all[2].clone()]);
}

#[test]
fn audit_entries_go_to_those_who_may_read_the_log() {
    let mut world = world();
    room(&mut world, "one");
    let told: Vec<Option<u64>> = world
        .take_dispatches()
        .into_iter()
        .filter(|dispatch| dispatch.name == "GUILD_AUDIT_LOG_ENTRY_CREATE")
        .map(|dispatch| dispatch.only)
        .collect();
    assert_eq!(told, [Some(PROXY)]);
    grant(&mut world, permission::VIEW_CHANNEL);
    assert_eq!(
        code(world.audit_log(PROXY, GUILD, &Filter::default(), Replica::default())),
        50013
    );
}

#[test]
fn whoever_is_removed_is_told_and_gets_nothing_more() {
    let mut world = world();
    world.remove_member(HUMAN, GUILD, PROXY, None).unwrap();
    let told = world.take_dispatches();
    let gone = told
        .iter()
        .find(|dispatch| dispatch.name == "GUILD_DELETE")
        .unwrap();
    assert_eq!(
        (gone.only, gone.data.get("unavailable")),
        (Some(PROXY), None)
    );
    assert_eq!(code(world.guild(PROXY, GUILD, false)), 10004);
    assert_eq!(code(world.roles(PROXY, GUILD)), 50001);
    assert_eq!(code(world.channel(PROXY, GENERAL)), 50001);
}

#[test]
fn the_application_shows_which_switches_are_on() {
    let mut world = world();
    assert_eq!(world.application_object(PROXY)["flags"], 1 << 19);
    world.set_privileged_intents(PROXY, 0);
    assert_eq!(world.application_object(PROXY)["flags"], 0);
}

#[test]
fn a_revoked_token_speaks_for_nobody() {
    let mut world = world();
    let token = Config::default().proxy.token;
    assert_eq!(world.user_for_token(&token), Some(PROXY));
    world.revoke_token(PROXY);
    assert_eq!(world.user_for_token(&token), None);
}
