#![doc = include_str!("../README.md")]

mod alarms;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod content;
mod diary;
mod failure;
mod job;
mod keepalive;
pub mod limits;
mod permission;
mod schedule;
mod timetable;

pub use self::{
    alarms::Alarms,
    content::may_read_content,
    diary::{Claim, Diary, MemoryDiary, Open, Standing},
    failure::{Failure, Source},
    job::{Job, Jobs, Turn},
    keepalive::{
        Attempt, Heard, InChannel, Judge, KeepAlive, KeepAliveJob, Keeper, Ledger, MemoryLedger,
        Note, Occasion, Outcome, Report, Room, Rooms, Says, Sight, Talk, Tried,
    },
    permission::{NEEDS, PermissionNeed, THREAD_NEEDS, missing_permissions},
    schedule::{Ripe, Schedule, ScheduleError},
    timetable::Timetable,
};
