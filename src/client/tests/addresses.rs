//! A name with several addresses: which of them a user connects to.

use std::{
    io::Write,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use url::Host;

use super::get;
use crate::client::{
    Agent, Origin,
    resolve::Addresses,
    testing::{self, read_head},
};

const fn loopback(last: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(127, 0, 0, last))
}

/// Answers at some addresses of this machine on one port; counts the connections at each.
fn serve<const N: usize>(addresses: [u8; N]) -> (u16, Arc<[AtomicUsize; N]>) {
    let listeners = loop {
        let first = TcpListener::bind((loopback(addresses[0]), 0)).expect("a port is free");
        let port = first.local_addr().expect("a bound socket has an address").port();
        // What is free at one address may be taken at another.
        let others = addresses[1..].iter().map(|last| TcpListener::bind((loopback(*last), port)));
        if let Ok(mut listeners) = others.collect::<Result<Vec<_>, _>>() {
            listeners.insert(0, first);
            break listeners;
        }
    };
    let port = listeners[0].local_addr().expect("a bound socket has an address").port();
    let accepted = Arc::new([const { AtomicUsize::new(0) }; N]);
    for (index, listener) in listeners.into_iter().enumerate() {
        let accepted = Arc::clone(&accepted);
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                accepted[index].fetch_add(1, Ordering::SeqCst);
                thread::spawn(move || {
                    while read_head(&mut stream) {
                        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
                        stream.write_all(answer).expect("the client listens");
                    }
                });
            }
        });
    }
    (port, accepted)
}

fn origin(port: u16, addresses: &[IpAddr]) -> Origin {
    testing::origin(&format!("http://localhost:{port}")).with_addresses(addresses.to_vec())
}

/// Each of so many users sends two requests, over a new connection each.
async fn visit(origin: &Origin, users: u32) {
    for user in 0..users {
        let mut agent = Agent::new().numbered(user);
        for _ in 0..2 {
            agent.exchange(origin, &get(origin, "/")).await.expect("it answers");
            agent.disconnect();
        }
    }
}

#[tokio::test]
async fn users_are_spread_over_the_addresses_of_a_name() {
    let (port, accepted) = serve([1, 2]);
    let counts = || [0, 1].map(|index: usize| accepted[index].load(Ordering::SeqCst));
    visit(&origin(port, &[loopback(1), loopback(2)]), 5).await;
    assert_eq!(counts(), [6, 4], "three users at the first, two at the second, each at its own");
    // The second of three refuses, so that its users are at the third.
    visit(&origin(port, &[loopback(1), loopback(3), loopback(2)]), 3).await;
    assert_eq!(counts(), [6 + 2, 4 + 4]);
}

#[tokio::test]
async fn all_users_begin_with_the_kind_of_address_that_answered() {
    let (six, four) = (IpAddr::V6(Ipv6Addr::LOCALHOST), [loopback(1), loopback(2)]);
    let addresses = Addresses::known(vec![four[0], six, four[1]]);
    let order = async |user: u32| {
        let found = addresses.get(&Host::parse("localhost").expect("a host"), 80, user).await.expect("they are known");
        found.iter().map(SocketAddr::ip).collect::<Vec<_>>()
    };
    assert_eq!(order(0).await, [four[0], four[1], six]);
    assert_eq!(order(3).await, [four[1], four[0], six]);
    addresses.accepted(SocketAddr::new(six, 80));
    for user in 0..3 {
        assert_eq!(order(user).await, [six, four[0], four[1]]);
    }
    addresses.accepted(SocketAddr::new(four[1], 80));
    assert_eq!(order(0).await, [four[0], four[1], six]);
}
