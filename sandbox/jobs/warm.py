"""What is done before the first job: whatever torch loads late, and what makes each job cheaper.

torch imports, and oneDNN and MKL look at the machine, when first used. A confined worker can open no file, so what
is not loaded here is not loaded at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

Perform = Callable[[Mapping[str, Any]], Any]


def _stage(name: str, children: tuple[dict[str, Any], ...] = (), **args: Any) -> dict[str, Any]:
    return {"kind": "layer", "name": name, "args": args, "children": list(children)}


_JOBS: tuple[tuple[list[dict[str, Any]], list[int]], ...] = (
    ([_stage("Conv1d", in_channels=3, out_channels=16, kernel_size=3)], [2, 3, 16]),
    (
        [
            _stage("Conv2d", in_channels=3, out_channels=4, kernel_size=3, padding="same"),
            _stage("BatchNorm2d", num_features=4),
            _stage("MaxPool2d", kernel_size=2),
            _stage("ReLU"),
            _stage("Flatten"),
            _stage("LazyLinear", out_features=10),
        ],
        [2, 3, 8, 8],
    ),
    ([_stage("LSTM", input_size=4, hidden_size=5)], [3, 2, 4]),
    ([_stage("GRU", input_size=4, hidden_size=5, bidirectional=True)], [3, 2, 4]),
    ([{"kind": "op", "name": "einsum", "args": {"equation": "ij->ji"}, "children": []}], [2, 3]),
    ([_stage("Linear", in_features=3, out_features=4)], [2, 5]),  # and a failure
)


def draw_nothing_on_meta() -> None:
    """Initialising a meta tensor decomposes a draw of no numbers in Python, which is half the cost of building."""
    for name in ("uniform_", "normal_"):
        setattr(torch.Tensor, name, _unless_meta(getattr(torch._C.TensorBase, name)))  # noqa: SLF001 where it is defined


def compile_nothing() -> None:
    """OneDNN and NNPACK compile a kernel for every new shape, for longer than small inputs take with torch's own."""
    torch._C._set_mkldnn_enabled(False)  # noqa: SLF001 what `torch.backends.mkldnn` calls, for good instead of a block
    torch.backends.nnpack.set_flags(False)


def _unless_meta(draw: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    def drawn(tensor: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        return tensor if tensor.is_meta else draw(tensor, *args, **kwargs)

    return drawn


def up(perform: Perform) -> None:
    """Do the jobs, on both devices."""
    for stages, shape in _JOBS:
        case = {"inputs": [{"shape": shape, "dtype": "float32"}], "meta": True, "cpu": True}
        perform({"stages": stages, "training": True, "python": False, "cases": [case]})
