"""The registry's signing key, in one file of the data folder and nowhere else; and the public keys that verify.

A demonstration's keys say so in their file and their ``kid``. They never become a real registry's: each kind of instance
refuses the other's.
"""

import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from flask import current_app

from certification.rules.errors import InvalidInput
from certification.rules.signing import DEMONSTRATION, Keypair

FOLDER = "keys"
PRIVATE = "registry.pem"
PUBLIC = "public.json"
OWNER_ONLY = 0o600


class KeyProblemError(RuntimeError):
    """The signing key can't be used; the text says why and what to do."""


def create_keys(data: Path, *, demonstration: bool) -> Keypair:
    """Make the registry's key, in a file that only its owner can read.

    Raises:
        KeyProblemError: when there is one already.

    """
    folder = data / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = Keypair.generate(demonstration=demonstration)
    file = folder / PRIVATE
    if file.exists():
        raise _there_is_one(file)
    _publish(folder, key)  # first: a key that signed but was never listed would verify nothing
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    except FileExistsError as error:
        raise _there_is_one(file) from error
    with os.fdopen(handle, "wb") as out:
        out.write(key.to_pem())
        out.flush()
        os.fsync(out.fileno())
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
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps(listed, indent=1), encoding="ascii")
    fresh.replace(file)


def _there_is_one(file: Path) -> KeyProblemError:
    return KeyProblemError(f"There is a key already: {file}. A registry keeps its key; nothing was changed.")


def _insist(kid: str, file: Path, *, demonstration: bool) -> None:
    if kid.startswith(DEMONSTRATION) and not demonstration:
        msg = f"{file} holds a key of a demonstration ({kid}); a real registry never signs with it. Use another data folder."
        raise KeyProblemError(msg)
    if demonstration and not kid.startswith(DEMONSTRATION):
        msg = f"{file} holds the key of a real registry ({kid}); a demonstration never touches it. Use another data folder."
        raise KeyProblemError(msg)
