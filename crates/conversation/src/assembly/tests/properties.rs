//! What holds for every bot.

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Act {
    Write(u64, String),
    Grow(u64, String),
    Delete(u64),
    Settle,
}

fn act() -> impl Strategy<Value = Act> {
    let text = "[a-cé😀` \n]{0,40}";
    prop_oneof![
        1 => (101_u64..104, text).prop_map(|(id, text)| Act::Write(id, text)),
        6 => (101_u64..104, text).prop_map(|(id, text)| Act::Grow(id, text)),
        1 => (101_u64..104).prop_map(Act::Delete),
        6 => Just(Act::Settle),
    ]
}

proptest! {
    #[test]
    fn what_is_given_out_is_the_final_text_or_ends_with_it(
        acts in prop::collection::vec(act(), 0..40),
        stop in prop::collection::vec("[a-c]{0,3}", 0..3),
        edit_mode in prop::sample::select(vec![EditMode::Holdback, EditMode::Append, EditMode::Final]),
    ) {
        let stop: Vec<&str> = stop.iter().map(String::as_str).collect();
        let mut scene = Scene::new(Profile { edit_mode, ..Profile::default() }, &stop);
        let mut given = String::new();
        let mut contents = BTreeMap::<u64, String>::new();
        for act in acts {
            match act {
                Act::Write(id, text) => {
                    scene.write(id, &text);
                    contents.insert(id, text);
                }
                Act::Grow(id, text) => {
                    let content = contents.entry(id).or_default();
                    content.push_str(&text);
                    let content = content.clone();
                    scene.write(id, &content);
                }
                Act::Delete(id) => {
                    scene.reply.forget(Id::new(id));
                }
                Act::Settle => {
                    let piece = scene.reply.settle();
                    prop_assert_ne!(piece.as_deref(), Some(""));
                    given.extend(piece);
                }
            }
        }
        let stopped = scene.reply.is_stopped();
        let finish = scene.reply.finish(EndReason::Complete);
        given.extend(finish.rest.clone());
        if finish.end.conflict {
            let correction = [CORRECTION, &finish.end.text].concat();
            prop_assert!(given.ends_with(&correction));
            prop_assert!(!stopped);
        } else {
            prop_assert_eq!(&given, &finish.end.text);
        }
        let hit = stop.iter().any(|stop| !stop.is_empty() && finish.end.text.contains(stop));
        prop_assert!(!hit || finish.end.reason != EndReason::StopSequence);
    }

    #[test]
    fn a_bot_that_only_appends_causes_no_conflict(
        pieces in prop::collection::vec("[a-zé😀`#* \n]{1,30}", 1..30),
    ) {
        let mut scene = Scene::default();
        let mut content = String::from("x");
        for piece in pieces {
            content.push_str(&piece);
            scene.write(101, &content);
            scene.reply.settle();
        }
        let (_, text, conflict) = scene.finish();
        prop_assert!(!conflict);
        prop_assert_eq!(text, content.trim_end());
    }
}
