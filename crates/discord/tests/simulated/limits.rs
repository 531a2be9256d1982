//! Rate limits: obeyed from the headers, waited out as told, never waited for too long.

use std::time::Duration;

use cordboard_conversation::MessageApi;
use cordboard_lifecycle::{ChannelApi, Failure, Presence};
use cordboard_simulator::{Config, Fault, Scope};
use futures_util::future::join_all;
use tokio::time::Instant;
use twilight_model::id::Id;

use crate::world::{CREATE, LOOK, POST, World, post, simulated};

const LONG: Duration = Duration::from_mins(10);

async fn say(world: &World, channel: u64, number: usize) -> Result<(), Failure> {
    let post = post("hello", &format!("{channel}-{number}"), LONG);
    world.discord.post(Id::new(channel), &post).await.map(drop)
}

#[tokio::test(start_paused = true)]
async fn under_load_no_request_meets_a_closed_bucket() {
    // How: six channels, twenty posts each, after one reply told the bucket; five per window go.
    simulated(
        Config::default().with_limits().with_latency_ms(20),
        async |world| {
            let channels: Vec<u64> = (0..6)
                .map(|number| world.simulator.create_channel(&format!("c{number}")))
                .collect();
            say(world, channels[0], 100).await.unwrap();
            let began = Instant::now();
            let posts = channels
                .iter()
                .flat_map(|channel| (0..20).map(move |number| say(world, *channel, number)));
            for posted in join_all(posts).await {
                posted.unwrap();
            }
            assert_eq!(world.simulator.counters().rate_limited, 0);
            assert_eq!(world.received(POST), 121);
            // Four windows of five, not one at a time.
            assert!(
                began.elapsed() < Duration::from_secs(25),
                "{:?}",
                began.elapsed()
            );
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_crowd_before_the_first_answer_costs_one_window_and_loses_nobody() {
    simulated(Config::default().with_limits(), async |world| {
        let channel = world.channel_id().get();
        let posts = (0..15).map(|number| say(world, channel, number));
        for posted in join_all(posts).await {
            posted.unwrap();
        }
        assert!(world.simulator.counters().rate_limited <= 10);
        let posts = (15..30).map(|number| say(world, channel, number));
        let limited = world.simulator.counters().rate_limited;
        for posted in join_all(posts).await {
            posted.unwrap();
        }
        assert_eq!(world.simulator.counters().rate_limited, limited);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn no_second_sees_more_than_fifty_requests() {
    simulated(Config::default().with_limits(), async |world| {
        let began = Instant::now();
        let looks = (0..200).map(|_| world.discord.look(world.channel_id()));
        for presence in join_all(looks).await {
            assert_eq!(presence.unwrap(), Presence::Here);
        }
        assert_eq!(world.simulator.counters().rate_limited, 0);
        assert!(began.elapsed() > Duration::from_secs(3));
        assert!(began.elapsed() < Duration::from_secs(5));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn different_channels_are_in_flight_at_the_same_time() {
    simulated(Config::default().with_latency_ms(80), async |world| {
        let channels: Vec<u64> = (0..16)
            .map(|number| world.simulator.create_channel(&format!("c{number}")))
            .collect();
        let began = Instant::now();
        for posted in join_all(channels.iter().map(|channel| say(world, *channel, 0))).await {
            posted.unwrap();
        }
        assert!(
            began.elapsed() < Duration::from_millis(100),
            "{:?}",
            began.elapsed()
        );
        let plan = world.plan(LONG);
        let began = Instant::now();
        let plans: Vec<_> = (0..16).map(|_| world.plan(plan.timeout)).collect();
        for created in join_all(plans.iter().map(|plan| world.discord.create(plan))).await {
            created.unwrap();
        }
        assert!(
            began.elapsed() < Duration::from_millis(100),
            "{:?}",
            began.elapsed()
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_global_429_holds_every_route_back() {
    simulated(Config::default(), async |world| {
        let channel = world.simulator.create_channel("other");
        let wait = Duration::from_secs(3);
        world
            .simulator
            .fault(Fault::rate_limited(POST, Scope::Global, wait));
        let began = Instant::now();
        let later = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            world.discord.look(Id::new(channel)).await.unwrap();
            assert!(began.elapsed() >= wait);
        };
        let (posted, ()) = tokio::join!(say(world, world.channel_id().get(), 0), later);
        posted.unwrap();
        assert!(began.elapsed() >= wait && began.elapsed() < wait * 2);
        assert_eq!(world.received(POST), 2);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_429_of_one_channel_holds_that_channel_back_only() {
    for scope in [Scope::Shared, Scope::User] {
        simulated(Config::default(), async |world| {
            let channel = world.simulator.create_channel("other");
            let wait = Duration::from_secs(3);
            world
                .simulator
                .fault(Fault::rate_limited(POST, scope, wait));
            let began = Instant::now();
            let other = async {
                tokio::time::sleep(Duration::from_millis(100)).await;
                say(world, channel, 0).await.unwrap();
                assert!(began.elapsed() < Duration::from_millis(200));
            };
            let (posted, ()) = tokio::join!(say(world, world.channel_id().get(), 0), other);
            posted.unwrap();
            assert!(began.elapsed() >= wait && began.elapsed() < wait * 2);
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_429_that_outlasts_the_deadline_fails_at_once_with_the_wait() {
    simulated(Config::default(), async |world| {
        let wait = Duration::from_mins(1);
        world
            .simulator
            .fault(Fault::rate_limited(CREATE, Scope::Shared, wait));
        let began = Instant::now();
        for _ in 0..2 {
            let plan = world.plan(Duration::from_secs(10));
            let failure = world.discord.create(&plan).await.unwrap_err();
            let Failure::NotDone {
                wait: Some(told), ..
            } = failure
            else {
                panic!("{failure:?}")
            };
            assert!(told > Duration::from_secs(59) && told < Duration::from_secs(61));
        }
        assert!(began.elapsed() < Duration::from_millis(100));
        assert_eq!(world.received(CREATE), 1);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_429_without_a_word_about_waiting_stops_everything_for_long() {
    // How: Cloudflare's page, and a body of Discord's that names no time.
    for fault in [Fault::html(LOOK, 429), Fault::status(LOOK, 429)] {
        simulated(Config::default(), async |world| {
            let text = format!("{fault:?}");
            world.simulator.fault(fault.clone());
            for _ in 0..3 {
                let failure = world.discord.look(world.channel_id()).await.unwrap_err();
                let Failure::NotDone {
                    wait: Some(wait), ..
                } = failure
                else {
                    panic!("{failure:?}")
                };
                assert!(wait > Duration::from_mins(9), "{text}: {wait:?}");
            }
            let plan = world.plan(Duration::from_secs(10));
            let failure = world.discord.create(&plan).await.unwrap_err();
            assert!(
                matches!(failure, Failure::NotDone { .. }),
                "{text}: {failure:?}"
            );
            assert_eq!(world.simulator.counters().requests, 1, "{text}");
            tokio::time::sleep(Duration::from_secs(601)).await;
            world.discord.look(world.channel_id()).await.unwrap();
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn too_many_invalid_requests_stop_everything_until_the_window_has_passed() {
    simulated(Config::default(), async |world| {
        world
            .simulator
            .fault(Fault::status(LOOK, 403).code(50001).always());
        for _ in 0..2000 {
            let presence = world.discord.look(world.channel_id()).await;
            assert_eq!(presence.unwrap(), Presence::Hidden);
        }
        let plan = world.plan(Duration::from_secs(10));
        let failure = world.discord.create(&plan).await.unwrap_err();
        let Failure::NotDone {
            wait: Some(wait), ..
        } = failure
        else {
            panic!("{failure:?}")
        };
        assert!(
            wait > Duration::from_mins(8) && wait < Duration::from_secs(611),
            "{wait:?}"
        );
        assert_eq!(world.received(CREATE), 0);
        world.simulator.clear_faults();
        tokio::time::sleep(wait).await;
        world.discord.create(&plan).await.unwrap();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn calls_that_are_dropped_in_flight_give_their_places_back() {
    // How: the bucket is known to hold five; five calls hang and are dropped, and another comes.
    simulated(Config::default().with_limits(), async |world| {
        let channel = world.channel_id().get();
        say(world, channel, 0).await.unwrap();
        tokio::time::sleep(Duration::from_secs(6)).await;
        world.simulator.fault(Fault::hang(POST).times(5));
        let dropped = (1..6).map(|number| {
            tokio::time::timeout(Duration::from_secs(1), say(world, channel, number))
        });
        for dropped in join_all(dropped).await {
            dropped.unwrap_err();
        }
        let began = Instant::now();
        say(world, channel, 6).await.unwrap();
        assert!(began.elapsed() < Duration::from_secs(6));
        assert_eq!(world.received(POST), 7);
    })
    .await;
}
