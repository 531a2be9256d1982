//! Reading again what is on record as watched and is not watched any more.

use super::*;

/// Two channels with a line each, of which only the first is watched from now on; no proxy runs. With `gaps`
/// each has one.
async fn narrowed(world: &World, gaps: bool) -> (u64, u64) {
    let kept = world.discord.introduction().default_channel_id;
    let left = world.discord.create_channel("left");
    sleep(Duration::from_secs(1)).await;
    for channel_id in [kept, left] {
        world.discord.say(channel_id, "heard");
    }
    sleep(Duration::from_secs(10)).await;
    if gaps {
        let refused = Fault::status(HISTORY, 403).code(50013);
        world.discord.fault(refused.always());
        let lost = GatewayCommand::Invalidate { resumable: false };
        world.discord.gateway(lost);
        for channel_id in [kept, left] {
            world.discord.say(channel_id, "unheard");
        }
        sleep(Duration::from_mins(5)).await;
        world.discord.clear_faults();
    }
    world.stop_proxy().await;
    world.set("CORDBOARD__RELAY__CHANNELS", &format!(r#"["{kept}"]"#));
    (kept, left)
}

#[test]
fn of_all_watched_channels_those_are_read_again_that_still_are() {
    sim_with(recorded(), async |world| {
        let (kept, left) = narrowed(world, false).await;
        let maintenance = world.maintenance("messages backfill");
        let filling = maintenance.backfill(BTreeSet::new(), From::Beginning, None, &|_| ());
        let filled = filling.await.unwrap();
        assert_eq!(filled.done, [Id::new(kept)]);
        assert_eq!(filled.unwatched, [Id::new(left)]);
        world.start_proxy().await;
        world.discord.delete_channel(left);
    });
}

#[test]
fn of_all_gaps_those_are_tried_again_whose_channels_are_still_watched() {
    sim_with(recorded(), async |world| {
        let (kept, left) = narrowed(world, true).await;
        let maintenance = world.maintenance("messages gaps retry");
        let retried = maintenance.retry_gaps(None).await.unwrap();
        let of: BTreeSet<_> = retried
            .gaps
            .iter()
            .map(|gap| gap.channel_id.get())
            .collect();
        assert_eq!(of, BTreeSet::from([kept]));
        assert_eq!(retried.unwatched, [Id::new(left)].into());
        world.start_proxy().await;
        world.discord.delete_channel(left);
    });
}
