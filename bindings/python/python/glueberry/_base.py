"""The root of all exceptions of this package; those of each code are in ``errors``."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from ._glueberry import PeerId
    from ._vocabulary import ErrorCode

__all__ = ["GlueberryError"]


class GlueberryError(Exception):
    """Whatever goes wrong in Glueberry. Each code has a class of its own, below one of six classes
    that say where the remedy lies.

    ``str()`` says what happened, with whom and why; a traceback also shows the hint.

    >>> try:
    ...     await node.connect("/ip4/192.0.2.7/tcp/9000")
    ... except GlueberryError as error:
    ...     print(type(error).__name__, int(error.code), error.retriable)
    ...     print(error.hint[:28])
    InvalidAddress 102 False
    Write addresses as /ip4/192.
    """

    code: ClassVar[ErrorCode]
    """Which error this is: stable in number and name, the same in every language."""
    retriable: ClassVar[bool] = False
    """Whether the same call may succeed later without any change."""
    hint: ClassVar[str] = ""
    """What to do about it, in one sentence."""

    message: str
    """What happened this time, without the rest that ``str()`` adds."""
    peer: PeerId | None
    """The peer it is about."""
    stream: str | None
    """The stream it is about."""

    def __init__(
        self,
        text: str,
        *,
        message: str | None = None,
        peer: PeerId | None = None,
        stream: str | None = None,
    ) -> None:
        super().__init__(text)
        self.message = text if message is None else message
        self.peer = peer
        self.stream = stream
        if self.hint:
            self.add_note(f"hint: {self.hint}")
