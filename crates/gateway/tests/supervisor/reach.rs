//! Addresses at which there is no gateway, and the codes that a gateway closes with.

use std::time::Duration;

use cordboard_gateway::{Fatal, Gateway, Hub, Settings, State, Trouble};
use cordboard_simulator::GatewayCommand;
use tokio::{
    io::AsyncWriteExt,
    net::TcpListener,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::world::{Directory, connected, install_tls};

/// Why the third attempt to connect at `url` failed.
async fn trouble(url: &str) -> Trouble {
    install_tls();
    let settings = Settings::new("token".to_owned().into());
    let (hub, gateway) = Gateway::new(settings, Directory::at(url));
    tokio::select! {
        ended = gateway.run(CancellationToken::new()) => panic!("{url}: {ended:?}"),
        trouble = third(&hub) => trouble,
    }
}

async fn third(hub: &Hub) -> Trouble {
    let mut status = hub.status();
    let is_third = |state: &State| matches!(state, State::Degraded { attempts: 3, .. });
    let third = status.wait_for(|status| is_third(&status.state));
    let third = timeout(Duration::from_mins(5), third).await;
    let State::Degraded { why, .. } = third.expect("tried again").unwrap().state.clone() else {
        unreachable!("waited for it")
    };
    why
}

#[tokio::test(start_paused = true)]
async fn a_port_where_nobody_listens_is_tried_again() {
    let why = trouble("ws://127.0.0.1:1").await;
    assert!(matches!(why, Trouble::Unreachable(_)), "{why:?}");
    assert!(why.to_string().contains("refused"), "{why}");
}

#[tokio::test(start_paused = true)]
async fn a_name_that_does_not_resolve_is_tried_again() {
    // `.invalid` is no name anywhere (RFC 6761).
    let why = trouble("wss://gateway.invalid").await;
    assert!(matches!(why, Trouble::Unreachable(_)), "{why:?}");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_speak_tls_is_tried_again_and_gets_no_token() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("wss://{}", listener.local_addr().unwrap());
    let peer = async {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            sleep(Duration::from_millis(1)).await;
            // Whoever hangs up first has understood.
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    };
    let why = tokio::select! {
        () = peer => unreachable!("it goes on"),
        why = trouble(&url) => why,
    };
    assert!(matches!(why, Trouble::Unreachable(_)), "{why:?}");
}

/// What a close code leads to.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Reaction {
    Resumes,
    BeginsAnew,
    GivesUp,
}

#[tokio::test(start_paused = true)]
async fn each_close_code_has_the_reaction_that_discord_documents() {
    // Discord: topics/opcodes-and-status-codes#gateway-gateway-close-event-codes. 4006 is no longer
    // documented. Below 4000 are WebSocket's own (RFC 6455, section 7.4.1): who sends 1000 or 1001 ends his
    // own session with them, and Discord does not send them to end ours.
    use Reaction::{BeginsAnew, GivesUp, Resumes};
    let table = [
        (1000, Resumes),
        (1001, Resumes),
        (1002, Resumes),
        (1008, Resumes),
        (1009, Resumes),
        (1011, Resumes),
        (1012, Resumes),
        (4000, Resumes),
        (4001, Resumes),
        (4002, Resumes),
        (4003, BeginsAnew),
        (4004, GivesUp),
        (4005, Resumes),
        (4006, Resumes),
        (4007, BeginsAnew),
        (4008, Resumes),
        (4009, BeginsAnew),
        (4010, GivesUp),
        (4011, GivesUp),
        (4012, GivesUp),
        (4013, GivesUp),
        (4014, GivesUp),
        // Not documented, and so nothing to give up for.
        (4015, Resumes),
        (4999, Resumes),
    ];
    for (code, expected) in table {
        connected(async |world| {
            world.simulator.gateway(GatewayCommand::Close { code });
            let down = world.until(|state| !state.is_ready()).await;
            if expected != GivesUp {
                let why = down.why().map(ToString::to_string);
                let told = format!("discord closed the connection with code {code}");
                assert_eq!(why, Some(told), "{down}");
            }
            let over = |state: &State| state.is_ready() || state.is_over();
            let state = world.until(over).await;
            let (identifies, resumes, _) = world.counts();
            let seen = match (state, identifies, resumes) {
                (State::Fatal { why: fatal, .. }, 1, 0) => {
                    assert!(!matches!(fatal, Fatal::Closed(_)), "{code} has a cause");
                    assert!(!fatal.hint().is_empty());
                    GivesUp
                }
                (State::Ready { .. }, 1, 1) => Resumes,
                (State::Ready { .. }, 2, 0) => BeginsAnew,
                other => panic!("{code}: {other:?}"),
            };
            assert_eq!(seen, expected, "{code}");
            sleep(Duration::from_hours(1)).await;
            let settled = world.counts();
            assert_eq!((settled.0, settled.1), (identifies, resumes), "{code}");
        })
        .await;
    }
}
