import platform
import subprocess
import sys

import pytest

from whynorm.training import allocator

# Tensors of 24 MiB that are held together and freed together, as activations are.
PROGRAM = """
import resource
import torch
from whynorm.training.allocator import keep_freed_memory

def faults():
    begun = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    held = [torch.ones(6 * 2**20) for _ in range(4)]
    del held
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - begun

faults()
before = faults()
keep_freed_memory()
for _ in range(3):  # until there is room for all, side by side
    faults()
print(before, faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt is glibc's")
def test_tensors_that_are_made_again_find_the_memory_of_those_freed() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    before, after = map(int, ended.stdout.split())
    assert after * 20 < before


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    monkeypatch.setattr(allocator.ctypes, "CDLL", None)
    allocator.keep_freed_memory()
