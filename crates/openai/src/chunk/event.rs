//! One server-sent event: one line of JSON, whatever a reader takes for the end of a line.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Serializer, ser::Formatter};

/// JSON may hold these as they are, but Python's `str.splitlines` ends a line at each, and naive
/// clients read a stream with it. The line ends below U+0020 are escaped in any JSON.
const LINE_ENDS: [char; 3] = ['\u{85}', '\u{2028}', '\u{2029}'];

/// `data: {…}` and a blank line. The space matters: one-api loses everything without it.
pub(super) fn event(body: &impl Serialize) -> String {
    let mut event = Vec::with_capacity(256);
    event.extend_from_slice(b"data: ");
    let mut serializer = Serializer::with_formatter(&mut event, OneLine);
    body.serialize(&mut serializer)
        .expect("strings and numbers always serialize");
    event.extend_from_slice(b"\n\n");
    String::from_utf8(event).expect("serde_json writes UTF-8")
}

/// How many bytes of `text` fit into `bytes_max` once they are escaped. Always at least one
/// character of a text that is not empty, and never half of one.
pub(super) fn fitting(text: &str, bytes_max: usize) -> usize {
    // The longest escape is six bytes for one: \u0000.
    if text.len() <= bytes_max / 6 {
        return text.len();
    }
    let mut room = bytes_max;
    for (index, character) in text.char_indices() {
        let cost = match character {
            '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
            '\0'..='\u{1f}' => 6,
            other if LINE_ENDS.contains(&other) => 6,
            other => other.len_utf8(),
        };
        match room.checked_sub(cost) {
            Some(left) => room = left,
            None => return index.max(character.len_utf8()),
        }
    }
    text.len()
}

/// Compact JSON without a line end in it.
struct OneLine;

impl Formatter for OneLine {
    fn write_string_fragment<W: Write + ?Sized>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(index) = rest.find(LINE_ENDS) {
            let (before, from) = rest.split_at(index);
            let mut characters = from.chars();
            let end = characters.next().map_or(0, u32::from);
            write!(writer, "{before}\\u{end:04x}")?;
            rest = characters.as_str();
        }
        writer.write_all(rest.as_bytes())
    }
}
