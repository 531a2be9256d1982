//! Answers that are lost, and lives that end.

use cordboard_simulator::{Fault, RoleDeletion};

use super::*;

#[test]
fn a_lost_answer_is_settled_by_the_list_and_nothing_is_repeated() {
    // How: Discord carries each second one out, and the answer is lost in each way that there is.
    let faults = [
        Fault::act_then_hang_up(DELETE_ROLE),
        Fault::act_then_hang(DELETE_ROLE),
        Fault::slow_answer(DELETE_ROLE, Duration::from_mins(1)),
        Fault::status_after(DELETE_ROLE, 504),
        Fault::status_after(DELETE_ROLE, 500),
        Fault::late(DELETE_ROLE, Duration::from_secs(90)),
    ];
    sim_with(Setup::with_discord(guild(12)), async |world| {
        // What strikes one is not counted by the others, so this is each second one.
        for (place, fault) in (2..).zip(faults) {
            world.discord.fault(fault.nth(place));
        }
        let removed = remove(world, &temporary()).await;
        assert_eq!(removed.end(), RolesEnd::Done, "{removed:?}");
        let deletions = world.discord.requests(Some(DELETE_ROLE));
        let struck = deletions.iter().filter(|of| of.fault.is_some()).count();
        assert_eq!((deletions.len(), struck), (12, 6));
        assert!((0..12).all(|index| truth(world, index).deleted_at.is_some()));
    });
}

#[test]
fn what_was_not_carried_out_is_asked_for_again_when_it_can_no_longer_be_going() {
    // How: each first request for a role comes to nothing, in each way that there is.
    let faults = [
        Fault::hang_up(DELETE_ROLE),
        Fault::hang(DELETE_ROLE),
        Fault::status(DELETE_ROLE, 503),
        Fault::html(DELETE_ROLE, 504),
    ];
    sim_with(Setup::with_discord(guild(4)), async |world| {
        // What strikes one is not counted by the others, so this is each first one.
        for (place, fault) in (1..).zip(faults) {
            world.discord.fault(fault.nth(place));
        }
        let removed = remove(world, &temporary()).await;
        assert_eq!(removed.end(), RolesEnd::Done, "{removed:?}");
        let deletions = world.discord.requests(Some(DELETE_ROLE));
        assert_eq!(deletions.len(), 8);
        for pair in deletions.chunks(2) {
            assert_eq!(pair[0].path, pair[1].path);
            let apart_ms = pair[1].arrived_ms - pair[0].arrived_ms;
            assert!(apart_ms >= 119_000, "{apart_ms}");
        }
    });
}

#[test]
fn a_discord_that_carries_nothing_out_stops_it_and_it_is_gone_on_with_later() {
    sim_with(Setup::with_discord(guild(5)), async |world| {
        world
            .discord
            .fault(Fault::status(DELETE_ROLE, 500).always());
        let removed = remove(world, &temporary()).await;
        assert_eq!(removed.end(), RolesEnd::Upstream, "{removed:?}");
        let asked = world.discord.requests(Some(DELETE_ROLE)).len();
        assert!(asked <= 6, "{asked}");
        world.discord.clear_faults();
        let removed = resume(world).await;
        assert_eq!(removed.end(), RolesEnd::Done, "{removed:?}");
        assert_eq!(removed.count(RoleStage::Gone), 5);
    });
}

#[test]
fn three_hundred_thousand_members_are_scanned_for_longer_than_anybody_waits() {
    // How: the old way, a thousand members per second, so that each request is answered 504 after half a
    // minute, and is through after five.
    let mut config = guild(2);
    config.guild.members_extra = 300_000;
    config.guild.role_deletion = RoleDeletion::Scanning;
    config.guild.role_cleanup_members_per_second = 1_000;
    config.guild.roles[0].holders = 300_000;
    sim_with(Setup::with_discord(config), async |world| {
        let removed = remove(world, &temporary()).await;
        assert_eq!(removed.end(), RolesEnd::Done, "{removed:?}");
        for index in 0..2 {
            let truth = truth(world, index);
            assert_eq!((truth.requests, truth.holders), (1, 0), "{truth:?}");
        }
    });
}

#[test]
fn killed_at_any_moment_and_run_again_no_role_is_deleted_twice_or_lost_track_of() {
    // How: in each world of 300,000 members it is killed several times, at moments that the seed draws, while
    // answers are lost; then it is run to its end. Every second guild scans its members within each request.
    for seed in 0..4 {
        let mut config = guild(12).with_latency_ms(100).with_seed(seed);
        config.guild.members_extra = 300_000;
        config
            .guild
            .roles
            .iter_mut()
            .for_each(|role| role.holders = 25_000);
        if seed % 2 == 1 {
            config.guild.role_deletion = RoleDeletion::Scanning;
            config.guild.role_cleanup_members_per_second = 100_000;
        }
        sim_with(Setup::with_discord(config), async |world| {
            fastrand::seed(seed);
            for fault in [
                Fault::act_then_hang_up(DELETE_ROLE),
                Fault::status_after(DELETE_ROLE, 504),
                Fault::hang(DELETE_ROLE),
            ] {
                world.discord.fault(fault.times(2).with_probability(0.2));
            }
            for life in 0..4 {
                let maintenance = world.maintenance("roles remove");
                let mut process = JoinSet::new();
                process.spawn(async move {
                    let request = temporary();
                    let planned = maintenance.plan_roles(&request).await.unwrap();
                    let removed = maintenance.remove_roles(Some(planned), &request, &|_| ());
                    removed.await.unwrap()
                });
                let lasts_ms = fastrand::u64(0..3_000) + if life > 0 { 65_000 } else { 0 };
                sleep(Duration::from_millis(lasts_ms)).await;
                process.shutdown().await;
            }
            world.discord.clear_faults();
            drop(resume(world).await);
            let removed = remove(world, &temporary()).await;
            assert!(removed.stopped.is_none(), "seed {seed}: {removed:?}");
            for index in 0..12 {
                assert!(truth(world, index).deleted_at.is_some(), "seed {seed}");
            }
            let open = plan(world, &temporary()).await.unwrap().open;
            assert!(open.is_empty(), "seed {seed}: {open:?}");
        });
    }
}
