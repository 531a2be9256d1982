use cordboard_frontend::Metric;

use crate::{
    client::plain,
    world::{KEY, NARROW_KEY, RELAY_KEY, World},
};

async fn world() -> World {
    let metrics = || {
        vec![
            Metric::gauge("cordboard_debts", "Open debts.")
                .with([("stage", "parked")], 2)
                .with([("stage", "unknown")], 0),
            Metric::counter("cordboard_deletions_total", "Channels proved gone.").with([], 7),
        ]
    };
    World::built(|_| {}, |frontend| frontend.with_metrics(metrics)).await
}

#[tokio::test(start_paused = true)]
async fn metrics_are_for_keys_for_administration() {
    let world = world().await;
    let mut client = world.connect().await;
    for (header, status) in [
        (String::new(), 401),
        ("authorization: Bearer sk-of-somebody-else\r\n".into(), 401),
        (format!("authorization: Bearer {NARROW_KEY}\r\n"), 403),
        (format!("authorization: Bearer {RELAY_KEY}\r\n"), 403),
    ] {
        let answer = client.ask(&plain("GET", "/metrics", &header)).await;
        assert_eq!(answer.error().0, status, "{header}");
        assert!(!answer.body.contains("cordboard_"), "{}", answer.body);
    }
}

#[tokio::test(start_paused = true)]
async fn metrics_are_prometheus_text() {
    let world = world().await;
    let mut client = world.connect().await;
    let header = format!("authorization: Bearer {KEY}\r\n");
    let answer = client.ask(&plain("GET", "/metrics", &header)).await;
    assert_eq!(answer.head.status, 200);
    assert_eq!(
        answer.head.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    let expected = "\
# HELP cordboard_debts Open debts.
# TYPE cordboard_debts gauge
cordboard_debts{stage=\"parked\"} 2
cordboard_debts{stage=\"unknown\"} 0
# HELP cordboard_deletions_total Channels proved gone.
# TYPE cordboard_deletions_total counter
cordboard_deletions_total 7
";
    assert_eq!(answer.body, expected);
}
