use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::{
    client::{plain, post},
    world::{KEY, World, chat},
};

const INVALID: &str = "invalid_request_error";

#[tokio::test(start_paused = true)]
async fn slow_heads_are_closed() {
    for start in [
        "",
        "PRI * HT",
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n",
    ] {
        let world = World::new().await;
        let mut client = world.connect().await;
        let began = Instant::now();
        client.send(start).await;
        for _ in 0..3 {
            sleep(Duration::from_secs(4)).await;
            if !start.is_empty() && !start.starts_with("PRI") {
                client.send("x-slow: 1\r\n").await;
            }
        }
        assert!(client.closed().await, "{start:?}");
        assert!(
            began.elapsed() <= Duration::from_secs(16),
            "{start:?}: {:?}",
            began.elapsed()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn idle_connections_are_closed() {
    let world = World::new().await;
    let mut client = world.connect().await;
    client.ask(&plain("GET", "/healthz", "")).await;
    let began = Instant::now();
    assert!(client.closed().await);
    // Later than clients let go of theirs: who is closed upon while asking has to ask twice.
    let waited = began.elapsed().as_secs();
    assert!((75..=76).contains(&waited), "{waited} s");
}

#[tokio::test(start_paused = true)]
async fn slow_bodies_are_refused() {
    let world = World::new().await;
    let mut client = world.connect().await;
    let request = post(
        "/v1/chat/completions",
        KEY,
        &chat("say hi", true).to_string(),
    );
    client.send(&request[..request.len() - 5]).await;
    let answer = client.answer().await;
    assert_eq!(
        answer.error(),
        (408, INVALID.into(), None, Some("request_timeout".into()))
    );

    // A byte now and then does not help for ever.
    let mut client = world.connect().await;
    let began = Instant::now();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\ncontent-length: 1000\r\n\r\n"
    );
    client.send(&head).await;
    while began.elapsed() < Duration::from_secs(115) {
        sleep(Duration::from_secs(5)).await;
        client.send("x").await;
    }
    assert_eq!(client.answer().await.head.status, 408);
    assert!(began.elapsed() <= Duration::from_secs(126));
    assert!(world.desk.asked().is_empty());
}

#[tokio::test(start_paused = true)]
async fn oversized_bodies_are_refused_however_they_come() {
    let world = World::with(|settings| settings.body_bytes_max = 100_000).await;
    let refused = (
        413,
        INVALID.to_owned(),
        None,
        Some("request_too_large".to_owned()),
    );
    let body = |size: usize| {
        let body = chat("say hi", false).to_string();
        " ".repeat(size - body.len()) + &body
    };
    for (size, status) in [(100_000, 200), (100_001, 413), (3_000_000, 413)] {
        let mut client = world.connect().await;
        let answer = client
            .ask(&post("/v1/chat/completions", KEY, &body(size)))
            .await;
        assert_eq!(answer.head.status, status, "{size}");
        let chunked = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\ntransfer-encoding: chunked\r\n\r\n{size:x}\r\n{}\r\n0\r\n\r\n",
            body(size)
        );
        let mut client = world.connect().await;
        let answer = client.ask(&chunked).await;
        assert_eq!(answer.head.status, status, "{size} in chunks");
        if status == 413 {
            assert_eq!(answer.error(), refused);
        }
    }
    // Who asks first is told so without having to send.
    let mut client = world.connect().await;
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\nexpect: 100-continue\r\ncontent-length: 100001\r\n\r\n"
    );
    assert_eq!(client.ask(&head).await.error(), refused);
    assert_eq!(world.desk.asked().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn bodies_in_memory_are_bounded_together() {
    let world = World::with(|settings| {
        settings.body_bytes_max = 64 << 10;
        settings.bodies_bytes_max = 64 << 10;
    })
    .await;
    let body = chat("post 5000\nsay hi", false).to_string();
    let body = " ".repeat((60 << 10) - body.len()) + &body;
    let request = post("/v1/chat/completions", KEY, &body);
    let mut first = world.connect().await;
    first.send(&request).await;
    world.asked().await;
    let mut second = world.connect().await;
    let answer = second.ask(&request).await;
    assert_eq!(answer.error().3.as_deref(), Some("rate_limit_exceeded"));
    assert_eq!(
        (answer.head.status, answer.head.header("retry-after")),
        (429, Some("2"))
    );
    // Small ones still fit, and the large ones again once the first is posted.
    second.post(&chat("say hi", false)).await;
    assert_eq!(second.answer().await.head.status, 200);
    assert_eq!(first.answer().await.head.status, 200);
    assert_eq!(second.ask(&request).await.head.status, 200);
}

#[tokio::test(start_paused = true)]
async fn heads_are_bounded() {
    let world = World::new().await;
    let mut client = world.connect().await;
    let fits = format!("x-large: {}\r\n", "x".repeat(60 << 10));
    assert_eq!(
        client
            .ask(&plain("GET", "/healthz", &fits))
            .await
            .head
            .status,
        200
    );
    let large = format!("x-large: {}\r\n", "x".repeat(66 << 10));
    assert_eq!(
        client
            .ask(&plain("GET", "/healthz", &large))
            .await
            .head
            .status,
        431
    );
    let mut client = world.connect().await;
    let many = "x: 1\r\n".repeat(101);
    assert_eq!(
        client
            .ask(&plain("GET", "/healthz", &many))
            .await
            .head
            .status,
        431
    );
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_nothing_is_dropped() {
    let world = World::new().await;
    let mut client = world.connect().await;
    let began = Instant::now();
    client.post(&chat("flood", true)).await;
    world.asked().await;
    let bound = Duration::from_secs(31);
    world
        .until("the stalled client is dropped", bound, |desk| {
            desk.open() == 0
        })
        .await;
    assert!(began.elapsed() >= Duration::from_secs(30));
}

#[tokio::test(start_paused = true)]
async fn a_request_ends_in_time_however_its_client_reads() {
    // How: the desk never ends, and the client takes all at once, or just enough not to be stuck.
    let minute = Duration::from_mins(1);
    for pause in [Duration::from_secs(5), Duration::from_secs(20)] {
        let world = World::with(|settings| settings.request_timeout = minute).await;
        let mut client = world.connect().await;
        let began = Instant::now();
        client.post(&chat("flood", true)).await;
        world.asked().await;
        while world.desk.open() > 0 && began.elapsed() < 3 * minute {
            sleep(pause).await;
            client.take_some(1 << 20).await;
        }
        let bound = minute + Duration::from_secs(65);
        assert!(began.elapsed() < bound, "{:?}", began.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn connections_beyond_the_bound_wait_their_turn() {
    let world = World::with(|settings| settings.connections_max = 1).await;
    let mut first = world.connect().await;
    first.post(&chat("pause 3000\nsay hi", false)).await;
    world.asked().await;
    let mut second = world.connect().await;
    second
        .send(&plain("GET", "/healthz", "connection: close\r\n"))
        .await;
    let began = Instant::now();
    assert_eq!(first.answer().await.head.status, 200);
    first.finish();
    assert_eq!(second.answer().await.head.status, 200);
    assert!(began.elapsed() >= Duration::from_secs(2));
}
