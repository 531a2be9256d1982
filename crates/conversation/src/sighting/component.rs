//! Buttons, menus, and messages that are made of components.

use serde::Deserialize;

/// Discord: components/reference#component-object-component-types.
mod kind {
    pub(super) const ACTION_ROW: u64 = 1;
    pub(super) const BUTTON: u64 = 2;
    pub(super) const STRING_SELECT: u64 = 3;
    pub(super) const USER_SELECT: u64 = 5;
    pub(super) const CHANNEL_SELECT: u64 = 8;
    pub(super) const TEXT_DISPLAY: u64 = 10;
}

/// One component with those inside it.
#[derive(Debug, Deserialize)]
pub(super) struct Component {
    #[serde(rename = "type")]
    kind: u64,
    content: Option<String>,
    #[serde(default)]
    components: Vec<Component>,
    accessory: Option<Box<Component>>,
}

// === impl Component ===

impl Component {
    pub(super) fn any_clickable(components: &[Self]) -> bool {
        components.iter().any(Self::is_clickable)
    }

    fn is_clickable(&self) -> bool {
        matches!(
            self.kind,
            kind::ACTION_ROW | kind::BUTTON | kind::STRING_SELECT | kind::USER_SELECT
                ..=kind::CHANNEL_SELECT
        ) || Self::any_clickable(&self.components)
            || self.accessory.as_deref().is_some_and(Self::is_clickable)
    }

    /// What the text displays say, in order: in a message with `IS_COMPONENTS_V2` they are its text.
    pub(super) fn text(components: &[Self]) -> String {
        let mut lines = Vec::new();
        for component in components {
            component.collect(&mut lines);
        }
        lines.join("\n")
    }

    fn collect<'a>(&'a self, lines: &mut Vec<&'a str>) {
        if self.kind == kind::TEXT_DISPLAY {
            lines.extend(self.content.as_deref());
        }
        for component in &self.components {
            component.collect(lines);
        }
    }
}
