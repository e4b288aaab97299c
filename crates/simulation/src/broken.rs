//! Breaking it on purpose: each fault of the list is made in a copy of the sources, where the simulation or a table test
//! must find it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The list beside this file.
const LIST: &str = include_str!("../faults.txt");
/// So many at least.
const AT_LEAST: usize = 9;
/// How many stories a fault has to show itself in.
const STORIES: &str = "4000";

/// A fault.
struct Patch {
    name: String,
    file: String,
    stands: String,
    instead: String,
}

/// How a fault was found.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    Simulation(String),
    Tables,
    NotAtAll,
    DoesNotCompile(String),
}

fn list() -> Vec<Patch> {
    LIST.split("\n== ").skip(1).map(Patch::read).collect()
}

impl Patch {
    fn read(text: &str) -> Self {
        let mut lines = text.lines();
        let mut line = || lines.next().expect("a name and a file").to_owned();
        let (name, file) = (line(), line());
        let side = |mark: &str| -> String {
            let part = text.lines().skip(2).filter_map(|line| line.strip_prefix(mark));
            part.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n")
        };
        Self { name, file, stands: side("-"), instead: side("+") }
    }

    /// The file with the fault in it.
    fn make(&self, root: &Path) -> Result<String, String> {
        let path = root.join(&self.file);
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", self.file))?;
        match text.matches(&self.stands).count() {
            1 => Ok(text.replace(&self.stands, &self.instead)),
            count => Err(format!("\"{}\": its text stands {count} times in {}", self.name, self.file)),
        }
    }
}

/// The root of the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Checks that the list fits the sources, and is as long as it must be: in every run, since it costs nothing.
pub fn list_fits() -> Result<usize, String> {
    let faults = list();
    let names: BTreeSet<_> = faults.iter().map(|fault| &fault.name).collect();
    if faults.len() < AT_LEAST || names.len() != faults.len() {
        return Err(format!("{} faults, {} of them with names of their own", faults.len(), names.len()));
    }
    faults.iter().try_for_each(|fault| fault.make(&root()).map(drop))?;
    Ok(faults.len())
}

/// Makes the faults from a number on, one after the other, whose number modulo `parts` is `part`; false when one was not
/// found.
pub fn break_on_purpose(from: u64, part: usize, parts: usize) -> bool {
    let from = usize::try_from(from).unwrap_or(usize::MAX).saturating_sub(1);
    let scratch = Scratch::new();
    let mut missed = 0;
    let mut found_by = [0, 0];
    println!("{:<60} found by", "fault");
    for (number, fault) in list().iter().enumerate().skip(from).filter(|(number, _)| number % parts == part) {
        let found = scratch.try_out(fault);
        let words = match &found {
            Found::Simulation(rule) => format!("simulation: {rule}"),
            Found::Tables => "table tests".to_owned(),
            Found::NotAtAll => "NOBODY".to_owned(),
            Found::DoesNotCompile(why) => format!("DOES NOT COMPILE\n{why}"),
        };
        match found {
            Found::Simulation(_) => found_by[0] += 1,
            Found::Tables => found_by[1] += 1,
            Found::NotAtAll | Found::DoesNotCompile(_) => missed += 1,
        }
        println!("{:>2} {:<57} {words}", number + 1, fault.name);
    }
    println!("found by the simulation {}, by table tests {}, not found {missed}", found_by[0], found_by[1]);
    missed == 0
}

/// A copy of the sources, with what was compiled of other people's crates.
struct Scratch {
    sources: PathBuf,
    target: PathBuf,
}

impl Scratch {
    /// Under the target directory: nothing of it is ever committed.
    fn new() -> Self {
        let executable = std::env::current_exe().expect("this program");
        let debug = executable.ancestors().nth(2).expect("target/debug").to_path_buf();
        let broken = debug.parent().expect("target").join("broken");
        let scratch = Self { sources: broken.join("sources"), target: broken.join("target") };
        scratch.copy_sources();
        scratch.copy_compiled(&debug);
        scratch
    }

    fn copy_sources(&self) {
        // What git knows or would know. All of it is new: what an earlier run compiled may have had a fault in it.
        let script = "rm -rf \"$1\" && mkdir -p \"$1\" \
                      && git ls-files -z --cached --others --exclude-standard \
                      | xargs -0 cp --parents -t \"$1\"";
        run(Command::new("bash").args(["-euc", script, "-", &path(&self.sources)]).current_dir(root()));
    }

    /// Only libraries: nobody wants to compile the EC2 SDK again.
    fn copy_compiled(&self, debug: &Path) {
        let into = self.target.join("debug");
        if into.exists() {
            return;
        }
        let script = "mkdir -p \"$2/deps\" && cp -a \"$1/.fingerprint\" \"$1/build\" \"$2/\" \
                      && find \"$1/deps\" -maxdepth 1 -type f \\( -name '*.rlib' -o -name '*.rmeta' -o -name '*.so' -o \
                      -name '*.d' \\) -exec cp -a -t \"$2/deps\" {} +";
        run(Command::new("bash").args(["-euc", script, "-", &path(debug), &path(&into)]));
    }

    fn try_out(&self, fault: &Patch) -> Found {
        let file = self.sources.join(&fault.file);
        // From the copy itself: somebody may work on the sources meanwhile.
        let whole = fs::read_to_string(&file).expect("the list fits");
        let broken = fault.make(&self.sources).expect("the list fits");
        fs::write(&file, broken).expect("the copy can be written");
        let found = self.found();
        fs::write(&file, whole).expect("the copy can be written");
        found
    }

    fn found(&self) -> Found {
        let (compiles, output) = self.cargo(&["--test", "simulation", "--no-run"]);
        if !compiles {
            return Found::DoesNotCompile(output);
        }
        let (holds, output) = self.cargo(&["--test", "simulation", "--", "--stories", STORIES, "--broken"]);
        if !holds {
            let rule = output.lines().find_map(|line| line.strip_prefix("broken: "));
            return Found::Simulation(rule.unwrap_or("what must occur does not").to_owned());
        }
        let tables = ["--lib", "--test", "events", "--test", "turning", "--test", "requests", "--test", "pages"];
        match self.cargo(&tables).0 {
            true => Found::NotAtAll,
            false => Found::Tables,
        }
    }

    fn cargo(&self, arguments: &[&str]) -> (bool, String) {
        let output = Command::new("cargo")
            .args(["test", "--workspace", "--offline", "--quiet"])
            .args(arguments)
            .current_dir(&self.sources)
            .env("CARGO_TARGET_DIR", &self.target)
            .stdin(Stdio::null())
            .output()
            .expect("cargo runs");
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        (output.status.success(), text.concat())
    }
}

fn path(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn run(command: &mut Command) {
    let status = command.stdin(Stdio::null()).status().expect("bash runs");
    assert!(status.success(), "{command:?}: {status}");
}
