"""The dense blocks' elementwise steps in C++, for a processor with AVX-512 bfloat16.

There torch has fast convolutions in bfloat16; what lies between them takes most of a step's time.
"""

from pathlib import Path
from types import ModuleType

from torch.utils.cpp_extension import load

from gpu.tiramisu import Kernels

SOURCE = Path(__file__).with_name("processor.cpp")
FLAGS = ["-O3", "-fopenmp", "-mavx512f", "-mavx512bf16"]


def is_able() -> bool:
    """Tell whether this processor has what the steps need, as Linux says."""
    try:
        return "avx512_bf16" in Path("/proc/cpuinfo").read_text()
    except OSError:
        return False


def compiled() -> ModuleType:
    """Compile the steps, or take what an earlier call has compiled."""
    steps: ModuleType = load("bgremove_processor", [str(SOURCE)], extra_cflags=FLAGS)
    return steps


def take_over() -> None:
    """Let the network's blocks use them."""
    steps = compiled()
    Kernels.scaled_relu = staticmethod(steps.scaled_relu)
    Kernels.backward = staticmethod(steps.scaled_relu_backward)
    Kernels.taken = staticmethod(steps.taken)
    Kernels.settled = staticmethod(steps.settled)
