//! The bots that answered: that of `COZE_BOT_ID`, or those of `bot_config.json`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{ImportOptions, Note, Old};

/// What clients of OpenAI's ask for most, for a bot that answered to any name.
const MODELS: [&str; 4] = ["coze", "gpt-3.5-turbo", "gpt-4", "gpt-4o"];

/// What an entry of `bot_config.json` may hold (`model/bot.go`); the last one is taken for another
/// spelling of the one before.
const FIELDS: [&str; 6] = [
    "proxySecret",
    "cozeBotId",
    "model",
    "channelId",
    "messageMaxToken",
    "messageMaxLength",
];

/// A bot to be written.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct OldBot {
    pub(super) user_id: String,
    pub(super) models: Vec<String>,
    pub(super) channel_id: Option<String>,
}

/// All that `bot_config.json` and the variables say about bots.
#[derive(Debug, Default)]
pub(super) struct OldBots {
    pub(super) bots: Vec<OldBot>,
    /// The models that each key of `bot_config.json` asked for; `None`: there is no such file.
    pub(super) keys: Option<Vec<(String, Vec<String>)>>,
}

// === impl OldBots ===

impl OldBots {
    pub(super) fn read(old: &Old, options: &ImportOptions<'_>, notes: &mut Vec<Note>) -> Self {
        match &old.bot_config {
            Some(text) => match entries(text) {
                Ok(entries) if !entries.is_empty() => Self::of_entries(old, &entries, notes),
                Ok(_) => Self::single(old, options, notes),
                Err(trouble) => {
                    notes.push(Note::to_do("bot_config.json", trouble));
                    Self::single(old, options, notes)
                }
            },
            None => Self::single(old, options, notes),
        }
    }

    /// Without `bot_config.json` there is one bot, which answers whatever the model is called.
    fn single(old: &Old, options: &ImportOptions<'_>, notes: &mut Vec<Note>) -> Self {
        let Some(user_id) = id(old.get("COZE_BOT_ID"), "COZE_BOT_ID", notes) else {
            if old.get("COZE_BOT_ID").is_none() {
                let text = format!(
                    "{}: add [[bots]] with the user id of the bot that answers",
                    old.absence("COZE_BOT_ID")
                );
                notes.push(Note::to_do("COZE_BOT_ID", text));
            }
            return Self::default();
        };
        let models: Vec<String> = match options.models {
            [] => MODELS.map(str::to_owned).into(),
            models => models.to_vec(),
        };
        let text = "bots.user_id. coze-discord-proxy answered to any name of a model, Cordboard to \
                    those in bots.models: add what your clients ask for";
        notes.push(Note::taken("COZE_BOT_ID", text));
        let bot = OldBot {
            user_id,
            models,
            channel_id: channel(old.get("CHANNEL_ID"), "CHANNEL_ID", notes),
        };
        Self {
            bots: vec![bot],
            keys: None,
        }
    }

    /// Each bot is named once, with all models that any entry asks it by.
    fn of_entries(old: &Old, entries: &[Map<String, Value>], notes: &mut Vec<Note>) -> Self {
        let mut found = Self::default();
        let mut keys: Vec<(String, Vec<String>)> = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let place = |field: &str| format!("bot_config.json[{index}].{field}");
            let text = |field: &str| {
                let text = entry.get(field).and_then(Value::as_str).map(str::trim);
                text.filter(|text| !text.is_empty())
            };
            strange(entry, index, notes);
            let Some(user_id) = id(text("cozeBotId"), &place("cozeBotId"), notes) else {
                if text("cozeBotId").is_none() {
                    let matter = "is missing: the entry is left out";
                    notes.push(Note::to_do(place("cozeBotId"), matter));
                }
                continue;
            };
            let models = models(entry.get("model"));
            if models.is_empty() {
                let matter = "names no model: coze-discord-proxy never chose this entry, and it is \
                              left out";
                notes.push(Note::dropped(place("model"), matter));
                continue;
            }
            let channel_id = channel(text("channelId"), &place("channelId"), notes);
            found.take(user_id, &models, channel_id);
            let Some(secret) = text("proxySecret") else {
                let matter = "is missing: no key is made for this entry";
                notes.push(Note::dropped(place("proxySecret"), matter));
                continue;
            };
            match keys.iter_mut().find(|(known, _)| known == secret) {
                Some((_, known)) => merge(known, &models),
                None => keys.push((secret.to_owned(), models)),
            }
        }
        notes.push(Note::taken(
            "bot_config.json",
            "bots and keys; a key opens the models of its entries",
        ));
        if old.get("COZE_BOT_ID").is_some() || old.is_elsewhere("COZE_BOT_ID") {
            let matter = "was not used beside bot_config.json, and is not taken over";
            notes.push(Note::dropped("COZE_BOT_ID", matter));
        }
        if old.get("CHANNEL_ID").is_some() || old.is_elsewhere("CHANNEL_ID") {
            let matter = "was not used beside bot_config.json; if nobody may delete that channel, add \
                          it to channels.protected";
            notes.push(Note::dropped("CHANNEL_ID", matter));
        }
        shared(&found.bots, notes);
        found.keys = Some(keys);
        found
    }

    fn take(&mut self, user_id: String, models: &[String], channel_id: Option<String>) {
        let position = self.bots.iter().position(|bot| bot.user_id == user_id);
        let position = position.unwrap_or_else(|| {
            self.bots.push(OldBot {
                user_id,
                ..OldBot::default()
            });
            self.bots.len() - 1
        });
        let bot = &mut self.bots[position];
        merge(&mut bot.models, models);
        bot.channel_id = bot.channel_id.take().or(channel_id);
    }
}

/// The entries, each an object. Errors say where, and never what: it may be a key.
fn entries(text: &str) -> Result<Vec<Map<String, Value>>, String> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let value: Value = serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        format!("is no JSON (line {line}, column {column}; comments are none): put it right")
    })?;
    let Value::Array(list) = value else {
        return Err("is not a list of bots: put it right".to_owned());
    };
    let objects = list.into_iter().enumerate().map(|(index, entry)| {
        let Value::Object(entry) = entry else {
            return Err(format!("entry {index} is not an object: put it right"));
        };
        Ok(entry)
    });
    objects.collect()
}

/// Fields that mean nothing here.
fn strange(entry: &Map<String, Value>, index: usize, notes: &mut Vec<Note>) {
    for field in ["messageMaxToken", "messageMaxLength"] {
        if entry.contains_key(field) {
            let text = "Discord's own limit of 2000 characters is kept; a long prompt is split or \
                        attached (profiles: long_prompt, parts_max)";
            let subject = format!("bot_config.json[{index}].{field}");
            notes.push(Note::dropped(subject, text));
        }
    }
    let strange = entry.keys().filter(|key| !FIELDS.contains(&key.as_str()));
    let strange = strange.count();
    if strange > 0 {
        let subject = format!("bot_config.json[{index}]");
        let text = format!("fields that are not known here, and not taken over: {strange}");
        notes.push(Note::dropped(subject, text));
    }
}

/// A list of names, or one name as version 4.0 had it.
fn models(value: Option<&Value>) -> Vec<String> {
    let names: Vec<&str> = match value {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let mut models = Vec::new();
    let names = names.into_iter().map(|name| name.trim().to_owned());
    let names: Vec<String> = names.filter(|name| !name.is_empty()).collect();
    merge(&mut models, &names);
    models
}

/// Names of models are one whatever their case, as Cordboard compares them.
fn merge(models: &mut Vec<String>, more: &[String]) {
    for model in more {
        if !models.iter().any(|known| known.eq_ignore_ascii_case(model)) {
            models.push(model.clone());
        }
    }
}

/// Says which models several bots answer to: there a key used to choose, and now the least busy is taken.
fn shared(bots: &[OldBot], notes: &mut Vec<Note>) {
    let mut served: BTreeMap<String, usize> = BTreeMap::new();
    for model in bots.iter().flat_map(|bot| &bot.models) {
        *served.entry(model.to_ascii_lowercase()).or_default() += 1;
    }
    for (model, count) in served.into_iter().filter(|(_, count)| *count > 1) {
        let text = format!(
            "{count} bots answer to the model {model:?}. coze-discord-proxy chose among those of the \
             key; Cordboard takes the least busy of all. To keep keys on bots of their own, give the \
             models names of their own"
        );
        notes.push(Note::dropped("bot_config.json", text));
    }
}

/// The default channel of a bot.
fn channel(text: Option<&str>, subject: &str, notes: &mut Vec<Note>) -> Option<String> {
    let channel_id = id(text, subject, notes)?;
    let text = "bots.default_channel_id, which is never deleted";
    notes.push(Note::taken(subject, text));
    Some(channel_id)
}

/// An id of Discord's. What is none is named and not repeated: it may be a secret in the wrong place.
pub(super) fn id(text: Option<&str>, subject: &str, notes: &mut Vec<Note>) -> Option<String> {
    let text = text?;
    match text.parse::<u64>() {
        Ok(id) if id > 0 => Some(id.to_string()),
        _ => {
            let matter = "is not an id: write down the number that Discord copies (developer mode, \
                          right click, Copy ID)";
            notes.push(Note::to_do(subject, matter));
            None
        }
    }
}
