use proptest::prelude::*;
use serde_json::json;

use super::{
    Role::{Assistant, System, Tool, User},
    *,
};

const ASK: &str = r#""model":"demo","messages":[{"role":"user","content":"hi"}]"#;

fn with(rest: &str) -> String {
    format!("{{{ASK},{rest}}}")
}

fn parse(body: &str) -> Result<ChatRequest<'_>, ApiError> {
    ChatRequest::parse(body.as_bytes())
}

fn refused(body: &str) -> (u16, Option<String>, Option<&'static str>) {
    let error = parse(body).expect_err(body);
    (error.status, error.param, error.code)
}

#[test]
fn the_plainest_request_is_understood() {
    let body = format!("\u{feff}{{{ASK}}}");
    let request = parse(&body).unwrap();
    assert_eq!(request.model, "demo");
    assert_eq!(
        request.messages,
        [Message {
            role: Role::User,
            parts: vec![Part::Text("hi".into())]
        }]
    );
    assert!(!request.stream && !request.include_usage && request.stop.is_empty());
}

#[test]
fn what_clients_send_loosely_is_taken() {
    for rest in [
        r#""stream":"true""#,
        r#""stream":1,"n":"1","temperature":"0.5","max_tokens":null"#,
        r#""stream":true,"stream_options":{"include_usage":true,"include_obfuscation":false}"#,
        r#""stream":"True","stop":null,"logprobs":false,"top_logprobs":0,"tools":[{"type":"function"}]"#,
        r#""stream":true,"tool_choice":"auto","function_call":"none","response_format":{"type":"text"}"#,
        r#""stream":true,"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[]}}"#,
        r#""stream":true,"modalities":["text"],"audio":null,"metadata":{"a":[1,{"b":2}]},"unheard_of":[[[]]]"#,
    ] {
        let body = with(rest);
        assert!(parse(&body).expect(&body).stream, "{body}");
    }
}

#[test]
fn malformed_json_names_its_position() {
    for body in [
        "",
        "{",
        "{\"model\":\n  demo}",
        "[1,2",
        "{\"model\":\"\u{1}\"}",
        "{} {}",
    ] {
        let error = parse(body).expect_err(body);
        assert_eq!(
            (error.status, error.param, error.code),
            (400, None, None),
            "{body}"
        );
        assert!(error.message.contains(" at line "), "{}", error.message);
    }
    let error = parse("{\n  \"model\": demo\n}").unwrap_err();
    assert!(
        error.message.contains("line 2 column 12"),
        "{}",
        error.message
    );
    for body in ["[]", "null", "\"hi\"", "7"] {
        let error = parse(body).expect_err(body);
        assert!(
            error.message.contains("expected an object"),
            "{}",
            error.message
        );
    }
    assert_eq!(
        ChatRequest::parse(b"{\"model\":\"\xff\"}")
            .unwrap_err()
            .status,
        400
    );
}

#[test]
fn what_is_missing_is_named() {
    let missing = Some("missing_required_parameter");
    for (body, param) in [
        (r#"{"messages":[{"role":"user","content":"hi"}]}"#, "model"),
        (r#"{"model":null,"messages":[]}"#, "model"),
        (r#"{"model":"demo"}"#, "messages"),
        (
            r#"{"model":"demo","messages":[{"content":"hi"}]}"#,
            "messages[0].role",
        ),
        (
            r#"{"model":"demo","messages":[{"role":"user"}]}"#,
            "messages[0].content",
        ),
        (
            r#"{"model":"demo","messages":[{"role":"user","content":[{"text":"hi"}]}]}"#,
            "messages[0].content[0].type",
        ),
        (
            r#"{"model":"demo","messages":[{"role":"user","content":[{"type":"image_url"}]}]}"#,
            "messages[0].content[0].image_url",
        ),
        (
            r#"{"model":"demo","messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{}}]}]}"#,
            "messages[0].content[0].input_audio.data",
        ),
        (
            r#"{"model":"demo","messages":[{"role":"user","content":[{"type":"file","file":{}}]}]}"#,
            "messages[0].content[0].file.file_data",
        ),
    ] {
        assert_eq!(
            refused(body),
            (400, Some(param.to_owned()), missing),
            "{body}"
        );
    }
}

#[test]
fn a_wrong_type_names_the_path_to_it() {
    let invalid = Some("invalid_type");
    for (body, param) in [
        (r#"{"model":7,"messages":[]}"#.to_owned(), "model"),
        (r#"{"model":"demo","messages":"hi"}"#.to_owned(), "messages"),
        (r#"{"model":"demo","messages":["hi"]}"#.to_owned(), "messages[0]"),
        (r#"{"model":"demo","messages":[{"role":1,"content":"hi"}]}"#.to_owned(), "messages[0].role"),
        (
            r#"{"model":"demo","messages":[{"role":"user","content":"a"},{"role":"user","content":7}]}"#.to_owned(),
            "messages[1].content",
        ),
        (
            r#"{"model":"demo","messages":[{"role":"user","content":[{"type":"text","text":{}}]}]}"#.to_owned(),
            "messages[0].content[0].text",
        ),
        (
            r#"{"model":"demo","messages":[{"role":"user","content":[7]}]}"#.to_owned(),
            "messages[0].content[0]",
        ),
        (with(r#""stream":"perhaps""#), "stream"),
        (with(r#""stream_options":true"#), "stream_options"),
        (with(r#""stream_options":{"include_usage":[]}"#), "stream_options.include_usage"),
        (with(r#""stop":7"#), "stop"),
        (with(r#""stop":["a",7]"#), "stop[1]"),
        (with(r#""n":"many""#), "n"),
        (with(r#""response_format":"json""#), "response_format"),
    ] {
        assert_eq!(refused(&body), (400, Some(param.to_owned()), invalid), "{body}");
    }
}

#[test]
fn what_a_discord_bot_cannot_do_is_refused_and_not_ignored() {
    for (rest, param, code) in [
        (r#""n":2"#, "n", "unsupported_parameter"),
        (r#""n":"3""#, "n", "unsupported_parameter"),
        (
            r#""tool_choice":"required""#,
            "tool_choice",
            "unsupported_value",
        ),
        (
            r#""tool_choice":{"type":"function","function":{"name":"f"}}"#,
            "tool_choice",
            "unsupported_value",
        ),
        (
            r#""tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required"}}"#,
            "tool_choice",
            "unsupported_value",
        ),
        (
            r#""tool_choice":{"type":"allowed_tools","mode":"required"}"#,
            "tool_choice",
            "unsupported_value",
        ),
        (
            r#""function_call":{"name":"f"}"#,
            "function_call",
            "unsupported_value",
        ),
        (
            r#""response_format":{"type":"json_object"}"#,
            "response_format.type",
            "unsupported_value",
        ),
        (
            r#""response_format":{"type":"json_schema","json_schema":{}}"#,
            "response_format.type",
            "unsupported_value",
        ),
        (r#""logprobs":true"#, "logprobs", "unsupported_parameter"),
        (
            r#""top_logprobs":2"#,
            "top_logprobs",
            "unsupported_parameter",
        ),
        (
            r#""modalities":["text","audio"]"#,
            "modalities",
            "unsupported_value",
        ),
        (
            r#""audio":{"voice":"alloy"}"#,
            "audio",
            "unsupported_parameter",
        ),
        (r#""stop":["a","b","c","d","e"]"#, "stop", "invalid_value"),
        (r#""n":0"#, "n", "invalid_value"),
    ] {
        let body = with(rest);
        assert_eq!(
            refused(&body),
            (400, Some(param.to_owned()), Some(code)),
            "{body}"
        );
    }
}

#[test]
fn a_request_that_asks_nothing_is_refused() {
    for messages in [
        json!([]),
        json!([{"role": "system", "content": "be kind"}]),
        json!([{"role": "user", "content": ""}]),
        json!([{"role": "user", "content": " \n"}]),
        json!([{"role": "user", "content": []}]),
        json!([{"role": "assistant", "content": "hi"}, {"role": "tool", "content": "7"}]),
    ] {
        let body = json!({"model": "demo", "messages": messages}).to_string();
        assert_eq!(
            refused(&body),
            (400, Some("messages".into()), Some("invalid_value")),
            "{body}"
        );
    }
    let body = r#"{"model":"demo","messages":[{"role":"robot","content":"hi"}]}"#;
    assert_eq!(
        refused(body),
        (400, Some("messages[0].role".into()), Some("invalid_value"))
    );
}

#[test]
fn every_spelling_of_content_is_read() {
    let body = json!({"model": "demo", "messages": [
        {"role": "developer", "content": [{"type": "text", "text": "be kind"}]},
        {"role": "assistant", "content": null, "tool_calls": [{"id": "1"}]},
        {"role": "assistant", "content": null, "refusal": "no"},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]},
        {"role": "tool", "content": "7", "tool_call_id": "1"},
        {"role": "user", "name": "ann", "content": [
            {"type": "input_text", "text": "look"},
            {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}},
            {"type": "image_url", "image_url": "https://example.com/b.png"},
            {"type": "input_image", "image_url": "data:image/png;base64,AA=="},
            {"type": "input_audio", "input_audio": {"data": "AA==", "format": "mp3"}},
            {"type": "file", "file": {"file_data": "AA==", "filename": "a.pdf"}},
            "bare",
        ]},
    ]})
    .to_string();
    let request = parse(&body).unwrap();
    let roles: Vec<_> = request
        .messages
        .iter()
        .map(|message| message.role)
        .collect();
    assert_eq!(roles, [System, Assistant, Assistant, Assistant, Tool, User]);
    assert!(request.messages[1].parts.is_empty());
    assert_eq!(request.messages[2].parts, [Part::Text("no".into())]);
    assert_eq!(request.messages[3].parts, [Part::Text("no".into())]);
    let parts = &request.messages[5].parts;
    assert_eq!(parts.len(), 7);
    assert_eq!(
        parts[1],
        Part::Image {
            url: "https://example.com/a.png".into(),
            param: "messages[5].content[1].image_url.url".into()
        }
    );
    assert_eq!(
        parts[5],
        Part::File {
            data: "AA==".into(),
            name: Some("a.pdf".into()),
            param: "messages[5].content[5].file.file_data".into()
        }
    );
}

#[test]
fn files_uploaded_ahead_are_refused() {
    let body = r#"{"model":"demo","messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"f"}}]}]}"#;
    let param = Some("messages[0].content[0].file.file_id".to_owned());
    assert_eq!(refused(body), (400, param, Some("unsupported_value")));
}

#[test]
fn long_text_is_borrowed_and_not_copied() {
    let body = with(r#""stream":false"#);
    let request = parse(&body).unwrap();
    assert!(matches!(
        &request.messages[0].parts[0],
        Part::Text(Cow::Borrowed("hi"))
    ));
}

#[test]
fn depth_and_length_of_a_hostile_body_are_bounded() {
    let nest = |open: &str, close: &str| open.repeat(200_000) + &close.repeat(200_000);
    // Skipped without recursion, hence harmless; read values stop at serde_json's 128 levels.
    assert!(parse(&with(&format!(r#""metadata":{}"#, nest("[", "]")))).is_ok());
    assert_eq!(
        refused(&with(&format!(r#""stop":{}"#, nest("[", "]")))).0,
        400
    );
    assert_eq!(refused(&nest("[", "]")).0, 400);
    let many = format!(
        r#"{{"model":"demo","messages":[{}0]}}"#,
        "0,".repeat(10_000)
    );
    assert_eq!(refused(&many).0, 400);
}

proptest! {
    #[test]
    fn no_body_makes_the_parser_panic(body in proptest::collection::vec(any::<u8>(), 0..256)) {
        let _ = ChatRequest::parse(&body);
    }

    #[test]
    fn no_value_in_a_known_field_makes_the_parser_panic(
        field in "(model|messages|stream|stream_options|stop|n|tool_choice|response_format|logprobs|modalities|audio)",
        value in "(null|true|7|-1|1e400|\"auto\"|\\[\\]|\\[null,7,\\{\\}\\]|\\{\\}|\\{\"type\":7\\}|\\{\"mode\":\\[\\]\\})",
    ) {
        let body = format!(r#"{{"{field}":{value}}}"#);
        if let Err(error) = parse(&body) {
            prop_assert_eq!(error.status, 400);
        }
    }
}
