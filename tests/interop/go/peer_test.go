package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"
)

const (
	tcp  = "/ip4/127.0.0.1/tcp/0"
	quic = "/ip4/127.0.0.1/udp/0/quic-v1"

	// patience covers a machine that compiles on all its cores meanwhile.
	patience = 30 * time.Second
)

type object map[string]any

// testPeer drives one program over pipes, as a test suite drives a process.
type testPeer struct {
	t       *testing.T
	in      *io.PipeWriter
	lines   chan object
	seen    []object
	nextID  int
	id      string
	key     []byte
	address string
}

func newPeer(t *testing.T, listen string, options object) *testPeer {
	t.Helper()
	inReader, inWriter := io.Pipe()
	outReader, outWriter := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(inReader, outWriter, t.TempDir(), slog.New(slog.DiscardHandler))
		outWriter.Close()
	}()
	p := &testPeer{t: t, in: inWriter, lines: make(chan object, 1<<16)}
	go p.read(outReader)
	t.Cleanup(func() {
		inWriter.Close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	start := object{"cmd": "start", "listen": []string{listen}}
	for name, value := range options {
		start[name] = value
	}
	p.do(start)
	listening := p.await("listening", nil)
	p.id = listening["peer"].(string)
	p.key, _ = hex.DecodeString(listening["public_key"].(string))
	p.address = listening["addresses"].([]any)[0].(string)
	return p
}

func (p *testPeer) read(out io.Reader) {
	defer close(p.lines)
	decoder := json.NewDecoder(bufio.NewReader(out))
	for {
		var line object
		if decoder.Decode(&line) != nil {
			return
		}
		p.lines <- line
	}
}

// await returns the first event, past or coming, with that name and fields;
// each event is returned once.
func (p *testPeer) await(event string, fields object) object {
	p.t.Helper()
	for i, line := range p.seen {
		if matches(line, event, fields) {
			p.seen = append(p.seen[:i:i], p.seen[i+1:]...)
			return line
		}
	}
	deadline := time.After(patience)
	for {
		select {
		case line, ok := <-p.lines:
			if !ok {
				p.t.Fatalf("output ended before %s %v", event, fields)
			}
			if matches(line, event, fields) {
				return line
			}
			p.seen = append(p.seen, line)
		case <-deadline:
			p.t.Fatalf("no %s %v; saw %v", event, fields, p.seen)
		}
	}
}

func matches(line object, event string, fields object) bool {
	if line["event"] != event {
		return false
	}
	for name, value := range fields {
		if line[name] != value {
			return false
		}
	}
	return true
}

// try runs a command and returns its done event.
func (p *testPeer) try(command object) object {
	p.t.Helper()
	p.nextID++
	command["id"] = p.nextID
	line, err := json.Marshal(command)
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		p.t.Fatal(err)
	}
	return p.await("done", object{"id": float64(p.nextID)})
}

func (p *testPeer) do(command object) object {
	p.t.Helper()
	done := p.try(command)
	if done["ok"] != true {
		p.t.Fatalf("%v: %v", command, done["error"])
	}
	return done
}

func (p *testPeer) awaitState(other *testPeer, state string) {
	p.t.Helper()
	p.await("state", object{"peer": other.id, "state": state})
}

var names = []string{"echo", "a-b_c", "чат"}

func established(t *testing.T, listen, mode string, options object) (dialer, listener *testPeer) {
	t.Helper()
	listenerOptions := object{"handshake": mode, "streams": names}
	for name, value := range options {
		listenerOptions[name] = value
	}
	listener = newPeer(t, listen, listenerOptions)
	dialer = newPeer(t, listen, object{"handshake": mode, "streams": names})
	dialer.do(object{"cmd": "connect", "addr": listener.address})
	dialer.awaitState(listener, "Established")
	listener.awaitState(dialer, "Established")
	return dialer, listener
}

func TestMessagesOfEverySizeComeBack(t *testing.T) {
	for transport, listen := range map[string]string{"tcp": tcp, "quic": quic} {
		t.Run(transport, func(t *testing.T) {
			dialer, listener := established(t, listen, "auto", object{"echo": true})
			for _, name := range names {
				for _, size := range []int{0, 1, 100, 4096, 65536, 1 << 20} {
					dialer.do(object{"cmd": "send", "peer": listener.id, "stream": name, "size": size, "fill": 7})
					sum := sha256.Sum256(bytes.Repeat([]byte{7}, size))
					echoed := dialer.await("message", object{"stream": name, "len": float64(size)})
					if echoed["sha256"] != hex.EncodeToString(sum[:]) {
						t.Errorf("%d bytes on %s came back changed", size, name)
					}
					if _, inlined := echoed["data_b64"]; inlined != (size <= inlineData) {
						t.Errorf("data of %d bytes: inlined is %v", size, inlined)
					}
				}
			}
		})
	}
}

func TestTheReadmeHandshakeIsEstablished(t *testing.T) {
	established(t, tcp, "readme", nil)
}

func TestTheRPCHandshakeIsFinishedByACompleteOfTheDialer(t *testing.T) {
	listener := newPeer(t, tcp, object{"handshake": "rpc", "streams": names})
	dialer := newPeer(t, tcp, object{"handshake": "app"})
	say := func(message ...byte) {
		dialer.do(object{"cmd": "send_handshake", "peer": listener.id, "data_b64": message})
	}
	hear := func(message ...byte) {
		dialer.await("handshake", object{"data_b64": base64.StdEncoding.EncodeToString(message)})
	}
	dialer.do(object{"cmd": "connect", "addr": listener.address})
	say(msgHello)
	hear(msgHello)
	hear(append([]byte{msgPubKey}, listener.key...)...)
	say(append([]byte{msgPubKey}, dialer.key...)...)
	dialer.do(object{"cmd": "prepare_streams", "peer": listener.id, "streams": names})
	say(msgComplete)
	hear(msgComplete)
	listener.awaitState(dialer, "Established")
	dialer.do(object{"cmd": "finalize", "peer": listener.id})
	dialer.awaitState(listener, "Established")
}

func TestTheApplicationControlsTheHandshake(t *testing.T) {
	listener := newPeer(t, tcp, object{"handshake": "app"})
	dialer := newPeer(t, tcp, object{"handshake": "app"})
	dialer.do(object{"cmd": "connect", "addr": listener.address})
	dialer.do(object{"cmd": "send_handshake", "peer": listener.id, "data_b64": []byte("any bytes")})
	listener.awaitState(dialer, "Connected")
	said := listener.await("handshake", object{"peer": dialer.id})
	if said["data_b64"] != "YW55IGJ5dGVz" {
		t.Fatalf("handshake message: %v", said)
	}
	listener.do(object{"cmd": "establish_streams", "peer": dialer.id, "streams": names})
	listener.do(object{"cmd": "finalize", "peer": dialer.id})
	dialer.do(object{"cmd": "complete_handshake", "peer": listener.id, "streams": names})
	dialer.do(object{"cmd": "send", "peer": listener.id, "stream": "чат", "data_b64": []byte("hi")})
	listener.await("message", object{"stream": "чат", "data_b64": "aGk="})
}

func TestABurstIsCountedWithoutGaps(t *testing.T) {
	dialer, listener := established(t, tcp, "auto", object{"sink": []string{"echo"}})
	const count = 2000
	dialer.do(object{"cmd": "burst", "peer": listener.id, "stream": "echo", "count": count, "size": 64})
	var counted object
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		listener.do(object{"cmd": "counts"})
		counted = listener.await("counted", object{"stream": "echo"})
		if counted["count"] == float64(count) {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	for field, want := range map[string]float64{"count": count, "missing": 0, "late": 0, "short": 0, "bytes": 64 * count} {
		if counted[field] != want {
			t.Errorf("%s is %v, not %v", field, counted[field], want)
		}
	}
}

func TestAPeerConnectsAgainAfterBothDisconnected(t *testing.T) {
	dialer, listener := established(t, tcp, "auto", object{"echo": true})
	dialer.do(object{"cmd": "disconnect", "peer": listener.id})
	listener.do(object{"cmd": "disconnect", "peer": dialer.id})
	dialer.do(object{"cmd": "connect", "addr": listener.address})
	dialer.awaitState(listener, "Established")
	dialer.do(object{"cmd": "send", "peer": listener.id, "stream": "echo", "data_b64": []byte("again")})
	dialer.await("message", object{"stream": "echo", "len": 5.0})
}

func TestANodeStartsAgainAfterAStop(t *testing.T) {
	options := object{"handshake": "app", "seed": strings.Repeat("01", 32)}
	p := newPeer(t, tcp, options)
	p.do(object{"cmd": "stop"})
	if done := p.try(object{"cmd": "peers"}); done["ok"] != false {
		t.Fatalf("a stopped node answered: %v", done)
	}
	p.do(object{"cmd": "start", "listen": []string{quic}, "handshake": "app", "seed": strings.Repeat("01", 32)})
	if again := p.await("listening", nil); again["peer"] != p.id {
		t.Fatalf("the same seed gave %v, not %v", again["peer"], p.id)
	}
}

func TestTheAddressBookIsReadAgainAfterAClose(t *testing.T) {
	p := newPeer(t, tcp, object{"handshake": "app"})
	p.do(object{"cmd": "stop"})
	peersOf := func(command object) []any {
		return p.do(command)["result"].(map[string]any)["peers"].([]any)
	}
	ids := peersOf(object{"cmd": "book_fill", "count": 3})
	p.do(object{"cmd": "book_blacklist", "peer": ids[0]})
	p.do(object{"cmd": "book_remove", "peer": ids[1]})
	p.do(object{"cmd": "book_close"})
	if listed := peersOf(object{"cmd": "book_list"}); len(listed) != 2 {
		t.Fatalf("two peers are left, not %v", listed)
	}
	one := peersOf(object{"cmd": "book_list", "peer": ids[0]})
	if one[0].(map[string]any)["blacklisted"] != true {
		t.Fatalf("%v is not blacklisted", one)
	}
}

func TestAFaultyCommandIsAnswered(t *testing.T) {
	p := newPeer(t, tcp, object{"handshake": "app"})
	for _, faulty := range []object{
		{"cmd": "dance"},
		{"cmd": "peers", "typo": 1},
		{"cmd": "send", "peer": "not a peer id"},
		{"cmd": "start", "handshake": "app"},
	} {
		if done := p.try(faulty); done["ok"] != false || done["error"] == nil {
			t.Errorf("%v: %v", faulty, done)
		}
	}
}
