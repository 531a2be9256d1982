//! The storm: seeds of faults, people, kills and clients. See docs/TESTING.md.

mod sabotage;
mod seeds;
