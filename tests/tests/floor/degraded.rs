//! Trouble that an operator has to end, and that ends without a restart when they do.

use std::{fs, time::Duration};

use cordboard_simulator::OutageAnswer;
use cordboard_tests::{MODEL, Setup, sim, sim_with};
use hyper::Method;
use rusqlite::Connection;
use tokio::time::{sleep, timeout};

#[test]
fn deletions_can_be_held_and_stay_held_over_a_restart() {
    sim(async |world| {
        let hold = async |enabled: bool| {
            let body = format!("{{\"enabled\": {enabled}}}");
            let path = "/admin/v1/deletions";
            let answer = world.client().send(Method::POST, path, body).await.unwrap();
            assert_eq!(answer.status, 200);
        };
        hold(false).await;
        let (status, _) = world.client().ask(MODEL, "Hello").await.unwrap();
        assert_eq!(status, 200, "conversations go on");
        sleep(Duration::from_hours(1)).await;
        assert_eq!(world.channels_alive(), 1);
        world.stop_proxy().await;
        world.start_proxy().await;
        sleep(Duration::from_hours(1)).await;
        assert_eq!(world.channels_alive(), 1);
        assert_eq!(world.debts("").await["deletions"]["enabled"], false);
        hold(true).await;
        sleep(Duration::from_mins(1)).await;
        assert_eq!(world.channels_alive(), 0);
    });
}

#[test]
fn a_store_that_fails_an_operator_ends_the_process() {
    // How: a table is taken away between two rounds of the lifecycle, which would notice as well.
    sim(async |world| {
        sleep(Duration::from_secs(450)).await;
        let client = world.client();
        let database = Connection::open(world.store()).unwrap();
        let take_away = "ALTER TABLE state RENAME TO taken_away";
        database.execute_batch(take_away).unwrap();
        let (answer, failed) = tokio::join!(
            client.send(Method::POST, "/admin/v1/deletions", r#"{"enabled": false}"#),
            timeout(Duration::from_secs(2), world.proxy_ended()),
        );
        assert!(answer.is_err() || answer.is_ok_and(|answer| answer.status == 503));
        let failed = failed.expect("it ends at once");
        assert_eq!(failed.exit_code(), 74, "{}", failed.chain());
        let give_back = "ALTER TABLE taken_away RENAME TO state";
        database.execute_batch(give_back).unwrap();
    });
}

#[test]
fn zero_keeps_channels_by_choice_and_says_so() {
    // How: the harness's day passes with the channel standing; it is told apart from a leak.
    let setup = Setup::default().set("CORDBOARD__CHANNELS__DELETE_AFTER", "0");
    sim_with(setup, async |world| {
        let (status, _) = world.client().ask(MODEL, "Hello").await.unwrap();
        assert_eq!(status, 200);
        sleep(Duration::from_hours(30)).await;
        assert_eq!(world.channels_alive(), 1);
        assert!(world.metrics().await.contains("how=\"kept\"} 1"));
        let debts = world.debts("").await;
        assert_eq!(debts["debts"].as_array().unwrap().len(), 0, "{debts}");
        // It is its owner's now.
        world.discord.delete_channel(world.channels()[0].id);
    });
}

#[test]
fn a_disk_that_is_nearly_full_stops_creations_and_no_deletion() {
    // How: more room is asked for than any disk has, from a restart on, with a channel left over.
    sim(async |world| {
        let mut answer = world.client().stream(MODEL, "Hello").await.unwrap();
        let _ = answer.event().await.unwrap();
        world.kill_proxy().await;
        drop(answer);
        let enormous = u64::MAX / 4;
        world.set("CORDBOARD__STORE__FREE_MIN_BYTES", &enormous.to_string());
        world.start_proxy().await;
        let answer = world.client().stream(MODEL, "Hello").await.unwrap();
        assert_eq!(answer.status, 503);
        assert!(answer.headers.contains_key("retry-after"));
        let is_held = async || {
            let client = world.client();
            let ready = client.send(Method::GET, "/readyz", "").await.unwrap();
            assert_eq!(ready.status, 503);
            let ready = ready.text().await.unwrap();
            assert!(ready.contains("openings_held"), "{ready}");
        };
        is_held().await;
        // A disk that cannot be asked is not known to have room again.
        let folder = world.store().parent().unwrap().to_owned();
        let away = folder.with_extension("away");
        fs::rename(&folder, &away).unwrap();
        sleep(Duration::from_mins(1)).await;
        is_held().await;
        fs::rename(&away, &folder).unwrap();
        assert_eq!((world.channels_created(), world.channels_alive()), (1, 0));
        world.set("CORDBOARD__STORE__FREE_MIN_BYTES", "1");
        world.stop_proxy().await;
        world.start_proxy().await;
        let (status, _) = world.client().ask(MODEL, "Hello").await.unwrap();
        assert_eq!(status, 200);
    });
}

#[test]
fn a_guild_that_vanishes_and_comes_back_loses_no_row() {
    // How: an outage, then a bot that is thrown out and invited again, each with a channel in use.
    sim(async |world| {
        for answer in [OutageAnswer::ServerError, OutageAnswer::Stranger] {
            let mut stream = world.client().stream(MODEL, "Hello").await.unwrap();
            let _ = stream.event().await.unwrap();
            world.discord.begin_outage(answer);
            drop(stream);
            sleep(Duration::from_mins(20)).await;
            let ready = world
                .client()
                .send(Method::GET, "/readyz", "")
                .await
                .unwrap();
            let ready = ready.text().await.unwrap();
            assert!(ready.contains("guild_away"), "{ready}");
            assert_eq!(world.channels_alive(), 1);
            world.discord.end_outage();
            sleep(Duration::from_mins(2)).await;
            assert_eq!(world.channels_alive(), 0, "{answer:?}");
        }
        let all = world.discord.config().proxy.permissions;
        let mut stream = world.client().stream(MODEL, "Hello").await.unwrap();
        let _ = stream.event().await.unwrap();
        world.discord.kick(world.discord.user_id());
        drop(stream);
        sleep(Duration::from_mins(20)).await;
        assert_eq!(world.channels_alive(), 1);
        world.discord.invite(all);
        sleep(Duration::from_mins(2)).await;
        assert_eq!(world.channels_alive(), 0);
    });
}

#[test]
fn a_machine_that_slept_for_hours_leaks_nothing() {
    // How: the machine sleeps for five hours in the middle of a reply, and wakes up.
    sim(async |world| {
        let mut answer = world.client().stream(MODEL, "Hello").await.unwrap();
        let _ = answer.event().await.unwrap();
        tokio::time::advance(Duration::from_hours(5)).await;
        drop(answer);
        sleep(Duration::from_mins(5)).await;
        assert_eq!(world.channels_alive(), 0);
        let (status, _) = world.client().ask(MODEL, "Hello").await.unwrap();
        assert_eq!(status, 200);
    });
}

#[test]
fn a_clock_that_is_months_ahead_forgets_no_record() {
    // How: the clock is set ahead by half a year, for a day, over several rounds of housekeeping.
    sim(async |world| {
        let (status, _) = world.client().ask(MODEL, "Hello").await.unwrap();
        assert_eq!(status, 200);
        sleep(Duration::from_mins(1)).await;
        world.jump_clock(180 * 24 * 3_600_000);
        let (status, _) = world.client().ask(MODEL, "Hello").await.unwrap();
        assert_eq!(status, 200);
        sleep(Duration::from_hours(25)).await;
        let database = Connection::open(world.store()).unwrap();
        let count = |table| -> i64 {
            let count = format!("SELECT count(*) FROM {table}");
            database.query_row(&count, [], |row| row.get(0)).unwrap()
        };
        assert_eq!(count("channel WHERE stage = 'gone'"), 2);
        assert_eq!(count("journal WHERE event = 'inserted'"), 2);
    });
}

#[test]
fn a_clock_that_jumps_by_hours_is_told_and_deletes_nothing_too_much_or_too_late() {
    // How: the clock is set ahead and back, each time with a channel in use, one that waits to be
    // deleted, and a start after it.
    let setup = Setup::default().set("CORDBOARD__CHANNELS__DELETE_AFTER", "60s");
    sim_with(setup, async |world| {
        for hours in [5, -9] {
            let mut stream = world.client().stream(MODEL, "Hello").await.unwrap();
            let _ = stream.event().await.unwrap();
            let (status, _) = world.client().ask(MODEL, "Hello").await.unwrap();
            assert_eq!(status, 200);
            assert_eq!(world.channels_alive(), 2);
            world.jump_clock(hours * 3_600_000);
            sleep(Duration::from_secs(30)).await;
            let is_told = async || world.metrics().await.contains("clock_jumped");
            assert!(is_told().await);
            let (status, _) = world.client().ask(MODEL, "Hello").await.unwrap();
            assert_eq!(status, 200, "conversations go on");
            assert!(stream.text().await.unwrap().contains("[DONE]"));
            sleep(Duration::from_secs(10)).await;
            world.kill_proxy().await;
            world.jump_clock(-hours * 3_600_000);
            world.start_proxy().await;
            sleep(Duration::from_secs(70)).await;
            assert_eq!(world.channels_alive(), 0);
            world.jump_clock(hours * 3_600_000);
            sleep(Duration::from_mins(9)).await;
            assert!(is_told().await);
            sleep(Duration::from_mins(2)).await;
            assert!(!is_told().await, "no longer");
        }
    });
}
