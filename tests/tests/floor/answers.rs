//! What a client gets is what the bot wrote.

use cordboard_simulator::{Config, Script};
use cordboard_tests::{MODEL, Setup, sim, sim_with};

fn with_bot(script: Script) -> Setup {
    Setup::with_discord(Config::default().with_bots([script]))
}

#[test]
fn a_question_is_answered_whole() {
    // How: the friendly bot streams its answer in edits; the client waits for the end.
    sim(async |world| {
        let (status, body) = world.client().ask(MODEL, "What is 6 * 7?").await.unwrap();
        assert_eq!(status, 200, "{body}");
        let text = body["choices"][0]["message"]["content"].as_str().unwrap();
        assert!(text.contains("42"), "{text}");
        assert_eq!(body["choices"][0]["finish_reason"], "stop");
        assert_eq!(text, world.discord.replies()[0].text);
    });
}

#[test]
fn a_stream_gives_exactly_the_words_of_the_bot() {
    // How: an echo of many lines in twenty edits, compared with the simulator's ground truth.
    let lines: Vec<String> = (0..40)
        .map(|line| format!("line {line} of the prompt"))
        .collect();
    let prompt = lines.join(
        "
",
    );
    sim_with(
        with_bot(Script {
            edits: 20,
            ..Script::echo()
        }),
        async |world| {
            let answer = world.client().stream(MODEL, &prompt).await.unwrap();
            assert_eq!(answer.status, 200);
            let transcript = answer.transcript().await.unwrap();
            assert_eq!(transcript.text, world.discord.replies()[0].text);
            assert_eq!(transcript.text, prompt);
            assert!(
                transcript.deltas > 5,
                "it came in pieces: {}",
                transcript.deltas
            );
            assert_eq!(transcript.finish_reason.as_deref(), Some("stop"));
            assert!(transcript.done && transcript.error.is_none());
        },
    );
}

#[test]
fn an_answer_in_several_messages_arrives_whole_and_in_order() {
    // How: a bot whose answer does not fit Discord's 2000 characters.
    sim_with(with_bot(Script::paragraphs()), async |world| {
        let answer = world
            .client()
            .stream(MODEL, "Tell me a long story")
            .await
            .unwrap();
        let transcript = answer.transcript().await.unwrap();
        let reply = &world.discord.replies()[0];
        assert!(reply.parts.len() > 1, "the bot needed several messages");
        assert_eq!(words(&transcript.text), words(&reply.text));
        assert_eq!(transcript.finish_reason.as_deref(), Some("stop"));
    });
}

/// Text without its white space: where one message ends and the next begins is not the bot's word.
fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

#[test]
fn a_reply_that_is_rewritten_ends_with_its_true_text() {
    // How: a bot that starts with a placeholder and changes what it has already written.
    sim_with(with_bot(Script::rewriter()), async |world| {
        let transcript = world
            .client()
            .stream(MODEL, "Hello")
            .await
            .unwrap()
            .transcript()
            .await
            .unwrap();
        let reply = &world.discord.replies()[0];
        assert!(
            transcript.text.ends_with(&reply.text),
            "{transcript:?}\n{}",
            reply.text
        );
        assert!(!transcript.text.contains("Thinking…"));
        let (_, body) = world.client().ask(MODEL, "Hello again").await.unwrap();
        assert_eq!(
            body["choices"][0]["message"]["content"],
            world.discord.replies()[1].text
        );
    });
}

#[test]
fn a_bot_without_buttons_is_done_when_it_is_quiet() {
    // How: no components ever appear; only the quiet period can end the reply.
    sim_with(
        with_bot(Script {
            buttons: false,
            ..Script::friendly()
        }),
        async |world| {
            let transcript = world
                .client()
                .stream(MODEL, "Hello")
                .await
                .unwrap()
                .transcript()
                .await
                .unwrap();
            assert_eq!(transcript.text, world.discord.replies()[0].text);
            assert_eq!(transcript.finish_reason.as_deref(), Some("stop"));
        },
    );
}

#[test]
fn an_update_that_is_no_edit_changes_nothing() {
    // How: a link unfurls after the end of the reply.
    let script = Script {
        unfurls_after_ms: Some(500),
        buttons: false,
        ..Script::friendly()
    };
    sim_with(with_bot(script), async |world| {
        let transcript = world
            .client()
            .stream(MODEL, "Hello")
            .await
            .unwrap()
            .transcript()
            .await
            .unwrap();
        assert_eq!(transcript.text, world.discord.replies()[0].text);
    });
}

#[test]
fn an_image_of_the_reply_is_linked() {
    // How: the bot attaches its answer as a file.
    sim_with(with_bot(Script::attachments()), async |world| {
        let (_, body) = world.client().ask(MODEL, "Hello").await.unwrap();
        let text = body["choices"][0]["message"]["content"].as_str().unwrap();
        assert!(text.contains("[answer.txt](http"), "{text}");
    });
}

#[test]
fn a_stop_sequence_cuts_the_answer() {
    // How: an echo with the stop word in the middle.
    let script = Script {
        edits: 6,
        ..Script::echo()
    };
    sim_with(with_bot(script), async |world| {
        let body = serde_json::json!({
            "model": MODEL, "stream": true, "stop": ["HALT"],
            "messages": [{"role": "user", "content": "one two three HALT four five six"}],
        });
        let transcript = world
            .client()
            .complete(&body)
            .await
            .unwrap()
            .transcript()
            .await
            .unwrap();
        assert_eq!(transcript.text, "one two three ");
        assert_eq!(transcript.finish_reason.as_deref(), Some("stop"));
    });
}

#[test]
fn usage_comes_when_it_is_asked_for() {
    // How: include_usage on a stream.
    sim(async |world| {
        let body = serde_json::json!({
            "model": MODEL, "stream": true, "stream_options": {"include_usage": true},
            "messages": [{"role": "user", "content": "Hello"}],
        });
        let transcript = world
            .client()
            .complete(&body)
            .await
            .unwrap()
            .transcript()
            .await
            .unwrap();
        let usage = transcript.usage.unwrap();
        assert!(usage["completion_tokens"].as_u64().unwrap() > 0);
        assert!(transcript.done);
    });
}
