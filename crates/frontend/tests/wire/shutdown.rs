use std::time::Duration;

use cordboard_openai::DONE;
use tokio::{
    net::TcpStream,
    time::{Instant, sleep},
};

use crate::{
    client::plain,
    world::{World, chat},
};

#[tokio::test(start_paused = true)]
async fn the_soft_stop_lets_streams_end_and_takes_nobody_new() {
    let mut world = World::new().await;
    let mut idle = world.connect().await;
    idle.ask(&plain("GET", "/healthz", "")).await;
    let mut streaming = world.connect().await;
    streaming
        .post(&chat("say a\npause 20000\nsay b", true))
        .await;
    streaming.head().await;
    let mut waiting = world.connect().await;
    waiting.post(&chat("pause 20000\nsay c", false)).await;
    world
        .until("both ask", Duration::from_secs(1), |desk| desk.open() == 2)
        .await;

    world.soft.cancel();
    assert!(idle.closed().await);
    sleep(Duration::from_millis(10)).await;
    assert!(TcpStream::connect(world.address).await.is_err());
    let mut last = String::new();
    while let Some(chunk) = streaming.chunk().await {
        last = chunk;
    }
    assert_eq!(last, DONE);
    assert_eq!(
        waiting.answer().await.json()["choices"][0]["message"]["content"],
        "c"
    );
    let began = Instant::now();
    world.served().await;
    assert!(began.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn the_hard_stop_ends_streams_with_an_honest_error() {
    let mut world = World::new().await;
    let mut streaming = world.connect().await;
    streaming.post(&chat("say a\nhang", true)).await;
    streaming.head().await;
    let mut waiting = world.connect().await;
    waiting.post(&chat("post 3600000", false)).await;
    let mut stuck = world.connect().await;
    stuck.post(&chat("flood", true)).await;
    world
        .until("all ask", Duration::from_secs(1), |desk| desk.open() == 3)
        .await;

    let began = Instant::now();
    world.soft.cancel();
    world.hard.cancel();
    let mut events = Vec::new();
    while let Some(chunk) = streaming.chunk().await {
        events.push(chunk);
    }
    assert!(
        events[2].contains(r#""code":"upstream_unavailable""#),
        "{events:?}"
    );
    assert_eq!(events[3], DONE);
    // Its prompt may be in Discord, so SDKs are not to post it a second time.
    let answer = waiting.answer().await;
    assert_eq!(answer.head.status, 503);
    assert_eq!(answer.head.header("x-should-retry"), Some("false"));
    assert_eq!(answer.head.header("retry-after"), None);
    world.served().await;
    assert_eq!(world.desk.open(), 0);
    assert!(
        began.elapsed() <= Duration::from_millis(1_100),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn the_hard_stop_alone_is_enough() {
    let mut world = World::new().await;
    let _idle = world.connect().await;
    sleep(Duration::from_millis(5)).await;
    world.hard.cancel();
    world.served().await;
}

#[tokio::test(start_paused = true)]
async fn dropping_the_front_lets_go_of_everything() {
    let mut world = World::new().await;
    let (mut streaming, mut waiting) = (world.connect().await, world.connect().await);
    streaming.post(&chat("hang", true)).await;
    waiting.post(&chat("hang", false)).await;
    world
        .until("both ask", Duration::from_secs(1), |desk| desk.open() == 2)
        .await;
    world.abandon().await;
    world.let_go().await;
}
