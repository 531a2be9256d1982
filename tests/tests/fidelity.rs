//! Clients that nobody here wrote, against the simulator: if discord.py and discord.js live through
//! a whole story (`tests/fidelity/`), the simulator is Discord enough for us.
//!
//! Real clock, several threads, child processes. The packages are installed into
//! `~/.cache/cordboard-tests`, once per version. A machine without `python3` or `npm` fails.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use anyhow::{Context as _, ensure};
use cordboard_simulator::{Config, Simulator};
use tokio::{net::TcpListener, runtime::Runtime, sync::oneshot};

/// Where the scripts and their requirements are.
const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fidelity");

#[test]
fn discord_py_finds_a_discord() -> anyhow::Result<()> {
    let python = python()?;
    for compression in ["zlib", "zstd"] {
        let story = |simulator: &Simulator| {
            let mut command = Command::new(&python);
            command.arg(format!("{SCRIPTS}/discordpy.py"));
            command.args(arguments(simulator)).arg(compression);
            command
        };
        live_through(story)?;
    }
    Ok(())
}

#[test]
fn discord_js_finds_a_discord() -> anyhow::Result<()> {
    let modules = node_modules()?;
    live_through(|simulator| {
        let mut command = Command::new("node");
        command
            .arg(format!("{SCRIPTS}/discordjs.js"))
            .args(arguments(simulator));
        command.env("NODE_PATH", &modules);
        command
    })
}

/// Runs one client's story against a fresh simulator, then looks at what really happened.
fn live_through(story: impl FnOnce(&Simulator) -> Command) -> anyhow::Result<()> {
    let runtime = Runtime::new()?;
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let simulator = Simulator::new(Config::default());
    let (stop, stopped) = oneshot::channel::<()>();
    let server = runtime.spawn(simulator.serve(listener, async {
        let _ = stopped.await;
    }));
    run(&mut story(&simulator))?;
    drop(stop);
    runtime.block_on(server)?;

    let truth = simulator.truth();
    ensure!(
        truth.counters.identifies == 1,
        "one login: {:?}",
        truth.counters
    );
    ensure!(
        truth.counters.resumes == 1,
        "one resume: {:?}",
        truth.counters
    );
    let ours: Vec<_> = truth
        .channels
        .iter()
        .filter(|channel| channel.name == "fidelity-check")
        .collect();
    ensure!(ours.len() == 1, "one channel was created: {ours:?}");
    let (bot, channel) = (simulator.user_id(), ours[0]);
    ensure!(channel.creator_id == bot, "by the bot: {channel:?}");
    ensure!(
        !channel.alive && channel.deleted_by == Some(bot),
        "and deleted by it: {channel:?}"
    );
    Ok(())
}

/// Address, token and guild, as both scripts take them.
fn arguments(simulator: &Simulator) -> [String; 3] {
    [
        simulator.rest_url(),
        simulator.token(),
        simulator.guild_id().to_string(),
    ]
}

/// A private Python with discord.py in it.
fn python() -> anyhow::Result<PathBuf> {
    let folder = cache()?.join("discordpy");
    install(&folder, &["requirements.txt"], || {
        run(Command::new("python3").args(["-m", "venv"]).arg(&folder))
            .context("python3 with its venv module is needed for the fidelity test")?;
        let mut pip = Command::new(folder.join("bin/python"));
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ]);
        pip.args(["--no-deps", "--requirement"])
            .arg(format!("{SCRIPTS}/requirements.txt"));
        run(&mut pip).context("discord.py cannot be installed")
    })?;
    Ok(folder.join("bin/python"))
}

/// A private folder of Node modules with discord.js in it.
fn node_modules() -> anyhow::Result<PathBuf> {
    let folder = cache()?.join("discordjs");
    install(&folder, &["package.json", "package-lock.json"], || {
        for name in ["package.json", "package-lock.json"] {
            fs::copy(format!("{SCRIPTS}/{name}"), folder.join(name))?;
        }
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund"])
            .current_dir(&folder);
        run(&mut npm).context("npm, and discord.js through it, is needed for the fidelity test")
    })?;
    Ok(folder.join("node_modules"))
}

/// Fills `folder` unless it was filled to the end from the same requirements before.
fn install(
    folder: &Path,
    requirements: &[&str],
    fill: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut wanted = String::new();
    for name in requirements {
        wanted += &fs::read_to_string(format!("{SCRIPTS}/{name}"))?;
    }
    let complete = folder.join("installed.txt");
    if fs::read_to_string(&complete).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    // Half an installation is worse than none.
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    fill()?;
    fs::write(complete, wanted)?;
    Ok(())
}

/// Runs a program to its end; anything but success is an error with all it said.
fn run(command: &mut Command) -> anyhow::Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let Output {
        status,
        stdout,
        stderr,
    } = command
        .output()
        .with_context(|| format!("`{name}` cannot be started; is it installed?"))?;
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&stdout),
        String::from_utf8_lossy(&stderr)
    );
    ensure!(status.success(), "`{name}` ended with {status}:\n{said}");
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a cache of the machine, not a setting of ours"
)]
fn cache() -> anyhow::Result<PathBuf> {
    let home = std::env::var_os("HOME").context("HOME is not set")?;
    Ok(Path::new(&home).join(".cache/cordboard-tests"))
}
