use std::time::Duration;

use cordboard_frontend::Streams;
use serde_json::json;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use crate::{
    client::{plain, post},
    log::Log,
    owed::Mood,
    relay::{ask, world},
    stream::Stream,
    world::{RELAY_KEY, World},
};

#[tokio::test(start_paused = true)]
async fn an_event_is_byte_for_byte_what_clients_expect() {
    let log = Log::new();
    log.say(7, "hi\n\u{1f600}");
    log.edit(1, "hello");
    log.delete(1);
    log.lose(7, "no permission");
    let world = world(&log).await;
    let mut stream = Stream::open(&world, "after=0", None).await;
    for (id, rest) in [
        (
            1,
            "\"kind\":\"create\",\"channel_id\":\"7\",\"message\":{\"id\":\"1\", \"content\":\"hi\\n\u{1f600}\",\"channel_id\":\"7\"}",
        ),
        (
            2,
            r#""kind":"update","channel_id":"7","message":{"id":"1", "content":"hello","channel_id":"7"}"#,
        ),
        (
            3,
            r#""kind":"delete","channel_id":"7","message":{"id":"1"}"#,
        ),
        (
            4,
            r#""kind":"gap","channel_id":"7","gap":{"from":"5","to":null,"reason":"no permission"}"#,
        ),
    ] {
        let expected = format!("id: {id}\ndata: {{\"sequence\":{id},{rest}}}\n\n");
        assert_eq!(stream.block().await.unwrap(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_beginning_a_stream_begins_now() {
    let log = Log::new();
    log.say(7, "before");
    let world = world(&log).await;
    let mut stream = Stream::open(&world, "", None).await;
    // Known from the start: who is cut off before the first event comes back to the same place.
    assert_eq!(stream.id, 1);
    assert!(stream.is_silent(Duration::from_secs(14)).await);
    log.say(7, "after");
    assert_eq!(stream.event().await["message"]["content"], "after");
}

#[tokio::test(start_paused = true)]
async fn news_is_told_at_once() {
    let log = Log::new();
    let world = world(&log).await;
    let mut stream = Stream::open(&world, "", None).await;
    for _ in 0..10 {
        sleep(Duration::from_secs(3)).await;
        log.say(7, "now");
        let began = Instant::now();
        stream.next().await;
        assert!(began.elapsed() < Duration::from_millis(10));
    }
}

#[tokio::test(start_paused = true)]
async fn history_runs_into_what_happens_without_a_hole_and_without_a_double() {
    let log = Log::new();
    for _ in 0..300 {
        log.say(7, "before");
    }
    let world = world(&log).await;
    let mut writing = JoinSet::new();
    let writer = log.clone();
    writing.spawn(async move {
        for number in 0..700_u64 {
            writer.say(number % 3, "meanwhile");
            if number % 7 == 0 {
                sleep(Duration::from_millis(number % 4)).await;
            }
        }
    });
    // The connection breaks off now and then, and each time it goes on where it was.
    let (mut seen, mut all) = (None, Vec::new());
    while all.len() < 1_000 {
        let mut stream = Stream::open(&world, "after=0", seen).await;
        all.extend(stream.next_of(100).await);
        seen = Some(stream.id);
    }
    assert_eq!(all, (1..=1_000).collect::<Vec<_>>());
    let mut stream = Stream::open(&world, "after=0", seen).await;
    assert!(stream.is_silent(Duration::from_secs(14)).await);
}

#[tokio::test(start_paused = true)]
async fn a_place_that_has_not_come_yet_is_refused() {
    let log = Log::new();
    log.say(7, "hi");
    let world = world(&log).await;
    let mut client = world.connect().await;
    let key = format!("authorization: Bearer {RELAY_KEY}\r\n");
    for (query, header, param) in [
        ("?after=2", "", "after"),
        ("?consumer=bot&after=2", "", "after"),
        ("", "last-event-id: 2\r\n", "Last-Event-ID"),
        ("", "last-event-id: abc\r\n", "Last-Event-ID"),
        ("?consumer=bot", "last-event-id: 2\r\n", "Last-Event-ID"),
    ] {
        let path = format!("/relay/v1/stream{query}");
        let request = plain("GET", &path, &format!("{key}{header}"));
        let (status, _, told, _) = client.ask(&request).await.error();
        assert_eq!((status, told.as_deref()), (400, Some(param)), "{request}");
    }
    assert_eq!(log.position("bot"), None);
    // An empty header is none.
    let path = "/relay/v1/stream?after=0";
    client
        .send(&plain("GET", path, &format!("{key}last-event-id: \r\n")))
        .await;
    assert_eq!(client.head().await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn who_remembers_a_place_of_another_log_is_told_to_forget_it() {
    // How: a log that has one event, as after a backup of it was restored, and a client that has read nine.
    let log = Log::new();
    log.say(7, "hi");
    let world = world(&log).await;
    let mut client = world.connect().await;
    let headers = format!("authorization: Bearer {RELAY_KEY}\r\nlast-event-id: 9\r\n");
    let path = "/relay/v1/stream?consumer=bot&after=0";
    let answer = client.ask(&plain("GET", path, &headers)).await;
    let body = answer.json();
    let message = body["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("the newest sequence, which is 1"),
        "{message}"
    );
    assert!(message.contains("forget it"), "{message}");
    let mut stream = Stream::open(&world, "consumer=bot&after=0", None).await;
    assert_eq!(stream.event().await["sequence"], 1);
}

#[tokio::test(start_paused = true)]
async fn channels_are_filtered_and_the_place_moves_on() {
    let log = Log::new();
    for number in 0..200 {
        log.say(number % 4 + 1, "hi");
    }
    log.lose(3, "no permission");
    let world = world(&log).await;
    let mut stream = Stream::open(&world, "after=0&channel_id=2&channel_id=4", None).await;
    for number in 0..100 {
        let event = stream.event().await;
        let (sequence, channel) = if number % 2 == 0 {
            (number * 2 + 2, "2")
        } else {
            (number * 2 + 2, "4")
        };
        assert_eq!(
            (&event["sequence"], &event["channel_id"]),
            (&json!(sequence), &json!(channel))
        );
    }
    for _ in 0..50 {
        log.say(1, "elsewhere");
    }
    let block = stream.block().await.unwrap();
    assert_eq!(block, ": keep-alive\n\nid: 251\n\n");
}

#[tokio::test(start_paused = true)]
async fn silence_is_filled_with_comments() {
    let log = Log::new();
    log.say(7, "hi");
    let world = world(&log).await;
    let mut stream = Stream::open(&world, "after=0", None).await;
    stream.next().await;
    for _ in 0..3 {
        let began = Instant::now();
        assert_eq!(stream.block().await.unwrap(), ": keep-alive\n\n");
        assert_eq!(began.elapsed().as_secs(), 15);
    }
    sleep(Duration::from_secs(10)).await;
    log.say(7, "hi");
    assert_eq!(stream.next().await, 2);
    assert!(stream.is_silent(Duration::from_secs(14)).await);
}

#[tokio::test(start_paused = true)]
async fn a_consumer_that_is_set_somewhere_else_begins_there_whatever_it_has_seen() {
    let log = Log::new();
    let (relay, streams) = (log.clone(), Streams::default());
    let world = World::built(
        |_| {},
        |frontend| {
            let frontend = frontend.with_relay(relay.clone(), relay);
            frontend.with_streams(streams.clone())
        },
    )
    .await;
    let mut stream = Stream::open(&world, "consumer=bot", None).await;
    for _ in 0..3 {
        log.say(7, "hi");
    }
    assert_eq!(stream.next_of(3).await, [1, 2, 3]);
    streams.move_away("bot");
    assert_eq!(stream.error().await, "moved");
    let mut client = world.connect().await;
    let ack = post(
        "/relay/v1/consumers/bot/ack",
        RELAY_KEY,
        r#"{"sequence":3}"#,
    );
    assert_eq!(client.ask(&ack).await.head.status, 409);
    assert_eq!(log.position("bot"), Some(0));
    let mut stream = Stream::open(&world, "consumer=bot", Some(3)).await;
    assert_eq!(stream.next_of(3).await, [1, 2, 3]);
    assert_eq!(client.ask(&ack).await.head.status, 200);
    streams.forget("bot");
    assert_eq!(stream.error().await, "not_found");
}

#[tokio::test(start_paused = true)]
async fn the_second_stream_of_a_consumer_takes_over() {
    let log = Log::new();
    let world = world(&log).await;
    let mut first = Stream::open(&world, "consumer=bot", None).await;
    let mut other = Stream::open(&world, "consumer=other", None).await;
    let mut nobody = Stream::open(&world, "", None).await;
    log.say(7, "one");
    assert_eq!(first.next().await, 1);
    let mut second = Stream::open(&world, "consumer=bot", None).await;
    assert_eq!(first.error().await, "taken_over");
    log.say(7, "two");
    assert_eq!(second.next_of(2).await, [1, 2]);
    assert_eq!(other.next_of(2).await, [1, 2]);
    assert_eq!(nobody.next_of(2).await, [1, 2]);
    // A stream that cannot begin takes nothing, and neither does a look at what there is.
    let mut client = world.connect().await;
    client.send(&ask("HEAD", "stream?consumer=bot")).await;
    assert_eq!(client.head().await.status, 405);
    log.set_mood(Mood::Broken);
    let mut client = world.connect().await;
    let answer = client.ask(&ask("GET", "stream?consumer=bot")).await;
    assert_eq!(answer.head.status, 503);
    log.set_mood(Mood::Well);
    log.say(7, "three");
    assert_eq!(second.next().await, 3);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_nothing_is_cut_and_costs_no_memory() {
    let log = Log::new();
    log.flood(&"x".repeat(4_000));
    let world = world(&log).await;
    let mut client = world.connect().await;
    client.send(&ask("GET", "stream?after=0")).await;
    sleep(Duration::from_secs(32)).await;
    // What the kernel's buffers hold, and no more.
    let calls = log.calls();
    assert!(calls < 200, "{calls} pages of 128 KB");
    assert!(client.closed_after(64 << 20).await);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(log.calls(), calls);
}

#[tokio::test(start_paused = true)]
async fn a_log_that_fails_in_mid_stream_is_told_in_the_stream() {
    let log = Log::new();
    let world = world(&log).await;
    for (mood, code) in [
        (Mood::Broken, "upstream_unavailable"),
        (Mood::Hung, "upstream_timeout"),
    ] {
        let mut stream = Stream::open(&world, "", None).await;
        sleep(Duration::from_millis(10)).await;
        log.set_mood(mood);
        log.say(7, "hi");
        assert_eq!(stream.error().await, code);
        log.set_mood(Mood::Well);
    }
    let mut stream = Stream::open(&world, "after=0", None).await;
    assert_eq!(stream.next_of(2).await, [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn news_without_an_event_is_no_reason_to_spin() {
    let log = Log::new();
    let world = world(&log).await;
    let mut stream = Stream::open(&world, "", None).await;
    sleep(Duration::from_secs(1)).await;
    let calls = log.calls();
    log.announce();
    sleep(Duration::from_secs(1)).await;
    assert!((1..=11).contains(&(log.calls() - calls)));
    log.say(7, "late");
    assert_eq!(stream.next().await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_in_order_with_the_time_of_its_request() {
    let log = Log::new();
    let relay = log.clone();
    let world = World::built(
        |settings| settings.request_timeout = Duration::from_mins(1),
        |frontend| frontend.with_relay(relay.clone(), relay),
    )
    .await;
    let began = Instant::now();
    let mut stream = Stream::open(&world, "", None).await;
    let mut last = String::new();
    while let Some(block) = stream.block().await {
        last = block;
    }
    assert!(
        last.starts_with(": the time of this request is over"),
        "{last}"
    );
    assert_eq!(began.elapsed().as_secs(), 60);
    log.say(7, "between two connections");
    let mut stream = Stream::open(&world, "", Some(stream.id)).await;
    assert_eq!(stream.next().await, 1);
}

#[tokio::test(start_paused = true)]
async fn both_stops_end_a_stream_in_order() {
    for hard in [false, true] {
        let log = Log::new();
        let mut world = world(&log).await;
        let mut streams = [
            Stream::open(&world, "", None).await,
            Stream::open(&world, "consumer=bot", None).await,
        ];
        let began = Instant::now();
        // It has no end of its own that the soft stop could wait for.
        if hard {
            world.hard.cancel();
        } else {
            world.soft.cancel();
        }
        for stream in &mut streams {
            let last = stream.block().await.unwrap();
            assert_eq!(last, ": this proxy is shutting down\n\n");
            assert!(stream.block().await.is_none());
        }
        world.served().await;
        assert!(began.elapsed() < Duration::from_secs(2));
    }
}

#[tokio::test(start_paused = true)]
async fn streams_leave_room_for_the_chat() {
    let world = world(&Log::new()).await;
    let mut streams = Vec::new();
    for _ in 0..256 {
        streams.push(Stream::open(&world, "", None).await);
    }
    let mut client = world.connect().await;
    let answer = client.ask(&ask("GET", "stream")).await;
    assert_eq!(answer.error().3.as_deref(), Some("rate_limit_exceeded"));
    assert_eq!(answer.head.header("retry-after"), Some("5"));
    drop(streams.pop());
    sleep(Duration::from_millis(100)).await;
    drop(Stream::open(&world, "", None).await);
}
