//! What people see: the real page from the real function, in a real browser, through everything that `local` emulates of
//! AWS. The world's clock is stepped; nothing waits but for what is to be seen.
//!
//! `bash .ci/browser` installs what this needs (chromium, chromedriver, `tools/node_modules`), builds the functions, and
//! runs it: `cargo test --workspace --features harness/e2e,harness/exhaustive --test browser` alone would try the functions
//! as they were built last. A test names things by what they do, the state on `body`, the address a form or link leads to,
//! never by words: they are in four languages.
//!
//! Only Chromium is tried. Safari, on which most people will see the page, runs on no computer of ours: what is known to
//! differ there, the back/forward cache and tabs that are frozen, is imitated by its events.

mod driver;
mod story;
mod webdriver;
mod weight;

mod checks;
mod ending;
mod everyone;
mod guessing;
mod languages;
mod panel;
mod pictures;
mod profile;
mod states;
mod staying;
mod turning;
