use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use cordboard_frontend::{Cause, Entrance, Frontend, Key, Scope, Settings};
use tokio::{net::TcpListener, task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    client::{Client, plain},
    desk::Script,
    world::{KEY, NOW, chat},
};

fn settings() -> Settings {
    Settings {
        keys: vec![Key::new("all", &KEY.into(), None, vec![Scope::Chat])],
        version: "1.2.3".into(),
        ..Settings::default()
    }
}

#[tokio::test(start_paused = true)]
async fn one_connection_is_asked_to_come_again_and_then_answered() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (soft, hard) = (CancellationToken::new(), CancellationToken::new());
    let entrance = Entrance::new(&settings(), soft.clone(), hard);
    let mut tasks = JoinSet::new();
    tasks.spawn(entrance.clone().serve(listener));
    let mut client = Client::connect(address).await;

    let alive = client.ask(&plain("GET", "/healthz", "")).await;
    assert_eq!(alive.head.status, 200);
    assert_eq!(alive.json()["version"], "1.2.3");
    let ready = client.ask(&plain("GET", "/readyz", "")).await;
    assert_eq!(ready.head.status, 503);
    assert_eq!(ready.json()["causes"][0]["name"], "starting");
    for (method, path) in [
        ("GET", "/v1/models"),
        ("GET", "/nowhere"),
        ("PUT", "/healthz"),
    ] {
        let answer = client.ask(&plain(method, path, "")).await;
        assert_eq!(answer.head.status, 503, "{method} {path}");
        assert_eq!(answer.head.header("retry-after"), Some("5"));
        assert_eq!(answer.json()["error"]["code"], "upstream_unavailable");
    }
    // Its body is read, so that the connection goes on.
    client.post(&chat("say a", false)).await;
    assert_eq!(client.answer().await.head.status, 503);

    sleep(Duration::from_mins(1)).await;
    let desk = Script::default();
    entrance.open(Frontend::new(desk.clone(), settings(), || NOW));
    client.post(&chat("say a", false)).await;
    assert_eq!(client.answer().await.head.status, 200);
    let alive = client.ask(&plain("GET", "/healthz", "")).await;
    assert_eq!(alive.json()["uptime_seconds"], 60, "since it is alive");

    soft.cancel();
    assert!(client.closed().await);
    tasks.join_next().await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_start_that_is_given_up_lets_go_of_its_connections() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (soft, hard) = (CancellationToken::new(), CancellationToken::new());
    let mut tasks = JoinSet::new();
    tasks.spawn(Entrance::new(&settings(), soft, hard).serve(listener));
    let mut client = Client::connect(address).await;
    client.ask(&plain("GET", "/healthz", "")).await;
    tasks.shutdown().await;
    assert!(client.closed().await);
}

#[tokio::test(start_paused = true)]
async fn a_process_that_is_stuck_is_not_alive_whether_it_starts_or_runs() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (soft, hard) = (CancellationToken::new(), CancellationToken::new());
    let is_stuck = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&is_stuck);
    let entrance = Entrance::watched(&settings(), soft, hard, move || {
        told.load(Ordering::Relaxed).then(|| Cause {
            name: "stuck",
            detail: "gateway has held its thread for 12 s".to_owned(),
        })
    });
    let mut tasks = JoinSet::new();
    tasks.spawn(entrance.clone().serve(listener));
    let mut client = Client::connect(address).await;
    for is_open in [false, true] {
        if is_open {
            entrance.open(Frontend::new(Script::default(), settings(), || NOW));
        }
        for (stuck, status, word) in [(true, 503, "stuck"), (false, 200, "ok")] {
            is_stuck.store(stuck, Ordering::Relaxed);
            let health = client.ask(&plain("GET", "/healthz", "")).await;
            assert_eq!(health.head.status, status, "open: {is_open}");
            assert_eq!(health.json()["status"], word);
            let names_it =
                health.json()["cause"]["detail"] == "gateway has held its thread for 12 s";
            assert_eq!(names_it, stuck);
        }
    }
    tasks.shutdown().await;
}
