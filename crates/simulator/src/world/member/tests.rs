//! A guild with a crowd in it.

use serde_json::{Value, json};

use crate::{
    config::{Config, RoleConfig},
    world::{
        MemberPatch, World,
        event::GUILD_MEMBERS,
        tests::{GUILD, HUMAN, PROXY, code, events, with},
    },
};

const FIRST: u64 = GUILD + 1_000_000;
const ROLE: u64 = 1_400_000_000_000_000_200;

/// A guild with so many silent members, of whom some hold the role.
fn crowded(members_extra: usize, holders: usize) -> World {
    let mut config = Config::default();
    config.guild.members_extra = members_extra;
    config.guild.roles = vec![RoleConfig::numbered(0).held_by(holders)];
    config.proxy.privileged_intents |= GUILD_MEMBERS;
    with(&config)
}

fn page(world: &World, after: u64, limit: u64) -> Vec<Value> {
    let page = world.members(PROXY, GUILD, after, limit).unwrap();
    page.as_array().unwrap().clone()
}

fn id_of(member: &Value) -> u64 {
    member["user"]["id"].as_str().unwrap().parse().unwrap()
}

fn held(world: &World) -> u64 {
    let counts = world.role_member_counts(PROXY, GUILD).unwrap();
    counts[ROLE.to_string()].as_u64().unwrap()
}

/// Ids and roles of everybody, read page by page.
fn everybody(world: &World) -> Vec<(u64, Value)> {
    let mut all: Vec<(u64, Value)> = Vec::new();
    loop {
        let after = all.last().map_or(0, |(id, _)| *id);
        let page = page(world, after, 700);
        if page.is_empty() {
            return all;
        }
        all.extend(page.iter().map(|one| (id_of(one), one["roles"].clone())));
    }
}

#[test]
fn three_hundred_thousand_members_are_read_by_the_page() {
    let world = crowded(300_000, 120_000);
    assert_eq!(
        world.guild_create(GUILD, PROXY)["member_count"],
        300_003,
        "the crowd, the owner, and two bots"
    );
    assert_eq!(held(&world), 120_000);
    for after in [0, FIRST + 150_000, FIRST + 298_998] {
        let page = page(&world, after, 1_000);
        assert_eq!(page.len(), 1_000);
        assert!(page.iter().map(id_of).is_sorted());
        assert!(id_of(&page[0]) > after);
    }
    assert_eq!(page(&world, FIRST + 299_999, 1_000), Vec::<Value>::new());
    let found = world.search_members(PROXY, GUILD, "member-29999", 1_000);
    assert_eq!(found.unwrap().as_array().unwrap().len(), 11);
    let last = world.member(PROXY, GUILD, FIRST + 299_999).unwrap();
    assert_eq!(last["user"]["username"], "member-299999");
    assert_eq!(code(world.member(PROXY, GUILD, FIRST + 300_000)), 10013);
}

#[test]
fn a_search_takes_no_intent_and_finds_a_page_at_most_of_300000_who_match() {
    let mut world = crowded(300_000, 120_000);
    world.set_privileged_intents(PROXY, 0);
    assert_eq!(code(world.members(PROXY, GUILD, 0, 1_000)), 50001);
    let found = |query: char| {
        let found = world.search_members(PROXY, GUILD, &query.to_string(), 1_000);
        found.unwrap().as_array().unwrap().len()
    };
    let all: Vec<usize> = ('a'..='z').chain('0'..='9').map(found).collect();
    assert_eq!(all.iter().filter(|count| **count == 1_000).count(), 2);
    assert!(all.iter().sum::<usize>() < 2_010, "{all:?}");
}

#[test]
fn pages_and_counts_say_the_same_of_a_role() {
    let world = crowded(3_000, 1_000);
    let everybody = everybody(&world);
    assert_eq!(everybody.len(), 3_003);
    let holds = |(_, roles): &&(u64, Value)| *roles == json!([ROLE.to_string()]);
    assert_eq!(everybody.iter().filter(holds).count(), 1_000);
    assert_eq!(held(&world), 1_000);
}

#[test]
fn whoever_is_changed_steps_out_of_the_crowd_and_keeps_the_place_in_the_list() {
    let mut world = crowded(3_000, 0);
    let before = everybody(&world);
    let somebody = FIRST + 1_234;
    world
        .set_member_role(HUMAN, GUILD, somebody, (ROLE, true), None)
        .unwrap();
    assert_eq!(held(&world), 1);
    let patch = MemberPatch {
        nick: Some(Some("Zoe".to_owned())),
        ..MemberPatch::default()
    };
    world
        .modify_member(HUMAN, GUILD, somebody, patch, None)
        .unwrap();
    let found = world.search_members(PROXY, GUILD, "zoe", 9).unwrap();
    assert_eq!(id_of(&found[0]), somebody);
    let ids = |all: &[(u64, Value)]| all.iter().map(|(id, _)| *id).collect::<Vec<_>>();
    assert_eq!(ids(&everybody(&world)), ids(&before));
    assert_eq!(world.guild_create(GUILD, PROXY)["member_count"], 3_003);
}

#[test]
fn whoever_of_the_crowd_is_removed_is_gone_and_counts_no_more() {
    let mut world = crowded(3_000, 3_000);
    let somebody = FIRST + 7;
    events(&mut world);
    world.remove_member(HUMAN, GUILD, somebody, None).unwrap();
    assert!(events(&mut world).contains(&"GUILD_MEMBER_REMOVE"));
    assert_eq!(held(&world), 2_999);
    assert_eq!(world.guild_create(GUILD, PROXY)["member_count"], 3_002);
    assert!(everybody(&world).iter().all(|(id, _)| *id != somebody));
    assert_eq!(code(world.member(PROXY, GUILD, somebody)), 10007);
}

#[test]
fn a_role_that_is_gone_is_gone_from_the_crowd() {
    let mut world = crowded(3_000, 3_000);
    world
        .set_member_role(HUMAN, GUILD, PROXY, (ROLE, true), None)
        .unwrap();
    world.delete_role(HUMAN, GUILD, ROLE, None).unwrap();
    let dead = json!(ROLE.to_string());
    let holds = |(_, roles): &(u64, Value)| roles.as_array().unwrap().contains(&dead);
    assert!(!everybody(&world).iter().any(holds));
}

#[test]
fn roles_of_the_configuration_stand_where_it_says() {
    let mut config = Config::default();
    config.guild.roles = (0..3).map(RoleConfig::numbered).collect();
    config.guild.roles[1].managed = true;
    config.guild.roles[2].above_bots = true;
    let mut world = with(&config);
    let refused = [0, 1, 2].map(|index| {
        let role_id = RoleConfig::numbered(index).id;
        world
            .delete_role(PROXY, GUILD, role_id, None)
            .map_err(|refusal| refusal.code)
    });
    assert_eq!(refused, [Ok(None), Err(50028), Err(50013)]);
}
