use serde_json::{Value, json};

use crate::{
    client::{Answer, Client, plain, post},
    log::{ATTEMPTS, CONSUMERS, Log},
    relay::{ask, world},
    stream::Stream,
    world::{KEY, RELAY_KEY, World},
};

async fn ack(client: &mut Client, name: &str, body: &Value) -> Answer {
    let path = format!("/relay/v1/consumers/{name}/ack");
    client.ask(&post(&path, RELAY_KEY, &body.to_string())).await
}

fn spoken(count: u64) -> Log {
    let log = Log::new();
    for _ in 0..count {
        log.say(7, "hi");
    }
    log
}

#[tokio::test(start_paused = true)]
async fn a_stream_begins_where_its_consumer_has_acknowledged() {
    let log = spoken(5);
    let world = world(&log).await;
    let mut client = world.connect().await;
    // New ones begin now, unless the client says where.
    let mut stream = Stream::open(&world, "consumer=now", None).await;
    assert_eq!(log.position("now"), Some(5));
    log.say(7, "six");
    assert_eq!(stream.next().await, 6);
    let mut stream = Stream::open(&world, "consumer=all&after=0", None).await;
    assert_eq!(stream.next_of(6).await, [1, 2, 3, 4, 5, 6]);

    // What was told and not acknowledged comes again.
    let answer = ack(&mut client, "all", &json!({"sequence": 3})).await;
    let done = json!({"consumer": "all", "acknowledged": 3});
    assert_eq!((answer.head.status, answer.json()), (200, done));
    let mut stream = Stream::open(&world, "consumer=all&after=0", None).await;
    assert_eq!(stream.next_of(3).await, [4, 5, 6]);
    // Not after a connection that broke off: the client says what it has seen.
    let mut stream = Stream::open(&world, "consumer=all&after=0", Some(5)).await;
    assert_eq!(stream.next().await, 6);
    let mut stream = Stream::open(&world, "consumer=all", Some(1)).await;
    assert_eq!(stream.next().await, 4);
    assert_eq!(log.position("all"), Some(3));
}

#[tokio::test(start_paused = true)]
async fn an_acknowledgement_never_leads_back_nor_ahead() {
    let log = spoken(5);
    let world = world(&log).await;
    let mut client = world.connect().await;
    drop(Stream::open(&world, "consumer=bot&after=0", None).await);
    for (sequence, acknowledged) in [(4, 4), (2, 4), (4, 4), (0, 4), (5, 5)] {
        let answer = ack(&mut client, "bot", &json!({"sequence": sequence})).await;
        assert_eq!(answer.json()["acknowledged"], acknowledged, "{sequence}");
    }
    for sequence in [6, u64::MAX] {
        let answer = ack(&mut client, "bot", &json!({"sequence": sequence})).await;
        let (status, _, param, _) = answer.error();
        assert_eq!((status, param.as_deref()), (400, Some("sequence")));
        let message = answer.json()["error"]["message"].to_string();
        assert!(message.contains("newest sequence, which is 5"), "{message}");
    }
    assert_eq!(log.position("bot"), Some(5));
}

#[tokio::test(start_paused = true)]
async fn an_event_that_fails_too_often_is_given_up() {
    let log = spoken(5);
    let world = world(&log).await;
    let mut client = world.connect().await;
    drop(Stream::open(&world, "consumer=bot&after=2", None).await);
    let failed = json!({"sequence": 3, "failed": true, "reason": "no such user"});
    for attempts in 1..=ATTEMPTS {
        let dead = attempts == ATTEMPTS;
        let acknowledged = if dead { 3 } else { 2 };
        let expected = json!({
            "consumer": "bot",
            "acknowledged": acknowledged,
            "dead": dead,
            "attempts": attempts,
        });
        assert_eq!(ack(&mut client, "bot", &failed).await.json(), expected);
    }
    // Whoever did not hear it may ask again.
    let again = ack(&mut client, "bot", &failed).await.json();
    assert_eq!(
        (&again["dead"], &again["attempts"]),
        (&true.into(), &ATTEMPTS.into())
    );
    let answer = client.ask(&ask("GET", "consumers")).await;
    let expected = json!({
        "object": "list",
        "data": [{"name": "bot", "acknowledged": 3, "lag": 2, "dead_letters": 1}],
    });
    assert_eq!(answer.json(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_consumer_that_does_not_exist_is_said_to_be_missing() {
    let log = spoken(1);
    let world = world(&log).await;
    let mut client = world.connect().await;
    for answer in [
        ack(&mut client, "bot", &json!({"sequence": 1})).await,
        ack(&mut client, "bot", &json!({"sequence": 1, "failed": true})).await,
        client.ask(&ask("DELETE", "consumers/bot")).await,
    ] {
        let (status, _, param, code) = answer.error();
        assert_eq!(
            (status, param.as_deref(), code.as_deref()),
            (404, Some("name"), Some("not_found"))
        );
        assert!(
            answer.body.contains("stream?consumer=bot"),
            "{}",
            answer.body
        );
    }
    for name in ["a%20b", "%ff", "a%2Fb", &"a".repeat(65)] {
        let answer = ack(&mut client, name, &json!({"sequence": 1})).await;
        let (status, _, param, _) = answer.error();
        assert_eq!((status, param.as_deref()), (400, Some("name")), "{name}");
        assert!(answer.body.contains("1 to 64"), "{}", answer.body);
    }
}

#[tokio::test(start_paused = true)]
async fn an_acknowledgement_that_is_not_clear_changes_nothing() {
    let log = spoken(5);
    let world = world(&log).await;
    let mut client = world.connect().await;
    drop(Stream::open(&world, "consumer=bot&after=0", None).await);
    let calls = log.calls();
    for body in [
        json!({}),
        json!({"sequence": "1"}),
        json!({"seq": 1}),
        json!([1]),
    ] {
        assert_eq!(
            ack(&mut client, "bot", &body).await.error().0,
            400,
            "{body}"
        );
    }
    let large = json!({"sequence": 1, "reason": "x".repeat(20_000)});
    assert_eq!(ack(&mut client, "bot", &large).await.error().0, 413);
    assert_eq!((log.calls(), log.position("bot")), (calls, Some(0)));
}

#[tokio::test(start_paused = true)]
async fn a_consumer_that_is_forgotten_loses_its_place_and_its_stream() {
    let log = spoken(5);
    let world = world(&log).await;
    let mut client = world.connect().await;
    let mut stream = Stream::open(&world, "consumer=bot&after=4", None).await;
    assert_eq!(stream.next().await, 5);
    let answer = client.ask(&ask("DELETE", "consumers/bot")).await;
    assert_eq!(answer.json(), json!({"consumer": "bot", "deleted": true}));
    assert_eq!(stream.error().await, "not_found");
    assert_eq!(log.position("bot"), None);
    drop(Stream::open(&world, "consumer=bot", None).await);
    assert_eq!(log.position("bot"), Some(5));
}

#[tokio::test(start_paused = true)]
async fn there_are_only_so_many_consumers() {
    let world = world(&spoken(1)).await;
    for number in 0..CONSUMERS {
        drop(Stream::open(&world, &format!("consumer=bot{number}"), None).await);
    }
    let mut client = world.connect().await;
    let answer = client.ask(&ask("GET", "stream?consumer=more")).await;
    let (status, _, param, _) = answer.error();
    assert_eq!((status, param.as_deref()), (400, Some("consumer")));
    drop(Stream::open(&world, "consumer=bot0", None).await);
}

#[tokio::test(start_paused = true)]
async fn each_mistake_of_a_client_is_counted() {
    let log = spoken(5);
    let world = World::built(
        |_| {},
        |frontend| {
            let frontend = frontend.with_relay(log.clone(), log.clone());
            frontend.with_metrics(Vec::new)
        },
    )
    .await;
    let mut client = world.connect().await;
    for number in 0..CONSUMERS {
        drop(Stream::open(&world, &format!("consumer=bot{number}"), None).await);
    }
    ack(&mut client, "nobody", &json!({"sequence": 1})).await;
    let failed = json!({"sequence": 1, "failed": true});
    ack(&mut client, "nobody", &failed).await;
    client.ask(&ask("DELETE", "consumers/nobody")).await;
    ack(&mut client, "bot0", &json!({"sequence": 6})).await;
    client.ask(&ask("GET", "stream?after=6")).await;
    client.ask(&ask("GET", "stream?consumer=more")).await;
    // No mistakes.
    ack(&mut client, "bot0", &json!({"sequence": 5})).await;
    client.ask(&ask("GET", "consumers")).await;
    let key = format!("authorization: Bearer {KEY}\r\n");
    let told = client.ask(&plain("GET", "/metrics", &key)).await;
    for (reason, count) in [
        ("unknown_consumer", 3),
        ("future_sequence", 2),
        ("too_many_consumers", 1),
    ] {
        let name = "cordboard_relay_requests_refused_total";
        let sample = format!("{name}{{reason=\"{reason}\"}} {count}\n");
        assert!(told.body.contains(&sample), "{sample}{}", told.body);
    }
}
