//! What a scripted bot does when it is spoken to, knob by knob.

use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::Value;

/// Whom a bot answers. No scripted bot ever answers another one.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answers {
    /// Messages that mention it.
    #[default]
    Mention,
    /// Every message in every channel that it can view.
    EveryMessage,
}

/// What a bot says.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Says {
    /// A warm answer that quotes the prompt, counts its words, and works out sums.
    #[default]
    Friendly,
    /// The prompt, character for character.
    Echo,
    /// So many paragraphs about the prompt.
    Paragraphs(u32),
    /// Always this.
    Text(String),
}

/// One bot's script.
///
/// In TOML and JSON it is the name of a built-in (`script = "echo"`) or a table that starts from a
/// built-in and changes some of it: `script = { like = "echo", edits = 5, edits_per_second = 2.0 }`.
///
/// ```
/// # use cordboard_simulator::Script;
/// let script: Script = serde_json::from_str(r#"{"like": "echo", "edits": 5}"#).unwrap();
/// assert_eq!(script, Script { edits: 5, ..Script::echo() });
/// assert!(serde_json::from_str::<Script>(r#"{"like": "echo", "edit": 5}"#).is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each knob stands alone")]
pub struct Script {
    /// Whom it answers.
    pub answers: Answers,
    /// What it says.
    pub says: Says,
    /// It reads and says nothing.
    pub silent: bool,
    /// It shows that it types before it answers.
    pub types: bool,
    /// It points its first message at the prompt (type 19 with `message_reference`).
    pub refers: bool,
    /// The wait before the first message, in milliseconds.
    pub delay_ms: u64,
    /// The wait for another part of a long prompt after a part of 1000 characters or more, in
    /// milliseconds. A shorter part ends the prompt.
    pub gather_ms: u64,
    /// What the first message says before the answer begins, such as "Thinking…".
    pub placeholder: Option<String>,
    /// In how many edits a message grows; `0`: it appears whole at once.
    pub edits: u32,
    /// Characters per edit; overrides `edits` when given.
    pub characters_per_edit: Option<u32>,
    /// Edits per second (Discord lets a bot edit about once a second; a local one may be quicker).
    pub edits_per_second: f64,
    /// Earlier text changes while the answer grows, and is right only at the end.
    pub rewrites: bool,
    /// Buttons appear under the last message with its last edit.
    pub buttons: bool,
    /// The wait before each further message of an answer, in milliseconds. If `types`, it shows that it
    /// types as it begins.
    pub pause_ms: u64,
    /// Longer answers go on in a further message (Discord: 2000 characters).
    pub message_characters_max: usize,
    /// The last message carries the answer as this file too.
    pub attachment: Option<String>,
    /// The last message carries an embed.
    pub embed: bool,
    /// It stops for ever after this many edits.
    pub dies_after_edits: Option<u32>,
    /// It deletes its first message this many milliseconds after the answer is complete.
    pub deletes_after_ms: Option<u64>,
    /// This many milliseconds after the end an update arrives that is no edit (a link unfurls).
    pub unfurls_after_ms: Option<u64>,
    /// It answers only so many prompts; then it says `limit_message`.
    pub daily_limit: Option<u32>,
    /// What it says beyond its daily limit.
    pub limit_message: String,
}

impl Script {
    /// The names of the built-in scripts.
    pub const BUILT_IN: [&'static str; 10] = [
        "friendly",
        "echo",
        "instant",
        "paragraphs",
        "silent",
        "dying",
        "rewriter",
        "limited",
        "embeds",
        "attachments",
    ];

    /// The built-in script of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "friendly" => Self::friendly(),
            "echo" => Self::echo(),
            "instant" => Self::instant(),
            "paragraphs" => Self::paragraphs(),
            "silent" => Self::silent(),
            "dying" => Self::dying(),
            "rewriter" => Self::rewriter(),
            "limited" => Self::limited(),
            "embeds" => Self::embeds(),
            "attachments" => Self::attachments(),
            _ => return None,
        })
    }

    /// A warm answer that visibly depends on the prompt, streamed in edits within about 1.5 s, with
    /// buttons at the end.
    #[must_use]
    pub fn friendly() -> Self {
        Self {
            answers: Answers::Mention,
            says: Says::Friendly,
            silent: false,
            types: true,
            refers: true,
            delay_ms: 150,
            gather_ms: 1_000,
            placeholder: None,
            edits: 7,
            characters_per_edit: None,
            edits_per_second: 6.0,
            rewrites: false,
            buttons: true,
            pause_ms: 0,
            message_characters_max: crate::limits::CONTENT_CHARACTERS_MAX,
            attachment: None,
            embed: false,
            dies_after_edits: None,
            deletes_after_ms: None,
            unfurls_after_ms: None,
            daily_limit: None,
            limit_message: "You have reached your daily limit. Come back tomorrow!".to_owned(),
        }
    }

    /// The exact prompt back, whole in one message; set `edits` to stream it.
    #[must_use]
    pub fn echo() -> Self {
        Self {
            says: Says::Echo,
            types: false,
            delay_ms: 0,
            edits: 0,
            ..Self::friendly()
        }
    }

    /// One message with buttons, at once: for benchmarks.
    #[must_use]
    pub fn instant() -> Self {
        Self {
            types: false,
            delay_ms: 0,
            edits: 0,
            ..Self::friendly()
        }
    }

    /// An answer that needs several messages.
    #[must_use]
    pub fn paragraphs() -> Self {
        Self {
            says: Says::Paragraphs(14),
            edits: 4,
            ..Self::friendly()
        }
    }

    /// Reads, and says nothing.
    #[must_use]
    pub fn silent() -> Self {
        Self {
            silent: true,
            types: false,
            ..Self::friendly()
        }
    }

    /// Dies in mid-reply.
    #[must_use]
    pub fn dying() -> Self {
        Self {
            dies_after_edits: Some(3),
            ..Self::friendly()
        }
    }

    /// Starts with a placeholder and changes what it has already written.
    #[must_use]
    pub fn rewriter() -> Self {
        Self {
            placeholder: Some("Thinking…".to_owned()),
            rewrites: true,
            ..Self::friendly()
        }
    }

    /// Answers nothing but its limit message.
    #[must_use]
    pub fn limited() -> Self {
        Self {
            daily_limit: Some(0),
            edits: 0,
            ..Self::friendly()
        }
    }

    /// Adds an embed to its answer.
    #[must_use]
    pub fn embeds() -> Self {
        Self {
            embed: true,
            ..Self::friendly()
        }
    }

    /// Adds the answer as a file.
    #[must_use]
    pub fn attachments() -> Self {
        Self {
            attachment: Some("answer.txt".to_owned()),
            ..Self::friendly()
        }
    }
}

impl Default for Script {
    fn default() -> Self {
        Self::friendly()
    }
}

/// The fields of [`Script`] as they are read, after the built-in has been laid underneath.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, remote = "Script")]
#[expect(clippy::struct_excessive_bools, reason = "the fields of `Script`")]
struct Whole {
    answers: Answers,
    says: Says,
    silent: bool,
    types: bool,
    refers: bool,
    delay_ms: u64,
    gather_ms: u64,
    placeholder: Option<String>,
    edits: u32,
    characters_per_edit: Option<u32>,
    edits_per_second: f64,
    rewrites: bool,
    buttons: bool,
    pause_ms: u64,
    message_characters_max: usize,
    attachment: Option<String>,
    embed: bool,
    dies_after_edits: Option<u32>,
    deletes_after_ms: Option<u64>,
    unfurls_after_ms: Option<u64>,
    daily_limit: Option<u32>,
    limit_message: String,
}

impl<'de> Deserialize<'de> for Script {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let built_in = |name: &str| {
            let known = Self::BUILT_IN.join(", ");
            Self::named(name)
                .ok_or_else(|| D::Error::custom(format!("no script `{name}`: {known}")))
        };
        let mut changes = match Value::deserialize(deserializer)? {
            Value::String(name) => return built_in(&name),
            Value::Object(changes) => changes,
            other => {
                let problem = format!("a script is a name or a table, not `{other}`");
                return Err(D::Error::custom(problem));
            }
        };
        let base = match changes.remove("like") {
            Some(Value::String(name)) => built_in(&name)?,
            Some(other) => return Err(D::Error::custom(format!("`like` is no name: `{other}`"))),
            None => Self::friendly(),
        };
        let mut whole = serde_json::to_value(base).map_err(D::Error::custom)?;
        if let Value::Object(fields) = &mut whole {
            fields.extend(changes);
        }
        let script = Whole::deserialize(whole).map_err(D::Error::custom)?;
        script.check().map_err(D::Error::custom)?;
        Ok(script)
    }
}

impl Script {
    /// Refuses numbers that no bot could keep.
    pub(crate) fn check(&self) -> Result<(), String> {
        if !(self.edits_per_second > 0.0 && self.edits_per_second <= 1_000.0) {
            return Err("`edits_per_second` must be above 0 and at most 1000".to_owned());
        }
        if !(1..=crate::limits::CONTENT_CHARACTERS_MAX).contains(&self.message_characters_max) {
            return Err("`message_characters_max` must be between 1 and 2000".to_owned());
        }
        if self.characters_per_edit == Some(0) {
            return Err("`characters_per_edit` must be at least 1".to_owned());
        }
        Ok(())
    }
}
