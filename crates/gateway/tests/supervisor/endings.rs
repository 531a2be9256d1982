//! How it stops.

use std::time::Duration;

use cordboard_gateway::State;
use cordboard_simulator::{Config, GatewayCommand};
use tokio::time::Instant;

use crate::world::{connected, run};

#[tokio::test(start_paused = true)]
async fn a_stop_ends_every_subscription_at_once() {
    connected(async |world| {
        let mut here = world.subscribe();
        let asked = Instant::now();
        world.stop.cancel();
        assert_eq!(world.ended().await, Ok(()));
        assert!(
            asked.elapsed() < Duration::from_millis(100),
            "{:?}",
            asked.elapsed()
        );
        assert!(here.next().await.is_none());
        let state = world.hub.status().borrow().state.clone();
        assert!(matches!(state, State::Stopped { .. }));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_answer_the_close_frame_costs_two_seconds() {
    connected(async |world| {
        world
            .simulator
            .gateway(GatewayCommand::Silence { seconds: 3_600.0 });
        tokio::time::sleep(Duration::from_millis(10)).await;
        let asked = Instant::now();
        world.stop.cancel();
        assert_eq!(world.ended().await, Ok(()));
        assert!(
            asked.elapsed() <= Duration::from_millis(2_010),
            "{:?}",
            asked.elapsed()
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_during_a_pause_is_heard() {
    run(
        Config::default(),
        |_| {},
        |directory| directory,
        async |world| {
            world
                .simulator
                .gateway(GatewayCommand::Refuse { seconds: 36_000.0 });
            world
                .until(|state| matches!(state, State::Degraded { attempts: 9, .. }))
                .await;
            let asked = Instant::now();
            world.stop.cancel();
            assert_eq!(world.ended().await, Ok(()));
            assert!(asked.elapsed() < Duration::from_millis(100));
        },
    )
    .await;
}
