package main

import (
	"encoding/json"
	"io"
)

// inlineData is the longest message whose bytes an event carries unasked.
const inlineData = 4096

type doneEvent struct {
	Event  string          `json:"event"`
	ID     json.RawMessage `json:"id"`
	OK     bool            `json:"ok"`
	Error  string          `json:"error,omitempty"`
	Result any             `json:"result,omitempty"`
}

type listeningEvent struct {
	Event     string   `json:"event"`
	Peer      string   `json:"peer"`
	PublicKey string   `json:"public_key"`
	Addresses []string `json:"addresses"`
}

type stateEvent struct {
	Event string `json:"event"`
	Peer  string `json:"peer"`
	State string `json:"state"`
	Error string `json:"error,omitempty"`
}

type handshakeEvent struct {
	Event string `json:"event"`
	Peer  string `json:"peer"`
	Data  []byte `json:"data_b64"`
}

// Data is nil, and left out, when the message is too long to be inlined.
type messageEvent struct {
	Event  string  `json:"event"`
	Peer   string  `json:"peer"`
	Stream string  `json:"stream"`
	Len    int     `json:"len"`
	SHA256 string  `json:"sha256"`
	Data   *[]byte `json:"data_b64,omitempty"`
}

// A faultEvent tells of something that no command caused. Its event is
// "dropped", "decrypt_failed", "echo_failed" or "handshake_failed".
type faultEvent struct {
	Event  string `json:"event"`
	Peer   string `json:"peer"`
	Stream string `json:"stream,omitempty"`
	Error  string `json:"error"`
}

// output writes events as lines, in the order of emit, which never waits.
type output struct {
	lines *queue[[]byte]
	ended chan struct{}
}

func newOutput(w io.Writer) *output {
	o := &output{lines: newQueue[[]byte](), ended: make(chan struct{})}
	go func() {
		defer close(o.ended)
		// A reader that went away also closes stdin, which ends the program.
		o.lines.drain(func(line []byte) { _, _ = w.Write(line) })
	}()
	return o
}

func (o *output) emit(event any) {
	line, err := json.Marshal(event)
	if err != nil {
		panic(err) // every event is made of types that marshal
	}
	o.lines.push(append(line, '\n'))
}

func (o *output) close() {
	o.lines.close()
	<-o.ended
}
