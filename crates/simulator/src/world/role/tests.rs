//! Roles that go from large guilds, step by step.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    config::{Config, RoleConfig, RoleDeletion},
    world::{
        Replica, World,
        audit::{self, Filter},
        event::GUILD_MEMBERS,
        tests::{FRIEND, GUILD, HUMAN, PROXY, code, events, with},
    },
};

const FIRST: u64 = GUILD + 1_000_000;
const ROLE: u64 = 1_400_000_000_000_000_200;
/// So many members are in the guild besides the crowd.
const OTHERS: u64 = 3;

/// A guild in which 997 silent members, the owner and two bots are looked at, 100 per second; all
/// of the crowd hold two roles.
fn slow(deletion: RoleDeletion) -> World {
    let mut config = Config::default();
    config.guild.members_extra = 997;
    config.guild.roles = [0, 1]
        .map(|index| RoleConfig::numbered(index).held_by(997))
        .to_vec();
    config.guild.role_deletion = deletion;
    config.guild.role_cleanup_members_per_second = 100;
    config.proxy.privileged_intents |= GUILD_MEMBERS;
    with(&config)
}

async fn pass(world: &mut World, seconds: u64) {
    tokio::time::advance(Duration::from_secs(seconds)).await;
    world.settle();
}

/// How many members show the role, read from the pages.
fn showing(world: &World, role_id: u64) -> usize {
    let members = world.members(PROXY, GUILD, 0, 1_000).unwrap();
    let role_id = json!(role_id.to_string());
    let holds = |member: &&Value| member["roles"].as_array().unwrap().contains(&role_id);
    members.as_array().unwrap().iter().filter(holds).count()
}

fn deletions(world: &mut World) -> usize {
    let filter = Filter {
        limit: 50,
        action: Some(audit::ROLE_DELETE),
        ..Filter::default()
    };
    let log = world.audit_log(PROXY, GUILD, &filter, Replica::default());
    log.unwrap()["audit_log_entries"].as_array().unwrap().len()
}

#[tokio::test(start_paused = true)]
async fn the_members_are_rid_of_a_deleted_role_in_the_order_of_their_ids() {
    let mut world = slow(RoleDeletion::Asynchronous);
    world.delete_role(PROXY, GUILD, ROLE, None).unwrap();
    assert_eq!(code(world.role(PROXY, GUILD, ROLE)), 10011);
    let mut seen = vec![showing(&world, ROLE)];
    for _ in 0..2 {
        pass(&mut world, 4).await;
        seen.push(showing(&world, ROLE));
    }
    pass(&mut world, 2).await;
    seen.push(showing(&world, ROLE));
    let rid = |looked_at: u64| usize::try_from(997 + OTHERS - looked_at).unwrap();
    assert_eq!(seen, [997, rid(400), rid(800), 0]);
    assert_eq!(showing(&world, ROLE + 1), 997, "the other role stays");
}

#[tokio::test(start_paused = true)]
async fn the_second_clean_up_begins_when_the_first_has_ended() {
    let mut world = slow(RoleDeletion::Asynchronous);
    for role_id in [ROLE, ROLE + 1] {
        world.delete_role(PROXY, GUILD, role_id, None).unwrap();
    }
    pass(&mut world, 9).await;
    assert_eq!(showing(&world, ROLE + 1), 997);
    pass(&mut world, 6).await;
    assert_eq!(showing(&world, ROLE), 0);
    assert!((1..997).contains(&showing(&world, ROLE + 1)));
    pass(&mut world, 5).await;
    assert_eq!(showing(&world, ROLE + 1), 0);
}

#[tokio::test(start_paused = true)]
async fn who_stepped_out_of_the_crowd_is_rid_of_the_role_like_the_others() {
    let mut world = slow(RoleDeletion::Asynchronous);
    let (early, late) = (FIRST + 10, FIRST + 900);
    for user_id in [early, late, FRIEND] {
        let role = (ROLE, true);
        world
            .set_member_role(HUMAN, GUILD, user_id, role, None)
            .unwrap();
    }
    world.delete_role(PROXY, GUILD, ROLE, None).unwrap();
    pass(&mut world, 5).await;
    let holds = |world: &World, user_id: u64| {
        let member = world.member(PROXY, GUILD, user_id).unwrap();
        let roles = member["roles"].as_array().unwrap();
        roles.contains(&json!(ROLE.to_string()))
    };
    let held = [early, late, FRIEND].map(|user_id| holds(&world, user_id));
    assert_eq!(held, [false, true, false]);
    pass(&mut world, 5).await;
    assert_eq!(showing(&world, ROLE), 0);
}

#[tokio::test(start_paused = true)]
async fn a_scan_counts_down_and_strikes_the_role_off_at_its_end() {
    let mut world = slow(RoleDeletion::Scanning);
    let due_ms = world.delete_role(PROXY, GUILD, ROLE, None).unwrap();
    assert_eq!(due_ms, Some(Config::default().start_ms + 10_000));
    events(&mut world);
    pass(&mut world, 5).await;
    let counts = world.role_member_counts(PROXY, GUILD).unwrap();
    assert_eq!(counts[ROLE.to_string()], 997 + OTHERS - 500);
    assert_eq!(deletions(&mut world), 0);
    assert_eq!(events(&mut world), [""; 0]);
    pass(&mut world, 5).await;
    assert_eq!(code(world.role(PROXY, GUILD, ROLE)), 10011);
    assert_eq!((showing(&world, ROLE), deletions(&mut world)), (0, 1));
    assert!(events(&mut world).contains(&"GUILD_ROLE_DELETE"));
}

#[tokio::test(start_paused = true)]
async fn a_repeat_during_the_scan_writes_another_line_and_tells_of_nothing() {
    let mut world = slow(RoleDeletion::Scanning);
    for seconds in [3, 3, 3] {
        world.delete_role(PROXY, GUILD, ROLE, None).unwrap();
        pass(&mut world, seconds).await;
    }
    events(&mut world);
    pass(&mut world, 8).await;
    assert_eq!(deletions(&mut world), 3);
    let told = events(&mut world);
    let told = told.iter().filter(|name| **name == "GUILD_ROLE_DELETE");
    assert_eq!(told.count(), 1);
    assert_eq!(code(world.delete_role(PROXY, GUILD, ROLE, None)), 10011);
}
