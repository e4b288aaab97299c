//! What people see: the real page from the real function, in a real browser, through everything that `local` emulates of
//! AWS. The world's clock is stepped; nothing waits but for what is to be seen.
//!
//! `bash .ci/browser` installs what this needs (chromium, chromedriver, `tools/node_modules`), builds the functions, and
//! runs it: `cargo test --workspace --features harness/e2e,harness/exhaustive --test browser` alone would try the functions
//! as they were built last. A test names things by what they do, the state on `body`, the address a form or link leads to,
//! never by words: they are in four languages.
//!
//! One set of stories and checks, three engines ([`engine`]): Chromium runs all of it, `WebKit` all but what stands in
//! `only-chromium.txt`, Firefox every state and one story.

mod chromium;
mod driver;
mod engine;
mod firefox;
mod story;
mod webdriver;
mod webkit;
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
