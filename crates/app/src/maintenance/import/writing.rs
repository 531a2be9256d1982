//! The configuration, written with a comment for whoever reads it next.

use std::{fmt::Write as _, path::Path};

use secrecy::SecretString;
use toml::Value;

use super::{
    ImportOptions, Imported, Note, Old, SecretFile,
    bots::{OldBot, OldBots, id},
    keys::{FreshKeys, OldKey, keys},
    old::DROPPED,
};

/// The file with the bot's token.
const TOKEN_FILE: &str = "discord-token";

/// The port on which coze-discord-proxy listened unless told otherwise.
const PORT: u16 = 7077;

/// A configuration being written, and what is told about it.
struct Page<'a> {
    old: &'a Old,
    folder: &'a Path,
    text: String,
    notes: Vec<Note>,
}

/// Writes it all.
pub(super) fn write(old: &Old, options: &ImportOptions<'_>, fresh: FreshKeys) -> Imported {
    let mut page = Page {
        old,
        folder: options.folder,
        text: String::new(),
        notes: Vec::new(),
    };
    let mut secrets = Vec::new();
    page.comment("Made by `cordboard-maintenance import coze-discord-proxy`.");
    page.comment(
        "Every key is explained in docs/CONFIGURATION.md; secrets are in files of their own.",
    );
    page.listen();
    page.discord(&mut secrets);
    page.line("\n[store]");
    page.comment("Everything that was created and is to be deleted is on record here.");
    page.set("url", &text("sqlite:cordboard.db"));
    page.channels();
    let profile = page.profile();
    let bots = OldBots::read(old, options, &mut page.notes);
    for (index, bot) in bots.bots.iter().enumerate() {
        page.bot(index, bot, profile);
    }
    let (keys, files) = keys(old, bots.keys.as_deref(), fresh, &mut page.notes);
    for key in &keys {
        page.key(key);
    }
    secrets.extend(files);
    page.rest();
    Imported {
        toml: page.text,
        secrets,
        notes: page.notes,
    }
}

// === impl Page ===

impl Page<'_> {
    fn line(&mut self, line: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "{line}");
    }

    fn comment(&mut self, comment: &str) {
        self.line(&format!("# {comment}"));
    }

    fn set(&mut self, key: &str, value: &Value) {
        self.line(&format!("{key} = {value}"));
    }

    fn taken(&mut self, subject: &str, text: &str) {
        self.notes.push(Note::taken(subject, text));
    }

    fn must(&mut self, subject: &str, text: &str) {
        self.notes.push(Note::to_do(subject, text));
    }

    /// What to do about a variable of which nothing is known.
    fn absent(&mut self, name: &str, fix: &str) {
        let text = format!("{}: {fix}", self.old.absence(name));
        self.must(name, &text);
    }

    /// The path of a file beside the configuration.
    fn beside(&self, name: &str) -> Value {
        text(&self.folder.join(name).display().to_string())
    }

    fn listen(&mut self) {
        let port = match self.old.get("PORT").map(str::parse::<u16>) {
            Some(Ok(port)) if port > 0 => {
                let text = "listen. coze-discord-proxy listened on all addresses, this listens on \
                            127.0.0.1: in a container, write 0.0.0.0";
                self.taken("PORT", text);
                port
            }
            Some(_) => {
                self.must("PORT", "is no port: set listen");
                PORT
            }
            None => PORT,
        };
        self.comment(
            "coze-discord-proxy listened on all addresses: in a container, write 0.0.0.0.",
        );
        self.set("listen", &text(&format!("127.0.0.1:{port}")));
    }

    fn discord(&mut self, secrets: &mut Vec<SecretFile>) {
        self.line("\n[discord]");
        let file = self.beside(TOKEN_FILE);
        self.set("token_file", &file);
        if let Some(token) = self.old.get("BOT_TOKEN") {
            secrets.push(SecretFile {
                name: TOKEN_FILE.to_owned(),
                secret: SecretString::from(token),
            });
            let text = "discord.token_file. This bot also posts now: it needs the permissions \
                        that `cordboard-maintenance doctor` names";
            self.taken("BOT_TOKEN", text);
        } else {
            let text = "write the bot's token to the file discord-token, with mode 600";
            self.absent("BOT_TOKEN", text);
        }
        let guild = id(self.old.get("GUILD_ID"), "GUILD_ID", &mut self.notes);
        if let Some(guild_id) = guild {
            self.set("guild_id", &text(&guild_id));
            self.taken("GUILD_ID", "discord.guild_id");
        } else {
            if self.old.get("GUILD_ID").is_none() {
                self.absent("GUILD_ID", "set discord.guild_id");
            }
            self.line("# guild_id = \"\"");
        }
    }

    fn channels(&mut self) {
        self.line("\n[channels]");
        match self.seconds("CHANNEL_AUTO_DEL_TIME") {
            Some(0) => {
                self.comment("For good, as it was: the guild fills up.");
                self.set("delete_after", &Value::Integer(0));
                let text =
                    "channels.delete_after. 0 keeps channels for good, and the guild fills up";
                self.taken("CHANNEL_AUTO_DEL_TIME", text);
            }
            Some(seconds) => {
                self.set("delete_after", &text(&format!("{seconds}s")));
                self.taken("CHANNEL_AUTO_DEL_TIME", "channels.delete_after");
            }
            None => self.set("delete_after", &text("5s")),
        }
        if self.old.get("DEFAULT_CHANNEL_ENABLE") == Some("1") {
            self.comment(
                "Conversations do not share a channel. Threads in one are the nearest thing:",
            );
            self.line("# isolation = \"thread\"");
            self.line("# thread_parent_id = \"\"");
            let text = "conversations do not share a channel, where each would read the others; with \
                        channels.isolation = \"thread\" they are threads in one";
            self.notes
                .push(Note::dropped("DEFAULT_CHANNEL_ENABLE", text));
        } else if self.old.get("DEFAULT_CHANNEL_ENABLE").is_some() {
            let text = "each conversation has a channel of its own, as before";
            self.taken("DEFAULT_CHANNEL_ENABLE", text);
        }
        if let Some(seconds) = self.seconds("REQUEST_OUT_TIME").filter(|all| *all > 0) {
            self.line("\n[limits]");
            self.comment(
                "coze-discord-proxy bounded answers in one piece only; this bounds streams, too.",
            );
            self.set("request_timeout", &text(&format!("{seconds}s")));
            let text = "limits.request_timeout, which bounds streams as well";
            self.taken("REQUEST_OUT_TIME", text);
        }
    }

    /// The profile of all bots, if they behave otherwise than by default.
    fn profile(&mut self) -> Option<&'static str> {
        let stream = self.seconds("STREAM_REQUEST_OUT_TIME");
        let stream = stream.filter(|seconds| *seconds > 0);
        let dialog = self.old.get("ALL_DIALOG_RECORD_ENABLE");
        match dialog {
            Some("0") => self.taken("ALL_DIALOG_RECORD_ENABLE", "history = \"last_user\""),
            Some(_) => self.taken(
                "ALL_DIALOG_RECORD_ENABLE",
                "the whole dialogue is sent, as before",
            ),
            None => {}
        }
        if stream.is_none() && dialog != Some("0") {
            return None;
        }
        self.line("\n[profiles.imported]");
        if dialog == Some("0") {
            self.set("history", &text("last_user"));
        }
        if let Some(seconds) = stream {
            let wait = text(&format!("{seconds}s"));
            self.set("first_answer_timeout", &wait);
            self.set("idle_timeout", &wait);
            let text = "first_answer_timeout and idle_timeout of [profiles.imported]";
            self.taken("STREAM_REQUEST_OUT_TIME", text);
        }
        Some("imported")
    }

    fn bot(&mut self, index: usize, bot: &OldBot, profile: Option<&str>) {
        self.line("\n[[bots]]");
        self.set("name", &text(&format!("coze-{}", index + 1)));
        self.set("user_id", &text(&bot.user_id));
        self.comment("Clients ask for the bot by these names, and by no others.");
        self.set("models", &list(&bot.models));
        if let Some(channel_id) = &bot.channel_id {
            self.set("default_channel_id", &text(channel_id));
        }
        if let Some(profile) = profile {
            self.set("profile", &text(profile));
        }
    }

    fn key(&mut self, key: &OldKey) {
        let file = self.beside(&key.file);
        self.line("\n[[keys]]");
        self.set("name", &text(&key.name));
        self.set("secret_file", &file);
        if !key.models.is_empty() {
            self.set("models", &list(&key.models));
        }
        self.set("scopes", &list(&[key.scope.to_owned()]));
    }

    /// What has no counterpart, and why.
    fn rest(&mut self) {
        let old = self.old;
        for (name, why) in DROPPED.iter().filter(|(name, _)| old.get(name).is_some()) {
            self.notes.push(Note::dropped(*name, *why));
        }
        for name in old.elsewhere() {
            if self.notes.iter().all(|note| note.subject != name) {
                self.absent(
                    name,
                    "set the values in the environment, and import again with --force and without \
                     --env-file",
                );
            }
        }
        for name in old.unknown() {
            let text = "is not known as a variable of coze-discord-proxy, and is not taken over";
            self.notes.push(Note::dropped(name, text));
        }
        let dropped = self.notes.iter();
        let dropped = dropped.filter(|note| note.outcome == super::Fate::Dropped);
        let lines: Vec<String> = dropped
            .map(|note| format!("{}: {}.", note.subject, note.text))
            .collect();
        if !lines.is_empty() {
            self.line("\n# What has no counterpart:");
        }
        for line in lines {
            self.comment(&line);
        }
        self.line("");
        self.comment(
            "Channels that coze-discord-proxy has left behind (cdp-chat-…) are not on record here:",
        );
        self.comment(
            "`cordboard-maintenance channels adopt --legacy-prefix cdp-chat-` shows them.",
        );
    }

    /// A number of seconds. What is none is named.
    fn seconds(&mut self, name: &str) -> Option<u64> {
        let seconds = self.old.get(name)?.parse::<u32>();
        if seconds.is_err() {
            self.must(name, "is not a number of seconds, and is not taken over");
        }
        seconds.ok().map(u64::from)
    }
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn list(names: &[String]) -> Value {
    Value::Array(names.iter().map(|name| text(name)).collect())
}
