"""Two places for the scenario: one that never says a word, and one where nobody listens."""

import socket


class Places:
    """They hold their ports until the end of the pair."""

    # Valid peer ids that no side has.
    SILENT = "12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5"
    CLOSED = "12D3KooWSmou5F7kUGxzGdRjSmNrC5RqvdVBrmTTdLFBYPG6gJLs"

    def __enter__(self):
        self._silent = bound()
        self._silent.listen()  # nothing accepts; the system takes the connection all the same
        self._closed = bound()  # a bound port that does not listen refuses
        return self

    def __exit__(self, *_):
        self._silent.close()
        self._closed.close()

    def known(self):
        return {"silent": at(self._silent, self.SILENT), "closed": at(self._closed, self.CLOSED)}


def bound():
    place = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    place.bind(("127.0.0.1", 0))
    return place


def at(place, peer):
    return {"peer": peer, "address": f"/ip4/127.0.0.1/tcp/{place.getsockname()[1]}/p2p/{peer}"}
