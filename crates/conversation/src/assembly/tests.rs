mod properties;

use std::time::Duration;

use super::*;
use crate::{Completion, Profile, sighting::Attachment};

const PROMPT: u64 = 100;

struct Scene {
    reply: Assembly,
    now: Instant,
    edits: u64,
}

impl Scene {
    fn new(profile: Profile, stop: &[&str]) -> Self {
        let bot = Bot {
            name: "bot".to_owned(),
            user_id: Id::new(42),
            models: Vec::new(),
            default_channel_id: None,
            default_channel_ids: Vec::new(),
            profile,
        };
        let stop: Vec<String> = stop.iter().map(|&text| text.to_owned()).collect();
        Self {
            reply: Assembly::new(Arc::new(bot), Id::new(PROMPT), Stop::new(&stop)),
            now: Instant::now(),
            edits: 0,
        }
    }

    fn default() -> Self {
        Self::new(Profile::default(), &[])
    }

    fn see(&mut self, id: u64, sighting: Sighting) -> Change {
        self.reply.observe(Id::new(id), sighting, self.now)
    }

    /// A later state of a message.
    fn write(&mut self, id: u64, content: &str) -> Change {
        self.edits += 1;
        let sighting = Sighting {
            edited_ms: self.edits,
            ..whole(content)
        };
        self.see(id, sighting)
    }

    fn finish(self) -> (Option<String>, String, bool) {
        let Finish { rest, end } = self.reply.finish(EndReason::Complete);
        (rest, end.text, end.conflict)
    }
}

/// A message that says only this.
fn whole(content: &str) -> Sighting {
    Sighting {
        content: content.to_owned(),
        ..Sighting::default()
    }
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "pieces are optional, and so are fields"
)]
fn owned(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn text_is_given_out_when_it_has_settled() {
    let mut scene = Scene::default();
    assert_eq!(scene.write(101, "The first"), Change::Text);
    assert_eq!(scene.reply.settle(), None, "shorter than what is held back");
    scene.write(101, "The first word is given when enough follows");
    assert_eq!(scene.reply.settle(), owned("The first word is g"));
    assert_eq!(scene.reply.settle(), None);
    scene.write(
        101,
        "The first word is given when enough other words follow",
    );
    assert_eq!(scene.reply.settle(), owned("iven when e"));
    let (rest, text, conflict) = scene.finish();
    assert_eq!(rest, owned("nough other words follow"));
    assert_eq!(
        (&*text, conflict),
        (
            "The first word is given when enough other words follow",
            false
        )
    );
}

#[test]
fn what_was_rewritten_is_said_again_at_the_end() {
    let mut scene = Scene::default();
    scene.write(101, "The earth is flat, as everybody knows who looks.");
    assert_eq!(scene.reply.settle(), owned("The earth is flat, as ev"));
    scene.write(
        101,
        "The earth is round, as everybody knows who has looked well.",
    );
    assert_eq!(scene.reply.settle(), None, "diverged");
    scene.write(
        101,
        "The earth is flat, as everybody knows who has never looked well.",
    );
    assert_eq!(
        scene.reply.settle(),
        owned("erybody knows wh"),
        "agrees again"
    );
    scene.write(101, "The earth is round.");
    let (rest, text, conflict) = scene.finish();
    assert_eq!(rest, owned("\n\n---\nThe earth is round."));
    assert_eq!((&*text, conflict), ("The earth is round.", true));
}

#[test]
fn only_messages_after_the_prompt_count() {
    let mut scene = Scene::default();
    assert_eq!(
        scene.see(99, whole("Welcome to this channel!")),
        Change::Nothing
    );
    assert_eq!(scene.see(PROMPT, whole("odd")), Change::Nothing);
    assert_eq!(
        (scene.reply.message_count(), scene.reply.has_text()),
        (0, false)
    );
}

#[test]
fn several_messages_are_joined_in_the_order_of_their_ids() {
    let mut scene = Scene::default();
    scene.write(103, "three");
    scene.write(101, "one");
    scene.write(102, "");
    scene.write(104, "four");
    assert_eq!(scene.finish().1, "one\nthree\nfour");
}

#[test]
fn a_placeholder_is_life_but_no_text() {
    let mut scene = Scene::default();
    assert_eq!(scene.write(101, "Thinking…"), Change::Life);
    assert_eq!(scene.write(101, "Thinking… (42%)"), Change::Life);
    assert!(!scene.reply.has_text());
    assert_eq!(scene.write(101, "Well ▌"), Change::Text);
    assert_eq!(
        scene.write(101, "Well"),
        Change::Life,
        "only the cursor went"
    );
    assert_eq!(scene.finish(), (owned("Well"), "Well".to_owned(), false));
}

#[test]
fn a_bar_is_no_cursor() {
    let mut scene = Scene::default();
    scene.write(101, "Half: ███");
    assert_eq!(scene.finish().1, "Half: ███");
}

#[test]
fn a_reply_of_too_many_messages_is_said_to_be_cut() {
    let mut scene = Scene::default();
    for id in (101..).take(REPLY_MESSAGES_MAX) {
        scene.write(id, "word");
    }
    assert!(!scene.reply.is_cut());
    scene.write(101, "other word");
    assert!(!scene.reply.is_cut(), "no new message");
    scene.write(1_000, "one too many");
    assert!(scene.reply.is_cut());
}

#[test]
fn an_update_that_is_no_edit_changes_no_text() {
    let mut scene = Scene::default();
    scene.write(101, "see http://x");
    let embedded = |edited_ms| Sighting {
        embeds: "a tweet".to_owned(),
        edited_ms,
        ..whole("see http://x")
    };
    assert_eq!(
        scene.see(101, embedded(1)),
        Change::Nothing,
        "a link unfurled"
    );
    assert_eq!(scene.see(101, embedded(2)), Change::Text, "an edit");
    assert_eq!(scene.finish().1, "see http://x\na tweet");
}

#[test]
fn an_address_that_is_only_signed_anew_changes_no_text() {
    let mut scene = Scene::default();
    let file = |signature: &str, content: &str| Sighting {
        attachments: vec![Attachment {
            id: Some(Id::new(7)),
            markdown: format!("![a.png](http://cdn/a.png?ex={signature})"),
        }],
        ..whole(content)
    };
    scene.see(101, file("1", ""));
    assert_eq!(scene.see(101, file("2", "")), Change::Nothing);
    assert_eq!(scene.see(101, file("3", "Here:")), Change::Text);
    assert_eq!(scene.finish().1, "Here:\n![a.png](http://cdn/a.png?ex=1)");
}

#[test]
fn a_deferred_answer_counts_when_it_is_there() {
    let mut scene = Scene::default();
    let thinking = Sighting {
        loading: true,
        ..Sighting::default()
    };
    assert_eq!(scene.see(101, thinking), Change::Life);
    let answer = Sighting {
        embeds: "there".to_owned(),
        ..Sighting::default()
    };
    assert_eq!(
        scene.see(101, answer),
        Change::Text,
        "never marked as edited"
    );
}

#[test]
fn buttons_or_the_marker_under_the_last_message_show_the_end() {
    let buttons = |content: &str| Sighting {
        buttons: true,
        ..whole(content)
    };
    let mut scene = Scene::default();
    scene.see(101, buttons("Thinking…"));
    assert!(!scene.reply.shows_end(), "a placeholder with a stop button");
    scene.see(101, buttons("done"));
    assert!(scene.reply.shows_end() && scene.reply.is_certain());
    scene.see(102, whole("and more"));
    assert!(!scene.reply.shows_end());
    assert_eq!(scene.see(102, buttons("and more")), Change::Life);
    assert!(scene.reply.shows_end() && !scene.reply.is_certain());

    let completion = Completion {
        marker: owned("[end]"),
        components: false,
        ..Completion::default()
    };
    let mut scene = Scene::new(
        Profile {
            completion,
            ..Profile::default()
        },
        &[],
    );
    scene.see(101, buttons("done"));
    assert!(!scene.reply.shows_end());
    scene.write(101, "done [end] ");
    assert!(scene.reply.shows_end());
    assert_eq!(scene.finish().1, "done");
}

#[test]
fn what_is_deleted_is_no_part_of_the_reply() {
    let mut scene = Scene::default();
    scene.write(101, "Thinking…");
    assert_eq!(scene.reply.forget(Id::new(101)), Change::Life);
    scene.write(102, "one");
    scene.write(103, "two");
    assert_eq!(scene.reply.forget(Id::new(103)), Change::Text);
    assert_eq!(scene.reply.forget(Id::new(999)), Change::Nothing);
    assert_eq!(scene.finish().1, "one");
}

#[test]
fn a_read_that_may_lag_deletes_nothing() {
    let mut scene = Scene::default();
    scene.write(101, "one");
    let second = scene.now + Duration::from_secs(1);
    assert_eq!(scene.reply.miss(Id::new(101), second), Change::Nothing);
    assert_eq!(
        scene.reply.miss(Id::new(101), scene.now + READ_LAG),
        Change::Text
    );
}

#[test]
fn a_reply_ends_before_the_first_stop_sequence() {
    let mut scene = Scene::new(Profile::default(), &["STOP", "###"]);
    scene.write(101, "one two three ### four five six seven eight nine ten");
    assert_eq!(scene.reply.settle(), owned("one two three "));
    assert!(scene.reply.is_stopped());
    scene.write(101, "all else");
    assert_eq!(scene.reply.settle(), None);
    let finish = scene.reply.finish(EndReason::Complete);
    assert_eq!(
        (finish.rest, finish.end.reason),
        (None, EndReason::StopSequence)
    );
    assert_eq!(
        (&*finish.end.text, finish.end.conflict),
        ("one two three ", false)
    );

    let mut scene = Scene::new(Profile::default(), &["STOP"]);
    scene.write(101, "one STOP two");
    assert_eq!(scene.reply.settle(), None, "not settled");
    let finish = scene.reply.finish(EndReason::Complete);
    assert_eq!(
        (finish.rest, finish.end.reason),
        (owned("one "), EndReason::StopSequence)
    );
}

#[test]
fn a_message_about_the_limit_is_told_before_anything_is_given_out() {
    let mut scene = Scene::default();
    scene.write(
        101,
        "You have reached your daily limit. Come back tomorrow!",
    );
    assert!(scene.reply.limited().is_some());
    scene.reply.settle();
    assert_eq!(scene.reply.limited(), None, "too late");
}

#[test]
fn each_edit_mode_gives_out_in_its_way() {
    let given = |edit_mode| {
        let mut scene = Scene::new(
            Profile {
                edit_mode,
                ..Profile::default()
            },
            &[],
        );
        scene.write(101, "short");
        (scene.reply.settle(), scene.finish().0)
    };
    assert_eq!(given(EditMode::Holdback), (None, owned("short")));
    assert_eq!(given(EditMode::Final), (None, owned("short")));
    assert_eq!(given(EditMode::Append), (owned("short"), None));
}

#[test]
fn settled_text_ends_neither_in_a_fence_nor_in_a_character_nor_behind_a_blank() {
    let tail = "x".repeat(HOLD_BACK_CHARACTERS);
    for (text, expected) in [
        ("abc", "abc"),
        ("abc \n\n", "abc"),
        ("abc\n``", "abc\n``"),
        ("abc\n```", "abc"),
        ("abc\n```ru", "abc"),
        ("abc\n```rust\nfn", "abc\n```rust\nfn"),
        ("👩\u{200d}", ""),
        ("", ""),
    ] {
        let whole = format!("{text}{tail}");
        assert_eq!(
            &whole[..settled(&whole, HOLD_BACK_CHARACTERS)],
            expected,
            "{text:?}"
        );
    }
    let accent = format!("abe\u{301}{}", &tail[1..]);
    assert_eq!(
        settled(&accent, HOLD_BACK_CHARACTERS),
        2,
        "the accent belongs to its letter"
    );
    let torn = format!("abc`{}", format_args!("``{}", &tail[2..]));
    assert_eq!(settled(&torn, HOLD_BACK_CHARACTERS), 3);
}
