//! Which channels a guild has.

use cordboard_lifecycle::{ChannelApi, Failure, GuildApi};
use cordboard_simulator::{Config, Fault};

use crate::world::{World, simulated};

const LIST: &str = "GET /guilds/{guild_id}/channels";

async fn listed(world: &World) -> Vec<u64> {
    let channels = world
        .discord
        .channels(world.guild_id())
        .await
        .expect("a list");
    channels
        .iter()
        .map(|channel| channel.channel_id.get())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_guilds_channels_are_listed_with_what_a_sweep_looks_at() {
    simulated(Config::default(), async |world| {
        let plan = world.plan(std::time::Duration::from_secs(10));
        let mark = plan.mark.to_string();
        let channel_id = world.discord.create(&plan).await.unwrap();
        let channels = world.discord.channels(world.guild_id()).await.unwrap();
        let ours = channels
            .iter()
            .find(|channel| channel.channel_id == channel_id)
            .unwrap();
        assert_eq!(ours.topic.as_deref(), Some(mark.as_str()));
        assert_eq!(ours.parent_id, None);
        assert!(listed(world).await.contains(&world.channel_id().get()));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_list_that_breaks_is_read_again_and_never_passes_for_empty() {
    simulated(Config::default(), async |world| {
        for fault in [
            Fault::cut_body(LIST),
            Fault::garbage(LIST),
            Fault::html(LIST, 502),
        ] {
            world.simulator.fault(fault);
            assert_eq!(listed(world).await, [world.channel_id().get()]);
        }
        world.simulator.fault(Fault::html(LIST, 403).always());
        let failure = world.discord.channels(world.guild_id()).await.unwrap_err();
        assert!(matches!(failure, Failure::NotDone { .. }), "{failure:?}");
        world.simulator.clear_faults();
        world.simulator.fault(Fault::status(LIST, 403).code(50001));
        let failure = world.discord.channels(world.guild_id()).await.unwrap_err();
        assert!(matches!(failure, Failure::Never { .. }), "{failure:?}");
    })
    .await;
}
