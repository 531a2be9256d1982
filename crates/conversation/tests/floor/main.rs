//! Conversations on the simulator floor: real clients, real sockets, virtual time.

mod asking;
mod away;
mod endings;
mod lapses;
mod replies;
mod world;
