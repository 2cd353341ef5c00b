//! tmp
use std::time::Instant;
use glueberry_core::*;
#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().collect();
    let size: usize = args[1].parse().unwrap();
    let count: usize = args[2].parse().unwrap();
    let sec = match args.get(3).map(String::as_str) { Some("tls") => Security::Tls, _ => Security::Noise };
    let listen = if args.get(3).map(String::as_str) == Some("quic") { "/ip4/127.0.0.1/udp/0/quic-v1" } else { "/ip4/127.0.0.1/tcp/0" };
    let mk = || Node::builder(Identity::generate()).security(sec).listen(listen).unwrap().stream("s", StreamConfig::default()).unwrap().start();
    let (a, b) = (mk().await.unwrap(), mk().await.unwrap());
    let peer = a.connect(&b.listen_addresses()[0]).await.unwrap();
    let mut inbox = b.messages("s").unwrap();
    let t = Instant::now();
    let h = tokio::spawn(async move { let mut n = 0; while n < count { if inbox.ready().await { n += inbox.drain(4096).len(); } } });
    let msg = vec![7u8; size];
    for _ in 0..count { a.send(&peer, "s", &msg).await.unwrap(); }
    h.await.unwrap();
    let s = t.elapsed().as_secs_f64();
    println!("{size} B: {:.0} msg/s {:.1} MB/s", count as f64 / s, (count * size) as f64 / s / 1e6);
    // ping pong
    let mut to_b = b.messages("s").unwrap(); let mut to_a = a.messages("s").unwrap();
    let b2 = b.clone(); let ida = a.peer_id();
    tokio::spawn(async move { while let Some(m) = to_b.next().await { b2.send(&ida, "s", m.payload()).await.unwrap(); } });
    let mut v = vec![];
    for _ in 0..20000 { let t = Instant::now(); a.send(&peer, "s", &[1; 64]).await.unwrap(); to_a.next().await.unwrap(); v.push(t.elapsed()); }
    v.sort(); println!("rtt p50 {:?} p99 {:?}", v[10000], v[19800]);
}
