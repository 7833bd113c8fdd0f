"""The registry's signing key, in one file of the data folder and nowhere else; and the public keys that verify.

A demonstration's keys say so in their file and their ``kid``. They never become a real registry's: each kind of instance
refuses the other's.
"""

import json
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from flask import current_app

from certification.core.durable import alone_in, make_durable, write_whole
from certification.rules.errors import InvalidInput
from certification.rules.signing import DEMONSTRATION, Keypair

FOLDER = "keys"
PRIVATE = "registry.pem"
PUBLIC = "public.json"


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
    with alone_in(folder):
        file = folder / PRIVATE
        if file.exists():
            msg = f"There is a key already: {file}. A registry keeps its key; nothing was changed."
            raise KeyThereError(msg)
        key = Keypair.generate(demonstration=demonstration)
        _publish(folder, key)  # first: a key that signed but was never listed would verify nothing
        write_whole(file, key.to_pem())
        make_durable(data)  # the folder's own name
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
    write_whole(file, json.dumps(listed, indent=1).encode("ascii"))


def _insist(kid: str, file: Path, *, demonstration: bool) -> None:
    if kid.startswith(DEMONSTRATION) and not demonstration:
        msg = f"{file} holds a key of a demonstration ({kid}); a real registry never signs with it. Use another data folder."
        raise KeyProblemError(msg)
    if demonstration and not kid.startswith(DEMONSTRATION):
        msg = f"{file} holds the key of a real registry ({kid}); a demonstration never touches it. Use another data folder."
        raise KeyProblemError(msg)
