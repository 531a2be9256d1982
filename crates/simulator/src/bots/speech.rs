//! What bots say, and how a text grows.

use super::script::{Says, Script};
use crate::limits::CONTENT_CHARACTERS_MAX;

/// The whole answer to a prompt.
pub(super) fn answer(says: &Says, prompt: &str) -> String {
    let text = match says {
        Says::Friendly => friendly(prompt),
        Says::Echo => prompt.to_owned(),
        Says::Paragraphs(count) => paragraphs(*count, prompt),
        Says::Text(text) => text.clone(),
    };
    // Discord takes no empty message.
    if text.trim().is_empty() {
        "…".to_owned()
    } else {
        text
    }
}

fn friendly(prompt: &str) -> String {
    let words = prompt.split_whitespace().count();
    let characters = prompt.chars().count();
    let counted = format!(
        "That is {words} {} and {characters} {}",
        if words == 1 { "word" } else { "words" },
        if characters == 1 {
            "character"
        } else {
            "characters"
        },
    );
    let thought = match sum_in(prompt) {
        Some(sum) => format!("I worked it out: {sum}."),
        None => format!("Read backwards it says “{}”.", backwards(prompt)),
    };
    format!(
        "Hello, and thank you for writing! You said: “{}”\n{counted}, and I read every one of \
         them. {thought}\nI am a friendly bot in a simulated Discord, so I know little, but I am \
         glad that you are here. What shall we talk about next?",
        shortened(prompt, 200),
    )
}

fn paragraphs(count: u32, prompt: &str) -> String {
    let subject = shortened(prompt, 60);
    let paragraph = |number: u32| {
        format!(
            "{number}. There is a lot to say about “{subject}”. One could begin at the beginning, \
             and many have; one could begin at the end, which is quicker. Between the two lies the \
             part that is worth reading, and paragraph {number} of {count} is about that part: it \
             takes its time, it repeats itself a little, and then it stops."
        )
    };
    (1..=count).map(paragraph).collect::<Vec<_>>().join("\n\n")
}

/// The first sum in the text, worked out: `2 + 3 = 5`.
fn sum_in(text: &str) -> Option<String> {
    let spaced: String = text
        .chars()
        .flat_map(|character| match character {
            '+' | '-' | '*' | '/' | '×' | '÷' => vec![' ', character, ' '],
            digit if digit.is_ascii_digit() => vec![digit],
            letter if letter.is_alphabetic() => vec![letter],
            _ => vec![' '],
        })
        .collect();
    let tokens: Vec<&str> = spaced.split_whitespace().collect();
    tokens.windows(3).find_map(|three| {
        let (left, right) = (three[0].parse::<i64>().ok()?, three[2].parse::<i64>().ok()?);
        let result = match three[1] {
            "+" | "plus" => left.checked_add(right)?.to_string(),
            "-" | "minus" => left.checked_sub(right)?.to_string(),
            "*" | "×" | "x" | "times" => left.checked_mul(right)?.to_string(),
            "/" | "÷" if right != 0 && left % right == 0 => (left / right).to_string(),
            "/" | "÷" if right != 0 => {
                format!("{} with a remainder of {}", left / right, left % right)
            }
            _ => return None,
        };
        Some(format!("{left} {} {right} = {result}", three[1]))
    })
}

fn backwards(text: &str) -> String {
    shortened(text, 60).chars().rev().collect()
}

/// The beginning of a text on one line.
fn shortened(text: &str, characters_max: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= characters_max {
        return line;
    }
    line.chars().take(characters_max - 1).chain(['…']).collect()
}

/// Cuts a text into messages of at most `characters_max` characters. Joined they are the text again
/// when `exact`; else a cut falls on the end of a line or word if there is one, and takes it away.
pub(super) fn cut(text: &str, characters_max: usize, exact: bool) -> Vec<String> {
    let mut rest: Vec<char> = text.chars().collect();
    let mut parts = Vec::new();
    while rest.len() > characters_max {
        // The characters on either side of a cut at `at`.
        let blank = |at: usize| rest[at - 1].is_whitespace() || rest[at].is_whitespace();
        let window = (characters_max / 2).max(1)..=characters_max;
        let at = if exact {
            // Discord trims each message, so an exact cut stays away from blanks.
            window.rev().find(|&at| !blank(at))
        } else {
            let line_end = window.clone().rev().find(|&at| rest[at] == '\n');
            line_end.or_else(|| window.rev().find(|&at| rest[at].is_whitespace()))
        };
        let tail = rest.split_off(at.unwrap_or(characters_max));
        parts.push(rest.into_iter().collect());
        rest = if exact {
            tail
        } else {
            tail.into_iter()
                .skip_while(|character| character.is_whitespace())
                .collect()
        };
    }
    if !rest.is_empty() || parts.is_empty() {
        parts.push(rest.into_iter().collect());
    }
    parts
}

/// How a message grows: what it says after each step, the last of which is all of it.
pub(super) fn growth(part: &str, script: &Script) -> Vec<String> {
    let characters: Vec<char> = part.chars().collect();
    let steps = match script.characters_per_edit {
        Some(each) => characters
            .len()
            .div_ceil(usize::try_from(each).unwrap_or(usize::MAX)),
        None => usize::try_from(script.edits)
            .unwrap_or(usize::MAX)
            .saturating_add(1),
    };
    let steps = steps.clamp(1, characters.len().max(1));
    let mut stages: Vec<String> = (1..steps)
        .map(|step| {
            let so_far: String = characters[..characters.len() * step / steps]
                .iter()
                .collect();
            if script.rewrites {
                draft(step, &so_far)
            } else {
                so_far
            }
        })
        .filter(|stage| !stage.trim().is_empty())
        .collect();
    stages.push(part.to_owned());
    stages
}

/// Text that will turn out differently.
fn draft(step: usize, so_far: &str) -> String {
    let rest = so_far.split_once(' ').map_or("", |(_, rest)| rest);
    format!("(draft {step}) {rest}")
        .chars()
        .take(CONTENT_CHARACTERS_MAX)
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_friendly_answer_depends_on_the_prompt() {
        let answer = answer(&Says::Friendly, "What is 12*4, my friend?");
        assert!(answer.contains("What is 12*4, my friend?"), "{answer}");
        assert!(answer.contains("12 * 4 = 48"), "{answer}");
        assert!(answer.contains("5 words"), "{answer}");
        assert!(super::answer(&Says::Friendly, "abc").contains("“cba”"));
        assert!(super::answer(&Says::Friendly, "7 / 2").contains("3 with a remainder of 1"));
    }

    #[test]
    fn a_bot_never_says_nothing() {
        assert_eq!(answer(&Says::Echo, "  "), "…");
    }

    proptest! {
        #[test]
        fn exact_cuts_lose_nothing(text in "[a-z \n]{0,300}", max in 1_usize..80) {
            let parts = cut(&text, max, true);
            prop_assert_eq!(parts.concat(), text);
            prop_assert!(parts.iter().all(|part| part.chars().count() <= max));
        }

        #[test]
        fn kind_cuts_lose_only_blanks(text in "[a-zß \n]{0,300}", max in 1_usize..80) {
            let solid = |text: &str| text.split_whitespace().collect::<String>();
            let parts = cut(&text, max, false);
            prop_assert_eq!(solid(&parts.concat()), solid(&text));
            prop_assert!(parts.iter().all(|part| part.chars().count() <= max));
        }

        #[test]
        fn growth_ends_with_the_whole(text in ".{1,200}", edits in 0_u32..20) {
            let stages = growth(&text, &Script { edits, ..Script::echo() });
            prop_assert_eq!(stages.last(), Some(&text));
            prop_assert!(stages.len() <= 1 + edits as usize);
        }
    }
}
