//! Names of models.

/// Whether a client that asks for `requested` means the model `own`: in any case, and also as
/// `openai/<id>`, which clients with several providers send.
#[must_use]
pub fn same_model(own: &str, requested: &str) -> bool {
    let bare = requested
        .split_at_checked("openai/".len())
        .filter(|(provider, _)| provider.eq_ignore_ascii_case("openai/"))
        .map(|(_, model)| model);
    own.eq_ignore_ascii_case(requested) || bare.is_some_and(|bare| own.eq_ignore_ascii_case(bare))
}

#[cfg(test)]
mod tests {
    use super::same_model;

    #[test]
    fn models_match_whole_names_in_any_case() {
        for (own, requested, same) in [
            ("gpt-4", "GPT-4", true),
            ("gpt-4", "openai/gpt-4", true),
            ("openai/gpt-4", "openai/gpt-4", true),
            ("gpt-4", "gpt-4-32k", false),
            ("gpt-4-32k", "gpt-4", false),
            ("gpt-4", "azure/gpt-4", false),
            ("gpt-4", "", false),
            ("gpt-4", "öpenai/", false),
        ] {
            assert_eq!(same_model(own, requested), same, "{own} {requested}");
        }
    }
}
