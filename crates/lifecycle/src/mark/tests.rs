use proptest::prelude::*;
use twilight_model::id::Id;

use super::*;
use crate::name::channel_name;

fn marks(key: u8) -> Marks {
    Marks::new(MarkKey::new([key; 32]), "crdbrd", Id::new(7))
}

#[test]
fn a_mark_looks_as_documented() {
    let mark = marks(1).mark(AttemptId::from_bytes([0xab; 16])).to_string();
    assert_eq!(mark.len(), 55);
    assert!(
        mark.starts_with("~crdbrd.lelqnatblelqnatblelqnatblc."),
        "{mark}"
    );
}

#[test]
fn a_mark_of_another_guild_or_namespace_is_not_ours() {
    let attempt = AttemptId::from_bytes([3; 16]);
    let ours = marks(1);
    let elsewhere = Marks::new(MarkKey::new([1; 32]), "crdbrd", Id::new(8));
    let others = Marks::new(MarkKey::new([1; 32]), "other", Id::new(7));
    assert_eq!(ours.recognise(&elsewhere.mark(attempt).to_string()), None);
    assert_eq!(ours.recognise(&others.mark(attempt).to_string()), None);
}

#[test]
fn nothing_secret_is_printed() {
    let marks = marks(9);
    let mark = marks.mark(AttemptId::from_bytes([5; 16]));
    let printed = format!("{marks:?} {mark:?}");
    assert!(
        !printed.contains(&mark.to_string()) && !printed.contains("9, 9"),
        "{printed}"
    );
}

proptest! {
    #[test]
    fn a_mark_is_recognised_in_any_text(bits: [u8; 16], before in "[^~]{0,40}", after in "( .{0,40})?") {
        let marks = marks(1);
        let attempt = AttemptId::from_bytes(bits);
        let text = format!("{before}{}{after}", marks.mark(attempt));
        prop_assert_eq!(marks.recognise(&text), Some(attempt));
        prop_assert_eq!(marks.recognise(&text.to_ascii_uppercase()), Some(attempt));
        prop_assert_eq!(Mark::find(&text), Some(marks.mark(attempt)));
    }

    #[test]
    fn another_key_does_not_recognise_it(bits: [u8; 16]) {
        let mark = marks(1).mark(AttemptId::from_bytes(bits)).to_string();
        prop_assert_eq!(marks(2).recognise(&mark), None);
    }

    #[test]
    fn a_changed_mark_is_not_recognised(bits: [u8; 16], at in 0..MARK_CHARACTERS, to in "[0-9a-z.~]") {
        let marks = marks(1);
        let mark = marks.mark(AttemptId::from_bytes(bits)).to_string();
        let mut changed = mark.clone();
        changed.replace_range(at..=at, &to);
        prop_assume!(changed != mark);
        prop_assert_eq!(marks.recognise(&changed), None);
    }

    #[test]
    fn no_label_brings_a_mark_into_a_name(bits: [u8; 16], label in ".{0,80}", copied: [u8; 16]) {
        let marks = marks(1);
        let label = format!("{label}{}", marks.mark(AttemptId::from_bytes(copied)));
        let name = channel_name("cord", &label, AttemptId::from_bytes(bits));
        prop_assert_eq!(Mark::find(&name), None);
        prop_assert!(!name.is_empty() && name.len() <= 100);
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        prop_assert!(name.chars().all(plain), "{}", name);
    }

    #[test]
    fn any_text_can_be_searched(text in ".{0,200}") {
        let _ = Mark::find(&text);
    }
}
