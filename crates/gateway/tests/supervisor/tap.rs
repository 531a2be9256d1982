//! What Discord has acknowledged.

use std::time::Duration;

use cordboard_gateway::{Delivery, Subscription};
use cordboard_simulator::GatewayCommand;
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout};

use crate::world::connected;

const NAMES: &[&str] = &["READY", "RESUMED", "MESSAGE_CREATE"];

/// What a record of this moment would hold.
#[derive(Clone, Debug, PartialEq)]
enum Noted {
    Named(String),
    Lapse,
    /// Everything before then was delivered.
    Whole(Instant),
}

/// The next delivery, if one comes within two heartbeat intervals.
async fn next(tap: &mut Subscription) -> Option<Noted> {
    let delivery = timeout(Duration::from_secs(90), tap.next()).await.ok()??;
    Some(match delivery {
        Delivery::Lapse(_) => Noted::Lapse,
        Delivery::Acknowledged(told) => Noted::Whole(told.sent),
        Delivery::Dispatch(dispatch) => {
            let data: Value = serde_json::from_str(dispatch.data.get()).unwrap();
            let content = data["content"].as_str().map(str::to_owned);
            Noted::Named(content.unwrap_or_else(|| dispatch.name.to_string()))
        }
    })
}

/// What comes up to and with the next acknowledgement.
async fn until_whole(tap: &mut Subscription) -> (Vec<Noted>, Instant) {
    let mut before = Vec::new();
    loop {
        match next(tap).await.expect("one each heartbeat") {
            Noted::Whole(sent) => return (before, sent),
            noted => before.push(noted),
        }
    }
}

fn named<const N: usize>(names: [&str; N]) -> Vec<Noted> {
    names.map(|name| Noted::Named(name.into())).to_vec()
}

#[tokio::test(start_paused = true)]
async fn what_was_said_before_an_acknowledged_heartbeat_comes_before_its_acknowledgement() {
    connected(async |world| {
        let mut tap = world.hub.tap(NAMES);
        let began = Instant::now();
        world.say("early");
        let (heard, first) = until_whole(&mut tap).await;
        assert_eq!(heard, named(["early"]));
        assert!(first >= began && first <= Instant::now());
        for number in 0..100 {
            world.say(&number.to_string());
            sleep(Duration::from_secs(1)).await;
        }
        let mut last = first;
        let mut heard = 0_u32;
        while heard < 100 {
            match next(&mut tap).await.unwrap() {
                Noted::Named(_) => heard += 1,
                Noted::Whole(sent) => {
                    // One message each second.
                    let said = sent.duration_since(first).as_secs_f64() - 2.0;
                    assert!(f64::from(heard) >= said.min(99.0), "{heard} of {said}");
                    let apart = sent.duration_since(last).as_secs_f64();
                    assert!((apart - 41.25).abs() < 0.5, "{apart}");
                    last = sent;
                }
                Noted::Lapse => panic!("nothing was lost"),
            }
        }
        assert!(last > first);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_resumed_session_vouches_for_its_replay_only_after_it() {
    connected(async |world| {
        let mut tap = world.hub.tap(NAMES);
        let (_, before) = until_whole(&mut tap).await;
        world
            .simulator
            .gateway(GatewayCommand::Refuse { seconds: 30.0 });
        world.simulator.gateway(GatewayCommand::Drop);
        for content in ["1", "2", "3"] {
            world.say(content);
        }
        world.ready_again().await;
        let resumed = Instant::now();
        let (heard, after) = until_whole(&mut tap).await;
        assert_eq!(heard, named(["1", "2", "3", "RESUMED"]));
        assert!(before < after && resumed < after);
        assert_eq!(world.counts().0, 1);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_new_session_vouches_only_behind_its_lapse() {
    connected(async |world| {
        let mut tap = world.hub.tap(NAMES);
        world
            .simulator
            .gateway(GatewayCommand::Invalidate { resumable: false });
        world.ready_again().await;
        let began = Instant::now();
        world.say("again");
        let (heard, sent) = until_whole(&mut tap).await;
        let mut expected = named(["READY"]);
        expected.push(Noted::Lapse);
        expected.extend(named(["again"]));
        assert_eq!(heard, expected);
        assert!(sent > began);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_that_discord_asks_for_never_vouches_for_too_much() {
    connected(async |world| {
        let mut tap = world.hub.tap(NAMES);
        let (_, first) = until_whole(&mut tap).await;
        sleep(Duration::from_secs(1)).await;
        world.simulator.gateway(GatewayCommand::Heartbeat);
        let asked = Instant::now();
        let (_, sent) = until_whole(&mut tap).await;
        assert!(sent >= asked && sent.duration_since(asked) < Duration::from_secs(1));
        assert!(sent > first);
        for _ in 0..5 {
            let (_, next) = until_whole(&mut tap).await;
            assert!(next <= Instant::now());
        }
        assert_eq!(world.counts(), (1, 0, 1));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_silent_connection_vouches_for_nothing() {
    connected(async |world| {
        let mut tap = world.hub.tap(NAMES);
        let (_, before) = until_whole(&mut tap).await;
        let silent = Instant::now();
        world
            .simulator
            .gateway(GatewayCommand::Silence { seconds: 3_600.0 });
        sleep(Duration::from_millis(10)).await;
        world.say("unheard");
        let (heard, sent) = until_whole(&mut tap).await;
        assert_eq!(heard, named(["unheard", "RESUMED"]));
        assert!(sent > before && sent > silent + Duration::from_secs(15));
    })
    .await;
}
