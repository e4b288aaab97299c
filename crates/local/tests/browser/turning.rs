//! From the first opening to ready, and off again.

use crate::story::Story;

#[tokio::test]
async fn the_first_opening_turns_it_on_and_the_page_follows_by_itself() {
    let story = Story::begin().await;
    story.sign_in_at("/").await;
    story.shows("starting").await;
    assert_eq!(story.billed(), 2);
    story.pass(6).await;
    story.shows("starting").await;
    story.pass(1).await;
    story.shows("ready").await;
    assert_eq!(story.browser.complaints().await, Vec::<String>::new());
    story.end().await;
}
