"""Takes from a process what decoding a file does not need: memory without end, the network, other programs."""

import ctypes
import errno
import os
import platform
import resource
import sys
from dataclasses import dataclass

_PR_SET_DUMPABLE = 4
_PR_SET_SECCOMP = 22
_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_MODE_FILTER = 2
_ALLOW = 0x7FFF0000
_REFUSE = 0x00050000 | errno.EPERM
_KILL = 0x80000000
_LOAD, _JUMP_IF_EQUAL, _JUMP_IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_X32_SYSCALLS = 0x40000000


@dataclass(frozen=True, slots=True)
class _Architecture:
    """Numbers of one processor: `audit` identifies it, the others are the system calls refused."""

    audit: int
    refused: tuple[int, ...]


# In order: socket, connect, bind, execve, execveat, ptrace, process_vm_readv, process_vm_writev, kill, tkill,
# io_uring_setup.
_ARCHITECTURES = {
    "x86_64": _Architecture(0xC000003E, (41, 42, 49, 59, 322, 101, 310, 311, 62, 200, 425)),
    "aarch64": _Architecture(0xC00000B7, (198, 203, 200, 221, 281, 117, 270, 271, 129, 130, 425)),
}


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(_Instruction)))


def limit_resources(memory_bytes: int, cpu_seconds: int, file_bytes: int) -> None:
    """Bound this process: address space, processor time, size of a written file; no core dumps."""
    for limit, value in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        resource.setrlimit(limit, (value, value))


def close_doors() -> bool:
    """Refuse this process sockets, other programs and a look into other processes, for good.

    Says whether the kernel agreed: it does on Linux on x86_64 and aarch64; elsewhere only the limits of
    `limit_resources` hold. Spec: seccomp(2), "SECCOMP_SET_MODE_FILTER"
    """
    architecture = _ARCHITECTURES.get(platform.machine())
    if sys.platform != "linux" or architecture is None:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    instructions = _filter(architecture)
    program = _Program(len(instructions), (_Instruction * len(instructions))(*instructions))
    return bool(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) == 0)


def _filter(architecture: _Architecture) -> list[_Instruction]:
    """The rules: another architecture's calls end the process, the refused calls get EPERM, others pass."""
    rules = [
        _Instruction(_LOAD, 0, 0, 4),
        _Instruction(_JUMP_IF_EQUAL, 1, 0, architecture.audit),
        _Instruction(_RETURN, 0, 0, _KILL),
        _Instruction(_LOAD, 0, 0, 0),
        _Instruction(_JUMP_IF_AT_LEAST, 0, 1, _X32_SYSCALLS),
        _Instruction(_RETURN, 0, 0, _KILL),
    ]
    for number in architecture.refused:
        rules += [_Instruction(_JUMP_IF_EQUAL, 0, 1, number), _Instruction(_RETURN, 0, 0, _REFUSE)]
    return [*rules, _Instruction(_RETURN, 0, 0, _ALLOW)]


def be_modest() -> None:
    """Let the server's own work go first."""
    os.nice(5)
