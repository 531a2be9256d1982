//! The messages that a question becomes.

use bytes::Bytes;
use twilight_model::id::{Id, marker::UserMarker};

use crate::{
    AskError, Bot, File, LongPrompt, Request,
    limits::{
        FILE_BYTES_MAX, FILES_BYTES_MAX, FILES_MAX, MESSAGE_CHARACTERS_MAX, PROMPT_BYTES_MAX,
    },
    render::{Rendered, render},
    split::split,
};

/// Said beside a prompt that is attached as a file.
const SEE_FILE: &str = "Please read the attached file prompt.txt and answer it.";
const FILE_NAME: &str = "prompt.txt";

/// A question, ready to be posted.
#[derive(Debug)]
pub(crate) struct Prompt {
    pub(crate) messages: Vec<Message>,
    /// The bot, if its profile wants to be mentioned. Nobody else can be.
    pub(crate) mention: Option<Id<UserMarker>>,
}

/// One message of a prompt.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) content: String,
    pub(crate) files: Vec<File>,
}

// === impl Prompt ===

impl Prompt {
    /// The question in the way that the bot's profile wants it.
    pub(crate) fn compose(request: &Request, bot: &Bot) -> Result<Self, AskError> {
        let profile = &bot.profile;
        let Rendered { text, mut files } = render(&request.turns, profile.history);
        bounded("the prompt, in bytes,", text.len(), PROMPT_BYTES_MAX)?;
        if text.trim().is_empty() && files.is_empty() {
            return Err(AskError::Empty);
        }
        let mention = profile.mention.then_some(bot.user_id);
        let address = mention.map_or_else(String::new, |id| format!("<@{id}> "));
        let max = MESSAGE_CHARACTERS_MAX - address.len();

        let parts_max = match profile.long_prompt {
            LongPrompt::Split => profile.parts_max.max(1),
            LongPrompt::Attach => 1,
        };
        let parts = split(&text, max);
        let mut contents: Vec<String> = if parts.len() > parts_max {
            files.insert(0, text_file(text));
            vec![format!("{address}{SEE_FILE}")]
        } else {
            let parts = parts.iter();
            parts.map(|part| format!("{address}{part}")).collect()
        };
        if contents.is_empty() {
            contents.push(address);
        }
        check_files(&files)?;

        let mut messages: Vec<Message> = contents
            .into_iter()
            .map(|content| Message {
                content,
                files: Vec::new(),
            })
            .collect();
        // With the last message, so that a bot that starts at once has read all the text.
        if let Some(last) = messages.last_mut() {
            last.files = files;
        }
        Ok(Self { messages, mention })
    }
}

fn text_file(text: String) -> File {
    File {
        name: FILE_NAME.to_owned(),
        content_type: Some("text/plain; charset=utf-8".to_owned()),
        bytes: Bytes::from(text),
    }
}

fn check_files(files: &[File]) -> Result<(), AskError> {
    let sizes = || files.iter().map(|file| file.bytes.len());
    bounded("the number of files", files.len(), FILES_MAX)?;
    bounded(
        "the largest file, in bytes,",
        sizes().max().unwrap_or(0),
        FILE_BYTES_MAX,
    )?;
    bounded(
        "all files together, in bytes,",
        sizes().sum(),
        FILES_BYTES_MAX,
    )
}

fn bounded(what: &'static str, size: usize, max: usize) -> Result<(), AskError> {
    if size > max {
        return Err(AskError::TooLong { what, size, max });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::*;
    use crate::{Profile, Role, Turn};

    fn file(bytes: usize) -> File {
        File {
            name: "image.png".to_owned(),
            content_type: Some("image/png".to_owned()),
            bytes: Bytes::from(vec![0; bytes]),
        }
    }

    fn compose(text: &str, files: Vec<File>, profile: Profile) -> Result<Prompt, AskError> {
        let bot = Bot {
            name: "bot".to_owned(),
            user_id: Id::new(42),
            models: Vec::new(),
            default_channel_id: None,
            default_channel_ids: Vec::new(),
            profile,
        };
        let request = Request {
            id: "r".to_owned(),
            tenant: String::new(),
            model: "m".to_owned(),
            turns: vec![Turn {
                role: Role::User,
                text: text.to_owned(),
                files,
            }],
            stop: Vec::new(),
            deadline: Instant::now() + Duration::from_mins(1),
        };
        Prompt::compose(&request, &bot)
    }

    #[test]
    fn each_message_mentions_the_bot_and_fits() {
        let prompt = compose(&"word ".repeat(1_000), vec![file(9)], Profile::default()).unwrap();
        assert_eq!(prompt.messages.len(), 3);
        for message in &prompt.messages {
            assert!(message.content.starts_with("<@42> word"));
            assert!(message.content.chars().count() <= 2_000);
        }
        assert_eq!(prompt.mention, Some(Id::new(42)));
        assert!(prompt.messages[0].files.is_empty());
        assert_eq!(prompt.messages[2].files.len(), 1, "files come last");

        let silent = Profile {
            mention: false,
            ..Profile::default()
        };
        let prompt = compose("hi", Vec::new(), silent).unwrap();
        assert_eq!((&*prompt.messages[0].content, prompt.mention), ("hi", None));
    }

    #[test]
    fn a_very_long_prompt_is_attached() {
        let text = "word ".repeat(4_000);
        for profile in [
            Profile::default(),
            Profile {
                long_prompt: LongPrompt::Attach,
                ..Profile::default()
            },
        ] {
            let prompt = compose(&text, vec![file(9)], profile).unwrap();
            let [message] = prompt.messages.as_slice() else {
                panic!("{prompt:?}")
            };
            assert_eq!(message.content, format!("<@42> {SEE_FILE}"));
            assert_eq!(message.files[0].bytes, text.as_bytes());
            assert_eq!(message.files.len(), 2);
        }
        let short = Profile {
            long_prompt: LongPrompt::Attach,
            ..Profile::default()
        };
        let prompt = compose("short", Vec::new(), short).unwrap();
        assert_eq!(prompt.messages[0].content, "<@42> short");
    }

    #[test]
    fn what_discord_would_refuse_is_refused_before_anything_is_created() {
        let asked = |text: &str, files| compose(text, files, Profile::default());
        assert!(matches!(asked(" \n", Vec::new()), Err(AskError::Empty)));
        assert!(asked("", vec![file(1)]).is_ok());
        for files in [
            vec![file(0); 11],
            vec![file((10 << 20) + 1)],
            vec![file(9 << 20); 3],
        ] {
            let refused = asked("see", files);
            assert!(
                matches!(refused, Err(AskError::TooLong { .. })),
                "{refused:?}"
            );
        }
        let endless = "a".repeat(PROMPT_BYTES_MAX + 1);
        assert!(matches!(
            asked(&endless, Vec::new()),
            Err(AskError::TooLong { .. })
        ));
    }
}
