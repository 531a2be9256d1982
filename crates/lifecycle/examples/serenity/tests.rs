//! The example's promises, and each verdict of the adapter, against a simulated Discord in one
//! runtime with a paused clock.

use cordboard_lifecycle::{
    ChannelApi as _, Failure, GuildApi as _, Kind, Mark, Place, Plan, Presence,
};
use cordboard_simulator::{Scope, Violation};
use tokio::task::JoinSet;

use super::*;

const LOOK: &str = "GET /channels/{channel_id}";
const DELETE: &str = "DELETE /channels/{channel_id}";
const MARK: &str = "~exampl.00000000000000000000000000.00000000000000000000";

/// The simulator and its server, which ends with the test.
async fn discord(config: Config) -> (Simulator, JoinSet<()>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let discord = Simulator::new(config);
    let mut server = JoinSet::new();
    server.spawn(discord.serve(listener, std::future::pending()));
    (discord, server)
}

fn wire(discord: &Simulator) -> Wire {
    let http = http(&discord.rest_url(), &discord.token());
    Wire::new(Arc::new(http)).unwrap()
}

fn plan(discord: &Simulator) -> Plan {
    Plan {
        guild_id: Id::new(discord.guild_id()),
        place: Place::Guild,
        name: "task-1".to_owned(),
        mark: Mark::find(MARK).unwrap(),
        bot_id: Id::new(discord.user_id()),
        timeout: Duration::from_secs(20),
    }
}

/// How many channels our bot has created, and how many of them are there.
fn ours(discord: &Simulator) -> (usize, usize) {
    let channels = discord.truth().channels;
    let ours = channels
        .iter()
        .filter(|channel| channel.creator_id == discord.user_id());
    (
        ours.clone().count(),
        ours.filter(|channel| channel.alive).count(),
    )
}

#[tokio::test(start_paused = true)]
async fn the_example_leaves_no_channel() {
    let (discord, _server) = discord(Config::default()).await;
    let did = demonstrate(&discord).await.unwrap();
    let [first, second, counts] = &did[..] else {
        panic!("{did:?}");
    };
    assert!(first.starts_with("used channel ") && second.starts_with("used channel "));
    assert_ne!(first, second);
    assert!(counts.contains("live: 0"), "{counts}");
    assert_eq!(ours(&discord), (3, 0));
    assert_eq!(discord.check(), []);
}

#[tokio::test(start_paused = true)]
async fn deletions_that_go_wrong_leave_no_channel() {
    for fault in [
        Fault::act_then_hang_up(DELETE),
        Fault::hang_up(DELETE),
        Fault::status_after(DELETE, 504),
        Fault::status(DELETE, 503),
        Fault::cut_body(DELETE),
        Fault::status(DELETE, 404).code(10_003),
        Fault::rate_limited(DELETE, Scope::User, Duration::from_secs(3)),
        Fault::hang_up(LOOK),
        Fault::html(LOOK, 404),
    ] {
        let (discord, _server) = discord(Config::default()).await;
        discord.fault(fault.clone().times(2));
        demonstrate(&discord).await.unwrap();
        assert_eq!(ours(&discord), (3, 0), "{fault:?}");
        let mut violations = discord.check();
        // A look whose answer was lost has to be repeated; the simulator allows one in all.
        violations.retain(|seen| !matches!(seen, Violation::GoneChannel { .. }));
        assert_eq!(violations, [], "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_channel_is_created_with_mark_reason_and_overwrite_in_one_request() {
    let (discord, _server) = discord(Config::default()).await;
    let wire = wire(&discord);
    let plan = plan(&discord);
    let channel_id = wire.create(&plan).await.unwrap();
    let (me, guild_id) = (plan.bot_id, plan.guild_id);

    let listed = wire.channels(guild_id).await.unwrap();
    let channel = listed.iter().find(|listed| listed.channel_id == channel_id);
    assert_eq!(channel.unwrap().topic.as_deref(), Some(MARK));
    let page = wire.log(guild_id, me, None).await.unwrap();
    let creation = page.creations.last().unwrap();
    assert_eq!(creation.channel_id, channel_id);
    assert_eq!((creation.creator_id, creation.kind), (me, Kind::Text));
    assert_eq!(creation.reason.as_deref(), Some(MARK));
    assert_eq!(discord.requests(Some(CREATE)).len(), 1);

    let beyond = wire.log(guild_id, me, page.last).await.unwrap();
    assert_eq!((beyond.creations.len(), beyond.is_full), (0, false));
}

#[tokio::test(start_paused = true)]
async fn a_thread_is_created_under_its_parent_with_the_mark_as_its_reason() {
    let (discord, _server) = discord(Config::default()).await;
    let wire = wire(&discord);
    let plan = Plan {
        place: Place::Thread(Id::new(discord.default_channel_id())),
        ..plan(&discord)
    };
    let thread_id = wire.create(&plan).await.unwrap();
    let page = wire.log(plan.guild_id, plan.bot_id, None).await.unwrap();
    let creation = page.creations.last().unwrap();
    assert_eq!(
        (creation.channel_id, creation.kind),
        (thread_id, Kind::Thread)
    );
    assert_eq!(creation.reason.as_deref(), Some(MARK));
}

#[tokio::test(start_paused = true)]
async fn each_outcome_of_a_creation_has_its_verdict() {
    // How: each fault strikes one request, so that a repetition would show as a success and be counted.
    let (discord, _server) = discord(Config::default()).await;
    let plan = plan(&discord);
    let limited = Fault::rate_limited(CREATE, Scope::Shared, Duration::from_secs(90));
    let outcomes = [
        (Fault::act_then_hang_up(CREATE), "unknown"),
        (Fault::act_then_hang(CREATE), "unknown"),
        (Fault::hang_up(CREATE), "unknown"),
        (Fault::reset(CREATE), "unknown"),
        (Fault::status(CREATE, 500), "unknown"),
        (Fault::status(CREATE, 503), "unknown"),
        (Fault::status_after(CREATE, 504), "unknown"),
        (Fault::status(CREATE, 408), "unknown"),
        (Fault::html(CREATE, 403), "unknown"),
        (Fault::html(CREATE, 502), "unknown"),
        (Fault::status(CREATE, 403).code(40_333), "unknown"),
        (Fault::stall_body(CREATE), "unknown"),
        (Fault::cut_body(CREATE), "unknown"),
        (Fault::garbage(CREATE), "unknown"),
        (Fault::late(CREATE, Duration::from_mins(1)), "unknown"),
        (limited, "not done, wait 90s"),
        (Fault::status(CREATE, 400).code(30_013), "no room: Guild"),
        (Fault::status(CREATE, 400).code(160_006), "no room: Threads"),
        (Fault::status(CREATE, 400).code(20_031), "name refused"),
        (Fault::status(CREATE, 400).code(50_035), "never"),
        (Fault::status(CREATE, 403).code(50_013), "never"),
        (Fault::status(CREATE, 401), "never"),
        (Fault::status(CREATE, 404).code(10_004), "never"),
    ];
    for (number, (fault, verdict)) in (1..).zip(outcomes) {
        discord.fault(fault.clone());
        let failure = wire(&discord).create(&plan).await.unwrap_err();
        assert_eq!(name(&failure), verdict, "{fault:?}: {failure:?}");
        assert_eq!(discord.requests(Some(CREATE)).len(), number, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_category_is_told_from_other_forms_that_are_refused() {
    let (mut config, category_id) = (Config::default(), 1_400_000_000_000_000_002);
    config.guild.category_channels_max = 1;
    config
        .guild
        .channels
        .push(cordboard_simulator::ChannelConfig {
            id: category_id,
            name: "tasks".to_owned(),
            kind: 4,
        });
    let (discord, _server) = discord(config).await;
    let plan = Plan {
        place: Place::Category(Id::new(category_id)),
        ..plan(&discord)
    };
    let wire = wire(&discord);
    wire.create(&plan).await.unwrap();
    let failure = wire.create(&plan).await.unwrap_err();
    assert_eq!(name(&failure), "no room: Category");
}

#[tokio::test(start_paused = true)]
async fn a_creation_that_never_left_is_known_not_to_be_done() {
    // How: nobody listens where the requests go.
    let (discord, server) = discord(Config::default()).await;
    drop(server);
    tokio::task::yield_now().await;
    let failure = wire(&discord).create(&plan(&discord)).await.unwrap_err();
    assert_eq!(name(&failure), "not done");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_while_discord_wants_a_pause() {
    let (discord, _server) = discord(Config::default()).await;
    let wire = wire(&discord);
    discord.fault(Fault::rate_limited(
        CREATE,
        Scope::User,
        Duration::from_mins(1),
    ));
    wire.create(&plan(&discord)).await.unwrap_err();
    let failure = wire.create(&plan(&discord)).await.unwrap_err();
    assert!(name(&failure).starts_with("not done, wait"), "{failure:?}");
    assert_eq!(discord.requests(Some(CREATE)).len(), 1);
    // What is left of the pause fits into the call: it waits.
    sleep(Duration::from_secs(50)).await;
    wire.create(&plan(&discord)).await.unwrap();
    let broken = discord.check();
    let is_early = |seen: &Violation| matches!(seen, Violation::ClosedDoor { .. });
    assert!(!broken.iter().any(is_early), "{broken:?}");
}

#[tokio::test(start_paused = true)]
async fn a_look_tells_gone_from_hidden_and_from_an_answer_that_says_nothing() {
    let (discord, _server) = discord(Config::default()).await;
    let wire = wire(&discord);
    let here = Id::new(discord.default_channel_id());
    assert_eq!(wire.look(here).await.unwrap(), Presence::Here);
    assert_eq!(wire.look(Id::new(77)).await.unwrap(), Presence::Absent);
    discord.fault(Fault::status(LOOK, 403).code(50_001));
    assert_eq!(wire.look(here).await.unwrap(), Presence::Hidden);
    for fault in [
        Fault::html(LOOK, 404),
        Fault::status(LOOK, 500),
        Fault::hang_up(LOOK),
    ] {
        discord.fault(fault.clone());
        let failure = wire.look(here).await.unwrap_err();
        assert_eq!(name(&failure), "not done", "{fault:?}");
    }
}

fn name(failure: &Failure) -> String {
    match failure {
        Failure::NotDone { wait: None, .. } => "not done".to_owned(),
        Failure::NotDone {
            wait: Some(wait), ..
        } => format!("not done, wait {wait:?}"),
        Failure::NoRoom { room, .. } => format!("no room: {room:?}"),
        Failure::NameRefused { .. } => "name refused".to_owned(),
        Failure::Unknown { .. } => "unknown".to_owned(),
        Failure::Never { .. } => "never".to_owned(),
        other => format!("{other:?}"),
    }
}
