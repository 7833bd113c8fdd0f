"""What the folder of keys must be like: its own user's, closed to whoever could read a key, change a list or swap the folder."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from certification.core.durable import LOCK
from certification.log.keys import OTHERS_MAY_READ, OTHERS_MAY_WRITE, SUFFIX

ROOT = 0


def faults_of_folder(folder: Path, owner: int) -> Iterator[str]:
    """What is wrong with the folder and the files in it, of which all must belong to the user with the number ``owner``."""
    for one in (folder, *sorted(folder.iterdir())):
        found = one.lstat()
        if stat.S_ISLNK(found.st_mode):
            yield f"{one} is a link; put the file itself there"
            continue
        if found.st_uid != owner:
            yield f"{one} belongs to another user than the keys; chown it, once you know who put it there"
        if one.name == LOCK:
            continue  # there is nothing in it
        private = one.suffix == SUFFIX
        if found.st_mode & (OTHERS_MAY_READ if private else OTHERS_MAY_WRITE):
            yield f"others may {'read' if private else 'write'} {one}; close it with: chmod {'600' if private else 'go-w'} {one}"


def faults_above(folder: Path, owner: int) -> Iterator[str]:
    """Folders above in which others could put another folder in the place of this one.

    Each must be root's or the owner's, with nobody else writing there; in a sticky one, such as /tmp, nobody moves what is
    another's.
    """
    for one in folder.absolute().parents:
        found = one.stat()
        if found.st_uid not in (ROOT, owner) or (found.st_mode & OTHERS_MAY_WRITE and not found.st_mode & stat.S_ISVTX):
            yield (
                f"others may rename what is in {one}, and so put another folder in the place of {folder}; move the keys to where "
                "only root and their own user may write, and name it in KEYS"
            )


def owner_of(folder: Path) -> int:
    """The number of the user to whom the folder belongs; of who asks where it is not there."""
    return folder.stat().st_uid if folder.exists() else os.geteuid()
