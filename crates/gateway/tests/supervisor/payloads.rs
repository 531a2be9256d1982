//! What a peer may say, and how much of it.

use std::time::Duration;

use cordboard_gateway::{LapseReason, Status};
use tokio::time::{Instant, sleep};
use twilight_model::id::Id;

use crate::{
    hostile::{Manner, facing},
    world::{Heard, hear_all, said},
};

#[tokio::test(start_paused = true)]
async fn no_payload_ends_the_connection_and_what_follows_it_is_heard() {
    let truncated = r#"{"t":"MESSAGE_CREATE","s":2,"op":0,"d":{"channel_id":"5","content":"#;
    let without_author =
        r#"{"t":"MESSAGE_UPDATE","s":2,"op":0,"d":{"channel_id":"5","content":"edited"}}"#;
    let table = [
        (truncated, true),
        ("", true),
        ("null", true),
        ("[1,2,3]", true),
        (r#"{"op":"zero"}"#, true),
        (r#"{"op":0,"t":"MESSAGE_CREATE"}"#, true),
        (r#"{"op":0,"s":2,"d":{}}"#, true),
        (r#"{"op":0,"t":"MESSAGE_CREATE","s":-2,"d":{}}"#, true),
        (r#"{"op":300,"d":{}}"#, true),
        // Unknown, or odd in places that do not matter here: passed on, or passed over.
        (r#"{"op":77,"d":{"any":"thing"}}"#, false),
        (r#"{"op":0,"t":"NEVER_HEARD_OF","s":2,"d":[[[]]]}"#, false),
        (
            r#"{"op":0,"t":"MESSAGE_DELETE","s":2,"d":{"channel_id":{}}}"#,
            false,
        ),
        (without_author, false),
    ];
    for (text, lapses) in table {
        facing(Manner::Says(text), async |hub, connections| {
            let mut here = hub.subscribe(Id::new(5));
            let mut expected = vec![Heard::Lapse(LapseReason::NewSession)];
            // Two lapses with nothing between them are one.
            let heard = hear_all(&mut here).await;
            if lapses {
                expected = vec![Heard::Lapse(LapseReason::Undecodable)];
            }
            expected.extend(said(["after it"]));
            assert_eq!(heard, expected, "{text}");
            assert_eq!(hub.health().counts.undecodable, u64::from(lapses), "{text}");
            let told = hub.status().borrow().clone();
            let last = told.last_lapse.unwrap().reason;
            assert_eq!(told.lapses, 1 + u64::from(lapses), "{text}");
            assert_eq!(last == LapseReason::Undecodable, lapses, "{text}");
            assert!(told.is_ready(), "{text}: a lapse hides no connection");
            sleep(Duration::from_hours(1)).await;
            assert_eq!(connections.get(), 1, "{text}");
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_enormous_event_is_taken_whole_and_costs_nobody_the_next_one() {
    let bytes = 8 << 20;
    facing(Manner::SaysMuch(bytes), async |hub, connections| {
        // It is more than may wait for an ordinary reader, who may be told that it was too slow.
        let mut here = hub.subscribe(Id::new(5));
        let mut tap = hub.tap(&["MESSAGE_CREATE"]);
        let heard = hear_all(&mut tap).await;
        let [
            Heard::Lapse(LapseReason::NewSession),
            Heard::Said(first),
            last,
        ] = &heard[..]
        else {
            panic!("{} deliveries", heard.len());
        };
        assert_eq!(first.len(), bytes);
        assert_eq!(*last, Heard::Said("after it".into()));
        assert_eq!(hear_all(&mut here).await.last(), Some(last));
        assert_eq!((connections.get(), hub.health().counts.undecodable), (1, 0));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_compressed_stream_that_breaks_is_left_and_the_session_gone_on_with() {
    facing(Manner::SaysNoise, async |hub, connections| {
        sleep(Duration::from_mins(10)).await;
        // It breaks each time, and is no more stormed than any other peer that is no use.
        assert!(
            (8..80).contains(&connections.get()),
            "{}",
            connections.get()
        );
        assert!(hub.session().is_some());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_flood_costs_a_slow_reader_its_queue_and_nobody_the_connection() {
    facing(Manner::Floods(20_000), async |hub, connections| {
        let mut slow = hub.subscribe(Id::new(5));
        let mut tap = hub.tap(&["MESSAGE_CREATE"]);
        sleep(Duration::from_mins(10)).await;
        assert!(hub.health().state.is_ready());
        assert_eq!(connections.get(), 1);
        for subscription in [&mut slow, &mut tap] {
            let heard = hear_all(subscription).await;
            assert_eq!(heard.first(), Some(&Heard::Lapse(LapseReason::SlowReader)));
            assert_eq!(heard.last(), Some(&Heard::Said("19999".into())));
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn events_do_not_stand_in_for_an_acknowledgement() {
    // twilight takes any frame for one.
    facing(Manner::NeverAcknowledges, async |hub, connections| {
        let mut status = hub.status();
        drop(status.wait_for(Status::is_ready).await.unwrap());
        let began = Instant::now();
        drop(status.wait_for(|status| !status.is_ready()).await.unwrap());
        // One heartbeat interval at most, and 15 s.
        assert!(began.elapsed() <= Duration::from_secs(57));
        sleep(Duration::from_secs(5)).await;
        assert!(connections.get() >= 2);
    })
    .await;
}
