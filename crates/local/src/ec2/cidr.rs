//! IPv4 blocks, as far as Client VPN compares them.

use std::{net::Ipv4Addr, str::FromStr};

use super::AwsError;

/// An address block, `10.0.0.0/22`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cidr {
    first: u32,
    prefix: u32,
}

impl Cidr {
    pub(crate) fn prefix(self) -> u32 {
        self.prefix
    }

    pub(crate) fn size(self) -> u64 {
        1 << (32 - self.prefix)
    }

    pub(crate) fn overlaps(self, other: Self) -> bool {
        let mask = mask(self.prefix.min(other.prefix));
        self.first & mask == other.first & mask
    }

    /// The address at a place in the block, starting over at its end.
    pub(crate) fn address(self, place: u32) -> Ipv4Addr {
        Ipv4Addr::from(self.first | (place & !mask(self.prefix)))
    }
}

impl FromStr for Cidr {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, prefix) = text.split_once('/').ok_or(())?;
        let address: Ipv4Addr = address.parse().map_err(|_| ())?;
        let prefix = prefix.parse().ok().filter(|prefix| *prefix <= 32).ok_or(())?;
        Ok(Self { first: u32::from(address) & mask(prefix), prefix })
    }
}

/// The block in a parameter, or AWS's error about it.
pub(crate) fn parameter(name: &str, value: &str) -> Result<Cidr, AwsError> {
    value.parse().map_err(|()| AwsError::value(name, value, "This is not a valid CIDR block."))
}

fn mask(prefix: u32) -> u32 {
    u32::MAX.checked_shl(32 - prefix).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::Cidr;

    #[test]
    fn blocks_overlap_where_one_contains_the_other() {
        let overlap = |one: &str, other: &str| one.parse::<Cidr>().unwrap().overlaps(other.parse().unwrap());
        assert!(overlap("10.0.0.0/16", "10.0.3.0/24"));
        assert!(overlap("0.0.0.0/0", "10.0.3.0/24"));
        assert!(!overlap("10.0.0.0/24", "10.0.1.0/24"));
        for bad in ["10.0.0.0", "10.0.0/8", "10.0.0.0/33", "", "::/0"] {
            assert!(bad.parse::<Cidr>().is_err(), "{bad}");
        }
    }
}
