//! What people see: the real page from the real function, in a real browser, through everything that `local` plays of
//! AWS. The world's clock is stepped; nothing waits but for what is to be seen.
//!
//! Needs chromium, chromedriver and `tools/node_modules`; `.ci/browser` installs them and runs this.

mod driver;
mod story;
mod webdriver;
mod weight;

mod checks;
mod ending;
mod guessing;
mod languages;
mod states;
mod panel;
mod staying;
mod turning;
