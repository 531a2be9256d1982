//! Deletions that go wrong.

use std::time::Duration;

use cordboard_lifecycle::{Observed, limits::REARM_PROBES};
use cordboard_simulator::{Fault, Scope, SpecialChannel};
use futures_util::future::join_all;
use tokio::time::{sleep, timeout};

use super::floor::{DELETE, GUILD, LIST, LOOK, World};

const ONBOARDING: &str = "GET /guilds/{guild_id}/onboarding";

#[tokio::test(start_paused = true)]
async fn a_deletion_costs_one_request_and_one_look() {
    let world = World::new().await;
    drop(world.open().await.unwrap());
    world.channels().settled().await;
    assert_eq!((world.requests(DELETE), world.requests(LOOK)), (1, 1));
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_deletion_is_repeated_until_discord_proves_it() {
    let world = World::new().await;
    for fault in [
        Fault::status(DELETE, 503),
        Fault::status_after(DELETE, 504),
        Fault::hang_up(DELETE),
        Fault::act_then_hang_up(DELETE),
        Fault::hang(DELETE),
        Fault::html(DELETE, 404),
        Fault::status(LOOK, 500),
        Fault::hang(LOOK),
        Fault::html(LOOK, 404),
        Fault::status(GUILD, 500),
    ] {
        world.discord.fault(fault.times(3));
        drop(world.open().await.unwrap());
        sleep(Duration::from_mins(10)).await;
        assert_eq!(world.alive(), 0);
        world.discord.clear_faults();
    }
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn one_absence_that_is_a_replicas_lag_is_not_believed() {
    // How: the deletion meets a replica that does not know the channel yet.
    let world = World::new().await;
    world.discord.fault(Fault::status(DELETE, 404).code(10003));
    drop(world.open().await.unwrap());
    sleep(Duration::from_mins(2)).await;
    assert_eq!((world.alive(), world.requests(DELETE)), (0, 2));
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_somebody_else_deleted_is_gone_too() {
    let world = World::new().await;
    let lease = world.open().await.unwrap();
    world.discord.delete_channel(lease.channel_id().get());
    drop(lease);
    world.channels().settled().await;
    assert_eq!(world.counts().gone, 1);
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_forbidden_deletion_is_parked_and_tried_again() {
    for code in [50013, 50074] {
        let world = World::new().await;
        world
            .discord
            .fault(Fault::status(DELETE, 403).code(code).always());
        drop(world.open().await.unwrap());
        sleep(Duration::from_hours(2)).await;
        assert_eq!((world.alive(), world.counts().parked), (1, 1));
        world.channels().settled().await;
        assert!(world.requests(DELETE) <= 3, "refusals are not hammered at");
        world.discord.clear_faults();
        world.settle().await;
    }
}

#[tokio::test(start_paused = true)]
async fn parked_channels_that_somebody_deleted_bring_no_other_forward() {
    // How: ten are parked, and somebody deletes the three that are tried first.
    let world = World::new().await;
    let leases = join_all((0..10).map(|_| world.open())).await;
    let ids = leases.iter().map(|lease| lease.as_ref().unwrap());
    let ids: Vec<u64> = ids.map(|lease| lease.channel_id().get()).collect();
    let refused = Fault::status(DELETE, 403).code(50013);
    world.discord.fault(refused.always());
    for lease in leases {
        drop(lease);
        sleep(Duration::from_secs(1)).await;
    }
    sleep(Duration::from_secs(40)).await;
    assert_eq!(world.counts().parked, 10);
    for id in &ids[..REARM_PROBES] {
        world.discord.delete_channel(*id);
    }
    world.discord.clear_faults();
    world.channels().observe(Observed::Changed);
    sleep(Duration::from_mins(1)).await;
    assert_eq!(world.requests(DELETE), 10 + REARM_PROBES);
    assert_eq!(world.counts().parked, 7);
    // How: one that is deleted by us is another matter.
    world.channels().observe(Observed::Changed);
    sleep(Duration::from_mins(1)).await;
    assert_eq!(world.alive(), 0);
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn what_the_settings_protect_takes_no_other_channel_its_try() {
    // How: thirty are protected in the next life, and one is kept here by a permission. It is there
    // again, and something changes, or another life begins.
    for begins in [false, true] {
        let mut world = World::new().await;
        let leases = join_all((0..31).map(|_| world.open())).await;
        world.kill().await;
        for lease in &leases[1..] {
            let channel_id = lease.as_ref().unwrap().channel_id().get();
            world.protected.insert(channel_id);
            world.discord.protect(channel_id);
        }
        let refused = Fault::status(DELETE, 403).code(50013);
        world.discord.fault(refused.always());
        world.start().await;
        sleep(Duration::from_mins(1)).await;
        assert_eq!(world.counts().parked, 31);
        world.discord.clear_faults();
        if begins {
            world.kill().await;
            world.start().await;
        } else {
            world.channels().observe(Observed::Changed);
        }
        sleep(Duration::from_mins(1)).await;
        assert_eq!((world.alive(), world.counts().parked), (30, 30), "{begins}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_discord_is_not_hammered_at() {
    let world = World::new().await;
    let lease = world.open().await.unwrap();
    world.discord.fault(Fault::status(DELETE, 503).always());
    drop(lease);
    sleep(Duration::from_hours(10)).await;
    let deletions = world.requests(DELETE);
    assert!((20..200).contains(&deletions), "{deletions} in ten hours");
    world.discord.clear_faults();
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_protected_channel_is_never_deleted_whatever_the_record_says() {
    // How: what a former life created is protected in the next one.
    let mut world = World::new().await;
    let lease = world.open().await.unwrap();
    let channel_id = lease.channel_id().get();
    world.kill().await;
    world.protected.insert(channel_id);
    world.discord.protect(channel_id);
    world.start().await;
    sleep(Duration::from_hours(30)).await;
    assert_eq!((world.requests(DELETE), world.counts().parked), (0, 1));
    assert_eq!(world.alive(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_a_rate_limit_is_not_deleted_once_deletions_are_held() {
    // How: the first deletion meets a limit of twenty seconds; an operator holds all of them after
    // five.
    let world = World::new().await;
    let leases = [world.open().await.unwrap(), world.open().await.unwrap()];
    let wait = Duration::from_secs(20);
    world
        .discord
        .fault(Fault::rate_limited(DELETE, Scope::User, wait).times(2));
    drop(leases);
    sleep(Duration::from_secs(10)).await;
    assert!(world.requests(DELETE) > 0, "it has begun");
    world.channels().hold_deletions(true);
    sleep(Duration::from_hours(1)).await;
    assert_eq!((world.alive(), world.counts().condemned), (2, 2));
    world.channels().hold_deletions(false);
    sleep(Duration::from_mins(1)).await;
    assert_eq!(world.alive(), 0);
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_a_rate_limit_is_checked_again_when_its_turn_comes() {
    // How: it becomes a special channel meanwhile, and nobody says so.
    let world = World::new().await;
    let lease = world.open().await.unwrap();
    let channel_id = lease.channel_id().get();
    let wait = Duration::from_secs(20);
    world
        .discord
        .fault(Fault::rate_limited(DELETE, Scope::User, wait));
    drop(lease);
    sleep(Duration::from_secs(10)).await;
    assert_eq!(world.requests(DELETE), 1);
    let system = SpecialChannel::System;
    world.discord.set_special(system, Some(channel_id));
    sleep(Duration::from_mins(2)).await;
    assert_eq!((world.alive(), world.requests(DELETE)), (1, 1));
    assert_eq!(world.counts().parked, 1);
    world.discord.set_special(system, None);
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_ghost_in_the_list_is_a_debt_for_minutes_and_not_for_ever() {
    // How: the deletion is executed and its answer lost, and the list goes on showing the channel.
    let world = World::new().await;
    let lease = world.open().await.unwrap();
    let channel_id = lease.channel_id().get();
    world.ghosts.lock().unwrap().insert(channel_id);
    world.discord.fault(Fault::status_after(DELETE, 504));
    drop(lease);
    let channels = world.channels();
    timeout(Duration::from_mins(30), channels.settled())
        .await
        .expect("it is gone");
    assert_eq!((world.alive(), world.counts().gone), (0, 1));
    let (deletions, looks) = (world.requests(DELETE), world.requests(LOOK));
    assert!(deletions <= 3, "{deletions}");
    // A sweep looks at it now and then.
    sleep(Duration::from_hours(24)).await;
    assert_eq!(world.requests(DELETE), deletions);
    assert!((20..30).contains(&(world.requests(LOOK) - looks)));
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_refused_is_no_consent_at_once_and_no_debt_for_ever() {
    let world = World::new().await;
    world.discord.fault(Fault::status(DELETE, 404).code(10003));
    world.discord.fault(Fault::status(LOOK, 404).code(10003));
    let refused = Fault::status(LIST, 403).code(50001);
    world.discord.fault(refused.times(1));
    drop(world.open().await.unwrap());
    sleep(Duration::from_mins(10)).await;
    assert_eq!(world.alive(), 0, "the next list shows it, or a look does");
    let refused = Fault::status(LIST, 403).code(50001);
    world.discord.fault(refused.always());
    let lease = world.open().await.unwrap();
    world.discord.delete_channel(lease.channel_id().get());
    drop(lease);
    sleep(Duration::from_mins(10)).await;
    assert_eq!((world.counts().gone, world.counts().condemned), (2, 0));
    world.discord.clear_faults();
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_list_that_nobody_answers_holds_up_no_other_deletion_for_long() {
    // How: eighty channels that somebody else deleted need the list to be proved gone.
    let world = World::new().await;
    let theirs = join_all((0..80).map(|_| world.open())).await;
    let ours = world.open().await.unwrap();
    for lease in &theirs {
        let lease = lease.as_ref().unwrap();
        world.discord.delete_channel(lease.channel_id().get());
    }
    world.discord.fault(Fault::hang(LIST).always());
    drop(theirs);
    sleep(Duration::from_secs(63)).await;
    drop(ours);
    sleep(Duration::from_secs(25)).await;
    assert_eq!(world.alive(), 0);
    world.discord.clear_faults();
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn what_a_look_has_seen_is_not_taken_for_deleted_by_the_next_life() {
    // How: Discord accepts a deletion and does not carry it out; the life that saw that dies, and the
    // next one meets a replica that does not know the channel.
    let mut world = World::new().await;
    let accepted = Fault::status(DELETE, 204);
    world.discord.fault(accepted);
    drop(world.open().await.unwrap());
    sleep(Duration::from_millis(8_100)).await;
    assert_eq!((world.alive(), world.requests(LOOK)), (1, 3));
    world.kill().await;
    world.discord.fault(Fault::status(LOOK, 404).code(10003));
    world.start().await;
    sleep(Duration::from_mins(5)).await;
    assert_eq!(world.alive(), 0);
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn special_channels_that_come_too_late_are_a_failure_like_any_other() {
    // How: the two readings take twelve seconds together, and what they say may be ten seconds old.
    let world = World::new().await;
    for route in [GUILD, ONBOARDING] {
        let slow = Fault::slow_answer(route, Duration::from_secs(6));
        world.discord.fault(slow.always());
    }
    drop(world.open().await.unwrap());
    sleep(Duration::from_hours(1)).await;
    assert_eq!((world.alive(), world.counts().condemned), (1, 1));
    assert_eq!(world.requests(DELETE), 0);
    let readings = world.requests(GUILD);
    assert!((10..100).contains(&readings), "{readings} in an hour");
    world.discord.clear_faults();
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_deletion_whose_turn_comes_too_late_again_and_again_is_tried_less_and_less_often() {
    let world = World::new().await;
    let wait = Duration::from_secs(20);
    let limited = Fault::rate_limited(DELETE, Scope::User, wait);
    world.discord.fault(limited.always());
    drop(world.open().await.unwrap());
    sleep(Duration::from_hours(1)).await;
    let deletions = world.requests(DELETE);
    assert!((10..60).contains(&deletions), "{deletions} in an hour");
    let refusals = world.channels().refusals();
    let too_late = refusals.iter().find(|(check, _)| *check == "too_late");
    assert!(too_late.is_some_and(|(_, count)| *count >= 10));
    world.discord.clear_faults();
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_is_refused_out_of_sight_is_a_sight_too() {
    // How: the channel is hidden; then replicas say that there is none, for half an hour, also to
    // the next life.
    let mut world = World::new().await;
    let lease = world.open().await.unwrap();
    let hidden = Fault::status(DELETE, 403).code(50001);
    world.discord.fault(hidden);
    drop(lease);
    sleep(Duration::from_mins(1)).await;
    assert_eq!(world.counts().parked, 1);
    world.kill().await;
    for route in [DELETE, LOOK] {
        let absent = Fault::status(route, 404).code(10003);
        world.discord.fault(absent.always());
    }
    let absent = Fault::omit_one(LIST);
    world.discord.fault(absent.always());
    world.start().await;
    sleep(Duration::from_mins(30)).await;
    assert_eq!((world.alive(), world.counts().gone), (1, 0));
    world.discord.clear_faults();
    world.settle().await;
}
