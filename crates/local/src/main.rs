//! `cargo run`: AWS on this computer, until Ctrl-C.

use std::process::ExitCode;

use local::{
    boot::{self, Running},
    executables::Phase,
    flags::{self, Asked, Options},
    locks::read,
    program::{self, USAGE, say},
};
#[tokio::main]
async fn main() -> ExitCode {
    let options = match flags::parse(std::env::args_os().skip(1)) {
        Ok(Asked::Help) => {
            print!("{}", flags::HELP);
            return ExitCode::SUCCESS;
        }
        Ok(Asked::Version) => {
            println!("local {}", env!("CARGO_PKG_VERSION"));
            return ExitCode::SUCCESS;
        }
        Ok(Asked::Run(options)) => options,
        Err(error) => {
            eprintln!("local: {error}\nlocal --help explains what can be set");
            return ExitCode::from(USAGE);
        }
    };
    program::until_stopped("local", run(*options)).await
}

async fn run(options: Options) -> Result<(), boot::CannotStart> {
    let speed = options.speed;
    let mut running = boot::start(options).await?;
    announce(&running, speed);
    running.provide_functions().await;
    let built = running.world.functions.build.get();
    match built.phase {
        Phase::Failed => eprintln!("{}", built.error.unwrap_or_default()),
        _ => say(format_args!("the functions are ready")),
    }
    std::future::pending().await
}

fn announce(running: &Running, speed: f64) {
    let boot::Urls { employee, panel, aws } = &running.urls;
    say(format_args!("employee page: {employee}"));
    say(format_args!("control panel: {panel}"));
    say(format_args!("aws endpoint: {aws}"));
    let deployment = read(&running.world.deployment);
    say(format_args!("endpoint id: {}", deployment.endpoint.id));
    if speed > 0.0 {
        say(format_args!("time runs {speed} times as fast as yours (--speed); it starts when the functions are built"));
    } else {
        say(format_args!("time stands until it is stepped in the control panel (--speed 0)"));
    }
}
