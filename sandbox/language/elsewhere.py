"""What people bring along from other libraries: Keras, TensorFlow, JAX, NumPy.

Their names for layers are aliases of the layers; here stand their modules and the arguments that PyTorch calls
something else, or has in another place.
"""

from __future__ import annotations

from collections.abc import Container, Mapping

LIBRARIES: Mapping[str, str] = {
    **dict.fromkeys(("tf", "tensorflow"), "TensorFlow"),
    **dict.fromkeys(("keras", "layers"), "Keras"),
    **dict.fromkeys(("flax", "linen", "nnx"), "Flax"),
    **dict.fromkeys(("jax", "jnp"), "JAX"),
    **dict.fromkeys(("np", "numpy"), "NumPy"),
}
_ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "units": ("out_features", "hidden_size"),
    "filters": ("out_channels",),
    "features": ("out_features", "out_channels"),
    "pool_size": ("kernel_size",),
    "filter_size": ("kernel_size",),
    "strides": ("stride",),
    "dilation_rate": ("dilation",),
    "rate": ("p",),
    "use_bias": ("bias",),
    "axis": ("dim",),
    "epsilon": ("eps",),
    "input_dim": ("num_embeddings", "in_features", "input_size"),
    "output_dim": ("embedding_dim", "out_features"),
}
_REMARKS: Mapping[str, str] = {
    "activation": "In PyTorch an activation is a layer of its own, after this one: linear 10 20 | relu.",
    "input_shape": "The size of the input is written after @: conv2d 3 16 k3 @ 32x3x28x28.",
    "data_format": "PyTorch's channels come before the places: (N, C, H, W).",
    "return_sequences": "PyTorch's recurrent layers always give every step, and the last state beside it.",
    "return_state": "PyTorch's recurrent layers always give every step, and the last state beside it.",
}


def argument(word: str, known: Container[str]) -> str | None:
    """PyTorch's word for another library's argument, where the layer has it."""
    return next((name for name in _ARGUMENTS.get(word.lower(), ()) if name in known), None)


def remark(word: str) -> str:
    """A sentence on an argument that PyTorch has in another place; empty for any other word."""
    return _REMARKS.get(word.lower(), "")
