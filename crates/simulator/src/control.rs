//! `/__sim/`: the simulator's own routes, for people and tests outside the process.
//!
//! | route | does |
//! |---|---|
//! | `GET truth` | channels, roles, messages, counters, replies of the scripted bots |
//! | `GET check?allow=ID,ID` | what the checkers say: `{"violations":[…]}` |
//! | `GET violations` | the same without living channels: for a look during a run |
//! | `GET trace` | the fingerprint of the run so far: `{"hash"}` in hexadecimal |
//! | `GET requests?route=TEMPLATE` | the kept history of REST requests |
//! | `GET messages?channel_id=ID` | the messages of a channel, oldest first |
//! | `POST messages {"channel_id","content","author_id"?}` | speaks as a user: `{"id"}` |
//! | `POST acts {"act",…}` | does a [`HumanAct`] as the human: `{"id"}` of what was made, or `{}` |
//! | `POST channels {"name"}` | creates a channel as the human: `{"id"}` |
//! | `DELETE channels?channel_id=ID` | deletes a channel as the human |
//! | `GET faults`, `POST faults {…}`, `DELETE faults` | lists, arms, clears |
//! | `POST gateway {"action",…}` | drops, closes, invalidates, silences, withholds, refuses |
//! | `POST permissions {…}` | changes what the proxy's bot may do |

use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    config::id,
    fault::FaultRequest,
    gateway::GatewayCommand,
    rest::{Answer, AnswerBody},
    shared::Shared,
    simulator::{
        self,
        act::{self, HumanAct},
        human,
    },
    world::ApiError,
};

/// `POST messages`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Speech {
    #[serde(with = "id")]
    channel_id: u64,
    content: String,
    #[serde(default, with = "id::option")]
    author_id: Option<u64>,
}

/// `POST channels`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Creation {
    name: String,
}

/// `POST permissions`: the bot's role (`permissions`), the portal (`privileged_intents`), and an
/// overwrite for the bot or another user in one channel (`allow`, `deny`, or `clear`).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Permissions {
    #[serde(default, with = "id::option", rename = "permissions")]
    granted: Option<u64>,
    privileged_intents: Option<u64>,
    #[serde(default, with = "id::option")]
    channel_id: Option<u64>,
    #[serde(default, with = "id::option")]
    user_id: Option<u64>,
    #[serde(default, with = "id::option")]
    allow: Option<u64>,
    #[serde(default, with = "id::option")]
    deny: Option<u64>,
    #[serde(default)]
    clear: bool,
}

/// Does what the request asks, or says in plain words what is wrong with it.
pub(crate) fn act(
    shared: &Arc<Shared>,
    method: &Method,
    path: &str,
    query: &str,
    body: &Bytes,
) -> Answer {
    let done = match (method.as_str(), path) {
        ("GET", "truth") => json_of(&simulator::truth(shared)),
        ("GET", "check") => check(shared, query),
        ("GET", "violations") => json_of(&shared.record.watched(|watch| watch.seen().to_vec()))
            .map(|violations| json!({ "violations": violations })),
        ("GET", "trace") => Ok(json!({ "hash": format!("{:016x}", shared.record.trace_hash()) })),
        ("GET", "requests") => requests(shared, query),
        ("GET", "messages") => messages(shared, query),
        ("POST", "messages") => read(body).and_then(|speech| say(shared, speech)),
        ("POST", "acts") => read(body).and_then(|act| perform(shared, act)),
        ("POST", "channels") => read(body).and_then(|Creation { name }| {
            let act = HumanAct::CreateChannel {
                name,
                kind: 0,
                topic: None,
                parent_id: None,
            };
            perform(shared, act)
        }),
        ("DELETE", "channels") => channel_in(query)
            .and_then(|channel_id| perform(shared, HumanAct::DeleteChannel { channel_id })),
        ("GET", "faults") => json_of(&shared.faults.list()),
        ("POST", "faults") => read(body).and_then(|request: FaultRequest| {
            let fault = request.into_fault().map_err(Refusal::Wrong)?;
            shared.faults.arm(fault);
            json_of(&shared.faults.list())
        }),
        ("DELETE", "faults") => {
            shared.faults.clear();
            Ok(json!([]))
        }
        ("POST", "gateway") => read(body).map(|command: GatewayCommand| {
            simulator::gateway::act(shared, command);
            json!({})
        }),
        ("POST", "permissions") => read(body).and_then(|change| permissions(shared, &change)),
        _ => Err(Refusal::Unknown),
    };
    match done {
        Ok(body) => Answer {
            status: 200,
            body: AnswerBody::Json(body),
            due_ms: None,
        },
        Err(refusal) => refusal.into(),
    }
}

/// Why a request is not done.
#[derive(Debug)]
enum Refusal {
    /// The request is wrong, and how.
    Wrong(String),
    /// There is no such route.
    Unknown,
    /// Discord refuses the act.
    Discord(ApiError),
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        let (status, message) = match refusal {
            Refusal::Discord(error) => return error.into(),
            Refusal::Wrong(message) => (400, message),
            Refusal::Unknown => (404, "no such route or method below /__sim/".to_owned()),
        };
        Self {
            status,
            body: AnswerBody::Json(json!({ "error": message })),
            due_ms: None,
        }
    }
}

fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| Refusal::Wrong(error.to_string()))
}

fn json_of(value: &impl serde::Serialize) -> Result<Value, Refusal> {
    serde_json::to_value(value).map_err(|error| Refusal::Wrong(error.to_string()))
}

/// The decoded value of a query's key.
fn value_in(query: &str, key: &str) -> Option<String> {
    let raw = query
        .split('&')
        .find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='))?;
    Some(
        percent_decode_str(&raw.replace('+', " "))
            .decode_utf8_lossy()
            .into_owned(),
    )
}

fn id_in(text: &str) -> Result<u64, Refusal> {
    text.parse()
        .map_err(|_| Refusal::Wrong(format!("`{text}` is no id: digits only")))
}

fn channel_in(query: &str) -> Result<u64, Refusal> {
    let missing = || Refusal::Wrong("`?channel_id=` is missing".to_owned());
    id_in(&value_in(query, "channel_id").ok_or_else(missing)?)
}

fn check(shared: &Shared, query: &str) -> Result<Value, Refusal> {
    let allowed = value_in(query, "allow").unwrap_or_default();
    let ids = allowed.split(',').filter(|id| !id.is_empty()).map(id_in);
    let allowed = ids.collect::<Result<Vec<_>, _>>()?;
    let violations = json_of(&simulator::check(shared, &allowed))?;
    Ok(json!({ "violations": violations }))
}

fn requests(shared: &Shared, query: &str) -> Result<Value, Refusal> {
    let route = value_in(query, "route");
    let wanted = |template: &str| route.as_deref().is_none_or(|route| route == template);
    json_of(&shared.record.requests(|request| wanted(request.route)))
}

fn messages(shared: &Shared, query: &str) -> Result<Value, Refusal> {
    let channel_id = channel_in(query)?;
    Ok(Value::from(shared.world.lock().messages_of(channel_id)))
}

fn say(shared: &Shared, speech: Speech) -> Result<Value, Refusal> {
    let Speech {
        channel_id,
        content,
        author_id,
    } = speech;
    let author_id = author_id.unwrap_or(shared.config.human.user_id);
    let id = human::say(shared, author_id, channel_id, &content).map_err(Refusal::Discord)?;
    Ok(json!({ "id": id.to_string() }))
}

fn perform(shared: &Shared, act: HumanAct) -> Result<Value, Refusal> {
    let made = act::perform(shared, act).map_err(Refusal::Discord)?;
    Ok(made.map_or_else(|| json!({}), |id| json!({ "id": id.to_string() })))
}

fn permissions(shared: &Shared, change: &Permissions) -> Result<Value, Refusal> {
    let proxy_id = shared.config.proxy.user_id;
    if let Some(granted) = change.granted {
        let permissions = granted;
        perform(shared, HumanAct::SetPermissions { permissions })?;
    }
    if let Some(intents) = change.privileged_intents {
        human::set_privileged_intents(shared, intents);
    }
    let user_id = change.user_id.unwrap_or(proxy_id);
    let overwrites = change.clear || change.allow.is_some() || change.deny.is_some();
    match change.channel_id {
        Some(channel_id) if change.clear => human::clear_overwrite(shared, channel_id, user_id),
        Some(channel_id) => {
            let (allow, deny) = (change.allow.unwrap_or(0), change.deny.unwrap_or(0));
            human::set_overwrite(shared, channel_id, user_id, allow, deny)
        }
        None if overwrites => {
            let problem = "`allow`, `deny` and `clear` need `channel_id`".to_owned();
            return Err(Refusal::Wrong(problem));
        }
        None => Ok(()),
    }
    .map_err(Refusal::Discord)?;
    Ok(json!({}))
}
