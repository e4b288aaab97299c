//! Each wire cut, one at a time: what is deployed is what makes the story happen. See the README beside this file.

mod copies;
mod cuts;
mod guards;
mod others;
mod scenes;
mod table;
mod writes;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write as _,
    ops::Deref,
    process::{Command, ExitCode, Stdio},
    sync::Arc,
    time::Duration,
};

use futures_util::{StreamExt as _, stream};
use harness::Vpn;
use local::world::World;
use table::{Class, Cut, Row};
use tokio::time::timeout;
use vpn_core::clock::Stopwatch;
use writes::{Field, Write};

/// How long a case may take: many times what it does.
const PATIENCE: Duration = Duration::from_secs(300);

/// What a run is told.
struct Options {
    part: (usize, usize),
    /// How many of the part, of what the change touched first.
    sample: Option<usize>,
    /// Words, one of which a case's name has.
    only: Vec<String>,
    list: bool,
    at_once: usize,
    /// Whether status.sh and deploy.sh look at each cut too.
    scripts: bool,
}

impl Options {
    fn takes(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|words| name.contains(words))
    }

    fn read() -> Result<Self, String> {
        let mut options = Self { part: (1, 1), sample: None, only: Vec::new(), list: false, at_once: 2, scripts: true };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
            match word.as_str() {
                "--part" => {
                    let value = value()?;
                    let part = value.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
                    options.part = part
                        .filter(|(i, n)| (1..=*n).contains(i))
                        .ok_or_else(|| format!("{value} is no part: I/N, from 1/N to N/N"))?;
                }
                "--sample" => options.sample = Some(value()?.parse().map_err(|_| "--sample takes a number")?),
                "--only" => options.only.push(value()?),
                "--at-once" => options.at_once = value()?.parse().map_err(|_| "--at-once takes a number")?,
                "--list" => options.list = true,
                "--scenes-only" => options.scripts = false,
                other => return Err(format!("unknown option: {other}")),
            }
        }
        Ok(options)
    }
}

/// One field, and what is to come of cutting it.
struct Case {
    field: Field,
    row: Row,
}

fn main() -> ExitCode {
    let options = match Options::read() {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("{problem}\n\nOPTIONS: --part I/N, --sample N, --only TEXT, --at-once N, --list, --scenes-only");
            return ExitCode::from(2);
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build();
    match runtime.map_err(|error| error.to_string()).and_then(|runtime| runtime.block_on(run(&options))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            println!("\nFAILED\n{problem}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> Result<(), String> {
    let began = Stopwatch::start();
    let account = Account(harness::Account::begin().await);
    account.set_everything().await;
    let writes = Arc::new(writes::record(&account).await);
    let fields = writes::fields(&writes);
    println!("deployed in {:.0?}: {} writes, {} fields", began.elapsed(), writes.len(), fields.len());
    if options.list {
        for field in &fields {
            println!("{} = {}", field.name, writes[field.write].input.pointer(&field.pointer).unwrap_or_default());
        }
    }
    let (rows, mut failed) = table::read(&fields)?;
    for problem in &failed {
        println!("{problem}");
    }
    let mut counts: BTreeMap<Class, usize> = BTreeMap::new();
    for (_, row) in &rows {
        *counts.entry(row.class).or_default() += 1;
    }
    println!("fields by class: {counts:?}");

    let account = Arc::new(account);
    failed.extend(uncut(&account, options).await);
    let cases = rows.into_iter().map(|(field, row)| Case { field, row }).filter(|case| case.row.cut != Cut::None);
    let cases: Vec<_> = cases.filter(|case| options.takes(&case.field.name)).collect();
    let all = cases.len();
    let (part, of) = options.part;
    let mut cases: Vec<_> =
        cases.into_iter().enumerate().filter(|(number, _)| number % of == part - 1).map(|(_, case)| case).collect();
    if let Some(count) = options.sample {
        let names: Vec<_> = cases.iter().map(|case| case.field.name.as_str()).collect();
        let chosen = sample(count, &names)?;
        cases.retain(|case| chosen.contains(&case.field.name));
    }
    println!("cases {} of {all}", cases.len());
    let results = stream::iter(&cases).map(|case| {
        let (account, writes) = (Arc::clone(&account), Arc::clone(&writes));
        async move {
            let began = Stopwatch::start();
            let result = timeout(PATIENCE, cut(&account, &writes[case.field.write], case, options.scripts)).await;
            let result = result.unwrap_or_else(|_| Err("it does not end".to_owned()));
            let took = began.elapsed();
            match &result {
                Ok(words) => println!("ok {:.1?} {}: {words}", took, case.field.name),
                Err(words) => println!("NOT OK {:.1?} {}: {words}", took, case.field.name),
            }
            result.err().map(|words| format!("{}: {words}", case.field.name))
        }
    });
    failed.extend(
        results.buffer_unordered(options.at_once.max(1)).filter_map(|it| async { it }).collect::<Vec<_>>().await,
    );
    println!("{} of {} cases failed, in {:.0?}", failed.len(), cases.len(), began.elapsed());
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
}

/// So many of the names, as `.ci/change.py` chooses them.
fn sample(count: usize, names: &[&str]) -> Result<BTreeSet<String>, String> {
    let program = harness::infra().join("../.ci/change.py");
    let mut command = Command::new(program);
    command.args(["sample", &count.to_string()]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!(".ci/change.py does not start: {error}"))?;
    let told = child.stdin.take().expect("a pipe").write_all(names.join("\n").as_bytes());
    let chosen = told.and_then(|()| child.wait_with_output()).map_err(|error| format!(".ci/change.py: {error}"))?;
    if !chosen.status.success() {
        return Err(format!(".ci/change.py: {}", chosen.status));
    }
    Ok(String::from_utf8_lossy(&chosen.stdout).lines().map(str::to_owned).collect())
}

/// The account, with what is done to it here.
pub struct Account(harness::Account);

impl Deref for Account {
    type Target = harness::Account;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Vpn for Account {
    fn world(&self) -> &Arc<World> {
        self.0.world()
    }
}

impl Account {
    /// What is off unless it is asked for: its writes have wires too. Two hours are long enough to be told of.
    async fn set_everything(&self) {
        let zone = self.aws("route53 create-hosted-zone --name example.com --caller-reference wires").await;
        let zone = zone["HostedZone"]["Id"].as_str().and_then(|id| id.rsplit('/').next()).expect("an id").to_owned();
        let boundary = harness::infra().join("iam/boundary.json");
        let make = format!("iam create-policy --policy-name boundary --policy-document file://{}", boundary.display());
        let boundary = self.aws(&make).await["Policy"]["Arn"].as_str().expect("an ARN").to_owned();
        let path = self.place.directory.join("settings.env");
        let settings = std::fs::read_to_string(&path).expect("the settings");
        // The certificate is requested.
        let given = |line: &&str| !line.starts_with("CERTIFICATE_ARN=");
        let kept: String = settings.lines().filter(given).map(|line| format!("{line}\n")).collect();
        let added = format!("NOTICE_AFTER=2h\nPROFILES=on\nHOSTED_ZONE_ID={zone}\nPERMISSIONS_BOUNDARY={boundary}\n");
        std::fs::write(path, kept + &added).expect("a file");
    }
}

/// Without a cut every scene succeeds, and together they use every right that the roles have.
async fn uncut(account: &Arc<Account>, options: &Options) -> Vec<String> {
    let names: Vec<&str> = scenes::ALL.into_iter().chain(guards::all()).filter(|_| options.only.is_empty()).collect();
    let results = stream::iter(names).map(|scene| async move {
        let began = Stopwatch::start();
        let copy = account.copy().await;
        let outcome = timeout(PATIENCE, scenes::run(&copy, scene)).await;
        let outcome = outcome.unwrap_or_else(|_| Err("it does not end".to_owned()));
        let used: Vec<_> = local::locks::lock(&copy.world().used).iter().cloned().collect();
        copy.end().await;
        println!("scene {scene:?} in {:.1?}: {outcome:?}", began.elapsed());
        (scene, outcome, used)
    });
    let results: Vec<_> = results.buffer_unordered(options.at_once.max(1)).collect().await;
    let mut failed: Vec<_> = results
        .iter()
        .filter_map(|(scene, outcome, _)| Some(format!("uncut, {scene}: {}", outcome.as_ref().err()?)))
        .collect();
    if options.only.is_empty() {
        let used: Vec<_> = results.into_iter().flat_map(|(_, _, used)| used).collect();
        failed.extend(guards::unused(account, &used).into_iter().map(|it| format!("a right that no scene used: {it}")));
    }
    failed
}

/// Cuts on a copy, runs the scene on a copy of that, and then lets the scripts find and mend the cut.
async fn cut(account: &Account, write: &Write, case: &Case, scripts: bool) -> Result<String, String> {
    let copy = account.copy().await;
    let result = cut_in(&copy, write, case, scripts).await;
    copy.end().await;
    result
}

async fn cut_in(copy: &Account, write: &Write, case: &Case, scripts: bool) -> Result<String, String> {
    cuts::make(copy, write, &case.field, &case.row.cut).await.map_err(|error| format!("it cannot be cut: {error}"))?;
    let mut said = Vec::new();
    if !case.row.breaks.is_empty() {
        let (scene, words) = case.row.breaks.split_once(": ").unwrap_or((&case.row.breaks, ""));
        let scene = scene.replace("{function}", write.input["FunctionName"].as_str().unwrap_or_default());
        // What happens in it is not for the scripts to find: somebody may delete everybody.
        let stage = copy.copy().await;
        let outcome = scenes::run(&stage, &scene).await;
        stage.end().await;
        match outcome {
            Ok(()) => return Err(format!("{scene:?} succeeds nevertheless")),
            Err(failure) if !failure.contains(words) => {
                return Err(format!("{scene:?} fails in another way: {failure}"));
            }
            Err(failure) => said.push(failure),
        }
    }
    if scripts {
        let status = copy.run("status.sh", &["--only", &write.step]).await;
        let step = format!("- {}: ", write.step);
        let named: Vec<_> = status.text.lines().filter(|line| line.trim().starts_with(&step)).collect();
        if status.status != 3 || named.is_empty() {
            return Err(format!("status.sh does not see it ({}): {}", status.status, status.text));
        }
        said.push(format!("status.sh: {}", named.iter().map(|line| line.trim()).collect::<Vec<_>>().join("; ")));
        let mended = copy.deploy(&["--only", &write.step]).await;
        if mended.status != 0 || mended.writes.is_empty() {
            return Err(format!("deploy.sh does not mend it ({}): {}", mended.status, mended.text));
        }
        let again = copy.run("status.sh", &["--only", &write.step]).await;
        if again.status != 0 {
            return Err(format!("it is not as it was after mending ({}): {}", again.status, again.text));
        }
    }
    Ok(said.join(" | "))
}
