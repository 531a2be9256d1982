#![doc = include_str!("../README.md")]

mod admin;
mod answer;
mod attachment;
mod body;
mod chat;
mod connection;
mod cors;
mod debts;
mod desk;
mod entrance;
mod frontend;
mod health;
mod key;
mod limits;
mod metrics;
mod models;
mod order;
mod query;
mod readiness;
mod routes;
mod server;
mod settings;
mod starting;
mod transport;
mod trouble;
mod visit;

pub use self::{
    debts::{Debt, DebtPage, DebtQuery, DebtStage, Debts, DebtsError},
    desk::Desk,
    entrance::Entrance,
    frontend::Frontend,
    health::Details,
    key::{Key, Scope},
    metrics::{Metric, MetricKind, Sample},
    readiness::Cause,
    settings::Settings,
};
