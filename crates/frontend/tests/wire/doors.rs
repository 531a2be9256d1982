use crate::{
    client::{plain, post},
    world::{KEY, NARROW_KEY, RELAY_KEY, World, chat},
};

const INVALID: &str = "invalid_request_error";

#[tokio::test(start_paused = true)]
async fn a_key_comes_in_one_of_three_headers() {
    let world = World::new().await;
    let mut client = world.connect().await;
    for header in [
        format!("authorization: Bearer {KEY}"),
        format!("Authorization: bearer {KEY}"),
        format!("x-api-key: {KEY}"),
        format!("api-key: {KEY}"),
        format!("authorization: Basic eDp5\r\nx-api-key: {KEY}"),
    ] {
        let answer = client
            .ask(&plain("GET", "/v1/models", &format!("{header}\r\n")))
            .await;
        assert_eq!(answer.head.status, 200, "{header}");
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_passes_without_a_key_of_ours() {
    let world = World::new().await;
    let mut client = world.connect().await;
    let close = format!("{KEY}x");
    for (header, code) in [
        ("", None),
        ("authorization: Bearer \r\n", None),
        ("authorization: Basic eDp5\r\n", None),
        (
            "authorization: Bearer sk-cordboard-aaaaaaa\r\n",
            Some("invalid_api_key"),
        ),
        ("authorization: Bearer x\r\n", Some("invalid_api_key")),
        (&format!("x-api-key: {close}\r\n"), Some("invalid_api_key")),
    ] {
        for request in [
            plain("GET", "/v1/models", header),
            plain("GET", "/v1/models/demo", header),
            plain("POST", "/v1/chat/completions", header),
        ] {
            let answer = client.ask(&request).await;
            let (status, kind, param, found) = answer.error();
            assert_eq!(
                (status, kind.as_str(), param),
                (401, INVALID, None),
                "{request}"
            );
            assert_eq!(found.as_deref(), code, "{request}");
            assert_eq!(answer.head.header("www-authenticate"), Some("Bearer"));
            assert!(!answer.body.contains("sk-cordboard"), "{}", answer.body);
        }
    }
    assert!(world.desk.asked().is_empty());
}

#[tokio::test(start_paused = true)]
async fn without_configured_keys_nothing_passes() {
    let world = World::with(|settings| settings.keys.clear()).await;
    let mut client = world.connect().await;
    for key in [KEY, "", "null", ","] {
        let answer = client
            .ask(&post(
                "/v1/chat/completions",
                key,
                &chat("say hi", false).to_string(),
            ))
            .await;
        assert_eq!(answer.head.status, 401, "{key:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_client_may_finish_writing_first() {
    let world = World::new().await;
    let mut client = world.connect().await;
    let body = "x".repeat(8 << 20);
    let answer = client
        .ask(&post("/v1/chat/completions", "sk-of-somebody-else", &body))
        .await;
    assert_eq!(answer.head.status, 401);
    assert!(answer.body.contains("…else"), "{}", answer.body);
}

#[tokio::test(start_paused = true)]
async fn a_key_opens_only_its_scopes_and_models() {
    let world = World::new().await;
    let mut client = world.connect().await;
    let body = chat("say hi", false).to_string();
    let answer = client
        .ask(&post("/v1/chat/completions", RELAY_KEY, &body))
        .await;
    assert_eq!(
        answer.error(),
        (403, INVALID.into(), None, Some("not_allowed".into()))
    );
    let answer = client
        .ask(&post("/v1/chat/completions", NARROW_KEY, &body))
        .await;
    let not_found = (
        404,
        INVALID.into(),
        Some("model".into()),
        Some("model_not_found".into()),
    );
    assert_eq!(answer.error(), not_found);
    // To a key, a model that is not for it is one that does not exist.
    let unknown = body.replace("\"demo\"", "\"nope\"");
    let other = client
        .ask(&post("/v1/chat/completions", KEY, &unknown))
        .await;
    assert_eq!(other.body.replace("nope", "demo"), answer.body);
    let body = body.replace("\"demo\"", "\"openai/Maker/Other\"");
    let answer = client
        .ask(&post("/v1/chat/completions", NARROW_KEY, &body))
        .await;
    assert_eq!(answer.head.status, 200);
    assert_eq!(world.desk.asked().len(), 1);
}
