package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/blockberries/glueberry"
	"github.com/blockberries/glueberry/pkg/streams"
	"github.com/libp2p/go-libp2p/core/peer"
)

// session is one node from its start to its stop.
type session struct {
	node  *glueberry.Node
	out   *output
	lanes *lanes
	hs    handshaker
	sinks *sinks

	mu      sync.Mutex
	modes   modes
	closing map[peer.ID][]chan struct{}

	drained sync.WaitGroup
}

func startSession(opts options, p *program) (*session, error) {
	newHandshaker, ok := handshakers[opts.Handshake]
	if !ok {
		return nil, fmt.Errorf("unknown handshake mode %q", opts.Handshake)
	}
	if len(opts.Streams) == 0 && opts.Handshake != "app" {
		return nil, fmt.Errorf("handshake mode %q needs streams", opts.Handshake)
	}
	config, err := opts.config(p)
	if err != nil {
		return nil, err
	}
	node, err := glueberry.New(config)
	if err != nil {
		return nil, err
	}
	s := &session{
		node: node, out: p.out, lanes: p.lanes, sinks: newSinks(), modes: opts.modes,
		hs:      newHandshaker(node, opts.Streams),
		closing: make(map[peer.ID][]chan struct{}),
	}
	if err := node.Start(); err != nil {
		return nil, err
	}
	s.drained.Add(2)
	go s.drainMessages()
	go s.drainStates()
	return s, nil
}

// stop ends the node and waits until its last events are out.
func (s *session) stop() error {
	err := s.node.Stop()
	s.drained.Wait()
	return err
}

func (s *session) listening() listeningEvent {
	id := s.node.PeerID().String()
	event := listeningEvent{Event: "listening", Peer: id, PublicKey: hex.EncodeToString(s.node.PublicKey())}
	for _, address := range s.node.Addrs() {
		event.Addresses = append(event.Addresses, address.String()+"/p2p/"+id)
	}
	return event
}

func (s *session) setModes(modes modes) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.modes = modes
}

func (s *session) drainMessages() {
	defer s.drained.Done()
	for msg := range s.node.Messages() {
		if msg.StreamName == streams.HandshakeStreamName {
			s.handshakeMessage(msg)
		} else {
			s.message(msg)
		}
	}
}

func (s *session) handshakeMessage(msg streams.IncomingMessage) {
	s.out.emit(handshakeEvent{Event: "handshake", Peer: msg.PeerID.String(), Data: msg.Data})
	if len(msg.Data) > 0 {
		s.handshake(msg.PeerID, func() error { return s.hs.received(msg.PeerID, msg.Data) })
	}
}

func (s *session) message(msg streams.IncomingMessage) {
	s.mu.Lock()
	modes := s.modes
	s.mu.Unlock()
	if modes.Sink.has(msg.StreamName) {
		s.sinks.add(msg.PeerID, msg.StreamName, msg.Data)
		return
	}
	sum := sha256.Sum256(msg.Data)
	event := messageEvent{
		Event: "message", Peer: msg.PeerID.String(), Stream: msg.StreamName,
		Len: len(msg.Data), SHA256: hex.EncodeToString(sum[:]),
	}
	if len(msg.Data) <= inlineData || modes.FullData {
		data := append([]byte{}, msg.Data...) // nil would be written as null
		event.Data = &data
	}
	s.out.emit(event)
	if modes.Echo.has(msg.StreamName) {
		s.echo(msg)
	}
}

func (s *session) echo(msg streams.IncomingMessage) {
	s.lanes.run("echo/"+string(msg.PeerID)+"/"+msg.StreamName, func() {
		if err := s.node.Send(msg.PeerID, msg.StreamName, msg.Data); err != nil {
			s.out.emit(faultEvent{"echo_failed", msg.PeerID.String(), msg.StreamName, err.Error()})
		}
	})
}

func (s *session) drainStates() {
	defer s.drained.Done()
	for event := range s.node.Events() {
		state := stateEvent{Event: "state", Peer: event.PeerID.String(), State: event.State.String()}
		if event.Error != nil {
			state.Error = event.Error.Error()
		}
		s.out.emit(state)
		switch event.State {
		case glueberry.StateConnected:
			s.handshake(event.PeerID, func() error { return s.hs.connected(event.PeerID) })
		case glueberry.StateDisconnected:
			s.handshake(event.PeerID, func() error { s.hs.disconnected(event.PeerID); return nil })
			s.closed(event.PeerID)
		}
	}
}

// handshake runs a step of the handshake in the peer's order.
func (s *session) handshake(p peer.ID, step func() error) {
	s.lanes.run("handshake/"+string(p), func() {
		if err := step(); err != nil {
			s.out.emit(faultEvent{Event: "handshake_failed", Peer: p.String(), Error: err.Error()})
		}
	})
}

// disconnect returns after the library has cleaned up, which it does a second
// time when it forwards the event: a handshake begun earlier would be lost.
func (s *session) disconnect(p peer.ID) error {
	done := make(chan struct{})
	s.mu.Lock()
	s.closing[p] = append(s.closing[p], done)
	s.mu.Unlock()
	if err := s.node.Disconnect(p); err != nil {
		return err
	}
	select {
	case <-done:
		return nil
	case <-time.After(5 * time.Second):
		return errors.New("no Disconnected event within 5 s")
	}
}

func (s *session) closed(p peer.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, done := range s.closing[p] {
		close(done)
	}
	delete(s.closing, p)
}

// connect adds the peer and dials it. AddPeer of a started node dials by
// itself, so the explicit Connect can come second and has to wait for it.
func (s *session) connect(info *peer.AddrInfo) error {
	if state := s.node.ConnectionState(info.ID); active(state) {
		return fmt.Errorf("already %s", state)
	}
	if err := s.node.AddPeer(info.ID, info.Addrs, nil); err != nil {
		return err
	}
	if err := s.node.Connect(info.ID); err != nil && !s.dialedMeanwhile(info.ID) {
		return err
	}
	return s.hs.dialed(info.ID)
}

func (s *session) dialedMeanwhile(p peer.ID) bool {
	for s.node.ConnectionState(p) == glueberry.StateConnecting {
		time.Sleep(time.Millisecond)
	}
	return active(s.node.ConnectionState(p))
}

func active(state glueberry.ConnectionState) bool {
	return state == glueberry.StateConnecting ||
		state == glueberry.StateConnected ||
		state == glueberry.StateEstablished
}
