//! Whose leftovers are, and that they are still the same when they are adopted.

use cordboard_simulator::Config;
use cordboard_tests::BEGINS_MS;

use super::*;

#[test]
fn a_channel_that_somebody_renames_after_the_plan_was_shown_stays() {
    // How: through a running proxy, and without one.
    sim(async |world| {
        for is_alone in [false, true] {
            if is_alone {
                world.stop_proxy().await;
            }
            let leftovers = world.discord.create_leftovers("cdp-chat-", 3);
            let maintenance = world.maintenance("channels adopt");
            let plan = maintenance.plan_adoption(&query()).await.unwrap();
            assert_eq!(adopted(&plan), leftovers);
            world
                .discord
                .rename_channel(leftovers[0], "team-archive-keep");
            let adopted = maintenance.adopt(plan, &|_| ()).await.unwrap();
            assert_eq!((adopted.gone, adopted.open.len()), (2, 0), "{adopted:?}");
            let [(left, why)] = &adopted.left[..] else {
                panic!("{adopted:?}");
            };
            assert_eq!(left.get(), leftovers[0]);
            assert!(why.contains("has another name"), "{why}");
            assert!(world.is_alive(leftovers[0]));
            world.discord.delete_channel(leftovers[0]);
        }
    });
}

#[test]
fn who_created_a_channel_is_found_however_much_was_created_before_and_after() {
    // How: more than five thousand channels come and go between a person's and another person's.
    sim(async |world| {
        world.stop_proxy().await;
        let churn = async |count: usize| {
            for round in 0..count / 100 {
                for id in world.discord.create_leftovers("gone-", 100) {
                    world.discord.delete_channel(id);
                }
                sleep(Duration::from_mins(1 + round as u64 % 2)).await;
            }
        };
        let old = world.discord.create_channel("cdp-chat-old");
        churn(2_600).await;
        let leftovers = world.discord.create_leftovers("cdp-chat-", 3);
        churn(2_600).await;
        let young = world.discord.create_channel("cdp-chat-young");
        let maintenance = world.maintenance("channels adopt");
        let query = AdoptionQuery {
            unknown_creators: true,
            ..query()
        };
        let plan = maintenance.plan_adoption(&query).await.unwrap();
        assert_eq!(adopted(&plan), leftovers, "{plan:#?}");
        let read = world.discord.requests(Some(AUDIT_LOG)).len();
        assert!(read < 10, "{read} pages");
        maintenance.adopt(plan, &|_| ()).await.unwrap();
        for id in [old, young] {
            world.discord.delete_channel(id);
        }
    });
}

#[test]
fn a_channel_is_left_alone_until_the_audit_log_has_had_time_to_tell_who_created_it() {
    let discord = Config {
        start_ms: BEGINS_MS,
        audit_lag_ms: 30_000,
        ..Config::default()
    };
    sim_with(Setup::with_discord(discord), async |world| {
        world.stop_proxy().await;
        let persons = world.discord.create_channel("cdp-chat-of-a-person");
        let maintenance = world.maintenance("channels adopt");
        let query = AdoptionQuery {
            unknown_creators: true,
            ..query()
        };
        for why in ["it is so young", "who is none of our bots"] {
            let plan = maintenance.plan_adoption(&query).await.unwrap();
            let told = plan.candidates[0].excluded.as_deref().unwrap_or_default();
            assert!(told.contains(why), "{plan:?}");
            sleep(Duration::from_mins(1)).await;
        }
        assert!(world.is_alive(persons));
    });
}

/// The audit log.
const AUDIT_LOG: &str = "GET /guilds/{guild_id}/audit-logs";
