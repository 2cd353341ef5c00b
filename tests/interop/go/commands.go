package main

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sort"
	"time"

	"github.com/blockberries/glueberry/pkg/addressbook"
	"github.com/blockberries/glueberry/pkg/streams"
	"github.com/libp2p/go-libp2p/core/peer"
)

// stopTimeout bounds how long a node may take to stop once stdin has ended.
const stopTimeout = 5 * time.Second

// command is one line of stdin: the fields of every command together.
type command struct {
	ID  json.RawMessage `json:"id"`
	Cmd string          `json:"cmd"`

	Addr      string  `json:"addr"`
	Peer      peer.ID `json:"peer"`
	Stream    string  `json:"stream"`
	Data      []byte  `json:"data_b64"`
	Size      int     `json:"size"`
	Fill      byte    `json:"fill"`
	Count     int     `json:"count"`
	From      uint64  `json:"from"`
	PublicKey string  `json:"public_key"`
	Reset     bool    `json:"reset"`
	bookFields
	options
}

// handler runs a command. Commands of one lane run in the order they were read;
// an empty lane means at once, before the next line is read.
type handler struct {
	lane func(command) string
	run  func(*session, command) (any, error)
}

func inline(command) string     { return "" }
func byPeer(c command) string   { return "peer/" + string(c.Peer) }
func byStream(c command) string { return "send/" + string(c.Peer) + "/" + c.Stream }
func byAddr(c command) string   { return "addr/" + c.Addr }

// handlers holds the commands that need a running node.
var handlers = map[string]handler{
	"connect":             {byAddr, connect},
	"disconnect":          {byPeer, disconnect},
	"cancel_reconnection": {byPeer, cancelReconnection},
	"send_handshake":      {byPeer, sendHandshake},
	"prepare_streams":     {byPeer, prepareStreams},
	"finalize":            {byPeer, finalize},
	"complete_handshake":  {byPeer, completeHandshake},
	"establish_streams":   {byPeer, establishStreams},
	"send":                {byStream, send},
	"burst":               {byStream, burst},
	"counts":              {inline, counts},
	"mode":                {inline, mode},
	"peers":               {inline, peers},
}

type program struct {
	dir     string
	log     *slog.Logger
	out     *output
	lanes   *lanes
	session *session
	book    *addressbook.Book // touched in bookLane only
}

func (p *program) readCommands(in io.Reader) error {
	lines := bufio.NewReader(in) // a Scanner would bound the length of a line
	for {
		line, err := lines.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			p.obey(line)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (p *program) obey(line []byte) {
	var named struct {
		ID json.RawMessage `json:"id"`
	}
	_ = json.Unmarshal(line, &named) // so that a faulty command is answered too
	var c command
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&c); err != nil {
		p.done(named.ID, nil, err)
		return
	}
	switch c.Cmd {
	case "start":
		p.done(c.ID, nil, p.start(c.options))
	case "stop":
		p.done(c.ID, nil, p.stop())
	default:
		if !p.bookCommand(c) {
			p.dispatch(c)
		}
	}
}

func (p *program) dispatch(c command) {
	h, known := handlers[c.Cmd]
	s := p.session
	if !known {
		p.done(c.ID, nil, fmt.Errorf("unknown command %q", c.Cmd))
		return
	}
	if s == nil {
		p.done(c.ID, nil, errors.New("no node is running: start one first"))
		return
	}
	task := func() {
		result, err := h.run(s, c)
		p.done(c.ID, result, err)
	}
	if lane := h.lane(c); lane != "" {
		p.lanes.run(lane, task)
	} else {
		task()
	}
}

func (p *program) done(id json.RawMessage, result any, err error) {
	event := doneEvent{Event: "done", ID: id, OK: err == nil, Result: result}
	if err != nil {
		event.Error, event.Result = err.Error(), nil
	}
	p.out.emit(event)
}

func (p *program) start(opts options) error {
	if p.session != nil {
		return errors.New("a node is running: stop it first")
	}
	s, err := startSession(opts, p)
	if err != nil {
		return err
	}
	p.session = s
	p.out.emit(s.listening())
	return nil
}

func (p *program) stop() error {
	if p.session == nil {
		return errors.New("no node is running")
	}
	s := p.session
	p.session = nil
	return s.stop()
}

func (p *program) shutDown() {
	if p.session == nil {
		return
	}
	stopped := make(chan struct{})
	go func() {
		_ = p.stop()
		close(stopped)
	}()
	select {
	case <-stopped:
	case <-time.After(stopTimeout):
	}
}

func connect(s *session, c command) (any, error) {
	info, err := peer.AddrInfoFromString(c.Addr)
	if err != nil {
		return nil, err
	}
	return map[string]string{"peer": info.ID.String()}, s.connect(info)
}

func disconnect(s *session, c command) (any, error) {
	return nil, s.disconnect(c.Peer)
}

func cancelReconnection(s *session, c command) (any, error) {
	return nil, s.node.CancelReconnection(c.Peer)
}

func sendHandshake(s *session, c command) (any, error) {
	return nil, s.node.Send(c.Peer, streams.HandshakeStreamName, c.Data)
}

func prepareStreams(s *session, c command) (any, error) {
	return withKey(c, s.node.PrepareStreams)
}

func completeHandshake(s *session, c command) (any, error) {
	return withKey(c, s.node.CompleteHandshake)
}

func establishStreams(s *session, c command) (any, error) {
	return withKey(c, s.node.EstablishEncryptedStreams)
}

func finalize(s *session, c command) (any, error) {
	return nil, s.node.FinalizeHandshake(c.Peer)
}

// withKey calls step with the key given, or with the one inside the peer id.
func withKey(c command, step func(peer.ID, ed25519.PublicKey, []string) error) (any, error) {
	key, err := publicKeyOf(c.Peer)
	if c.PublicKey != "" {
		key, err = hex.DecodeString(c.PublicKey)
	}
	if err != nil {
		return nil, err
	}
	return nil, step(c.Peer, key, c.Streams)
}

func send(s *session, c command) (any, error) {
	data := c.Data
	if data == nil {
		data = bytes.Repeat([]byte{c.Fill}, c.Size)
	}
	for i := range max(c.Count, 1) {
		if err := s.node.Send(c.Peer, c.Stream, data); err != nil {
			return nil, fmt.Errorf("message %d: %w", i, err)
		}
	}
	return nil, nil
}

func burst(s *session, c command) (any, error) {
	began := time.Now()
	for i := range uint64(max(c.Count, 1)) {
		if err := s.node.Send(c.Peer, c.Stream, numbered(c.From+i, c.Size)); err != nil {
			return nil, fmt.Errorf("message %d: %w", c.From+i, err)
		}
	}
	return map[string]int64{"elapsed_us": time.Since(began).Microseconds()}, nil
}

func counts(s *session, c command) (any, error) {
	for _, counted := range s.sinks.report(c.Reset) {
		s.out.emit(counted)
	}
	return nil, nil
}

func mode(s *session, c command) (any, error) {
	s.setModes(c.modes)
	return nil, nil
}

type peerResult struct {
	Peer     string `json:"peer"`
	State    string `json:"state"`
	Outbound bool   `json:"outbound"`
}

// peers lists whoever the address book or the traffic knows, and c.Peer if set.
func peers(s *session, c command) (any, error) {
	known := make(map[peer.ID]bool)
	for _, entry := range s.node.ListPeers() {
		known[entry.PeerID] = true
	}
	for id := range s.node.AllPeerStatistics() {
		known[id] = true
	}
	if c.Peer != "" {
		known = map[peer.ID]bool{c.Peer: true}
	}
	list := make([]peerResult, 0, len(known))
	for id := range known {
		outbound, _ := s.node.IsOutbound(id) // false when there is no connection
		list = append(list, peerResult{id.String(), s.node.ConnectionState(id).String(), outbound})
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Peer < list[j].Peer })
	return map[string]any{"peers": list}, nil
}
