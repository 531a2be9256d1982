//! The built binary in demo mode, as a person meets it: pasted `curl`, the official `openai` client.

mod support;

use std::time::Duration;

use serde_json::Value;

use crate::support::{Demo, python};

#[test]
fn the_official_openai_client_gets_its_answers_and_leaves_no_channel() -> anyhow::Result<()> {
    // How: openai from PyPI in a private environment, against the binary; then the ground truth.
    let demo = Demo::start()?;
    let reports = python::run(
        "openai_client.py",
        &[
            &demo.base_url(),
            support::KEY,
            "demo",
            &demo.simulator_url(),
        ],
    )?;
    let report = |check: &str| -> &Value {
        reports
            .iter()
            .find(|report| report["check"] == check)
            .unwrap_or(&Value::Null)
    };
    assert_eq!(report("models")["ids"], serde_json::json!(["demo"]));
    for (check, word) in [
        ("whole", "pomegranate"),
        ("stream", "persimmon"),
        ("helper", "quince"),
    ] {
        let text = report(check)["text"].as_str().unwrap_or_default();
        assert!(
            text.contains(word),
            "{check}: the answer depends on the prompt, got {text:?}"
        );
        assert_eq!(report(check)["finish_reason"], "stop", "{check}");
    }
    assert!(
        report("stream")["chunks"].as_u64() > Some(3),
        "the answer came in pieces"
    );
    assert!(
        report("stream")["total_tokens"].as_u64() > Some(0),
        "usage came when asked for"
    );
    for check in ["dropped", "invalidated"] {
        let (text, uncut) = (&report(check)["text"], &report(check)["uncut"]);
        assert!(text.is_string() && text == uncut, "{check}: {text}");
        assert_eq!(report(check)["finish_reason"], "stop", "{check}");
    }
    assert!(report("hang_up").is_object());
    assert_eq!(report("bad_key")["status"], 401);
    assert_eq!(report("unknown_model")["status"], 404);
    assert_eq!(report("unknown_model")["code"], "model_not_found");
    assert_eq!(report("no_messages")["status"], 400);
    assert_eq!(report("no_messages")["param"], "messages");
    // Seven conversations were opened: six answered, one hung up on.
    demo.assert_all_channels_deleted(7, Duration::from_secs(30))
}

#[test]
fn a_curl_killed_mid_stream_and_one_killed_before_the_first_byte_leave_no_channel()
-> anyhow::Result<()> {
    // How: a bare socket that sends the request and closes, before and after the first content.
    let demo = Demo::start()?;
    demo.ask_and_hang_up(support::When::BeforeTheFirstByte)?;
    demo.ask_and_hang_up(support::When::AfterTheFirstContent)?;
    demo.assert_all_channels_deleted(2, Duration::from_secs(30))
}

#[test]
fn sigterm_ends_the_demo_with_exit_code_zero() -> anyhow::Result<()> {
    // How: ask, send SIGTERM, wait for the process.
    let demo = Demo::start()?;
    demo.ask_and_hang_up(support::When::AfterTheFirstContent)?;
    assert_eq!(demo.terminate()?, Some(0));
    Ok(())
}
