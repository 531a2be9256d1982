//! `[[alerts]]`: who is told when something is wrong.

use std::{collections::BTreeSet, fmt, net::IpAddr, time::Duration};

use cordboard_conversation::Bot;
use cordboard_upkeep::alerts::{
    Kind, Target,
    limits::{REMIND_AFTER, REMIND_AFTER_MIN},
};
use hyper::Uri;
use secrecy::{ExposeSecret as _, SecretString};
use twilight_model::id::{Id, marker::ChannelMarker};

use super::{file, problem::Problem, secret};
use crate::limits::{ALERT_NAME_MAX, ALERT_SECRET_MIN, ALERTS_MAX};

/// Who is told when something is wrong.
#[derive(Clone, Debug)]
pub struct Alert {
    /// Where it is in the configuration, such as `alerts[0]`.
    pub key: String,
    /// Its name, of what, and how often it is reminded (default daily).
    pub target: Target,
    /// Where it is told.
    pub place: AlertPlace,
}

/// Where somebody is told.
#[derive(Clone, Debug)]
pub enum AlertPlace {
    /// By a request to a server.
    Webhook {
        /// Where.
        url: WebhookUrl,
        /// What the request is signed with.
        secret: SecretString,
    },
    /// By a message in a channel, which is protected.
    Channel(Id<ChannelMarker>),
}

/// Where a webhook is: `https`, or `http` on this machine. Whoever knows all of it may be let in by it, so
/// that only its beginning is ever printed.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookUrl(Uri);

// === impl WebhookUrl ===

impl WebhookUrl {
    /// Takes an address, if it is one that may be used.
    fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        let uri: Uri = text.parse().map_err(|_| "is not an address")?;
        let authority = uri.authority().ok_or("is not an address with a host")?;
        if authority.as_str().contains('@') {
            return Err("has a name or a password before its host");
        }
        if text.contains('#') {
            return Err("has a part that begins with #, which is never sent");
        }
        match uri.scheme_str() {
            Some("https") => Ok(Self(uri)),
            Some("http") if is_loopback(authority.host()) => Ok(Self(uri)),
            Some("http") => {
                Err("is http:// and not on this machine, so that anybody could read along")
            }
            _ => Err("begins with neither https:// nor http://"),
        }
    }

    /// All of it, for whoever sends something there.
    pub(crate) fn expose(&self) -> &Uri {
        &self.0
    }
}

/// Only addresses: what a name stands for is not ours to say.
fn is_loopback(host: &str) -> bool {
    let ip = host.trim_matches(['[', ']']).parse::<IpAddr>();
    ip.is_ok_and(|ip| ip.is_loopback())
}

impl fmt::Display for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, authority) = (self.0.scheme_str(), self.0.authority());
        let authority = authority.map_or("", |authority| authority.as_str());
        write!(f, "{}://{authority}/…", scheme.unwrap_or_default())
    }
}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookUrl({self})")
    }
}

/// All that are right.
pub(super) fn alerts(
    files: Vec<file::Alert>,
    bots: &[Bot],
    problems: &mut Vec<Problem>,
) -> Vec<Alert> {
    if files.len() > ALERTS_MAX {
        problems.push(Problem::new(
            "alerts",
            format!("has more than {ALERTS_MAX} elements"),
            "tell fewer, and let one of them tell the others",
        ));
    }
    let mut alerts: Vec<Alert> = Vec::new();
    for (index, file) in files.into_iter().enumerate() {
        let element = format!("alerts[{index}]");
        if alerts.iter().any(|other| other.target.name == file.name) {
            problems.push(Problem::new(
                format!("{element}.name"),
                format!("{:?} is taken by another one", file.name),
                "give each of [[alerts]] a name of its own",
            ));
        }
        alerts.extend(alert(file, element, bots, problems));
    }
    alerts
}

fn alert(
    file: file::Alert,
    element: String,
    bots: &[Bot],
    problems: &mut Vec<Problem>,
) -> Option<Alert> {
    let key: &dyn Fn(&str) -> String = &|field| format!("{element}.{field}");
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if file.name.is_empty() || file.name.len() > ALERT_NAME_MAX || !file.name.chars().all(is_plain)
    {
        problems.push(Problem::new(
            key("name"),
            format!("{:?} is not a plain name", file.name),
            format!("use 1 to {ALERT_NAME_MAX} of A-Z, a-z, 0-9, -, _ and ."),
        ));
    }
    let remind_after = file.remind_after.map_or(REMIND_AFTER, |span| span.0);
    if remind_after < REMIND_AFTER_MIN {
        problems.push(Problem::new(
            key("remind_after"),
            "is so short that reminders alone would be too many",
            format!(
                "write \"{}m\" or more, such as \"24h\"",
                minutes(REMIND_AFTER_MIN)
            ),
        ));
    }
    let kinds = file.kinds.map(|names| kinds(&names, key, problems));
    let place = match (file.url, file.channel_id) {
        (Some(url), None) => {
            let secret = file.secret;
            let file = file.secret_file.as_deref();
            let secret = secret::take(&key("secret"), secret, file, problems);
            webhook(&url, secret, key, problems)
        }
        (None, Some(id)) => {
            if file.secret.is_some() || file.secret_file.is_some() {
                problems.push(Problem::new(
                    key("secret"),
                    "is set, and messages in a channel are not signed",
                    "remove it, or write url instead of channel_id",
                ));
            }
            Some(channel(id.id(), bots, key, problems))
        }
        (url, _) => {
            let matter = url.map_or("is missing", |_| "is set beside channel_id");
            let fix = "set either url with secret_file, or channel_id";
            problems.push(Problem::new(key("url"), matter, fix));
            None
        }
    };
    let target = Target {
        name: file.name,
        kinds,
        remind_after,
    };
    let place = place?;
    Some(Alert {
        key: element,
        target,
        place,
    })
}

fn minutes(span: Duration) -> u64 {
    span.as_secs() / 60
}

fn kinds(
    names: &[String],
    key: &dyn Fn(&str) -> String,
    problems: &mut Vec<Problem>,
) -> BTreeSet<Kind> {
    let all = || {
        let all = Kind::ALL.iter().filter(|kind| !kind.is_momentary());
        all.map(|kind| kind.name()).collect::<Vec<_>>().join(", ")
    };
    if names.is_empty() {
        problems.push(Problem::new(
            key("kinds"),
            "is empty, so that nothing would be told",
            "leave it out to be told of everything",
        ));
    }
    let mut kinds = BTreeSet::new();
    for name in names {
        match Kind::named(name).filter(|kind| !kind.is_momentary()) {
            Some(kind) => drop(kinds.insert(kind)),
            None => problems.push(Problem::new(
                key("kinds"),
                format!("there is no kind {name:?}"),
                format!("use some of {}", all()),
            )),
        }
    }
    kinds
}

fn webhook(
    url: &SecretString,
    secret: Option<SecretString>,
    key: &dyn Fn(&str) -> String,
    problems: &mut Vec<Problem>,
) -> Option<AlertPlace> {
    // Without the address itself: it may let in whoever knows it.
    let url = WebhookUrl::parse(url.expose_secret()).map_err(|matter| {
        let fix = "write https://…, or http:// to an address such as 127.0.0.1";
        problems.push(Problem::new(key("url"), matter, fix));
    });
    let secret = secret?;
    if secret.expose_secret().trim().chars().count() < ALERT_SECRET_MIN {
        problems.push(Problem::new(
            key("secret"),
            "is so short that it could be guessed",
            format!(
                "use {ALERT_SECRET_MIN} characters or more, such as from `openssl rand -hex 32`"
            ),
        ));
    }
    Some(AlertPlace::Webhook {
        url: url.ok()?,
        secret,
    })
}

fn channel(
    channel_id: Id<ChannelMarker>,
    bots: &[Bot],
    key: &dyn Fn(&str) -> String,
    problems: &mut Vec<Problem>,
) -> AlertPlace {
    let mut of = bots
        .iter()
        .filter(|bot| bot.default_channels().contains(&channel_id));
    if let Some(bot) = of.next() {
        problems.push(Problem::new(
            key("channel_id"),
            format!(
                "is a default channel of the bot {:?}, which might answer",
                bot.name
            ),
            "name a channel that people read",
        ));
    }
    AlertPlace::Channel(channel_id)
}
