//! A channel's whole life through the lifecycle, over this crate.

use std::{collections::HashSet, time::Duration};

use cordboard_lifecycle::{
    Clock, Isolation, MarkKey, MemoryRegistry, Opening, Quota, Settings, lifecycle,
};
use cordboard_simulator::{Config, Fault, Simulator};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use twilight_model::id::Id;

use crate::world::{CREATE, World, simulated};

const DELETE: &str = "DELETE /channels/{channel_id}";

struct SimulatorClock(Simulator);

impl Clock for SimulatorClock {
    fn now_ms(&self) -> u64 {
        self.0.now_ms()
    }
}

/// Opens a channel, lets go of it, and waits until nothing is owed.
async fn plug_and_pull(world: &World) {
    let settings = Settings {
        guild_id: world.guild_id(),
        category_ids: Vec::new(),
        isolation: Isolation::Channel,
        quota: Quota::default(),
        bot_id: Id::new(world.simulator.user_id()),
        name_prefix: "cord".into(),
        delete_after: Some(Duration::from_secs(5)),
        protected: HashSet::new(),
        namespace: "tests0".into(),
    };
    let clock = SimulatorClock(world.simulator.clone());
    let registry = MemoryRegistry::default();
    let key = MarkKey::new([7; 32]);
    let (channels, mut driver) = lifecycle(world.discord.clone(), registry, key, clock, settings);
    driver.recover().await.expect("an empty registry");
    let stop = CancellationToken::new();
    let work = async {
        let opening = Opening {
            request_id: "r1".into(),
            label: "test".into(),
            tenant: "test".into(),
            deadline: Instant::now() + Duration::from_mins(1),
            lifetime: Duration::from_mins(10),
        };
        let lease = channels.open(opening).await.expect("a channel");
        drop(lease);
        channels.settled().await;
        stop.cancel();
    };
    let (ended, ()) = tokio::join!(driver.run(stop.clone()), work);
    ended.expect("it was stopped");
}

#[tokio::test(start_paused = true)]
async fn every_cord_that_was_plugged_is_pulled() {
    for fault in [
        None,
        Some(Fault::act_then_hang_up(DELETE)),
        Some(Fault::act_then_hang(DELETE)),
        Some(Fault::hang_up(DELETE)),
        Some(Fault::html(DELETE, 502).times(3)),
        Some(Fault::stall_body(DELETE)),
        Some(Fault::act_then_hang_up(CREATE)),
        Some(Fault::garbage(CREATE)),
    ] {
        simulated(Config::default(), async |world| {
            let text = format!("{fault:?}");
            if let Some(fault) = fault.clone() {
                world.simulator.fault(fault);
            }
            Box::pin(plug_and_pull(world)).await;
            let truth = world.simulator.truth();
            let own = world.simulator.user_id();
            let mut ours = truth
                .channels
                .iter()
                .filter(|channel| channel.creator_id == own);
            assert!(ours.clone().count() >= 1, "{text}");
            assert!(
                ours.all(|channel| !channel.alive),
                "{text}: {:#?}",
                truth.channels
            );
        })
        .await;
    }
}
