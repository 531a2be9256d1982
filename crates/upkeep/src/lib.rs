#![doc = include_str!("../README.md")]

pub mod alerts;
mod content;
mod failure;
mod permission;

pub use self::{
    content::may_read_content,
    failure::{Failure, Source},
    permission::{NEEDS, PermissionNeed, THREAD_NEEDS, missing_permissions},
};
