use cordboard_frontend::DebtStage;
use serde_json::{Value, json};

use crate::{
    client::{plain, post},
    owed::{Mood, Owed, parked, unknown},
    world::{KEY, NARROW_KEY, RELAY_KEY, World},
};

const INVALID: &str = "invalid_request_error";
const DEBTS: &str = "/admin/v1/debts";
const DELETIONS: &str = "/admin/v1/deletions";
const OFF: &str = r#"{"enabled": false}"#;
const ON: &str = r#"{"enabled": true}"#;

async fn world(owed: &Owed) -> World {
    let owed = owed.clone();
    World::built(|_| {}, |frontend| frontend.with_admin(owed)).await
}

fn get(path: &str) -> String {
    plain("GET", path, &format!("authorization: Bearer {KEY}\r\n"))
}

#[tokio::test(start_paused = true)]
async fn only_a_key_for_administration_gets_in() {
    let owed = Owed::of([parked(1)]);
    let world = world(&owed).await;
    let mut client = world.connect().await;
    let close = format!("{KEY}x");
    for (key, status, code) in [
        (None, 401, None),
        (Some(""), 401, None),
        (Some("sk-of-somebody-else"), 401, Some("invalid_api_key")),
        (Some(&*close), 401, Some("invalid_api_key")),
        (Some(NARROW_KEY), 403, Some("not_allowed")),
        (Some(RELAY_KEY), 403, Some("not_allowed")),
    ] {
        let header = key.map_or_else(String::new, |key| {
            format!("authorization: Bearer {key}\r\n")
        });
        let length = OFF.len();
        for request in [
            plain("GET", DEBTS, &header),
            plain("GET", "/admin/v1/debts?limit=wrong", &header),
            plain("POST", DELETIONS, &header),
            plain(
                "POST",
                DELETIONS,
                &format!("{header}content-length: {length}\r\n"),
            ) + OFF,
        ] {
            let answer = client.ask(&request).await;
            let code = code.map(str::to_owned);
            assert_eq!(
                answer.error(),
                (status, INVALID.into(), None, code),
                "{request}"
            );
        }
    }
    assert_eq!(owed.calls(), 0);
    assert!(owed.deletions_enabled());
    assert_eq!(client.ask(&get(DEBTS)).await.head.status, 200);
    let answer = client.ask(&post(DELETIONS, KEY, OFF)).await;
    assert_eq!(answer.head.status, 200);
}

#[tokio::test(start_paused = true)]
async fn without_debts_to_tell_the_paths_are_unknown() {
    let world = World::new().await;
    let mut client = world.connect().await;
    for request in [
        get(DEBTS),
        plain("GET", DEBTS, ""),
        post(DEBTS, KEY, "{}"),
        post(DELETIONS, KEY, OFF),
        get("/metrics"),
    ] {
        let answer = client.ask(&request).await;
        let code = Some("unknown_url".into());
        assert_eq!(
            answer.error(),
            (404, INVALID.into(), None, code),
            "{request}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn other_paths_and_methods_are_refused_in_openais_words() {
    let owed = Owed::default();
    let world = world(&owed).await;
    let mut client = world.connect().await;
    for (request, status, code) in [
        (get("/admin/v1"), 404, "unknown_url"),
        (get("/admin/v1/debts/1"), 404, "unknown_url"),
        (get("/v1/admin/v1/debts"), 404, "unknown_url"),
        (post(DEBTS, KEY, "{}"), 405, "method_not_supported"),
        (get(DELETIONS), 405, "method_not_supported"),
    ] {
        let answer = client.ask(&request).await;
        assert_eq!(
            answer.error(),
            (status, INVALID.into(), None, Some(code.into())),
            "{request}"
        );
    }
    assert_eq!(owed.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_debt_is_told_with_all_that_is_known_of_it() {
    let world = world(&Owed::of([parked(1), unknown(2)])).await;
    let mut client = world.connect().await;
    let answer = client.ask(&get(DEBTS)).await;
    assert_eq!(answer.head.header("content-type"), Some("application/json"));
    let expected = json!({
        "debts": [
            {
                "channel_id": "1087394857203948001",
                "guild_id": "1087394857203940000",
                "attempt": "a001",
                "request_id": "0123456789abcdef01234567",
                "stage": "parked",
                "reason": "50013 Missing Permissions: give the bot Manage Channels",
                "age_seconds": 372,
                "tries": 4,
                "next_try_in_seconds": 60,
            },
            {
                "channel_id": null,
                "guild_id": "1087394857203940000",
                "attempt": "a002",
                "request_id": null,
                "stage": "unknown",
                "reason": null,
                "age_seconds": 372,
                "tries": 4,
                "next_try_in_seconds": null,
            },
        ],
        "counts": {
            "condemned": 0,
            "verifying": 0,
            "parked": 1,
            "quarantined": 0,
            "unknown": 1,
            "abandoned": 0,
        },
        "next": null,
        "deletions": {"enabled": true},
    });
    assert_eq!(answer.json(), expected);
}

#[tokio::test(start_paused = true)]
async fn pages_hold_every_debt_once() {
    let debts = (0..25).map(|number| match number % 5 {
        0 => unknown(number),
        _ => parked(number),
    });
    let world = world(&Owed::of(debts)).await;
    let mut client = world.connect().await;
    for (filter, count, pages) in [
        ("", 25, 4),
        ("&stage=unknown", 5, 1),
        ("&stage=parked", 20, 3),
    ] {
        let (mut after, mut attempts, mut asked) = (String::new(), Vec::new(), 0);
        loop {
            let path = format!("{DEBTS}?limit=7&after={after}{filter}");
            let page = client.ask(&get(&path)).await.json();
            let debts = page["debts"].as_array().unwrap();
            attempts.extend(debts.iter().map(|debt| debt["attempt"].clone()));
            assert_eq!(page["counts"]["parked"], 20);
            assert_eq!(page["counts"]["unknown"], 5);
            asked += 1;
            match &page["next"] {
                Value::String(next) => after.clone_from(next),
                end => break assert_eq!(end, &Value::Null),
            }
        }
        assert_eq!((attempts.len(), asked), (count, pages), "{filter}");
        assert!(
            attempts
                .windows(2)
                .all(|pair| pair[0].as_str() < pair[1].as_str())
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_bad_query_is_refused_with_what_to_write() {
    let world = world(&Owed::default()).await;
    let mut client = world.connect().await;
    for (query, param, code) in [
        ("limit=0", "limit", "invalid_value"),
        ("limit=501", "limit", "invalid_value"),
        ("stage=stuck", "stage", "invalid_value"),
        ("after=a%20b", "after", "invalid_value"),
        ("state=parked", "state", "unsupported_parameter"),
    ] {
        let answer = client.ask(&get(&format!("{DEBTS}?{query}"))).await;
        let (param, code) = (Some(param.into()), Some(code.into()));
        assert_eq!(
            answer.error(),
            (400, INVALID.into(), param, code),
            "{query}"
        );
    }
    let answer = client.ask(&get(&format!("{DEBTS}?stage=stuck"))).await;
    for stage in DebtStage::ALL {
        assert!(answer.body.contains(stage.name()), "{}", answer.body);
    }
}

#[tokio::test(start_paused = true)]
async fn deletions_are_forbidden_and_allowed_again() {
    let owed = Owed::default();
    let world = world(&owed).await;
    let mut client = world.connect().await;
    for (body, enabled) in [(OFF, false), (OFF, false), (ON, true)] {
        let answer = client.ask(&post(DELETIONS, KEY, body)).await;
        let expected = json!({"deletions": {"enabled": enabled}});
        assert_eq!((answer.head.status, answer.json()), (200, expected));
        assert_eq!(owed.deletions_enabled(), enabled);
        let debts = client.ask(&get(DEBTS)).await.json();
        assert_eq!(debts["deletions"]["enabled"], enabled);
    }
}

#[tokio::test(start_paused = true)]
async fn a_setting_that_is_not_clear_changes_nothing() {
    let owed = Owed::default();
    let world = world(&owed).await;
    let mut client = world.connect().await;
    for body in [
        "",
        "{}",
        "false",
        r#"{"enabled": "false"}"#,
        r#"{"enable": false}"#,
    ] {
        let answer = client.ask(&post(DELETIONS, KEY, body)).await;
        assert_eq!(answer.error().0, 400, "{body}");
    }
    let long = " ".repeat(5_000) + OFF;
    assert_eq!(
        client.ask(&post(DELETIONS, KEY, &long)).await.error().0,
        413
    );
    assert_eq!(owed.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_registry_that_does_not_answer_is_named_and_not_shown() {
    let owed = Owed::of([parked(1)]);
    let world = world(&owed).await;
    let mut client = world.connect().await;
    for (mood, status, code) in [
        (Mood::Broken, 503, "upstream_unavailable"),
        (Mood::Hung, 504, "upstream_timeout"),
    ] {
        owed.set_mood(mood);
        for request in [get(DEBTS), post(DELETIONS, KEY, OFF)] {
            let answer = client.ask(&request).await;
            let row = (status, "server_error".into(), None, Some(code.into()));
            assert_eq!(answer.error(), row, "{request}");
            assert!(!answer.body.contains("secret"), "{}", answer.body);
            // Both requests may be sent again.
            assert_eq!(answer.head.header("x-should-retry"), None);
        }
    }
    owed.set_mood(Mood::Well);
    assert!(owed.deletions_enabled());
    assert_eq!(client.ask(&get(DEBTS)).await.head.status, 200);
}
