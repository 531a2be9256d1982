//! What the bot gets is what the client asked.

use cordboard_simulator::{Config, Script};
use cordboard_tests::{MODEL, Setup, sim, sim_with};
use serde_json::json;

fn echo() -> Setup {
    Setup::with_discord(Config::default().with_bots([Script::echo()]))
}

#[test]
fn a_prompt_longer_than_a_message_reaches_the_bot_whole() {
    // How: an echo of 5000 characters, which Discord takes in no single message.
    let lines: Vec<String> = (0..500).map(|line| format!("line {line:03}")).collect();
    let prompt = lines.join(
        "
",
    );
    sim_with(echo(), async |world| {
        let (status, body) = world.client().ask(MODEL, &prompt).await.unwrap();
        assert_eq!(status, 200, "{body}");
        let text = body["choices"][0]["message"]["content"].as_str().unwrap();
        // The echo itself needs several messages, and may begin one in the middle of a word.
        let solid = |text: &str| text.split_whitespace().collect::<String>();
        assert_eq!(solid(text), solid(&prompt));
    });
}

#[test]
fn a_very_long_prompt_reaches_the_bot_as_a_file() {
    // How: 100,000 characters; the friendly bot counts the words it was given.
    let prompt = "word ".repeat(20_000);
    sim(async |world| {
        let (status, body) = world.client().ask(MODEL, &prompt).await.unwrap();
        assert_eq!(status, 200, "{body}");
        let ours = world.posts();
        assert!(
            ours.iter()
                .any(|message| !message["attachments"].as_array().unwrap().is_empty())
        );
    });
}

#[test]
fn a_prompt_cannot_ping_the_guild() {
    // How: every way to mention everybody; the harness checks allowed_mentions of each post.
    sim(async |world| {
        let prompt = "@everyone @here <@&1400000000000000000> <@1400000000000000020> hello";
        let (status, _) = world.client().ask(MODEL, prompt).await.unwrap();
        assert_eq!(status, 200);
        for message in world.posts() {
            assert_eq!(message["mention_everyone"], false);
            assert_eq!(message["mention_roles"], json!([]));
        }
    });
}

#[test]
fn an_image_in_the_prompt_is_attached() {
    // How: a data URL, as chat clients send it.
    let image = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    sim(async |world| {
        let body = json!({"model": MODEL, "messages": [{"role": "user", "content": [
            {"type": "text", "text": "What is this?"},
            {"type": "image_url", "image_url": {"url": image}},
        ]}]});
        let answer = world.client().complete(&body).await.unwrap();
        assert_eq!(answer.status, 200);
        let ours = world.posts();
        assert_eq!(ours[0]["attachments"].as_array().unwrap().len(), 1);
    });
}

#[test]
fn earlier_turns_reach_the_bot() {
    // How: an echo of a conversation of three turns.
    sim_with(echo(), async |world| {
        let body = json!({"model": MODEL, "messages": [
            {"role": "system", "content": "You are a pirate."},
            {"role": "user", "content": "My name is Nadia."},
            {"role": "assistant", "content": "Ahoy, Nadia!"},
            {"role": "user", "content": "What is my name?"},
        ]});
        let (status, body) = world
            .client()
            .complete(&body)
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        assert_eq!(status, 200);
        let text = body["choices"][0]["message"]["content"].as_str().unwrap();
        for part in [
            "You are a pirate.",
            "My name is Nadia.",
            "Ahoy, Nadia!",
            "What is my name?",
        ] {
            assert!(text.contains(part), "{part} is missing in {text}");
        }
    });
}
