//! A cable between two hosts is unplugged.

use std::path::Path;
use std::time::Instant;

use glueberry_core::KeepAlive;
use glueberry_tests::namespaces::{Namespaces, Process};

/// Two processes on two hosts with a session, over TCP or QUIC.
async fn joined(hosts: &Namespaces, kind: &str) -> [Process; 2] {
    let program = Path::new(env!("CARGO_BIN_EXE_liveness-peer"));
    let place = format!("/ip4/{}/{kind}", Namespaces::host(1));
    let listener = hosts.start(1, program, &["listen", &place]);
    let address = listener.line("listening").await;
    let dialer = hosts.start(0, program, &["connect", &address]);
    dialer.line("established").await;
    listener.line("established").await;
    [dialer, listener]
}

/// The end of a process's session, by the time of this one.
async fn end(process: &Process) -> (String, Instant) {
    (process.line("disconnected").await, Instant::now())
}

#[tokio::test]
async fn an_unplugged_cable_is_noticed_at_both_ends_over_tcp_and_quic() {
    let Some(hosts) = Namespaces::make() else { return };
    let tcp = joined(&hosts, "tcp/0").await;
    let quic = joined(&hosts, "udp/0/quic-v1").await;
    let since = Instant::now();
    hosts.unplug(1);
    let all = tokio::join!(end(&tcp[0]), end(&tcp[1]), end(&quic[0]), end(&quic[1]));
    let promised = KeepAlive::default().interval + KeepAlive::default().timeout;
    for (reason, at) in [all.0, all.1, all.2, all.3] {
        println!("{reason} after {:?}", at - since);
        assert_eq!(reason, "KeepAliveTimeout");
        assert!(at - since < promised * 2, "noticed after {:?}", at - since);
    }
}
