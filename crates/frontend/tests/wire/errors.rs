use serde_json::{Value, json};

use crate::{
    client::{Answer, plain, post},
    world::{KEY, World, chat},
};

type Row = (
    u16,
    &'static str,
    Option<&'static str>,
    Option<&'static str>,
);

const INVALID: &str = "invalid_request_error";
const SERVER: &str = "server_error";

/// Why a question is not asked, the answer, and its `retry-after` and `x-should-retry`.
const REFUSALS: [(&str, Row, Option<&str>, Option<&str>); 10] = [
    (
        "busy",
        (429, "rate_limit_error", None, Some("rate_limit_exceeded")),
        Some("7"),
        None,
    ),
    (
        "unavailable",
        (503, SERVER, None, Some("upstream_unavailable")),
        Some("2"),
        None,
    ),
    (
        "refused",
        (502, SERVER, None, Some("upstream_refused")),
        None,
        Some("false"),
    ),
    (
        "too_long",
        (
            400,
            INVALID,
            Some("messages"),
            Some("context_length_exceeded"),
        ),
        None,
        None,
    ),
    (
        "unknown_model",
        (404, INVALID, Some("model"), Some("model_not_found")),
        None,
        None,
    ),
    (
        "empty",
        (400, INVALID, Some("messages"), Some("invalid_value")),
        None,
        None,
    ),
    (
        "deadline",
        (504, SERVER, None, Some("upstream_timeout")),
        None,
        None,
    ),
    (
        "half",
        (503, SERVER, None, Some("upstream_unavailable")),
        None,
        Some("false"),
    ),
    (
        "half_late",
        (504, SERVER, None, Some("upstream_timeout")),
        None,
        Some("false"),
    ),
    (
        "closed",
        (503, SERVER, None, Some("upstream_unavailable")),
        Some("5"),
        None,
    ),
];

fn assert_row(answer: &Answer, row: Row, what: &str) {
    let (status, kind, param, code) = answer.error();
    assert_eq!(
        (status, kind.as_str(), param.as_deref(), code.as_deref()),
        row,
        "{what}"
    );
    assert_eq!(
        answer.head.header("content-type"),
        Some("application/json"),
        "{what}"
    );
    assert!(answer.head.header("x-request-id").is_some(), "{what}");
}

#[tokio::test(start_paused = true)]
async fn bad_requests_are_refused_before_anything_is_asked() {
    let world = World::new().await;
    let mut client = world.connect().await;
    let with = |key: &str, value: Value| {
        let mut body = chat("say hi", true);
        body[key] = value;
        body.to_string()
    };
    let rows: Vec<(String, Row)> = vec![
        ("{\"model\": demo}".into(), (400, INVALID, None, None)),
        (String::new(), (400, INVALID, None, None)),
        (
            json!({"model": "demo"}).to_string(),
            (
                400,
                INVALID,
                Some("messages"),
                Some("missing_required_parameter"),
            ),
        ),
        (
            with("messages", json!([{"role": "user", "content": 7}])),
            (
                400,
                INVALID,
                Some("messages[0].content"),
                Some("invalid_type"),
            ),
        ),
        (
            with("messages", json!([])),
            (400, INVALID, Some("messages"), Some("invalid_value")),
        ),
        (
            with("n", json!(2)),
            (400, INVALID, Some("n"), Some("unsupported_parameter")),
        ),
        (
            with("tool_choice", json!("required")),
            (400, INVALID, Some("tool_choice"), Some("unsupported_value")),
        ),
        (
            with("response_format", json!({"type": "json_object"})),
            (
                400,
                INVALID,
                Some("response_format.type"),
                Some("unsupported_value"),
            ),
        ),
        (
            with("modalities", json!(["audio"])),
            (400, INVALID, Some("modalities"), Some("unsupported_value")),
        ),
        (
            with("model", json!("nope")),
            (404, INVALID, Some("model"), Some("model_not_found")),
        ),
        (
            with("model", json!("dem")),
            (404, INVALID, Some("model"), Some("model_not_found")),
        ),
    ];
    for (body, row) in rows {
        let answer = client.ask(&post("/v1/chat/completions", KEY, &body)).await;
        assert_row(&answer, row, &body);
    }
    assert!(world.desk.asked().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_syntax_error_names_its_position() {
    let world = World::new().await;
    let mut client = world.connect().await;
    let answer = client
        .ask(&post("/v1/chat/completions", KEY, "{\n \"model\": demo}"))
        .await;
    let message = answer.json()["error"]["message"].to_string();
    assert!(
        message.contains("could not parse the JSON body") && message.contains("line 2 column 11"),
        "{message}"
    );
}

#[tokio::test(start_paused = true)]
async fn any_content_type_is_read_and_no_encoding() {
    let world = World::new().await;
    let mut client = world.connect().await;
    let body = chat("say ok", false).to_string();
    let request = post("/v1/chat/completions", KEY, &body);
    for content_type in ["content-type: text/plain", "x-nothing: here"] {
        let request = request.replace("content-type: application/json", content_type);
        assert_eq!(client.ask(&request).await.head.status, 200);
    }
    let request = request.replace("content-type: application/json", "content-encoding: gzip");
    let row = (415, INVALID, None, Some("unsupported_media_type"));
    assert_row(&client.ask(&request).await, row, "gzip");
}

#[tokio::test(start_paused = true)]
async fn unknown_paths_and_wrong_methods_are_told_apart() {
    let world = World::new().await;
    let mut client = world.connect().await;
    for (method, path) in [
        ("GET", "/v1/foo"),
        ("POST", "/v1/embeddings"),
        ("POST", "/v1/responses"),
        ("GET", "/foo?a=b"),
        ("DELETE", "/v1/chat"),
    ] {
        let answer = client.ask(&plain(method, path, "")).await;
        assert_row(&answer, (404, INVALID, None, Some("unknown_url")), path);
        let path = path.split('?').next().unwrap();
        let message = answer.json()["error"]["message"].to_string();
        assert!(
            message.contains(&format!("Unknown request URL: {method} {path}.")),
            "{message}"
        );
    }
    for path in ["/v1/models/%FF", "/v1/models/%ff%fe/x"] {
        let headers = format!("authorization: Bearer {KEY}\r\n");
        let answer = client.ask(&plain("GET", path, &headers)).await;
        let row = (404, INVALID, Some("model"), Some("model_not_found"));
        assert_row(&answer, row, path);
    }
    for (method, path, allow) in [
        ("GET", "/v1/chat/completions", "POST"),
        ("DELETE", "//v1/chat/completions/", "POST"),
        ("POST", "/v1/models", "GET,HEAD"),
        ("PUT", "/healthz", "GET,HEAD"),
    ] {
        let answer = client.ask(&plain(method, path, "")).await;
        assert_row(
            &answer,
            (405, INVALID, None, Some("method_not_supported")),
            path,
        );
        assert_eq!(answer.head.header("allow"), Some(allow), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_keeps_a_question_from_being_asked_has_its_own_status() {
    let world = World::new().await;
    for stream in [false, true] {
        for (why, row, wait, retry) in REFUSALS {
            let mut client = world.connect().await;
            client
                .post(&chat(&format!("post 100\nrefuse {why}"), stream))
                .await;
            let answer = client.answer().await;
            assert_row(&answer, row, why);
            assert_eq!(answer.head.header("retry-after"), wait, "{why}");
            assert_eq!(answer.head.header("x-should-retry"), retry, "{why}");
            assert_eq!(world.desk.open(), 0);
        }
    }
    let mut client = world.connect().await;
    client.post(&chat("refuse busy", false)).await;
    let answer = client.answer().await;
    assert_eq!(answer.head.header("retry-after-ms"), Some("7000"));
    let message = answer.json()["error"]["message"].to_string();
    assert!(message.contains("Please try again in 7s."), "{message}");
}

#[tokio::test(start_paused = true)]
async fn what_breaks_a_reply_has_its_own_status_and_is_not_repeated() {
    let world = World::new().await;
    for (why, status, kind, code) in [
        ("deadline", 504, SERVER, "upstream_timeout"),
        ("silent", 504, SERVER, "upstream_timeout"),
        ("stalled", 504, SERVER, "upstream_timeout"),
        ("channel_gone", 503, SERVER, "upstream_unavailable"),
        ("message_deleted", 502, SERVER, "message_deleted"),
        ("limited", 429, "insufficient_quota", "insufficient_quota"),
        ("lost", 503, SERVER, "upstream_unavailable"),
    ] {
        let mut client = world.connect().await;
        client
            .post(&chat(&format!("say half\nbreak {why}"), false))
            .await;
        let answer = client.answer().await;
        assert_row(&answer, (status, kind, None, Some(code)), why);
        assert_eq!(answer.head.header("x-should-retry"), Some("false"), "{why}");
        assert_eq!(answer.head.header("retry-after"), None, "{why}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_bug_is_answered_and_hurts_nobody_else() {
    let world = World::new().await;
    let mut client = world.connect().await;
    for script in ["panic", "vanish"] {
        client.post(&chat(script, false)).await;
        let row = (500, SERVER, None, Some("internal_error"));
        assert_row(&client.answer().await, row, script);
    }
    client.post(&chat("say ok", false)).await;
    assert_eq!(client.answer().await.head.status, 200);
    assert_eq!(world.desk.open(), 0);
}
