//! Each reason why a proxy is not ready: it is told while it lasts, and no longer.

use std::time::Duration;

use cordboard_simulator::Fault;
use cordboard_store::sabotage;
use cordboard_tests::{MODEL, World, sim};
use hyper::Method;
use tokio::time::{Instant, sleep};

/// The names of the causes that `/readyz` gives.
async fn causes(world: &World) -> Vec<String> {
    let answer = world.client().send(Method::GET, "/readyz", "").await;
    let (status, ready) = answer.unwrap().json().await.unwrap();
    let causes = ready["causes"].as_array().unwrap().iter();
    let causes: Vec<_> = causes
        .map(|cause| cause["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(status == 200, causes.is_empty(), "{status} {causes:?}");
    causes
}

#[test]
fn a_discord_whose_rest_fails_is_told_until_it_answers() {
    // How: events still arrive, so that nothing else shows it.
    sim(async |world| {
        sleep(Duration::from_mins(2)).await;
        assert!(causes(world).await.is_empty());
        world
            .discord
            .fault(Fault::status("GET /gateway/bot", 503).always());
        sleep(Duration::from_mins(4)).await;
        assert_eq!(causes(world).await, ["rest"]);
        assert!(world.metrics().await.contains("condition=\"rest\"} 1"));
        let health = world.client().send(Method::GET, "/healthz", "").await;
        let (status, health) = health.unwrap().json().await.unwrap();
        assert_eq!(status, 200, "it is alive");
        assert_eq!(health["rest"], "failed");
        world.discord.clear_faults();
        sleep(Duration::from_mins(1)).await;
        assert!(causes(world).await.is_empty());
        assert!(!world.metrics().await.contains("condition=\"rest\""));
    });
}

#[test]
fn a_deletion_that_is_late_is_told_until_it_is_done() {
    // How: Discord fails every deletion for ten minutes, as it does in an outage.
    sim(async |world| {
        let delete = "DELETE /channels/{channel_id}";
        world.discord.fault(Fault::status(delete, 503).always());
        let (status, _) = world.client().ask(MODEL, "Hello").await.unwrap();
        assert_eq!(status, 200);
        sleep(Duration::from_mins(4)).await;
        assert!(causes(world).await.is_empty(), "not late yet");
        sleep(Duration::from_mins(6)).await;
        assert_eq!(causes(world).await, ["deletions_late"]);
        let late = world.metrics().await;
        assert!(late.contains("condition=\"deletions_late\"} 1"), "{late}");
        world.discord.clear_faults();
        sleep(Duration::from_mins(5)).await;
        assert_eq!(world.channels_alive(), 0);
        assert!(causes(world).await.is_empty());
    });
}

#[test]
fn deletions_that_an_operator_holds_are_not_late() {
    // How: a channel waits for an hour because somebody said so; conversations go on.
    sim(async |world| {
        let hold = async |enabled: bool| {
            let body = format!("{{\"enabled\": {enabled}}}");
            let path = "/admin/v1/deletions";
            let answer = world.client().send(Method::POST, path, body).await.unwrap();
            assert_eq!(answer.status, 200);
        };
        hold(false).await;
        let (status, _) = world.client().ask(MODEL, "Hello").await.unwrap();
        assert_eq!(status, 200);
        sleep(Duration::from_hours(1)).await;
        assert!(causes(world).await.is_empty());
        hold(true).await;
    });
}

#[test]
fn a_store_that_does_not_answer_is_told_until_it_does() {
    // How: the disk stands still for 28 s, which a proxy survives, until the regular look meets it.
    sabotage::work_at_once(true);
    sim(async |world| {
        let mut was_told = false;
        for _ in 0..10 {
            let answers_at = Instant::now() + Duration::from_secs(28);
            sabotage::stall_until(Some(answers_at));
            while Instant::now() < answers_at {
                sleep(Duration::from_secs(1)).await;
                was_told |= causes(world).await == ["store"];
            }
            sleep(Duration::from_secs(2)).await;
            assert!(causes(world).await.is_empty(), "it answers again");
            sleep(Duration::from_secs(7)).await;
        }
        assert!(was_told);
    });
    sabotage::work_at_once(false);
}
