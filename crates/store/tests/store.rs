//! The store as its callers see it, and its database past them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "store/file.rs"]
mod file;
#[path = "store/inbox.rs"]
mod inbox;
#[path = "store/life.rs"]
mod life;
#[path = "store/operator.rs"]
mod operator;
#[path = "store/prune.rs"]
mod prune;
#[path = "store/registry.rs"]
mod registry;
#[path = "store/schema.rs"]
mod schema;
