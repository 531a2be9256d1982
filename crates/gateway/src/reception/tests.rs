//! What subscribers and the state see of a sequence of frames.

use futures_util::FutureExt;
use secrecy::SecretString;
use tokio::time::{advance, sleep};

use super::*;
use crate::{Delivery, Hub, Subscription};

const CHANNEL: u64 = 5;

fn reception() -> (Hub, Reception) {
    let (hub, feed) = Hub::new();
    let settings = Settings::new(SecretString::from("token"));
    (hub, Reception::new(Arc::new(feed), &settings))
}

fn ready(guilds: &str) -> String {
    format!(
        r#"{{"op":0,"s":1,"t":"READY","d":{{"session_id":"x","resume_gateway_url":"ws://127.0.0.1:1","guilds":[{guilds}]}}}}"#
    )
}

fn event(name: &str, data: &str) -> String {
    format!(r#"{{"op":0,"s":2,"t":"{name}","d":{data}}}"#)
}

/// What waits, as words: event names and lapses.
fn waiting(subscription: &mut Subscription) -> Vec<String> {
    std::iter::from_fn(|| subscription.next().now_or_never().flatten())
        .map(|delivery| match delivery {
            Delivery::Dispatch(dispatch) => dispatch.name.to_string(),
            Delivery::Lapse(lapse) => format!("lapse: {}", lapse.reason),
            Delivery::Acknowledged(_) => "acknowledged".to_owned(),
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_new_session_lapses_when_its_guilds_are_there() {
    let (hub, mut reception) = reception();
    let mut channel = hub.subscribe(Id::new(CHANNEL));
    let upshot = reception.take(&ready(r#"{"id":"7","unavailable":true}"#));
    assert!(matches!(upshot, Upshot::GoOn));
    reception.take(&event("MESSAGE_CREATE", r#"{"channel_id":"5"}"#));
    assert!(!hub.status().borrow().is_ready());
    reception.take(&event("GUILD_CREATE", r#"{"id":"7"}"#));
    assert!(hub.status().borrow().is_ready());
    assert_eq!(
        waiting(&mut channel),
        ["MESSAGE_CREATE", "lapse: a new session began"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_guild_in_an_outage_delays_the_hand_over_for_seconds_and_lapses_when_it_returns() {
    let (hub, mut reception) = reception();
    let mut channel = hub.subscribe(Id::new(CHANNEL));
    reception.take(&ready(r#"{"id":"7"},{"id":"8"}"#));
    reception.take(&event("GUILD_CREATE", r#"{"id":"7"}"#));
    let deadline = reception.hand_over_deadline().unwrap();
    assert_eq!(deadline - Instant::now(), Duration::from_secs(10));
    reception.hand_over();
    assert!(hub.status().borrow().is_ready());
    reception.take(&event("GUILD_CREATE", r#"{"id":"8"}"#));
    assert_eq!(
        waiting(&mut channel),
        ["lapse: a guild came back"],
        "both at once are one"
    );
}

#[tokio::test(start_paused = true)]
async fn a_lapse_begins_when_the_connection_fell_silent() {
    let (hub, mut reception) = reception();
    reception.take(&ready(""));
    let mut channel = hub.subscribe(Id::new(CHANNEL));
    let silent = Instant::now();
    advance(Duration::from_secs(50)).await;
    let held = reception.lost(&Trouble::Dropped, false);
    assert_eq!(held, Some(Duration::from_secs(50)));
    sleep(Duration::from_secs(5)).await;
    reception.take(&ready(""));
    let Some(Delivery::Lapse(lapse)) = channel.next().await else {
        panic!("no lapse")
    };
    assert_eq!((lapse.since, lapse.at), (silent, Instant::now()));
}

#[tokio::test(start_paused = true)]
async fn the_state_tells_a_blip_from_an_outage() {
    let (hub, mut reception) = reception();
    let status = hub.status();
    let shown = || format!("{:?}", status.borrow().state);
    assert!(shown().starts_with("Connecting") && shown().ends_with("why: Began }"));
    reception.lost(&Trouble::Dropped, false);
    assert!(shown().starts_with("Degraded") && shown().ends_with("why: Dropped, attempts: 1 }"));
    reception.take(&ready(""));
    assert!(shown().starts_with("Ready"));
    reception.lost(&Trouble::Reconnect, true);
    assert!(shown().starts_with("Resuming") && shown().ends_with("why: Lost(Reconnect) }"));
    reception.lost(&Trouble::Closed(4000), true);
    assert!(shown().ends_with("why: Closed(4000), attempts: 1 }"));
    reception.take(&event("RESUMED", "null"));
    assert!(shown().starts_with("Ready"));
    reception.lost(&Trouble::Closed(4009), false);
    assert!(shown().starts_with("Connecting") && shown().ends_with("why: Lost(Closed(4009)) }"));
}

#[tokio::test(start_paused = true)]
async fn who_goes_on_with_the_session_of_another_process_is_resuming() {
    let (hub, mut reception) = reception();
    reception.session_taken_over(None);
    let state = hub.status().borrow().state.clone();
    let why = "the session is taken over from another process";
    assert_eq!(
        state.to_string(),
        format!("resuming for 0 s, because {why}")
    );
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_lapses_for_everybody() {
    let (hub, mut reception) = reception();
    let mut channel = hub.subscribe(Id::new(CHANNEL));
    let mut names = hub.watch(&["CHANNEL_CREATE", "CHANNEL_DELETE"]);
    for text in ["", "[]", r#"{"op":0,"s":1,"t":5,"d":{}}"#] {
        reception.take(text);
        assert_eq!(
            waiting(&mut channel),
            ["lapse: an event could not be read"],
            "{text}"
        );
        assert_eq!(
            waiting(&mut names),
            ["lapse: an event could not be read"],
            "{text}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_that_cannot_be_resumed_safely_is_left_at_once() {
    let (_hub, mut reception) = reception();
    let ready = ready("").replace("ws://127.0.0.1:1", "ws://example.org");
    assert!(matches!(
        reception.take(&ready),
        Upshot::Part((Trouble::Address(_), _))
    ));
}

#[tokio::test(start_paused = true)]
async fn the_signs_of_life_are_counted() {
    let (hub, mut reception) = reception();
    assert_eq!(hub.health().last_frame_age, None);
    reception.take(&event("TYPING_START", "{}"));
    advance(Duration::from_secs(3)).await;
    reception.take(r#"{"op":11}"#);
    reception.answered(Some(Duration::from_millis(80)));
    advance(Duration::from_secs(1)).await;
    let health = hub.health();
    assert_eq!(health.last_event_age, Some(Duration::from_secs(4)));
    assert_eq!(health.last_frame_age, Some(Duration::from_secs(1)));
    assert_eq!(health.latency, Some(Duration::from_millis(80)));
}

#[tokio::test(start_paused = true)]
async fn a_tap_sees_a_session_begin_before_its_lapse() {
    for guilds in ["", r#"{"id":"7"}"#] {
        let (hub, mut reception) = reception();
        let mut tap = hub.tap(&["READY", "RESUMED", "GUILD_CREATE"]);
        reception.take(&ready(guilds));
        let mut expected = vec!["READY"];
        if !guilds.is_empty() {
            reception.take(&event("GUILD_CREATE", r#"{"id":"7"}"#));
            expected.push("GUILD_CREATE");
        }
        expected.push("lapse: a new session began");
        assert_eq!(waiting(&mut tap), expected);
        reception.lost(&Trouble::Dropped, true);
        reception.take(&event("RESUMED", "null"));
        assert_eq!(waiting(&mut tap), ["RESUMED"]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_acknowledgement_vouches_only_for_a_heartbeat_sent_while_events_flowed() {
    let (hub, mut reception) = reception();
    let mut tap = hub.tap(&[]);
    let second = Duration::from_secs(1);
    let mut vouches = async |reception: &Reception, sent| {
        reception.acknowledged(sent);
        let told = waiting(&mut tap).iter().any(|word| word == "acknowledged");
        advance(second).await;
        told
    };
    let before = Instant::now();
    advance(second).await;
    assert!(!vouches(&reception, before).await, "no session");

    reception.take(&ready(r#"{"id":"7"}"#));
    let awaiting = Instant::now() + second / 2;
    advance(second).await;
    assert!(!vouches(&reception, awaiting).await, "a guild is awaited");
    reception.take(&event("GUILD_CREATE", r#"{"id":"7"}"#));
    assert!(!vouches(&reception, awaiting).await, "sent while it was");
    assert!(vouches(&reception, Instant::now()).await);

    reception.lost(&Trouble::Dropped, true);
    assert!(!vouches(&reception, Instant::now()).await, "no connection");
    let replaying = Instant::now();
    advance(second).await;
    reception.take(&event("MESSAGE_CREATE", r#"{"channel_id":"5"}"#));
    assert!(!vouches(&reception, Instant::now()).await, "no RESUMED");
    reception.take(&event("RESUMED", "null"));
    assert!(!vouches(&reception, replaying).await, "sent before RESUMED");
    assert!(vouches(&reception, Instant::now()).await);
}

#[tokio::test(start_paused = true)]
async fn a_guild_announced_by_a_replay_does_not_make_the_connection_whole() {
    let (hub, mut reception) = reception();
    let mut tap = hub.tap(&[]);
    reception.take(&ready(r#"{"id":"7"}"#));
    reception.lost(&Trouble::Dropped, true);
    reception.take(&event("GUILD_CREATE", r#"{"id":"7"}"#));
    let _ = waiting(&mut tap);
    advance(Duration::from_secs(1)).await;
    reception.acknowledged(Instant::now());
    assert!(waiting(&mut tap).is_empty(), "the replay goes on");
}

#[tokio::test(start_paused = true)]
async fn heartbeats_and_their_answers_are_told_apart() {
    let (_hub, mut reception) = reception();
    let frames = [
        (r#"{"t":null,"s":null,"op":1,"d":null}"#, "HeartbeatAsked"),
        (
            r#"{"t":null,"s":null,"op":11,"d":null}"#,
            "HeartbeatAcknowledged",
        ),
        (r#"{"op":11}"#, "HeartbeatAcknowledged"),
        (r#"{"op":77,"d":{}}"#, "GoOn"),
    ];
    for (text, expected) in frames {
        assert_eq!(format!("{:?}", reception.take(text)), expected, "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_that_begins_during_a_goodbye_lapses() {
    // How: READY comes on a connection that is ending already, without guilds and with one. The second
    // session is resumed, and would otherwise look as if it had begun long ago.
    let (hub, mut reception) = reception();
    let mut tap = hub.tap(&["READY"]);
    reception.take_last(&ready(""));
    let lapse = "lapse: a new session began";
    assert_eq!(waiting(&mut tap), ["READY", lapse]);
    reception.lost(&Trouble::Reconnect, true);
    reception.take_last(&ready(r#"{"id":"7"}"#));
    assert_eq!(waiting(&mut tap), ["READY"]);
    reception.lost(&Trouble::Reconnect, true);
    reception.take(&event("RESUMED", "null"));
    reception.take(&event("GUILD_CREATE", r#"{"id":"7"}"#));
    assert_eq!(waiting(&mut tap), [lapse]);
}
