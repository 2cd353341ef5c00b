"""Keys and peer ids."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from glueberry import Identity, Message, PeerId, errors


def test_a_key_is_kept_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "node.pem"
    identity = Identity.generate()
    identity.save(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert Identity.load(path).peer_id == identity.peer_id
    assert Identity.load(str(path)).peer_id == identity.peer_id


def test_a_key_is_not_overwritten_unasked(tmp_path: Path) -> None:
    path = tmp_path / "node.pem"
    Identity.generate().save(path)
    other = Identity.generate()
    with pytest.raises(errors.KeyFileExists):
        other.save(path)
    other.save(path, overwrite=True)
    assert Identity.load(path).peer_id == other.peer_id


def test_a_key_goes_through_pem() -> None:
    identity = Identity.generate()
    assert Identity.from_pem(identity.to_pem()).peer_id == identity.peer_id


@pytest.mark.parametrize(
    "seed", [bytes(range(32)), bytearray(range(32)), memoryview(bytes(range(32)))]
)
def test_a_seed_gives_always_the_same_key(seed: bytes | bytearray | memoryview) -> None:
    assert Identity.from_seed(seed).peer_id == Identity.from_seed(bytes(range(32))).peer_id


def test_what_is_no_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(errors.InvalidKey, match="32 bytes, not 5"):
        Identity.from_seed(b"short")
    with pytest.raises(errors.InvalidKey):
        Identity.from_pem("nonsense")
    with pytest.raises(errors.KeyFileUnreadable):
        Identity.load(tmp_path / "none.pem")
    exposed = tmp_path / "exposed.pem"
    exposed.write_text(Identity.generate().to_pem())
    exposed.chmod(0o644)
    with pytest.raises(errors.KeyFileExposed):
        Identity.load(exposed)
    with pytest.raises(errors.KeyFileUnwritable):
        Identity.generate().save(tmp_path / "no" / "such" / "folder.pem")


def test_a_key_gives_nothing_away() -> None:
    identity = Identity.from_seed(bytes(32))
    assert repr(identity) == f"<Identity of {identity.peer_id}>"
    with pytest.raises(TypeError):
        pickle.dumps(identity)


def test_a_peer_id_is_a_value() -> None:
    peer = Identity.from_seed(bytes(32)).peer_id
    same, other = PeerId(str(peer)), Identity.from_seed(bytes([1]) * 32).peer_id
    assert peer == same
    assert hash(peer) == hash(same)
    assert peer != other
    assert (peer < other) is (peer.public_key < other.public_key)
    assert {peer: 1}[same] == 1
    assert repr(peer) == f"PeerId('{peer}')"
    assert PeerId.from_public_key(peer.public_key) == peer
    assert PeerId.from_address(f"/ip4/192.0.2.7/tcp/9000/p2p/{peer}") == peer
    assert pickle.loads(pickle.dumps(peer)) == peer
    assert peer != str(peer)
    with pytest.raises(AttributeError):
        peer.public_key = b""  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


def test_what_is_no_peer_id_is_refused() -> None:
    with pytest.raises(errors.InvalidPeerId):
        PeerId("nobody")
    with pytest.raises(errors.UnsupportedPeerId):
        PeerId("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N")
    with pytest.raises(errors.IdentityRefused):
        PeerId.from_public_key(bytes(32))
    with pytest.raises(errors.InvalidPeerId, match="32 bytes, not 3"):
        PeerId.from_public_key(b"abc")
    with pytest.raises(errors.InvalidAddress):
        PeerId.from_address("/ip4/192.0.2.7/tcp/9000")
    with pytest.raises(TypeError):
        PeerId(7)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_a_message_is_matched_and_keeps_quiet() -> None:
    peer = Identity.from_seed(bytes(32)).peer_id
    message = Message(peer, "chat", b"a secret")
    match message:
        case Message(who, "chat", data):
            assert (who, data) == (peer, b"a secret")
        case _:
            pytest.fail("it is a message")
    assert "secret" not in repr(message)
    assert message == Message(peer, "chat", b"a secret")
    assert message != Message(peer, "other", b"a secret")
    with pytest.raises(AttributeError):
        message.data = b""  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
