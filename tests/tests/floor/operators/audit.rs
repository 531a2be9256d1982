//! What an audit of the guild's channels finds: each finding is set up and named with its channel.

use cordboard_app::maintenance::channels::Audit;
use cordboard_simulator::HumanAct;

use super::*;

/// `VIEW_AUDIT_LOG` and `VIEW_CHANNEL` (topics/permissions).
const VIEW_AUDIT_LOG: u64 = 1 << 7;
const VIEW_CHANNEL: u64 = 1 << 10;

async fn audit(world: &World) -> Audit {
    let maintenance = world.maintenance("channels audit");
    maintenance.audit_channels().await.unwrap()
}

/// What is found: kinds, and the channels that they are about.
async fn found(world: &World) -> Vec<(&'static str, Option<u64>)> {
    let findings = audit(world).await.findings.into_iter();
    let found = findings.map(|of| (of.kind, of.channel_id.map(Id::get)));
    found.collect()
}

/// Lets the proxy die in the middle of an answer, and tells the channel that is left.
async fn die_in_mid_answer(world: &World) -> u64 {
    let mut answer = world.client().stream(MODEL, "Hello").await.unwrap();
    let _ = answer.event().await.unwrap();
    world.kill_proxy().await;
    drop(answer);
    world.channels()[0].id
}

#[test]
fn a_guild_that_is_in_order_has_no_findings_beside_a_busy_proxy_and_without_one() {
    sim(async |world| {
        assert!(
            found(world).await.is_empty(),
            "there is a store, and no more"
        );
        let mut answer = world.client().stream(MODEL, "Hello").await.unwrap();
        let _ = answer.event().await.unwrap();
        let busy = audit(world).await;
        assert!(busy.findings.is_empty(), "{busy:?}");
        assert_eq!(busy.ours["live"], 1);
        assert_eq!(busy.foreign + 1, busy.channels);
        drop(answer);
        sleep(Duration::from_mins(5)).await;
        world.stop_proxy().await;
        assert!(found(world).await.is_empty());
    });
}

#[test]
fn a_channel_on_record_that_is_gone_or_hidden_is_a_ghost() {
    // How: a person deletes what a dead proxy has left, and hides what another one could not delete.
    sim(async |world| {
        let gone = die_in_mid_answer(world).await;
        assert!(found(world).await.is_empty());
        world.discord.delete_channel(gone);
        assert_eq!(found(world).await, [("ghost", Some(gone))]);

        world.start_proxy().await;
        sleep(Duration::from_mins(2)).await;
        assert!(found(world).await.is_empty(), "the next proxy finds out");
        let refused = Fault::status(DELETE, 403).code(50013);
        world.discord.fault(refused.always());
        world.client().ask(MODEL, "Hello").await.unwrap();
        sleep(Duration::from_mins(1)).await;
        let parked = world.channels()[1].id;
        assert_eq!(found(world).await, [("parked", Some(parked))]);
        world.discord.set_overwrite(parked, 0, VIEW_CHANNEL);
        let both = [("parked", Some(parked)), ("ghost", Some(parked))];
        assert_eq!(found(world).await, both);
        world.discord.clear_overwrite(parked);
        world.discord.clear_faults();
    });
}

#[test]
fn a_category_that_is_nearly_full_is_named_and_one_with_more_room_is_not() {
    // How: Discord's maximum is 50 of a category; people fill one to 45, and another one to 44.
    sim(async |world| {
        let fill = |name: &str, count: usize| {
            let category = world.discord.create_category(name);
            for number in 0..count {
                let created = world.discord.try_act(HumanAct::CreateChannel {
                    name: format!("{name}-{number}"),
                    kind: 0,
                    topic: None,
                    parent_id: Some(category),
                });
                created.unwrap();
            }
            category
        };
        let (crowded, _) = (fill("full", 45), fill("half", 44));
        assert_eq!(found(world).await, [("category_full", Some(crowded))]);
        let findings = audit(world).await.findings;
        assert!(findings[0].detail.contains("45 of 50"), "{findings:?}");
    });
}

#[test]
fn a_deletion_that_is_due_for_longer_than_a_minute_is_overdue() {
    // How: Discord fails each deletion, and the proxy is stopped before it succeeds.
    sim(async |world| {
        world.discord.fault(Fault::status(DELETE, 503).always());
        world.client().ask(MODEL, "Hello").await.unwrap();
        sleep(Duration::from_secs(10)).await;
        world.stop_proxy().await;
        assert!(found(world).await.is_empty(), "it is not late yet");
        sleep(Duration::from_mins(10)).await;
        let ours = world.channels()[0].id;
        assert_eq!(found(world).await, [("overdue", Some(ours))]);
        world.discord.clear_faults();
    });
}

#[test]
fn a_mark_that_nothing_proves_is_named_as_quarantined() {
    // How: the store is lost, the audit log is hidden, and what carries a mark was made by a person.
    let setup = Setup::default().set("CORDBOARD__CHANNELS__DEGRADED_OWNERSHIP", "true");
    sim_with(setup, async |world| {
        let all = world.discord.config().proxy.permissions;
        let ours = die_in_mid_answer(world).await;
        let topic = world.channels()[0].topic.clone();
        world.discord.delete_channel(ours);
        let copy = world
            .discord
            .create_channel_with("copy", topic.as_deref(), None);
        world.lose_store();
        world.discord.set_permissions(all & !VIEW_AUDIT_LOG);
        world.start_proxy().await;
        sleep(Duration::from_hours(1)).await;
        assert_eq!(found(world).await, [("quarantined", Some(copy))]);
        world.discord.set_permissions(all);
        world.discord.delete_channel(copy);
    });
}

#[test]
fn a_marked_channel_without_a_record_is_named_until_somebody_has_swept() {
    // How: the store is lost under a proxy that died in the middle of an answer.
    sim(async |world| {
        let ours = die_in_mid_answer(world).await;
        world.lose_store();
        assert_eq!(found(world).await, [("unrecorded_mark", Some(ours))]);
        let maintenance = world.maintenance("channels sweep");
        let plan = maintenance.plan_sweep().await.unwrap();
        maintenance.sweep(plan, &|_| ()).await.unwrap();
        assert!(found(world).await.is_empty());
        assert!(!world.is_alive(ours), "the audit log has proved it ours");
    });
}
