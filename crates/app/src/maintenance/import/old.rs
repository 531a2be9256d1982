//! What coze-discord-proxy was told: its variables, from the environment or a file, and the text of its
//! `bot_config.json`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use crate::Environment;

/// Variables that become something in our configuration. From the README and the sources of
/// coze-discord-proxy 4 (github.com/deanxv/coze-discord-proxy: README.en.md, `common/config/config.go`,
/// `discord/discord.go`).
const TAKEN: [&str; 11] = [
    "BOT_TOKEN",
    "GUILD_ID",
    "COZE_BOT_ID",
    "CHANNEL_ID",
    "PORT",
    "PROXY_SECRET",
    "DEFAULT_CHANNEL_ENABLE",
    "ALL_DIALOG_RECORD_ENABLE",
    "CHANNEL_AUTO_DEL_TIME",
    "REQUEST_OUT_TIME",
    "STREAM_REQUEST_OUT_TIME",
];

/// Variables that have no counterpart, and why. From the same places, `telegram/bot.go`,
/// `common/init.go`, `main.go`, and the README of 4.0 (`USER_ID`).
pub(super) const DROPPED: [(&str, &str); 15] = [
    (
        "USER_AUTHORIZATION",
        "these are tokens of user accounts. Discord forbids automating those (topics/oauth2, on \
         self-bots) and ends accounts for it: Cordboard posts as the bot of BOT_TOKEN and as nobody \
         else. Whether your bot answers a bot, `cordboard-maintenance doctor` tells. Delete the \
         tokens wherever they are kept",
    ),
    (
        "USER_ID",
        "it names a user account, and Discord forbids automating those (topics/oauth2)",
    ),
    (
        "USER_AGENT",
        "it made a program look like a person's browser; Discord asks bots to name themselves \
         (reference#user-agent), and Cordboard does",
    ),
    (
        "COZE_BOT_STAY_ACTIVE_ENABLE",
        "`cordboard-maintenance keepalive` posts to each bot and waits for its answer, once or on a \
         schedule: see docs/OPERATIONS.md",
    ),
    (
        "REQUEST_RATE_LIMIT",
        "requests are not counted by address; limits.conversations and limits.queue bound them, and a \
         reverse proxy in front can count",
    ),
    (
        "PROXY_URL",
        "Discord is reached without an HTTP proxy; route the machine's traffic instead",
    ),
    (
        "NOTIFY_TELEGRAM_BOT_TOKEN",
        "there are no alerts by Telegram; alerts go to a webhook or to a Discord channel: see \
         docs/OPERATIONS.md",
    ),
    (
        "NOTIFY_TELEGRAM_USER_ID",
        "there are no alerts by Telegram; alerts go to a webhook or to a Discord channel: see \
         docs/OPERATIONS.md",
    ),
    (
        "MAX_CHANNEL_DEL_TYPE",
        "a full guild is no reason to delete channels of conversations: channels.reserve keeps room, \
         and requests wait their turn",
    ),
    (
        "SWAGGER_ENABLE",
        "there is no Swagger page; the API is OpenAI's",
    ),
    (
        "ONLY_OPENAI_API",
        "there is nothing else to switch off: administration wants a key with the scope admin",
    ),
    (
        "DEBUG",
        "what is logged is set by CORDBOARD_LOG, such as CORDBOARD_LOG=debug",
    ),
    ("GIN_MODE", "it belongs to a library that is not used here"),
    (
        "TZ",
        "logs are in UTC, and schedules name their own time zone",
    ),
    (
        "UPLOAD_PATH",
        "files of a prompt are attached to it and kept nowhere",
    ),
];

/// What is the matter with a variable that only says where its value is.
pub(super) const ELSEWHERE: &str = "names another variable, whose value is not in this file";

/// What coze-discord-proxy was told. It holds secrets, and prints none.
#[derive(Clone, Default)]
pub struct Old {
    variables: BTreeMap<String, String>,
    /// Those of [`TAKEN`] that only say where their value is, such as `${PROXY_SECRET}` in a compose file.
    elsewhere: BTreeSet<String>,
    pub(super) bot_config: Option<String>,
}

// === impl Old ===

impl Old {
    /// Takes its variables from the environment of a process, and no others.
    #[must_use]
    pub fn of_environment(environment: &Environment) -> Self {
        let dropped = DROPPED.iter().map(|(name, _)| name);
        let known = TAKEN.iter().chain(dropped);
        // Every process has this one.
        let known = known.filter(|name| **name != "TZ");
        Self {
            variables: known
                .filter_map(|name| Some(((*name).to_owned(), environment.get(name)?.to_owned())))
                .collect(),
            ..Self::default()
        }
    }

    /// Takes variables from a text with one a line: an env file (`NAME=value`), the `environment:` of a
    /// compose file (`- NAME=value` or `NAME: value`), or a shell command (`-e NAME=value \`). Lines that
    /// are none of these are passed by.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        let mut variables: BTreeMap<_, _> = text.lines().filter_map(variable).collect();
        let is_elsewhere =
            |name: &String, value: &mut String| TAKEN.contains(&name.as_str()) && refers(value);
        let elsewhere = variables.extract_if(.., is_elsewhere);
        let mut elsewhere: BTreeSet<_> = elsewhere.map(|(name, _)| name).collect();
        for name in text.lines().filter_map(passed_through) {
            variables.remove(name);
            elsewhere.insert(name.to_owned());
        }
        Self {
            elsewhere,
            variables,
            bot_config: None,
        }
    }

    /// With the text of its `bot_config.json`.
    #[must_use]
    pub fn with_bot_config(mut self, text: String) -> Self {
        self.bot_config = Some(text);
        self
    }

    /// What a variable was set to; an empty one was as good as none.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let value = self.variables.get(name)?.trim();
        (!value.is_empty()).then_some(value)
    }

    /// Whether a variable was set to what is elsewhere, so that [`Self::get`] has nothing.
    pub(super) fn is_elsewhere(&self, name: &str) -> bool {
        self.elsewhere.contains(name)
    }

    /// Why nothing is known of a variable.
    pub(super) fn absence(&self, name: &str) -> &'static str {
        if self.is_elsewhere(name) {
            ELSEWHERE
        } else {
            "is not set"
        }
    }

    /// The names that were set, and whose values are elsewhere.
    pub(super) fn elsewhere(&self) -> impl Iterator<Item = &str> {
        self.elsewhere.iter().map(String::as_str)
    }

    /// Whether anything was set at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.variables.is_empty() && self.elsewhere.is_empty() && self.bot_config.is_none()
    }

    /// The names that were set and are nobody's.
    pub(super) fn unknown(&self) -> impl Iterator<Item = &str> {
        let is_known = |name: &str| {
            TAKEN.contains(&name) || DROPPED.iter().any(|(dropped, _)| *dropped == name)
        };
        let names = self.variables.keys().map(String::as_str);
        names.filter(move |name| !is_known(name))
    }
}

impl fmt::Debug for Old {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Old")
            .field("variables", &self.variables.keys())
            .field("elsewhere", &self.elsewhere)
            .finish_non_exhaustive()
    }
}

/// The variable that a line sets, if it does.
fn variable(line: &str) -> Option<(String, String)> {
    let line = line.trim().trim_end_matches('\\').trim_end();
    let line = ["export ", "-e ", "--env ", "- "]
        .iter()
        .fold(line, |line, lead| {
            line.strip_prefix(lead).unwrap_or(line).trim_start()
        });
    // A list item that is quoted as a whole.
    let line = match line.chars().next() {
        Some(quote @ ('"' | '\'')) => line[1..].split(quote).next().unwrap_or_default(),
        _ => line,
    };
    let end = line.find(['=', ':'])?;
    let (name, value) = (line[..end].trim_end(), &line[end + 1..]);
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_uppercase())
            && name
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    };
    is_name(name).then(|| (name.to_owned(), plain(value)))
}

/// Whether a value may be, or hold, a reference that a shell or `docker compose` replaces. Taken as it is, it
/// would be a key that anybody can guess.
fn refers(value: &str) -> bool {
    value.contains('$')
}

/// The variable that a compose file or a command passes through, if a line is nothing else: `- NAME`, `NAME:`
/// or `-e NAME`.
fn passed_through(line: &str) -> Option<&'static str> {
    let line = line.trim().trim_end_matches('\\').trim_end();
    let is_bare = |lead: &str| line.strip_prefix(lead).map(str::trim);
    let name = ["- ", "-e ", "--env "].into_iter().find_map(is_bare);
    let name = name.or_else(|| line.strip_suffix(':'))?;
    let name = name.trim_matches(['"', '\'']);
    TAKEN.into_iter().find(|taken| *taken == name)
}

/// A value without its quotes, or without the comment behind it.
fn plain(value: &str) -> String {
    let value = value.trim();
    match value.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let inner = &value[1..];
            inner.split(quote).next().unwrap_or(inner).to_owned()
        }
        _ if value.starts_with('#') => String::new(),
        _ => {
            let comment = value.find(" #").or_else(|| value.find("\t#"));
            value[..comment.unwrap_or(value.len())]
                .trim_end()
                .to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_read_however_people_keep_them() {
        for (line, expected) in [
            ("GUILD_ID=1", Some(("GUILD_ID", "1"))),
            ("  export GUILD_ID=1", Some(("GUILD_ID", "1"))),
            ("      - GUILD_ID=1  # the server", Some(("GUILD_ID", "1"))),
            ("      - \"GUILD_ID=1\"", Some(("GUILD_ID", "1"))),
            (
                "      GUILD_ID: \"1\" # the server",
                Some(("GUILD_ID", "1")),
            ),
            ("-e GUILD_ID=\"1\" \\", Some(("GUILD_ID", "1"))),
            ("PROXY_SECRET='a#b'", Some(("PROXY_SECRET", "a#b"))),
            ("PROXY_SECRET=a#b", Some(("PROXY_SECRET", "a#b"))),
            ("PROXY_SECRET=a=b:c", Some(("PROXY_SECRET", "a=b:c"))),
            (
                "PROXY_URL=http://127.0.0.1:1",
                Some(("PROXY_URL", "http://127.0.0.1:1")),
            ),
            ("CHANNEL_ID=", Some(("CHANNEL_ID", ""))),
            ("CHANNEL_ID= # none", Some(("CHANNEL_ID", ""))),
            ("# GUILD_ID=1", None),
            ("version: '3.4'", None),
            ("    image: deanxv/coze-discord-proxy:latest", None),
            ("      - \"7077:7077\"", None),
            ("docker run --name x", None),
            ("", None),
        ] {
            let read = variable(line);
            let read = read
                .as_ref()
                .map(|(name, value)| (name.as_str(), value.as_str()));
            assert_eq!(read, expected, "{line}");
        }
    }

    #[test]
    fn the_environment_of_a_process_is_not_searched_for_more_than_its_variables() {
        let environment: Environment = [("PATH", "/bin"), ("TZ", "UTC"), ("GUILD_ID", "1")]
            .into_iter()
            .collect();
        let old = Old::of_environment(&environment);
        assert_eq!(old.get("GUILD_ID"), Some("1"));
        assert_eq!(old.unknown().count(), 0);
        assert_eq!(
            format!("{old:?}"),
            r#"Old { variables: ["GUILD_ID"], elsewhere: {}, .. }"#
        );
    }
}
