//! Channels that an operator protects.

use super::*;

/// A look at one channel.
const LOOK: &str = "GET /channels/{channel_id}";

#[test]
fn what_is_protected_or_excluded_is_in_no_plan() {
    sim(async |world| {
        let leftovers = world.discord.create_leftovers("cdp-chat-", 3);
        let maintenance = world.maintenance("channels protect");
        let lobby = Id::new(leftovers[0]);
        maintenance
            .protect(lobby, "the lobby".to_owned())
            .await
            .unwrap();
        let mut query = query();
        query.exclude.insert(Id::new(leftovers[1]));
        let plan = maintenance.plan_adoption(&query).await.unwrap();
        assert_eq!(adopted(&plan), [leftovers[2]]);
        maintenance.adopt(plan, &|_| ()).await.unwrap();
        assert!(world.is_alive(leftovers[0]) && world.is_alive(leftovers[1]));
        assert!(!world.is_alive(leftovers[2]));

        // It stays protected over a restart, until somebody takes it back.
        world.stop_proxy().await;
        world.start_proxy().await;
        let maintenance = world.maintenance("channels unprotect");
        let plan = maintenance.plan_adoption(&query).await.unwrap();
        assert_eq!(plan.count, 0);
        maintenance.unprotect(lobby).await.unwrap();
        let again = maintenance.unprotect(lobby).await;
        assert!(matches!(again, Err(CommandError::Refused(_))), "{again:?}");
        let plan = maintenance.plan_adoption(&query).await.unwrap();
        assert_eq!(adopted(&plan), [leftovers[0]]);
        world.discord.delete_channel(leftovers[0]);
        world.discord.delete_channel(leftovers[1]);
    });
}

#[test]
fn what_is_no_channel_of_the_guild_is_not_protected_unless_nobody_can_say_so() {
    sim(async |world| {
        let room = world.discord.create_channel("room");
        let maintenance = world.maintenance("channels protect");
        let protect = async |id| maintenance.protect(Id::new(id), "why".to_owned()).await;
        let mistyped = protect(77).await;
        let Err(CommandError::Usage(why)) = mistyped else {
            panic!("{mistyped:?}");
        };
        assert!(why.contains("77 is no channel of the guild"), "{why}");
        assert_eq!(protect(room).await.unwrap().note, None);

        // Of a channel that the bot may not see, and of a Discord that is away.
        for fault in [
            Fault::status(LOOK, 403).code(50001),
            Fault::status(LOOK, 503),
        ] {
            world.discord.fault(fault.always());
            let note = protect(room).await.unwrap().note.unwrap();
            assert!(note.contains("could not be looked up"), "{note}");
            world.discord.clear_faults();
        }

        // It is elsewhere when the configuration is that of another guild.
        world.set("CORDBOARD__DISCORD__GUILD_ID", "1499999999999999999");
        let elsewhere = world.maintenance("channels protect");
        let elsewhere = elsewhere.protect(Id::new(room), "why".to_owned()).await;
        assert!(
            matches!(elsewhere, Err(CommandError::Usage(_))),
            "{elsewhere:?}"
        );
        let guild_id = world.discord.guild_id().to_string();
        world.set("CORDBOARD__DISCORD__GUILD_ID", &guild_id);
        world.discord.delete_channel(room);
    });
}
