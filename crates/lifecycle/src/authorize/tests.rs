//! One good case, and for each check a case that differs from it in that one respect.

use std::collections::HashSet;

use super::*;
use crate::{
    AttemptId, Evidence, Isolation, Kind, MarkKey, Owned, Owner, Quota, discord_time::id_at,
};

const PLANNED_MS: u64 = 1_800_000_000_000;

struct Case {
    channel_id: Id<ChannelMarker>,
    row: Row,
    settings: Settings,
    special: HashSet<Id<ChannelMarker>>,
}

fn case() -> Case {
    let channel_id = id_at(PLANNED_MS + 300, Duration::ZERO);
    let owned = Owned {
        channel_id,
        evidence: Evidence::Answer,
    };
    let row = Row {
        attempt: AttemptId::from_bytes([1; 16]),
        request_id: String::new(),
        guild_id: Id::new(7),
        kind: Kind::Text,
        owner: Owner {
            instance: 1,
            epoch: 1,
        },
        stage: Stage::Condemned(owned),
        since_ms: 0,
        not_before_ms: PLANNED_MS,
        deadline_at_ms: 0,
        next_at_ms: 0,
        tries: 0,
        reason: None,
    };
    let settings = Settings {
        guild_id: Id::new(7),
        category_ids: Vec::new(),
        isolation: Isolation::Channel,
        quota: Quota::default(),
        bot_id: Id::new(8),
        name_prefix: String::new(),
        delete_after: Some(Duration::ZERO),
        protected: HashSet::from([Id::new(9)]),
        namespace: String::new(),
    };
    Case {
        channel_id,
        row,
        settings,
        special: HashSet::from([Id::new(10)]),
    }
}

fn verdict(change: impl FnOnce(&mut Case)) -> Result<Id<ChannelMarker>, Refusal> {
    deletable(change).map(|(deletable, _)| deletable.channel_id())
}

/// The verdict, and the switch that holds all deletions.
fn deletable(change: impl FnOnce(&mut Case)) -> Result<(Deletable, Arc<Switches>), Refusal> {
    let mut case = case();
    change(&mut case);
    let marks = Marks::new(MarkKey::new([0; 32]), "crdbrd", Id::new(7));
    let Case {
        channel_id,
        row,
        settings,
        special,
    } = &case;
    let special = special::Channels {
        read_at: Instant::now(),
        ids: special.clone(),
    };
    let switches = Arc::new(Switches::new());
    let deletable = authorize(*channel_id, row, settings, &special, &marks, &switches)?;
    assert_eq!(deletable.mark().attempt(), row.attempt);
    Ok((deletable, switches))
}

#[test]
fn a_condemned_channel_with_evidence_may_be_deleted() {
    assert_eq!(verdict(|_| {}), Ok(case().channel_id));
}

#[test]
fn no_stage_but_condemned_may_be_deleted() {
    let owned = case().row.stage.owned().unwrap();
    let others = [
        Stage::Planned,
        Stage::NotCreated,
        Stage::Unknown,
        Stage::Abandoned,
        Stage::Quarantined(owned.channel_id),
        Stage::Live(owned),
        Stage::Kept(owned),
        Stage::Verifying(owned),
        Stage::Parked(owned),
        Stage::Gone(owned),
    ];
    for stage in others {
        let refused = verdict(|case| case.row.stage = stage);
        assert_eq!(refused, Err(Refusal::NotCondemned(stage.name())));
    }
}

#[test]
fn a_row_about_another_channel_authorizes_nothing() {
    let refused = verdict(|case| case.channel_id = id_at(PLANNED_MS + 301, Duration::ZERO));
    assert_eq!(refused, Err(Refusal::OtherChannel));
}

#[test]
fn nothing_is_deleted_in_another_guild() {
    assert_eq!(
        verdict(|case| case.row.guild_id = Id::new(6)),
        Err(Refusal::OtherGuild)
    );
}

#[test]
fn the_guilds_own_id_is_never_deleted() {
    let refused = verdict(|case| {
        case.settings.guild_id = case.channel_id.cast();
        case.row.guild_id = case.channel_id.cast();
    });
    assert_eq!(refused, Err(Refusal::GuildItself));
}

#[test]
fn protected_channels_are_never_deleted() {
    let refused = verdict(|case| case.settings.protected = HashSet::from([case.channel_id]));
    assert_eq!(refused, Err(Refusal::Protected));
    let refused = verdict(|case| case.settings.category_ids = vec![case.channel_id]);
    assert_eq!(refused, Err(Refusal::Protected));
    for isolation in [Isolation::Thread, Isolation::ChannelThenThread] {
        let refused = verdict(|case| case.settings.isolation = isolation(case.channel_id));
        assert_eq!(refused, Err(Refusal::Protected));
    }
}

#[test]
fn special_channels_are_never_deleted() {
    let refused = verdict(|case| case.special = HashSet::from([case.channel_id]));
    assert_eq!(refused, Err(Refusal::Special));
}

#[test]
fn a_channel_older_than_its_plan_is_never_deleted() {
    let created = PLANNED_MS + 300;
    assert!(verdict(|case| case.row.not_before_ms = created + 5_000).is_ok());
    let refused = verdict(|case| case.row.not_before_ms = created + 5_001);
    assert_eq!(refused, Err(Refusal::OlderThanItsPlan));
}

#[tokio::test(start_paused = true)]
async fn what_was_allowed_is_allowed_for_ten_seconds_and_until_it_is_held() {
    let (deletable, switches) = deletable(|_| {}).unwrap();
    assert!(deletable.is_still_allowed());
    switches.hold_deletions(true);
    assert!(!deletable.is_still_allowed());
    switches.hold_deletions(false);
    switches.protect(deletable.channel_id(), true);
    assert!(!deletable.is_still_allowed());
    switches.protect(deletable.channel_id(), false);
    tokio::time::advance(Duration::from_millis(9_999)).await;
    assert!(deletable.is_still_allowed());
    tokio::time::advance(Duration::from_millis(1)).await;
    assert!(!deletable.is_still_allowed());
}
