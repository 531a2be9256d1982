//! How soon each command of the maintenance binary says something, beside a proxy at work.

use anyhow::Context as _;

use crate::{
    measure::{Samples, Table},
    processes::{Binaries, Pair},
};

/// Each command that a shell waits for; what changes something is shown as a plan. Of those that are an order,
/// `channels protect` stands for all: a running proxy looks for orders once a second, which is said at once.
const COMMANDS: [&str; 27] = [
    "--help",
    "doctor",
    "doctor --probe",
    "status",
    "budget show",
    "channels list",
    "channels audit",
    "channels sweep",
    "channels adopt --legacy-prefix cdp-chat-",
    "channels protect CHANNEL",
    "messages backfill --beginning",
    "messages export",
    "messages cursors list",
    "messages gaps list",
    "messages consumers list",
    "roles remove --name temp-*",
    "keepalive list",
    "keepalive run",
    "alerts list",
    "store check",
    "store backup --to FOLDER/backup-START",
    "store migrate --config FOLDER/alone.toml",
    "import coze-discord-proxy --env-file FOLDER/old.env --output -",
    "support-bundle",
    "serve",
    "completions bash",
    "man FOLDER",
];

/// Starts of each.
const STARTS: usize = 10;

/// From the start of the process to its first line.
pub(crate) async fn first_output(binaries: &Binaries, table: &mut Table) -> anyhow::Result<()> {
    let pair = Pair::start(binaries, "[[bots]]\nscript = \"instant\"\n")?;
    pair.ready().await?;
    for command in COMMANDS {
        let mut samples = Samples::default();
        for start in 0..STARTS {
            let command = command.replace("START", &start.to_string());
            let took = pair.time_command(binaries, &command);
            samples.push(took.with_context(|| command.clone())?);
        }
        let what = format!("`{command}`, first output, slowest of {STARTS}");
        table.row(&what, "<= 300 ms", samples.percentile(100));
    }
    Ok(())
}
