//! The outcome of a creation, row by row: what was observed, and what the caller may conclude.
//! HTTP/2's own words are in `src/send/tests.rs`.

use std::time::Duration;

use cordboard_discord::{Code, Refusal, Silence, Trouble};
use cordboard_lifecycle::{ChannelApi, Failure, Place, Plan, Room};
use cordboard_simulator::{ChannelConfig, Config, Fault, Scope};
use tokio::io::AsyncReadExt;
use twilight_model::id::Id;

use crate::{
    raw::{created, say_and_hang_up},
    world::{CREATE, World, simulated},
};

const SECONDS: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    NotDone,
    NoRoom(Room),
    NameRefused,
    Unknown,
    Never,
}

fn kind(failure: &Failure) -> Kind {
    match failure {
        Failure::NotDone { .. } => Kind::NotDone,
        Failure::NoRoom { room, .. } => Kind::NoRoom(*room),
        Failure::NameRefused { .. } => Kind::NameRefused,
        Failure::Unknown { .. } => Kind::Unknown,
        Failure::Never { .. } => Kind::Never,
        other => panic!("{other:?}"),
    }
}

fn trouble(failure: &Failure) -> &Trouble {
    let (Failure::NotDone { source, .. }
    | Failure::NoRoom { source, .. }
    | Failure::NameRefused { source }
    | Failure::Unknown { source }
    | Failure::Never { source }) = failure
    else {
        panic!("{failure:?}")
    };
    source.downcast_ref().expect("this crate's")
}

async fn create(world: &World, fault: Fault) -> Failure {
    world.simulator.fault(fault);
    let failure = world
        .discord
        .create(&world.plan(SECONDS))
        .await
        .expect_err("Discord does not answer as it should");
    world.simulator.clear_faults();
    failure
}

/// Discord answers so and does not act. Nothing is repeated that need not be.
async fn refused(status: u16, code: u64) -> (Kind, Refusal) {
    let mut refused = None;
    simulated(Config::default(), async |world| {
        let failure = create(world, Fault::status(CREATE, status).code(code).always()).await;
        assert_eq!(world.created(), 0);
        let refusal = trouble(&failure).refusal().expect("Discord said no");
        refused = Some((kind(&failure), refusal.clone()));
    })
    .await;
    refused.expect("the test ran")
}

/// What may have been executed is sent once, and unknown.
async fn is_unknown(fault: Fault, made: usize) {
    simulated(Config::default(), async |world| {
        let text = format!("{fault:?}");
        let failure = create(world, fault.clone().always()).await;
        assert_eq!(kind(&failure), Kind::Unknown, "{text}: {failure:?}");
        assert_eq!(
            (world.received(CREATE), world.created()),
            (1, made),
            "{text}"
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_deadline_before_anything_left_is_not_done() {
    // How: a peer that accepts and never says a word of TLS.
    let (failure, _) = created("https", SECONDS, async |_| std::future::pending().await).await;
    assert_eq!(kind(&failure), Kind::NotDone, "{failure:?}");
    assert!(
        matches!(trouble(&failure), Trouble::NotSent(Silence::Deadline)),
        "{failure:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_deadline_in_line_is_not_done() {
    simulated(Config::default(), async |world| {
        let minute = Duration::from_mins(1);
        world
            .simulator
            .fault(Fault::rate_limited(CREATE, Scope::User, minute));
        world
            .discord
            .create(&world.plan(SECONDS))
            .await
            .unwrap_err();
        let failure = world
            .discord
            .create(&world.plan(SECONDS))
            .await
            .unwrap_err();
        assert_eq!(kind(&failure), Kind::NotDone, "{failure:?}");
        assert_eq!(world.received(CREATE), 1);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_error_of_tls_is_not_done() {
    let (failure, _) = created("https", SECONDS, async |socket| {
        say_and_hang_up(socket, b"HTTP/1.1 400 no TLS here\r\n\r\n").await
    })
    .await;
    assert_eq!(kind(&failure), Kind::NotDone, "{failure:?}");
    assert!(
        matches!(trouble(&failure), Trouble::NotSent(Silence::Connection(_))),
        "{failure:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_with_an_id_is_done() {
    simulated(Config::default(), async |world| {
        let channel_id = world.discord.create(&world.plan(SECONDS)).await.unwrap();
        let truth = world.simulator.truth();
        let made = truth
            .channels
            .iter()
            .find(|channel| channel.id == channel_id.get());
        assert!(made.is_some_and(|channel| channel.alive));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_success_whose_body_stalls_is_unknown() {
    is_unknown(Fault::stall_body(CREATE), 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_success_whose_body_breaks_off_is_unknown() {
    is_unknown(Fault::cut_body(CREATE), 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_success_whose_body_is_garbage_is_unknown() {
    is_unknown(Fault::garbage(CREATE), 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_success_without_an_id_is_unknown() {
    for body in ["{}", "", "[]", r#"{"id":0}"#, r#"{"id":"1"#] {
        let answer = format!(
            "HTTP/1.1 201 Created\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let (failure, seen) = created("http", SECONDS, async |socket| {
            say_and_hang_up(socket, answer.as_bytes()).await
        })
        .await;
        assert_eq!(
            (kind(&failure), seen),
            (Kind::Unknown, 1),
            "{body}: {failure:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_429_of_any_scope_is_not_done_and_tells_the_wait() {
    for scope in [Scope::User, Scope::Shared, Scope::Global] {
        simulated(Config::default(), async |world| {
            let hour = Duration::from_hours(1);
            let failure = create(world, Fault::rate_limited(CREATE, scope, hour)).await;
            let Failure::NotDone {
                wait: Some(wait), ..
            } = failure
            else {
                panic!("{scope:?}: {failure:?}")
            };
            assert!(
                wait.abs_diff(hour) < Duration::from_secs(2),
                "{scope:?}: {wait:?}"
            );
            assert_eq!((world.received(CREATE), world.created()), (1, 0));
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_429_of_cloudflare_is_not_done() {
    simulated(Config::default(), async |world| {
        let failure = create(world, Fault::html(CREATE, 429)).await;
        assert_eq!(kind(&failure), Kind::NotDone, "{failure:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_form_that_discord_does_not_like_is_never() {
    let (kind, refusal) = refused(400, 50035).await;
    assert_eq!((kind, refusal.code), (Kind::Never, Code::InvalidForm));
}

#[tokio::test(start_paused = true)]
async fn a_full_category_has_no_room() {
    let mut config = Config::default();
    let category = ChannelConfig {
        id: config.guild.id + 7,
        name: "cords".into(),
        kind: 4,
    };
    let category_id = Id::new(category.id);
    config.guild.channels.push(category);
    config.guild.category_channels_max = 1;
    simulated(config, async |world| {
        let plan = || Plan {
            place: Place::Category(category_id),
            ..world.plan(SECONDS)
        };
        world.discord.create(&plan()).await.unwrap();
        let failure = world.discord.create(&plan()).await.unwrap_err();
        assert_eq!(kind(&failure), Kind::NoRoom(Room::Category), "{failure:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_full_guild_has_no_room() {
    let (kind, refusal) = refused(400, 30013).await;
    let expected = (Kind::NoRoom(Room::Guild), Code::GuildFull);
    assert_eq!((kind, refusal.code), expected);
}

#[tokio::test(start_paused = true)]
async fn a_guild_with_too_many_threads_has_no_room() {
    let (kind, refusal) = refused(400, 160_006).await;
    let expected = (Kind::NoRoom(Room::Threads), Code::ThreadsFull);
    assert_eq!((kind, refusal.code), expected);
}

#[tokio::test(start_paused = true)]
async fn a_name_that_discord_does_not_allow_is_told_apart() {
    let (kind, refusal) = refused(400, 20031).await;
    assert_eq!((kind, refusal.code), (Kind::NameRefused, Code::NameRefused));
}

#[tokio::test(start_paused = true)]
async fn a_missing_permission_is_never() {
    let (kind, refusal) = refused(403, 50013).await;
    assert_eq!((kind, refusal.code), (Kind::Never, Code::MissingPermission));
    let says = refusal.to_string();
    assert!(says.contains("the bot needs Manage Channels"), "{says}");
}

#[tokio::test(start_paused = true)]
async fn missing_access_is_never() {
    let (kind, refusal) = refused(403, 50001).await;
    assert_eq!((kind, refusal.code), (Kind::Never, Code::MissingAccess));
}

#[tokio::test(start_paused = true)]
async fn a_parent_that_does_not_exist_is_never() {
    let (kind, refusal) = refused(404, 10003).await;
    assert_eq!((kind, refusal.code), (Kind::Never, Code::UnknownChannel));
}

#[tokio::test(start_paused = true)]
async fn a_guild_that_does_not_exist_is_never() {
    let (kind, refusal) = refused(404, 10004).await;
    assert_eq!((kind, refusal.code), (Kind::Never, Code::UnknownGuild));
}

#[tokio::test(start_paused = true)]
async fn a_first_401_is_not_done_and_a_second_is_never() {
    simulated(Config::default(), async |world| {
        let failure = create(world, Fault::status(CREATE, 401)).await;
        assert_eq!(kind(&failure), Kind::NotDone, "{failure:?}");
        tokio::time::sleep(Duration::from_secs(2)).await;
        let failure = create(world, Fault::status("GET /users/@me", 401)).await;
        assert_eq!(kind(&failure), Kind::Never, "{failure:?}");
        assert_eq!((world.received(CREATE), world.created()), (1, 0));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_5xx_is_unknown_whether_discord_acted_or_not() {
    for status in [500, 502, 503, 504] {
        is_unknown(Fault::status(CREATE, status), 0).await;
        is_unknown(Fault::status_after(CREATE, status), 1).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_52x_of_cloudflare_is_unknown() {
    for status in 520..=527 {
        is_unknown(Fault::html(CREATE, status), 0).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_of_html_is_unknown_whatever_its_status() {
    for status in [400, 403, 404, 500] {
        is_unknown(Fault::html(CREATE, status), 0).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_block_at_the_edge_is_unknown() {
    is_unknown(Fault::status(CREATE, 403).code(40333), 0).await;
}

#[tokio::test(start_paused = true)]
async fn a_reset_is_unknown() {
    is_unknown(Fault::reset(CREATE), 0).await;
}

#[tokio::test(start_paused = true)]
async fn a_hang_up_without_an_answer_is_unknown() {
    is_unknown(Fault::hang_up(CREATE), 0).await;
    is_unknown(Fault::act_then_hang_up(CREATE), 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_hang_up_in_the_middle_of_the_head_is_unknown() {
    for words in [
        "H",
        "HTTP/1.1 201 Created\r\nContent-Le",
        "\r\n",
        "nonsense\r\n\r\n",
    ] {
        let (failure, seen) = created("http", SECONDS, async |socket| {
            say_and_hang_up(socket, words.as_bytes()).await
        })
        .await;
        assert_eq!(
            (kind(&failure), seen),
            (Kind::Unknown, 1),
            "{words:?}: {failure:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_come_in_time_is_unknown() {
    is_unknown(Fault::hang(CREATE), 0).await;
    is_unknown(Fault::act_then_hang(CREATE), 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_reads_a_single_byte_and_says_nothing_makes_it_unknown() {
    let (failure, _) = created("http", SECONDS, async |socket| {
        socket.read_u8().await.unwrap();
        std::future::pending().await
    })
    .await;
    assert_eq!(kind(&failure), Kind::Unknown, "{failure:?}");
    assert!(
        matches!(trouble(&failure), Trouble::Lost(Silence::Deadline)),
        "{failure:?}"
    );
}
