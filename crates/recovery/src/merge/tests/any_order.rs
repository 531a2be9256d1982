//! The property behind the tables: order and repetition do not matter.

use proptest::{prelude::*, sample::Index};

use super::*;

/// What happens to one message, in order: it is created, edited some times, perhaps deleted.
#[derive(Clone, Debug)]
struct Life {
    edits: usize,
    deleted: bool,
    /// Whether its updates carry all fields.
    full: bool,
}

#[derive(Clone, Debug)]
enum Piece {
    Event(&'static str, Value),
    Page(Vec<Value>),
}

fn life() -> impl Strategy<Value = Life> {
    (0..4_usize, any::<bool>(), any::<bool>()).prop_map(|(edits, deleted, full)| Life {
        edits,
        deleted,
        full,
    })
}

fn text(id: u64, edit: usize) -> String {
    format!("{id} edited {edit}")
}

fn edited(edit: usize) -> Value {
    at(u64::try_from(edit).unwrap(), 500)
}

/// The events of all lives, round by round, and with each round the page that shows it.
fn history(lives: &[Life]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for round in 0..6 {
        for (id, life) in (A..).zip(lives) {
            if round == 0 {
                pieces.push(Piece::Event(
                    "MESSAGE_CREATE",
                    message(id, &at(0, 0), &text(id, 0)),
                ));
            } else if round <= life.edits {
                let mut update = message(id, &edited(round), &text(id, round));
                if !life.full {
                    update.as_object_mut().unwrap().remove("author");
                }
                pieces.push(Piece::Event("MESSAGE_UPDATE", update));
            } else if round == life.edits + 1 && life.deleted {
                let gone = json!({ "id": id.to_string(), "channel_id": "5" });
                pieces.push(Piece::Event("MESSAGE_DELETE", gone));
            }
        }
        let held = (A..)
            .zip(lives)
            .filter(|(_, life)| !life.deleted || round <= life.edits);
        pieces.push(Piece::Page(
            held.map(|(id, life)| {
                let edit = round.min(life.edits);
                let time = if edit == 0 { at(0, 0) } else { edited(edit) };
                message(id, &time, &text(id, edit))
            })
            .collect(),
        ));
    }
    pieces
}

fn feed(merge: &mut Merge, ticket: Ticket, piece: &Piece) {
    match piece {
        Piece::Event(name, payload) => {
            apply(merge, name, payload);
        }
        // An incomplete reading: what is missing in it is not the subject here.
        Piece::Page(messages) => {
            read(merge, ticket, &page(None, messages, false));
        }
    }
}

proptest! {
    /// However events and pages are ordered, repeated and mixed: once every event has come, the view
    /// is what Discord holds.
    #[test]
    fn any_interleaving_ends_in_the_same_view(
        lives in prop::collection::vec(life(), 1..4),
        order in any::<u64>(),
        again in prop::collection::vec(any::<Index>(), 0..12),
        tickets in prop::collection::vec(any::<Index>(), 64),
    ) {
        let mut pieces = history(&lives);
        let repeated: Vec<_> = again.iter().map(|index| index.get(&pieces).clone()).collect();
        pieces.extend(repeated);
        shuffle(&mut pieces, order);

        let mut merge = Merge::new();
        let mut begun = vec![merge.begin()];
        for (piece, ticket) in pieces.iter().zip(tickets.iter().cycle()) {
            // A page may have been asked for at any time before it is taken.
            let ticket = *ticket.get(&begun);
            feed(&mut merge, ticket, piece);
            begun.push(merge.begin());
        }

        let held: Vec<_> = (A..)
            .zip(&lives)
            .filter(|(_, life)| !life.deleted)
            .map(|(id, life)| (id, text(id, life.edits)))
            .collect();
        // A page can tell that a message is missing before the deletion comes, never instead.
        prop_assert_eq!(shown(&merge), held);
    }
}

fn shuffle(pieces: &mut [Piece], mut seed: u64) {
    for last in (1..pieces.len()).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let other = usize::try_from(seed >> 33).unwrap() % (last + 1);
        pieces.swap(last, other);
    }
}
