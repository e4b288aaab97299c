//! What the documents say of each other and of the code holds.
#![allow(clippy::unwrap_used, reason = "a test may")]

mod texts;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
};

use texts::{root, texts};

const README_LINES_AT_MOST: usize = 180;
const FACTS: &str = "crates/aws/aws.md";

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn documents() -> impl Iterator<Item = (PathBuf, String)> {
    texts().into_iter().filter(|(path, _)| path.extension().is_some_and(|extension| extension == "md"))
}

/// A fact's number: section, number, letter.
type Fact = (u32, u32, String);

/// Takes `4.13` or `5.10a` from the front.
fn number(text: &str) -> Option<(Fact, &str)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let (section, rest) = text.split_at(digits(text));
    let rest = rest.strip_prefix('.')?;
    let (number, rest) = rest.split_at(digits(rest));
    let (letter, rest) = rest.split_at(rest.bytes().take_while(u8::is_ascii_lowercase).count());
    Some(((section.parse().ok()?, number.parse().ok()?, letter.to_owned()), rest))
}

/// Every fact cited in a text: what follows the word, "4.7, 4.17", "7.8 and 7.9", "5.1 to 5.3".
fn cited(text: &str) -> BTreeSet<Fact> {
    let text = text.to_lowercase();
    let mut found = BTreeSet::new();
    for (at, word) in text.match_indices("fact") {
        if text[..at].ends_with(|before: char| before.is_alphanumeric()) {
            continue;
        }
        let rest = &text[at + word.len()..];
        let rest = rest.strip_prefix('s').unwrap_or(rest);
        let Some((mut last, mut rest)) = rest.strip_prefix(' ').and_then(number) else { continue };
        found.insert(last.clone());
        while let Some((joint, (next, after))) = [", ", " and ", " to "]
            .into_iter()
            .find_map(|joint| Some((joint, rest.strip_prefix(joint).and_then(number)?)))
        {
            if joint == " to " {
                assert_eq!(last.0, next.0, "a range within one section");
                found.extend((last.1..next.1).map(|number| (last.0, number, String::new())));
            }
            found.insert(next.clone());
            (last, rest) = (next, after);
        }
    }
    found
}

#[test]
fn citations_are_found() {
    let facts = |list: &[(u32, u32, &str)]| list.iter().map(|(s, n, l)| (*s, *n, (*l).to_owned())).collect();
    for (text, expected) in [
        ("as AWS does (Fact 4.13).", facts(&[(4, 13, "")])),
        ("[facts 4.7, 4.17], and 3.2 besides", facts(&[(4, 7, ""), (4, 17, "")])),
        ("facts 5.1 to 5.3", facts(&[(5, 1, ""), (5, 2, ""), (5, 3, "")])),
        ("facts 5.6, 5.10a: H; facts 7.8 and 7.9", facts(&[(5, 6, ""), (5, 10, "a"), (7, 8, ""), (7, 9, "")])),
        ("in fact 3 of them, an artefact 2.1, facts of life", facts(&[])),
    ] {
        assert_eq!(cited(text), expected, "{text}");
    }
}

#[test]
fn every_cited_fact_is_written_down_and_every_fact_is_cited() {
    let mut known = BTreeSet::new();
    for row in read(FACTS).lines().filter_map(|line| line.strip_prefix("| ")) {
        if let Some((fact, rest)) = number(row) {
            assert!(rest.starts_with(" | ") && known.insert(fact), "twice, or no row: {row}");
        }
    }
    let mut by_text: BTreeMap<Fact, Vec<PathBuf>> = BTreeMap::new();
    for (path, text) in texts() {
        // The rows may refer to each other, but that alone keeps none of them.
        let counts = path != Path::new(FACTS);
        for fact in cited(&text) {
            assert!(known.contains(&fact), "{} cites {fact:?}, which {FACTS} has not", path.display());
            by_text.entry(fact).or_default().extend(counts.then(|| path.clone()));
        }
    }
    let idle: Vec<_> = known.iter().filter(|fact| by_text.get(*fact).is_none_or(Vec::is_empty)).collect();
    assert!(idle.is_empty(), "nothing cites {idle:?}");
}

/// The targets of a document's links, outside of code.
fn links(text: &str) -> Vec<&str> {
    let outside = text.split("```").step_by(2);
    outside.flat_map(|part| part.split("](").skip(1).filter_map(|rest| rest.split(')').next())).collect()
}

/// The anchors of a document's headings, as GitHub makes them.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let kept = |c: char| c.is_alphanumeric() || " -_".contains(c);
    headings
        .map(|line| line.to_lowercase().chars().filter(|c| kept(*c)).collect::<String>().replace(' ', "-"))
        .collect()
}

#[test]
fn every_relative_link_leads_somewhere() {
    let mut followed = 0;
    for (path, text) in documents() {
        let from = root().join(path.parent().unwrap());
        for link in links(&text) {
            // Items of the code are rustdoc's to check.
            if link.starts_with("https://") || link.contains("::") {
                continue;
            }
            let (file, anchor) = link.split_once('#').map_or((link, None), |(file, anchor)| (file, Some(anchor)));
            let target = if file.is_empty() { root().join(&path) } else { from.join(file) };
            assert!(target.exists(), "{}: {link} leads nowhere", path.display());
            if let Some(anchor) = anchor {
                let known = anchors(&fs::read_to_string(&target).unwrap());
                assert!(known.contains(anchor), "{}: {link} is none of {known:?}", path.display());
            }
            followed += 1;
        }
    }
    assert!(followed > 10, "only {followed} links found");
}

#[test]
fn the_readme_stays_short() {
    let lines = read("README.md").lines().count();
    assert!(lines <= README_LINES_AT_MOST, "README.md has {lines} lines");
}

#[test]
fn the_readme_of_local_lists_every_flag_and_every_call() {
    let readme = read("crates/local/README.md");
    assert!(readme.contains(local::flags::HELP), "crates/local/README.md should have what --help prints");
    let routes = read("crates/local/src/panel/mod.rs");
    let calls: Vec<_> = routes.split(".route(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(calls.len() > 10, "{calls:?}");
    for call in calls.iter().filter(|call| call.starts_with("/api/")) {
        let named = call.replace("{id}", "ID");
        let listed = readme.split('`').any(|code| {
            code.split_once(' ').is_some_and(|(_, path)| path.split('?').next().is_some_and(|path| path == named))
        });
        assert!(listed, "crates/local/README.md does not list {named}");
    }
}

/// What `cargo lambda watch` is given is all that the functions need, and fits the events.
#[test]
fn the_variables_for_the_events_are_good() {
    let text = read("events/watch.env");
    let variables: HashMap<String, String> =
        text.lines().map(|line| line.split_once('=').unwrap()).map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    let associator = associator::config::Config::from_vars(&variables).unwrap();
    let disassociator = disassociator::config::Config::from_vars(&variables).unwrap();
    let policy = connect_handler::settings::policy_dir(&variables).unwrap();

    assert!(read("events/disassociator-alarm.json").contains(&format!("\"alarmName\": \"{}\"", disassociator.alarm)));
    assert!(root().join(policy).join("entities.json").is_file());
    let event: serde_json::Value = serde_json::from_str(&read("events/associator-open.json")).unwrap();
    let token = event["multiValueHeaders"]["x-amzn-oidc-data"][0].as_str().unwrap();
    let header = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE, token.split('.').next().unwrap());
    let header: serde_json::Value = serde_json::from_slice(&header.unwrap()).unwrap();
    let told = [&associator.load_balancer, &associator.issuer, &associator.client];
    assert_eq!(["signer", "iss", "client"].map(|name| header[name].as_str().unwrap()), told.map(String::as_str));
    assert!(root().join("events/keys").join(header["kid"].as_str().unwrap()).is_file(), "its key is served");

    let here = local::this_computer::deployment(&local::this_computer::Settings::default()).unwrap();
    assert_eq!(associator.vpn.endpoint.as_str(), here.endpoint.id, "the endpoint that cargo run emulates");
}

/// `cargo lambda deploy` gives a function the memory and the time-out that it has here.
#[test]
fn cargo_lambda_is_told_what_is_emulated() {
    let here = local::this_computer::deployment(&local::this_computer::Settings::default()).unwrap();
    for (package, function) in local::executables::FUNCTION_OF_EXECUTABLE {
        let manifest = read(&format!("crates/{package}/Cargo.toml"));
        let (_, deploy) = manifest.split_once("[package.metadata.lambda.deploy]\n").unwrap();
        let told = deploy.split("\n[").next().unwrap();
        let function = &here.functions[function];
        for line in [format!("memory = {}", function.memory), format!("timeout = {}", function.timeout.as_secs())] {
            assert!(told.lines().any(|told| told == line), "{package}: {line} is not in\n{told}");
        }
    }
}
