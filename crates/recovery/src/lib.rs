#![doc = include_str!("../README.md")]

mod catch_up;
mod change;
mod cursor;
mod failure;
mod fields;
mod history;
mod limits;
mod merge;

pub use self::{
    catch_up::{Pages, Reading, catch_up},
    change::Change,
    cursor::{Cursor, Progress},
    failure::{Failure, Unreadable},
    history::{History, Message},
    limits::PAGE_MESSAGES,
    merge::{Merge, Ticket},
};
