"""Memory that is short, and freed memory, which goes back to the system."""

import ctypes
import re
import sys

_SHORTAGE = re.compile("[Ff]ailed to allocate|bad.alloc")
"""What OpenCV, ONNX Runtime and C++ write where memory is short: none has an error of its own."""


def is_shortage(error: Exception) -> bool:
    """Tell whether an error, whoever raised it, means that memory is short."""
    return isinstance(error, MemoryError) or _SHORTAGE.search(str(error)) is not None


def return_freed_memory() -> None:
    """Ask the C library to hand back what was freed; a no-op where it has no such call.

    What a network's first run leaves in glibc's heap is too scattered for the large arrays that
    come next. To hand it back after each run costs 30 to 80 ms a photo: the next run asks for it
    anew, page by page.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
