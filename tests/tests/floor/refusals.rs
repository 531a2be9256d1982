//! Requests that are refused: the right words, and nothing happens in Discord.

use std::time::Duration;

use cordboard_simulator::{Config, Script};
use cordboard_tests::{MODEL, Setup, sim, sim_with};
use hyper::Method;
use serde_json::{Value, json};

const PATH: &str = "/v1/chat/completions";

fn user(content: &Value) -> Value {
    json!([{"role": "user", "content": content}])
}

/// Requests that cannot be carried out: the request, the status, where `param` begins.
fn bad_requests() -> Vec<(Value, u16, &'static str)> {
    let hello = user(&json!("Hello"));
    vec![
        (json!({"messages": hello}), 400, "model"),
        (json!({"model": MODEL}), 400, "messages"),
        (json!({"model": MODEL, "messages": []}), 400, "messages"),
        (
            json!({"model": MODEL, "messages": "Hello"}),
            400,
            "messages",
        ),
        (
            json!({"model": MODEL, "messages": [{"role": "user"}]}),
            400,
            "messages",
        ),
        (
            json!({"model": MODEL, "messages": [{"role": "alien", "content": "x"}]}),
            400,
            "messages",
        ),
        (
            json!({"model": MODEL, "messages": user(&json!(7))}),
            400,
            "messages",
        ),
        (json!({"model": MODEL, "messages": hello, "n": 2}), 400, "n"),
        (
            json!({"model": MODEL, "messages": hello, "tool_choice": "required"}),
            400,
            "tool_choice",
        ),
        (
            json!({"model": MODEL, "messages": hello, "response_format": {"type": "json_object"}}),
            400,
            "response_format",
        ),
        (
            json!({"model": MODEL, "messages": hello, "logprobs": true}),
            400,
            "logprobs",
        ),
        (
            json!({"model": MODEL, "messages": hello, "modalities": ["text", "audio"]}),
            400,
            "modalities",
        ),
        (
            json!({"model": MODEL, "messages": hello, "stream": {}}),
            400,
            "stream",
        ),
        (json!({"model": "nobody", "messages": hello}), 404, "model"),
    ]
}

#[test]
fn bad_input_gets_the_right_error_and_creates_nothing() {
    // How: one table; status, param and code of each; then the ground truth.
    let rows = bad_requests();
    sim(async |world| {
        let before = world.discord.counters().requests;
        for (request, status, param) in rows {
            let (got, body) = world
                .client()
                .complete(&request)
                .await
                .unwrap()
                .json()
                .await
                .unwrap();
            assert_eq!(got, status, "{request}: {body}");
            let error = &body["error"];
            assert!(
                error["message"]
                    .as_str()
                    .is_some_and(|text| !text.is_empty()),
                "{body}"
            );
            assert_eq!(error["type"], "invalid_request_error", "{request}: {body}");
            let named = error["param"].as_str().unwrap_or_default();
            assert!(named.starts_with(param), "{request}: {body}");
            assert!(error.as_object().unwrap().contains_key("code"));
        }
        assert_eq!(world.channels_created(), 0);
        assert_eq!(
            world.discord.counters().requests,
            before,
            "Discord was not asked for anything"
        );
    });
}

#[test]
fn malformed_json_and_oversized_bodies_are_refused() {
    // How: half a document; then a body one byte above the configured limit.
    let setup = Setup::default().set("CORDBOARD__LIMITS__BODY_BYTES", "10000");
    sim_with(setup, async |world| {
        let client = world.client();
        let half = client
            .send(Method::POST, PATH, r#"{"model": "de"#)
            .await
            .unwrap();
        assert_eq!(half.json().await.unwrap().0, 400);
        let large = client
            .send(Method::POST, PATH, "x".repeat(10_001))
            .await
            .unwrap();
        assert_eq!(large.status, 413);
        assert_eq!(world.channels_created(), 0);
    });
}

#[test]
fn only_the_exact_key_is_let_in() {
    // How: no key, a wrong one, one that contains the right one, a shorter one.
    sim(async |world| {
        for key in ["", "sk-", "sk-world2", "xsk-world", "sk-worl", "sk-world,"] {
            let client = world.client().with_key(key);
            let (status, body) = client.ask(MODEL, "Hello").await.unwrap();
            assert_eq!(status, 401, "{key:?}: {body}");
            assert!(
                !body.to_string().contains("sk-world\""),
                "the answer names no key"
            );
            let models = client.send(Method::GET, "/v1/models", "").await.unwrap();
            assert_eq!(models.status, 401);
        }
        assert_eq!(world.channels_created(), 0);
    });
}

#[test]
fn what_is_not_there_is_a_404_in_openais_words() {
    // How: unknown path, unknown model, wrong method.
    sim(async |world| {
        let client = world.client();
        let rows = [
            (Method::POST, "/v1/embeddings", 404, "unknown_url"),
            (Method::GET, "/v1/models/nobody", 404, "model_not_found"),
            (
                Method::DELETE,
                "/v1/chat/completions",
                405,
                "method_not_supported",
            ),
        ];
        for (method, path, status, code) in rows {
            let (got, body) = client
                .send(method, path, "")
                .await
                .unwrap()
                .json()
                .await
                .unwrap();
            assert_eq!(
                (got.as_u16(), &body["error"]["code"]),
                (status, &json!(code)),
                "{path}"
            );
        }
        let (status, body) = client
            .send(Method::GET, "/v1/models", "")
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        assert_eq!(status, 200);
        assert_eq!(body["data"][0]["id"], MODEL);
        assert_eq!(
            client
                .send(Method::GET, "/healthz", "")
                .await
                .unwrap()
                .status,
            200
        );
    });
}

#[test]
fn a_bot_that_never_answers_is_a_504_within_its_time() {
    // How: a silent bot; the default profile waits a minute for the first word.
    let setup = Setup::with_discord(Config::default().with_bots([Script::silent()]));
    sim_with(setup, async |world| {
        let asked = tokio::time::Instant::now();
        let (status, body) = world.client().ask(MODEL, "Hello").await.unwrap();
        assert_eq!(status, 504, "{body}");
        assert_eq!(body["error"]["code"], "upstream_timeout");
        assert!(
            asked.elapsed() < Duration::from_secs(75),
            "{:?}",
            asked.elapsed()
        );
    });
}

#[test]
fn a_bot_that_dies_in_mid_reply_ends_the_stream_with_an_error_and_no_finish() {
    // How: a bot without an end of its own stops after three edits; only its idle time tells.
    let toml = "[profiles.default]\ncompletion = { components = true, quiet = \"10m\" }\n";
    let setup = Setup {
        discord: Config::default().with_bots([Script::dying()]),
        toml: toml.to_owned(),
        ..Setup::default()
    };
    sim_with(setup, async |world| {
        let transcript = world
            .client()
            .stream(MODEL, "Hello")
            .await
            .unwrap()
            .transcript()
            .await
            .unwrap();
        assert!(
            transcript.error.is_some() && transcript.done,
            "{transcript:?}"
        );
        assert_eq!(transcript.finish_reason, None, "no finish is faked");
        assert!(!transcript.text.is_empty());
    });
}

#[test]
fn a_bot_at_its_daily_limit_is_a_429_that_is_not_retried() {
    // How: the profile knows the bot's words for it.
    let toml = "[profiles.default]\nlimit_messages = [\"daily limit\"]\n";
    let setup = Setup {
        discord: Config::default().with_bots([Script::limited()]),
        toml: toml.to_owned(),
        ..Setup::default()
    };
    sim_with(setup, async |world| {
        let body = json!({"model": MODEL, "messages": user(&json!("Hello"))});
        let answer = world.client().complete(&body).await.unwrap();
        assert_eq!(answer.status, 429);
        assert_eq!(answer.headers["x-should-retry"], "false");
    });
}
