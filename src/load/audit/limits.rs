//! How many descriptors and local ports this machine has for the gate.

use std::fs;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::plan::Limits;

/// Each user needs a descriptor, and the soft limit of many systems is 1024; the hard one may be asked for freely.
pub(in crate::load) fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    // Where this is refused, running out of descriptors is reported as the generator's exhaustion.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}

/// What a run on this machine may use: the hard limit of descriptors, to which the load raises its own, and the ports that
/// the system gives to outgoing connections. `None` is without a limit, or unknown.
pub fn limits() -> Limits {
    let ports = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok();
    Limits { descriptors: getrlimit(Resource::Nofile).maximum, ports: ports.as_deref().and_then(ports_in) }
}

/// `32768 60999`, both included.
fn ports_in(range: &str) -> Option<u64> {
    let mut ends = range.split_whitespace().map_while(|word| word.parse::<u64>().ok());
    let (first, last) = (ends.next()?, ends.next()?);
    (last >= first).then(|| last - first + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_the_range_are_ports() {
        assert_eq!(ports_in("32768\t60999\n"), Some(28_232));
        assert_eq!(ports_in("1024 1024"), Some(1));
        assert_eq!(ports_in("60999 32768"), None);
        assert_eq!(ports_in("all"), None);
    }

    #[test]
    fn the_soft_limit_of_descriptors_becomes_the_hard_one() {
        raise_descriptor_limit();
        let limit = getrlimit(Resource::Nofile);
        assert_eq!(limit.current, limit.maximum);
        assert_eq!(limits().descriptors, limit.maximum);
    }
}
