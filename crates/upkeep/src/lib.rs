#![doc = include_str!("../README.md")]

mod content;
mod permission;

pub use self::{
    content::may_read_content,
    permission::{NEEDS, PermissionNeed, THREAD_NEEDS, missing_permissions},
};
