use std::time::Duration;

use cordboard_openai::{DONE, EVENT_BYTES_MAX, KEEP_ALIVE};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    client::Head,
    world::{NOW, World, chat},
};

/// The events of a stream, with its id replaced by `ID`.
async fn events(world: &World, body: &Value) -> (Head, Vec<String>) {
    let mut client = world.connect().await;
    client.post(body).await;
    let head = client.head().await;
    let id = head
        .header("x-request-id")
        .unwrap()
        .replace("req-", "chatcmpl-");
    let mut events = Vec::new();
    while let Some(chunk) = client.chunk().await {
        events.push(chunk.replace(&id, "ID"));
    }
    (head, events)
}

fn chunk(delta: &str, finish: &str, tail: &str) -> String {
    format!(
        r#"data: {{"id":"ID","object":"chat.completion.chunk","created":{NOW},"model":"demo","choices":[{{"index":0,"delta":{delta},"logprobs":null,"finish_reason":{finish}}}]{tail}}}"#
    ) + "\n\n"
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_byte_for_byte_what_clients_expect() {
    let world = World::new().await;
    let (head, events) = events(&world, &chat("say Hel\nsay lo \u{1f600}\npause 5", true)).await;
    assert_eq!(head.status, 200);
    for (name, value) in [
        ("content-type", "text/event-stream; charset=utf-8"),
        ("cache-control", "no-cache"),
        ("x-accel-buffering", "no"),
        ("access-control-allow-origin", "*"),
    ] {
        assert_eq!(head.header(name), Some(value), "{name}");
    }
    assert_eq!(head.header("content-encoding"), None);
    assert_eq!(
        events,
        [
            chunk(r#"{"role":"assistant","content":""}"#, "null", ""),
            chunk(r#"{"content":"Hel"}"#, "null", ""),
            chunk("{\"content\":\"lo \u{1f600}\"}", "null", ""),
            chunk("{}", r#""stop""#, ""),
            DONE.to_owned(),
        ]
    );
    assert_eq!(world.desk.open(), 0);
}

#[tokio::test(start_paused = true)]
async fn usage_comes_when_it_is_asked_for() {
    let world = World::new().await;
    let mut body = chat("say Hello\nlength", true);
    body["stream_options"] = json!({"include_usage": true});
    let (_, events) = events(&world, &body).await;
    let usage = format!(
        r#"data: {{"id":"ID","object":"chat.completion.chunk","created":{NOW},"model":"demo","choices":[],"usage":{{"prompt_tokens":4,"completion_tokens":2,"total_tokens":6,"prompt_tokens_details":{{"cached_tokens":0}},"completion_tokens_details":{{"reasoning_tokens":0}}}}}}"#
    ) + "\n\n";
    let later = r#","usage":null"#;
    assert_eq!(
        events,
        [
            chunk(r#"{"role":"assistant","content":""}"#, "null", later),
            chunk(r#"{"content":"Hello"}"#, "null", later),
            chunk("{}", r#""length""#, later),
            usage,
            DONE.to_owned(),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn the_stream_begins_as_soon_as_the_prompt_is_posted() {
    let world = World::new().await;
    let mut client = world.connect().await;
    let start = Instant::now();
    client
        .post(&chat("post 300\npause 60000\nsay late", true))
        .await;
    client.head().await;
    assert!(
        client
            .chunk()
            .await
            .unwrap()
            .contains(r#""role":"assistant""#)
    );
    let waited = start.elapsed();
    assert!(
        waited >= Duration::from_millis(300) && waited < Duration::from_millis(400),
        "{waited:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_stream_begins_after_ten_seconds_in_any_case() {
    let world = World::new().await;
    let mut client = world.connect().await;
    let start = Instant::now();
    client.post(&chat("post 25000\nsay late", true)).await;
    assert_eq!(client.head().await.status, 200);
    assert!(
        client
            .chunk()
            .await
            .unwrap()
            .contains(r#""role":"assistant""#)
    );
    let waited = start.elapsed();
    assert!(
        waited >= Duration::from_secs(10) && waited < Duration::from_millis(10_100),
        "{waited:?}"
    );
    assert_eq!(client.chunk().await.unwrap(), KEEP_ALIVE);
    assert!(client.chunk().await.unwrap().contains("late"));
}

#[tokio::test(start_paused = true)]
async fn silence_is_filled_with_comments_every_ten_seconds() {
    let world = World::new().await;
    let start = Instant::now();
    let (_, events) = events(
        &world,
        &chat("pause 35000\nsay a\npause 15000\nsay b", true),
    )
    .await;
    let kinds: Vec<_> = events
        .iter()
        .map(|event| match event {
            comment if comment == KEEP_ALIVE => "comment",
            done if done == DONE => "done",
            _ => "chunk",
        })
        .collect();
    let comments = ["comment"; 3];
    let expected = [
        &["chunk"][..],
        &comments,
        &["chunk", "comment", "chunk", "chunk", "done"],
    ]
    .concat();
    assert_eq!(kinds, expected);
    assert!(start.elapsed() < Duration::from_millis(50_500));
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_breaks_off_ends_with_the_error_and_no_finish_reason() {
    let world = World::new().await;
    for (why, kind, code) in [
        ("deadline", "server_error", "upstream_timeout"),
        ("silent", "server_error", "upstream_timeout"),
        ("stalled", "server_error", "upstream_timeout"),
        ("channel_gone", "server_error", "upstream_unavailable"),
        ("message_deleted", "server_error", "message_deleted"),
        ("limited", "insufficient_quota", "insufficient_quota"),
        ("lost", "server_error", "upstream_unavailable"),
    ] {
        let (head, events) = events(&world, &chat(&format!("say half\nbreak {why}"), true)).await;
        assert_eq!((head.status, events.len()), (200, 4), "{why}: {events:?}");
        let error: Value = serde_json::from_str(events[2].strip_prefix("data: ").unwrap()).unwrap();
        assert!(error.get("choices").is_none());
        assert_eq!(
            (&error["error"]["type"], &error["error"]["code"]),
            (&kind.into(), &code.into()),
            "{why}"
        );
        assert_eq!(events[3], DONE);
        assert!(!events.concat().contains(r#""finish_reason":""#));
        assert_eq!(world.desk.open(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_after_the_stream_began_is_told_in_the_stream() {
    let world = World::new().await;
    let (head, events) = events(&world, &chat("post 12000\nrefuse unavailable", true)).await;
    assert_eq!((head.status, events.len()), (200, 3));
    assert!(
        events[1].contains(r#""code":"upstream_unavailable""#),
        "{}",
        events[1]
    );
    assert_eq!(events[2], DONE);
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_just_stops_is_a_bug_and_not_a_success() {
    let world = World::new().await;
    let (_, events) = events(&world, &chat("say half\nvanish", true)).await;
    assert!(
        events[2].contains(r#""code":"internal_error""#),
        "{}",
        events[2]
    );
    assert_eq!(events[3], DONE);
}

#[tokio::test(start_paused = true)]
async fn long_text_comes_in_events_of_bounded_size() {
    let world = World::new().await;
    let text = "\"\u{1}é".repeat(40_000);
    let (_, events) = events(&world, &chat(&format!("say {text}"), true)).await;
    assert!(events.len() > 4);
    assert!(events.iter().all(|event| event.len() <= EVENT_BYTES_MAX));
    let joined: String = events[1..events.len() - 2]
        .iter()
        .map(|event| {
            let event: Value = serde_json::from_str(&event[6..]).unwrap();
            event["choices"][0]["delta"]["content"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(joined, text);
}

#[tokio::test(start_paused = true)]
async fn each_event_is_a_write_of_its_own() {
    let world = World::new().await;
    let mut client = world.connect().await;
    client.post(&chat("say a\nsay b\nsay c", true)).await;
    let mut seen = String::new();
    while !seen.contains("[DONE]") {
        let read = String::from_utf8(client.read_some().await).unwrap();
        // Reads may join writes, but never end within an event.
        assert!(
            read.ends_with("\n\n\r\n") || read.ends_with("\r\n\r\n"),
            "{read:?}"
        );
        seen += &read;
    }
}

#[tokio::test(start_paused = true)]
async fn a_desk_that_misses_its_deadline_is_cut_off() {
    let world = World::with(|settings| settings.request_timeout = Duration::from_mins(1)).await;
    let start = Instant::now();
    let (_, events) = events(&world, &chat("say half\nhang", true)).await;
    assert!(events[events.len() - 2].contains(r#""code":"upstream_timeout""#));
    assert!(start.elapsed() < Duration::from_secs(66));
    assert_eq!(world.desk.open(), 0);
    let mut client = world.connect().await;
    client.post(&chat("post 3600000", false)).await;
    assert_eq!(client.answer().await.head.status, 504);
    assert_eq!(world.desk.open(), 0);
}
