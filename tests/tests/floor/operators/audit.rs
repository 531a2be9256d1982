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

/// Two channels of a person with the mark of one of ours, which is gone.
async fn copies(world: &World) -> (u64, u64) {
    let mut answer = world.client().stream(MODEL, "Hello").await.unwrap();
    let _ = answer.event().await.unwrap();
    let topic = world.channels()[0].topic.clone();
    let copy = |name| {
        world
            .discord
            .create_channel_with(name, topic.as_deref(), None)
    };
    let copies = (copy("copy"), copy("lobby"));
    drop(answer);
    sleep(Duration::from_mins(5)).await;
    assert_eq!(world.channels_alive(), 0);
    copies
}

/// A channel with a mark of an attempt that is none of ours, signed by another key.
async fn another_installations(world: &World) -> u64 {
    let mut answer = world.client().stream(MODEL, "Hello").await.unwrap();
    let _ = answer.event().await.unwrap();
    let topic = world.channels()[0].topic.clone().unwrap();
    let attempt = topic.find('.').unwrap() + 1;
    let (before, after) = (&topic[..attempt], &topic[attempt + 1..]);
    let first = if topic[attempt..].starts_with('0') {
        '1'
    } else {
        '0'
    };
    let theirs = format!("{before}{first}{after}");
    assert!(cordboard_lifecycle::Mark::find(&theirs).is_some());
    drop(answer);
    sleep(Duration::from_mins(5)).await;
    let discord = &world.discord;
    discord.create_channel_with("cord-theirs", Some(&theirs), None)
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

#[test]
fn a_copy_of_a_mark_is_named_until_its_topic_is_cleared_or_it_is_protected() {
    // How: a person clones a channel of ours twice, which is deleted later; no sweep helps.
    sim(async |world| {
        let (cleared, protected) = copies(world).await;
        let both = [cleared, protected].map(|id| ("copied_mark", Some(id)));
        assert_eq!(found(world).await, both);
        let maintenance = world.maintenance("channels sweep");
        let plan = maintenance.plan_sweep().await.unwrap();
        maintenance.sweep(plan, &|_| ()).await.unwrap();
        assert_eq!(found(world).await, both);
        world.discord.set_topic(cleared, None);
        assert_eq!(found(world).await, [("copied_mark", Some(protected))]);
        let protect = maintenance.protect(Id::new(protected), "the lobby".to_owned());
        protect.await.unwrap();
        assert!(found(world).await.is_empty());
        world.discord.delete_channel(cleared);
        world.discord.delete_channel(protected);
    });
}

#[test]
fn a_mark_of_another_installation_is_counted_and_is_no_finding() {
    sim(async |world| {
        let theirs = another_installations(world).await;
        let told = audit(world).await;
        assert!(told.findings.is_empty(), "{told:?}");
        assert_eq!((told.foreign_marks, told.note), (1, None));
        let plan = world.maintenance("channels sweep").plan_sweep().await;
        assert!(plan.unwrap().marked.is_empty(), "no mark of ours");
        world.discord.delete_channel(theirs);
    });
}

#[test]
fn an_audit_that_cannot_read_the_key_says_so_and_names_every_mark() {
    // How: the key is away, as after a restore of the store alone.
    sim(async |world| {
        let theirs = another_installations(world).await;
        world.stop_proxy().await;
        let away = world.key().with_extension("away");
        std::fs::rename(world.key(), &away).unwrap();
        let told = audit(world).await;
        assert!(
            told.note.as_ref().unwrap().contains("is missing"),
            "{told:?}"
        );
        assert_eq!(found(world).await, [("unrecorded_mark", Some(theirs))]);
        let plan = world.maintenance("channels sweep").plan_sweep().await;
        let plan = plan.unwrap();
        assert!(plan.note.is_some() && plan.marked.len() == 1, "{plan:?}");
        std::fs::rename(&away, world.key()).unwrap();
        world.discord.delete_channel(theirs);
    });
}

#[test]
fn without_a_key_nobody_can_say_whose_a_mark_is_and_that_is_told() {
    // How: the proxy is killed in the middle of an answer, and its store and key are lost.
    sim(async |world| {
        let mut answer = world.client().stream(MODEL, "Hello").await.unwrap();
        let _ = answer.event().await.unwrap();
        let maintenance = world.maintenance("channels audit");
        let beside = maintenance.audit_channels().await.unwrap();
        assert_eq!((beside.note, beside.findings.len()), (None, 0));
        world.kill_proxy().await;
        drop(answer);
        let key = std::fs::read(world.key()).unwrap();
        world.lose_store();
        std::fs::remove_file(world.key()).unwrap();
        let audit = maintenance.audit_channels().await.unwrap();
        let kinds: Vec<_> = audit.findings.iter().map(|it| it.kind).collect();
        assert_eq!(kinds, ["unrecorded_mark"]);
        assert!(audit.note.unwrap().contains("no key"));
        std::fs::write(world.key(), key).unwrap();
        let own = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(world.key(), own).unwrap();
        assert_eq!(maintenance.audit_channels().await.unwrap().note, None);
    });
}
