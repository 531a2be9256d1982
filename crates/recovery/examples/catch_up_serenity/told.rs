//! serenity's events, as recovery wants them.

use cordboard_recovery::Event;
use serde_json::value::to_raw_value;
use serenity::all::Event as SerenityEvent;
use twilight_model::id::Id;

/// An event as recovery wants it; `None` of one that has no name.
pub(crate) fn told(event: &SerenityEvent) -> Option<Event> {
    // What it is about is in `d`, as Discord writes it, but for fields that it does not have.
    let mut value = serde_json::to_value(event).ok()?.get_mut("d")?.take();
    let name = event.name()?;
    if name == "MESSAGE_UPDATE" {
        // serenity writes null for what an update does not say, and it would be laid over what is known.
        value.as_object_mut()?.retain(|_, field| !field.is_null());
    }
    let id = |field: &str| value.get(field)?.as_str()?.parse::<u64>().ok();
    let own = name.starts_with("CHANNEL_") || name.starts_with("THREAD_");
    let channel_id = id("channel_id").or_else(|| id("id").filter(|_| own));
    let guild_id = id("guild_id").or_else(|| id("id").filter(|_| name == "GUILD_DELETE"));
    Some(Event {
        name: name.into(),
        sequence: 0,
        guild_id: guild_id.and_then(Id::new_checked),
        channel_id: channel_id.and_then(Id::new_checked),
        data: to_raw_value(&value).ok()?,
    })
}
