//! Which pings a text holds.

/// What a text names, whether it may or not.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Named {
    /// Users (`<@id>`, `<@!id>`), each once, in order.
    pub(crate) users: Vec<u64>,
    /// Roles (`<@&id>`), each once, in order.
    pub(crate) roles: Vec<u64>,
    /// `@everyone` or `@here`.
    pub(crate) everyone: bool,
}

/// Reads the pings out of a text.
pub(crate) fn named(content: &str) -> Named {
    let mut named = Named {
        everyone: content.contains("@everyone") || content.contains("@here"),
        ..Named::default()
    };
    for piece in content.split("<@").skip(1) {
        let Some((inside, _)) = piece.split_once('>') else {
            continue;
        };
        let (list, digits) = match inside.strip_prefix('&') {
            Some(digits) => (&mut named.roles, digits),
            None => (&mut named.users, inside.strip_prefix('!').unwrap_or(inside)),
        };
        let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if let Some(id) = digits.parse().ok().filter(|_| all_digits)
            && !list.contains(&id)
        {
            list.push(id);
        }
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pings_are_found_in_every_form() {
        let found = named("<@1> <@!2> <@&3> <@1> <@x> <@ 4> <@5 @here <#6>");
        assert_eq!(
            found,
            Named {
                users: vec![1, 2],
                roles: vec![3],
                everyone: true
            }
        );
        assert_eq!(named("everyone @ home"), Named::default());
    }
}
