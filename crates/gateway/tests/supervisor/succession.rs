//! A session that outlives its process.

use std::time::Duration;

use cordboard_gateway::{Gateway, LapseReason, Session, Settings, Status, Subscription};
use cordboard_simulator::{Config, GatewayCommand, Simulator};
use tokio::{net::TcpListener, time::sleep};
use tokio_util::sync::CancellationToken;
use twilight_model::id::Id;

use crate::world::{Directory, Heard, connected, endpoint, hear, hear_all, install_tls, said};

/// A simulator that several processes follow each other in front of.
pub(crate) async fn world(config: Config, story: impl AsyncFnOnce(&Simulator)) {
    install_tls();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let simulator = Simulator::new(config);
    let server = simulator.serve(listener, std::future::pending());
    tokio::select! {
        () = server => panic!("the simulator stopped"),
        () = story(&simulator) => {}
    }
}

/// The life of one process that goes on with `former`, from its start until it is told to stop. The
/// session that it leaves.
async fn live(
    simulator: &Simulator,
    former: Option<Session>,
    set_up: impl FnOnce(&mut Settings),
    story: impl AsyncFnOnce(&mut Subscription),
) -> Option<Session> {
    let mut settings = Settings::new(simulator.token().into());
    settings.leaves_session = true;
    set_up(&mut settings);
    // As many as are never used: none for us.
    let spent = endpoint(&simulator.gateway_url(), 20);
    let directory = Directory::at(&simulator.gateway_url());
    let directory = match former {
        Some(_) => directory.first([Ok(spent)]),
        None => directory,
    };
    let (hub, mut gateway) = Gateway::new(settings, directory);
    if let Some(former) = former {
        gateway = gateway.resuming(former);
    }
    let stop = CancellationToken::new();
    let mut channel = hub.subscribe(Id::new(simulator.default_channel_id()));
    let living = async {
        let mut status = hub.status();
        status.wait_for(Status::is_ready).await.unwrap();
        story(&mut channel).await;
        stop.cancel();
    };
    let (left, ()) = tokio::join!(gateway.run(stop.clone()), living);
    left.unwrap()
}

fn say(simulator: &Simulator, content: &str) {
    simulator.say(simulator.default_channel_id(), content);
}

#[tokio::test(start_paused = true)]
async fn the_next_process_hears_what_was_said_meanwhile_and_spends_no_identify() {
    // How: no IDENTIFY is left when the second one starts, and none is needed.
    world(Config::default(), async |simulator| {
        let left = live(
            simulator,
            None,
            |_| {},
            async |channel| {
                say(simulator, "before");
                let heard = hear_all(channel).await;
                assert_eq!(heard[0], Heard::Lapse(LapseReason::NewSession));
                assert_eq!(heard[1..], said(["before"]));
            },
        )
        .await;
        assert!(left.is_some());
        say(simulator, "between");
        sleep(Duration::from_mins(2)).await;
        let left = live(
            simulator,
            left,
            |_| {},
            async |channel| {
                say(simulator, "after");
                assert_eq!(hear_all(channel).await, said(["between", "after"]));
            },
        )
        .await;
        assert!(left.is_some());
        let counters = simulator.counters();
        assert_eq!((counters.identifies, counters.resumes), (1, 1));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_older_sequence_brings_the_later_events_once_more() {
    world(Config::default(), async |simulator| {
        let mut left = live(
            simulator,
            None,
            |_| {},
            async |channel| {
                let _ = hear_all(channel).await;
            },
        )
        .await;
        let before = left.clone();
        left = live(
            simulator,
            left,
            |_| {},
            async |channel| {
                say(simulator, "dealt with in vain");
                let _ = hear_all(channel).await;
            },
        )
        .await;
        assert!(left.unwrap().sequence > before.as_ref().unwrap().sequence);
        live(
            simulator,
            before,
            |_| {},
            async |channel| {
                assert_eq!(hear_all(channel).await, said(["dealt with in vain"]));
            },
        )
        .await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_session_that_discord_has_forgotten_is_followed_by_a_new_one_with_a_lapse() {
    world(Config::default(), async |simulator| {
        let left = live(simulator, None, |_| {}, async |_| {}).await;
        sleep(Duration::from_hours(1)).await;
        live(
            simulator,
            left,
            |_| {},
            async |channel| {
                let heard = hear_all(channel).await;
                assert_eq!(heard, [Heard::Lapse(LapseReason::NewSession)]);
            },
        )
        .await;
        let counters = simulator.counters();
        assert_eq!((counters.identifies, counters.resumes), (2, 1));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_hub_knows_the_session_as_long_as_discord_does() {
    connected(async |world| {
        let first = world.hub.session().unwrap();
        let mut here = world.subscribe();
        world.say("one more event");
        let _ = hear(&mut here, Duration::from_secs(1)).await;
        let later = world.hub.session().unwrap();
        assert_eq!(later.sequence, first.sequence + 1);
        assert_eq!(world.hub.sessions(), [(0, later.clone())]);

        // Without a connection it is still there, and afterwards it is the same.
        world
            .simulator
            .gateway(GatewayCommand::Refuse { seconds: 20.0 });
        world.simulator.gateway(GatewayCommand::Drop);
        world.until(|state| !state.is_ready()).await;
        assert_eq!(world.hub.session().unwrap(), later);
        world.ready().await;
        assert_eq!(world.hub.session().unwrap().id, first.id);

        world
            .simulator
            .gateway(GatewayCommand::Invalidate { resumable: false });
        world.until(|state| !state.is_ready()).await;
        assert_eq!(world.hub.session(), None);
        world.ready().await;
        assert_ne!(world.hub.session().unwrap().id, first.id);

        world.stop.cancel();
        assert_eq!(world.ended().await, Ok(()));
        assert_eq!(world.hub.session(), None, "it was ended, not left");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_process_that_dies_is_followed_by_one_that_goes_on_from_what_the_hub_said() {
    world(Config::default(), async |simulator| {
        let directory = Directory::at(&simulator.gateway_url());
        let (hub, gateway) = Gateway::new(Settings::new(simulator.token().into()), directory);
        let living = async {
            let mut status = hub.status();
            status.wait_for(Status::is_ready).await.unwrap();
            hub.session()
        };
        let seen = tokio::select! {
            ended = gateway.run(CancellationToken::new()) => panic!("{ended:?}"),
            seen = living => seen,
        };
        assert!(seen.is_some());
        say(simulator, "between");
        live(
            simulator,
            seen,
            |_| {},
            async |channel| {
                assert_eq!(hear_all(channel).await, said(["between"]));
            },
        )
        .await;
        let counters = simulator.counters();
        assert_eq!((counters.identifies, counters.resumes), (1, 1));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn whoever_leaves_no_session_ends_it() {
    world(Config::default(), async |simulator| {
        let ends = |settings: &mut Settings| settings.leaves_session = false;
        let left = live(simulator, None, ends, async |_| {}).await;
        assert_eq!(left, None);
    })
    .await;
}
