"""The registry's signing key, in one file of the folder of keys (setting ``KEYS``) and nowhere else; and those that verify.

Beside the key that signs there may be the next one, while a rotation is under way (``log.rotating``). A demonstration's keys say
so in their file and their ``kid``. They never become a real registry's: each kind of instance refuses the other's.
"""

import json
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from flask import current_app

from certification.core.durable import alone_in, make_durable, write_whole
from certification.rules.errors import CannotSign, InvalidInput
from certification.rules.signing import DEMONSTRATION, Keypair

PRIVATE = "registry.pem"
PUBLIC = "public.json"
NEXT, SUFFIX = "next-", ".pem"
OTHERS_MAY_READ, OTHERS_MAY_WRITE = 0o077, 0o022


class KeyProblemError(CannotSign):
    """The signing key can't be used; the text says why and what to do, for the operator alone."""

    def __init__(self, told: str = "") -> None:
        super().__init__()
        self.told = told


class KeyThereError(KeyProblemError):
    """There is a key already."""


def require_own(folder: Path) -> None:
    """Insist that a folder of keys that is there belongs to whoever runs this. Raises KeyProblemError.

    What another user leaves in it the signer would refuse, and what belongs to another can't be read.
    """
    if folder.exists() and folder.stat().st_uid != os.geteuid():
        owner = _owner(folder)
        msg = (
            f"The folder of keys {folder} belongs to {owner}. Nothing was changed. Run this as that user: runuser -u {owner} -- …"
        )
        raise KeyProblemError(msg)


def create_keys(folder: Path, *, demonstration: bool) -> Keypair:
    """Make the registry's key, in a file that only its owner can read.

    Raises:
        KeyThereError: when there is one already.

    """
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    with alone_in(folder):
        file = folder / PRIVATE
        if file.exists():
            msg = f"There is a key already: {file}. A registry keeps its key; nothing was changed."
            raise KeyThereError(msg)
        key = Keypair.generate(demonstration=demonstration)
        _publish(folder, key)  # first: a key that signed but was never listed would verify nothing
        write_whole(file, key.to_pem())
        make_durable(folder.parent)  # the folder's own name
    return key


def create_next(folder: Path, *, demonstration: bool) -> Keypair:
    """The key that will follow, made once and published; the one of an earlier, interrupted try when there is one.

    Raises:
        KeyProblemError: see :func:`read_key`.

    """
    with alone_in(folder):
        key = read_next(folder, demonstration=demonstration)
        if key is None:
            key = Keypair.generate(demonstration=demonstration)
            write_whole(folder / f"{NEXT}{key.kid}{SUFFIX}", key.to_pem())
        _publish(folder, key)
    return key


def discard_next(folder: Path, key: Keypair) -> None:
    """Undo :func:`create_next` for a key that nothing tells of and that signed nothing."""
    with alone_in(folder):
        listed = json.loads((folder / PUBLIC).read_text(encoding="ascii"))
        if listed.pop(key.kid, None) is not None:
            _write_list(folder, listed)
        (folder / f"{NEXT}{key.kid}{SUFFIX}").unlink(missing_ok=True)


def replace_key(folder: Path, *, demonstration: bool) -> Keypair:
    """Let the next key, if there is one, take the place of the present one, whose private half is gone thereby."""
    with alone_in(folder):
        key = read_next(folder, demonstration=demonstration)
        if key is not None:
            (folder / f"{NEXT}{key.kid}{SUFFIX}").replace(folder / PRIVATE)
            make_durable(folder)
    return key or read_key(folder, demonstration=demonstration)


def read_key(folder: Path, *, demonstration: bool) -> Keypair:
    """The key in the key file.

    Raises:
        KeyProblemError: when it is absent, damaged, readable by others, or of the other kind of instance.

    """
    return _read(folder / PRIVATE, demonstration=demonstration)


def read_next(folder: Path, *, demonstration: bool) -> Keypair | None:
    """The key that waits to follow, while a rotation is under way. Raises KeyProblemError as :func:`read_key`."""
    kid = next_kid(folder)
    if kid is None:
        return None
    file = folder / f"{NEXT}{kid}{SUFFIX}"
    try:
        return _read(file, demonstration=demonstration)
    except KeyProblemError:
        if file.exists():
            raise
        return None  # it took its place this moment


def next_kid(folder: Path) -> str | None:
    """Which key waits to follow, by the name of its file: anybody may ask who can list the folder."""
    found = sorted(folder.glob(f"{NEXT}*{SUFFIX}"))
    return found[0].name.removeprefix(NEXT).removesuffix(SUFFIX) if found else None


def public_keys(folder: Path, *, demonstration: bool) -> Mapping[str, Ed25519PublicKey]:
    """The keys that this instance's certificates were signed with, by ``kid``, in the order in which they were made.

    Raises:
        KeyProblemError: when the list is damaged, others may write it, or it names a key of the other kind of instance.

    """
    file = folder / PUBLIC
    try:
        listed = json.loads(file.read_text(encoding="ascii"))
        found = {str(kid): Ed25519PublicKey.from_public_bytes(bytes.fromhex(raw)) for kid, raw in listed.items()}
        loose = any(stat.S_IMODE(one.stat().st_mode) & OTHERS_MAY_WRITE for one in (file, file.parent))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError) as error:
        msg = f"The list of public keys {file} can't be read: {error}"
        raise KeyProblemError(msg) from error
    if loose:
        msg = f"Others on this machine can write the list of public keys {file}. Close it with: chmod go-w {file.parent} {file}"
        raise KeyProblemError(msg)
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
    if demonstration and not (settings.keys / PRIVATE).exists():
        with suppress(KeyThereError):  # another process was first, with the same need
            return create_keys(settings.keys, demonstration=True)
    return read_key(settings.keys, demonstration=demonstration)


def following_key() -> Keypair | None:
    """The next key of the application at hand, while a rotation is under way. Raises KeyProblemError."""
    settings = current_app.config["SETTINGS"]
    return read_next(settings.keys, demonstration=bool(settings["DEMONSTRATION"]))


def verifying_keys() -> Mapping[str, Ed25519PublicKey]:
    """The public keys of the application at hand.

    Raises:
        KeyProblemError: see :func:`public_keys`.

    """
    settings = current_app.config["SETTINGS"]
    return public_keys(settings.keys, demonstration=bool(settings["DEMONSTRATION"]))


def _owner(path: Path) -> str:
    try:
        return path.owner()
    except KeyError:  # a number without a name
        return f"#{path.stat().st_uid}"


def _read(file: Path, *, demonstration: bool) -> Keypair:
    try:
        loose = stat.S_IMODE(file.stat().st_mode) & OTHERS_MAY_READ
        pem = file.read_bytes()
    except FileNotFoundError as error:
        msg = (
            f"There is no signing key {file}. `tianguis keys create` makes one for a new registry; one that has signed before "
            "needs its own key back, from its copy."
        )
        raise KeyProblemError(msg) from error
    except OSError as error:
        msg = f"The signing key {file} can't be read ({error.strerror}). Run this as the user that it belongs to."
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


def _publish(folder: Path, key: Keypair) -> None:
    """Add a key to the list of those that verify; none that ever signed leaves it."""
    file = folder / PUBLIC
    listed = json.loads(file.read_text(encoding="ascii")) if file.exists() else {}
    listed[key.kid] = key.public.public_bytes_raw().hex()
    _write_list(folder, listed)


def _write_list(folder: Path, listed: Mapping[str, str]) -> None:
    write_whole(folder / PUBLIC, json.dumps(listed, indent=1).encode("ascii"), mode=0o644)


def _insist(kid: str, file: Path, *, demonstration: bool) -> None:
    if kid.startswith(DEMONSTRATION) and not demonstration:
        msg = (
            f"{file} holds a key of a demonstration ({kid}); a real registry never signs with it. Use another data folder, or "
            "TIANGUIS_DEMONSTRATION=yes if the demonstration is what you mean."
        )
        raise KeyProblemError(msg)
    if demonstration and not kid.startswith(DEMONSTRATION):
        msg = f"{file} holds the key of a real registry ({kid}); a demonstration never touches it. Use another data folder."
        raise KeyProblemError(msg)
