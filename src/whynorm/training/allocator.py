"""How the C library keeps the memory that tensors leave behind."""

import ctypes
import platform

# Parameters of mallopt(3), and what they are set to.
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
NEVER = -1
LARGEST = 32 * 2**20  # a larger threshold is refused on 64 bits


def keep_freed_memory() -> None:
    """Let this process keep what it frees and use it again; call it before training.

    glibc hands the memory of large tensors back to the system when they are freed, and every
    page of the next ones is fetched and cleared anew, which takes as long as what is computed on
    them. Afterwards only tensors above 32 MiB are still handed back. The price is that a process
    holds on to the most that it has needed until it ends. Other C libraries are left alone.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    library = ctypes.CDLL(None)
    library.mallopt(TRIM_THRESHOLD, NEVER)
    library.mallopt(MMAP_THRESHOLD, LARGEST)
