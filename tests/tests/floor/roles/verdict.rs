//! Whether members are rid of what was removed.

use cordboard_app::maintenance::roles::Verdict;

use super::*;

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
fn without_the_intent_in_the_portal_nobody_can_tell_and_that_is_said() {
    sim_with(Setup::with_discord(held(0, false)), async |world| {
        let removed = remove(world, &verifying(60)).await;
        let Some(Verdict::CannotTell { why, .. }) = &removed.members else {
            panic!("{:?}", removed.members);
        };
        assert!(why.contains("Server Members Intent"), "{why}");
        assert_eq!(removed.end(), RolesEnd::Left);
    });
}
