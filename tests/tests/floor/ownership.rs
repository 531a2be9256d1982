//! What is ours and what only looks like it. The harness asserts that nothing else was deleted.

use std::time::Duration;

use cordboard_simulator::{Fault, SpecialChannel};
use cordboard_tests::{MODEL, Setup, sim, sim_with};
use hyper::Method;
use tokio::time::sleep;

const CREATE: &str = "POST /guilds/{guild_id}/channels";
const DELETE: &str = "DELETE /channels/{channel_id}";
const LOOK: &str = "GET /channels/{channel_id}";
const LOG: &str = "GET /guilds/{guild_id}/audit-logs";

/// `VIEW_AUDIT_LOG` and `MANAGE_CHANNELS` (topics/permissions).
const VIEW_AUDIT_LOG: u64 = 1 << 7;
const MANAGE_CHANNELS: u64 = 1 << 4;

#[test]
fn a_channel_with_a_copied_mark_is_left_alone_and_shown() {
    // How: a person copies the topic of a channel in use to one of their own.
    sim(async |world| {
        let mut answer = world.client().stream(MODEL, "Hello").await.unwrap();
        let _ = answer.event().await.unwrap();
        let topic = world.channels()[0].topic.clone();
        let copy = world
            .discord
            .create_channel_with("copy", topic.as_deref(), None);
        drop(answer);
        sleep(Duration::from_hours(2)).await;
        assert!(world.is_alive(copy));
        assert_eq!(world.channels_alive(), 0);
        world.discord.delete_channel(copy);
    });
}

#[test]
fn a_mark_without_proof_is_quarantined_and_never_deleted() {
    // How: the store is lost, the audit log is hidden, and the only channel with the mark was made
    // by a person.
    let setup = Setup::default().set("CORDBOARD__CHANNELS__DEGRADED_OWNERSHIP", "true");
    sim_with(setup, async |world| {
        let all = world.discord.config().proxy.permissions;
        let mut answer = world.client().stream(MODEL, "Hello").await.unwrap();
        let _ = answer.event().await.unwrap();
        let ours = world.channels()[0].clone();
        world.discord.delete_channel(ours.id);
        let copy = world
            .discord
            .create_channel_with("copy", ours.topic.as_deref(), None);
        world.kill_proxy().await;
        drop(answer);
        world.lose_store();
        world.discord.set_permissions(all & !VIEW_AUDIT_LOG);
        world.start_proxy().await;
        sleep(Duration::from_hours(1)).await;
        let debts = world.debts("?stage=quarantined").await;
        assert_eq!(debts["debts"][0]["channel_id"], copy.to_string(), "{debts}");
        assert!(world.is_alive(copy));
        // The log says which channel was ours: this one is a copy, and no debt of ours.
        world.discord.set_permissions(all);
        sleep(Duration::from_hours(1)).await;
        let debts = world.debts("?stage=quarantined").await;
        assert_eq!(debts["counts"]["quarantined"], 0, "{debts}");
        assert!(world.is_alive(copy));
    });
}

#[test]
fn what_cannot_be_proven_while_the_log_is_hidden_is_deleted_once_it_is_not() {
    // How: the permission goes, two creations lose their answers, the permission comes back.
    let setup = Setup::default().set("CORDBOARD__CHANNELS__DEGRADED_OWNERSHIP", "true");
    sim_with(setup, async |world| {
        let all = world.discord.config().proxy.permissions;
        world.discord.set_permissions(all & !VIEW_AUDIT_LOG);
        world
            .discord
            .fault(Fault::act_then_hang_up(CREATE).times(2));
        let (status, _) = world.client().ask(MODEL, "Hello").await.unwrap();
        assert_eq!(status, 503);
        sleep(Duration::from_mins(30)).await;
        assert_eq!(world.channels_alive(), 2, "a mark alone is no proof");
        let debts = world.debts("").await;
        assert_eq!(debts["counts"]["quarantined"], 2, "{debts}");
        assert!(world.metrics().await.contains("audit_log_unreadable"));
        world.discord.set_permissions(all);
        sleep(Duration::from_mins(5)).await;
        assert_eq!(world.channels_alive(), 0);
        assert!(!world.metrics().await.contains("audit_log_unreadable"));
    });
}

#[test]
fn without_the_audit_log_a_start_is_refused_unless_told_otherwise() {
    sim(async |world| {
        let all = world.discord.config().proxy.permissions;
        world.stop_proxy().await;
        world.discord.set_permissions(all & !VIEW_AUDIT_LOG);
        let failed = world.start_another_proxy().await.unwrap_err();
        assert_eq!(failed.exit_code(), 77);
        let text = failed.chain();
        assert!(text.contains("View Audit Log"), "{text}");
        assert!(text.contains("channels.degraded_ownership"), "{text}");
        world.discord.set_permissions(all);
    });
}

#[test]
fn a_channel_that_became_special_is_parked_until_it_is_not() {
    // How: each purpose that Discord knows, while the channel is in use.
    for special in [
        SpecialChannel::Rules,
        SpecialChannel::PublicUpdates,
        SpecialChannel::System,
        SpecialChannel::Afk,
        SpecialChannel::SafetyAlerts,
        SpecialChannel::Widget,
    ] {
        sim(async |world| {
            let mut answer = world.client().stream(MODEL, "Hello").await.unwrap();
            let _ = answer.event().await.unwrap();
            let id = world.channels()[0].id;
            world.discord.set_special(special, Some(id));
            sleep(Duration::from_secs(20)).await;
            drop(answer);
            sleep(Duration::from_mins(10)).await;
            assert!(world.is_alive(id), "{special:?}");
            let debts = world.debts("?stage=parked").await;
            let reason = debts["debts"][0]["reason"].to_string();
            assert!(reason.contains("special channel"), "{debts}");
            world.discord.set_special(special, None);
            sleep(Duration::from_mins(1)).await;
            assert!(!world.is_alive(id), "{special:?}");
        });
    }
}

#[test]
fn a_channel_that_onboarding_names_is_parked_until_it_does_not() {
    sim(async |world| {
        let mut answer = world.client().stream(MODEL, "Hello").await.unwrap();
        let _ = answer.event().await.unwrap();
        let id = world.channels()[0].id;
        world.discord.set_onboarding(&[id], &[]);
        sleep(Duration::from_secs(20)).await;
        drop(answer);
        sleep(Duration::from_mins(10)).await;
        assert!(world.is_alive(id));
        world.discord.set_onboarding(&[], &[]);
        // Nothing tells of it, so the next try comes when it comes.
        sleep(Duration::from_hours(2)).await;
        assert!(!world.is_alive(id));
    });
}

#[test]
fn a_permission_that_is_lost_and_regained_costs_minutes_and_no_restart() {
    sim(async |world| {
        let all = world.discord.config().proxy.permissions;
        let mut answer = world.client().stream(MODEL, "Hello").await.unwrap();
        let _ = answer.event().await.unwrap();
        let id = world.channels()[0].id;
        world.discord.set_permissions(all & !MANAGE_CHANNELS);
        world.discord.set_overwrite(id, 0, MANAGE_CHANNELS);
        drop(answer);
        sleep(Duration::from_mins(10)).await;
        assert!(world.is_alive(id));
        assert_eq!(world.debts("").await["counts"]["parked"], 1);
        assert!(world.metrics().await.contains("condition=\"parked\""));
        world.discord.clear_overwrite(id);
        world.discord.set_permissions(all);
        sleep(Duration::from_mins(1)).await;
        assert!(!world.is_alive(id), "an event says that it may be tried");
        assert!(!world.metrics().await.contains("condition=\"parked\""));
    });
}

#[test]
fn a_404_that_speaks_of_no_channel_parks_nothing() {
    // How: the first deletion, and the look after it, are answered with Discord's general 404.
    sim(async |world| {
        for route in [DELETE, LOOK] {
            world.discord.fault(Fault::status(route, 404).code(0));
        }
        let (status, _) = world.client().ask(MODEL, "Hello").await.unwrap();
        assert_eq!(status, 200);
        sleep(Duration::from_mins(1)).await;
        assert_eq!(world.channels_alive(), 0);
        assert_eq!(world.discord.counters().struck.len(), 2, "both were met");
    });
}

#[test]
fn a_bot_that_may_not_create_says_so_and_goes_on_when_it_may_again() {
    // How: each permission that creations and their proofs need goes while a conversation is on, and
    // comes back an hour later.
    for (lost, cause, stops) in [
        (MANAGE_CHANNELS, "creation_refused", true),
        (VIEW_AUDIT_LOG, "audit_log_unreadable", false),
    ] {
        sim(async |world| {
            let client = world.client();
            let all = world.discord.config().proxy.permissions;
            let mut answer = client.stream(MODEL, "Hello").await.unwrap();
            let _ = answer.event().await.unwrap();
            world.discord.set_permissions(all & !lost);
            for _ in 0..60 {
                let (status, said) = client.ask(MODEL, "Hello").await.unwrap();
                let ready = client.send(Method::GET, "/readyz", "").await.unwrap();
                if stops {
                    assert!([502, 503].contains(&status.as_u16()), "{status} {said}");
                    assert_eq!(ready.status, 503);
                    let causes = ready.text().await.unwrap();
                    assert!(causes.contains(cause), "{causes}");
                    assert!(causes.contains("permission"), "{causes}");
                } else {
                    assert_eq!((status.as_u16(), ready.status.as_u16()), (200, 200));
                }
                sleep(Duration::from_mins(1)).await;
            }
            assert!(world.discord.requests(Some(CREATE)).len() < 130);
            if !stops {
                assert!(world.metrics().await.contains(cause));
            }
            world.discord.set_permissions(all);
            sleep(Duration::from_mins(1)).await;
            let (status, said) = client.ask(MODEL, "Hello").await.unwrap();
            assert_eq!(status, 200, "{said}");
            assert!(!world.metrics().await.contains(cause));
            drop(answer);
            sleep(Duration::from_mins(5)).await;
            assert_eq!(world.channels_alive(), 0);
        });
    }
}

#[test]
fn a_log_that_is_unreadable_for_hours_forgets_nothing() {
    // How: the audit log answers 500 for two hours while a creation is unknown.
    sim(async |world| {
        world.discord.fault(Fault::status(LOG, 500).always());
        world.discord.fault(Fault::act_then_hang_up(CREATE));
        let (status, _) = world.client().ask(MODEL, "Hello").await.unwrap();
        assert_eq!(status, 200);
        sleep(Duration::from_hours(2)).await;
        assert_eq!(world.channels_alive(), 1);
        world.discord.clear_faults();
        sleep(Duration::from_mins(30)).await;
        assert_eq!(world.channels_alive(), 0);
    });
}
