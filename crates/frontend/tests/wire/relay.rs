use serde_json::{Value, json};

use crate::{
    client::{Client, plain, post},
    log::Log,
    owed::Mood,
    world::{KEY, NARROW_KEY, RELAY_KEY, World},
};

const INVALID: &str = "invalid_request_error";

pub(crate) async fn world(log: &Log) -> World {
    let log = log.clone();
    World::built(|_| {}, |frontend| frontend.with_relay(log.clone(), log)).await
}

pub(crate) fn ask(method: &str, path: &str) -> String {
    let key = format!("authorization: Bearer {RELAY_KEY}\r\n");
    plain(method, &format!("/relay/v1/{path}"), &key)
}

async fn get(client: &mut Client, path: &str) -> Value {
    let answer = client.ask(&ask("GET", path)).await;
    assert_eq!(answer.head.status, 200, "{path}: {}", answer.body);
    answer.json()
}

fn ids(page: &Value) -> Vec<u64> {
    assert_eq!(page["object"], "list");
    let id = |entry: &Value| match &entry["id"] {
        Value::String(id) => id.parse().unwrap(),
        id => id.as_u64().unwrap(),
    };
    page["data"].as_array().unwrap().iter().map(id).collect()
}

#[tokio::test(start_paused = true)]
async fn only_a_key_for_the_relay_gets_in() {
    let log = Log::new();
    let world = world(&log).await;
    let mut client = world.connect().await;
    for (key, status, code) in [
        (None, 401, None),
        (Some("sk-of-somebody-else"), 401, Some("invalid_api_key")),
        (Some(KEY), 403, Some("not_allowed")),
        (Some(NARROW_KEY), 403, Some("not_allowed")),
    ] {
        let header = key.map_or_else(String::new, |key| {
            format!("authorization: Bearer {key}\r\n")
        });
        // Whoever may not ask learns nothing of how to.
        for request in [
            plain("GET", "/relay/v1/messages?limit=wrong", &header),
            plain("GET", "/relay/v1/gaps?limit=wrong", &header),
            plain("GET", "/relay/v1/stream?consumer=%00", &header),
            plain("GET", "/relay/v1/consumers", &header),
            plain("DELETE", "/relay/v1/consumers/%00", &header),
            plain("GET", "/relay/v1/consumers/%00/dead_letters", &header),
            plain("DELETE", "/relay/v1/consumers/%00/dead_letters/x", &header),
            plain(
                "POST",
                "/relay/v1/consumers/%00/ack",
                &format!("{header}content-length: 1\r\n"),
            ) + "{",
        ] {
            let answer = client.ask(&request).await;
            let code = code.map(str::to_owned);
            let told = (status, INVALID.into(), None, code);
            assert_eq!(answer.error(), told, "{request}");
        }
    }
    assert_eq!(log.calls(), 0);
    assert!(ids(&get(&mut client, "messages").await).is_empty());
}

#[tokio::test(start_paused = true)]
async fn without_a_relay_the_paths_are_unknown() {
    let world = World::new().await;
    let mut client = world.connect().await;
    for path in ["messages", "stream", "gaps", "consumers"] {
        let answer = client.ask(&ask("GET", path)).await;
        assert_eq!(answer.error().3.as_deref(), Some("unknown_url"), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn other_methods_are_refused_in_openais_words() {
    let world = world(&Log::new()).await;
    let mut client = world.connect().await;
    for (method, path) in [
        ("DELETE", "messages"),
        ("GET", "consumers/bot"),
        ("GET", "consumers/bot/ack"),
        ("DELETE", "consumers/bot/dead_letters"),
        ("GET", "consumers/bot/dead_letters/1"),
        ("DELETE", "stream"),
    ] {
        let answer = client.ask(&ask(method, path)).await;
        let code = Some("method_not_supported".into());
        assert_eq!(answer.error(), (405, INVALID.into(), None, code), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn messages_come_as_discord_gives_them() {
    let log = Log::new();
    log.say(7, "first");
    log.say(7, "second");
    log.edit(1, "first, and better");
    log.delete(2);
    let world = world(&log).await;
    let mut client = world.connect().await;
    let answer = client.ask(&ask("GET", "messages")).await;
    assert_eq!(
        answer.body,
        r#"{"object":"list","data":[{"id":"1", "content":"first, and better","channel_id":"7"}],"has_more":false}"#
    );
    let answer = client
        .ask(&ask("GET", "messages?deleted=true&after=1"))
        .await;
    assert_eq!(
        answer.body,
        r#"{"object":"list","data":[{"id":"2","channel_id":"7","deleted":true}],"has_more":false}"#
    );
}

#[tokio::test(start_paused = true)]
async fn a_query_chooses_messages() {
    let log = Log::new();
    for id in 1..=20 {
        log.say(id % 2 + 1, "hi");
    }
    let world = world(&log).await;
    let mut client = world.connect().await;
    for (query, chosen, has_more) in [
        ("limit=3", vec![1, 2, 3], true),
        ("limit=20", (1..=20).collect(), false),
        ("after=18", vec![19, 20], false),
        ("before=3", vec![1, 2], false),
        ("after=4&before=9&limit=2", vec![5, 6], true),
        ("channel_id=2&after=15", vec![17, 19], false),
        ("channel_id=3", vec![], false),
        ("since=2015-01-01T00:00:00Z&limit=1", vec![1], true),
        ("since=2015-01-01T00:00:00.001Z", vec![], false),
    ] {
        let page = get(&mut client, &format!("messages?{query}")).await;
        assert_eq!(ids(&page), chosen, "{query}");
        assert_eq!(page["has_more"], has_more, "{query}");
    }
}

#[tokio::test(start_paused = true)]
async fn pages_hold_every_message_once() {
    let log = Log::new();
    for id in 1..=23 {
        log.say(id % 3 + 1, "hi");
    }
    let world = world(&log).await;
    let mut client = world.connect().await;
    let (mut after, mut all) = (String::new(), Vec::new());
    loop {
        let page = get(&mut client, &format!("messages?limit=5&after={after}")).await;
        all.extend(ids(&page));
        if page["has_more"] == false {
            break;
        }
        after = all.last().unwrap().to_string();
    }
    assert_eq!(all, (1..=23).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn gaps_are_told_with_their_reason() {
    let log = Log::new();
    log.lose(7, "older than Discord keeps");
    log.lose(8, "no permission");
    log.lose(7, "no permission");
    let world = world(&log).await;
    let mut client = world.connect().await;
    let page = get(&mut client, "gaps?limit=1").await;
    let expected = json!({
        "object": "list",
        "data": [{
            "id": 1,
            "channel_id": "7",
            "from": "5",
            "to": null,
            "reason": "older than Discord keeps",
            "at": "2023-11-14T22:13:20Z",
        }],
        "has_more": true,
    });
    assert_eq!(page, expected);
    assert_eq!(ids(&get(&mut client, "gaps?after=1").await), [2, 3]);
    assert_eq!(ids(&get(&mut client, "gaps?channel_id=7").await), [1, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_bad_query_is_refused_with_what_to_write() {
    let log = Log::new();
    let world = world(&log).await;
    let mut client = world.connect().await;
    for (path, param, code) in [
        ("messages?limit=501", "limit", "invalid_value"),
        ("messages?since=tomorrow", "since", "invalid_value"),
        ("messages?channel=1", "channel", "unsupported_parameter"),
        ("gaps?since=1", "since", "unsupported_parameter"),
        ("stream?channel_id=x", "channel_id", "invalid_value"),
        ("stream?consumer=a/b", "consumer", "invalid_value"),
        (
            "stream?Last-Event-ID=1",
            "Last-Event-ID",
            "unsupported_parameter",
        ),
    ] {
        let answer = client.ask(&ask("GET", path)).await;
        let told = (400, INVALID.into(), Some(param.into()), Some(code.into()));
        assert_eq!(answer.error(), told, "{path}");
    }
    assert_eq!(log.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_log_that_does_not_answer_is_named_and_not_shown() {
    let log = Log::new();
    let world = world(&log).await;
    let mut client = world.connect().await;
    for (mood, status, code) in [
        (Mood::Broken, 503, "upstream_unavailable"),
        (Mood::Hung, 504, "upstream_timeout"),
    ] {
        log.set_mood(mood);
        for request in [
            ask("GET", "messages"),
            ask("GET", "gaps"),
            ask("GET", "stream"),
            ask("GET", "consumers"),
            ask("DELETE", "consumers/bot"),
            ask("GET", "consumers/bot/dead_letters"),
            ask("DELETE", "consumers/bot/dead_letters/1"),
            post(
                "/relay/v1/consumers/bot/ack",
                RELAY_KEY,
                r#"{"sequence":1}"#,
            ),
        ] {
            let answer = client.ask(&request).await;
            let told = (status, "server_error".into(), None, Some(code.into()));
            assert_eq!(answer.error(), told, "{request}");
            assert!(!answer.body.contains("secret"), "{}", answer.body);
        }
    }
}
