#![doc = include_str!("../README.md")]

mod content;
mod permission;
pub mod roles;

pub use self::{
    content::may_read_content,
    permission::{NEEDS, PermissionNeed, THREAD_NEEDS, missing_permissions},
};
