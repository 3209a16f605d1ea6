//! Which addresses may be dialed. Hosts are limited before (only those of the cloud) and proven after (TLS): this is the check
//! between, of what a name resolves to, so that no name leads into this machine or to the platform's own services.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// IPv4 networks that no service of a cloud is in, as address and prefix length (IANA's special-purpose registry, and the
/// platform's own address). Private networks are not among them: they are Private Link's.
const REFUSED_V4: [(Ipv4Addr, u32); 15] = [
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(168, 63, 129, 16), 32),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 31, 196, 0), 24),
    (Ipv4Addr::new(192, 52, 193, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// The only IPv6 networks that are dialed: global addresses, and unique local ones for Private Link.
const ALLOWED_V6: [(Ipv6Addr, u32); 2] =
    [(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3), (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7)];

/// What is refused in them: Teredo, benchmarks, ORCHID, documentation, 6to4, and where other clouds keep their metadata.
const REFUSED_V6: [(Ipv6Addr, u32); 9] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2001, 2, 0, 0, 0, 0, 0, 0), 48),
    (Ipv6Addr::new(0x2001, 0x10, 0, 0, 0, 0, 0, 0), 28),
    (Ipv6Addr::new(0x2001, 0x20, 0, 0, 0, 0, 0, 0), 28),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
    (Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0), 32),
];

/// Prefixes that carry an IPv4 address in their last 32 bits: mapped, and NAT64's well-known one (RFC 6052), through which a
/// network without IPv4 reaches everything. The address inside is the one that counts.
const CARRIERS: [(Ipv6Addr, u32); 2] =
    [(Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96), (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96)];

/// Whether an address may be dialed.
pub(super) fn may_dial(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !REFUSED_V4.iter().any(|(network, length)| holds_v4(*network, *length, v4)),
        IpAddr::V6(v6) => {
            let is_in = |all: &[(Ipv6Addr, u32)]| all.iter().any(|(network, length)| holds_v6(*network, *length, v6));
            if is_in(&CARRIERS) {
                let [.., a, b, c, d] = v6.octets();
                return may_dial(IpAddr::V4(Ipv4Addr::new(a, b, c, d)));
            }
            is_in(&ALLOWED_V6) && !is_in(&REFUSED_V6)
        }
    }
}

fn holds_v4(network: Ipv4Addr, length: u32, address: Ipv4Addr) -> bool {
    (network.to_bits() ^ address.to_bits()).leading_zeros() >= length
}

fn holds_v6(network: Ipv6Addr, length: u32, address: Ipv6Addr) -> bool {
    (network.to_bits() ^ address.to_bits()).leading_zeros() >= length
}

/// Looks names up and drops every address that may not be dialed. The connector dials what this answers and nothing else, so
/// that no answer can change between the check and the connection.
#[derive(Debug)]
pub(super) struct GuardedResolver;

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found.filter(|address| may_dial(address.ip())).collect();
            if allowed.is_empty() {
                return Err(format!("{} resolves to no address that may be dialed", name.as_str()).into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn dialed(address: &str) -> bool {
        may_dial(address.parse().unwrap())
    }

    #[test]
    fn addresses_of_this_machine_and_the_platform_are_never_dialed() {
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.9.9.9",
            "168.63.129.16",
            "169.254.169.254",
            "192.0.0.8",
            "192.0.2.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b::7f00:1",
            "64:ff9b:1::a9fe:a9fe",
            "100::1",
            "2001::1",
            "2001:2::1",
            "2001:10::1",
            "2001:20::1",
            "2001:2f::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:a9fe:a9fe::1",
            "3fff::1",
            "5f00::1",
            "fd00:ec2::254",
            "fd20:ce::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!dialed(address), "{address}");
        }
        for address in [
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "20.50.1.1",
            "100.63.255.255",
            "100.128.0.1",
            "168.63.129.15",
            "198.17.255.255",
            "198.20.0.1",
            "223.255.255.255",
            "::ffff:20.50.1.1",
            "::ffff:10.1.2.3",
            "64:ff9b::1432:101",
            "2603:1030::1",
            "2a01:111::1",
            "fc00::1",
            "fd12:3456::1",
        ] {
            assert!(dialed(address), "{address}");
        }
    }

    proptest! {
        /// By the standard library's own words for networks, which are written otherwise than the list above.
        #[test]
        fn nothing_special_is_dialed_in_whichever_form(bits in any::<u32>(), special in 0..8_usize) {
            let seeds = [0x7f00_0000, 0xa9fe_0000, 0x0000_0000, 0xe000_0000, 0xf000_0000, 0xc633_6400, 0xcb00_7100, 0xc000_0200];
            let widths = [24, 16, 24, 28, 28, 8, 8, 8];
            let v4 = Ipv4Addr::from_bits(seeds[special] | (bits & ((1_u32 << widths[special]) - 1)));
            let is_special = v4.is_loopback() || v4.is_link_local() || v4.octets()[0] == 0 || v4.is_multicast()
                || v4.octets()[0] >= 240 || v4.is_documentation();
            prop_assert!(is_special && !may_dial(IpAddr::V4(v4)), "{}", v4);
            let [a, b, c, d] = v4.octets();
            let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
            for carrier in [
                v4.to_ipv6_mapped(), v4.to_ipv6_compatible(), Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
                Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, high, low), Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
                Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, !high, !low),
            ] {
                prop_assert!(!may_dial(IpAddr::V6(carrier)), "{}", carrier);
            }
        }

        #[test]
        fn an_ipv6_address_is_dialed_only_when_it_is_global_or_unique_local(bits in any::<u128>()) {
            let v6 = Ipv6Addr::from_bits(bits);
            if may_dial(IpAddr::V6(v6)) {
                let first = v6.octets()[0];
                prop_assert!((0x20..0x40).contains(&first) || (0xfc..0xfe).contains(&first), "{}", v6);
                prop_assert!(!v6.is_loopback() && !v6.is_unspecified() && !v6.is_multicast() && !v6.is_unicast_link_local());
            }
        }

        #[test]
        fn every_other_ipv4_address_is(bits in any::<u32>()) {
            let v4 = Ipv4Addr::from_bits(bits);
            prop_assert_eq!(may_dial(IpAddr::V4(v4)), may_dial(IpAddr::V6(v4.to_ipv6_mapped())));
            prop_assert!(!v4.is_private() || may_dial(IpAddr::V4(v4)), "{}", v4);
        }
    }
}
