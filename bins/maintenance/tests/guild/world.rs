//! A simulated Discord, a folder with a configuration, and the binary.

use std::{
    fs,
    io::{BufRead as _, BufReader, PipeReader},
    net::Ipv4Addr,
    process::{Child, Command, Output, Stdio},
    time::{Duration, SystemTime},
};

use cordboard_simulator::{ChannelTruth, Config, Fault, Simulator};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{net::TcpListener, runtime::Runtime};

/// How often a state is looked at before a test gives up on it: two minutes, on however slow a machine.
const LOOKS_MAX: usize = 6_000;

pub(crate) const DELETE: &str = "DELETE /channels/{channel_id}";

/// A simulated Discord, and a folder with a configuration that leads there.
pub(crate) struct World {
    pub(crate) discord: Simulator,
    pub(crate) folder: TempDir,
    _runtime: Runtime,
}

/// The binary at work; killed when dropped.
pub(crate) struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The binary at work, and all that it says.
pub(crate) struct Together {
    told: BufReader<PipeReader>,
    _running: Running,
}

// === impl World ===

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Config::default())
    }

    pub(crate) fn with(mut config: Config) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        config.start_ms = now_ms();
        let discord = Simulator::new(config);
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
        let serving = {
            let _inside = runtime.enter();
            discord.serve(listener.unwrap(), std::future::pending())
        };
        drop(runtime.spawn(serving));
        let world = Self {
            discord,
            folder: tempfile::tempdir().unwrap(),
            _runtime: runtime,
        };
        world.configure("");
        world
    }

    /// Writes the configuration, with more at its end.
    pub(crate) fn configure(&self, more: &str) {
        let me = self.discord.introduction();
        let text = format!(
            r#"
listen = "127.0.0.1:0"
discord = {{ token = "{}", guild_id = "{}", rest_url = "{}", gateway_url = "{}" }}
store.url = "sqlite:cordboard.db"
keys = [{{ name = "k", secret = "sk-test" }}]
[[bots]]
name = "friend"
user_id = "{}"
models = ["demo"]
default_channel_id = "{}"
{more}"#,
            me.token,
            me.guild_id,
            me.rest_url,
            me.gateway_url,
            me.bots[0].user_id,
            me.default_channel_id,
        );
        fs::write(self.folder.path().join("cordboard.toml"), text).unwrap();
    }

    /// Replaces something in the configuration.
    pub(crate) fn reconfigure(&self, from: &str, to: &str) {
        let path = self.folder.path().join("cordboard.toml");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(path, text.replace(from, to)).unwrap();
    }

    fn command(&self, command: &str) -> Command {
        let mut process = Command::new(env!("CARGO_BIN_EXE_cordboard-maintenance"));
        process.current_dir(self.folder.path());
        process.args(command.split(' '));
        process.env_clear().env("HOME", self.folder.path());
        process
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, command: &str) -> Output {
        self.command(command).output().unwrap()
    }

    /// Runs a command to its end, with its standard output into something else.
    pub(crate) fn run_into(&self, stdout: impl Into<Stdio>, command: &str) -> Output {
        let mut process = self.command(command);
        process.stdout(stdout).stderr(Stdio::piped());
        process.spawn().unwrap().wait_with_output().unwrap()
    }

    /// Runs a command to its end, and takes what it printed, if it ended with this code.
    pub(crate) fn expect(&self, code: i32, command: &str) -> String {
        let output = self.run(command);
        assert_eq!(output.status.code(), Some(code), "{command}: {output:?}");
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
    }

    /// Begins with a command.
    pub(crate) fn start(&self, command: &str, variables: &[(&str, &str)]) -> Running {
        let mut process = self.command(command);
        process.envs(variables.iter().copied());
        process.stdout(Stdio::piped()).stderr(Stdio::piped());
        Running(process.spawn().unwrap())
    }

    /// Begins with a command that says everything in one place, in the order in which it says it.
    pub(crate) fn start_together(&self, command: &str) -> Together {
        let (told, said) = std::io::pipe().unwrap();
        let mut process = self.command(command);
        process.stdout(said.try_clone().unwrap()).stderr(said);
        Together {
            told: BufReader::new(told),
            _running: Running(process.spawn().unwrap()),
        }
    }

    /// Looks until it is so.
    pub(crate) fn wait_until(&self, what: &str, is_so: impl Fn(&Simulator) -> bool) {
        for _ in 0..LOOKS_MAX {
            if is_so(&self.discord) {
                return;
            }
            pause();
        }
        panic!("waited for {what} in vain: {:?}", self.discord.truth());
    }

    /// Of these channels, those that are there.
    pub(crate) fn alive(&self, of: &[u64]) -> usize {
        alive(&self.discord, of)
    }

    /// All deletions take so long from now on.
    pub(crate) fn slow(&self, route: &str, milliseconds: u64) {
        let slow = Fault::slow_answer(route, Duration::from_millis(milliseconds));
        self.discord.fault(slow.always());
    }

    /// What Discord holds: channels and roles.
    pub(crate) fn holds(&self) -> (Vec<ChannelTruth>, Vec<u64>) {
        let truth = self.discord.truth();
        let roles = truth.roles.iter().filter(|role| role.alive);
        (truth.channels, roles.map(|role| role.id).collect())
    }
}

pub(crate) fn alive(discord: &Simulator, of: &[u64]) -> usize {
    let channels = discord.truth().channels.into_iter();
    channels
        .filter(|channel| channel.alive && of.contains(&channel.id))
        .count()
}

/// The one object of a command that was given `--json`.
pub(crate) fn json(text: &str) -> Value {
    let line = text.lines().next().unwrap_or_default();
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {text}"))
}

// === impl Together ===

impl Together {
    /// What it says first; it is waited for.
    pub(crate) fn first_line(mut self) -> String {
        let mut line = String::new();
        self.told.read_line(&mut line).unwrap();
        line
    }
}

// === impl Running ===

impl Running {
    pub(crate) fn signal(&self, name: &str) {
        let id = self.0.id().to_string();
        let sent = Command::new("kill").args([name, &id]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for its end: its exit code, and all that it printed.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        use std::io::Read as _;
        let mut all = String::new();
        let (mut stdout, mut stderr) =
            (self.0.stdout.take().unwrap(), self.0.stderr.take().unwrap());
        stdout.read_to_string(&mut all).unwrap();
        stderr.read_to_string(&mut all).unwrap();
        (self.0.wait().unwrap().code(), all)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "another process is waited for, on the real clock"
)]
fn pause() {
    std::thread::sleep(Duration::from_millis(20));
}

#[expect(
    clippy::disallowed_methods,
    reason = "the simulator's clock is to be that of the binary"
)]
fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    u64::try_from(now.unwrap().as_millis()).unwrap()
}
