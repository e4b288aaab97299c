//! What AWS answers where moto is kinder: rules, one file for each kind, with the numbers of the facts they follow.

pub(super) mod certificates;
pub(super) mod delays;
pub(super) mod imported;
mod markup;
pub(super) mod nat;
pub(super) mod not_emulated;
pub(super) mod order;
pub(super) mod pattern;
pub(super) mod states;
pub(super) mod tags;
