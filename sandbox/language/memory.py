"""In which order a layer leaves its output in memory, which decides nothing but whether a later `view` works.

Most layers write a fresh tensor in the order of its axes. Layers that work element by element keep the order of their
input, image layers keep "channels last", and batch-first recurrent layers give back a transposed tensor.
"""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.language.formulas import activation, convolution, dropout, padding, pooling
from sandbox.language.formulas.tensors import Strides, in_order
from sandbox.language.model import Stage, Tensor
from sandbox.language.size import Size

_FRESH = frozenset(("Softmax", "LogSoftmax", "Softmin", "Softmax2d", "LogSigmoid", "RReLU"))
_KEEP_ORDER = frozenset((*activation.FORMULAS, *dropout.FORMULAS, "LocalResponseNorm")) - _FRESH
_KEEP_CHANNELS_LAST = frozenset(
    (
        *convolution.FORMULAS,
        *padding.FORMULAS,
        *(name for name in pooling.FORMULAS if "Unpool" not in name and "LP" not in name and "Fractional" not in name),
        *("BatchNorm2d", "BatchNorm3d", "LazyBatchNorm2d", "LazyBatchNorm3d", "SyncBatchNorm", "GroupNorm", "RMSNorm"),
        *("Upsample", "UpsamplingNearest2d", "UpsamplingBilinear2d", "PixelUnshuffle", "ChannelShuffle"),
    )
)
_POOLS_1D = frozenset(("AvgPool1d", "AdaptiveAvgPool1d", "AdaptiveMaxPool1d"))  # torch pools them as images
_BATCH_FIRST = frozenset(("RNN", "LSTM", "GRU", "MultiheadAttention"))


def left_by(stage: Stage, given: Tensor, output: Tensor) -> Strides:
    """The strides of a layer's first output; None where it lies in the order of its axes."""
    if stage.name in _BATCH_FIRST:
        first = stage.args.get("batch_first")
        return _transposed(output.shape) if first and len(output.shape) == 3 else None
    if given.strides is None or len(output.shape) != len(given.shape):
        return None
    if stage.name == "Identity" or stage.args.get("inplace"):
        return given.strides
    if stage.name in _KEEP_ORDER:
        return elementwise(given, output.shape)
    if stage.name in _KEEP_CHANNELS_LAST and len(given.shape) in ({3} if stage.name in _POOLS_1D else {4, 5}):
        last = (0, *range(2, len(given.shape)), 1)
        return _laid_out(output.shape, last) if _lies(given, _laid_out(given.shape, last)) else None
    return None


def elementwise(given: Tensor, shape: Sequence[Size]) -> Strides:
    """The strides of a new tensor of this shape made element by element of the one given."""
    order = None if given.strides is None else _order(given)
    return None if order is None else _laid_out(shape, order)


def _lies(tensor: Tensor, strides: Sequence[Size]) -> bool:
    """Whether the tensor has these strides; that of an axis of size 1 means nothing."""
    told = zip(tensor.shape, tensor.strides or (), strides, strict=True)
    return all(a == b for size, a, b in told if size != 1)


def _transposed(shape: tuple[Size, ...]) -> tuple[Size, ...]:
    return _laid_out(shape, (1, 0, 2))


def _laid_out(shape: Sequence[Size], order: Sequence[int]) -> tuple[Size, ...]:
    """Strides with which the axes lie in memory in this order, the outermost first."""
    steps = dict(zip(order, in_order([shape[axis] for axis in order]), strict=True))
    return tuple(steps[axis] for axis in range(len(shape)))


def _order(tensor: Tensor) -> tuple[int, ...] | None:
    """The axes from the outermost in memory to the innermost; None where that is their own order or unknown."""
    strides = tensor.strides or ()
    left = {axis: strides[axis] for axis, size in enumerate(tensor.shape) if size != 1}
    order: list[int] = []
    step: Size = 1
    while left:
        axis = next((axis for axis, stride in left.items() if stride == step), None)
        if axis is None:
            return _by_stride(tensor)
        del left[axis]
        order.append(axis)
        step = tensor.shape[axis] * step
    return (*(axis for axis, size in enumerate(tensor.shape) if size == 1), *reversed(order))


def _by_stride(tensor: Tensor) -> tuple[int, ...] | None:
    """The order of a tensor with gaps between its elements."""
    strides = [stride for stride in tensor.strides or () if isinstance(stride, int) and stride > 0]
    if len(strides) != len(tensor.shape):
        return None
    return tuple(sorted(range(len(strides)), key=lambda axis: -strides[axis]))
