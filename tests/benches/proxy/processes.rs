//! The binaries under measurement, started as an operator would start them.

use std::{
    collections::HashMap,
    fs,
    io::{self, BufRead, BufReader},
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, ensure};
use cordboard_discord::Discord;
use cordboard_gateway::{Delivery, Gateway, Status};
use cordboard_tests::Client;
use hyper::Method;
use parking_lot::Mutex;
use secrecy::SecretString;
use serde_json::Value;
use tempfile::TempDir;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

const KEY: &str = "sk-bench";

/// The programs, built for release.
#[derive(Debug)]
pub(crate) struct Binaries {
    folder: PathBuf,
}

impl Binaries {
    pub(crate) fn build() -> anyhow::Result<Self> {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .parent()
            .context("a target folder")?;
        let status = Command::new(env!("CARGO"))
            .args([
                "build",
                "--release",
                "-p",
                "cordboard-proxy",
                "-p",
                "cordboard-maintenance",
                "-p",
                "cordboard-simulator-bin",
            ])
            .arg("--target-dir")
            .arg(target)
            .status()?;
        ensure!(status.success(), "the binaries do not build");
        Ok(Self {
            folder: target.join("release"),
        })
    }

    /// How long the demo takes to say that it is ready.
    pub(crate) fn time_demo(&self) -> anyhow::Result<Duration> {
        let began = Instant::now();
        let arguments = ["--demo", "--listen", "127.0.0.1:0"];
        Process::start(&self.folder.join("cordboard-proxy"), &arguments)?.first_line()?;
        Ok(began.elapsed())
    }
}

/// A child that is killed when dropped.
#[derive(Debug)]
pub(crate) struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Process {
    fn start(program: &Path, arguments: &[&str]) -> anyhow::Result<Self> {
        let child = Command::new(program)
            .args(arguments)
            .env("CORDBOARD_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| program.display().to_string())?;
        Ok(Self(child))
    }

    fn first_line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        let stdout = self.0.stdout.as_mut().context("stdout is piped")?;
        BufReader::new(stdout).read_line(&mut line)?;
        Ok(line)
    }

    /// User and system time so far (`/proc/PID/stat`, in ticks of 10 ms).
    pub(crate) fn processor_time(&self) -> anyhow::Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0.id()))?;
        let fields = stat.rsplit_once(')').context("a stat line")?.1;
        let ticks: u64 = fields
            .split_whitespace()
            .skip(11)
            .take(2)
            .flat_map(str::parse::<u64>)
            .sum();
        Ok(Duration::from_millis(ticks * 10))
    }

    /// The most memory that was resident (`VmHWM`).
    pub(crate) fn peak_memory(&self) -> anyhow::Result<String> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .context("VmHWM")?;
        let kibibytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(format!("{:.1} MiB", kibibytes / 1024.0))
    }
}

/// A simulator and a proxy in front of it, each a process.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) proxy: Process,
    address: SocketAddr,
    me: Value,
    _simulator: Process,
    folder: TempDir,
}

impl Pair {
    pub(crate) fn start(binaries: &Binaries, simulator_toml: &str) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let setup = folder.path().join("simulator.toml");
        fs::write(&setup, simulator_toml)?;
        let mut simulator = Process::start(
            &binaries.folder.join("cordboard-simulator"),
            &[
                "--listen",
                "127.0.0.1:0",
                "--config",
                &setup.display().to_string(),
            ],
        )?;
        let me: Value = serde_json::from_str(&simulator.first_line()?)?;
        // Freed at once and taken by the proxy: good enough on a machine that is being measured.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let config = folder.path().join("cordboard.toml");
        let text = configuration(&me, address, folder.path());
        fs::write(&config, &text)?;
        // An installation without a proxy, and what another proxy was told.
        let alone = text.replace("cordboard.db", "alone.db");
        fs::write(folder.path().join("alone.toml"), alone)?;
        let old = "BOT_TOKEN=t\nGUILD_ID=1190000000000000796\nCOZE_BOT_ID=1190000000000000007\n";
        fs::write(folder.path().join("old.env"), old)?;
        let proxy = Process::start(
            &binaries.folder.join("cordboard-proxy"),
            &["--config", &config.display().to_string()],
        )?;
        Ok(Self {
            proxy,
            address,
            me,
            _simulator: simulator,
            folder,
        })
    }

    /// How long a command of the maintenance binary takes to say something, on either of its outputs; then it
    /// is killed. In the command `FOLDER` is the pair's folder, and `CHANNEL` a channel of the guild.
    pub(crate) fn time_command(
        &self,
        binaries: &Binaries,
        command: &str,
    ) -> anyhow::Result<Duration> {
        let folder = self.folder.path().display().to_string();
        let channel = self.me["default_channel_id"].as_str();
        let command = command
            .replace("FOLDER", &folder)
            .replace("CHANNEL", channel.context("a channel")?);
        let mut arguments: Vec<&str> = command.split(' ').collect();
        let config = format!("{folder}/cordboard.toml");
        if !arguments.contains(&"--config") {
            arguments.extend(["--config", &config]);
        }
        let (said, says) = io::pipe()?;
        let began = Instant::now();
        let mut process = Command::new(binaries.folder.join("cordboard-maintenance"));
        let child = process
            .args(&arguments)
            .stdout(says.try_clone()?)
            .stderr(says)
            .spawn()?;
        let mut running = Process(child);
        // Its ends of the pipe, of which a process that says nothing would leave us one.
        drop(process);
        let mut line = String::new();
        BufReader::new(said).read_line(&mut line)?;
        let took = began.elapsed();
        // One that has nothing to say was waited for to its end.
        ensure!(
            !line.is_empty() || running.0.wait()?.success(),
            "it fails and says nothing"
        );
        Ok(took)
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.address, KEY)
    }

    pub(crate) async fn ready(&self) -> anyhow::Result<()> {
        for _ in 0..1_000 {
            if self
                .client()
                .send(Method::GET, "/healthz", "")
                .await
                .is_ok()
            {
                return Ok(());
            }
            sleep(Duration::from_millis(10)).await;
        }
        anyhow::bail!("the proxy is not ready after ten seconds")
    }
}

fn configuration(me: &Value, address: SocketAddr, folder: &Path) -> String {
    format!(
        r#"
listen = "{address}"
[discord]
token = {token}
guild_id = {guild_id}
rest_url = {rest_url}
gateway_url = {gateway_url}
requests_per_second = 10000
[store]
url = "sqlite:{store}"
[channels]
delete_after = "100ms"
[[bots]]
name = "bench"
user_id = {bot}
models = ["bench"]
default_channel_id = {channel}
[[keys]]
name = "bench"
secret = "{KEY}"
"#,
        token = me["token"],
        guild_id = me["guild_id"],
        rest_url = me["rest_url"],
        gateway_url = me["gateway_url"],
        bot = me["bots"][0]["user_id"],
        channel = me["default_channel_id"],
        store = folder.join("cordboard.db").display(),
    )
}

/// When the bot's first message of each token was seen by a gateway session of our own.
pub(crate) type Seen = Arc<Mutex<HashMap<String, Instant>>>;

/// Watches the simulator's gateway beside the proxy.
pub(crate) async fn observe(pair: &Pair) -> anyhow::Result<Seen> {
    drop(rustls::crypto::ring::default_provider().install_default());
    let text = |key: &str| {
        pair.me[key]
            .as_str()
            .map(str::to_owned)
            .context("an introduction")
    };
    let token = SecretString::from(text("token")?);
    let directory = Discord::new(&cordboard_discord::Settings {
        rest_url: Some(text("rest_url")?),
        ..cordboard_discord::Settings::new(token.clone())
    })?;
    let settings = cordboard_gateway::Settings {
        gateway_url: Some(text("gateway_url")?),
        ..cordboard_gateway::Settings::new(token)
    };
    let (hub, gateway) = Gateway::new(settings, directory);
    let mut messages = hub.watch(&["MESSAGE_CREATE"]);
    let mut status = hub.status();
    let bot = pair.me["bots"][0]["user_id"].clone();
    let seen = Seen::default();
    let record = Arc::clone(&seen);
    #[expect(
        clippy::disallowed_methods,
        reason = "a program of its own, which ends with main"
    )]
    tokio::spawn(gateway.run(CancellationToken::new()));
    #[expect(
        clippy::disallowed_methods,
        reason = "a program of its own, which ends with main"
    )]
    tokio::spawn(async move {
        while let Some(delivery) = messages.next().await {
            let now = Instant::now();
            let Delivery::Dispatch(dispatch) = delivery else {
                continue;
            };
            let Ok(message) = serde_json::from_str::<Value>(dispatch.data.get()) else {
                continue;
            };
            let content = message["content"].as_str().unwrap_or_default();
            if message["author"]["id"] == bot
                && let Some(from) = content.find("token-")
            {
                let token = content[from..].split_inclusive('-').take(2).collect();
                record.lock().entry(token).or_insert(now);
            }
        }
    });
    timeout(Duration::from_secs(10), status.wait_for(Status::is_ready)).await??;
    Ok(seen)
}
