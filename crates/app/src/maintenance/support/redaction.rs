//! What is left of a configuration, and of any text, when it is safe to paste.

use std::{collections::BTreeSet, fs, io, path::Path};

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};
use toml::Table;

use crate::{Environment, config::read_whole, limits::SECRET_FILE_BYTES_MAX};

const REDACTED: &str = "<redacted>";

/// Keys whose value is shown whatever it is: words, sizes, times. All others have to look like an id or
/// a time, so that a key that comes later, or is written wrong, hides what it holds.
const SHOWN: [&str; 36] = [
    "listen",
    "requests_per_second",
    "free_min_bytes",
    "delete_after",
    "name_prefix",
    "isolation",
    "guild_max",
    "reserve",
    "start",
    "keep",
    "keep_bytes",
    "conversations",
    "queue",
    "request_timeout",
    "body_bytes",
    "grace",
    "name",
    "models",
    "profile",
    "scopes",
    "quiet",
    "typing",
    "bound",
    "first_answer_timeout",
    "idle_timeout",
    "long_prompt",
    "parts_max",
    "history",
    "edit_mode",
    "schedule",
    "time_zone",
    "jitter",
    "rest_url",
    "gateway_url",
    "kinds",
    "remind_after",
];

/// Keys whose value is a path: its last part is shown if something is there. Otherwise it may be the
/// secret itself, pasted where the name of its file belongs.
const PATHS: [&str; 3] = ["token_file", "secret_file", "key_file"];

/// Where people have their homes. In two parts, so that no machine is named here.
const HOMES: [&str; 3] = [concat!("/ho", "me/"), "/Users/", concat!("/ro", "ot")];

/// Shorter ones would take ordinary words out of everything.
const SECRET_CHARS_MIN: usize = 6;

/// What takes known secrets and home directories out of any text.
#[derive(Debug, Default)]
pub(super) struct Scrubber {
    /// The longest first: one may be part of another.
    secrets: BTreeSet<(std::cmp::Reverse<usize>, String)>,
    home: Option<String>,
}

// === impl Scrubber ===

impl Scrubber {
    /// Knows this home directory, and what our own variables are set to.
    pub(super) fn new(environment: &Environment) -> Self {
        let home = environment
            .get("HOME")
            .map(|home| home.trim_end_matches('/'));
        let mut scrubber = Self {
            home: home.filter(|home| home.len() > 1).map(str::to_owned),
            ..Self::default()
        };
        for (name, value) in environment.with_prefix("CORDBOARD__") {
            let key = name.rsplit("__").next().unwrap_or_default();
            scrubber.learn_value(&key.to_ascii_lowercase(), value);
        }
        scrubber
    }

    pub(super) fn learn(&mut self, secret: Option<&SecretString>) {
        if let Some(secret) = secret {
            self.learn_text(secret.expose_secret());
        }
    }

    /// What is set under a key that is not shown, and what is in the file that it names.
    fn learn_value(&mut self, key: &str, value: &str) {
        let is_of_secret = key.ends_with("_file") && key != "key_file";
        if is_of_secret && let Ok(secret) = read_whole(Path::new(value), SECRET_FILE_BYTES_MAX) {
            self.learn_text(&secret);
        }
        if shown(key, value).is_none() {
            self.learn_text(value);
        }
    }

    fn learn_text(&mut self, secret: &str) {
        let secret = secret.trim();
        if secret.chars().count() >= SECRET_CHARS_MIN {
            let length = std::cmp::Reverse(secret.len());
            self.secrets.insert((length, secret.to_owned()));
        }
    }

    /// Takes them out of everything that is in a value.
    pub(super) fn scrub(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.scrubbed(text),
            Value::Array(list) => list.iter_mut().for_each(|value| self.scrub(value)),
            Value::Object(object) => {
                let scrubbed: Map<String, Value> = std::mem::take(object)
                    .into_iter()
                    .map(|(name, mut value)| {
                        self.scrub(&mut value);
                        (self.scrubbed(&name), value)
                    })
                    .collect();
                *object = scrubbed;
            }
            Value::Number(_) | Value::Bool(_) | Value::Null => {}
        }
    }

    fn scrubbed(&self, text: &str) -> String {
        let secrets = self.secrets.iter();
        let text = secrets.fold(text.to_owned(), |text, (_, secret)| {
            text.replace(secret.as_str(), REDACTED)
        });
        let text = match &self.home {
            Some(home) => text.replace(home.as_str(), "~"),
            None => text,
        };
        HOMES
            .iter()
            .fold(text, |text, homes| without_homes(&text, homes))
    }
}

/// A text without the paths that lead into somebody's home: only their last part stays.
fn without_homes(text: &str, homes: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(homes) {
        let (before, path) = rest.split_at(at);
        let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';' | ')' | '`');
        let end = path.find(is_end).unwrap_or(path.len());
        let (path, after) = path.split_at(end);
        let last = path.trim_end_matches(':').rsplit('/').next();
        out.push_str(before);
        out.push_str("~/…/");
        out.push_str(last.unwrap_or_default());
        if path.ends_with(':') {
            out.push(':');
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// A configuration without its secrets, which the scrubber learns.
pub(super) fn redacted(text: &str, scrubber: &mut Scrubber) -> Value {
    match text.parse::<Table>() {
        Ok(table) => walk(&toml::Value::Table(table), "", scrubber),
        // What is no TOML may hold a secret anywhere.
        Err(_) => Value::String("<no TOML>".to_owned()),
    }
}

fn walk(value: &toml::Value, key: &str, scrubber: &mut Scrubber) -> Value {
    match value {
        toml::Value::Table(table) => {
            let entries = table.iter();
            entries
                .map(|(key, value)| (key.clone(), walk(value, key, scrubber)))
                .collect()
        }
        toml::Value::Array(list) => {
            let values = list.iter();
            values.map(|value| walk(value, key, scrubber)).collect()
        }
        toml::Value::Boolean(is_set) => Value::Bool(*is_set),
        other => {
            let text = match other {
                toml::Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            scrubber.learn_value(key, &text);
            let shown = shown(key, &text);
            Value::String(shown.unwrap_or_else(|| REDACTED.to_owned()))
        }
    }
}

/// What is shown of a value, if anything is.
fn shown(key: &str, text: &str) -> Option<String> {
    if PATHS.contains(&key) && !may_be_a_file(text) {
        return None;
    }
    let is_path = PATHS.contains(&key) || key == "url" && text.starts_with("sqlite:");
    if is_path {
        let last = text.rsplit(['/', ':']).next().unwrap_or_default();
        let scheme = text.split_once(':').map(|(scheme, _)| format!("{scheme}:"));
        return Some(format!("{}…/{last}", scheme.unwrap_or_default()));
    }
    let is_id_key = ["_id", "_ids"].iter().any(|ending| key.ends_with(ending))
        || matches!(key, "protected" | "channels");
    let is_id = text.bytes().all(|byte| byte.is_ascii_digit()) && (1..=20).contains(&text.len());
    let is_word = key == "channels" && text == "all";
    if SHOWN.contains(&key) && !text.contains('@') || is_id_key && is_id || is_word {
        return Some(text.to_owned());
    }
    None
}

/// Whether a path leads somewhere, as far as we may look: what does not may be a secret that was put in the
/// wrong place.
fn may_be_a_file(path: &str) -> bool {
    match fs::symlink_metadata(path) {
        Ok(_) => true,
        // A word says nothing of a folder in which nobody may look.
        Err(error) => {
            error.kind() == io::ErrorKind::PermissionDenied && Path::new(path).is_absolute()
        }
    }
}

/// A word of ours, or an id; anything else could be anybody's.
pub(super) fn word(text: &str) -> &str {
    let is_plain = |c: char| {
        c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.' | ' ')
    };
    let words = text.split(' ').count();
    if text.len() <= 64 && words <= 4 && text.chars().all(is_plain) {
        text
    } else {
        REDACTED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_configuration_stays_what_is_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        std::fs::write(&file, "sk-in-a-file\n").unwrap();
        let text = format!(
            r#"
            listen = "127.0.0.1:7077"
            [discord]
            token = "bot-token"
            token_file = "pasted/token"
            guild_id = "1190000000000000796"
            category_id = "not-an-id"
            rest_url = "http://user:password@proxy"
            [store]
            url = "sqlite:{}alice/cordboard.db"
            allow_network_fs = true
            [alerts]
            url = "https://hooks.example/T0/webhook-secret"
            [tokn]
            tokn = "misspelt-token"
            number = 12345678901234
            [[keys]]
            name = "one"
            secret_file = "{}"
            scopes = ["chat"]
            [relay]
            channels = ["1190000000000000001", "all-of-it"]
            "#,
            HOMES[0],
            file.display()
        );
        let mut scrubber = Scrubber::default();
        let mut shown = redacted(&text, &mut scrubber);
        scrubber.scrub(&mut shown);
        assert_eq!(
            shown,
            serde_json::json!({
                "listen": "127.0.0.1:7077",
                "discord": {
                    "token": REDACTED,
                    "token_file": REDACTED,
                    "guild_id": "1190000000000000796",
                    "category_id": REDACTED,
                    "rest_url": REDACTED,
                },
                "store": { "url": "sqlite:…/cordboard.db", "allow_network_fs": true },
                "alerts": { "url": REDACTED },
                "tokn": { "tokn": REDACTED, "number": REDACTED },
                "keys": [{ "name": "one", "secret_file": "…/key", "scopes": ["chat"] }],
                "relay": { "channels": ["1190000000000000001", REDACTED] },
            })
        );
        // And what was hidden is known wherever it turns up.
        let text = "a sk-in-a-file b misspelt-token c bot-token d pasted/token";
        let mut text = Value::String(text.to_owned());
        scrubber.scrub(&mut text);
        let expected = format!("a {REDACTED} b {REDACTED} c {REDACTED} d {REDACTED}");
        assert_eq!(text, Value::String(expected));
    }

    #[test]
    fn nobodys_home_is_told() {
        let environment: Environment = [("HOME", "/srv/alice")].into_iter().collect();
        let scrubber = Scrubber::new(&environment);
        let [home, users, root] = HOMES;
        for (text, expected) in [
            (
                format!("cannot read {home}bob/a/key: denied"),
                "cannot read ~/…/key: denied",
            ),
            (format!("{root}/key, {users}eve/x"), "~/…/key, ~/…/x"),
            ("at /srv/alice/cordboard.db".to_owned(), "at ~/cordboard.db"),
            (
                "at /var/lib/cordboard.db".to_owned(),
                "at /var/lib/cordboard.db",
            ),
        ] {
            assert_eq!(scrubber.scrubbed(&text), expected);
        }
    }

    #[test]
    fn what_our_variables_are_set_to_is_known() {
        let environment: Environment = [
            ("CORDBOARD__DISCORD__TOKEN", "token-of-the-environment"),
            ("CORDBOARD__KEYS__0__SECRET", "sk-of-the-environment"),
            ("CORDBOARD__LISTEN", "127.0.0.1:7077"),
        ]
        .into_iter()
        .collect();
        let scrubber = Scrubber::new(&environment);
        let text = "token-of-the-environment sk-of-the-environment 127.0.0.1:7077";
        let expected = format!("{REDACTED} {REDACTED} 127.0.0.1:7077");
        assert_eq!(scrubber.scrubbed(text), expected);
    }

    #[test]
    fn only_words_of_ours_are_told_of_an_act() {
        for (text, is_told) in [
            ("cordboard-maintenance roles remove", true),
            ("role.delete", true),
            ("1190000000000000796", true),
            ("gone", true),
            ("Discord said: Bob's role", false),
            ("a b c d e", false),
            ("<@1>", false),
        ] {
            assert_eq!(word(text) == text, is_told, "{text}");
        }
    }
}
