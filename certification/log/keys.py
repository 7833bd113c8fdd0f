"""The registry's signing key, in one file of the data folder and nowhere else; and the public keys that verify.

A demonstration's keys say so in their file and their ``kid``. They never become a real registry's: each kind of instance
refuses the other's.
"""

import fcntl
import json
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from flask import current_app

from certification.rules.errors import InvalidInput
from certification.rules.signing import DEMONSTRATION, Keypair

FOLDER = "keys"
PRIVATE = "registry.pem"
PUBLIC = "public.json"
LOCK = ".lock"


class KeyProblemError(RuntimeError):
    """The signing key can't be used; the text says why and what to do."""


class KeyThereError(KeyProblemError):
    """There is a key already."""


def create_keys(data: Path, *, demonstration: bool) -> Keypair:
    """Make the registry's key, in a file that only its owner can read.

    Raises:
        KeyThereError: when there is one already.

    """
    folder = data / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone_in(folder):
        file = folder / PRIVATE
        if file.exists():
            msg = f"There is a key already: {file}. A registry keeps its key; nothing was changed."
            raise KeyThereError(msg)
        key = Keypair.generate(demonstration=demonstration)
        _publish(folder, key)  # first: a key that signed but was never listed would verify nothing
        _write_whole(file, key.to_pem())
        _make_durable(data)  # the folder's own name
    return key


def read_key(data: Path, *, demonstration: bool) -> Keypair:
    """The key that this instance signs with.

    Raises:
        KeyProblemError: when it is absent, damaged, readable by others, or of the other kind of instance.

    """
    file = data / FOLDER / PRIVATE
    try:
        loose = stat.S_IMODE(file.stat().st_mode) & 0o077
        pem = file.read_bytes()
    except OSError as error:
        msg = f"The signing key {file} can't be read ({error.strerror}). `tianguis keys create` makes one for a new registry."
        raise KeyProblemError(msg) from error
    if loose:
        msg = f"Others on this machine can read the signing key {file}. Close it with: chmod 600 {file}"
        raise KeyProblemError(msg)
    try:
        key = Keypair.from_pem(pem)
    except InvalidInput as error:
        msg = f"The file {file} holds no Ed25519 key that can be read; restore it from its copy."
        raise KeyProblemError(msg) from error
    _insist(key.kid, file, demonstration=demonstration)
    return key


def public_keys(data: Path, *, demonstration: bool) -> Mapping[str, Ed25519PublicKey]:
    """The keys that this instance's certificates were signed with, by ``kid``: the present one and those before it.

    Raises:
        KeyProblemError: when the list is damaged, or names a key of the other kind of instance.

    """
    file = data / FOLDER / PUBLIC
    try:
        listed = json.loads(file.read_text(encoding="ascii"))
        found = {str(kid): Ed25519PublicKey.from_public_bytes(bytes.fromhex(raw)) for kid, raw in listed.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError) as error:
        msg = f"The list of public keys {file} can't be read: {error}"
        raise KeyProblemError(msg) from error
    for kid in found:
        _insist(kid, file, demonstration=demonstration)
    return found


def signing_key() -> Keypair:
    """The key of the application at hand. Only a demonstration makes itself one at first need.

    Raises:
        KeyProblemError: see :func:`read_key`.

    """
    settings = current_app.config["SETTINGS"]
    demonstration = bool(settings["DEMONSTRATION"])
    if demonstration and not (settings.data / FOLDER / PRIVATE).exists():
        with suppress(KeyThereError):  # another process was first, with the same need
            return create_keys(settings.data, demonstration=True)
    return read_key(settings.data, demonstration=demonstration)


def verifying_keys() -> Mapping[str, Ed25519PublicKey]:
    """The public keys of the application at hand.

    Raises:
        KeyProblemError: see :func:`public_keys`.

    """
    settings = current_app.config["SETTINGS"]
    return public_keys(settings.data, demonstration=bool(settings["DEMONSTRATION"]))


def _publish(folder: Path, key: Keypair) -> None:
    """Add a key to the list of those that verify; nothing ever leaves it."""
    file = folder / PUBLIC
    listed = json.loads(file.read_text(encoding="ascii")) if file.exists() else {}
    listed[key.kid] = key.public.public_bytes_raw().hex()
    _write_whole(file, json.dumps(listed, indent=1).encode("ascii"))


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """One process or thread at a time makes keys here; the lock goes with whoever holds it."""
    with (folder / LOCK).open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write_whole(file: Path, content: bytes) -> None:
    """The whole file or none of it, closed to others from its first byte, and still there after a power cut."""
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    fresh = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(file)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    _make_durable(file.parent)


def _make_durable(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _insist(kid: str, file: Path, *, demonstration: bool) -> None:
    if kid.startswith(DEMONSTRATION) and not demonstration:
        msg = f"{file} holds a key of a demonstration ({kid}); a real registry never signs with it. Use another data folder."
        raise KeyProblemError(msg)
    if demonstration and not kid.startswith(DEMONSTRATION):
        msg = f"{file} holds the key of a real registry ({kid}); a demonstration never touches it. Use another data folder."
        raise KeyProblemError(msg)
