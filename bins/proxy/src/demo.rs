//! `--demo`: the proxy in front of a simulated Discord in this process.

use std::net::{Ipv4Addr, SocketAddr};

use cordboard_app::{Config, Environment, Failed, Proxy, WallClock, Watchdog, stop};
use cordboard_simulator::{Config as SimulatorConfig, Simulator};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::cli;

/// The key that the demo lets in.
const KEY: &str = "sk-cordboard-demo";

/// The model that the demo serves.
const MODEL: &str = "demo";

/// Runs until a signal says stop.
pub(crate) async fn run(listen: Option<SocketAddr>, watchdog: Watchdog) -> Result<(), Failed> {
    let signal = stop::signals()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let simulator = Simulator::new(SimulatorConfig::default());
    let discord_stop = CancellationToken::new();
    let discord = simulator.serve(listener, discord_stop.clone().cancelled_owned());
    let proxy = async {
        let outcome = serve(&simulator, listen, watchdog, signal).await;
        discord_stop.cancel();
        outcome
    };
    // One task for both: the demo stops as a whole.
    let ((), outcome) = tokio::join!(discord, proxy);
    outcome
}

async fn serve(
    simulator: &Simulator,
    listen: Option<SocketAddr>,
    watchdog: Watchdog,
    signal: impl Future<Output = ()>,
) -> Result<(), Failed> {
    // The file and the checks that everybody else goes through, with nothing taken from outside.
    let mut config = Config::parse(
        &configuration(simulator),
        "the demo",
        &Environment::default(),
    )?;
    config.listen = listen.unwrap_or(config.listen);
    let ready = |address| cli::say(&welcome(address, &simulator.rest_url()));
    Proxy::run_until(config, WallClock::of_system(), watchdog, signal, ready).await
}

fn configuration(simulator: &Simulator) -> String {
    let me = simulator.introduction();
    format!(
        r#"
[discord]
token = "{token}"
guild_id = "{guild_id}"
rest_url = "{rest_url}"
gateway_url = "{gateway_url}"

[store]
url = "sqlite::memory:"

[[bots]]
name = "{bot_name}"
user_id = "{bot_id}"
models = ["{MODEL}"]
default_channel_id = "{default_channel_id}"

[[keys]]
name = "demo"
secret = "{KEY}"
"#,
        token = me.token,
        guild_id = me.guild_id,
        rest_url = me.rest_url,
        gateway_url = me.gateway_url,
        bot_name = me.bots[0].name,
        bot_id = me.bots[0].user_id,
        default_channel_id = me.default_channel_id,
    )
}

fn welcome(address: SocketAddr, discord: &str) -> String {
    format!(
        r#"Cordboard listens on http://{address}/v1 (key {KEY}, model {MODEL}).

Ask it something:

  curl -N http://{address}/v1/chat/completions \
    -H 'Authorization: Bearer {KEY}' -H 'Content-Type: application/json' \
    -d '{{"model":"{MODEL}","stream":true,"messages":[{{"role":"user","content":"Hello! What is 6 * 7?"}}]}}'

The simulated Discord is at {discord}; what became of every channel:

  curl {discord}/__sim/truth
"#
    )
}
