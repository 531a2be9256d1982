//! The storm: seeds of faults, people, kills and clients. See docs/TESTING.md.

mod flood;
mod sabotage;
mod seeds;
