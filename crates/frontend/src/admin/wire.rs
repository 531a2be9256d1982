//! What the answers look like. Ids are strings, as Discord writes them: many readers of JSON round
//! whole numbers above 2^53.

use std::{collections::BTreeMap, time::Duration};

use serde::Serialize;

use crate::{Debt, DebtPage, DebtStage};

#[derive(Serialize)]
pub(super) struct DebtsBody<'a> {
    debts: Vec<DebtBody<'a>>,
    counts: BTreeMap<DebtStage, u64>,
    next: Option<&'a str>,
    deletions: Deletions,
}

#[derive(Serialize)]
pub(super) struct DeletionsBody {
    pub(super) deletions: Deletions,
}

#[derive(Serialize)]
pub(super) struct Deletions {
    pub(super) enabled: bool,
}

#[derive(Serialize)]
struct DebtBody<'a> {
    channel_id: Option<String>,
    guild_id: String,
    attempt: &'a str,
    request_id: Option<&'a str>,
    stage: DebtStage,
    reason: Option<&'a str>,
    age_seconds: u64,
    tries: u32,
    next_try_in_seconds: Option<u64>,
}

impl<'a> DebtsBody<'a> {
    pub(super) fn new(page: &'a DebtPage) -> Self {
        let count = |stage| (stage, page.counts.get(&stage).copied().unwrap_or(0));
        Self {
            debts: page.debts.iter().map(DebtBody::new).collect(),
            counts: DebtStage::ALL.into_iter().map(count).collect(),
            next: page.next.as_deref(),
            deletions: Deletions {
                enabled: page.deletions_enabled,
            },
        }
    }
}

impl<'a> DebtBody<'a> {
    fn new(debt: &'a Debt) -> Self {
        Self {
            channel_id: debt.channel_id.as_ref().map(ToString::to_string),
            guild_id: debt.guild_id.to_string(),
            attempt: &debt.attempt,
            request_id: debt.request_id.as_deref(),
            stage: debt.stage,
            reason: debt.reason.as_deref(),
            age_seconds: debt.age.as_secs(),
            tries: debt.tries,
            next_try_in_seconds: debt.next_try_in.as_ref().map(Duration::as_secs),
        }
    }
}
