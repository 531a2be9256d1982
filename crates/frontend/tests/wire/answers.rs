use cordboard_conversation::Role;
use serde_json::json;

use crate::{
    client::{plain, post},
    world::{KEY, NARROW_KEY, NOW, World, chat},
};

#[tokio::test(start_paused = true)]
async fn a_whole_answer_has_every_key() {
    let world = World::new().await;
    let mut client = world.connect().await;
    client
        .post(&chat("post 40\nsay Hel\npause 5000\nsay lo", false))
        .await;
    let answer = client.answer().await;
    assert_eq!(answer.head.status, 200);
    assert_eq!(answer.head.header("content-type"), Some("application/json"));
    let took: u64 = answer
        .head
        .header("openai-processing-ms")
        .unwrap()
        .parse()
        .unwrap();
    assert!((5_040..5_050).contains(&took), "{took}");
    let id = answer
        .head
        .header("x-request-id")
        .unwrap()
        .replace("req-", "chatcmpl-");
    assert_eq!(
        answer.json(),
        json!({
            "id": id, "object": "chat.completion", "created": NOW, "model": "demo",
            "choices": [{
                "index": 0, "logprobs": null, "finish_reason": "stop",
                "message": {"role": "assistant", "content": "Hello", "refusal": null, "annotations": []},
            }],
            "usage": {
                "prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11,
                "prompt_tokens_details": {"cached_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": 0},
            },
        })
    );
}

#[tokio::test(start_paused = true)]
async fn the_request_reaches_the_desk_as_turns() {
    let world = World::new().await;
    let body = json!({
        "model": "openai/DEMO",
        "stop": ["END"],
        "temperature": 0.1,
        "tools": [{"type": "function", "function": {"name": "f"}}],
        "messages": [
            {"role": "developer", "content": "be kind"},
            {"role": "assistant", "content": null},
            {"role": "user", "content": [
                {"type": "text", "text": "say hi"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}},
            ]},
        ],
    });
    let mut client = world.connect().await;
    client.post(&body).await;
    let answer = client.answer().await;
    assert_eq!(answer.json()["model"], "openai/DEMO");
    let asked = world.desk.asked().remove(0);
    let roles: Vec<_> = asked.turns.iter().map(|turn| turn.role).collect();
    assert_eq!(roles, [Role::System, Role::Assistant, Role::User]);
    assert_eq!(
        (asked.model.as_str(), &asked.stop[..]),
        ("openai/DEMO", &["END".to_owned()][..])
    );
    assert_eq!(asked.turns[2].files[0].name, "image-1.png");
    assert!(asked.id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    assert_eq!(
        answer.head.header("x-request-id").unwrap(),
        format!("req-{}", asked.id)
    );
}

#[tokio::test(start_paused = true)]
async fn a_large_body_is_read_and_parsed() {
    let world = World::new().await;
    let mut body = chat("say ok", false);
    let image = format!("data:image/png;base64,{}", "A".repeat(4 << 20));
    body["messages"][0]["content"] =
        json!([{"type": "text", "text": "say ok"}, {"type": "image_url", "image_url": image}]);
    let mut client = world.connect().await;
    client.post(&body).await;
    assert_eq!(
        client.answer().await.json()["choices"][0]["message"]["content"],
        "ok"
    );
    assert_eq!(world.desk.asked()[0].turns[0].files[0].bytes.len(), 3 << 20);
}

#[tokio::test(start_paused = true)]
async fn connections_are_used_again() {
    let world = World::new().await;
    let mut client = world.connect().await;
    for stream in [false, true, false] {
        client.post(&chat("say ok", stream)).await;
        assert_eq!(client.answer().await.head.status, 200);
    }
}

#[tokio::test(start_paused = true)]
async fn paths_are_taken_as_clients_write_them() {
    let world = World::new().await;
    let mut client = world.connect().await;
    let body = chat("say ok", false).to_string();
    for path in [
        "/chat/completions",
        "//v1/chat/completions",
        "/v1/v1/chat/completions",
        "/v1/chat/completions/",
        "/v1/chat/completions?api-version=2024-10-21",
    ] {
        assert_eq!(
            client.ask(&post(path, KEY, &body)).await.head.status,
            200,
            "{path}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn models_are_listed_for_the_key_that_asks() {
    let world = World::new().await;
    let mut client = world.connect().await;
    let bearer = |key: &str| format!("authorization: Bearer {key}\r\n");
    let model =
        |id: &str| json!({"id": id, "object": "model", "created": NOW, "owned_by": "discord"});
    for path in ["/v1/models", "/models", "/v1/models/", "//v1/models"] {
        let answer = client.ask(&plain("GET", path, &bearer(KEY))).await;
        let expected = json!({"object": "list", "data": [model("Demo"), model("maker/other")]});
        assert_eq!(answer.json(), expected, "{path}");
    }
    let answer = client
        .ask(&plain("GET", "/v1/models", &bearer(NARROW_KEY)))
        .await;
    assert_eq!(answer.json()["data"], json!([model("maker/other")]));
    for (path, key, id) in [
        ("/v1/models/Demo", KEY, Some("Demo")),
        ("/v1/models/demo", KEY, Some("Demo")),
        ("/v1/models/openai%2Fdemo", KEY, Some("Demo")),
        ("/v1/models/maker/other", KEY, Some("maker/other")),
        ("/v1/models/maker%2Fother", NARROW_KEY, Some("maker/other")),
        ("/v1/models/demo", NARROW_KEY, None),
        ("/v1/models/dem", KEY, None),
    ] {
        let answer = client.ask(&plain("GET", path, &bearer(key))).await;
        match id {
            Some(id) => assert_eq!(answer.json(), model(id), "{path}"),
            None => assert_eq!(
                answer.error().3.as_deref(),
                Some("model_not_found"),
                "{path}"
            ),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn health_and_root_answer_without_a_key() {
    let world = World::new().await;
    let mut client = world.connect().await;
    let answer = client.ask(&plain("GET", "/healthz", "")).await;
    assert_eq!(
        answer.json(),
        json!({"status": "ok", "service": "cordboard", "version": "1.2.3", "uptime_seconds": 0, "gateway": "ready"})
    );
    assert_eq!(client.ask(&plain("GET", "/", "")).await.head.status, 200);
    client.send(&plain("HEAD", "/", "")).await;
    assert_eq!(client.head().await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn browsers_may_ask_from_anywhere() {
    let world = World::new().await;
    let mut client = world.connect().await;
    let headers = "origin: https://chat.example\r\naccess-control-request-method: POST\r\n\
        access-control-request-headers: authorization,content-type,x-stainless-lang\r\n\
        access-control-request-private-network: true\r\n";
    for path in ["/v1/chat/completions", "/v1/models", "/nowhere"] {
        let answer = client.ask(&plain("OPTIONS", path, headers)).await;
        assert_eq!(answer.head.status, 204);
        for (name, value) in [
            ("access-control-allow-origin", "*"),
            (
                "access-control-allow-headers",
                "authorization,content-type,x-stainless-lang",
            ),
            (
                "access-control-allow-methods",
                "GET,POST,PUT,PATCH,DELETE,OPTIONS",
            ),
            ("access-control-allow-private-network", "true"),
            ("access-control-max-age", "7200"),
        ] {
            assert_eq!(answer.head.header(name), Some(value), "{name}");
        }
        assert_eq!(answer.head.header("access-control-allow-credentials"), None);
    }
    let answer = client.ask(&plain("GET", "/v1/models", "")).await;
    assert_eq!(answer.head.status, 401);
    assert_eq!(answer.head.header("access-control-allow-origin"), Some("*"));
    assert!(
        answer
            .head
            .header("access-control-expose-headers")
            .unwrap()
            .contains("x-request-id")
    );
}
