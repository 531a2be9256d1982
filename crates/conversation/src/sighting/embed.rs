//! The text of an embed.

use serde::Deserialize;

/// Discord: resources/message#embed-object.
#[derive(Debug, Deserialize)]
pub(super) struct Embed {
    #[serde(rename = "type")]
    kind: Option<String>,
    title: Option<String>,
    url: Option<String>,
    description: Option<String>,
    #[serde(default)]
    fields: Vec<Field>,
    image: Option<Image>,
    footer: Option<Footer>,
}

#[derive(Debug, Deserialize)]
struct Field {
    #[serde(default)]
    name: String,
    #[serde(default)]
    value: String,
}

#[derive(Debug, Deserialize)]
struct Image {
    url: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Footer {
    text: Option<String>,
}

// === impl Embed ===

impl Embed {
    /// What the author's embeds say, in order. Those that Discord makes of links in the text
    /// (`link`, `article`, `video`, …) say nothing that the author did.
    pub(super) fn text(embeds: &[Self]) -> String {
        let mut lines = Vec::new();
        let own = |embed: &&Self| embed.kind.as_deref().is_none_or(|kind| kind == "rich");
        for embed in embeds.iter().filter(own) {
            lines.extend(match (&embed.title, &embed.url) {
                (Some(title), Some(url)) => Some(format!("[{title}]({url})")),
                (Some(title), None) => Some(title.clone()),
                (None, _) => None,
            });
            lines.extend(embed.description.clone());
            for field in &embed.fields {
                lines.extend([field.name.clone(), field.value.clone()]);
            }
            let image = embed.image.as_ref().and_then(|image| image.url.as_ref());
            lines.extend(image.map(|url| format!("![image]({url})")));
            lines.extend(embed.footer.as_ref().and_then(|footer| footer.text.clone()));
        }
        lines.retain(|line| !line.trim().is_empty());
        lines.join("\n")
    }
}
