//! Stop sequences: the reply ends before the first of them.

/// The stop sequences of one request.
#[derive(Debug)]
pub(crate) struct Stop {
    sequences: Vec<String>,
    /// The length of the longest, in bytes.
    bytes_max: usize,
}

// === impl Stop ===

impl Stop {
    pub(crate) fn new(sequences: &[String]) -> Self {
        let sequences: Vec<String> = sequences
            .iter()
            .filter(|sequence| !sequence.is_empty())
            .cloned()
            .collect();
        let bytes_max = sequences.iter().map(String::len).max().unwrap_or(0);
        Self {
            sequences,
            bytes_max,
        }
    }

    /// Where the first stop sequence begins in `text`.
    pub(crate) fn find(&self, text: &str) -> Option<usize> {
        let hits = self
            .sequences
            .iter()
            .filter_map(|sequence| text.find(sequence));
        hits.min()
    }

    /// The end of what can be given out of a text without a stop sequence that may go on: behind
    /// it there is no room for the beginning of one.
    pub(crate) fn clear_of_beginnings(&self, text: &str) -> usize {
        let end = text.len().saturating_sub(self.bytes_max.saturating_sub(1));
        text.floor_char_boundary(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stop(sequences: &[&str]) -> Stop {
        let sequences: Vec<String> = sequences.iter().map(|&text| text.to_owned()).collect();
        Stop::new(&sequences)
    }

    #[test]
    fn the_first_hit_counts() {
        let stop = stop(&["END", "\n\n", ""]);
        assert_eq!(stop.find("one END two\n\n"), Some(4));
        assert_eq!(stop.find("one\n\nEND"), Some(3));
        assert_eq!(stop.find("one EN"), None);
    }

    #[test]
    fn what_may_become_a_stop_sequence_is_held_back() {
        assert_eq!(stop(&[]).clear_of_beginnings("text"), 4);
        assert_eq!(stop(&["x"]).clear_of_beginnings("text"), 4);
        assert_eq!(stop(&["END"]).clear_of_beginnings("text"), 2);
        assert_eq!(stop(&["END"]).clear_of_beginnings("é"), 0);
        assert_eq!(stop(&["a long one"]).clear_of_beginnings("text"), 0);
    }
}
