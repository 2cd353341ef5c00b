package main

import (
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/blockberries/glueberry"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/multiformats/go-multiaddr"
)

const (
	// The library drops received messages when this channel is full.
	messageBuffer = 1 << 16
	eventBuffer   = 1 << 12
)

// options are the fields of the start command.
type options struct {
	Seed      string   `json:"seed"`
	Listen    []string `json:"listen"`
	Handshake string   `json:"handshake"`
	Streams   []string `json:"streams"`
	modes

	HandshakeTimeoutMS   int `json:"handshake_timeout_ms"`
	CooldownMS           int `json:"cooldown_ms"`
	ReconnectDelayMS     int `json:"reconnect_delay_ms"`
	ReconnectMaxAttempts int `json:"reconnect_max_attempts"`
	MaxMessageSize       int `json:"max_message_size"`
}

// modes say what becomes of received messages; they can change while running.
type modes struct {
	Echo     streamSet `json:"echo"`
	Sink     streamSet `json:"sink"`
	FullData bool      `json:"full_data"`
}

func (o options) config(p *program) (*glueberry.Config, error) {
	key, err := o.key()
	if err != nil {
		return nil, err
	}
	listen := make([]multiaddr.Multiaddr, len(o.Listen))
	for i, text := range o.Listen {
		if listen[i], err = multiaddr.NewMultiaddr(text); err != nil {
			return nil, err
		}
	}
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	return glueberry.NewConfig(key, p.bookPath(), listen,
		glueberry.WithMessageBufferSize(messageBuffer),
		glueberry.WithEventBufferSize(eventBuffer),
		glueberry.WithHandshakeTimeout(ms(o.HandshakeTimeoutMS)),
		glueberry.WithFailedHandshakeCooldown(ms(o.CooldownMS)),
		glueberry.WithReconnectBaseDelay(ms(o.ReconnectDelayMS)),
		glueberry.WithReconnectMaxAttempts(o.ReconnectMaxAttempts),
		glueberry.WithMaxMessageSize(o.MaxMessageSize),
		glueberry.WithLogger(dropLogger{p.log, p.out}),
		glueberry.WithDecryptionErrorCallback(func(from peer.ID, err error) {
			p.out.emit(faultEvent{Event: "decrypt_failed", Peer: from.String(), Error: err.Error()})
		}),
	), nil
}

func (o options) key() (ed25519.PrivateKey, error) {
	if o.Seed == "" {
		_, key, err := ed25519.GenerateKey(nil)
		return key, err
	}
	seed, err := hex.DecodeString(o.Seed)
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("seed must be %d bytes of hex", ed25519.SeedSize)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// streamSet is written as true (all streams), false, or a list of names.
type streamSet struct {
	all   bool
	names []string
}

func (s streamSet) has(name string) bool {
	return s.all || slices.Contains(s.names, name)
}

// UnmarshalJSON reads either of the two forms.
func (s *streamSet) UnmarshalJSON(text []byte) error {
	*s = streamSet{}
	if json.Unmarshal(text, &s.all) == nil {
		return nil
	}
	return json.Unmarshal(text, &s.names)
}
