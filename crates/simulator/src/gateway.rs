//! Gateway v10: sessions that outlive their connections, and the connections themselves.
//!
//! ```text
//!   World ──Dispatch──► Sessions ──► Session: sequence numbers, replay buffer ◄──pulls── connection
//! ```
//!
//! A session owns its events; a connection only remembers up to which one it has written. So a
//! resume is a new connection with an old cursor, a silent spell is a connection that does not
//! pull, and a client that does not read costs no more than the replay buffer.

mod budget;
mod close;
mod command;
mod compression;
mod connection;
mod identify;
mod intents;
mod limits;
mod members;
mod mutilation;
mod payload;
mod query;
mod registration;
mod session;
mod sessions;
mod upgrade;
mod wire;

pub use self::command::GatewayCommand;
pub(crate) use self::{sessions::Sessions, upgrade::accept};
