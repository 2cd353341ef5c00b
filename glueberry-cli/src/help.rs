//! What `--help` teaches after the list of options.

pub(crate) const SHORT: &str = "\
EXAMPLES:
  glueberry-cli keygen -o key.pem
  glueberry-cli listen --key key.pem --addr /ip4/127.0.0.1/tcp/9000 --stream chat --echo
  glueberry-cli send --peer /ip4/127.0.0.1/tcp/9000/p2p/$(glueberry-cli id --key key.pem) \\
      --stream chat --data hello --wait-reply

`glueberry-cli --help` explains addresses, keys and streams; `glueberry-cli COMMAND --help` each
command.";

pub(crate) const OVERVIEW: &str = "\
EXAMPLES:
  Make a key, and listen with it:
    glueberry-cli keygen -o key.pem
    glueberry-cli listen --key key.pem --addr /ip4/127.0.0.1/tcp/9000 --stream chat --echo

  In another terminal, send a message and wait for its echo:
    PEER=/ip4/127.0.0.1/tcp/9000/p2p/$(glueberry-cli id --key key.pem)
    glueberry-cli send --peer $PEER --stream chat --data hello --wait-reply

  Talk, a line at a time:
    glueberry-cli connect --peer $PEER --stream chat

ADDRESSES are written as libp2p writes them, from the outside in:
  /ip4/192.0.2.7/tcp/9000                TCP, with TLS or Noise
  /ip6/2001:db8::7/udp/9000/quic-v1      QUIC
  /dns/example.org/tcp/9000              a name instead of a number
  /ip4/0.0.0.0/tcp/9000                  to listen: all of the machine's addresses
  /ip4/127.0.0.1/tcp/0                   to listen: any free port
  To reach a peer, its id follows: /ip4/192.0.2.7/tcp/9000/p2p/12D3KooW…
  The peer has to prove that the id is its own, or there is no connection.

KEYS are Ed25519 private keys in PKCS#8 PEM, which OpenSSL reads and writes too. Whoever has the
file can speak in its name: a key file that others may read is refused. The peer id is the public
half, and no secret.

STREAMS are named channels inside a session. Both sides need the same names: 1 to 64 bytes of
letters, digits, '-' and '_'; 'handshake' is reserved. A message has up to 1 MiB.

ADDRESS BOOKS are files that hold whom a node knows and whom it bans. The file has the format of
Glueberry for Go; FILE.glueberry.json beside it holds the rest. While a node uses a book, `peers`
can read it; `ban` and `unban` fail.

EXIT STATUS: 0 done; 2 wrong arguments; 3 the peer cannot be reached, or no session came about or
lasted; 4 no time left; 1 anything else. Ctrl-C is 0 for listen and connect, 130 for send.

With --json each line of standard output is an object with the field `event`: identity, listening,
peer_connected, peer_established, peer_disconnected, peer_reconnecting, peer_cooldown,
connection_denied, stream_degraded, stream_recovered, stream_failed, message (its `data` in base64),
sent, peer, ban, banned, unbanned, warning, error. Logs go to standard error.";

pub(crate) const KEYGEN: &str = "\
EXAMPLES:
  A key file, and the peer id that others know it by:
    glueberry-cli keygen -o key.pem

  The key on standard output, after the peer id:
    glueberry-cli keygen

A key is never overwritten unasked, for it cannot be restored. The file is for this user only
(mode 0600); `openssl pkey -in key.pem -text` shows what is in it.";

pub(crate) const ID: &str = "\
EXAMPLES:
  glueberry-cli id --key key.pem
  echo /ip4/127.0.0.1/tcp/9000/p2p/$(glueberry-cli id --key key.pem)

Keys that `openssl genpkey -algorithm ed25519` makes are good too, once `chmod 600` keeps others
from reading them.";

pub(crate) const LISTEN: &str = "\
EXAMPLES:
  Any free port on this machine, with an identity for this run; prints the address to dial:
    glueberry-cli listen --addr /ip4/127.0.0.1/tcp/0 --stream chat

  TCP and QUIC on all of the machine's addresses, two streams, each message sent back:
    glueberry-cli listen --key key.pem --echo --stream chat --stream files \\
        --addr /ip4/0.0.0.0/tcp/9000 --addr /ip4/0.0.0.0/udp/9000/quic-v1

  Only what the messages say, as bytes:
    glueberry-cli --json listen --addr /ip4/127.0.0.1/tcp/9000 --stream chat \\
        | jq -r 'select(.event == \"message\") | .data' | base64 -d

Ctrl-C ends it. With --echo a peer has to read what it is sent back: when its echoes have not moved
for 10 seconds it is disconnected, so that it cannot hold up other peers for longer.";

pub(crate) const CONNECT: &str = "\
EXAMPLES:
  glueberry-cli connect --peer /ip4/127.0.0.1/tcp/9000/p2p/12D3KooW… --stream chat

  Several streams; the first is the current one:
    glueberry-cli connect --key key.pem --peer /dns/example.org/tcp/9000/p2p/12D3KooW… \\
        --stream chat --stream files

AT THE PROMPT:
  any text        goes to the peer, on the current stream
  /stream NAME    makes another stream the current one
  /stream         says which it is
  /help           explains this
  /quit           leaves, as the end of input does (Ctrl-D)
  //text          sends the line /text

What was typed is written before leaving. When the connection is lost it is tried again, for as long
as it takes, and lines typed meanwhile wait; with --no-reconnect the program ends, with status 3.";

pub(crate) const SEND: &str = "\
EXAMPLES:
  One message, and its answer:
    glueberry-cli send --peer /ip4/127.0.0.1/tcp/9000/p2p/12D3KooW… --stream chat \\
        --data hello --wait-reply

  What a file holds, or a program prints, as one message of up to 1 MiB:
    glueberry-cli send --peer $PEER --stream files --file notes.txt
    date | glueberry-cli send --peer $PEER --stream chat

  A hundred times, in ten seconds at most:
    glueberry-cli send --peer $PEER --stream chat --data ping --count 100 --timeout 10s

It leaves when its messages have left, which is no promise that they arrived: only an answer is
(--wait-reply).";

/// What `/help` says in an interactive session.
pub(crate) const SESSION: &str = "\
Each line is a message to the peer. Lines that begin with '/' are for this program:
  /stream NAME    makes another stream the current one
  /stream         says which it is
  /help           this
  /quit           leaves, as the end of input does
  //text          sends the line /text";

pub(crate) const PEERS: &str = "\
EXAMPLES:
  glueberry-cli peers --address-book peers.json

  The ids of those that are not banned:
    glueberry-cli --json peers --address-book peers.json \\
        | jq -r 'select(.event == \"peer\" and (.banned | not)) | .peer'

A node may be using the book meanwhile. A file that does not exist is an empty book. Peers that only
a Go program can use (their id holds no Ed25519 key) are not listed.";

pub(crate) const BAN: &str = "\
EXAMPLES:
  glueberry-cli ban --address-book peers.json 12D3KooW…
  glueberry-cli ban --address-book peers.json 192.0.2.7 --for 2h
  glueberry-cli ban --address-book peers.json 2001:db8::/32 --for 7d

It takes the place of an earlier ban of the same target, also of a longer one. While a node uses
the book this fails with AddressBookLocked, status 1.";

pub(crate) const UNBAN: &str = "\
EXAMPLES:
  glueberry-cli unban --address-book peers.json 12D3KooW…
  glueberry-cli unban --address-book peers.json 192.0.2.0/24

Name what was banned: an address inside a banned range is not lifted alone. While a node uses the
book this fails with AddressBookLocked, status 1. A Go program that runs meanwhile writes its own
bans again.";
