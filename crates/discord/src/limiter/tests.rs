use futures_util::future::join_all;
use twilight_model::id::Id;

use super::*;

mod shares;

const LONG: Duration = Duration::from_hours(1);

fn post(channel: u64) -> Route {
    Route {
        name: "POST /channels/{channel_id}/messages",
        resource: Resource::Channel(Id::new(channel)),
        share: Share::Conversation,
    }
}

fn headers(pairs: &[(&'static str, String)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()))
        .collect()
}

fn bucket(remaining: u32, reset_after: &str, reset: &str) -> HeaderMap {
    headers(&[
        ("x-ratelimit-bucket", "b".into()),
        ("x-ratelimit-limit", "5".into()),
        ("x-ratelimit-remaining", remaining.to_string()),
        ("x-ratelimit-reset-after", reset_after.into()),
        ("x-ratelimit-reset", reset.into()),
    ])
}

#[tokio::test(start_paused = true)]
async fn waiters_are_served_in_order_of_arrival() {
    let limiter = Limiter::new(1000);
    let first = limiter
        .acquire(post(1), Instant::now() + LONG)
        .await
        .unwrap();
    first.answered(StatusCode::OK, &bucket(0, "1", "100"), b"");
    let order = Mutex::new(Vec::new());
    let waiters = (0..20).map(|place| {
        let (limiter, order) = (&limiter, &order);
        async move {
            let mut permit = limiter
                .acquire(post(1), Instant::now() + LONG)
                .await
                .unwrap();
            order.lock().push(place);
            permit.sending();
            let window = (place / 5) + 2;
            let left = 4 - place % 5;
            permit.answered(
                StatusCode::OK,
                &bucket(left, "1", &format!("{window}00")),
                b"",
            );
        }
    });
    let began = Instant::now();
    join_all(waiters).await;
    assert_eq!(order.into_inner(), (0..20).collect::<Vec<u32>>());
    assert!(began.elapsed() >= Duration::from_secs(4) && began.elapsed() < Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn a_wait_beyond_the_deadline_fails_at_once() {
    let limiter = Limiter::new(1000);
    let permit = limiter
        .acquire(post(1), Instant::now() + LONG)
        .await
        .unwrap();
    let told = headers(&[
        ("x-ratelimit-scope", "shared".into()),
        ("retry-after", "60".into()),
    ]);
    let told = permit
        .answered(StatusCode::TOO_MANY_REQUESTS, &told, b"")
        .unwrap();
    assert_eq!(told.wait, Duration::from_mins(1));
    let began = Instant::now();
    let refused = limiter
        .acquire(post(1), Instant::now() + Duration::from_secs(10))
        .await;
    assert!(
        matches!(refused.unwrap_err(), NoPermit::TooLate(wait) if wait >= Duration::from_mins(1))
    );
    assert_eq!(began.elapsed(), Duration::ZERO);
    limiter
        .acquire(post(1), Instant::now() + LONG)
        .await
        .unwrap();
    assert!(began.elapsed() >= Duration::from_mins(1));
}

#[tokio::test(start_paused = true)]
async fn nobody_queues_for_what_opens_too_late() {
    // How: somebody patient heads the line before a gate that is closed for a minute.
    let limiter = Limiter::new(1000);
    let permit = limiter
        .acquire(post(1), Instant::now() + LONG)
        .await
        .unwrap();
    let told = headers(&[
        ("x-ratelimit-scope", "shared".into()),
        ("retry-after", "60".into()),
    ]);
    permit.answered(StatusCode::TOO_MANY_REQUESTS, &told, b"");
    let began = Instant::now();
    let patient = async {
        let permit = limiter.acquire(post(1), began + LONG).await;
        permit.map(Permit::not_sent)
    };
    let hurried = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let refused = limiter
            .acquire(post(1), began + Duration::from_secs(10))
            .await;
        (refused.unwrap_err(), began.elapsed().as_secs())
    };
    let (served, (refused, waited)) = tokio::join!(patient, hurried);
    served.unwrap();
    assert!(matches!(refused, NoPermit::TooLate(wait) if wait >= Duration::from_secs(59)));
    assert_eq!(waited, 1);
}

#[tokio::test(start_paused = true)]
async fn who_stood_in_line_when_the_gate_closed_learns_for_how_long() {
    let limiter = Limiter::new(1000);
    let permit = limiter
        .acquire(post(1), Instant::now() + LONG)
        .await
        .unwrap();
    permit.answered(StatusCode::OK, &bucket(1, "5", "100"), b"");
    let last = limiter
        .acquire(post(1), Instant::now() + LONG)
        .await
        .unwrap();
    let began = Instant::now();
    let patient = async {
        let permit = limiter.acquire(post(1), began + LONG).await;
        permit.map(Permit::not_sent)
    };
    let behind = limiter.acquire(post(1), began + Duration::from_secs(10));
    let answer = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let told = headers(&[
            ("x-ratelimit-scope", "shared".into()),
            ("retry-after", "60".into()),
        ]);
        last.answered(StatusCode::TOO_MANY_REQUESTS, &told, b"");
    };
    let (served, refused, ()) = tokio::join!(patient, behind, answer);
    served.unwrap();
    assert!(
        matches!(refused.unwrap_err(), NoPermit::TooLate(wait) if wait >= Duration::from_secs(50))
    );
}

#[tokio::test(start_paused = true)]
async fn those_who_leave_the_line_hold_nobody_up() {
    let limiter = Limiter::new(1000);
    let permit = limiter
        .acquire(post(1), Instant::now() + LONG)
        .await
        .unwrap();
    permit.answered(StatusCode::OK, &bucket(0, "3", "100"), b"");
    let impatient = (0..10).map(|_| {
        tokio::time::timeout(
            Duration::from_secs(1),
            limiter.acquire(post(1), Instant::now() + LONG),
        )
    });
    for left in join_all(impatient).await {
        left.unwrap_err();
    }
    let began = Instant::now();
    drop(
        limiter
            .acquire(post(1), Instant::now() + LONG)
            .await
            .unwrap(),
    );
    assert!(began.elapsed() < Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn a_full_flight_waits_for_an_answer_and_no_longer() {
    let limiter = Limiter::new(1000);
    let permit = limiter
        .acquire(post(1), Instant::now() + LONG)
        .await
        .unwrap();
    permit.answered(StatusCode::OK, &bucket(4, "1", "100"), b"");
    tokio::time::sleep(Duration::from_secs(2)).await;
    let mut flight = Vec::new();
    for _ in 0..5 {
        flight.push(
            limiter
                .acquire(post(1), Instant::now() + LONG)
                .await
                .unwrap(),
        );
    }
    let waiter = async {
        let permit = limiter
            .acquire(post(1), Instant::now() + Duration::from_secs(20))
            .await;
        permit.map(Permit::not_sent)
    };
    let release = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        flight.clear(); // nothing of them was sent
    };
    let began = Instant::now();
    let (served, ()) = tokio::join!(waiter, release);
    served.unwrap();
    assert_eq!(began.elapsed().as_millis(), 300);
}

#[tokio::test(start_paused = true)]
async fn the_global_gate_paces_a_crowd() {
    let limiter = Limiter::new(50);
    let began = Instant::now();
    let crowd = (1..=200).map(|channel| limiter.acquire(post(channel), Instant::now() + LONG));
    for permit in join_all(crowd).await {
        permit.unwrap().not_sent();
    }
    assert_eq!(began.elapsed().as_millis(), 3 * 1010);
    let refused = limiter.acquire(post(1), Instant::now()).await.unwrap_err();
    assert_eq!(refused, NoPermit::Deadline);
}
