//! A network between a client and the database that can be cut: bytes are held back, connections stay open, and
//! nobody is told. When it is mended, what was held back goes on, as TCP would send it again.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use sqlx::postgres::PgConnectOptions;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UnixStream};
use tokio::sync::watch;

/// What gets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Network {
    Up,
    /// Nothing, in either direction.
    Down,
    /// What the client sends arrives; what the server sends does not.
    AnswersLost,
}

impl Network {
    fn carries(self, direction: Direction) -> bool {
        match self {
            Self::Up => true,
            Self::Down => false,
            Self::AnswersLost => direction == Direction::ToServer,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    ToServer,
    ToClient,
}

/// The network breaks when the client sends this text.
type Trigger = Arc<Mutex<Option<(&'static str, Network)>>>;

pub(crate) struct Relay {
    /// How to connect to the database by this network.
    pub(crate) options: PgConnectOptions,
    network: watch::Sender<Network>,
    trigger: Trigger,
}

impl Relay {
    /// A network to a database that has a Unix socket.
    pub(crate) async fn to(options: &PgConnectOptions) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let socket = options.get_socket().expect("the tests' database has a socket");
        let socket = socket.join(format!(".s.PGSQL.{}", options.get_port()));
        let (network, _) = watch::channel(Network::Up);
        let trigger = Trigger::default();
        tokio::spawn(accept(listener, socket, network.clone(), Arc::clone(&trigger)));
        let options = PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(port)
            .username(options.get_username())
            .database(options.get_database().expect("a database"));
        Self { options, network, trigger }
    }

    pub(crate) fn is(&self, network: Network) {
        self.network.send_replace(network);
    }

    /// Breaks the network when the client sends `text`. Unless it is [`Network::AnswersLost`], the text is held back,
    /// too.
    pub(crate) fn breaks_at(&self, text: &'static str, network: Network) {
        *self.trigger.lock().unwrap() = Some((text, network));
    }
}

async fn accept(
    listener: TcpListener,
    socket: PathBuf,
    network: watch::Sender<Network>,
    trigger: Trigger,
) {
    while let Ok((client, _)) = listener.accept().await {
        let server = UnixStream::connect(&socket).await.unwrap();
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        let asks = network.clone();
        let trigger = Arc::clone(&trigger);
        let watched = move |bytes: &[u8]| break_if_due(&trigger, &asks, bytes);
        tokio::spawn(carry(from_client, to_server, network.clone(), Direction::ToServer, watched));
        tokio::spawn(carry(from_server, to_client, network.clone(), Direction::ToClient, |_| ()));
    }
}

fn break_if_due(trigger: &Trigger, network: &watch::Sender<Network>, bytes: &[u8]) {
    let due = trigger
        .lock()
        .unwrap()
        .take_if(|(text, _)| bytes.windows(text.len()).any(|window| window == text.as_bytes()));
    if let Some((_, broken)) = due {
        network.send_replace(broken);
    }
}

async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    network: watch::Sender<Network>,
    direction: Direction,
    watched: impl Fn(&[u8]),
) {
    let mut state = network.subscribe();
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read) = from.read(&mut buffer).await {
        if read == 0 {
            break;
        }
        watched(&buffer[..read]);
        if state.wait_for(|network| network.carries(direction)).await.is_err()
            || to.write_all(&buffer[..read]).await.is_err()
        {
            return;
        }
    }
    _ = to.shutdown().await;
}
