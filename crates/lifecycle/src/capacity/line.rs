//! The line in front of a full guild: first come, first served for each tenant, and tenants in turn.

use std::collections::VecDeque;

/// Where somebody stands among those of the same tenant: earlier tickets go first. Whoever has to
/// come back, because a place turned out to be none, keeps the ticket and with it the rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Ticket(u64);

/// Those who wait. Its bound is [`crate::limits::OPENINGS_MAX`]: only openings at work stand here.
#[derive(Debug)]
pub(super) struct Line<T> {
    /// The tenants that have somebody in the line; the first one's turn is next.
    tenants: VecDeque<(String, VecDeque<(Ticket, T)>)>,
    tickets: u64,
}

// === impl Line ===

impl<T> Line<T> {
    pub(super) const fn new() -> Self {
        Self {
            tenants: VecDeque::new(),
            tickets: 0,
        }
    }

    /// A ticket that is later than all others.
    pub(super) const fn ticket(&mut self) -> Ticket {
        self.tickets += 1;
        Ticket(self.tickets)
    }

    /// Stands somebody in the line. A tenant who has nobody there yet is the last to have a turn,
    /// which is at most one turn of each of the others away.
    pub(super) fn push(&mut self, tenant: &str, ticket: Ticket, item: T) {
        let known = self.tenants.iter_mut().find(|(name, _)| name == tenant);
        if let Some((_, waiting)) = known {
            let at = waiting.partition_point(|(earlier, _)| *earlier < ticket);
            waiting.insert(at, (ticket, item));
        } else {
            let waiting = VecDeque::from([(ticket, item)]);
            self.tenants.push_back((tenant.to_owned(), waiting));
        }
    }

    /// The next in turn.
    pub(super) fn pop(&mut self) -> Option<T> {
        let (tenant, mut waiting) = self.tenants.pop_front()?;
        let (_, item) = waiting.pop_front()?;
        if !waiting.is_empty() {
            self.tenants.push_back((tenant, waiting));
        }
        Some(item)
    }

    /// Somebody leaves the line.
    pub(super) fn leave(&mut self, ticket: Ticket) {
        for (_, waiting) in &mut self.tenants {
            waiting.retain(|(other, _)| *other != ticket);
        }
        self.tenants.retain(|(_, waiting)| !waiting.is_empty());
    }

    /// Takes out those who match.
    pub(super) fn take_if(&mut self, mut matches: impl FnMut(&T) -> bool) -> Vec<T> {
        let mut taken = Vec::new();
        for (_, waiting) in &mut self.tenants {
            for (ticket, item) in std::mem::take(waiting) {
                if matches(&item) {
                    taken.push(item);
                } else {
                    waiting.push_back((ticket, item));
                }
            }
        }
        self.tenants.retain(|(_, waiting)| !waiting.is_empty());
        taken
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.tenants.iter().map(|(_, waiting)| waiting.len()).sum()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tenants.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::{collection::vec, prelude::*};

    use super::*;

    #[test]
    fn one_who_asks_once_waits_for_one_turn_of_one_who_asks_two_hundred_times() {
        let mut line = Line::new();
        for _ in 0..200 {
            let ticket = line.ticket();
            line.push("busy", ticket, "busy");
        }
        let ticket = line.ticket();
        line.push("modest", ticket, "modest");
        assert_eq!(
            [line.pop(), line.pop(), line.pop()],
            [Some("busy"), Some("modest"), Some("busy")]
        );
    }

    #[test]
    fn who_comes_back_keeps_the_rank() {
        let mut line = Line::new();
        let tickets = [line.ticket(), line.ticket(), line.ticket()];
        for ticket in tickets {
            line.push("one", ticket, ticket);
        }
        let first = line.pop().unwrap();
        line.push("one", first, first);
        line.leave(tickets[1]);
        assert_eq!((line.pop(), line.pop()), (Some(first), Some(tickets[2])));
        assert!(line.is_empty() && line.pop().is_none());
    }

    proptest! {
        #[test]
        fn nobody_is_lost_and_ranks_hold_within_a_tenant(tenants in vec(0u8..4, 0..60)) {
            let mut line = Line::new();
            for tenant in &tenants {
                let ticket = line.ticket();
                line.push(&tenant.to_string(), ticket, (*tenant, ticket));
            }
            prop_assert_eq!(line.len(), tenants.len());
            let mut last = BTreeMap::new();
            let mut served = 0;
            while let Some((tenant, ticket)) = line.pop() {
                prop_assert!(last.insert(tenant, ticket).is_none_or(|before| before < ticket));
                served += 1;
            }
            prop_assert_eq!(served, tenants.len());
        }

        #[test]
        fn whoever_waits_is_passed_at_most_once_by_each_other_tenant(
            steps in vec((0u8..5, any::<bool>()), 1..200),
        ) {
            // How: for the first of each tenant, the turns that others have had since.
            let mut line = Line::new();
            let mut passed: BTreeMap<u8, BTreeMap<u8, u32>> = BTreeMap::new();
            let mut waiting: BTreeMap<u8, usize> = BTreeMap::new();
            for (tenant, arrives) in steps {
                if arrives {
                    let ticket = line.ticket();
                    line.push(&tenant.to_string(), ticket, tenant);
                    *waiting.entry(tenant).or_default() += 1;
                    continue;
                }
                let Some(served) = line.pop() else { continue };
                *waiting.get_mut(&served).unwrap() -= 1;
                passed.remove(&served);
                for (other, _) in waiting.iter().filter(|(other, n)| **n > 0 && **other != served) {
                    let turns = passed.entry(*other).or_default().entry(served).or_default();
                    *turns += 1;
                    prop_assert!(*turns <= 1, "{served} had two turns while {other} waited");
                }
            }
        }
    }
}
