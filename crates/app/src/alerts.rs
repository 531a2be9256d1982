//! Alerts: the outbox in the daybook, the ways to those who are told, and what a process notices by itself.

mod alert_box;
mod bot_limits;
mod fix;
mod last_word;
mod lookout;
mod patrol;
mod post;
mod webhook;

pub(crate) use self::{
    alert_box::AlertBox, lookout::Lookout, patrol::Patrol, post::Post, webhook::rfc3339,
};
