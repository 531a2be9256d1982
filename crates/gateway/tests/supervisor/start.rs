//! The way to the first session, and the ways that do not lead there.

use std::time::Duration;

use cordboard_gateway::{Failure, Fatal, Intents, LapseReason, State, Trouble};
use cordboard_simulator::{Config, GatewayCommand};
use tokio::time::{Instant, sleep};

use crate::world::{Heard, endpoint, hear_all, run};

#[tokio::test(start_paused = true)]
async fn a_gateway_that_is_out_of_reach_at_the_start_is_waited_for() {
    run(
        Config::default(),
        |_| {},
        |directory| directory,
        async |world| {
            world
                .simulator
                .gateway(GatewayCommand::Refuse { seconds: 600.0 });
            let mut here = world.subscribe();
            let State::Degraded { why, .. } = world
                .until(|state| matches!(state, State::Degraded { .. }))
                .await
            else {
                unreachable!("waited for it");
            };
            assert!(
                matches!(why, Trouble::Unreachable(_) | Trouble::Dropped),
                "{why}"
            );
            let started = Instant::now();
            world.ready().await;
            let waited = started.elapsed();
            assert!((595..665).contains(&waited.as_secs()), "{waited:?}");
            // Whoever was there before the session may have missed something.
            assert_eq!(
                hear_all(&mut here).await,
                [Heard::Lapse(LapseReason::NewSession)]
            );
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_directory_that_fails_is_asked_again_after_the_wait_it_names() {
    let failures = || {
        let unreachable = |wait| Failure::NotDone {
            wait,
            source: "503".into(),
        };
        [
            Err(unreachable(None)),
            Err(unreachable(Some(Duration::from_mins(7)))),
            Ok(endpoint("ws://gateway.example.org", 1_000)),
            Ok(endpoint("not a url", 1_000)),
        ]
    };
    let prepare = |directory: crate::world::Directory| directory.first(failures());
    run(
        Config::default(),
        |_| {},
        prepare,
        async |world| {
            let started = Instant::now();
            world
                .until(|state| matches!(state, State::Degraded { attempts: 2, .. }))
                .await;
            let State::Degraded { why, .. } = world
                .until(|state| matches!(state, State::Degraded { attempts: 3, .. }))
                .await
            else {
                unreachable!("waited for it");
            };
            assert!(started.elapsed() >= Duration::from_mins(7));
            assert!(matches!(why, Trouble::Address(_)), "{why}");
            world.ready().await;
            assert_eq!(world.counts(), (1, 0, 1));
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_last_identifies_of_the_day_are_never_used() {
    let prepare = |directory: crate::world::Directory| {
        let url = directory.url.clone();
        directory.first([Ok(endpoint(&url, 20)), Ok(endpoint(&url, 3))])
    };
    run(
        Config::default(),
        |_| {},
        prepare,
        async |world| {
            let started = Instant::now();
            let state = world
                .until(|state| matches!(state, State::Degraded { attempts: 2, .. }))
                .await;
            let State::Degraded { why, .. } = state else {
                unreachable!("waited for it")
            };
            assert_eq!(why, Trouble::IdentifyBudget { left: 3 });
            assert_eq!(world.counts(), (0, 0, 0));
            world.ready().await;
            assert!(
                started.elapsed() >= Duration::from_hours(1),
                "two refills of half an hour"
            );
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_wrong_token_ends_with_its_cause() {
    run(
        Config::default(),
        |settings| settings.token = "wrong".to_owned().into(),
        |directory| directory,
        async |world| {
            let mut here = world.subscribe();
            assert_eq!(world.ended().await, Err(Fatal::TokenRefused));
            assert!(Fatal::TokenRefused.hint().contains("token"));
            assert!(here.next().await.is_none());
            sleep(Duration::from_hours(1)).await;
            assert_eq!(world.counts().2, 1, "it does not try again");
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_directory_that_refuses_the_token_ends_with_its_cause() {
    let refused = Failure::Never {
        source: "401".into(),
    };
    let prepare = |directory: crate::world::Directory| directory.first([Err(refused)]);
    run(
        Config::default(),
        |_| {},
        prepare,
        async |world| {
            assert_eq!(world.ended().await, Err(Fatal::TokenRefused));
            assert_eq!(world.counts().2, 0);
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_intent_that_is_not_switched_on_is_named() {
    let start = async |world: &crate::world::World| {
        world.simulator.set_privileged_intents(0);
        let fatal = world.ended().await.unwrap_err();
        assert_eq!(fatal, Fatal::IntentsNotEnabled(Intents::MESSAGE_CONTENT));
        let shown = world.hub.status().borrow().state.clone();
        assert!(matches!(shown, State::Fatal { why, .. } if why == fatal));
    };
    run(Config::default(), |_| {}, |directory| directory, start).await;
}

#[tokio::test(start_paused = true)]
async fn an_address_in_clear_is_refused_before_anything_is_sent() {
    run(
        Config::default(),
        |settings| settings.gateway_url = Some("ws://gateway.example.org".into()),
        |directory| directory,
        async |world| {
            assert!(matches!(world.ended().await, Err(Fatal::Address(_))));
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_revoked_later_ends_with_its_cause() {
    run(
        Config::default(),
        |_| {},
        |directory| directory,
        async |world| {
            world.ready().await;
            world.simulator.revoke_token();
            world.simulator.gateway(GatewayCommand::Drop);
            assert_eq!(world.ended().await, Err(Fatal::TokenRefused));
        },
    )
    .await;
}
