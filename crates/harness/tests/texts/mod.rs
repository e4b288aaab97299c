//! Every text of the repository, for tests of what is written there.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// All texts with their paths from the root; not what git ignores.
pub fn texts() -> Vec<(PathBuf, String)> {
    let root = root();
    let (mut directories, mut found) = (vec![root.clone()], Vec::new());
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() && ![".git", "node_modules", "target"].contains(&name) {
                directories.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                found.push((path.strip_prefix(&root).unwrap().to_owned(), text));
            }
        }
    }
    assert!(found.len() > 100, "only {} texts found", found.len());
    found
}
