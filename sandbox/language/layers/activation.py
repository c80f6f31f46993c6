"""How the activation layers are written."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.language.layers.sequences import letters_written, written
from sandbox.language.layers.spec import Args, LayerSpec, Sizes
from sandbox.language.model import Tensor


def _anything(_args: Args, sizes: Sizes) -> tuple[Tensor, ...]:
    """(N, C) and the axes that are written."""
    return (letters_written(sizes),)


def _image(_args: Args, sizes: Sizes) -> tuple[Tensor, ...]:
    return (Tensor((sizes("N"), sizes("C"), sizes("H"), sizes("W"))),)


def _per_channel(args: Args, sizes: Sizes) -> tuple[Tensor, ...]:
    """(N, num_parameters) and the axes that are written; one slope fits any number of channels."""
    slopes = args["num_parameters"]
    channels = sizes("C", None if slopes == 1 else slopes)
    rest = [size for letter in "LDHW" if (size := written(sizes, letter)) is not None]
    return (Tensor((sizes("N"), channels, *rest)),)


_SYNONYMS = {"T": "L", "S": "L", "F": "C"}
_ALIASES: Mapping[str, tuple[str, ...]] = {
    "GELU": ("gelu_tanh",),
    "GLU": ("gated",),
    "Hardsigmoid": ("hsigmoid", "hard_sigmoid", "hardsig"),
    "Hardswish": ("hswish", "hard_swish"),
    "Hardtanh": ("htanh", "hard_tanh"),
    "Hardshrink": ("hard_shrink",),
    "LeakyReLU": ("leaky", "lrelu", "leaky_relu"),
    "LogSigmoid": ("log_sigmoid",),
    "LogSoftmax": ("log_softmax", "logsm"),
    "PReLU": ("parametricrelu",),
    "ReLU": ("rectifier", "relu_"),
    "RReLU": ("randomizedrelu",),
    "SiLU": ("swish",),
    "Sigmoid": ("sigm", "logistic", "sig"),
    "Softmax": ("sm", "smax"),
    "Softmax2d": ("softmax_2d", "spatialsoftmax"),
    "Softplus": ("soft_plus",),
    "Softshrink": ("soft_shrink",),
    "Softsign": ("soft_sign",),
    "Tanhshrink": ("tanh_shrink",),
}
_FUNCTIONAL: Mapping[str, tuple[str, ...]] = {
    "CELU": ("celu",),
    "ELU": ("elu",),
    "GELU": ("gelu",),
    "GLU": ("glu",),
    "Hardshrink": ("hardshrink",),
    "Hardsigmoid": ("hardsigmoid",),
    "Hardswish": ("hardswish",),
    "Hardtanh": ("hardtanh",),
    "LeakyReLU": ("leaky_relu",),
    "LogSigmoid": ("logsigmoid",),
    "LogSoftmax": ("log_softmax",),
    "Mish": ("mish",),
    "RReLU": ("rrelu",),
    "ReLU": ("relu",),
    "ReLU6": ("relu6",),
    "SELU": ("selu",),
    "SiLU": ("silu",),
    "Sigmoid": ("sigmoid",),
    "Softmax": ("softmax",),
    "Softmin": ("softmin",),
    "Softplus": ("softplus",),
    "Softshrink": ("softshrink",),
    "Softsign": ("softsign",),
    "Tanh": ("tanh",),
    "Tanhshrink": ("tanhshrink",),
    "Threshold": ("threshold",),
}
_FLAGS: Mapping[str, Mapping[str, str]] = {
    "CELU": {"a": "alpha"},
    "ELU": {"a": "alpha"},
    "LeakyReLU": {"a": "negative_slope"},
    "GLU": {"d": "dim"},
    "Softmax": {"d": "dim"},
    "Softmin": {"d": "dim"},
    "LogSoftmax": {"d": "dim"},
}
_LAYOUTS = {"Softmax2d": _image, "PReLU": _per_channel}
_NAMES = (
    "CELU",
    "ELU",
    "GELU",
    "GLU",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LeakyReLU",
    "LogSigmoid",
    "LogSoftmax",
    "Mish",
    "PReLU",
    "RReLU",
    "ReLU",
    "ReLU6",
    "SELU",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softmax2d",
    "Softmin",
    "Softplus",
    "Softshrink",
    "Softsign",
    "Tanh",
    "Tanhshrink",
    "Threshold",
)

LAYERS: tuple[LayerSpec, ...] = tuple(
    LayerSpec(
        name=name,
        layout=_LAYOUTS.get(name, _anything),
        aliases=_ALIASES.get(name, ()),
        flags=_FLAGS.get(name, {}),
        letters=_SYNONYMS,
        functional=_FUNCTIONAL.get(name, ()),
        family="activation",
    )
    for name in _NAMES
)
