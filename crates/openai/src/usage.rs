//! How many tokens a request took, estimated.

use serde::Serialize;

use crate::limits::CHARS_PER_TOKEN;

/// Token counts. Discord tells none, so they are estimated at four characters a token; clients
/// such as new-api and `llm` need them present and not zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// Tokens of all turns of the request.
    pub prompt_tokens: usize,
    /// Tokens of the reply.
    pub completion_tokens: usize,
    /// The sum of both.
    pub total_tokens: usize,
    /// Required by some clients' types.
    pub prompt_tokens_details: PromptTokensDetails,
    /// Required by some clients' types.
    pub completion_tokens_details: CompletionTokensDetails,
}

/// Where prompt tokens came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PromptTokensDetails {
    /// Always 0: nothing is cached.
    pub cached_tokens: usize,
}

/// What completion tokens were spent on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CompletionTokensDetails {
    /// Always 0: a bot's thoughts are not told apart from its words.
    pub reasoning_tokens: usize,
}

impl Usage {
    /// Estimates from lengths in characters.
    #[must_use]
    pub fn estimate(prompt_chars: usize, completion_chars: usize) -> Self {
        let tokens = |chars: usize| chars.div_ceil(CHARS_PER_TOKEN).max(1);
        let (prompt_tokens, completion_tokens) = (tokens(prompt_chars), tokens(completion_chars));
        Self {
            prompt_tokens,
            completion_tokens,
            total_tokens: prompt_tokens + completion_tokens,
            prompt_tokens_details: PromptTokensDetails::default(),
            completion_tokens_details: CompletionTokensDetails::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_is_never_zero_and_adds_up() {
        for (prompt, completion, expected) in [(0, 0, (1, 1)), (4, 5, (1, 2)), (400, 1, (100, 1))] {
            let usage = Usage::estimate(prompt, completion);
            assert_eq!((usage.prompt_tokens, usage.completion_tokens), expected);
            assert_eq!(usage.total_tokens, expected.0 + expected.1);
        }
    }
}
