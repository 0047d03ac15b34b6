"""Run the kernel: its memory, its functions, and what they leave there.

The kernel is WebAssembly, the same file on every machine. Whatever a document holds,
it can read and write nothing but its own memory, and ask for nothing outside, but to
give up for want of it. Without ``wasmtime`` (the extra ``fast``) there is no kernel,
and blocks are read by Arrow's parsers: slower, to the same values.
"""

from __future__ import annotations

import atexit
import ctypes
import hashlib
import logging
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import resources
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, NoReturn

import pyarrow as pa

from spreports.at_work import cores
from spreports.fetch.pages import keep_pages

if TYPE_CHECKING:
    import wasmtime

__all__ = [
    "MOST_BYTES",
    "Job",
    "NoRoomError",
    "Sandbox",
    "Sandboxes",
    "expect",
    "kernel_fault",
    "kernel_is_there",
    "kernel_pays",
    "kernels_at_once",
]

# Of a block: a sandbox keeps what its largest block took, five to ten times as much
MOST_BYTES: Final = 8 << 20
_FILE: Final = "kernel.wasm"
_LOG: Final = logging.getLogger("spreports")
# To load it takes 0.2 s and 24 MiB, once a process; it saves 3 to 8 ms for each MiB of
# text (benchmarks/kernel.py), so that a single document pays for it from 25 to 70 MiB
_PAYS_FROM: Final = 16 << 20


class NoRoomError(Exception):
    """The kernel cannot have the memory that it wants; others may need less."""


class Job(ctypes.LittleEndianStructure):
    """What a block is read by, and what was made of it; see kernel.h."""

    _fields_ = tuple(
        (name, ctypes.c_uint32)
        for name in (
            *("text", "size", "columns", "count", "delimiter", "nothing", "quoting"),
            *("header", "header_size", "pads", "keys", "key_count"),
            *("table", "made", "made_size", "padded"),
        )
    )
    made: int
    made_size: int
    padded: int


class Sandbox:
    """One memory with the kernel's functions; for one thread at a time.

    Parameters
    ----------
    linker : wasmtime.Linker
        With what the kernel asks for.
    module : wasmtime.Module

    Raises
    ------
    NoRoomError
        Such as by a limit on the addresses of a process (``ulimit -v``): each sandbox
        reserves some GiB of them, and takes a few MiB.
    """

    def __init__(self, linker: wasmtime.Linker, module: wasmtime.Module) -> None:
        import wasmtime  # noqa: PLC0415 - an extra, and 0.2 s

        self._store = wasmtime.Store(linker.engine)
        try:
            instance = linker.instantiate(self._store, module)
        except wasmtime.WasmtimeError as exc:
            raise NoRoomError(str(exc)) from exc
        exports = instance.exports(self._store)
        self._functions = {
            name: each
            for name, each in exports.items()
            if isinstance(each, wasmtime.Func)
        }
        (self._memory,) = (
            each for each in exports.values() if isinstance(each, wasmtime.Memory)
        )
        self._job = self._call("job_address")
        self._text = self._room = 0
        # Also at the end of the process: later, wasmtime's own way complains
        weakref.finalize(self, self._store.close)

    def begin(self, setup: bytes) -> int:
        """Write what all blocks have in common; return its address."""
        start = self._call("begin", len(setup))
        self.change(start, setup)
        return start

    def change(self, start: int, setup: bytes) -> None:
        """Write over what `begin` wrote."""
        ctypes.memmove(self._address(start), setup, len(setup))

    def run(self, function: str, text: pa.Buffer, **told: int) -> int:
        """Have a function of the kernel read a block.

        Parameters
        ----------
        function : str
        text : pyarrow.Buffer
            Copied into the sandbox; what was made of the last block is gone.
        **told : int
            What else the function wants to know, see `Job`.

        Returns
        -------
        int
            What the function returned; more is in `job`.

        Raises
        ------
        NoRoomError
        """
        if text.size > self._room or not self._text:
            self._text = self._call("room", text.size)
            self._room = text.size
        ctypes.memmove(self._address(self._text), text.address, text.size)
        job = Job(text=self._text, size=text.size, **told)
        self.change(self._job, bytes(job))
        return self._call(function)

    @property
    def job(self) -> Job:
        """Return what the kernel says of the last block."""
        return Job.from_buffer_copy(self.read(self._job, ctypes.sizeof(Job)))

    def read(self, start: int, size: int) -> bytes:
        """Return some bytes of the memory."""
        return ctypes.string_at(self._address(start), size)

    def reader(self) -> Callable[[int, int], pa.Buffer]:
        """Return how to copy bytes out of the memory, until the next call.

        Returns
        -------
        callable
            Given an address and a number of bytes. It keeps the interpreter, which
            costs more to give away and have back than a column of a block to copy.
        """
        base = self._address(0)
        copied, buffer = ctypes.string_at, pa.py_buffer
        return lambda start, size: buffer(copied(base + start, size))

    def _call(self, function: str, *numbers: int) -> int:
        import wasmtime  # noqa: PLC0415 - as above

        _clean_registers()
        try:
            return int(self._functions[function](self._store, *numbers))
        except (NoRoomError, wasmtime.Trap) as exc:
            # a trap, too: wasmtime keeps one exception for all threads
            raise NoRoomError(f"its memory cannot grow: {function}") from exc

    def _address(self, start: int) -> int:
        """Return where an address of the memory is; it moves when the memory grows."""
        first = self._memory.data_ptr(self._store)
        return ctypes.addressof(first.contents) + start


def _clean_registers() -> None:
    """Have the upper halves of this thread's vector registers zero; takes 1 us.

    isal leaves them in use where a processor has AVX-512, and a thread that is begun
    then inherits them. wasmtime's code mixes two ways to use the lower halves, and each
    change from one to the other then waits: orders to batches take three times as long
    (benchmarks/prototypes/vector_registers.py). OpenSSL's SHA-512 ends as it should.

    Source: Intel 64 and IA-32 Architectures Optimization Reference Manual, "Mixing AVX
    code with SSE code"
    """
    hashlib.sha512(b"", usedforsecurity=False).digest()


class Sandboxes:
    """Sandboxes for the threads of one reader, as many as are at work at a time.

    Parameters
    ----------
    setup : bytes
        Lies at the beginning of each one's memory.
    """

    def __init__(self, setup: bytes) -> None:
        keep_pages()
        self._setup = setup
        self._idle: deque[tuple[Sandbox, int]] = deque()

    @contextmanager
    def one(self) -> Iterator[tuple[Sandbox, int]]:
        """Lend a sandbox, with the address of the setup in it.

        Raises
        ------
        NoRoomError
        """
        try:
            lent = self._idle.pop()
        except IndexError:
            sandbox = Sandbox(*_loaded())
            lent = sandbox, sandbox.begin(self._setup)
        yield lent
        # one in which something went wrong is not used again
        self._idle.append(lent)


def kernels_at_once() -> int:
    """Return how many blocks of a document to have read by kernels at a time.

    A kernel takes about as long as inflating, which has a thread: where there are two
    cores, a second one gets in the way of both.
    """
    return 1 if cores() <= 2 else 2


@cache
def kernel_is_there() -> bool:
    """Say whether blocks can be read by the kernel on this machine."""
    if find_spec("wasmtime") is None:
        return False
    fault = kernel_fault()
    if fault is not None:
        _LOG.info("documents are read without the kernel: %s", fault)
    return fault is None


def kernel_fault() -> str | None:
    """Load the kernel; say what keeps it from being loaded, None where nothing does."""
    try:
        Sandbox(*_loaded())
    except Exception as exc:  # noqa: BLE001 - the system's, the processor's, wasmtime's
        return str(exc) or type(exc).__name__
    return None


def kernel_pays(seen: int) -> bool:
    """Say whether to read the next block by the kernel.

    Parameters
    ----------
    seen : int, bytes
        Of the document so far: one that is small is read before a kernel is loaded.
    """
    is_known = kernel_is_there.cache_info().currsize > 0
    return (is_known or seen >= _PAYS_FROM) and kernel_is_there()


def expect(text_bytes: int) -> None:
    """Load the kernel for a document that is large, before its first block.

    Parameters
    ----------
    text_bytes : int
        As far as known.
    """
    kernel_pays(text_bytes)


@cache
def _loaded() -> tuple[wasmtime.Linker, wasmtime.Module]:
    """Compile the kernel, once a process; takes about 20 ms."""
    import wasmtime  # noqa: PLC0415 - as above

    config = wasmtime.Config()
    # no threads that outlive the compilation
    config.parallel_compilation = False
    engine = wasmtime.Engine(config)
    code = resources.files(__package__).joinpath(_FILE).read_bytes()
    module = wasmtime.Module(engine, code)
    linker = wasmtime.Linker(engine)
    nothing = wasmtime.FuncType([], [])
    linker.define_func("host", "no_room", nothing, _no_room)
    for each in (engine, module, linker):
        atexit.register(each.close)
    return linker, module


def _no_room() -> NoReturn:
    """End the kernel's work, which wants more memory than there is."""
    raise NoRoomError
