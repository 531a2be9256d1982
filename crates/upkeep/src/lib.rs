#![doc = include_str!("../README.md")]

mod access;
pub mod alerts;
pub mod checkup;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod content;
mod diary;
mod failure;
mod job;
mod keepalive;
pub mod limits;
mod permission;
pub mod roles;
mod schedule;
mod timetable;

pub use self::{
    access::{GuildRoles, Member, RoleGrant, RoomKind},
    content::may_read_content,
    diary::{Claim, Diary, MemoryDiary, Open, Standing},
    failure::{Failure, Source},
    job::{Ended, Job, Jobs, Turn},
    keepalive::{
        Attempt, Heard, InChannel, Judge, KeepAlive, KeepAliveJob, Keeper, Ledger, MemoryLedger,
        NoRoom, Note, Occasion, Outcome, Report, Room, Rooms, Says, Sight, Talk, Tried,
        keep_alive_job,
    },
    permission::{NEEDS, PermissionNeed, THREAD_NEEDS, missing_permissions},
    schedule::{Ripe, Schedule, ScheduleError},
    timetable::Timetable,
};
