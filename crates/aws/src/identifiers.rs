//! Identifiers as AWS writes them.

use jiff::Timestamp;

/// A random UUID.
#[must_use]
pub fn uuid() -> String {
    let random = fastrand::u128(..);
    // Version 4, variant 1 (RFC 9562).
    let bits = (random & !(0xf << 76) & !(0b11 << 62)) | (0x4 << 76) | (0b10 << 62);
    let hex = format!("{bits:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// Random bytes as hexadecimal digits, which nobody guesses: sessions have them too.
///
/// # Panics
/// If the system has no random bytes to give.
#[must_use]
pub fn random_hex(bytes: usize) -> String {
    let mut buffer = vec![0; bytes];
    aws_lc_rs::rand::fill(&mut buffer).expect("the system gives random bytes");
    buffer.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The trace of an invocation that is not sampled.
pub fn trace_id(at: Timestamp) -> String {
    let (root, parent) = (fastrand::u128(..) >> 32, fastrand::u64(..));
    format!("Root=1-{:08x}-{root:024x};Parent={parent:016x};Sampled=0", at.as_second())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_uuid_says_that_it_is_random() {
        for _ in 0..64 {
            let uuid = super::uuid();
            let bytes = uuid.as_bytes();
            assert_eq!((uuid.len(), bytes[14]), (36, b'4'), "{uuid}");
            assert!(b"89ab".contains(&bytes[19]), "{uuid}");
        }
    }
}
