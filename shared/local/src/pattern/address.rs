//! IP addresses and their ranges.

use std::net::Ipv6Addr;

use super::Invalid;

/// An IPv4 or IPv6 address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Address {
    V4(u32),
    V6(u128),
}

/// The addresses that share their first bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    /// Any address of the block.
    member: Address,
    fixed_bits: u32,
}

impl Address {
    /// Reads an address; leading zeros are decimal, and an IPv4 address mapped into IPv6 is the IPv4 address.
    pub(super) fn read(text: &str) -> Option<Self> {
        if !text.bytes().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':')) {
            return None;
        }
        if !text.contains(':') {
            return Self::read_v4(text);
        }
        // EventBridge takes no dots here.
        if text.contains('.') {
            return None;
        }
        let address: Ipv6Addr = text.parse().ok()?;
        Some(match address.to_ipv4_mapped() {
            Some(mapped) => Self::V4(mapped.to_bits()),
            None => Self::V6(address.to_bits()),
        })
    }

    fn read_v4(text: &str) -> Option<Self> {
        let mut bits = 0;
        let mut parts = 0;
        for part in text.split('.') {
            if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            bits = bits << 8 | u32::from(part.parse::<u8>().ok()?);
            parts += 1;
            if parts > 4 {
                return None;
            }
        }
        (parts == 4).then_some(Self::V4(bits))
    }
}

impl Block {
    /// Reads CIDR notation, such as `10.0.0.0/24`.
    ///
    /// EventBridge refuses a block of a single address: /32 of IPv4 and /128 of IPv6.
    pub(super) fn read(text: &str, place: &str) -> Result<Self, Invalid> {
        let refuse = |reason: String| Invalid::at(place, format!("cidr \"{text}\" {reason}"));
        let (address, bits) = text
            .split_once('/')
            .filter(|(_, bits)| !bits.contains('/'))
            .ok_or_else(|| refuse("needs one '/', as in 10.0.0.0/24".to_owned()))?;
        let fixed_bits: u32 = bits
            .parse()
            .map_err(|_| refuse(format!("has mask bits \"{bits}\", not a whole number")))?;
        let member = Address::read(address)
            .ok_or_else(|| refuse(format!("has \"{address}\" where an IP address belongs")))?;
        let most = match member {
            Address::V4(_) => 31,
            Address::V6(_) => 127,
        };
        if fixed_bits > most {
            return Err(refuse(format!("has more than {most} mask bits; name the address itself")));
        }
        Ok(Self { member, fixed_bits })
    }

    pub(super) fn contains(&self, address: Address) -> bool {
        let differing = match (self.member, address) {
            (Address::V4(ours), Address::V4(theirs)) => (ours ^ theirs).leading_zeros(),
            (Address::V6(ours), Address::V6(theirs)) => (ours ^ theirs).leading_zeros(),
            _ => return false,
        };
        differing >= self.fixed_bits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(block: &str, address: &str, expect: bool) {
        let block = Block::read(block, "ip").unwrap();
        let inside = Address::read(address).is_some_and(|address| block.contains(address));
        assert_eq!(inside, expect, "{address}");
    }

    #[test]
    fn blocks_hold_their_addresses() {
        check("10.0.0.0/24", "10.0.0.255", true);
        check("10.0.0.0/24", "10.0.1.0", false);
        check("10.0.0.77/24", "10.0.0.0", true);
        check("10.0.0.0/24", "10.0.0.256", false);
        check("10.0.0.0/24", "010.00.0.7", true);
        check("0.0.0.0/0", "255.1.2.3", true);
        check("0.0.0.0/0", "::1", false);
        check("2001:db8::/32", "2001:0DB8:0:0::1", true);
        check("2001:db8::/32", "2001:db9::1", false);
        check("::/0", "2001:db8::1", true);
        check("10.0.0.0/8", "::ffff:a01:203", true);
        check("10.0.0.0/8", "host", false);
        check("10.0.0.0/8", "10.0.0", false);
        check("10.0.0.0/8", "10.0.0.0.0", false);
        check("10.0.0.0/8", "", false);
    }

    #[test]
    fn bad_blocks_are_refused_with_reason() {
        for (text, reason) in [
            ("10.0.0.0", "needs one '/'"),
            ("10.0.0.0/8/8", "needs one '/'"),
            ("10.0.0.0/x", "not a whole number"),
            ("10.0.0.0/-1", "not a whole number"),
            ("10.0.0.0/32", "more than 31"),
            ("::/128", "more than 127"),
            ("xx.11.xx/8", "where an IP address belongs"),
        ] {
            let invalid = Block::read(text, "ip").unwrap_err();
            assert!(invalid.reason.contains(reason), "{invalid}");
        }
    }
}
