//! What Discord makes of a channel's name.

use super::{ANNOUNCEMENT, FORUM, MEDIA, TEXT};

/// The name as Discord keeps it. Text-like channels are lowercased, their spaces turn into single
/// hyphens, and punctuation is dropped; letters of any script and emoji stay. Voice channels,
/// categories and threads keep case and spaces. Undocumented (discord-facts 2.1).
pub(crate) fn normalised(kind: u64, name: &str) -> String {
    let name = name.trim();
    if !matches!(kind, TEXT | ANNOUNCEMENT | FORUM | MEDIA) {
        return name.chars().filter(|one| !one.is_control()).collect();
    }
    let mut kept = String::with_capacity(name.len());
    for one in name.chars().flat_map(char::to_lowercase) {
        match one {
            _ if one.is_whitespace() || one == '-' => {
                if !kept.ends_with('-') {
                    kept.push('-');
                }
            }
            '_' => kept.push('_'),
            _ if one.is_ascii_punctuation() || one.is_control() => {}
            _ => kept.push(one),
        }
    }
    let trimmed = kept.trim_matches('-');
    if trimmed.is_empty() {
        "-".to_owned()
    } else {
        trimmed.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::channel::{CATEGORY, PUBLIC_THREAD, VOICE};

    #[test]
    fn text_names_are_lowercased_hyphenated_and_stripped() {
        let rows = [
            ("Joey's Cool Channel", "joeys-cool-channel"),
            ("  a   b  ", "a-b"),
            ("a--b", "a-b"),
            ("snake_case!", "snake_case"),
            ("Ünïcode 😀 ÄÖ", "ünïcode-😀-äö"),
            ("cord-0123abcd", "cord-0123abcd"),
            ("#/?", "-"),
        ];
        for (sent, kept) in rows {
            assert_eq!(normalised(TEXT, sent), kept, "{sent}");
        }
    }

    #[test]
    fn other_names_keep_case_and_spaces() {
        for kind in [VOICE, CATEGORY, PUBLIC_THREAD] {
            assert_eq!(
                normalised(kind, " Joey's Cool Channel "),
                "Joey's Cool Channel"
            );
        }
    }
}
