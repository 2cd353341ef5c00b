package main

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"sync"

	"github.com/blockberries/glueberry"
	"github.com/blockberries/glueberry/pkg/streams"
	"github.com/libp2p/go-libp2p/core/peer"
)

const (
	msgHello    byte = 1
	msgPubKey   byte = 2
	msgComplete byte = 3
)

// A handshaker speaks for the application on the handshake stream. Its calls
// for one peer come one after the other, except for dialed.
type handshaker interface {
	// connected follows the library's StateConnected event.
	connected(p peer.ID) error
	// dialed follows a Connect that succeeded.
	dialed(p peer.ID) error
	// received takes a message that is not empty.
	received(p peer.ID, data []byte) error
	// disconnected forgets the peer.
	disconnected(p peer.ID)
}

// handshakers makes the handshaker of each mode, for the streams named.
var handshakers = map[string]func(*glueberry.Node, []string) handshaker{
	"app": func(*glueberry.Node, []string) handshaker { return appHandshake{} },
	"auto": func(node *glueberry.Node, names []string) handshaker {
		return &twoPhaseHandshake{convention: newConvention(node, names)}
	},
	"readme": func(node *glueberry.Node, names []string) handshaker {
		return &twoPhaseHandshake{convention: newConvention(node, names), symmetric: true}
	},
	"rpc": func(node *glueberry.Node, names []string) handshaker {
		return &rpcHandshake{newConvention(node, names)}
	},
}

// appHandshake leaves everything to the commands.
type appHandshake struct{}

func (appHandshake) connected(peer.ID) error        { return nil }
func (appHandshake) dialed(peer.ID) error           { return nil }
func (appHandshake) received(peer.ID, []byte) error { return nil }
func (appHandshake) disconnected(peer.ID)           {}

// progress is what one handshake has reached.
type progress struct {
	keySent, prepared, completed bool
	peerKey                      ed25519.PublicKey
}

// convention holds what all users of Hello, PubKey and Complete share.
type convention struct {
	node  *glueberry.Node
	names []string
	mu    sync.Mutex
	peers map[peer.ID]*progress
}

func newConvention(node *glueberry.Node, names []string) *convention {
	return &convention{node: node, names: names, peers: make(map[peer.ID]*progress)}
}

func (c *convention) progress(p peer.ID) *progress {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.peers[p] == nil {
		c.peers[p] = &progress{}
	}
	return c.peers[p]
}

func (c *convention) disconnected(p peer.ID) { c.forget(p) }

func (c *convention) forget(p peer.ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.peers, p)
}

func (c *convention) say(p peer.ID, message ...byte) error {
	return c.node.Send(p, streams.HandshakeStreamName, message)
}

func (c *convention) sayKey(p peer.ID) error {
	return c.say(p, append([]byte{msgPubKey}, c.node.PublicKey()...)...)
}

// twoPhaseHandshake prepares on PubKey, says Complete, and finalizes when both
// sides are ready: the flow of the library's doc.go. In the symmetric form
// ("readme") both sides say Hello and every Hello is answered, as printed
// there; otherwise ("auto") only the dialer says it and the key goes out once.
type twoPhaseHandshake struct {
	*convention
	symmetric bool
}

func (h *twoPhaseHandshake) connected(p peer.ID) error {
	outbound, err := h.node.IsOutbound(p)
	if err != nil {
		return err
	}
	if !h.symmetric && !outbound {
		return nil
	}
	return h.say(p, msgHello)
}

func (h *twoPhaseHandshake) dialed(peer.ID) error { return nil }

func (h *twoPhaseHandshake) received(p peer.ID, data []byte) error {
	state := h.progress(p)
	var err error
	switch data[0] {
	case msgHello:
		err = h.offerKey(p, state)
	case msgPubKey:
		err = h.prepare(p, state, data[1:])
	case msgComplete:
		state.completed = true
	}
	if err != nil || !state.prepared || !state.completed {
		return err
	}
	h.forget(p)
	return h.node.FinalizeHandshake(p)
}

func (h *twoPhaseHandshake) offerKey(p peer.ID, state *progress) error {
	if state.keySent && !h.symmetric {
		return nil
	}
	state.keySent = true
	return h.sayKey(p)
}

func (h *twoPhaseHandshake) prepare(p peer.ID, state *progress, key []byte) error {
	own, err := publicKeyOf(p)
	if err != nil {
		return err
	}
	if !bytes.Equal(own, key) {
		return errors.New("public key does not belong to the peer id")
	}
	if !h.symmetric {
		if err := h.offerKey(p, state); err != nil {
			return err
		}
	}
	if err := h.node.PrepareStreams(p, own, h.names); err != nil {
		return err
	}
	state.prepared = true
	return h.say(p, msgComplete)
}

// rpcHandshake does, message for message, what the library's examples/rpc does
// (examples/file-transfer is the same). Two such peers cannot finish: each
// Hello is answered by another, and the dialer looks for the key only in the
// microseconds after it connected.
type rpcHandshake struct{ *convention }

func (h *rpcHandshake) connected(peer.ID) error { return nil }

func (h *rpcHandshake) dialed(p peer.ID) error {
	_ = h.say(p, msgHello)
	_ = h.sayKey(p)
	for range 100 { // the example does not sleep here either
		if key := h.keyOf(p); key != nil {
			return h.complete(p, key)
		}
	}
	return nil
}

func (h *rpcHandshake) received(p peer.ID, data []byte) error {
	state := h.progress(p)
	switch data[0] {
	case msgHello:
		_ = h.say(p, msgHello)
		_ = h.sayKey(p)
	case msgPubKey:
		h.mu.Lock()
		state.peerKey = ed25519.PublicKey(data[1:])
		h.mu.Unlock()
	case msgComplete:
		if key := h.keyOf(p); key != nil {
			return h.complete(p, key)
		}
	}
	return nil
}

func (h *rpcHandshake) keyOf(p peer.ID) ed25519.PublicKey {
	state := h.progress(p)
	h.mu.Lock()
	defer h.mu.Unlock()
	return state.peerKey
}

func (h *rpcHandshake) complete(p peer.ID, key ed25519.PublicKey) error {
	_ = h.say(p, msgComplete)
	err := h.node.CompleteHandshake(p, key, h.names)
	h.forget(p)
	return err
}

func publicKeyOf(p peer.ID) (ed25519.PublicKey, error) {
	key, err := p.ExtractPublicKey()
	if err != nil {
		return nil, err
	}
	return key.Raw()
}
