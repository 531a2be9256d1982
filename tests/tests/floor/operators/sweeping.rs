//! What a sweep deletes is in its plan, and what it has promised and not done is told.

use std::collections::BTreeSet;

use cordboard_app::maintenance::channels::SweepPlan;

use super::*;

const CREATE: &str = "POST /guilds/{guild_id}/channels";
const THREAD: &str = "POST /channels/{channel_id}/threads";

/// `VIEW_AUDIT_LOG` (topics/permissions).
const VIEW_AUDIT_LOG: u64 = 1 << 7;

/// The channels that a plan names.
fn shown(plan: &SweepPlan) -> BTreeSet<u64> {
    let lines = plan.owed.iter().chain(&plan.looked_up);
    let on_record = lines.filter_map(|line| line.channel_id);
    let marked = plan.marked.iter().map(|(id, _)| *id);
    on_record.chain(marked).map(Id::get).collect()
}

fn alive(world: &World) -> BTreeSet<u64> {
    let channels = world.channels().into_iter();
    let alive = channels.filter(|channel| channel.alive);
    alive.map(|channel| channel.id).collect()
}

#[test]
fn a_plan_shows_what_is_in_quarantine_and_is_deleted_once_the_audit_log_proves_it_ours() {
    // How: the permission goes, two creations lose their answers, the proxy stops, the permission comes back.
    let setup = Setup::default().set("CORDBOARD__CHANNELS__DEGRADED_OWNERSHIP", "true");
    sim_with(setup, async |world| {
        let all = world.discord.config().proxy.permissions;
        world.discord.set_permissions(all & !VIEW_AUDIT_LOG);
        let lost = Fault::act_then_hang_up(CREATE);
        world.discord.fault(lost.times(2));
        world.client().ask(MODEL, "Hello").await.unwrap();
        sleep(Duration::from_mins(30)).await;
        world.stop_proxy().await;
        let there = alive(world);
        assert_eq!(there.len(), 2);
        let maintenance = world.maintenance("channels sweep");
        let plan = maintenance.plan_sweep().await.unwrap();
        let swept = maintenance.sweep(plan, &|_| ()).await.unwrap();
        let left: BTreeSet<u64> = swept.open.iter().map(|(id, _)| id.get()).collect();
        assert_eq!((swept.gone, &left), (0, &there), "{swept:?}");
        let why = &swept.open[0].1;
        assert!(why.contains("audit log has not proved"), "{why}");
        world.discord.set_permissions(all);
        let plan = maintenance.plan_sweep().await.unwrap();
        let stages: Vec<_> = plan.looked_up.iter().map(|line| line.stage).collect();
        assert_eq!(stages, ["quarantined", "quarantined"]);
        assert_eq!(shown(&plan), there);
        let swept = maintenance.sweep(plan, &|_| ()).await.unwrap();
        assert_eq!((swept.gone, swept.open.len()), (2, 0), "{swept:?}");
        assert_eq!(world.channels_alive(), 0);
    });
}

#[test]
fn a_plan_shows_the_attempt_of_a_thread_that_nobody_has_heard_of() {
    // How: the answer to the creation of a thread hangs while the audit log is hidden, and the proxy is
    // killed. No list shows threads.
    let setup = Setup::default();
    let parent = setup.discord.guild.channels[0].id.to_string();
    let setup = setup
        .set("CORDBOARD__CHANNELS__DEGRADED_OWNERSHIP", "true")
        .set("CORDBOARD__CHANNELS__ISOLATION", "thread")
        .set("CORDBOARD__CHANNELS__THREAD_PARENT_ID", &parent);
    sim_with(setup, async |world| {
        let all = world.discord.config().proxy.permissions;
        world.discord.set_permissions(all & !VIEW_AUDIT_LOG);
        world.discord.fault(Fault::act_then_hang(THREAD));
        let client = world.client();
        let asking = client.ask(MODEL, "Hello");
        let cut = timeout(Duration::from_secs(2), asking).await;
        assert!(cut.is_err(), "it hangs");
        world.kill_proxy().await;
        assert_eq!(world.channels_alive(), 1);
        let maintenance = world.maintenance("channels sweep");
        let plan = maintenance.plan_sweep().await.unwrap();
        let stages: Vec<_> = plan.looked_up.iter().map(|line| line.stage).collect();
        assert_eq!(stages, ["planned"]);
        let swept = maintenance.sweep(plan, &|_| ()).await.unwrap();
        assert_eq!((swept.gone, swept.unresolved.len()), (0, 1), "{swept:?}");
        world.discord.set_permissions(all);
        let plan = maintenance.plan_sweep().await.unwrap();
        assert_eq!(plan.looked_up[0].attempt, swept.unresolved[0].attempt);
        let list = maintenance.channels(false).await.unwrap();
        assert_eq!(plan.looked_up[0].attempt, list.channels[0].attempt);
        let swept = maintenance.sweep(plan, &|_| ()).await.unwrap();
        let left = swept.open.len() + swept.unresolved.len();
        assert_eq!((swept.gone, left), (1, 0), "{swept:?}");
        assert_eq!(world.channels_alive(), 0);
    });
}

#[test]
fn a_second_channel_of_one_creation_is_in_the_plan_that_it_is_deleted_by() {
    // How: Discord carries out one creation twice, and the proxy is killed.
    sim(async |world| {
        world.discord.fault(Fault::act_twice(CREATE));
        let mut answer = world.client().stream(MODEL, "Hello").await.unwrap();
        let _ = answer.event().await.unwrap();
        world.kill_proxy().await;
        drop(answer);
        let there = alive(world);
        assert_eq!(there.len(), 2);
        sleep(Duration::from_mins(10)).await;
        let maintenance = world.maintenance("channels sweep");
        let plan = maintenance.plan_sweep().await.unwrap();
        assert_eq!(shown(&plan), there);
        let swept = maintenance.sweep(plan, &|_| ()).await.unwrap();
        assert!(swept.open.is_empty(), "{swept:?}");
        assert_eq!(world.channels_alive(), 0);
    });
}

#[test]
fn what_a_sweep_looked_up_and_nothing_proves_is_left_with_a_reason_until_it_is_protected() {
    // How: a person copies the topic of a channel in use, beside a running proxy.
    sim(async |world| {
        let mut answer = world.client().stream(MODEL, "Hello").await.unwrap();
        let _ = answer.event().await.unwrap();
        let topic = world.channels()[0].topic.clone();
        let copy = world
            .discord
            .create_channel_with("copy", topic.as_deref(), None);
        let maintenance = world.maintenance("channels sweep");
        let plan = maintenance.plan_sweep().await.unwrap();
        assert_eq!(shown(&plan), [copy].into());
        let swept = maintenance.sweep(plan, &|_| ()).await.unwrap();
        let (left, why) = &swept.open[0];
        assert_eq!(swept.open.len(), 1, "{swept:?}");
        assert_eq!(left.get(), copy);
        assert!(why.contains("audit log"), "{why}");
        drop(answer);
        let protect = maintenance.protect(*left, "the lobby".to_owned());
        protect.await.unwrap();
        let plan = maintenance.plan_sweep().await.unwrap();
        assert!(!shown(&plan).contains(&copy), "{plan:?}");
        let swept = maintenance.sweep(plan, &|_| ()).await.unwrap();
        assert!(swept.open.is_empty(), "{swept:?}");
        world.discord.delete_channel(copy);
    });
}

#[test]
fn what_a_sweep_could_not_look_up_is_left_with_a_reason() {
    // How: the audit log is hidden, a creation loses its answer, and the proxy is killed.
    let setup = Setup::default().set("CORDBOARD__CHANNELS__DEGRADED_OWNERSHIP", "true");
    sim_with(setup, async |world| {
        let all = world.discord.config().proxy.permissions;
        world.discord.set_permissions(all & !VIEW_AUDIT_LOG);
        world.discord.fault(Fault::act_then_hang(CREATE));
        let client = world.client();
        let cut = timeout(Duration::from_secs(2), client.ask(MODEL, "Hello")).await;
        assert!(cut.is_err(), "it hangs");
        world.kill_proxy().await;
        let maintenance = world.maintenance("channels sweep");
        let plan = maintenance.plan_sweep().await.unwrap();
        assert_eq!(shown(&plan), alive(world));
        assert!(plan.looked_up.is_empty(), "once is enough: {plan:?}");
        let swept = maintenance.sweep(plan, &|_| ()).await.unwrap();
        let left: BTreeSet<u64> = swept.open.iter().map(|(id, _)| id.get()).collect();
        assert_eq!((swept.gone, left), (0, alive(world)), "{swept:?}");
        world.discord.set_permissions(all);
        let plan = maintenance.plan_sweep().await.unwrap();
        let swept = maintenance.sweep(plan, &|_| ()).await.unwrap();
        assert_eq!((swept.gone, swept.open.len()), (1, 0), "{swept:?}");
    });
}

#[test]
fn where_channels_are_kept_a_plan_promises_to_delete_none_that_was_in_use() {
    // How: a proxy dies in the middle of an answer; later the record is lost as well.
    let setup = Setup::default().set("CORDBOARD__CHANNELS__DELETE_AFTER", "0");
    sim_with(setup, async |world| {
        let mut answer = world.client().stream(MODEL, "Hello").await.unwrap();
        let _ = answer.event().await.unwrap();
        world.kill_proxy().await;
        drop(answer);
        let ours = Id::new(world.channels()[0].id);
        let maintenance = world.maintenance("channels sweep");
        let plan = maintenance.plan_sweep().await.unwrap();
        assert!(shown(&plan).is_empty(), "{plan:?}");
        let swept = maintenance.sweep(plan, &|_| ()).await.unwrap();
        assert_eq!((swept.gone, swept.open.len()), (0, 0), "{swept:?}");

        world.lose_store();
        let plan = maintenance.plan_sweep().await.unwrap();
        assert!(shown(&plan).is_empty(), "{plan:?}");
        let staying: Vec<_> = plan.staying.iter().map(|(id, _)| *id).collect();
        assert_eq!(staying, [ours]);
        let swept = maintenance.sweep(plan, &|_| ()).await.unwrap();
        assert_eq!((swept.gone, swept.open.len()), (0, 0), "{swept:?}");
        let findings = maintenance.audit_channels().await.unwrap().findings;
        assert!(findings[0].fix.contains("channels protect"), "{findings:?}");
        let protect = maintenance.protect(ours, "kept".to_owned());
        protect.await.unwrap();
        let findings = maintenance.audit_channels().await.unwrap().findings;
        assert!(findings.is_empty(), "{findings:?}");
        world.discord.delete_channel(ours.get());
    });
}
