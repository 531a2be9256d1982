//! Creations that Discord refuses for reasons that do not pass by themselves.

use std::time::Duration;

use cordboard_lifecycle::{Condition, Isolation, Observed, OpenError, Opening};
use cordboard_simulator::Config;
use futures_util::future::join_all;
use tokio::time::{Instant, sleep};
use twilight_model::id::Id;

use super::{
    capacity::{categories, filled, is},
    floor::{CREATE, THREAD, World, opening, shown},
};

const MINUTE: Duration = Duration::from_mins(1);

/// `MANAGE_CHANNELS` (topics/permissions).
const MANAGE_CHANNELS: u64 = 1 << 4;

#[tokio::test(start_paused = true)]
async fn where_creations_are_refused_for_good_one_a_minute_tries_and_everybody_hears_why() {
    let world = World::new().await;
    let all = world.discord.config().proxy.permissions;
    world.discord.set_permissions(all & !MANAGE_CHANNELS);
    let ten_minutes = Instant::now() + 10 * MINUTE;
    let mut never = 0;
    while Instant::now() < ten_minutes {
        match world.open().await {
            Err(OpenError::Never { .. }) => never += 1,
            Err(OpenError::NotDone {
                wait: Some(wait),
                source,
            }) => {
                assert!(wait <= MINUTE);
                assert!(
                    source.to_string().contains("Missing Permissions"),
                    "{source}"
                );
            }
            other => panic!("{other:?}"),
        }
        assert!(is(&world, Condition::CreationRefused));
        sleep(Duration::from_secs(1)).await;
    }
    assert!((9..=11).contains(&never), "{never}");
    assert!(world.requests(CREATE) <= 12, "{}", world.requests(CREATE));
    // How: many come at once when it is tried again, and one of them is refused for all.
    sleep(MINUTE).await;
    assert!(!is(&world, Condition::CreationRefused), "nobody knows");
    let requests = world.requests(CREATE);
    let refused = join_all((0..50).map(|_| world.open())).await;
    assert!(refused.iter().all(Result::is_err));
    assert_eq!(world.requests(CREATE), requests + 1);
    // How: the permission is back, and the gateway says that something is.
    world.discord.set_permissions(all);
    sleep(Duration::from_secs(31)).await;
    world.channels().observe(Observed::Changed);
    sleep(Duration::from_millis(1)).await;
    assert!(!is(&world, Condition::CreationRefused));
    let opened = join_all((0..50).map(|_| world.open())).await;
    assert!(opened.iter().all(Result::is_ok), "{opened:?}");
    drop(opened);
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_category_that_is_gone_breaks_no_opening() {
    let (config, ids) = categories(50);
    let world = World::with(config, |world| world.category_ids = ids.to_vec()).await;
    world.discord.delete_channel(ids[0]);
    let mut leases = Vec::new();
    for _ in 0..20 {
        leases.push(world.open().await.unwrap());
        sleep(Duration::from_secs(3)).await;
    }
    assert_eq!(filled(&world, ids), [0, 20]);
    assert!(world.requests(CREATE) <= 22, "{}", world.requests(CREATE));
    assert!(
        !is(&world, Condition::CreationRefused),
        "conversations go on"
    );
    // How: the other one goes too.
    world.discord.delete_channel(ids[1]);
    let refused = world.open().await;
    assert!(
        matches!(refused, Err(OpenError::Never { .. })),
        "{refused:?}"
    );
    assert!(is(&world, Condition::CreationRefused));
    drop(leases);
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn what_a_category_is_refused_is_tried_anew_when_the_category_changes() {
    let (config, ids) = categories(50);
    let world = World::with(config, |world| world.category_ids = vec![ids[0]]).await;
    world.discord.set_overwrite(ids[0], 0, MANAGE_CHANNELS);
    drop(world.open().await.unwrap_err());
    assert!(is(&world, Condition::CreationRefused));
    world.discord.clear_overwrite(ids[0]);
    sleep(Duration::from_secs(30)).await;
    world.channels().observe(Observed::Updated(shown(ids[0])));
    sleep(Duration::from_millis(1)).await;
    drop(world.open().await.unwrap());
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_name_that_discord_refuses_costs_one_request_and_shuts_no_place() {
    // How: one bot's name holds a word that is not allowed; for channels, and for threads.
    for with_threads in [false, true] {
        let mut config = Config::default();
        config.guild.refused_words = vec!["rude".to_owned()];
        let world = World::with(config, |world| {
            if with_threads {
                world.isolation = Isolation::Thread(Id::new(world.discord.default_channel_id()));
            }
        })
        .await;
        let open = async |label: &str| {
            let opening = Opening {
                label: label.to_owned(),
                ..opening(MINUTE)
            };
            world.channels().open(opening).await.unwrap()
        };
        let labels = ["Rude Bot", "Friend", "Rude Bot", "Friend"];
        let mut leases = Vec::new();
        for label in labels {
            leases.push(open(label).await);
            assert!(world.channels().conditions().is_empty());
        }
        let channels = world.discord.truth().channels;
        let named = leases.iter().map(|lease| {
            let id = lease.channel_id().get();
            let channel = channels.iter().find(|one| one.id == id).unwrap();
            channel.name.contains("friend")
        });
        assert_eq!(named.collect::<Vec<_>>(), [false, true, false, true]);
        let route = if with_threads { THREAD } else { CREATE };
        assert_eq!(world.requests(route), labels.len() + 1);
        drop(leases);
        world.settle().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_prefix_that_discord_refuses_is_told_as_what_it_is() {
    let mut config = Config::default();
    config.guild.refused_words = vec!["test".to_owned()];
    let world = World::with(config, |_| ()).await;
    let refused = world.open().await;
    assert!(
        matches!(refused, Err(OpenError::Never { .. })),
        "{refused:?}"
    );
    let conditions = world.channels().conditions();
    assert_eq!(conditions[0].0, Condition::CreationRefused);
    assert!(conditions[0].1.contains("name"), "{}", conditions[0].1);
    assert_eq!(world.requests(CREATE), 2);
    world.settle().await;
}
