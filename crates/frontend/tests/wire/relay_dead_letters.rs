use serde_json::{Value, json};

use crate::{
    client::{Client, post},
    log::{ATTEMPTS, Log},
    relay::{ask, world},
    stream::Stream,
    world::{RELAY_KEY, World},
};

const LETTERS: &str = "consumers/bot/dead_letters";

/// A consumer that has given up these events.
async fn given_up(world: &World, client: &mut Client, sequences: &[u64]) {
    drop(Stream::open(world, "consumer=bot&after=0", None).await);
    for sequence in sequences {
        let failed = json!({"sequence": sequence, "failed": true, "reason": "no such user"});
        for _ in 0..ATTEMPTS {
            let path = "/relay/v1/consumers/bot/ack";
            let request = post(path, RELAY_KEY, &failed.to_string());
            assert_eq!(client.ask(&request).await.head.status, 200);
        }
    }
}

async fn sequences(client: &mut Client, query: &str) -> (Vec<u64>, bool) {
    let answer = client.ask(&ask("GET", &format!("{LETTERS}{query}"))).await;
    assert_eq!(answer.head.status, 200, "{}", answer.body);
    let page = answer.json();
    let sequence = |letter: &Value| letter["sequence"].as_u64().unwrap();
    let sequences = page["data"].as_array().unwrap().iter().map(sequence);
    (sequences.collect(), page["has_more"].as_bool().unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_tells_the_event_and_why_and_when_it_was_given_up() {
    let log = Log::new();
    log.say(7, "poison");
    log.delete(1);
    log.lose(7, "no permission");
    let world = world(&log).await;
    let mut client = world.connect().await;
    given_up(&world, &mut client, &[1, 2, 3]).await;
    let answer = client.ask(&ask("GET", LETTERS)).await;
    let message = r#""message":{"id":"1", "content":"poison","channel_id":"7"}"#;
    assert!(answer.body.contains(message), "as Discord gives it");
    let letter = |mut event: Value| {
        event["consumer"] = "bot".into();
        event["attempts"] = ATTEMPTS.into();
        event["reason"] = "no such user".into();
        event["at"] = "2023-11-14T22:13:20Z".into();
        event
    };
    let said = json!({"id": "1", "content": "poison", "channel_id": "7"});
    let gap = json!({"from": "5", "to": null, "reason": "no permission"});
    let expected = json!({
        "object": "list",
        "data": [
            letter(json!({"sequence": 1, "kind": "create", "channel_id": "7", "message": said})),
            letter(json!({"sequence": 2, "kind": "delete", "channel_id": "7", "message": {"id": "1"}})),
            letter(json!({"sequence": 3, "kind": "gap", "channel_id": "7", "gap": gap})),
        ],
        "has_more": false,
    });
    assert_eq!(answer.json(), expected);
}

#[tokio::test(start_paused = true)]
async fn pages_hold_every_dead_letter_once() {
    let log = Log::new();
    for _ in 0..9 {
        log.say(7, "hi");
    }
    let world = world(&log).await;
    let mut client = world.connect().await;
    given_up(&world, &mut client, &[2, 3, 5, 8]).await;
    for (query, chosen, has_more) in [
        ("", vec![2, 3, 5, 8], false),
        ("?limit=3", vec![2, 3, 5], true),
        ("?limit=3&after=3", vec![5, 8], false),
        ("?after=&limit=4", vec![2, 3, 5, 8], false),
        ("?after=8", vec![], false),
    ] {
        let told = sequences(&mut client, query).await;
        assert_eq!(told, (chosen, has_more), "{query}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_that_is_discarded_is_gone() {
    let log = Log::new();
    for _ in 0..3 {
        log.say(7, "hi");
    }
    let world = world(&log).await;
    let mut client = world.connect().await;
    given_up(&world, &mut client, &[1, 2]).await;
    let discard = ask("DELETE", "consumers/bot/dead_letters/1");
    let discarded = json!({"consumer": "bot", "sequence": 1, "deleted": true});
    assert_eq!(client.ask(&discard).await.json(), discarded);
    assert_eq!(sequences(&mut client, "").await, (vec![2], false));
    // The position is where it was.
    assert_eq!(log.position("bot"), Some(2));
    for path in ["bot/dead_letters/1", "bot/dead_letters/3"] {
        let request = ask("DELETE", &format!("consumers/{path}"));
        let (status, _, param, code) = client.ask(&request).await.error();
        let told = (status, param.as_deref(), code.as_deref());
        assert_eq!(told, (404, Some("sequence"), Some("not_found")), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_names_no_dead_letter_is_refused_by_the_name_of_what_is_wrong() {
    let world = world(&Log::new()).await;
    let mut client = world.connect().await;
    for (method, path, status, param) in [
        ("GET", "bot/dead_letters", 404, "name"),
        ("DELETE", "bot/dead_letters/1", 404, "name"),
        ("GET", "a%20b/dead_letters", 400, "name"),
        ("GET", "%ff/dead_letters", 400, "name"),
        ("DELETE", "%ff/dead_letters/1", 400, "name"),
        ("DELETE", "bot/dead_letters/one", 400, "sequence"),
        ("DELETE", "bot/dead_letters/-1", 400, "sequence"),
        ("GET", "bot/dead_letters?limit=501", 400, "limit"),
        ("GET", "bot/dead_letters?after=x", 400, "after"),
        ("GET", "bot/dead_letters?channel_id=1", 400, "channel_id"),
    ] {
        let request = ask(method, &format!("consumers/{path}"));
        let (told, _, named, _) = client.ask(&request).await.error();
        assert_eq!((told, named.as_deref()), (status, Some(param)), "{path}");
    }
}
