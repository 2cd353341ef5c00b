//! Which secure channel a TCP connection gets: TLS, Noise, or the one that both sides have.

use std::io;

use futures::future::{BoxFuture, Either, FutureExt, TryFutureExt};
use futures::{AsyncRead, AsyncWrite};
use libp2p::core::UpgradeInfo;
use libp2p::core::upgrade::{InboundConnectionUpgrade, OutboundConnectionUpgrade};
use libp2p::identity::Keypair;
use libp2p::{PeerId, noise, tls};

use super::coalesce::Coalesce;
use super::keepalive::{Ear, Pulses};
use crate::config::Security;
use crate::error::{Error, ErrorCode, Result};

/// Offers TLS before Noise, as Go does: TLS may use AES, which most processors have in hardware.
#[derive(Clone)]
pub(super) struct SecureChannel {
    tls: Option<tls::Config>,
    noise: Option<noise::Config>,
    pulses: Pulses,
}

impl SecureChannel {
    pub(super) fn new(keypair: &Keypair, security: Security, pulses: Pulses) -> Result<Self> {
        let tls = match security {
            Security::Noise => None,
            _ => Some(tls::Config::new(keypair).map_err(|fault| broken("TLS", fault))?),
        };
        let noise = match security {
            Security::Tls => None,
            _ => Some(noise::Config::new(keypair).map_err(|fault| broken("Noise", fault))?),
        };
        Ok(Self { tls, noise, pulses })
    }
}

fn broken(what: &str, fault: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorCode::Internal, format!("cannot set up {what}")).caused_by(fault)
}

impl UpgradeInfo for SecureChannel {
    type Info = &'static str;
    type InfoIter = std::vec::IntoIter<Self::Info>;

    fn protocol_info(&self) -> Self::InfoIter {
        let tls = self.tls.iter().flat_map(UpgradeInfo::protocol_info);
        let noise = self.noise.iter().flat_map(UpgradeInfo::protocol_info);
        tls.chain(noise).collect::<Vec<_>>().into_iter()
    }
}

type Channel<C> = Coalesce<Either<tls::TlsStream<C>, noise::Output<C>>>;
type Secured<C> = (PeerId, Channel<C>);
type Upgrading<C> = BoxFuture<'static, io::Result<Secured<C>>>;

impl<C> InboundConnectionUpgrade<C> for SecureChannel
where
    C: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Output = Secured<C>;
    type Error = io::Error;
    type Future = Upgrading<C>;

    fn upgrade_inbound(self, socket: C, chosen: Self::Info) -> Self::Future {
        let ear = Ear::new(self.pulses);
        match (self.tls, self.noise) {
            (Some(tls), _) if is(&tls, chosen) => tls
                .upgrade_inbound(socket, chosen)
                .map_ok(move |(peer, stream)| (peer, Coalesce::new(Either::Left(stream), ear)))
                .map_err(io::Error::other)
                .boxed(),
            (_, Some(noise)) => noise
                .upgrade_inbound(socket, chosen)
                .map_ok(move |(peer, stream)| (peer, Coalesce::new(Either::Right(stream), ear)))
                .map_err(io::Error::other)
                .boxed(),
            _ => not_offered(chosen),
        }
    }
}

impl<C> OutboundConnectionUpgrade<C> for SecureChannel
where
    C: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Output = Secured<C>;
    type Error = io::Error;
    type Future = Upgrading<C>;

    fn upgrade_outbound(self, socket: C, chosen: Self::Info) -> Self::Future {
        let ear = Ear::new(self.pulses);
        match (self.tls, self.noise) {
            (Some(tls), _) if is(&tls, chosen) => tls
                .upgrade_outbound(socket, chosen)
                .map_ok(move |(peer, stream)| (peer, Coalesce::new(Either::Left(stream), ear)))
                .map_err(io::Error::other)
                .boxed(),
            (_, Some(noise)) => noise
                .upgrade_outbound(socket, chosen)
                .map_ok(move |(peer, stream)| (peer, Coalesce::new(Either::Right(stream), ear)))
                .map_err(io::Error::other)
                .boxed(),
            _ => not_offered(chosen),
        }
    }
}

fn is(upgrade: &impl UpgradeInfo<Info = &'static str>, chosen: &str) -> bool {
    upgrade.protocol_info().into_iter().any(|offered| offered == chosen)
}

fn not_offered<C: Send + 'static>(chosen: &str) -> Upgrading<C> {
    let fault = io::Error::other(format!("{chosen} was agreed on, but never offered"));
    futures::future::ready(Err(fault)).boxed()
}
