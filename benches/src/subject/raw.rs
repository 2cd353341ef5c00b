//! A TCP connection and nothing above it: the round trip that the system itself takes.

use std::sync::Arc;
use std::time::Duration;

use hdrhistogram::Histogram;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::ping_pong::{self, End};

/// The two ends of a connection.
pub(crate) struct Pair {
    near: Arc<Mutex<TcpStream>>,
    far: Arc<Mutex<TcpStream>>,
}

impl Pair {
    pub(super) async fn connect() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let ends = tokio::try_join!(TcpStream::connect(address), listener.accept());
        let (near, (far, _)) = ends.expect("a connection on this machine");
        for end in [&near, &far] {
            end.set_nodelay(true).expect("TCP can send at once");
        }
        let [near, far] = [near, far].map(|end| Arc::new(Mutex::new(end)));
        Self { near, far }
    }

    pub(super) async fn ping_pong(&self, time: Duration) -> Histogram<u64> {
        let near = Seat(self.near.clone().lock_owned().await);
        let far = Seat(self.far.clone().lock_owned().await);
        ping_pong::between(near, far, time).await
    }
}

struct Seat(OwnedMutexGuard<TcpStream>);

impl End for Seat {
    async fn send(&mut self, message: &[u8]) {
        self.0.write_all(message).await.expect("the connection stands");
    }

    async fn receive(&mut self, message: &mut [u8]) {
        self.0.read_exact(message).await.expect("the connection stands");
    }
}
