#![doc = include_str!("../README.md")]

mod access;
pub mod checkup;
mod content;
pub mod limits;
mod permission;
pub mod roles;

pub use self::{
    access::{GuildRoles, Member, RoleGrant, RoomKind},
    content::may_read_content,
    permission::{NEEDS, PermissionNeed, THREAD_NEEDS, missing_permissions},
};
