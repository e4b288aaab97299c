//! Keeping it on and turning it off.

use askama::Template;
use jiff::SignedDuration;
use vpn_core::plan::{ADMIN_KEEP_LIMIT, Phase, View};

use super::{
    parts::Words,
    sentence::is_on,
    words::{Timed, widest},
};
use crate::{
    request,
    texts::{Texts, fill},
};

#[derive(Template)]
#[template(path = "more.html")]
pub(super) struct MorePart<'a> {
    texts: &'a Texts,
    keep_says: Timed,
    keep_room: String,
    keep: Vec<(u8, String)>,
    pub(super) can_keep: bool,
    pub(super) can_turn_off: bool,
    off_says: String,
}

pub(super) fn more<'a>(words: &Words<'a>, view: &View, said: Phase) -> MorePart<'a> {
    let texts = words.texts;
    let on = is_on(view) && !matches!(said, Phase::Off | Phase::Closed | Phase::Failed);
    let can_keep = on && view.closed_for.is_none();
    let within_limit = |hours: &u8| SignedDuration::from_hours(i64::from(*hours)) <= words.config.vpn.rules.keep_limit;
    let label = |hours: u8| match hours {
        1 => texts.keep.hour.to_owned(),
        hours => fill(texts.keep.hours, &[("hours", &hours.to_string())]),
    };
    MorePart {
        texts,
        keep_says: match view.kept_for {
            _ if !on => Timed::plain(texts.keep.not_on),
            Some(time) => Timed::left(texts, texts.keep.kept, time),
            None => Timed::plain(texts.keep.why),
        },
        keep_room: widest([texts.keep.why, texts.keep.kept, texts.keep.not_on].into_iter())
            .replace("{time}", &texts.time(ADMIN_KEEP_LIMIT - SignedDuration::from_mins(1))),
        keep: request::HOURS.into_iter().filter(within_limit).map(|hours| (hours, label(hours))).collect(),
        can_keep,
        can_turn_off: on && view.connected == 0,
        off_says: words.fill(match (on, view.connected) {
            (false, _) => texts.off.not_on,
            (true, 0) => texts.off.means,
            (true, _) => texts.off.in_use,
        }),
    }
}
