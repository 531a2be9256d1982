use std::sync::Arc;

use cordboard_frontend::Cause;
use parking_lot::Mutex;
use serde_json::json;

use crate::{client::plain, world::World};

#[tokio::test(start_paused = true)]
async fn it_is_ready_as_long_as_there_is_no_cause_against_it() {
    let causes = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&causes);
    let readiness = move || told.lock().clone();
    let world = World::built(|_| {}, |frontend| frontend.with_readiness(readiness)).await;
    let mut client = world.connect().await;
    let ready = json!({"status": "ready", "causes": []});
    let mut ask = async || client.ask(&plain("GET", "/readyz", "")).await;
    let answer = ask().await;
    assert_eq!((answer.head.status, answer.json()), (200, ready.clone()));

    causes.lock().push(Cause {
        name: "openings_held",
        detail: "12 MiB are left for the store: free 64 MiB".into(),
    });
    let answer = ask().await;
    let expected = json!({
        "status": "not_ready",
        "causes": [{"name": "openings_held", "detail": "12 MiB are left for the store: free 64 MiB"}],
    });
    assert_eq!((answer.head.status, answer.json()), (503, expected));

    causes.lock().clear();
    let answer = ask().await;
    assert_eq!((answer.head.status, answer.json()), (200, ready));
}

/// A supervisor restarts what is not alive, which does not help against any cause.
#[tokio::test(start_paused = true)]
async fn what_is_not_ready_is_still_alive() {
    let cause = || {
        vec![Cause {
            name: "gateway",
            detail: "no connection to Discord".into(),
        }]
    };
    let world = World::built(|_| {}, |frontend| frontend.with_readiness(cause)).await;
    let mut client = world.connect().await;
    let answer = client.ask(&plain("GET", "/healthz", "")).await;
    assert_eq!(answer.head.status, 200);
    assert_eq!(answer.json()["status"], "ok");
}

#[tokio::test(start_paused = true)]
async fn without_anybody_to_say_otherwise_it_is_ready() {
    let world = World::new().await;
    let mut client = world.connect().await;
    let answer = client.ask(&plain("GET", "/readyz", "")).await;
    assert_eq!(answer.head.status, 200);
}
