"""What ends a pair."""


class Failure(Exception):
    """What was expected and what came instead, in words for people."""

    def __init__(self, what):
        super().__init__(what)
        self.side = None
        self.where = []

    def at(self, side):
        """Whose failure it is, unless that is known."""
        self.side = self.side or side
        return self

    def inside(self, place):
        """Where it happened; the outermost place is said last."""
        self.where.insert(0, place)
        return self
