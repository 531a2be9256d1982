#![doc = include_str!("../README.md")]

use std::{io::Write, net::SocketAddr, path::PathBuf, process::ExitCode, time::SystemTime};

use anyhow::{Context, ensure};
use clap::Parser;
use cordboard_simulator::{Config, Simulator};
use tokio::{net::TcpListener, signal::unix::SignalKind, signal::unix::signal};

/// The configuration or the address cannot be used; clap ends with the same code.
const WRONG_USE: u8 = 2;

/// A Discord in a box, on loopback.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Where to listen; loopback only, port 0 for any free one.
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS:PORT")]
    listen: SocketAddr,
    /// A TOML file; without it one guild, one friendly bot and no rate limits.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Starts, prints one line, and serves until SIGINT or SIGTERM.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let to_stderr = tracing_subscriber::fmt().with_writer(std::io::stderr);
    to_stderr
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .init();
    let arguments = Arguments::parse();
    let ended = match configuration(&arguments) {
        Ok(config) => serve(config, arguments.listen)
            .await
            .map_err(|error| (1, error)),
        Err(error) => Err((WRONG_USE, error)),
    };
    let Err((code, error)) = ended else {
        return ExitCode::SUCCESS;
    };
    let _ = writeln!(std::io::stderr(), "cordboard-simulator: {error:#}");
    ExitCode::from(code)
}

fn configuration(arguments: &Arguments) -> anyhow::Result<Config> {
    let listen = arguments.listen;
    ensure!(
        listen.ip().is_loopback(),
        "{listen} is not loopback: use --listen 127.0.0.1:PORT"
    );
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the wall clock"
    )]
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let start_ms = u64::try_from(now.as_millis())?;
    let Some(path) = &arguments.config else {
        return Ok(Config {
            start_ms,
            ..Config::default()
        });
    };
    let shown = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
    let config = Config::from_toml(&text).with_context(|| format!("{shown} cannot be used"))?;
    // A file may set the clock on purpose; the default start is for tests.
    let set = config.start_ms != Config::default().start_ms;
    Ok(if set {
        config
    } else {
        Config { start_ms, ..config }
    })
}

async fn serve(config: Config, listen: SocketAddr) -> anyhow::Result<()> {
    let (mut interrupt, mut terminate) = (
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
    );
    let listener = TcpListener::bind(listen).await;
    let listener = listener.with_context(|| format!("cannot listen on {listen}"))?;
    let simulator = Simulator::new(config);
    let serving = simulator.serve(listener, async {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    });
    let mut stdout = std::io::stdout();
    serde_json::to_writer(&mut stdout, &simulator.introduction())?;
    stdout.write_all(b"\n")?;
    stdout.flush()?;
    serving.await;
    Ok(())
}
