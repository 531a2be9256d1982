//! A token that Discord does not take: for a moment, and for good.

use std::time::Duration;

use cordboard_conversation::MessageApi;
use cordboard_discord::{DiscordError, Trouble};
use cordboard_gateway::GatewayDirectory;
use cordboard_lifecycle::{ChannelApi, Failure, Presence};
use cordboard_simulator::{Config, Fault};
use tokio::time::{Instant, sleep, timeout};

use crate::world::{CREATE, LOOK, POST, World, post, simulated};

const SECONDS: Duration = Duration::from_secs(10);
const WHO_AM_I: &str = "GET /users/@me";

fn doubted(failure: &Failure) -> Option<Duration> {
    match failure {
        Failure::NotDone { wait, source } => {
            let trouble = source.downcast_ref()?;
            matches!(trouble, Trouble::TokenDoubted { .. }).then_some(*wait)?
        }
        _ => None,
    }
}

/// Discord answers 401 to everything that the tests here send, from now on.
fn refuse_all(world: &World) {
    for route in [LOOK, POST, CREATE, WHO_AM_I, "GET /gateway/bot"] {
        world.simulator.fault(Fault::status(route, 401).always());
    }
}

#[tokio::test(start_paused = true)]
async fn a_401_for_two_seconds_is_a_hiccup() {
    simulated(Config::default(), async |world| {
        world.simulator.fault(Fault::status(LOOK, 401));
        let failure = world.discord.look(world.channel_id()).await.unwrap_err();
        assert_eq!(doubted(&failure), Some(Duration::from_secs(2)));
        // Nothing is sent meanwhile, and the gateway is told to come back rather than to stop.
        sleep(Duration::from_secs(1)).await;
        let failure = world
            .discord
            .create(&world.plan(SECONDS))
            .await
            .unwrap_err();
        let wait = doubted(&failure).unwrap();
        assert!(wait <= Duration::from_secs(1), "{wait:?}");
        let failure = world.discord.gateway().await.unwrap_err();
        assert!(
            matches!(
                failure,
                cordboard_gateway::Failure::NotDone { wait: Some(_), .. }
            ),
            "{failure:?}"
        );
        assert_eq!(world.simulator.counters().requests, 1);
        assert!(!world.discord.is_token_refused());
        // Whoever comes back as told finds it over.
        sleep(wait).await;
        world.discord.create(&world.plan(SECONDS)).await.unwrap();
        assert_eq!(world.received(WHO_AM_I), 1);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_401_that_lasts_is_for_good_and_one_probe_after_the_other_asks_again() {
    simulated(Config::default(), async |world| {
        refuse_all(world);
        world.discord.look(world.channel_id()).await.unwrap_err();
        sleep(Duration::from_secs(2)).await;
        let failure = world
            .discord
            .create(&world.plan(SECONDS))
            .await
            .unwrap_err();
        assert!(matches!(failure, Failure::Never { .. }), "{failure:?}");
        assert!(world.discord.is_token_refused());
        assert_eq!((world.received(CREATE), world.received(WHO_AM_I)), (0, 1));
        let failure = world.discord.gateway().await.unwrap_err();
        assert!(
            matches!(failure, cordboard_gateway::Failure::Never { .. }),
            "{failure:?}"
        );
        // Ten minutes of calls cost a probe every half minute, and nothing else.
        for _ in 0..600 {
            sleep(Duration::from_secs(1)).await;
            world
                .discord
                .create(&world.plan(SECONDS))
                .await
                .unwrap_err();
        }
        assert_eq!(world.simulator.counters().requests, 2 + 20);
        world.simulator.clear_faults();
        sleep(Duration::from_secs(31)).await;
        world.discord.create(&world.plan(SECONDS)).await.unwrap();
        assert!(!world.discord.is_token_refused());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn who_runs_hears_of_a_refusal_and_not_of_a_hiccup() {
    simulated(Config::default(), async |world| {
        let refused = world.discord.token_refused();
        let hiccup = async {
            world.simulator.fault(Fault::status(LOOK, 401));
            world.discord.look(world.channel_id()).await.unwrap_err();
            // It ends by itself: no other call has to come along.
            sleep(Duration::from_millis(2_100)).await;
            assert_eq!(world.received(WHO_AM_I), 1);
            let presence = world.discord.look(world.channel_id()).await;
            assert_eq!(presence.unwrap(), Presence::Here);
            sleep(Duration::from_hours(1)).await;
        };
        tokio::select! {
            () = refused => panic!("a hiccup is not a refusal"),
            () = hiccup => {}
        }
        refuse_all(world);
        world.discord.look(world.channel_id()).await.unwrap_err();
        let began = Instant::now();
        world.discord.token_refused().await;
        let took = began.elapsed();
        assert!(
            took >= Duration::from_secs(2) && took < Duration::from_secs(3),
            "{took:?}"
        );
        world.discord.token_refused().await; // says so again
        assert_eq!(world.received(WHO_AM_I), 2);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_is_lost_settles_nothing_and_is_repeated() {
    simulated(Config::default(), async |world| {
        world.simulator.fault(Fault::status(LOOK, 401));
        world.simulator.fault(Fault::html(WHO_AM_I, 502).always());
        world.discord.look(world.channel_id()).await.unwrap_err();
        let waited = timeout(Duration::from_mins(1), world.discord.token_refused()).await;
        assert!(waited.is_err(), "a 502 says nothing about the token");
        let probes = world.received(WHO_AM_I);
        assert!((3..=90).contains(&probes), "{probes}");
        let failure = world.discord.look(world.channel_id()).await.unwrap_err();
        assert!(doubted(&failure).is_some(), "{failure:?}");
        world.simulator.clear_faults();
        let waited = timeout(Duration::from_secs(5), world.discord.token_refused()).await;
        assert!(waited.is_err());
        world.discord.look(world.channel_id()).await.unwrap();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_first_contact_tells_a_bad_token_in_two_seconds() {
    simulated(Config::default(), async |world| {
        world.simulator.fault(Fault::status(WHO_AM_I, 401));
        world.discord.identity().await.unwrap();
        refuse_all(world);
        let began = Instant::now();
        let error = world.discord.identity().await.unwrap_err();
        assert!(matches!(error, DiscordError::Never { .. }), "{error:?}");
        assert!(began.elapsed() < Duration::from_secs(3));
        assert!(world.discord.is_token_refused());
        // A success ends it at once.
        world.simulator.clear_faults();
        world.discord.identity().await.unwrap();
        world.discord.create(&world.plan(SECONDS)).await.unwrap();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn calls_that_wait_in_line_are_not_sent_with_a_doubted_token() {
    // How: a bucket of five; while the sixth post and those behind it wait, a look meets a 401.
    simulated(Config::default().with_limits(), async |world| {
        let channel_id = world.channel_id();
        let posts = (0..12).map(|place| async move {
            let post = post("hello", &format!("n{place}"), Duration::from_mins(5));
            world.discord.post(channel_id, &post).await
        });
        world
            .discord
            .post(channel_id, &post("first", "n", SECONDS))
            .await
            .unwrap();
        let refused = async {
            sleep(Duration::from_secs(1)).await;
            refuse_all(world);
            world.discord.look(channel_id).await.unwrap_err();
            sleep(Duration::from_secs(2)).await;
            world.discord.look(channel_id).await.unwrap_err();
        };
        let (posted, ()) = tokio::join!(futures_util::future::join_all(posts), refused);
        let (done, failed): (Vec<_>, Vec<_>) = posted.into_iter().partition(Result::is_ok);
        assert_eq!((done.len(), failed.len()), (4, 8));
        assert_eq!(world.received(POST), 5);
        for failure in failed {
            assert!(matches!(failure, Err(Failure::Never { .. })), "{failure:?}");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_probe_does_not_make_a_call_unknown_that_was_not_sent() {
    // How: the probe before a creation hangs, while somebody else finds the token good.
    simulated(Config::default(), async |world| {
        world.simulator.fault(Fault::status(LOOK, 401));
        world.discord.look(world.channel_id()).await.unwrap_err();
        sleep(Duration::from_secs(2)).await;
        world.simulator.fault(Fault::hang(WHO_AM_I));
        let plan = world.plan(SECONDS * 3);
        let somebody = async {
            sleep(Duration::from_secs(1)).await;
            world.discord.identity().await.unwrap();
        };
        let (created, ()) = tokio::join!(world.discord.create(&plan), somebody);
        created.unwrap();
        assert_eq!(world.received(WHO_AM_I), 2);
    })
    .await;
}
