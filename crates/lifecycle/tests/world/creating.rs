//! Creations that go wrong.

use std::time::Duration;

use cordboard_lifecycle::{OpenError, Opening};
use cordboard_simulator::{Config, Fault};
use futures_util::future::join_all;
use tokio::time::{Instant, sleep, timeout};

use super::floor::{AUDIT_LOG, CREATE, World, opening};

#[tokio::test(start_paused = true)]
async fn a_channel_is_created_used_and_deleted() {
    let world = World::new().await;
    let lease = world.open().await.unwrap();
    assert_eq!((world.alive(), world.counts().live), (1, 1));
    drop(lease);
    sleep(Duration::from_secs(4)).await;
    assert_eq!(world.alive(), 1, "it stays for delete_after");
    world.channels().settled().await;
    assert_eq!((world.alive(), world.counts().gone), (0, 1));
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_followed_by_a_second_attempt_and_both_channels_go() {
    let world = World::new().await;
    world.discord.fault(Fault::act_then_hang_up(CREATE));
    let lease = world.open().await.unwrap();
    assert_eq!(world.created(), 2);
    drop(lease);
    sleep(Duration::from_secs(20)).await;
    assert_eq!(world.alive(), 0);
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_channel_whose_answer_was_lost_is_given_to_whoever_still_waits() {
    // How: both attempts lose their answers; the audit log names the channels.
    let world = World::new().await;
    world
        .discord
        .fault(Fault::act_then_hang_up(CREATE).times(2));
    let lease = world.open().await.unwrap();
    assert_eq!((world.created(), world.counts().live), (2, 1));
    drop(lease);
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn answers_that_say_nothing_leave_no_channel() {
    let world = World::new().await;
    for fault in [
        Fault::act_then_hang(CREATE),
        Fault::status_after(CREATE, 500),
        Fault::status_after(CREATE, 504),
        Fault::html(CREATE, 502),
        Fault::status(CREATE, 503),
        Fault::stall_body(CREATE),
        Fault::cut_body(CREATE),
        Fault::garbage(CREATE),
        Fault::reset(CREATE),
    ] {
        world.discord.fault(fault.times(2));
        drop(world.open().await);
        world.discord.clear_faults();
    }
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_creation_that_comes_to_pass_much_later_leaves_no_channel() {
    // How: after minutes the row is unknown, after an hour it is abandoned.
    let world = World::new().await;
    for delay in [
        Duration::from_secs(20),
        Duration::from_mins(5),
        Duration::from_hours(1),
    ] {
        world.discord.fault(Fault::late(CREATE, delay));
        drop(world.open().await);
    }
    sleep(Duration::from_mins(50)).await;
    assert_eq!(world.counts().abandoned, 1);
    sleep(Duration::from_mins(20)).await;
    assert_eq!((world.created() >= 3, world.alive()), (true, 0));
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn one_creation_that_makes_two_channels_leaves_neither() {
    let world = World::new().await;
    world.discord.fault(Fault::act_twice(CREATE));
    let lease = world.open().await.unwrap();
    assert_eq!(world.created(), 2);
    sleep(Duration::from_mins(6)).await;
    assert_eq!(world.alive(), 1, "the one in use stays");
    drop(lease);
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_refusal_for_good_is_not_repeated() {
    let world = World::new().await;
    world
        .discord
        .fault(Fault::status(CREATE, 403).code(50013).always());
    let refused = world.open().await;
    assert!(
        matches!(refused, Err(OpenError::Never { .. })),
        "{refused:?}"
    );
    assert_eq!((world.counts().not_created, world.counts().planned), (1, 0));
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn an_opening_keeps_its_deadline_and_what_comes_of_it_goes() {
    let world = World::new().await;
    world.discord.fault(Fault::act_then_hang(CREATE).always());
    let began = Instant::now();
    let refused = world.channels().open(opening(Duration::from_secs(3))).await;
    assert!(matches!(refused, Err(OpenError::Deadline)), "{refused:?}");
    assert_eq!(began.elapsed().as_secs(), 3);
    world.discord.clear_faults();
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn an_opening_that_is_dropped_leaves_no_channel() {
    // How: after each number of milliseconds, with answers that take a while.
    let world = World::new().await;
    world
        .discord
        .fault(Fault::slow_answer(CREATE, Duration::from_millis(40)).always());
    for patience in 0..60 {
        let _ = timeout(Duration::from_millis(patience), world.open()).await;
    }
    assert!(world.created() > 30);
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_channel_is_deleted_under_whoever_holds_it_too_long() {
    let world = World::new().await;
    let lease = world.open().await.unwrap();
    sleep(Duration::from_mins(9)).await;
    assert_eq!(world.alive(), 1);
    sleep(Duration::from_mins(2)).await;
    assert_eq!(world.alive(), 0);
    drop(lease);
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn two_hundred_at_once_all_get_a_channel() {
    let world = World::new().await;
    let opened = join_all((0..200).map(|_| world.open())).await;
    assert!(opened.iter().all(Result::is_ok));
    drop(opened);
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn without_the_audit_log_nobody_waits_in_vain_and_nothing_is_forgotten() {
    // How: the log is refused for hours; then the permission is there.
    let world = World::new().await;
    world
        .discord
        .fault(Fault::status(AUDIT_LOG, 403).code(50013).always());
    world
        .discord
        .fault(Fault::act_then_hang_up(CREATE).times(2));
    let began = Instant::now();
    let refused = world.open().await;
    assert!(
        matches!(refused, Err(OpenError::NotDone { .. })),
        "{refused:?}"
    );
    assert!(began.elapsed() < Duration::from_secs(10));
    sleep(Duration::from_hours(3)).await;
    let counts = world.counts();
    assert_eq!(
        (world.alive(), counts.quarantined, counts.unknown),
        (2, 2, 0)
    );
    world.discord.clear_faults();
    sleep(Duration::from_mins(20)).await;
    assert_eq!(world.alive(), 0);
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_log_that_is_refused_fails_no_second_attempt() {
    // How: the first answer is lost and cannot be looked for; the second takes three seconds.
    let world = World::new().await;
    world
        .discord
        .fault(Fault::status(AUDIT_LOG, 403).code(50013).always());
    world.discord.fault(Fault::act_then_hang_up(CREATE));
    let slow = Fault::slow_answer(CREATE, Duration::from_secs(3));
    world.discord.fault(slow);
    let began = Instant::now();
    drop(world.open().await.unwrap());
    assert!(began.elapsed() >= Duration::from_secs(3));
    world.discord.clear_faults();
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn times_without_end_are_long_and_nothing_worse() {
    let mut world = World::with(Config::default(), |world| {
        world.delete_after = Some(Duration::MAX);
    })
    .await;
    let opening = Opening {
        lifetime: Duration::MAX,
        ..opening(Duration::from_mins(1))
    };
    drop(world.channels().open(opening).await.unwrap());
    sleep(Duration::from_hours(1)).await;
    assert_eq!((world.alive(), world.counts().condemned), (1, 1));
    world.kill().await;
    world.delete_after = Some(Duration::ZERO);
    world.start().await;
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_driver_that_has_ended() {
    let mut world = World::new().await;
    let channels = world.channels();
    let mut nearly_full = channels.is_nearly_full();
    world.kill().await;
    assert!(nearly_full.changed().await.is_err());
    let refused = channels.open(opening(Duration::from_mins(1))).await;
    assert!(matches!(refused, Err(OpenError::Closed)), "{refused:?}");
    // How: one that ends before it has looked.
    world.start().await;
    let channels = world.channels();
    world.kill().await;
    let (looked, settled) = tokio::join!(
        timeout(Duration::from_secs(1), channels.looked_around()),
        timeout(Duration::from_secs(1), channels.settled()),
    );
    looked.and(settled).expect("they return");
    world.start().await;
    world.settle().await;
}
