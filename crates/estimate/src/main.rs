//! Reads a question as JSON from standard input, writes the answer as JSON.

use std::{io::Read, process::ExitCode};

fn main() -> ExitCode {
    let mut text = String::new();
    let read = std::io::stdin().read_to_string(&mut text).map_err(|error| error.to_string());
    let answer = read.and_then(|_| serde_json::from_str(&text).map_err(|error| error.to_string()));
    match answer.and_then(|question| estimate::replay(&question)).map(|answer| serde_json::json!(answer)) {
        Ok(answer) => {
            println!("{answer}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("estimate: {problem}");
            ExitCode::FAILURE
        }
    }
}
