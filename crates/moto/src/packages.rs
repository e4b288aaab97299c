//! The packages that were uploaded: by the digest that Lambda tells of each, unpacked and as they were.

use std::{
    collections::BTreeMap,
    fs, io,
    io::Read as _,
    os::unix::fs::PermissionsExt as _,
    path::{Component, Path, PathBuf},
};

use aws_lc_rs::digest;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use flate2::{Crc, read::DeflateDecoder};

/// Lambda's limit on an unpacked package.
const LARGEST: u64 = 250 * 1024 * 1024;

/// Every package seen, by `CodeSha256`. Its directory goes with the last clone.
#[derive(Debug, Clone, Default)]
pub struct Packages {
    known: BTreeMap<String, std::sync::Arc<Directory>>,
}

impl Packages {
    /// Unpacks one and remembers it.
    ///
    /// # Errors
    /// Why it is no package.
    pub fn add(&mut self, zip: &[u8]) -> Result<String, String> {
        let digest = STANDARD.encode(digest::digest(&digest::SHA256, zip));
        if !self.known.contains_key(&digest) {
            let directory = Directory::new().map_err(|error| error.to_string())?;
            unpack(zip, &directory.code())?;
            fs::write(directory.zip(), zip).map_err(|error| error.to_string())?;
            self.known.insert(digest.clone(), std::sync::Arc::new(directory));
        }
        Ok(digest)
    }

    /// Where it was unpacked.
    #[must_use]
    pub fn directory(&self, digest: &str) -> Option<PathBuf> {
        self.known.get(digest).map(|directory| directory.code())
    }

    /// The file that was uploaded.
    #[must_use]
    pub fn zip(&self, digest: &str) -> Option<PathBuf> {
        self.known.get(digest).map(|directory| directory.zip())
    }
}

#[derive(Debug)]
struct Directory(PathBuf);

impl Directory {
    fn new() -> io::Result<Self> {
        let path = std::env::temp_dir().join(format!("vpn-on-demand-{:032x}", fastrand::u128(..)));
        fs::create_dir_all(path.join("code"))?;
        Ok(Self(path))
    }

    fn code(&self) -> PathBuf {
        self.0.join("code")
    }

    fn zip(&self) -> PathBuf {
        self.0.join("zip")
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, "{} is left behind", self.0.display());
        }
    }
}

/// Unpacks a ZIP file by its central directory: stored and deflated files, with their permissions.
fn unpack(zip: &[u8], into: &Path) -> Result<(), String> {
    let end = zip.windows(4).rposition(|bytes| bytes == END).ok_or("no ZIP file: it has no end record")?;
    let mut at = number(zip, end + 16, 4)?;
    let mut size = 0;
    for _ in 0..number(zip, end + 10, 2)? {
        if zip.get(at..at + 4) != Some(ENTRY) {
            return Err("the ZIP file's directory is broken".to_owned());
        }
        let (name_length, extra, comment) =
            (number(zip, at + 28, 2)?, number(zip, at + 30, 2)?, number(zip, at + 32, 2)?);
        let name = zip.get(at + 46..at + 46 + name_length).ok_or(TRUNCATED)?;
        let name = std::str::from_utf8(name).map_err(|error| error.to_string())?;
        size += u64::try_from(number(zip, at + 24, 4)?).unwrap_or(u64::MAX);
        if size > LARGEST {
            return Err("Unzipped size must be smaller than 262144000 bytes".to_owned());
        }
        file(zip, at, name, into)?;
        at += 46 + name_length + extra + comment;
    }
    Ok(())
}

fn file(zip: &[u8], entry: usize, name: &str, into: &Path) -> Result<(), String> {
    let inside = Path::new(name).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !inside {
        return Err(format!("{name} leads out of the package"));
    }
    let path = into.join(name);
    let failed = |error: io::Error| format!("{name}: {error}");
    if name.ends_with('/') {
        return fs::create_dir_all(path).map_err(failed);
    }
    let local = number(zip, entry + 42, 4)?;
    let start = local + 30 + number(zip, local + 26, 2)? + number(zip, local + 28, 2)?;
    let packed = zip.get(start..start + number(zip, entry + 20, 4)?).ok_or(TRUNCATED)?;
    let mut content = Vec::new();
    match number(zip, entry + 10, 2)? {
        0 => content.extend_from_slice(packed),
        8 => drop(DeflateDecoder::new(packed).take(LARGEST).read_to_end(&mut content).map_err(failed)?),
        other => return Err(format!("{name} is packed by method {other}")),
    }
    let mut sum = Crc::new();
    sum.update(&content);
    if usize::try_from(sum.sum()).unwrap_or_default() != number(zip, entry + 16, 4)? {
        return Err(format!("{name} is damaged"));
    }
    fs::create_dir_all(path.parent().unwrap_or(into)).map_err(failed)?;
    fs::write(&path, content).map_err(failed)?;
    // The upper half of the attributes is Unix's mode, where the file was packed on Unix.
    let mode = number(zip, entry + 40, 2)? & 0o777;
    let mode = u32::try_from(mode).ok().filter(|mode| *mode != 0).unwrap_or(0o644);
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(failed)
}

/// A little-endian number.
fn number(bytes: &[u8], at: usize, length: usize) -> Result<usize, String> {
    let bytes = bytes.get(at..at + length).ok_or(TRUNCATED)?;
    Ok(bytes.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte)))
}

const TRUNCATED: &str = "the ZIP file is truncated";
const END: &[u8] = b"PK\x05\x06";
const ENTRY: &[u8] = b"PK\x01\x02";

#[cfg(test)]
mod tests {
    use std::{io::Write as _, os::unix::fs::PermissionsExt as _};

    use flate2::{Compression, Crc, write::DeflateEncoder};

    use super::*;

    /// A ZIP file as packers write it.
    fn zip(files: &[(&str, &[u8], u32, bool)]) -> Vec<u8> {
        let (mut out, mut directory) = (Vec::new(), Vec::new());
        for (name, content, mode, deflated) in files {
            let mut crc = Crc::new();
            crc.update(content);
            let packed = if *deflated {
                let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
                encoder.write_all(content).unwrap();
                encoder.finish().unwrap()
            } else {
                content.to_vec()
            };
            let method: u16 = if *deflated { 8 } else { 0 };
            let offset = u32::try_from(out.len()).unwrap();
            let mut common = vec![20, 0, 0, 0];
            common.extend(method.to_le_bytes());
            common.extend([0; 4]);
            common.extend(crc.sum().to_le_bytes());
            common.extend(u32::try_from(packed.len()).unwrap().to_le_bytes());
            common.extend(u32::try_from(content.len()).unwrap().to_le_bytes());
            common.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
            common.extend([0; 2]);
            out.extend(b"PK\x03\x04");
            out.extend(&common);
            out.extend(name.as_bytes());
            out.extend(packed);
            directory.extend(b"PK\x01\x02\x14\x03");
            directory.extend(&common);
            directory.extend([0; 6]);
            directory.extend((mode << 16).to_le_bytes());
            directory.extend(offset.to_le_bytes());
            directory.extend(name.as_bytes());
        }
        let (offset, length) = (u32::try_from(out.len()).unwrap(), u32::try_from(directory.len()).unwrap());
        let count = u16::try_from(files.len()).unwrap().to_le_bytes();
        out.extend(directory);
        out.extend(b"PK\x05\x06\0\0\0\0");
        out.extend(count);
        out.extend(count);
        out.extend(length.to_le_bytes());
        out.extend(offset.to_le_bytes());
        out.extend([0; 2]);
        out
    }

    #[test]
    fn a_package_is_unpacked_with_its_modes() {
        let mut packages = Packages::default();
        let package = zip(&[("bootstrap", b"#!/bin/sh", 0o100_755, true), ("policy/a.cedar", b"x", 0o100_644, false)]);
        let digest = packages.add(&package).unwrap();
        let directory = packages.directory(&digest).unwrap();
        assert_eq!(fs::read(packages.zip(&digest).unwrap()).unwrap(), package);
        assert_eq!(fs::read(directory.join("bootstrap")).unwrap(), b"#!/bin/sh");
        assert_eq!(fs::read(directory.join("policy/a.cedar")).unwrap(), b"x");
        let mode = |name: &str| fs::metadata(directory.join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("bootstrap"), mode("policy/a.cedar")), (0o755, 0o644));
        assert_eq!(packages.add(&package), Ok(digest));
        drop(packages);
        assert!(!directory.exists());
    }

    #[test]
    fn what_is_no_package_is_refused() {
        let mut packages = Packages::default();
        assert!(packages.add(b"bootstrap").unwrap_err().contains("no ZIP file"));
        assert!(packages.add(&zip(&[("../evil", b"x", 0o644, false)])).unwrap_err().contains("leads out"));
        let mut damaged = zip(&[("bootstrap", b"content", 0o755, false)]);
        let place = damaged.windows(7).position(|bytes| bytes == b"content").unwrap();
        damaged[place] = b'C';
        assert!(packages.add(&damaged).unwrap_err().contains("damaged"));
        assert!(packages.add(&damaged[..20]).is_err());
    }
}
