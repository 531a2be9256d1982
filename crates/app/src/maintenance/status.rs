//! How a running proxy is, as it says itself.

mod samples;

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde::Serialize;
use serde_json::{Map, Value};

pub(crate) use self::samples::samples;
use super::{Maintenance, asking::ProxyAddress};
use crate::{Config, ConfigError, Failed, config::Problem};

/// Debts that are told one by one; all of them are counted.
const DEBTS_TOLD: usize = 20;

/// Which proxy is asked, and with what.
#[derive(Debug, Default)]
pub struct StatusRequest {
    /// Where it is (`http://…`); `None`: where the configuration lets it listen.
    pub url: Option<String>,
    /// A key with the scope `admin`; `None`: the first one of the configuration, which is sent to this
    /// machine only, or to where the configuration lets it listen.
    pub key: Option<SecretString>,
}

/// How a proxy is.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Status {
    /// Where it was asked.
    pub url: String,
    /// What it says at `/healthz`.
    pub health: Map<String, Value>,
    /// Whether new conversations can begin.
    pub is_ready: bool,
    /// Why not.
    pub causes: Vec<StatusCause>,
    /// What keeps it from doing all of its work, by name, also when that stops nothing.
    pub conditions: Vec<String>,
    /// How many channels stand at each stage; empty without a key.
    pub channels: BTreeMap<String, u64>,
    /// How many were settled since its start, and how; empty without a key.
    pub ended: BTreeMap<String, u64>,
    /// The channels that should be gone; `None` without a key.
    pub debts: Option<DebtsReport>,
    /// Why something is left out.
    pub left_out: Option<String>,
    /// What somebody should look at.
    pub findings: Vec<String>,
    /// `/metrics`, line by line.
    #[serde(skip)]
    pub(crate) metrics: Vec<String>,
}

/// A cause for not being ready.
#[derive(Clone, Debug, Serialize)]
pub struct StatusCause {
    /// For programs.
    pub name: String,
    /// For people.
    pub detail: String,
}

/// What Discord still owes.
#[derive(Clone, Debug, Serialize)]
pub struct DebtsReport {
    /// How many stand at each stage.
    pub counts: BTreeMap<String, u64>,
    /// Whether deletions are allowed.
    pub deletions_enabled: bool,
    /// The first of them, as the proxy tells them.
    pub first: Vec<Value>,
}

// === impl Maintenance ===

impl Maintenance {
    /// Asks a running proxy how it is.
    ///
    /// # Errors
    /// When it cannot be reached, or what was asked for makes no sense.
    pub async fn status(&self, request: &StatusRequest) -> Result<Status, Failed> {
        self.teller.tell("asking the proxy");
        ask(&self.config, request).await
    }
}

pub(crate) async fn ask(config: &Config, request: &StatusRequest) -> Result<Status, Failed> {
    let address = address(config, request.url.as_deref())?;
    let key = key(config, request, &address);
    let mut status = Status {
        url: address.url(),
        ..Status::default()
    };
    let health = address.get("/healthz", None).await?;
    let Ok(Value::Object(told)) = serde_json::from_slice(&health.body) else {
        return Err(strange(&address, "/healthz", health.status));
    };
    if told.get("service").and_then(Value::as_str) != Some("cordboard") {
        return Err(strange(&address, "/healthz", health.status));
    }
    status.health = told;
    if health.status != 200 {
        status.findings.push("the process is stuck".to_owned());
    }
    status.readiness(&address).await?;
    if let Some(key) = key {
        status.inside(&address, key).await?;
    } else {
        let why = match &config.admin_key {
            Some(_) => "the key of the configuration is sent to this machine only",
            None => "no key with the scope admin is in the configuration",
        };
        let why = format!("counts and debts are left out: {why}; name one with --key-file");
        status.left_out = Some(why);
    }
    status.judge();
    Ok(status)
}

fn address(config: &Config, url: Option<&str>) -> Result<ProxyAddress, Failed> {
    let (key, address) = match url {
        Some(url) => ("--url", ProxyAddress::of_url(url)),
        None => ("listen", ProxyAddress::of_listen(config.listen)),
    };
    address.map_err(|matter| {
        let fix = "name the proxy's address, such as --url http://127.0.0.1:7077";
        Failed::Config(ConfigError::Unusable {
            problems: vec![Problem::new(key, matter, fix)],
        })
    })
}

fn key<'a>(
    config: &'a Config,
    request: &'a StatusRequest,
    address: &ProxyAddress,
) -> Option<&'a SecretString> {
    let is_ours = || {
        let own = ProxyAddress::of_listen(config.listen);
        address.is_loopback() || own.is_ok_and(|own| own == *address)
    };
    let own = || config.admin_key.as_ref().filter(|_| is_ours());
    request.key.as_ref().or_else(own)
}

/// Whatever answers there is no proxy of ours.
fn strange(address: &ProxyAddress, path: &str, status: u16) -> Failed {
    Failed::ProxyAway {
        url: address.url(),
        source: format!("what answers at {path} is not cordboard (status {status})").into(),
    }
}

// === impl Status ===

impl Status {
    async fn readiness(&mut self, address: &ProxyAddress) -> Result<(), Failed> {
        let answer = address.get("/readyz", None).await?;
        let Ok(told) = serde_json::from_slice::<Value>(&answer.body) else {
            return Err(strange(address, "/readyz", answer.status));
        };
        self.is_ready = answer.status == 200;
        let text = |cause: &Value, field: &str| {
            let text = cause[field].as_str().unwrap_or_default();
            text.to_owned()
        };
        let causes = told["causes"].as_array().into_iter().flatten();
        self.causes = causes
            .map(|cause| StatusCause {
                name: text(cause, "name"),
                detail: text(cause, "detail"),
            })
            .collect();
        Ok(())
    }

    /// What only a key opens.
    async fn inside(&mut self, address: &ProxyAddress, key: &SecretString) -> Result<(), Failed> {
        let answer = address.get("/metrics", Some(key)).await?;
        if answer.status != 200 {
            let why = match answer.status {
                401 => "the proxy does not know the key",
                403 => "the key has not the scope admin",
                _ => "the proxy does not tell them now",
            };
            self.left_out = Some(format!("counts and debts are left out: {why}"));
            if matches!(answer.status, 401 | 403) {
                self.findings.push(why.to_owned());
            }
            return Ok(());
        }
        let text = String::from_utf8_lossy(&answer.body);
        for sample in samples(&text) {
            let label = |name: &str| sample.labels.get(name).cloned().unwrap_or_default();
            match sample.name {
                "cordboard_channels" => {
                    self.channels.insert(label("stage"), sample.value);
                }
                "cordboard_channels_ended_total" => {
                    self.ended.insert(label("how"), sample.value);
                }
                "cordboard_degraded" if sample.value > 0 => {
                    self.conditions.push(label("condition"));
                }
                _ => {}
            }
        }
        self.metrics = text.lines().map(str::to_owned).collect();
        let path = format!("/admin/v1/debts?limit={DEBTS_TOLD}");
        let answer = address.get(&path, Some(key)).await?;
        let told = serde_json::from_slice::<Value>(&answer.body).unwrap_or_default();
        if answer.status != 200 || !told["counts"].is_object() {
            let why = format!("the list of debts is left out: status {}", answer.status);
            self.findings.push(why);
            return Ok(());
        }
        let counts = told["counts"].as_object().into_iter().flatten();
        self.debts = Some(DebtsReport {
            counts: counts
                .map(|(stage, count)| (stage.clone(), count.as_u64().unwrap_or_default()))
                .collect(),
            deletions_enabled: told["deletions"]["enabled"].as_bool().unwrap_or_default(),
            first: told["debts"].as_array().cloned().unwrap_or_default(),
        });
        Ok(())
    }

    /// What somebody should look at.
    fn judge(&mut self) {
        for cause in &self.causes {
            let finding = format!("{}: {}", cause.name, cause.detail);
            self.findings.push(finding);
        }
        if !self.is_ready && self.causes.is_empty() {
            self.findings
                .push("it is not ready, and does not say why".to_owned());
        }
        let told = |name: &String| self.causes.iter().any(|cause| cause.name == *name);
        let more: Vec<String> = self
            .conditions
            .iter()
            .filter(|name| !told(name))
            .cloned()
            .collect();
        self.findings.extend(more);
        let Some(debts) = &self.debts else { return };
        for stage in ["condemned", "parked", "quarantined"] {
            let count = debts.counts.get(stage).copied().unwrap_or_default();
            if count > 0 {
                self.findings.push(format!("debts: {count} {stage}"));
            }
        }
    }
}
