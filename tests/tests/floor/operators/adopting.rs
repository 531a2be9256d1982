//! Whose leftovers are, and that they are still the same when they are adopted.

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
