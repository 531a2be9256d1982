//! Who is in a guild, and which roles each holds.

use cordboard_simulator::{Config, RoleConfig};
use cordboard_upkeep::roles::{Failure, MemberApi};
use twilight_model::id::Id;

use crate::world::simulated;

/// A guild of 2,000 who all hold a role; the bot may list them, or not.
fn crowded(shows_members: bool) -> Config {
    let mut config = Config::default();
    config.guild.members_extra = 2_000;
    config.guild.roles = vec![RoleConfig::numbered(0).held_by(2_000)];
    if shows_members {
        // GUILD_MEMBERS.
        config.proxy.privileged_intents |= 1 << 1;
    }
    config
}

#[tokio::test(start_paused = true)]
async fn members_are_listed_by_the_page_until_there_are_no_more() {
    simulated(crowded(true), async |world| {
        let mut after = None;
        let mut pages = Vec::new();
        loop {
            let page = world.discord.members(world.guild_id(), after).await;
            let page = page.unwrap();
            pages.push(page.members.len());
            assert!(page.members.is_sorted_by_key(|(id, _)| *id));
            if page.is_last {
                break;
            }
            after = page.members.last().map(|(id, _)| *id);
        }
        assert_eq!(pages, [1_000, 1_000, 3]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn members_that_are_not_listed_are_found_by_name_and_by_nickname() {
    simulated(crowded(false), async |world| {
        let listed = world.discord.members(world.guild_id(), None).await;
        let refused = matches!(listed, Err(Failure::Never { .. }));
        assert!(refused, "{listed:?}");

        let role_id = Id::new(RoleConfig::numbered(0).id);
        for (query, count, is_last) in [
            ("member-199", 11, true),
            ("m", 1_000, false),
            ("nick-", 250, true),
            ("0", 0, true),
        ] {
            let found = world.discord.search_members(world.guild_id(), query);
            let found = found.await.unwrap();
            assert_eq!((found.members.len(), found.is_last), (count, is_last));
            let holds = |held: &Vec<_>| *held == [role_id];
            assert!(found.members.iter().all(|(_, held)| holds(held)), "{query}");
        }
    })
    .await;
}
