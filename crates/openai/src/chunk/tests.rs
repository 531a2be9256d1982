use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn head(model: &str) -> Head {
    Head {
        id: "chatcmpl-1".into(),
        created: 1,
        model: model.into(),
    }
}

fn body(event: &str) -> Value {
    let line = event
        .strip_prefix("data: ")
        .unwrap()
        .strip_suffix("\n\n")
        .unwrap();
    assert!(!line.contains('\n'), "an event is one line: {line}");
    serde_json::from_str(line).unwrap()
}

#[test]
fn a_plain_stream_is_byte_for_byte_what_openai_sends() {
    let (writer, opening) = ChunkWriter::open(head("Demo"), false);
    let mut events = vec![opening];
    events.extend(writer.text("Hel"));
    events.extend(writer.text("lo \"you\""));
    events.extend(writer.finish(FinishReason::Stop, Usage::estimate(1, 1)));
    let frame = r#"data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"Demo","choices":[{"index":0,"delta":"#;
    let rest = r#","logprobs":null,"finish_reason":null}]}"#;
    let expected = [
        format!(r#"{frame}{{"role":"assistant","content":""}}{rest}"#),
        format!(r#"{frame}{{"content":"Hel"}}{rest}"#),
        format!(r#"{frame}{{"content":"lo \"you\""}}{rest}"#),
        format!(r#"{frame}{{}},"logprobs":null,"finish_reason":"stop"}}]}}"#),
        "data: [DONE]".into(),
    ];
    assert_eq!(events.concat(), expected.join("\n\n") + "\n\n");
}

#[test]
fn an_event_is_one_line_to_every_reader_of_lines() {
    // Python's `str.splitlines` also ends lines at these, and naive clients read with it.
    let text = "a\u{85}b\u{2028}c\u{2029}d\u{b}e\u{c}f\u{1c}g\u{2027}h\u{e9}";
    let (writer, _) = ChunkWriter::open(head("demo"), false);
    let event = writer.text(text).next().unwrap();
    assert!(
        event.contains(r"a\u0085b\u2028c\u2029d\u000be\ff\u001cg"),
        "{event}"
    );
    assert_eq!(body(&event)["choices"][0]["delta"]["content"], text);
}

#[test]
fn usage_comes_last_and_only_when_asked_for() {
    let (writer, opening) = ChunkWriter::open(head("demo"), true);
    assert_eq!(body(&opening)["usage"], Value::Null);
    assert!(
        opening.contains(r#""usage":null"#),
        "the key is there: {opening}"
    );
    let events = writer.finish(FinishReason::Length, Usage::estimate(8, 4));
    assert_eq!(events.len(), 3);
    assert_eq!(
        body(&events[0])["choices"][0]["finish_reason"],
        Value::from("length")
    );
    let usage = body(&events[1]);
    assert_eq!(usage["choices"], Value::Array(Vec::new()));
    assert_eq!(usage["usage"]["total_tokens"], Value::from(3));
    assert_eq!(events[2], DONE);
}

#[test]
fn a_broken_stream_ends_with_the_error_alone() {
    let (writer, _) = ChunkWriter::open(head("demo"), true);
    let events = writer.fail(&ApiError::upstream_timeout("The bot did not answer."));
    assert_eq!(
        events.concat(),
        concat!(
            r#"data: {"error":{"message":"The bot did not answer.","type":"server_error","param":null,"code":"upstream_timeout"}}"#,
            "\n\ndata: [DONE]\n\n"
        )
    );
}

#[test]
fn a_model_name_as_long_as_an_event_still_leaves_room_for_text() {
    let (writer, _) = ChunkWriter::open(head(&"m".repeat(EVENT_BYTES_MAX)), false);
    assert_eq!(writer.text("hello").count(), 1);
}

/// What a caller may do between opening and closing.
fn pieces() -> impl Strategy<Value = Vec<String>> {
    let long = (
        "[\\PC\u{0}-\u{1f}\u{85}\u{2028}\u{2029}]{1,8}",
        prop_oneof![Just(1_usize), 1..20_000_usize],
    )
        .prop_map(|(unit, times)| unit.repeat(times));
    proptest::collection::vec(
        prop_oneof![3 => "[\\PC\n\t\"\\\\]{0,64}", 1 => long, 1 => Just(String::new())],
        0..6,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_stream_keeps_the_grammar(pieces in pieces(), include_usage: bool, breaks: bool) {
        let (writer, opening) = ChunkWriter::open(head("demo"), include_usage);
        let mut events = vec![opening];
        for piece in &pieces {
            events.extend(writer.text(piece));
        }
        if breaks {
            events.extend(writer.fail(&ApiError::internal()));
        } else {
            events.extend(writer.finish(FinishReason::Stop, Usage::estimate(1, 1)));
        }

        prop_assert!(events.iter().all(|event| event.len() <= EVENT_BYTES_MAX));
        let ends_line = |c: char| matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}');
        prop_assert!(!events.concat().contains(ends_line));
        prop_assert_eq!(events.pop().unwrap(), DONE);
        let mut bodies: Vec<Value> = events.iter().map(|event| body(event)).collect();
        if breaks {
            let last = bodies.pop().unwrap();
            prop_assert!(last["error"].is_object() && last.get("choices").is_none());
        } else {
            if include_usage {
                let last = bodies.pop().unwrap();
                prop_assert!(last["choices"].as_array().unwrap().is_empty() && last["usage"].is_object());
            }
            let finish = bodies.pop().unwrap();
            prop_assert_eq!(&finish["choices"][0]["finish_reason"], "stop");
            prop_assert_eq!(&finish["choices"][0]["delta"], &serde_json::json!({}));
        }
        prop_assert_eq!(&bodies[0]["choices"][0]["delta"]["role"], "assistant");
        let mut text = String::new();
        for body in &bodies {
            prop_assert_eq!(&body["id"], "chatcmpl-1");
            prop_assert_eq!(&body["choices"][0]["index"], &Value::from(0));
            prop_assert!(body["choices"][0]["finish_reason"].is_null());
            text.push_str(body["choices"][0]["delta"]["content"].as_str().unwrap());
        }
        prop_assert_eq!(text, pieces.concat());
        let roles = bodies.iter().filter(|body| !body["choices"][0]["delta"]["role"].is_null());
        prop_assert_eq!(roles.count(), 1);
    }
}
