//! How is a running proxy?

use std::{
    io::{self, Write},
    path::PathBuf,
};

use clap::Args;
use cordboard_app::maintenance::status::{self, StatusRequest};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    context::Context,
    exit::{Ended, Outcome},
    output::{Report, table},
};

/// Ask a running proxy how it is: health, readiness, counts and debts.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: cordboard-maintenance status --config cordboard.toml\n\
Exit codes: 0 ready and nothing to look at, 1 findings, 4 no proxy answers."
)]
pub(crate) struct Status {
    #[command(flatten)]
    proxy: ProxyArgs,
}

/// Where a proxy is, and the key for it.
#[derive(Debug, Args)]
pub(crate) struct ProxyArgs {
    /// Where the proxy is, if not where the configuration lets it listen.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// A file with a key that has the scope `admin`. Without it, the first one of the configuration,
    /// which is sent to this machine only.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

#[derive(Serialize)]
#[serde(transparent)]
struct Told(status::Status);

// === impl ProxyArgs ===

impl ProxyArgs {
    pub(crate) fn request(self) -> Result<StatusRequest, cordboard_app::Failed> {
        let request = StatusRequest {
            url: self.url,
            key: None,
        };
        request.with_key_file(self.key_file.as_deref())
    }
}

// === impl Status ===

impl Status {
    pub(crate) async fn run(self, context: &Context) -> Ended {
        let maintenance = context.maintenance("status")?;
        let status = maintenance.status(&self.proxy.request()?).await?;
        let is_well = status.findings.is_empty();
        context.output.report(&Told(status));
        Ok(if is_well {
            Outcome::Done
        } else {
            Outcome::Findings
        })
    }
}

impl Report for Told {
    fn tell(&self, out: &mut dyn Write) -> io::Result<()> {
        let status = &self.0;
        let text = |name: &str| match status.health.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
            None => "?".to_owned(),
        };
        let ready = if status.is_ready {
            "ready"
        } else {
            "not ready"
        };
        writeln!(
            out,
            "{} is {ready}: version {}, up for {} s, gateway {}",
            status.url,
            text("version"),
            text("uptime_seconds"),
            gateway(&status.health)
        )?;
        if let Some(lapse) = lapse(&status.health) {
            writeln!(out, "{lapse}")?;
        }
        let counted = status.channels.iter().chain(&status.ended);
        let counted: Vec<Vec<String>> = counted
            .filter(|(_, count)| **count > 0)
            .map(|(stage, count)| vec![stage.clone(), count.to_string()])
            .collect();
        if !counted.is_empty() {
            writeln!(out, "\n{}", table(&["channels", "count"], counted))?;
        }
        if let Some(debts) = &status.debts {
            if !debts.deletions_enabled {
                writeln!(out, "\nan operator holds all deletions")?;
            }
            for debt in &debts.first {
                let of = |name: &str| debt[name].as_str().unwrap_or("-").to_owned();
                let (stage, channel) = (of("stage"), of("channel_id"));
                writeln!(out, "debt  {stage} channel {channel}: {}", of("reason"))?;
            }
        }
        for finding in &status.findings {
            writeln!(out, "WRONG {finding}")?;
        }
        if let Some(left_out) = &status.left_out {
            writeln!(out, "{left_out}")?;
        }
        Ok(())
    }
}

/// How the gateway stands, and why.
fn gateway(health: &Map<String, Value>) -> String {
    let text = |name: &str| health.get(name).and_then(Value::as_str);
    let state = text("gateway").unwrap_or("?");
    match text("gateway_why") {
        Some(why) => format!("{state} ({why})"),
        None => state.to_owned(),
    }
}

/// When events may have been lost last.
fn lapse(health: &Map<String, Value>) -> Option<String> {
    let lapse = health.get("gateway_last_lapse")?;
    let why = lapse["why"].as_str()?;
    let ago = lapse["ended_seconds_ago"].as_u64()?;
    Some(format!(
        "events may have been lost up to {ago} s ago: {why}"
    ))
}
