//! Who is measured.

mod apart;
pub(crate) mod bare;
pub(crate) mod c;
mod crowd;
pub(crate) mod go;
pub(crate) mod language;
pub(crate) mod ours;
mod program;
mod raw;

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::flow::Flow;
use crate::options::Options;
use crate::{dial, ping_pong, scale, stalled, throughput};
pub(crate) use crowd::Crowd;
pub(crate) use language::{Language, Role};

/// One implementation over one transport and secure channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Subject {
    /// Glueberry over TCP and TLS.
    Tls,
    /// Glueberry over TCP and Noise.
    Noise,
    /// Glueberry over QUIC.
    Quic,
    /// Glueberry over TCP and TLS, each node on a runtime of its own: what C is compared with.
    Apart,
    /// The C library over TCP and TLS, with both nodes in one C program.
    C,
    /// A stream of rust-libp2p over TCP, Noise and yamux, with messages packed by hand: the
    /// baseline.
    Libp2p,
    /// A TCP connection: what the system itself takes.
    Tcp,
    /// The Go implementation, in two processes.
    Go,
    /// A language that sends or receives, and a partner that keeps up with it.
    Language(Language, Role),
}

impl Subject {
    pub(crate) const ALL: [Self; 20] = [
        Self::Tls,
        Self::Noise,
        Self::Quic,
        Self::Apart,
        Self::C,
        Self::Libp2p,
        Self::Tcp,
        Self::Go,
        Self::Language(Language::Python, Role::Receives),
        Self::Language(Language::Python, Role::Sends),
        Self::Language(Language::Node, Role::Receives),
        Self::Language(Language::Node, Role::Sends),
        Self::Language(Language::Kotlin, Role::Receives),
        Self::Language(Language::Kotlin, Role::Sends),
        Self::Language(Language::Swift, Role::Receives),
        Self::Language(Language::Swift, Role::Sends),
        Self::Language(Language::Pyzmq, Role::Receives),
        Self::Language(Language::Pyzmq, Role::Sends),
        Self::Language(Language::ZeromqJs, Role::Receives),
        Self::Language(Language::ZeromqJs, Role::Sends),
    ];

    /// Those that take part in a bench and were asked for.
    pub(crate) fn wanted(bench: &str, options: &Options) -> Vec<Self> {
        let all = Self::ALL.into_iter();
        all.filter(|subject| subject.is_wanted(bench, options) && subject.is_here(options))
            .collect()
    }

    pub(crate) fn is_wanted(self, bench: &str, options: &Options) -> bool {
        self.takes_part(bench) && options.wants(&self.name_in(bench))
    }

    /// Whether the bench says something about it.
    pub(crate) fn takes_part(self, bench: &str) -> bool {
        match self {
            Self::Tls | Self::Quic => !scale::is_too_large(bench, self),
            Self::Noise | Self::Libp2p => {
                bench != stalled::NAME && !scale::is_too_large(bench, self)
            }
            // A round trip with a language is measured once: the language answers.
            Self::Apart | Self::C | Self::Language(_, Role::Receives) => {
                bench == ping_pong::NAME || bench.starts_with(throughput::PREFIX)
            }
            Self::Language(_, Role::Sends) => bench.starts_with(throughput::PREFIX),
            Self::Tcp => bench == ping_pong::NAME,
            Self::Go => {
                ![ping_pong::NAME, stalled::NAME].contains(&bench) && !bench.starts_with("scale/")
            }
        }
    }

    /// The name of its measurement.
    pub(crate) fn name_in(self, bench: &str) -> String {
        let own = match self {
            Self::Tls => "glueberry-tls",
            Self::Noise => "glueberry-noise",
            Self::Quic => "glueberry-quic",
            Self::Apart => "glueberry-apart",
            Self::C => "glueberry-c",
            Self::Libp2p => "libp2p",
            Self::Tcp => "tcp",
            Self::Go => "go",
            Self::Language(language, Role::Sends) => {
                return format!("{bench}/{}-sends", language.implementation());
            }
            Self::Language(language, Role::Receives) if bench == ping_pong::NAME => {
                return format!("{bench}/{}", language.implementation());
            }
            Self::Language(language, Role::Receives) => {
                return format!("{bench}/{}-receives", language.implementation());
            }
        };
        format!("{bench}/{own}")
    }

    pub(crate) fn implementation(self) -> &'static str {
        match self {
            Self::Tls | Self::Noise | Self::Quic => "glueberry",
            Self::Apart => "glueberry-apart",
            Self::C => "glueberry-c",
            Self::Libp2p => "libp2p",
            Self::Tcp => "tcp",
            Self::Go => "go-glueberry",
            Self::Language(language, _) => language.implementation(),
        }
    }

    pub(crate) fn role(self) -> Option<Role> {
        match self {
            Self::Language(_, role) => Some(role),
            _ => None,
        }
    }

    pub(crate) fn transport(self) -> &'static str {
        if self == Self::Quic { "quic" } else { "tcp" }
    }

    pub(crate) fn security(self) -> &'static str {
        match self {
            Self::Tls | Self::Quic | Self::Apart | Self::C | Self::Go => "tls",
            Self::Noise | Self::Libp2p => "noise",
            Self::Tcp => "none",
            Self::Language(language, _) => language.security(),
        }
    }

    /// Two nodes, connected and ready to send.
    pub(crate) async fn connect(self, options: &Options) -> Pair {
        match self {
            Self::Tls => Pair::Ours(ours::Pair::connect(ours::Way::Tls).await),
            Self::Noise => Pair::Ours(ours::Pair::connect(ours::Way::Noise).await),
            Self::Quic => Pair::Ours(ours::Pair::connect(ours::Way::Quic).await),
            Self::Apart => Pair::Apart(apart::Pair::connect(ours::Way::Tls).await),
            Self::C => Pair::C(c::Pair::start(c_program(options))),
            Self::Libp2p => Pair::Libp2p(bare::Pair::connect().await),
            Self::Tcp => Pair::Tcp(raw::Pair::connect().await),
            Self::Go => Pair::Go(Box::new(go::Pair::connect(go_peer(options)))),
            Self::Language(language, role) => {
                Pair::Language(language::Pair::connect(language, role, languages(options)).await)
            }
        }
    }

    /// The times of so many dials, each until the session stands.
    pub(crate) async fn dial(self, dials: usize, options: &Options) -> Histogram<u64> {
        match self {
            Self::Tls => ours::dial(ours::Way::Tls, dials).await,
            Self::Noise => ours::dial(ours::Way::Noise, dials).await,
            Self::Quic => ours::dial(ours::Way::Quic, dials).await,
            Self::Libp2p => bare::dial(dials).await,
            Self::Apart | Self::C | Self::Tcp | Self::Language(..) => {
                unreachable!("it takes no part in {}", dial::NAME)
            }
            Self::Go => tokio::task::block_in_place(|| go::dial(dials, go_peer(options))),
        }
    }

    /// A node of this library that is connected to so many others.
    pub(crate) async fn crowd(self, peers: usize) -> Crowd {
        match self {
            Self::Tls => Crowd::connect(ours::Way::Tls, peers).await,
            Self::Quic => Crowd::connect(ours::Way::Quic, peers).await,
            _ => unreachable!("it takes no part in {}", stalled::NAME),
        }
    }

    fn is_here(self, options: &Options) -> bool {
        match self {
            Self::Go => options.go_peer.is_some(),
            Self::C => options.c_program.is_some(),
            Self::Language(language, _) => options.has(language),
            _ => true,
        }
    }
}

fn go_peer(options: &Options) -> &std::path::Path {
    options.go_peer.as_deref().expect("without it Go is left out")
}

fn c_program(options: &Options) -> &std::path::Path {
    options.c_program.as_deref().expect("without it C is left out")
}

fn languages(options: &Options) -> &std::path::Path {
    options.languages.as_deref().expect("without it languages are left out")
}

/// Two connected nodes.
pub(crate) enum Pair {
    Ours(ours::Pair),
    Apart(apart::Pair),
    C(c::Pair),
    Libp2p(bare::Pair),
    Tcp(raw::Pair),
    // Boxed: several times as large as the others.
    Go(Box<go::Pair>),
    Language(language::Pair),
}

impl Pair {
    /// Sends messages one way for this time, as fast as they go.
    pub(crate) async fn one_way(&mut self, payload: u32, time: Duration) -> Flow {
        match self {
            Self::Ours(pair) => pair.one_way(payload, time).await,
            Self::Apart(pair) => pair.one_way(payload, time).await,
            Self::C(pair) => tokio::task::block_in_place(|| pair.one_way(payload, time)),
            Self::Libp2p(pair) => pair.one_way(payload, time).await,
            Self::Tcp(_) => unreachable!("raw TCP knows no messages"),
            Self::Go(pair) => tokio::task::block_in_place(|| pair.one_way(payload, time)),
            Self::Language(pair) => pair.one_way(payload, time).await,
        }
    }

    /// Sends one message there and back after the other.
    pub(crate) async fn ping_pong(&mut self, time: Duration) -> Histogram<u64> {
        match self {
            Self::Ours(pair) => pair.ping_pong(time).await,
            Self::Apart(pair) => pair.ping_pong(time).await,
            Self::C(pair) => tokio::task::block_in_place(|| pair.ping_pong(time)),
            Self::Libp2p(pair) => pair.ping_pong(time).await,
            Self::Tcp(pair) => pair.ping_pong(time).await,
            Self::Language(pair) => pair.ping_pong(time).await,
            Self::Go(_) => unreachable!("the Go peer has no command for it"),
        }
    }
}
