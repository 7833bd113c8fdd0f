"""What a disk would hold after a power cut, rebuilt from one trace of a process's system calls.

A file is what it was at its last fsync or fdatasync, and a folder names the files that it named at its own last fsync. What was
written since may be there in any part: in a torn image each page of 4 KB not synced yet, and each name, is kept or lost by chance.
"""

import codecs
import random
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

PAGE = 4096
CALLS = (
    "openat creat close write writev pwrite64 pwritev ftruncate fallocate fsync fdatasync rename renameat renameat2 unlink"
    " unlinkat mkdir mkdirat sendto"
)
_CALL = re.compile(r"^(?:\d+\s+)?(\w+)\((.*)\)\s+= (-?(?:0x)?[0-9a-f]+)(.*)$", re.DOTALL)
_FD = re.compile(r"^(\d+)<(.*?)>(?:\(deleted\))?(?:, |$)")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
_UNSUPPORTED = {
    "writev",
    "pwritev",
    "fallocate",
    "creat",
    "renameat2",
}  # SQLite and ours use none; one that appears stops the drill


@dataclass
class Inode:
    """A file's bytes as they are on the disk for sure, and what was written since."""

    durable: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)  # None: cut or grown to that length

    def sync(self) -> None:
        for at, data in self.pending:
            _apply(self.durable, at, data)
        self.pending.clear()

    def torn(self, dice: random.Random) -> bytes:
        content = bytearray(self.durable)
        for at, data in self.pending:
            for start, part in _pages(at, data):
                if dice.random() < 0.5:
                    _apply(content, start, part)
        return bytes(content)

    @property
    def whole(self) -> bytes:
        content = bytearray(self.durable)
        for at, data in self.pending:
            _apply(content, at, data)
        return bytes(content)


def _apply(content: bytearray, at: int, data: bytes | None) -> None:
    size = at if data is None else at + len(data)
    if len(content) < size:
        content.extend(bytes(size - len(content)))
    if data is None:
        del content[at:]
    else:
        content[at:size] = data


def _pages(at: int, data: bytes | None) -> Iterator[tuple[int, bytes | None]]:
    """A write as the disk takes it: page by page."""
    if data is None:
        yield at, None
        return
    end = at + len(data)
    while at < end:
        upto = min(end, (at // PAGE + 1) * PAGE)
        yield at, data[len(data) - (end - at) : len(data) - (end - upto)]
        at = upto


class Disk:
    """A folder whose writes are replayed call by call. What stood there before is on the disk for sure."""

    def __init__(self, root: Path) -> None:
        self.root = str(root)
        self.names: dict[str, Inode] = {}
        self.synced: dict[str, Inode] = {}
        self._open: dict[int, list[object]] = {}  # of a descriptor: its file and where it writes next
        for file in sorted(root.rglob("*")):
            if file.is_file() and not file.name.endswith("-shm"):
                self.names[str(file)] = Inode(bytearray(file.read_bytes()))
        self.synced = dict(self.names)

    def replay(self, name: str, arguments: str, result: int) -> bytes | None:
        """One call that went well; returns what was said outside, if it said something."""
        if name == "sendto":
            return _strings(arguments)[0]
        if name == "openat":
            self._opened(arguments, result)
        elif name in ("rename", "renameat"):
            old, new = (path.decode() for path in _strings(arguments)[:2])
            if old in self.names:
                self.names[new] = self.names.pop(old)
        elif name in ("unlink", "unlinkat"):
            self.names.pop(_strings(arguments)[0].decode(), None)
        elif (found := _FD.match(arguments)) and found[2] and found[2].startswith(self.root):
            self._on_file(name, int(found[1]), found[2], arguments, result)
        return None

    def _opened(self, arguments: str, descriptor: int) -> None:
        path = _strings(arguments)[0].decode()
        if not path.startswith(self.root) or path.endswith("-shm"):
            return
        if path not in self.names and "O_CREAT" in arguments:
            self.names[path] = Inode()
        if path in self.names:
            if "O_TRUNC" in arguments:
                self.names[path].pending.append((0, None))
            self._open[descriptor] = [self.names[path], 0]

    def _on_file(self, name: str, descriptor: int, path: str, arguments: str, result: int) -> None:
        if name == "close":
            self._open.pop(descriptor, None)
            return
        if descriptor not in self._open:
            if name in ("fsync", "fdatasync"):
                self._sync_folder(path)
            return
        file, position = self._open[descriptor]
        assert isinstance(file, Inode)
        assert isinstance(position, int)
        if name in ("fsync", "fdatasync"):
            file.sync()
        elif name == "ftruncate":
            file.pending.append((int(arguments.rpartition(", ")[2]), None))
        elif name == "pwrite64":
            file.pending.append((int(arguments.rpartition(", ")[2]), _strings(arguments)[0][:result]))
        elif name == "write":
            file.pending.append((position, _strings(arguments)[0][:result]))
            self._open[descriptor][1] = position + result
        elif name in _UNSUPPORTED:
            raise RuntimeError(f"the drill does not know what {name} leaves on a disk")

    def _sync_folder(self, path: str) -> None:
        def inside(name: str) -> bool:
            return str(Path(name).parent) == path

        for name in [name for name in self.synced if inside(name) and name not in self.names]:
            del self.synced[name]
        self.synced.update({name: file for name, file in self.names.items() if inside(name)})

    def image(self, to: Path, dice: random.Random | None = None) -> None:
        """Write what the disk would hold now, strictly, or torn by ``dice``."""
        names = dict(self.synced)
        if dice is not None:
            for name in sorted(
                self.names.keys() ^ self.synced.keys() | {n for n in self.names if self.synced.get(n) is not self.names[n]}
            ):
                if dice.random() < 0.5:
                    names.pop(name, None)
                    if name in self.names:
                        names[name] = self.names[name]
        shutil.rmtree(to, ignore_errors=True)
        for name, file in names.items():
            target = to / Path(name).relative_to(self.root)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.torn(dice) if dice else bytes(file.durable))
            target.chmod(0o600)


def _strings(arguments: str) -> list[bytes]:
    """The quoted arguments, as bytes."""
    found, at = [], arguments.find('"')
    while at >= 0:
        if arguments.startswith("\\x", at + 1):  # strace writes such a string in hexadecimal from end to end
            end = arguments.index('"', at + 1)
            found.append(bytes.fromhex(arguments[at + 1 : end].replace("\\x", "")))
        else:
            match = _STRING.match(arguments, at)
            assert match is not None
            end = match.end() - 1
            found.append(codecs.escape_decode(match[1])[0])
        at = arguments.find('"', end + 1)
    return found


@dataclass(frozen=True)
class Tracer:
    """strace on a process that runs already."""

    process: subprocess.Popen[bytes]

    @classmethod
    def attach(cls, pid: int, *options: str) -> "Tracer":
        """Returns once the process is held."""
        process = subprocess.Popen(["strace", "-f", "-q", "-p", str(pid), *options], stderr=subprocess.DEVNULL)
        end = time.monotonic() + 10
        while time.monotonic() < end:
            status = Path(f"/proc/{pid}/status").read_text()
            if f"TracerPid:\t{process.pid}" in status:
                return cls(process)
            time.sleep(0.002)
        raise RuntimeError("strace does not hold the process; may this user trace its own?")

    def ended(self) -> None:
        self.process.wait(60)


def recording(to: Path) -> list[str]:
    """Options that write down all that :func:`calls` reads."""
    return ["-y", "-x", "-s", "70000000", "-o", str(to), "-e", "trace=" + ",".join(CALLS.split()), "-e", "signal=none"]


def calls(trace: Path, *, failed: bool = False) -> Iterator[tuple[str, str, int]]:
    """Name, arguments and result of each call that went well, in their order; those that ``failed`` too when asked."""
    halves: dict[str, str] = {}
    with trace.open(encoding="latin-1") as lines:
        for line in lines:
            pid = line.partition(" ")[0]
            if line.endswith("<unfinished ...>\n"):
                halves[pid] = line.removesuffix(" <unfinished ...>\n")
                continue
            if "resumed>" in line and pid in halves:
                line = halves.pop(pid) + line.partition("resumed>")[2]  # noqa: PLW2901 - one call in two lines
            found = _CALL.match(line.rstrip("\n"))
            if found and (failed or int(found[3], 0) >= 0):
                yield found[1], found[2], int(found[3], 0)
