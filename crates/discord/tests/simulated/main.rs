//! The sender over real sockets, against the simulator, on a paused clock.

mod answers;
mod cord;
mod guild;
mod limits;
mod mark;
mod members;
mod notices;
mod outcomes;
mod ports;
mod raw;
mod threads;
mod token;
mod world;
