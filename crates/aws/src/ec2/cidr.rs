//! Address blocks, as far as Client VPN compares them.

use std::{net::IpAddr, str::FromStr};

use super::AwsError;

/// An address block, `10.0.0.0/22` or `2001:db8::/32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cidr {
    first: u128,
    prefix: u32,
    /// 32 bits or 128.
    width: u32,
}

impl Cidr {
    pub(crate) fn prefix(self) -> u32 {
        self.prefix
    }

    pub(crate) fn is_ipv6(self) -> bool {
        self.width == IPV6
    }

    /// How many addresses it has, as far as that can be counted.
    pub(crate) fn size(self) -> u64 {
        1_u64.checked_shl(self.width - self.prefix).unwrap_or(u64::MAX)
    }

    pub(crate) fn overlaps(self, other: Self) -> bool {
        let mask = mask(self.prefix.min(other.prefix), self.width);
        self.width == other.width && self.first & mask == other.first & mask
    }

    /// The address at a place in the block, starting over at its end.
    pub(crate) fn address(self, place: u32) -> IpAddr {
        let bits = self.first | (u128::from(place) & !mask(self.prefix, self.width));
        match u32::try_from(bits) {
            Ok(bits) if !self.is_ipv6() => IpAddr::V4(bits.into()),
            _ => IpAddr::V6(bits.into()),
        }
    }
}

impl FromStr for Cidr {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, prefix) = text.split_once('/').ok_or(())?;
        let (bits, width) = match address.parse().map_err(|_| ())? {
            IpAddr::V4(address) => (u128::from(address.to_bits()), IPV4),
            IpAddr::V6(address) => (address.to_bits(), IPV6),
        };
        // Rust reads +8 and 08 too.
        let read = prefix.parse().ok().filter(|read: &u32| *read <= width && read.to_string() == prefix);
        let prefix = read.ok_or(())?;
        Ok(Self { first: bits & mask(prefix, width), prefix, width })
    }
}

/// The block in a parameter, or AWS's error about it.
pub(crate) fn parameter(name: &str, value: &str) -> Result<Cidr, AwsError> {
    value.parse().map_err(|()| none(name, value))
}

/// What AWS says of a block that is none, or of the wrong family.
pub(crate) fn none(name: &str, value: &str) -> AwsError {
    AwsError::value(name, value, "This is not a valid CIDR block.")
}

/// How many bits an address has.
const IPV4: u32 = 32;
const IPV6: u32 = 128;

/// The bits of an address that the block's prefix is about.
fn mask(prefix: u32, width: u32) -> u128 {
    u128::MAX.checked_shl(width - prefix).unwrap_or(0)
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
        assert!(overlap("::/0", "2001:db8::/32"));
        assert!(!overlap("2001:db8::/32", "2001:db9::/32"));
        assert!(!overlap("::/0", "0.0.0.0/0"), "of two families");
        for bad in [
            "10.0.0.0",
            "10.0.0/8",
            "10.0.0.0/33",
            "",
            "::/129",
            "2001:db8/32",
            "10.0.0.0/+8",
            "10.0.0.0/08",
            "10.0.0.0/",
        ] {
            assert!(bad.parse::<Cidr>().is_err(), "{bad}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

        /// Two blocks overlap where the wider one has the first address of the narrower; every address of one is in it.
        #[test]
        fn blocks_are_what_they_contain(one: u32, other: u32, lengths in [0..=32_u32, 0..=32_u32], place: u32, odd in "[0-9a-f.:/+]{0,20}") {
            let _ = odd.parse::<Cidr>();
            let text = |bits: u32, length: u32| format!("{}/{length}", std::net::Ipv4Addr::from(bits));
            // Near each other, or nothing would overlap.
            let other = if place % 2 == 0 { one ^ (other >> (other % 32)) } else { other };
            let [a, b] = [text(one, lengths[0]), text(other, lengths[1])].map(|text| text.parse::<Cidr>().expect("a block"));
            let least = lengths[0].min(lengths[1]);
            let same = (0..least).all(|bit| (one ^ other) >> (31 - bit) & 1 == 0);
            proptest::prop_assert_eq!((a.overlaps(b), b.overlaps(a)), (same, same));
            let inside: Cidr = format!("{}/32", a.address(place)).parse().expect("an address");
            proptest::prop_assert!(a.overlaps(inside));
            proptest::prop_assert_eq!(a.size(), 1_u64 << (32 - lengths[0]));
        }
    }

    #[test]
    fn a_block_is_the_same_however_it_is_written() {
        let block = |text: &str| text.parse::<Cidr>().unwrap();
        assert_eq!(block("2001:0DB8:0:0::/32"), block("2001:db8::/32"));
        assert_ne!(block("0.0.0.0/0"), block("::/0"));
        assert_eq!([block("10.0.0.0/28").size(), block("2001:db8::/64").size()], [16, u64::MAX]);
        assert_eq!(block("10.0.0.0/22").address(1025).to_string(), "10.0.0.1");
        assert_eq!(block("2001:db8::/64").address(2).to_string(), "2001:db8::2");
    }
}
