//! Faults: what the client sees, and what Discord did.

use std::time::Duration;

use cordboard_simulator::{Config, Fault, Scope};
use tokio::time::{Instant, timeout};

use crate::world::{CREATE_CHANNEL, DELETE_CHANNEL, World, seconds, world};

const PATIENCE: Duration = Duration::from_secs(15);

/// What became of one creation under a fault: the client's view and the living channels.
async fn creation_under(fault: Fault) -> (String, Vec<String>) {
    let mut seen = (String::new(), Vec::new());
    world(Config::default(), async |world| {
        world.discord.fault(fault);
        let view = match timeout(PATIENCE, world.try_create("a")).await {
            Err(_) => "silence".to_owned(),
            Ok(Err(error)) if error.contains("reset") => "reset".to_owned(),
            Ok(Err(_)) => "hang-up".to_owned(),
            Ok(Ok(reply)) if reply.json().is_null() => format!("{} no json", reply.status),
            Ok(Ok(reply)) => reply.status.to_string(),
        };
        seen = (view, world.living());
        let after = world.try_create("after").await.unwrap();
        assert_eq!(after.status, 201, "a fault strikes once");
    })
    .await;
    seen
}

#[tokio::test(start_paused = true)]
async fn each_fault_shows_and_acts_as_it_says() {
    let route = CREATE_CHANNEL;
    let table = [
        (Fault::act_then_hang_up(route), "hang-up", 1),
        (Fault::act_then_hang(route), "silence", 1),
        (Fault::act_twice(route), "201", 2),
        (Fault::hang(route), "silence", 0),
        (Fault::late(route, Duration::from_secs(20)), "silence", 0),
        (
            Fault::slow_answer(route, Duration::from_secs(20)),
            "silence",
            1,
        ),
        (Fault::status(route, 503), "503", 0),
        (Fault::status_after(route, 500), "500", 1),
        (Fault::html(route, 502), "502 no json", 0),
        (
            Fault::rate_limited(route, Scope::Shared, Duration::from_secs(3)),
            "429",
            0,
        ),
        (Fault::stall_body(route), "silence", 1),
        (Fault::garbage(route), "201 no json", 1),
    ];
    for (fault, view, living) in table {
        let (seen, channels) = creation_under(fault.clone()).await;
        assert_eq!((seen.as_str(), channels.len()), (view, living), "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hang_up_before_the_act_looks_like_one_after_it() {
    // hyper repeats a request on a pooled connection that was closed without a byte, so the first
    // request has the only connection.
    for fault in [
        Fault::hang_up(CREATE_CHANNEL),
        Fault::cut_body(CREATE_CHANNEL),
    ] {
        let (seen, _) = creation_under(fault.clone()).await;
        assert_eq!(seen, "hang-up", "{fault:?}");
    }
    let (seen, channels) = creation_under(Fault::reset(CREATE_CHANNEL)).await;
    assert_eq!((seen.as_str(), channels.len()), ("reset", 0));
}

#[tokio::test(start_paused = true)]
async fn a_late_act_happens_though_nobody_listens_any_more() {
    world(Config::default(), async |world| {
        world
            .discord
            .fault(Fault::late(CREATE_CHANNEL, Duration::from_secs(20)));
        assert!(timeout(PATIENCE, world.try_create("late")).await.is_err());
        assert!(world.living().is_empty());
        seconds(6).await;
        assert_eq!(world.living(), ["late"]);
        let request = &world.discord.requests(Some(CREATE_CHANNEL))[0];
        let executed_after = request.executed_ms.unwrap() - request.arrived_ms;
        assert_eq!(executed_after, 20_001);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_goes_away_does_not_stop_discord() {
    world(Config::default().with_latency_ms(1_000), async |world| {
        let impatient = timeout(Duration::from_millis(100), world.try_create("orphan"));
        assert!(impatient.await.is_err());
        seconds(2).await;
        assert_eq!(world.living(), ["orphan"]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn faults_count_and_can_be_healed() {
    world(Config::default(), async |world| {
        world
            .discord
            .fault(Fault::status(CREATE_CHANNEL, 500).nth(2).times(2));
        let mut statuses = Vec::new();
        for _ in 0..4 {
            statuses.push(world.try_create("x").await.unwrap().status);
        }
        assert_eq!(statuses, [201, 500, 500, 201]);

        world
            .discord
            .fault(Fault::status("*", 403).code(50_013).always());
        let refused = world.try_create("x").await.unwrap();
        assert_eq!(refused.json()["code"], 50_013);
        assert_eq!(world.get("/api/v10/users/@me").await.status, 403);
        world.discord.clear_faults();
        assert_eq!(world.try_create("x").await.unwrap().status, 201);
        assert_eq!(world.discord.counters().faults, 4);
    })
    .await;
}

/// The statuses of forty creations under a fault that strikes every third time or so.
async fn dice(seed: u64) -> Vec<u16> {
    let mut statuses = Vec::new();
    world(Config::default().with_seed(seed), async |world| {
        world
            .discord
            .fault(Fault::status(CREATE_CHANNEL, 502).with_probability(0.3));
        for _ in 0..40 {
            statuses.push(world.try_create("x").await.unwrap().status);
        }
    })
    .await;
    statuses
}

#[tokio::test(start_paused = true)]
async fn the_seed_decides_where_chance_strikes() {
    let (first, again, other) = (dice(7).await, dice(7).await, dice(8).await);
    assert_eq!(first, again);
    assert_ne!(first, other);
    let struck = first.iter().filter(|status| **status == 502).count();
    assert!((4..24).contains(&struck), "{struck}");
}

#[tokio::test(start_paused = true)]
async fn latency_is_paid_on_the_way_there_and_back() {
    world(Config::default().with_latency_ms(80), async |world| {
        let started = Instant::now();
        world.try_create("x").await.unwrap();
        assert!(started.elapsed() >= Duration::from_millis(80));
        let request = &world.discord.requests(None)[0];
        assert_eq!(request.executed_ms.unwrap() - request.arrived_ms, 40);
        assert_eq!(request.answered_ms.unwrap() - request.arrived_ms, 80);
    })
    .await;
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "no route `DELETE /channel/{channel_id}`")]
async fn a_fault_on_a_route_that_does_not_exist_is_a_mistake() {
    world(Config::default(), async |world: World| {
        world.discord.fault(Fault::hang(DELETE_CHANNEL));
        world
            .discord
            .fault(Fault::hang("DELETE /channel/{channel_id}"));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_told_to_stop_ends_though_a_request_hangs() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let discord = cordboard_simulator::Simulator::new(Config::default());
    let serving = discord.serve(listener, seconds(5));
    discord.fault(Fault::hang("*"));
    let address = discord.rest_url().replace("http://", "");
    let client = async {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let request = b"GET /api/v10/gateway HTTP/1.1\r\nHost: discord\r\n\r\n";
        tokio::io::AsyncWriteExt::write_all(&mut stream, request)
            .await
            .unwrap();
        let mut answer = Vec::new();
        tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut answer)
            .await
            .unwrap();
        answer
    };
    let ((), answer) = timeout(PATIENCE, async { tokio::join!(serving, client) })
        .await
        .unwrap();
    assert!(answer.is_empty());
}
