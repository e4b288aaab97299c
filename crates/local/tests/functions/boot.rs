//! Everything together, in this process.

use std::net::TcpListener;

use jiff::SignedDuration;
use local::{
    boot::{self, CannotStart},
    engine::advance,
    executables::{FUNCTION_OF_EXECUTABLE, Phase, Source, beside_test_executable},
    flags::Options,
};
use tokio::net::TcpStream;

use crate::setup::Directory;

#[tokio::test]
async fn it_starts_and_its_schedule_reaches_the_function() {
    let directory = Directory::new();
    for (name, _) in FUNCTION_OF_EXECUTABLE {
        directory.bootstrap(name, "");
    }
    let mut running = boot::start(Options::stepped(directory.0.clone())).await.expect("started");
    for url in [&running.urls.employee, &running.urls.panel, &running.urls.aws] {
        let address = url.strip_prefix("http://").expect("http");
        TcpStream::connect(address).await.expect(url);
    }
    assert_eq!(running.world.functions.build.get().phase, Phase::Waiting);
    running.provide_functions().await;
    assert_eq!(running.world.functions.build.get().phase, Phase::Done);

    advance(&running.world, SignedDuration::from_mins(6)).await;
    let entries = running.world.journal.after(0);
    let invoked = entries.iter().find(|entry| entry.kind == "invocation").expect("invoked");
    assert_eq!(invoked.data["source"], "events.amazonaws.com");
    assert_eq!(invoked.data["error_type"], "Sample", "the sample does not know the event: {invoked:?}");
}

#[tokio::test]
async fn functions_that_are_not_there_are_named() {
    let directory = Directory::new();
    let mut running = boot::start(Options::stepped(directory.0.clone())).await.expect("started");
    running.provide_functions().await;
    let build = running.world.functions.build.get();
    assert_eq!(build.phase, Phase::Failed);
    assert!(build.error.expect("error").contains("associator"));
}

#[tokio::test]
async fn a_taken_port_is_named_with_its_flag() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("port");
    let port = taken.local_addr().expect("address").port();
    let options = Options { aws_port: port, functions: Source::Cargo, ..Options::stepped("".into()) };
    let error = boot::start(options).await.expect_err("taken");
    assert!(matches!(error, CannotStart::Port { flag: "--aws-port", .. }), "{error}");
    assert!(error.to_string().contains(&port.to_string()), "{error}");
}

#[test]
fn this_program_is_where_cargo_leaves_those_of_tests() {
    let directory = beside_test_executable().expect("directory");
    assert_eq!(directory.join("local"), std::path::Path::new(env!("CARGO_BIN_EXE_local")));
}
