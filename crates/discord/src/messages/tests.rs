use cordboard_conversation::File;

use super::*;

#[test]
fn a_page_is_put_in_order_and_kept_byte_for_byte() {
    let newest_first = br#"[{"id":"30","content":"c","edited_timestamp":"2026-01-02T03:04:05.678000+00:00","x":1.50},
        {"id":"9","content":"a","edited_timestamp":null}, {"id":"20","content":"b"},
        {"id":"20","content":"b"}]"#;
    let page = page(newest_first).unwrap();
    assert_eq!(
        page.iter()
            .map(|message| message.id.get())
            .collect::<Vec<_>>(),
        [9, 20, 30]
    );
    assert_eq!(page[0].edited_ms, 0);
    assert_eq!(page[2].edited_ms, 1_767_323_045_678);
    assert!(page[2].json.get().ends_with(r#""x":1.50}"#));
}

#[test]
fn a_prompt_can_ping_nobody_but_its_bot() {
    let mut post = Post {
        content: "@everyone <@&1> <@2> hello".into(),
        files: vec![File {
            name: "päge 1.txt".into(),
            content_type: None,
            bytes: "x".into(),
        }],
        mention: None,
        nonce: "n1".into(),
        timeout: std::time::Duration::from_secs(1),
    };
    let files = [Attachment::from_bytes(file_name("päge 1.txt"), vec![], 0)];
    let json = serde_json::to_value(Payload::new(&post, &files)).unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "content": "@everyone <@&1> <@2> hello",
            "nonce": "n1",
            "enforce_nonce": true,
            "allowed_mentions": {"parse": [], "users": [], "replied_user": false},
            "attachments": [{"id": 0, "filename": "p_ge_1.txt"}],
        })
    );
    post.mention = Some(Id::new(2));
    let json = serde_json::to_value(Payload::new(&post, &[])).unwrap();
    assert_eq!(json["allowed_mentions"]["users"], serde_json::json!(["2"]));
    assert!(json.get("attachments").is_none());
}
