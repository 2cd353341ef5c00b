// Command glueberry-go-peer runs one node of the stock Glueberry Go library
// and is driven by lines of JSON. README.md describes the lines.
package main

import (
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
)

func main() {
	dir := flag.String("dir", "", "existing directory for the address book (required)")
	verbose := flag.Bool("v", false, "write the library's debug log to stderr")
	flag.Parse()
	if *dir == "" {
		fmt.Fprintln(os.Stderr, "glueberry-go-peer: -dir is required")
		os.Exit(2)
	}
	level := slog.LevelWarn
	if *verbose {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	if err := run(os.Stdin, os.Stdout, *dir, log); err != nil {
		fmt.Fprintln(os.Stderr, "glueberry-go-peer:", err)
		os.Exit(1)
	}
}

// run obeys the commands on in until it ends, so that a peer never outlives
// the test that started it.
func run(in io.Reader, out io.Writer, dir string, log *slog.Logger) error {
	events := newOutput(out)
	p := &program{dir: dir, log: log, out: events, lanes: newLanes()}
	err := p.readCommands(in)
	p.shutDown()
	events.close()
	return err
}
