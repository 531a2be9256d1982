//! A peer that is written by hand, for what the simulator does not do.

use std::time::Duration;

use cordboard_discord::{Discord, Settings};
use cordboard_lifecycle::{ChannelApi, Failure};
use cordboard_simulator::Config;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::world::simulated;

/// Creates a channel at a peer over `scheme`: each of its connections is handed to `serve`, which
/// says how many requests it has read. The failure, and the requests in all.
pub(crate) async fn created(
    scheme: &str,
    timeout: Duration,
    serve: impl AsyncFn(&mut TcpStream) -> usize,
) -> (Failure, usize) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let mut settings = Settings::new("token".into());
    settings.rest_url = Some(format!("{scheme}://{address}"));
    let discord = Discord::new(&settings).expect("settings that are good");
    let mut outcome = None;
    // The simulator is there for its plan only.
    simulated(Config::default(), async |world| {
        let mut seen = 0;
        let peer = async {
            loop {
                let (mut socket, _) = listener.accept().await.expect("a connection");
                seen += serve(&mut socket).await;
            }
        };
        let plan = world.plan(timeout);
        let failure = tokio::select! {
            never = peer => never,
            created = discord.create(&plan) => created.expect_err("nothing is created"),
        };
        outcome = Some((failure, seen));
    })
    .await;
    outcome.expect("the test ran")
}

/// Reads one request's head, at least, and writes this before it hangs up.
pub(crate) async fn say_and_hang_up(socket: &mut TcpStream, words: &[u8]) -> usize {
    let mut request = vec![0; 16 << 10];
    let read = socket.read(&mut request).await.unwrap_or(0);
    socket.write_all(words).await.unwrap_or_default();
    socket.shutdown().await.unwrap_or_default();
    usize::from(read > 0)
}
