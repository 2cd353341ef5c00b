package main

import (
	"fmt"
	"log/slog"
)

// dropLogger turns the library's warning about a lost message into an event.
type dropLogger struct {
	*slog.Logger
	out *output
}

func (l dropLogger) Warn(msg string, fields ...any) {
	l.Logger.Warn(msg, fields...)
	if msg != "message dropped" {
		return
	}
	event := faultEvent{Event: "dropped"}
	for i := 0; i+1 < len(fields); i += 2 {
		value := fmt.Sprint(fields[i+1])
		switch fields[i] {
		case "peer_id":
			event.Peer = value
		case "stream":
			event.Stream = value
		case "reason":
			event.Error = value
		}
	}
	l.out.emit(event)
}
