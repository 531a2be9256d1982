//! Whole calls: statuses, bodies, headers and errors as they go over the wire.

use std::sync::OnceLock;

use http::{HeaderValue, header::CONTENT_TYPE};
use serde_json::json;

use super::*;
use crate::{
    bots::Bots, clock::Clock, config::Config, fault::Faults, gateway::Sessions, limits::Limits,
    record::Record, world::World,
};

const PROXY: u64 = 1_400_000_000_000_000_010;
const HUMAN: u64 = 1_400_000_000_000_000_020;
const GUILD: u64 = 1_400_000_000_000_000_000;
const GENERAL: u64 = 1_400_000_000_000_000_001;

fn shared() -> Arc<Shared> {
    let config = Config::default();
    let clock = Clock::starting_at(config.start_ms);
    Arc::new(Shared {
        clock,
        world: World::new(&config, clock).into(),
        sessions: Sessions::new(&config),
        limits: Limits::new(&config.limits),
        faults: Faults::new(config.seed),
        record: Record::new(&config),
        bots: Bots::new(&config.bots),
        address: OnceLock::new(),
        config,
    })
}

fn call(shared: &Arc<Shared>, line: &str, body: &Value) -> (u16, Value) {
    let headers = HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (
            "x-audit-log-reason".parse().unwrap(),
            HeaderValue::from_static("why%20not"),
        ),
    ]);
    let bytes = if body.is_null() {
        Bytes::new()
    } else {
        body.to_string().into()
    };
    send(shared, line, headers, bytes)
}

fn send(shared: &Arc<Shared>, line: &str, headers: HeaderMap, body: Bytes) -> (u16, Value) {
    let (method, target) = line.split_once(' ').unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let route = Route::parse(&method.parse().unwrap(), path).unwrap();
    let actor = Some(PROXY).filter(|_| route.needs_token());
    let answer = act(
        shared,
        actor,
        Call {
            route,
            query: query.to_owned(),
            headers,
            body,
            replica: Replica::default(),
        },
    );
    match answer.body {
        AnswerBody::Json(value) => (answer.status, value),
        AnswerBody::Empty => (answer.status, Value::Null),
        AnswerBody::Raw { .. } => panic!("the API answers JSON or nothing"),
    }
}

fn id(value: &Value) -> &str {
    value["id"].as_str().unwrap()
}

#[test]
fn a_conversation_goes_over_the_wire_with_discords_statuses() {
    let shared = shared();
    let name = json!({ "name": "Hello World", "topic": "t" });
    let (status, channel) = call(&shared, &format!("POST /guilds/{GUILD}/channels"), &name);
    assert_eq!((status, &channel["name"]), (201, &json!("hello-world")));
    let path = format!("/channels/{}", id(&channel));
    assert_eq!(
        call(&shared, &format!("POST {path}/typing"), &Value::Null),
        (204, Value::Null)
    );
    let hello = json!({ "content": "hi", "nonce": "n", "enforce_nonce": true });
    let (status, message) = call(&shared, &format!("POST {path}/messages"), &hello);
    assert_eq!((status, &message["nonce"]), (200, &json!("n")));
    assert_eq!(
        call(&shared, &format!("POST {path}/messages"), &hello).1["id"],
        message["id"]
    );
    let one = format!("{path}/messages/{}", id(&message));
    let (status, edited) = call(
        &shared,
        &format!("PATCH {one}"),
        &json!({ "content": "ho" }),
    );
    assert_eq!((status, &edited["content"]), (200, &json!("ho")));
    let (status, page) = call(
        &shared,
        &format!("GET {path}/messages?limit=5"),
        &Value::Null,
    );
    assert_eq!((status, page.as_array().unwrap().len()), (200, 1));
    assert_eq!(call(&shared, &format!("DELETE {one}"), &Value::Null).0, 204);
    let (status, gone) = call(&shared, &format!("DELETE {path}"), &Value::Null);
    assert_eq!((status, &gone["id"]), (200, &channel["id"]));
    let again = call(&shared, &format!("DELETE {path}"), &Value::Null);
    assert_eq!(
        again,
        (404, json!({ "message": "Unknown Channel", "code": 10003 }))
    );
    let (_, log) = call(
        &shared,
        &format!("GET /guilds/{GUILD}/audit-logs"),
        &Value::Null,
    );
    assert_eq!(log["audit_log_entries"][0]["reason"], "why not");
}

#[test]
fn wrong_input_is_answered_with_the_tree_of_faults() {
    let shared = shared();
    let messages = format!("/channels/{GENERAL}/messages");
    let rows = [
        (
            format!("GET {messages}?limit=101"),
            json!({}),
            "/limit/_errors/0/code",
            "NUMBER_TYPE_MAX",
        ),
        (
            format!("GET {messages}?before=1&after=1"),
            json!({}),
            "/_errors/0/code",
            "MUTUALLY_EXCLUSIVE",
        ),
        (
            format!("POST {messages}"),
            json!({ "embeds": [1] }),
            "/embeds/0/_errors/0/code",
            "DICT_TYPE_CONVERT",
        ),
        (
            format!("POST {messages}"),
            json!({ "content": "x", "allowed_mentions": { "parse": ["all"] } }),
            "/allowed_mentions/parse/0/_errors/0/code",
            "BASE_TYPE_CHOICES",
        ),
        (
            format!("POST /guilds/{GUILD}/channels"),
            json!({}),
            "/name/_errors/0/code",
            "BASE_TYPE_REQUIRED",
        ),
        (
            format!("POST /guilds/{GUILD}/channels"),
            json!({ "name": "x", "permission_overwrites": [{ "id": "1", "type": 9 }] }),
            "/permission_overwrites/0/type/_errors/0/code",
            "BASE_TYPE_CHOICES",
        ),
    ];
    for (line, body, pointer, code) in rows {
        let (status, answer) = call(&shared, &line, &body);
        assert_eq!((status, &answer["code"]), (400, &json!(50035)), "{line}");
        assert_eq!(
            answer["errors"].pointer(pointer),
            Some(&json!(code)),
            "{line} {answer}"
        );
    }
}

#[test]
fn bodies_that_are_no_json_have_their_own_codes() {
    let shared = shared();
    let line = format!("POST /channels/{GENERAL}/messages");
    let typed = |kind| HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]);
    let sent = |kind| send(&shared, &line, typed(kind), Bytes::from_static(b"{"));
    assert_eq!(sent("application/json").1["code"], 50109);
    assert_eq!(sent("text/plain").1["code"], 50035);
    assert_eq!(call(&shared, &line, &json!({})).1["code"], 50006);
}

#[test]
fn a_file_goes_in_by_multipart_and_comes_out_of_the_cdn() {
    let shared = shared();
    let kind = HeaderValue::from_static("multipart/form-data; boundary=XX");
    let body = "--XX\r\nContent-Disposition: form-data; name=\"payload_json\"\r\n\r\n\
                {\"attachments\":[{\"id\":0,\"filename\":\"b.txt\",\"description\":\"d\"}]}\r\n\
                --XX\r\nContent-Disposition: form-data; name=\"files[0]\"; filename=\"a.txt\"\r\n\r\n\
                words\r\n--XX--\r\n";
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, kind)]);
    let line = format!("POST /channels/{GENERAL}/messages");
    let (status, message) = send(&shared, &line, headers, body.into());
    let file = &message["attachments"][0];
    assert_eq!(
        (status, &file["filename"], &file["size"]),
        (200, &json!("b.txt"), &json!(5))
    );
    let url = file["url"].as_str().unwrap();
    let (path, query) = url[url.find("/attachments").unwrap()..]
        .split_once('?')
        .unwrap();
    let AnswerBody::Raw { bytes, .. } = attachment(&shared, path, query).body else {
        panic!("the CDN serves bytes");
    };
    assert_eq!(&bytes[..], b"words");
    assert_eq!(attachment(&shared, path, "").status, 404);
}

#[test]
fn webhooks_speak_without_a_token_of_a_bot() {
    let shared = shared();
    shared.change(|world| {
        let role = world.bot_role_of(GUILD, PROXY).unwrap();
        let permissions = Some(crate::world::permission::ADMINISTRATOR);
        let patch = crate::world::RolePatch {
            permissions,
            ..Default::default()
        };
        world.modify_role(HUMAN, GUILD, role, patch, None).unwrap();
    });
    let line = format!("POST /channels/{GENERAL}/webhooks");
    assert_eq!(call(&shared, &line, &json!({ "name": "Clyde" })).0, 400);
    let (status, webhook) = call(&shared, &line, &json!({ "name": "Relay" }));
    assert_eq!(status, 200);
    let base = format!(
        "/webhooks/{}/{}",
        id(&webhook),
        webhook["token"].as_str().unwrap()
    );
    let hello = json!({ "content": "hi", "username": "Someone" });
    assert_eq!(
        call(&shared, &format!("POST {base}"), &hello),
        (204, Value::Null)
    );
    let (status, message) = call(&shared, &format!("POST {base}?wait=true"), &hello);
    assert_eq!(
        (status, &message["author"]["username"]),
        (200, &json!("Someone"))
    );
    assert_eq!(message["webhook_id"], webhook["id"]);
    let one = format!("{base}/messages/{}", id(&message));
    assert_eq!(
        call(
            &shared,
            &format!("PATCH {one}"),
            &json!({ "content": "ho" })
        )
        .0,
        200
    );
    assert_eq!(call(&shared, &format!("DELETE {one}"), &Value::Null).0, 204);
    assert_eq!(
        call(
            &shared,
            &format!("POST /webhooks/{}/x", id(&webhook)),
            &hello
        )
        .1["code"],
        50027
    );
    for count in 2..=16 {
        let (status, answer) = call(&shared, &line, &json!({ "name": "More" }));
        assert_eq!(status == 200, count <= 15, "{answer}");
    }
    assert_eq!(
        call(&shared, &format!("DELETE {base}"), &Value::Null).0,
        204
    );
    assert_eq!(
        call(&shared, &format!("POST {base}"), &hello).1["code"],
        10015
    );
}

#[test]
fn what_clients_ask_at_login_is_answered() {
    let shared = shared();
    let (status, gateway) = call(&shared, "GET /gateway/bot", &Value::Null);
    assert_eq!(
        (status, &gateway["session_start_limit"]["max_concurrency"]),
        (200, &json!(1))
    );
    for line in [
        "GET /gateway",
        "GET /users/@me",
        "GET /applications/@me",
        "GET /users/@me/guilds",
    ] {
        assert_eq!(call(&shared, line, &Value::Null).0, 200, "{line}");
    }
    let me = call(&shared, "GET /users/@me", &Value::Null).1;
    assert_eq!(
        (id(&me), &me["bot"]),
        (PROXY.to_string().as_str(), &json!(true))
    );
    assert_eq!(
        call(&shared, "GET /guilds/7", &Value::Null).1["code"],
        10004
    );
}

#[test]
fn without_a_token_there_is_no_answer_but_401() {
    let shared = shared();
    let route = Route::parse(&Method::GET, "/users/@me").unwrap();
    let (query, headers, body) = (String::new(), HeaderMap::new(), Bytes::new());
    let answer = act(
        &shared,
        None,
        Call {
            route,
            query,
            headers,
            body,
            replica: Replica::default(),
        },
    );
    assert_eq!(answer.status, 401);
    assert_eq!(unrouted(&Method::PUT, "/users/@me").status, 405);
    assert_eq!(unrouted(&Method::GET, "/nothing").status, 404);
}
