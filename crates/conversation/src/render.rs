//! From turns of a dialogue to one text.

use crate::{File, PromptHistory, Role, Turn, limits::FILES_MAX};

/// What the bot is to read.
#[derive(Debug)]
pub(crate) struct Rendered {
    pub(crate) text: String,
    /// The newest files, in their order. More than [`FILES_MAX`] only if the last turn brings more.
    pub(crate) files: Vec<File>,
}

pub(crate) fn render(turns: &[Turn], history: PromptHistory) -> Rendered {
    let last_user = turns.iter().rfind(|turn| turn.role == Role::User);
    match (history, last_user) {
        (PromptHistory::LastUser, Some(turn)) => Rendered {
            text: turn.text.clone(),
            files: turn.files.clone(),
        },
        _ => Rendered {
            text: transcript(turns),
            files: newest_files(turns),
        },
    }
}

/// Instructions first, then the dialogue. A single question stays as it was asked; labels are only
/// there when more than one turn has to be told apart.
fn transcript(turns: &[Turn]) -> String {
    let spoken = |turn: &&Turn| !turn.text.trim().is_empty();
    let (system, dialogue): (Vec<_>, Vec<_>) = turns
        .iter()
        .filter(spoken)
        .partition(|turn| turn.role == Role::System);
    let mut paragraphs: Vec<String> = system.iter().map(|turn| turn.text.clone()).collect();
    match dialogue.as_slice() {
        [question] if question.role == Role::User => paragraphs.push(question.text.clone()),
        dialogue => paragraphs.extend(dialogue.iter().map(|turn| labelled(turn))),
    }
    paragraphs.join("\n\n")
}

fn labelled(turn: &Turn) -> String {
    let label = match turn.role {
        Role::System => "System",
        Role::User => "User",
        Role::Assistant => "Assistant",
    };
    format!("{label}: {}", turn.text)
}

/// A client sends the files of the whole dialogue with every question; the oldest are left out
/// when one message cannot hold them all.
fn newest_files(turns: &[Turn]) -> Vec<File> {
    let mut chosen: Vec<&[File]> = Vec::new();
    let mut count = 0;
    for turn in turns.iter().rev().filter(|turn| !turn.files.is_empty()) {
        count += turn.files.len();
        if count > FILES_MAX && !chosen.is_empty() {
            break;
        }
        chosen.push(&turn.files);
    }
    chosen.into_iter().rev().flatten().cloned().collect()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn turn(role: Role, text: &str, files: usize) -> Turn {
        let file = |number: usize| File {
            name: format!("{text}-{number}"),
            content_type: None,
            bytes: Bytes::new(),
        };
        Turn {
            role,
            text: text.to_owned(),
            files: (0..files).map(file).collect(),
        }
    }

    #[test]
    fn a_single_question_is_posted_as_it_was_asked() {
        let turns = [turn(Role::User, " what?\n", 0)];
        for history in [PromptHistory::Transcript, PromptHistory::LastUser] {
            assert_eq!(render(&turns, history).text, " what?\n");
        }
    }

    #[test]
    fn a_dialogue_becomes_a_transcript_with_the_instructions_first() {
        use Role::{Assistant, System, User};
        let turns = [
            turn(System, "be brief", 0),
            turn(User, "hi", 0),
            turn(Assistant, "hello", 0),
            turn(System, "be kind", 0),
            turn(Assistant, " ", 0),
            turn(User, "who?", 0),
        ];
        let text = |turns: &[Turn]| render(turns, PromptHistory::Transcript).text;
        assert_eq!(
            text(&turns),
            "be brief\n\nbe kind\n\nUser: hi\n\nAssistant: hello\n\nUser: who?"
        );
        assert_eq!(text(&turns[..2]), "be brief\n\nhi");
        assert_eq!(text(&turns[..1]), "be brief");
        assert_eq!(text(&turns[2..3]), "Assistant: hello");
        assert_eq!(text(&[]), "");
        assert_eq!(render(&turns, PromptHistory::LastUser).text, "who?");
        assert_eq!(
            render(&turns[..1], PromptHistory::LastUser).text,
            "be brief"
        );
    }

    #[test]
    fn the_newest_files_come_along_and_the_oldest_stay_behind() {
        let turns = [
            turn(Role::User, "a", 6),
            turn(Role::User, "b", 4),
            turn(Role::Assistant, "c", 0),
            turn(Role::User, "d", 5),
        ];
        let names = |turns: &[Turn], history| {
            let files = render(turns, history).files;
            files
                .iter()
                .map(|file| file.name.clone())
                .collect::<Vec<_>>()
        };
        let transcript = names(&turns, PromptHistory::Transcript);
        assert_eq!(transcript.len(), 9);
        assert_eq!((&*transcript[0], &*transcript[4]), ("b-0", "d-0"));
        assert_eq!(names(&turns, PromptHistory::LastUser).len(), 5);
        let too_many = [turn(Role::User, "e", 11)];
        assert_eq!(
            names(&too_many, PromptHistory::Transcript).len(),
            11,
            "to be refused"
        );
    }
}
