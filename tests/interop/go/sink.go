package main

import (
	"encoding/binary"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
)

// numberLen is the length of the big-endian index that starts each message of
// a burst.
const numberLen = 8

// numbered returns a message of size bytes (at least numberLen) with its index.
func numbered(index uint64, size int) []byte {
	data := make([]byte, max(size, numberLen))
	binary.BigEndian.PutUint64(data, index)
	return data
}

type countedEvent struct {
	Event  string `json:"event"`
	Peer   string `json:"peer"`
	Stream string `json:"stream"`
	Count  uint64 `json:"count"`
	Bytes  uint64 `json:"bytes"`
	// Missing counts the indexes skipped; Late those below the expected one;
	// Short the messages without an index.
	Missing uint64 `json:"missing"`
	Late    uint64 `json:"late"`
	Short   uint64 `json:"short"`
	// Microseconds from the first message to the last.
	ElapsedUS int64 `json:"elapsed_us"`
}

type streamKey struct {
	peer   peer.ID
	stream string
}

type tally struct {
	countedEvent
	next        uint64
	first, last time.Time
}

func (t *tally) add(data []byte) {
	t.last = time.Now()
	if t.Count == 0 {
		t.first = t.last
	}
	t.Count++
	t.Bytes += uint64(len(data))
	if len(data) < numberLen {
		t.Short++
		return
	}
	index := binary.BigEndian.Uint64(data)
	if index < t.next {
		t.Late++
		return
	}
	t.Missing += index - t.next
	t.next = index + 1
}

// sinks counts numbered messages by peer and stream.
type sinks struct {
	mu      sync.Mutex
	tallies map[streamKey]*tally
	order   []streamKey
}

func newSinks() *sinks {
	return &sinks{tallies: make(map[streamKey]*tally)}
}

func (s *sinks) add(p peer.ID, stream string, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := streamKey{p, stream}
	t, ok := s.tallies[key]
	if !ok {
		t = &tally{countedEvent: countedEvent{Event: "counted", Peer: p.String(), Stream: stream}}
		s.tallies[key] = t
		s.order = append(s.order, key)
	}
	t.add(data)
}

// report returns the counts in order of first arrival, and forgets them on reset.
func (s *sinks) report(reset bool) []countedEvent {
	s.mu.Lock()
	defer s.mu.Unlock()
	counted := make([]countedEvent, 0, len(s.order))
	for _, key := range s.order {
		t := s.tallies[key]
		t.ElapsedUS = t.last.Sub(t.first).Microseconds()
		counted = append(counted, t.countedEvent)
	}
	if reset {
		s.tallies, s.order = make(map[streamKey]*tally), nil
	}
	return counted
}
