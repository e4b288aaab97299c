//! The whole product, in stories: with the real processes behind `local`, and once more, in many permutations, with
//! handler, SDK and emulator in one process. The story passes the time; nothing sleeps.

mod in_process;
mod story;

/// Tells each story twice: with processes, and in this process.
macro_rules! stories {
    ($($name:ident),* $(,)?) => {
        mod processes {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::story::Functions::Processes).await;
            })*
        }
        mod in_process {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::story::Functions::InProcess).await;
            })*
        }
    };
}

mod closing;
mod failing;
mod families;
mod many;
mod page;
mod process;
mod rounds;
mod triggers;
