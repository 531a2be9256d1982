//! Messages: nonces, pings, replies, edits, deletions, and what is blanked.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::world::{
    ApiError, Overwrite, OverwriteKind, bounds, event, permission,
    tests::{FRIEND, GENERAL, GUILD, HUMAN, PROXY, code, events, grant, id, world},
};

mod changing;
mod reading;
mod sending;

fn say(world: &mut World, actor: u64, content: &str) -> u64 {
    id(&world
        .create_message(actor, GENERAL, NewMessage::text(content))
        .unwrap())
}

fn with_nonce(nonce: &str) -> NewMessage {
    let nonce = Some(Nonce::Text(nonce.to_owned()));
    NewMessage {
        nonce,
        enforce_nonce: true,
        ..NewMessage::text("hello")
    }
}

fn deny(world: &mut World, bits: u64) {
    let kind = OverwriteKind::Member;
    let overwrite = Overwrite {
        id: PROXY,
        kind,
        allow: 0,
        deny: bits,
    };
    world
        .set_overwrite(HUMAN, GENERAL, overwrite, None)
        .unwrap();
}
