"""A BENCH job's payload from a line of the layer language; what it would take is told by the closed form, for nothing.

The worker is sent the figures, and refuses what cannot fit before it has taken any memory.
"""

from __future__ import annotations

from typing import Any

from sandbox.language.size import evaluate, product
from sandbox.language.walk import WIDTHS, Walk
from sandbox.language.wire import stage_to_wire

_FLOAT = 4  # bytes of a parameter, unless a dtype is asked for


def payload(walked: Walk) -> dict[str, Any]:
    """For a walk in which every size is a number; raises `UnboundSizeError` where one is not."""
    pipeline = walked.pipeline
    given = [([evaluate(size, {}) for size in tensor.shape], tensor.dtype) for tensor in pipeline.inputs]
    return {
        "stages": [stage_to_wire(stage) for stage in pipeline.stages],
        "training": pipeline.training,
        "python": pipeline.python,
        "inputs": [{"shape": shape, "dtype": dtype} for shape, dtype in given],
        "macs": evaluate(walked.macs, {}),
        "takes": {
            "parameters": evaluate(walked.params, {}) * _FLOAT,
            "inputs": sum(evaluate(product(tensor.shape), {}) * WIDTHS[tensor.dtype] for tensor in pipeline.inputs),
            "activations": evaluate(walked.activation_bytes, {}),
        },
    }
