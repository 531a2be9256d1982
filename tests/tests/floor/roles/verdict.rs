//! Whether members are rid of what was removed.

use cordboard_app::maintenance::roles::Verdict;
use cordboard_simulator::Fault;
use parking_lot::Mutex;
use serde_json::json;

use super::*;

const SEARCH: &str = "GET /guilds/{guild_id}/members/search";

/// A guild of 20,000 whose members are rid of a role after so many seconds; the bot may list them, or not.
fn held(rest_seconds: u64, shows_members: bool) -> Config {
    let mut config = guild(2);
    config.guild.members_extra = 20_000;
    config.guild.role_cleanup_ms = rest_seconds * 1_000;
    config.guild.role_cleanup_members_per_second = 1_000;
    for role in &mut config.guild.roles {
        role.holders = 5_000;
    }
    if shows_members {
        // GUILD_MEMBERS.
        config.proxy.privileged_intents |= 1 << 1;
    }
    config
}

fn verifying(seconds: u64) -> RolesRequest {
    RolesRequest {
        verify: Some(Duration::from_secs(seconds)),
        ..temporary()
    }
}

#[test]
fn members_are_clean_when_each_was_seen_without_the_roles() {
    sim_with(Setup::with_discord(held(10, true)), async |world| {
        let began = Instant::now();
        let removed = remove(world, &verifying(600)).await;
        assert_eq!(removed.end(), RolesEnd::Done, "{:?}", removed.members);
        let clean = matches!(removed.members, Some(Verdict::Clean { members }) if members > 20_000);
        assert!(clean, "{:?}", removed.members);
        assert!(began.elapsed() >= Duration::from_mins(1), "two clean-ups");
        assert_eq!(truth(world, 0).holders + truth(world, 1).holders, 0);
    });
}

#[test]
fn members_that_are_not_clean_in_time_are_told() {
    sim_with(Setup::with_discord(held(3_600, true)), async |world| {
        let removed = remove(world, &verifying(60)).await;
        let Some(Verdict::Dirty { roles, .. }) = &removed.members else {
            panic!("{:?}", removed.members);
        };
        assert!(!roles.is_empty());
        assert_eq!(removed.end(), RolesEnd::Left);

        // Later, alone.
        sleep(Duration::from_hours(3)).await;
        let request = RolesRequest {
            verify: Some(Duration::from_mins(5)),
            ..RolesRequest::default()
        };
        let maintenance = world.maintenance("roles remove --verify");
        let removed = maintenance.remove_roles(None, &request, &|_| ()).await;
        let members = removed.unwrap().members;
        assert!(
            matches!(members, Some(Verdict::Clean { .. })),
            "{members:?}"
        );
    });
}

#[test]
fn a_role_whose_deletion_nobody_saw_answered_is_looked_for_among_the_members_as_well() {
    // How: killed while the answer is on its way; the role is gone, and not on record as such.
    sim_with(Setup::with_discord(held(3_600, true)), async |world| {
        world.discord.fault(Fault::act_then_hang(DELETE_ROLE));
        let cut = timeout(Duration::from_secs(5), remove(world, &temporary())).await;
        assert!(cut.is_err(), "{cut:?}");
        let request = RolesRequest {
            verify: Some(Duration::from_mins(1)),
            ..RolesRequest::default()
        };
        let maintenance = world.maintenance("roles remove --verify");
        let seen = maintenance.remove_roles(None, &request, &|_| ()).await;
        let seen = seen.unwrap();
        let dirty = matches!(&seen.members, Some(Verdict::Dirty { roles, .. }) if roles.len() == 1);
        assert!(dirty, "{:?}", seen.members);
        assert_eq!(seen.end(), RolesEnd::Left);
    });
}

/// The bot loses the *Server Members Intent* that it had.
fn take_intent(world: &World) {
    // MESSAGE_CONTENT is left.
    world.discord.set_privileged_intents(1 << 15);
}

#[test]
fn without_the_intent_in_the_portal_a_sample_is_looked_at_until_it_is_clean() {
    sim_with(Setup::with_discord(held(10, true)), async |world| {
        take_intent(world);
        let began = Instant::now();
        let told = Mutex::new(Vec::new());
        let maintenance = world.maintenance("roles remove");
        let request = verifying(600);
        let planned = maintenance.plan_roles(&request).await.unwrap();
        let removed = maintenance
            .remove_roles(Some(planned), &request, &|progress| {
                told.lock().push(progress);
            })
            .await
            .unwrap();
        // A thousand who are called `member-…`, and a thousand with a nickname, of whom some are the same.
        let Some(Verdict::Sampled { members }) = removed.members else {
            panic!("{:?}", removed.members);
        };
        assert!((1_800..2_000).contains(&members), "{members}");
        assert_eq!(removed.end(), RolesEnd::Done);
        let json = serde_json::to_value(&removed).unwrap();
        let verdict = json!({"verdict": "sampled", "members": members});
        assert_eq!(json["members"], verdict);
        assert!(began.elapsed() >= Duration::from_secs(10), "a clean-up");

        let told = told.into_inner();
        let dirty = told
            .iter()
            .any(|progress| progress.message.contains("held"));
        assert!(dirty, "{told:?}");
        let last = told.last().unwrap();
        assert_eq!(last.total, Some(last.done), "{last:?}");
    });
}

#[test]
fn a_sample_that_is_not_clean_in_time_is_told() {
    sim_with(Setup::with_discord(held(3_600, true)), async |world| {
        take_intent(world);
        let removed = remove(world, &verifying(60)).await;
        let Some(Verdict::Dirty { roles, .. }) = &removed.members else {
            panic!("{:?}", removed.members);
        };
        assert!(!roles.is_empty());
        assert_eq!(removed.end(), RolesEnd::Left);
    });
}

#[test]
fn a_sample_of_300000_members_is_looked_at_in_half_a_minute() {
    // How: 36 searches, ten in ten seconds.
    let mut config = held(0, false).with_limits().with_latency_ms(100);
    config.guild.members_extra = 300_000;
    // At once.
    config.guild.role_cleanup_members_per_second = 0;
    sim_with(Setup::with_discord(config), async |world| {
        let began = Instant::now();
        let removed = remove(world, &verifying(600)).await;
        let sampled = matches!(removed.members, Some(Verdict::Sampled { .. }));
        assert!(sampled, "{:?}", removed.members);
        let took = began.elapsed();
        assert!(took < Duration::from_secs(45), "{took:?}");
    });
}

#[test]
fn when_members_are_neither_listed_nor_found_nobody_can_tell_and_that_is_said() {
    sim_with(Setup::with_discord(held(0, false)), async |world| {
        let fault = Fault::status(SEARCH, 403).code(50001).always();
        world.discord.fault(fault);
        let removed = remove(world, &verifying(60)).await;
        let Some(Verdict::CannotTell { why, .. }) = &removed.members else {
            panic!("{:?}", removed.members);
        };
        assert!(why.contains("Server Members Intent"), "{why}");
        assert_eq!(removed.end(), RolesEnd::Left);
        world.discord.clear_faults();
    });
}
