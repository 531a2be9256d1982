//! What helps somebody else to see what is wrong, safe to paste: no secret, no content, and nobody's
//! home directory.
//!
//! What goes in is chosen piece by piece; free text, such as a reason that Discord or a bot has written,
//! does not. At the end all of it is searched once more for the secrets that are known.

mod redaction;

use std::{collections::BTreeMap, path::Path};

use secrecy::SecretString;
use serde::Serialize;
use serde_json::Value;

use self::redaction::{Scrubber, redacted};
use super::{
    Maintenance,
    status::{self, StatusRequest},
    store::StoreCheck,
};
use crate::{
    Environment, Failed,
    config::read_whole,
    error::chain,
    limits::{BUNDLED_ACTS, BUNDLED_LINES, CONFIG_FILE_BYTES_MAX},
    settings,
};

/// What a bundle is made of.
#[derive(Debug)]
pub struct SupportRequest<'a> {
    /// The configuration file, as it is on its disk.
    pub path: &'a Path,
    /// The environment that was laid over it.
    pub environment: &'a Environment,
    /// Where a running proxy is, and a key for it, as for `status`.
    pub status: StatusRequest,
}

/// What helps somebody else to see what is wrong. Nothing in it is secret.
#[derive(Clone, Debug, Serialize)]
pub struct SupportBundle {
    /// The whole, as JSON: already searched for secrets.
    #[serde(flatten)]
    pub content: BTreeMap<&'static str, Value>,
}

/// Makes a bundle. A configuration that cannot be used is told, and what needs one left out;
/// everything that fails is told in its place.
pub async fn support_bundle(
    request: SupportRequest<'_>,
    maintenance: Result<Maintenance, Failed>,
) -> SupportBundle {
    let text = read_whole(request.path, CONFIG_FILE_BYTES_MAX);
    let text = text.unwrap_or_default();
    let mut scrubber = Scrubber::new(request.environment);
    let mut content = BTreeMap::from([
        ("versions", versions()),
        ("environment", names(request.environment)),
        ("configuration", redacted(&text, &mut scrubber)),
    ]);
    scrubber.learn(request.status.key.as_ref());
    match maintenance {
        Ok(maintenance) => {
            scrubber.learn(Some(&maintenance.config.discord.token));
            scrubber.learn(maintenance.config.admin_key.as_ref());
            content.insert(
                "doctor",
                json(&maintenance.doctor(false, &|_| ()).await.findings),
            );
            content.insert("store", maintenance.of_store().await);
            content.insert("journal", maintenance.of_journal().await);
            content.insert("acts", maintenance.of_acts().await);
            let asked = status::ask(&maintenance.config, &request.status).await;
            content.insert("proxy", proxy(asked));
        }
        Err(failed) => {
            content.insert("configuration_error", chain(&failed).into());
        }
    }
    for value in content.values_mut() {
        scrubber.scrub(value);
    }
    SupportBundle { content }
}

/// Who made it, and on what.
fn versions() -> Value {
    serde_json::json!({
        "cordboard": env!("CARGO_PKG_VERSION"),
        "os": std::env::consts::OS,
        "architecture": std::env::consts::ARCH,
    })
}

/// The names of our variables: their values may be secret.
fn names(environment: &Environment) -> Value {
    let names = environment.with_prefix("CORDBOARD");
    names
        .map(|(rest, _)| Value::String(format!("CORDBOARD{rest}")))
        .collect()
}

fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

fn trouble(error: &dyn std::error::Error) -> Value {
    serde_json::json!({ "trouble": chain(error) })
}

/// What a running proxy says, without the debts themselves: their reasons are free text.
fn proxy(asked: Result<status::Status, Failed>) -> Value {
    let status = match asked {
        Ok(status) => status,
        Err(failed) => return trouble(&failed),
    };
    let counted = |line: &&String| !line.starts_with('#');
    serde_json::json!({
        "health": status.health,
        "is_ready": status.is_ready,
        "causes": status.causes.iter().map(|cause| &cause.name).collect::<Vec<_>>(),
        "conditions": status.conditions,
        "debts": status.debts.as_ref().map(|debts| &debts.counts),
        "deletions_enabled": status.debts.as_ref().map(|debts| debts.deletions_enabled),
        "left_out": status.left_out,
        "metrics": status.metrics.iter().filter(counted).collect::<Vec<_>>(),
    })
}

// === impl Maintenance ===

impl Maintenance {
    async fn of_store(&self) -> Value {
        let check: Result<StoreCheck, Failed> = self.store_check().await;
        check.map_or_else(|failed| trouble(&failed), |check| json(&check))
    }

    /// What happened last to channels, without the reasons.
    async fn of_journal(&self) -> Value {
        let settings = settings::store(&self.config);
        let lines = async {
            let peek = cordboard_store::Peek::open(&self.config.store, settings).await?;
            peek.journal(BUNDLED_LINES).await
        };
        match lines.await {
            Ok(lines) => lines
                .iter()
                .map(|line| {
                    serde_json::json!({
                        "at_ms": line.at_ms,
                        "attempt": line.attempt.to_string(),
                        "before": line.before,
                        "stage": line.stage.name(),
                        "event": line.event_name(),
                        "channel_id": line.stage.channel_id().map(|id| id.to_string()),
                        "epoch": line.owner.epoch,
                        "has_reason": line.reason.is_some(),
                    })
                })
                .collect(),
            Err(error) => trouble(&error),
        }
    }

    /// What was written to Discord last, without the reasons.
    async fn of_acts(&self) -> Value {
        let path = cordboard_store::Daybook::path(&self.config.store);
        if !path.is_some_and(|path| path.exists()) {
            return Value::Array(Vec::new());
        }
        let acts = match self.daybook().await {
            Ok(daybook) => daybook.acts().await,
            Err(failed) => return trouble(&failed),
        };
        match acts {
            Ok(acts) => acts
                .iter()
                .take(BUNDLED_ACTS)
                .map(|acted| {
                    serde_json::json!({
                        "at_ms": acted.act.at_ms,
                        "actor": redaction::word(&acted.act.actor),
                        "action": redaction::word(&acted.act.action),
                        "guild_id": acted.act.guild_id.to_string(),
                        "subject": redaction::word(&acted.act.subject),
                        "outcome": acted.outcome.as_deref().map(redaction::word),
                    })
                })
                .collect(),
            Err(error) => trouble(&error),
        }
    }
}

// === impl SupportBundle ===

impl SupportBundle {
    /// The bundle as one text.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

// === impl StatusRequest ===

impl StatusRequest {
    /// With the key in a file, which holds it and nothing else.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn with_key_file(mut self, path: Option<&Path>) -> Result<Self, Failed> {
        if let Some(path) = path {
            let text = read_whole(path, crate::limits::SECRET_FILE_BYTES_MAX);
            let text = text.map_err(|source| Failed::System {
                what: format!("to read {}", path.display()),
                source,
            })?;
            self.key = Some(SecretString::from(text.trim()));
        }
        Ok(self)
    }
}
