//! How soon each command of the maintenance binary says something, beside a proxy at work.

use anyhow::Context as _;

use crate::{
    measure::{Samples, Table},
    processes::{Binaries, Pair},
};

/// Each command that a shell waits for; what changes something is shown as a plan. Of those that are an order,
/// `channels protect` stands for all: a running proxy looks for orders once a second.
const COMMANDS: [&str; 18] = [
    "--help",
    "doctor",
    "status",
    "budget show",
    "channels list",
    "channels audit",
    "channels sweep",
    "channels adopt --legacy-prefix cdp-chat-",
    "channels protect 1087394857203948572",
    "messages cursors list",
    "messages gaps list",
    "messages consumers list",
    "roles remove --name temp-*",
    "keepalive list",
    "alerts list",
    "store check",
    "support-bundle",
    "completions bash",
];

/// Starts of each.
const STARTS: usize = 10;

/// From the start of the process to its first line.
pub(crate) async fn first_output(binaries: &Binaries, table: &mut Table) -> anyhow::Result<()> {
    let pair = Pair::start(binaries, "[[bots]]\nscript = \"instant\"\n")?;
    pair.ready().await?;
    for command in COMMANDS {
        let mut samples = Samples::default();
        for _ in 0..STARTS {
            let took = pair.time_command(binaries, command);
            samples.push(took.with_context(|| command.to_owned())?);
        }
        let aim = if command.starts_with("channels protect") {
            "<= 1.3 s"
        } else {
            "<= 300 ms"
        };
        let what = format!("`{command}`, first output, slowest of {STARTS}");
        table.row(&what, aim, samples.percentile(100));
    }
    Ok(())
}
