//! What happens on every ordinary day: events, drops, resumes, new sessions.

use std::time::Duration;

use cordboard_gateway::{Delivery, LapseReason, State};
use cordboard_simulator::GatewayCommand;
use tokio::time::{Instant, sleep};
use twilight_model::id::Id;

use crate::world::{Heard, connected, hear, hear_all, said};

const SOON: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn an_event_reaches_who_subscribed_before_it_and_nobody_else() {
    connected(async |world| {
        let mut here = world.subscribe();
        let elsewhere = world.simulator.create_channel("elsewhere");
        let mut there = world.hub.subscribe(Id::new(elsewhere));
        let mut deletions = world.hub.watch(&["CHANNEL_DELETE"]);
        world.say("hello");
        assert_eq!(
            hear(&mut here, SOON).await,
            Some(Heard::Said("hello".into()))
        );
        world.simulator.delete_channel(elsewhere);
        for subscription in [&mut there, &mut deletions] {
            loop {
                let Some(Delivery::Dispatch(dispatch)) = subscription.next().await else {
                    panic!("a lapse, or the end");
                };
                if &*dispatch.name == "CHANNEL_DELETE" {
                    assert_eq!(dispatch.channel_id, Id::new_checked(elsewhere));
                    assert_eq!(
                        dispatch.guild_id,
                        Id::new_checked(world.simulator.guild_id())
                    );
                    break;
                }
            }
        }
        assert_eq!(world.counts(), (1, 0, 1));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_quiet_connection_holds_for_a_day() {
    connected(async |world| {
        sleep(Duration::from_hours(24)).await;
        assert_eq!(world.counts(), (1, 0, 1));
        let health = world.hub.health();
        assert!(health.state.is_ready());
        assert!(health.last_frame_age.unwrap() < Duration::from_secs(45));
        assert!(health.latency.unwrap() < SOON);
    })
    .await;
}

/// Each of these ends the connection and not the session.
#[tokio::test(start_paused = true)]
async fn what_ends_only_the_connection_loses_nothing_and_lapses_nobody() {
    for command in [
        GatewayCommand::Drop,
        GatewayCommand::Reconnect,
        GatewayCommand::Invalidate { resumable: true },
        GatewayCommand::Close { code: 4000 },
        GatewayCommand::Close { code: 1001 },
    ] {
        connected(async |world| {
            let mut here = world.subscribe();
            world.say("1");
            world.simulator.gateway(command);
            for content in ["2", "3", "4"] {
                world.say(content);
                sleep(Duration::from_millis(5)).await;
            }
            sleep(Duration::from_secs(10)).await;
            assert!(world.hub.health().state.is_ready(), "{command:?}");
            world.say("5");
            assert_eq!(hear_all(&mut here).await, said(1..=5), "{command:?}");
            assert_eq!(world.counts(), (1, 1, 2), "{command:?}");
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_gone_lapses_everybody_once() {
    for command in [
        GatewayCommand::Invalidate { resumable: false },
        GatewayCommand::Close { code: 4009 },
    ] {
        connected(async |world| {
            let mut here = world.subscribe();
            let mut names = world.hub.watch(&["CHANNEL_CREATE"]);
            let lost = Instant::now();
            world.simulator.gateway(command);
            world.until(|state| !state.is_ready()).await;
            world.say("into the void");
            world.ready().await;
            let reaction = hear(&mut here, SOON).await;
            assert_eq!(
                reaction,
                Some(Heard::Lapse(LapseReason::NewSession)),
                "{command:?}"
            );
            assert!(lost.elapsed() < Duration::from_secs(12), "{command:?}");
            world.say("again");
            assert_eq!(hear_all(&mut here).await, said(["again"]), "{command:?}");
            assert_eq!(
                hear_all(&mut names).await,
                [Heard::Lapse(LapseReason::NewSession)]
            );
            assert_eq!(world.counts().0, 2, "{command:?}");
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_status_says_why_there_is_no_connection_and_what_may_be_missing_once_there_is() {
    for (command, name, why) in [
        (
            GatewayCommand::Drop,
            "resuming",
            "the connection was dropped",
        ),
        (
            GatewayCommand::Reconnect,
            "resuming",
            "discord asked to connect again",
        ),
        (
            GatewayCommand::Invalidate { resumable: true },
            "resuming",
            "discord ended the session",
        ),
        (
            GatewayCommand::Invalidate { resumable: false },
            "connecting",
            "discord ended the session",
        ),
        (
            GatewayCommand::Close { code: 4007 },
            "connecting",
            "discord closed the connection with code 4007",
        ),
        (
            GatewayCommand::Silence { seconds: 60.0 },
            "resuming",
            "the gateway was silent: no heartbeat acknowledgement within 15s",
        ),
    ] {
        connected(async |world| {
            let first = world.hub.health();
            world.simulator.gateway(command);
            let down = world.until(|state| !state.is_ready()).await;
            assert_eq!(down.name(), name, "{command:?}");
            assert_eq!(down.why().unwrap().to_string(), why, "{command:?}");
            let text = down.to_string();
            assert!(text.starts_with(name) && text.ends_with(why), "{text}");
            world.ready().await;
            let shards = world.hub.shards();
            for health in [&world.hub.health(), &shards[0].1] {
                let counts = health.counts;
                let is_new = u64::from(name == "connecting");
                assert_eq!(counts.reconnects, 1, "{command:?}");
                assert_eq!(counts.identifies, 1 + is_new, "{command:?}");
                assert_eq!(counts.resumes, 1 - is_new, "{command:?}");
                assert_eq!(counts.lapses, 1 + is_new, "{command:?}");
                let is_another = health.last_lapse != first.last_lapse;
                assert_eq!(is_another, name == "connecting", "{command:?}");
            }
            let told = world.counts();
            let counts = world.hub.health().counts;
            assert_eq!((counts.identifies, counts.resumes), (told.0, told.1));
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_lapse_is_in_the_status_when_it_is_in_the_queue() {
    connected(async |world| {
        let mut here = world.subscribe();
        let lost = Instant::now();
        let end = GatewayCommand::Invalidate { resumable: false };
        world.simulator.gateway(end);
        let mut status = world.hub.status();
        let lapsed = status.wait_for(|status| status.lapses == 2).await;
        let lapse = lapsed.unwrap().last_lapse.unwrap();
        assert_eq!(lapse.reason, LapseReason::NewSession);
        // From the last frame of the session that ended, to now.
        assert!(lapse.since >= lost && lapse.at == Instant::now());
        let Some(Delivery::Lapse(told)) = here.next().await else {
            panic!("no lapse");
        };
        assert_eq!(told, lapse);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_a_subscriber_cannot_read_is_counted_with_its_shard() {
    connected(async |world| {
        let mut here = world.subscribe();
        world.say("odd");
        let Some(Delivery::Dispatch(dispatch)) = here.next().await else {
            panic!("a lapse, or the end");
        };
        world.hub.unreadable(&dispatch);
        assert_eq!(world.hub.health().counts.unreadable, 1);
        assert_eq!(world.hub.shards()[0].1.counts.unreadable, 1);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn who_subscribes_while_there_is_no_session_is_told_when_there_is_one() {
    connected(async |world| {
        world
            .simulator
            .gateway(GatewayCommand::Invalidate { resumable: false });
        world.until(|state| !state.is_ready()).await;
        let mut here = world.subscribe();
        world.ready().await;
        assert_eq!(
            hear_all(&mut here).await,
            [Heard::Lapse(LapseReason::NewSession)]
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_silent_connection_is_left_at_the_first_unanswered_heartbeat() {
    connected(async |world| {
        let mut here = world.subscribe();
        let silent = Instant::now();
        world
            .simulator
            .gateway(GatewayCommand::Silence { seconds: 3_600.0 });
        sleep(Duration::from_millis(10)).await;
        world.say("unheard");
        let heard = hear(&mut here, Duration::from_mins(10)).await;
        assert_eq!(heard, Some(Heard::Said("unheard".into())));
        // One heartbeat interval (41.25 s) until one is sent, 15 s for its answer, then a moment.
        assert!(
            silent.elapsed() < Duration::from_secs(58),
            "{:?}",
            silent.elapsed()
        );
        assert_eq!(world.counts(), (1, 1, 2));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_outage_longer_than_the_resume_window_ends_in_a_new_session() {
    connected(async |world| {
        let mut here = world.subscribe();
        world
            .simulator
            .gateway(GatewayCommand::Refuse { seconds: 1_200.0 });
        world.simulator.gateway(GatewayCommand::Drop);
        let degraded = world
            .until(|state| matches!(state, State::Degraded { .. }))
            .await;
        let since = degraded.since();
        sleep(Duration::from_mins(15)).await;
        let State::Degraded {
            since: still,
            attempts,
            why,
        } = world.hub.health().state
        else {
            panic!("not degraded");
        };
        assert_eq!(still, since);
        assert!(
            (10..60).contains(&attempts),
            "{attempts} attempts, the last: {why}"
        );
        world.ready().await;
        assert_eq!(
            hear_all(&mut here).await,
            [Heard::Lapse(LapseReason::NewSession)]
        );
        assert_eq!(world.counts().0, 2);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_gets_a_lapse_and_holds_up_nobody() {
    connected(async |world| {
        let mut slow = world.subscribe();
        let mut quick = world.subscribe();
        for number in 0..600 {
            world.say(&number.to_string());
            assert_eq!(
                hear(&mut quick, SOON).await,
                Some(Heard::Said(number.to_string()))
            );
        }
        let heard = hear_all(&mut slow).await;
        assert_eq!(heard.first(), Some(&Heard::Lapse(LapseReason::SlowReader)));
        assert_eq!(heard.last(), Some(&Heard::Said("599".into())));
        assert!(heard.len() < 512);
        assert_eq!(world.counts(), (1, 0, 1));
    })
    .await;
}
