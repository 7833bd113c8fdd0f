"""Shuts a process in before it touches bytes from outside. Linux; elsewhere the limits that the system knows.

After `confine` the process can compute, allocate up to its limit, and read and write what is already open.
It can open no file and no socket, start no process, and signal or trace nobody.
"""

import ctypes
import math
import os
import platform
import resource
import struct
import sys
from collections.abc import Iterable

_NOBODY = 65534
_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050001  # SECCOMP_RET_ERRNO | EPERM
_LOAD, _JUMP_EQUAL, _RETURN = 0x20, 0x15, 0x06  # BPF_LD|W|ABS, BPF_JMP|JEQ|K, BPF_RET|K

# Numbers of the system calls that computing needs, by AUDIT_ARCH of <linux/audit.h>: read write close lseek mmap
# mprotect munmap brk rt_sigaction rt_sigprocmask rt_sigreturn mremap madvise getpid gettid futex sched_yield
# clock_gettime restart_syscall getrandom exit exit_group.
_CALLS = {
    "x86_64": (
        0xC000003E,
        (0, 1, 3, 8, 9, 10, 11, 12, 13, 14, 15, 25, 28, 39, 186, 202, 24, 228, 219, 318, 60, 231),
    ),
    "aarch64": (
        0xC00000B7,
        (63, 64, 57, 62, 222, 226, 215, 214, 134, 135, 139, 216, 233, 172, 178, 98, 124, 113, 128, 278, 93, 94),
    ),
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def become_nobody() -> None:
    """Give up root for good, if the process has it: a hard limit holds only for who cannot raise it again."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)


def confine(*, memory_bytes: int, cpu_seconds: float) -> bool:
    """Set hard limits on this process and, where the kernel can, refuse it every system call but a few.

    `memory_bytes` bounds the address space, `cpu_seconds` (rounded up) the processor time. True when the system-call
    filter stands; False where there is none (not Linux, another processor), and only the limits hold.
    """
    seconds = math.ceil(cpu_seconds)
    for kind, value in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 0),
    ):
        resource.setrlimit(kind, (value, value))
    return sys.platform == "linux" and platform.machine() in _CALLS and _filter_calls(*_CALLS[platform.machine()])


def _filter_calls(architecture: int, calls: Iterable[int]) -> bool:
    program = _assemble(architecture, tuple(calls))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        return False
    filled = _Program(len(program) // 8, program)
    return bool(libc.prctl(_SET_SECCOMP, _FILTER, ctypes.byref(filled), 0, 0) == 0)


def _assemble(architecture: int, calls: tuple[int, ...]) -> bytes:
    """A seccomp filter in classic BPF (struct sock_filter: u16 code, u8 jump if true, u8 if false, u32 operand)."""
    number, arch = 0, 4  # offsets in struct seccomp_data
    rows = [(_LOAD, 0, 0, arch), (_JUMP_EQUAL, 1, 0, architecture), (_RETURN, 0, 0, _REFUSE), (_LOAD, 0, 0, number)]
    rows += [(_JUMP_EQUAL, len(calls) - at, 0, call) for at, call in enumerate(calls)]
    rows += [(_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)]
    return b"".join(struct.pack("=HBBI", *row) for row in rows)
