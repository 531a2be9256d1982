//! Several shards of one bot.

use std::{collections::BTreeMap, time::Duration};

use cordboard_gateway::{
    Cluster, Delivery, Fatal, GatewayDirectory, Hub, LapseReason, Session, Settings, ShardId,
    Status,
};
use cordboard_simulator::{Config, GatewayCommand, Simulator};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use twilight_model::id::Id;

use crate::{
    budget::Asking,
    succession::world,
    world::{Heard, hear, hear_all, said},
};

const SHARDS: u32 = 4;

type Left = Result<Vec<(u32, Session)>, Fatal>;

fn config(max_concurrency: u64) -> Config {
    let mut config = Config::default();
    config.gateway.shards = u64::from(SHARDS);
    config.gateway.max_concurrency = max_concurrency;
    config
}

/// The life of one process with as many shards as Discord recommends. What its end leaves.
async fn live(
    simulator: &Simulator,
    former: Vec<(u32, Session)>,
    story: impl AsyncFnOnce(&Hub),
) -> Left {
    let mut settings = Settings::new(simulator.token().into());
    settings.leaves_session = true;
    let directory = Asking(simulator.clone());
    let total = directory.gateway().await.unwrap().shards;
    let shards = (0..total).map(|number| ShardId::new(number, total));
    let (hub, mut cluster) = Cluster::new(&settings, shards, directory);
    for (shard, session) in former {
        cluster = cluster.resuming(shard, session);
    }
    let stop = CancellationToken::new();
    let living = async {
        story(&hub).await;
        stop.cancel();
    };
    let (left, ()) = tokio::join!(cluster.run(stop.clone()), living);
    assert!(hub.status().borrow().is_over());
    left
}

async fn ready(hub: &Hub) {
    let mut status = hub.status();
    let ready = timeout(Duration::from_mins(5), status.wait_for(Status::is_ready));
    drop(ready.await.expect("in time").unwrap());
}

#[tokio::test(start_paused = true)]
async fn shards_identify_as_fast_as_discord_allows_and_no_faster() {
    for (max_concurrency, rounds) in [(1, 4), (2, 2), (4, 1), (16, 1)] {
        world(config(max_concurrency), async |simulator| {
            let left = live(simulator, Vec::new(), async |hub| {
                let began = Instant::now();
                ready(hub).await;
                let took = began.elapsed().as_secs_f64();
                let least = f64::from(rounds - 1) * 5.1;
                assert!((least..least + 1.0).contains(&took), "{took} s");
                let shards = hub.shards();
                assert_eq!(shards.len(), 4);
                assert!(shards.iter().all(|(_, health)| health.state.is_ready()));
            });
            let left = left.await.unwrap();
            let numbers: Vec<_> = left.iter().map(|(shard, _)| *shard).collect();
            assert_eq!(BTreeMap::from_iter(left).len(), 4, "{numbers:?}");
            // One that came too early would have been spent in vain.
            assert_eq!(simulator.counters().identifies, 4);
            assert_eq!(simulator.check(), []);
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_comes_once_through_the_shard_of_its_guild() {
    world(config(4), async |simulator| {
        let channel = simulator.default_channel_id();
        let left = live(simulator, Vec::new(), async |hub| {
            ready(hub).await;
            let mut here = hub.subscribe(Id::new(channel));
            simulator.say(channel, "hello");
            let Some(Delivery::Dispatch(dispatch)) = here.next().await else {
                panic!("no event")
            };
            let guild = simulator.guild_id();
            assert_eq!(u64::from(dispatch.shard), (guild >> 22) % u64::from(SHARDS));
            assert_eq!(hear_all(&mut here).await, []);
        });
        left.await.unwrap();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_shard_shows_and_costs_the_others_nothing() {
    world(config(4), async |simulator| {
        let channel = simulator.default_channel_id();
        let left = live(simulator, Vec::new(), async |hub| {
            ready(hub).await;
            let mut here = hub.subscribe(Id::new(channel));
            simulator.gateway(GatewayCommand::Drop);
            simulator.say(channel, "meanwhile");
            sleep(Duration::from_secs(10)).await;
            ready(hub).await;
            assert_eq!(hear_all(&mut here).await, said(["meanwhile"]));
            let counters = simulator.counters();
            assert_eq!((counters.identifies, counters.resumes), (4, 4));
            let counts = hub.health().counts;
            assert_eq!((counts.identifies, counts.resumes), (4, 4));
            for (shard, health) in hub.shards() {
                let counts = health.counts;
                let told = (counts.reconnects, counts.identifies, counts.resumes);
                assert_eq!(told, (1, 1, 1), "{shard}");
                assert_eq!(counts.lapses, 1, "{shard}");
            }
            assert_eq!(
                hub.status().borrow().lapses,
                4,
                "one for each first session"
            );

            simulator.gateway(GatewayCommand::Invalidate { resumable: false });
            let mut status = hub.status();
            drop(status.wait_for(|status| !status.is_ready()).await.unwrap());
            ready(hub).await;
            let heard = hear(&mut here, Duration::from_secs(1)).await;
            assert_eq!(heard, Some(Heard::Lapse(LapseReason::NewSession)));
        });
        left.await.unwrap();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_sessions_of_all_shards_are_left_and_taken_over() {
    world(config(1), async |simulator| {
        let channel = simulator.default_channel_id();
        let left = live(simulator, Vec::new(), async |hub| {
            ready(hub).await;
            assert_eq!(hub.sessions().len(), 4);
        });
        let left = left.await.unwrap();
        simulator.say(channel, "between");
        let again = live(simulator, left, async |hub| {
            let mut here = hub.subscribe(Id::new(channel));
            ready(hub).await;
            assert_eq!(hear_all(&mut here).await, said(["between"]));
        });
        assert_eq!(again.await.unwrap().len(), 4);
        let counters = simulator.counters();
        assert_eq!((counters.identifies, counters.resumes), (4, 4));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_tap_of_several_shards_is_told_what_all_of_them_vouch_for() {
    world(config(4), async |simulator| {
        let left = live(simulator, Vec::new(), async |hub| {
            let mut tap = hub.tap(&["MESSAGE_CREATE"]);
            ready(hub).await;
            let ready_at = Instant::now();
            let mut last = None;
            for _ in 0..8 {
                loop {
                    match tap.next().await {
                        Some(Delivery::Acknowledged(told)) => {
                            assert!(Some(told.sent) > last && told.sent > ready_at);
                            last = Some(told.sent);
                            break;
                        }
                        Some(_) => {}
                        None => panic!("the end"),
                    }
                }
            }
            // Two intervals, each with one step of the slowest shard at least.
            assert!(ready_at.elapsed() > Duration::from_secs(41));
        });
        left.await.unwrap();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_shard_that_gives_up_ends_the_others() {
    world(config(1), async |simulator| {
        simulator.set_privileged_intents(0);
        let left = live(simulator, Vec::new(), async |hub| {
            let mut status = hub.status();
            drop(status.wait_for(Status::is_over).await.unwrap());
        });
        assert!(matches!(left.await, Err(Fatal::IntentsNotEnabled(_))));
        let identifies = simulator.counters().identifies;
        sleep(Duration::from_hours(1)).await;
        assert_eq!(simulator.counters().identifies, identifies);
        assert!(identifies < 4, "the last ones were not even tried");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_reserve_holds_for_shards_that_identify_at_once() {
    let mut config = config(4);
    config.gateway.identifies_per_day = 22;
    world(config, async |simulator| {
        let left = live(simulator, Vec::new(), async |_| {
            sleep(Duration::from_hours(2)).await;
        });
        left.await.unwrap();
        let identifies = simulator.counters().identifies;
        assert!(identifies <= 2, "{identifies}");
    })
    .await;
}
