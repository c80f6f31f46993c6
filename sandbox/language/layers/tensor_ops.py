"""How tensor operations are written.

Parameters have torch's own names. `broadcast` is element-wise arithmetic on two or more tensors (`x + y + z`), `pad`
and `one_hot` live in `torch.nn.functional`; everything else is a method of a tensor or a function of `torch`.
"""

from __future__ import annotations

from sandbox.language.layers.spec import OpSpec

_REDUCING = {"dim": None, "keepdim": False}
_RESHAPING = (
    OpSpec(name="view", parameters={"shape": ...}, sizes="shape"),
    OpSpec(name="reshape", parameters={"shape": ...}, sizes="shape"),
    OpSpec(name="flatten", parameters={"start_dim": 0, "end_dim": -1}),
    OpSpec(name="unflatten", parameters={"dim": ..., "sizes": ...}, sizes="sizes"),
    OpSpec(name="contiguous"),
)
_AXES = (
    OpSpec(name="permute", parameters={"dims": ...}, sizes="dims"),
    OpSpec(name="transpose", parameters={"dim0": ..., "dim1": ...}, aliases=("swapaxes", "swapdims")),
    OpSpec(name="t"),
    OpSpec(name="movedim", parameters={"source": ..., "destination": ...}, aliases=("moveaxis",)),
    OpSpec(name="squeeze", parameters={"dim": None}),
    OpSpec(name="unsqueeze", parameters={"dim": ...}),
    OpSpec(name="flip", parameters={"dims": ...}, sizes="dims"),
)
_REPEATING = (
    OpSpec(name="expand", parameters={"size": ...}, sizes="size"),
    OpSpec(name="repeat", parameters={"repeats": ...}, sizes="repeats"),
    OpSpec(name="pad", parameters={"pad": ..., "mode": "constant", "value": None}, sizes="pad", method=False),
    OpSpec(name="one_hot", parameters={"num_classes": ...}, method=False, aliases=("onehot",)),
)
_JOINING = (
    OpSpec(name="cat", parameters={"dim": 0}, many_inputs=True, method=False, aliases=("concat", "concatenate")),
    OpSpec(name="stack", parameters={"dim": 0}, many_inputs=True, method=False),
)
_CUTTING = (
    OpSpec(name="split", parameters={"split_size_or_sections": ..., "dim": 0}, method=False),
    OpSpec(name="chunk", parameters={"chunks": ..., "dim": 0}),
    OpSpec(name="unbind", parameters={"dim": 0}),
    OpSpec(name="narrow", parameters={"dim": ..., "start": ..., "length": ...}),
    OpSpec(name="select", parameters={"dim": ..., "index": ...}),
)
_PRODUCTS = (
    OpSpec(name="matmul", many_inputs=True, aliases=("@",)),
    OpSpec(name="mm", many_inputs=True),
    OpSpec(name="bmm", many_inputs=True),
    OpSpec(name="einsum", parameters={"equation": ...}, many_inputs=True, method=False),
    OpSpec(name="broadcast", many_inputs=True, method=False, aliases=("add", "sub", "mul", "plus", "+")),
)
_REDUCTIONS = tuple(
    OpSpec(name=name, parameters=_REDUCING)
    for name in ("sum", "mean", "amax", "amin", "max", "min", "argmax", "argmin")
)
CASTS = {
    "float": "float32",
    "double": "float64",
    "half": "float16",
    "bfloat16": "bfloat16",
    "long": "int64",
    "int": "int32",
    "bool": "bool",
}
_CASTING = (OpSpec(name="to", parameters={"dtype": ...}), *(OpSpec(name=name) for name in CASTS))

OPS: tuple[OpSpec, ...] = (
    *_RESHAPING,
    *_AXES,
    *_REPEATING,
    *_JOINING,
    *_CUTTING,
    *_PRODUCTS,
    *_REDUCTIONS,
    *_CASTING,
)
