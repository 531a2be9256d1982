//! Alerts: the outbox in the daybook, the ways to those who are told, and what the proxy itself notices.

mod alert_box;
mod bot_limits;
mod last_word;
mod lookout;
mod post;
mod webhook;

pub(crate) use self::{alert_box::AlertBox, lookout::Lookout, post::Post, webhook::rfc3339};
