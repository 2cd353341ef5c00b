package main

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/blockberries/glueberry/pkg/addressbook"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/multiformats/go-multiaddr"
)

// bookLane is where commands on the address book run, one after the other.
const bookLane = "book"

// bookFields are the fields of the commands on the address book.
type bookFields struct {
	Addrs    []string          `json:"addrs"`
	Metadata map[string]string `json:"metadata"`
}

// bookHandlers holds the commands on the address book, which need no node.
var bookHandlers = map[string]func(*addressbook.Book, command) (any, error){
	"book_add":         bookAdd,
	"book_fill":        bookFill,
	"book_remove":      func(b *addressbook.Book, c command) (any, error) { return nil, b.RemovePeer(c.Peer) },
	"book_blacklist":   func(b *addressbook.Book, c command) (any, error) { return nil, b.BlacklistPeer(c.Peer) },
	"book_unblacklist": func(b *addressbook.Book, c command) (any, error) { return nil, b.UnblacklistPeer(c.Peer) },
	"book_seen":        bookSeen,
	"book_list":        bookList,
}

// bookCommand queues a command on the address book, which the first of them
// opens; false if it is none.
func (p *program) bookCommand(c command) bool {
	run, known := bookHandlers[c.Cmd]
	if !known && c.Cmd != "book_close" {
		return false
	}
	p.lanes.run(bookLane, func() {
		if !known {
			p.done(c.ID, nil, p.closeBook())
			return
		}
		book, err := p.openBook()
		if err != nil {
			p.done(c.ID, nil, err)
			return
		}
		result, err := run(book, c)
		p.done(c.ID, result, err)
	})
	return true
}

func (p *program) openBook() (*addressbook.Book, error) {
	if p.book == nil {
		book, err := addressbook.New(p.bookPath())
		if err != nil {
			return nil, err
		}
		p.book = book
	}
	return p.book, nil
}

func (p *program) closeBook() error {
	if p.book == nil {
		return errors.New("no address book is open")
	}
	book := p.book
	p.book = nil
	return book.Close()
}

func (p *program) bookPath() string {
	return filepath.Join(p.dir, "addressbook.json")
}

func bookAdd(b *addressbook.Book, c command) (any, error) {
	addrs := make([]multiaddr.Multiaddr, len(c.Addrs))
	for i, text := range c.Addrs {
		addr, err := multiaddr.NewMultiaddr(text)
		if err != nil {
			return nil, err
		}
		addrs[i] = addr
	}
	return nil, b.AddPeer(c.Peer, addrs, c.Metadata)
}

// bookFill adds c.Count peers with fresh ids, as fast as it goes.
func bookFill(b *addressbook.Book, c command) (any, error) {
	ids := make([]string, c.Count)
	for i := range ids {
		id, err := freshID()
		if err != nil {
			return nil, err
		}
		if err := b.AddPeer(id, nil, map[string]string{"number": fmt.Sprint(i)}); err != nil {
			return nil, err
		}
		ids[i] = id.String()
	}
	return map[string]any{"peers": ids}, nil
}

func freshID() (peer.ID, error) {
	public, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		return "", err
	}
	key, err := crypto.UnmarshalEd25519PublicKey(public)
	if err != nil {
		return "", err
	}
	return peer.IDFromPublicKey(key)
}

// bookSeen writes at once what the library writes within 5 s.
func bookSeen(b *addressbook.Book, c command) (any, error) {
	if err := b.UpdateLastSeen(c.Peer); err != nil {
		return nil, err
	}
	return nil, b.Flush()
}

type bookEntry struct {
	Peer        string            `json:"peer"`
	Addrs       []string          `json:"addrs"`
	Metadata    map[string]string `json:"metadata"`
	Blacklisted bool              `json:"blacklisted"`
	LastSeen    string            `json:"last_seen"`
	CreatedAt   string            `json:"created_at"`
	UpdatedAt   string            `json:"updated_at"`
}

// bookList lists all peers, or c.Peer if set, blacklisted or not. A time that
// is not set is an empty text.
func bookList(b *addressbook.Book, c command) (any, error) {
	list := []bookEntry{}
	for _, entry := range b.ListAllPeers() {
		if c.Peer != "" && entry.PeerID != c.Peer {
			continue
		}
		listed := bookEntry{
			Peer: entry.PeerID.String(), Addrs: []string{}, Metadata: entry.Metadata,
			Blacklisted: entry.Blacklisted, LastSeen: inUTC(entry.LastSeen),
			CreatedAt: inUTC(entry.CreatedAt), UpdatedAt: inUTC(entry.UpdatedAt),
		}
		for _, addr := range entry.Multiaddrs {
			listed.Addrs = append(listed.Addrs, addr.String())
		}
		list = append(list, listed)
	}
	return map[string]any{"peers": list}, nil
}

func inUTC(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
