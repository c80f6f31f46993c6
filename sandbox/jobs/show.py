"""`show(tensor)` in a snippet: bounded numbers for a picture that is drawn elsewhere.

A picture is `{"kind", "shape", "values", "title", "of", "dtype", "low", "high"}`: the numbers little-endian float32 in
base64, `shape` theirs, `of` and `dtype` those of what was shown, `low` and `high` the ends of its range before anything
was left out.
"""

from __future__ import annotations

import base64
import math
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 torch's own name for it

from sandbox.jobs.summary import cut, dtype_name, is_tensor, shape_text

MOST_PICTURES = 4
_MOST_SIDE = 256  # of a heat map
_MOST_IMAGE_SIDE = 224
_MOST_POINTS = 1024  # of a line
_LONGEST_TITLE = 100
_COLOURS = 3
_b64encode = base64.b64encode


class Gallery:
    """The pictures of one run."""

    def __init__(self) -> None:
        self.pictures: list[dict[str, Any]] = []
        self.left_out = 0

    def show(self, tensor: Any, title: Any = None) -> None:
        """Draw a tensor: 1-D as a line, 2-D as a heat map, (3, H, W) or (H, W, 3) as an image.

        Raises `TypeError` for what holds no numbers and `ValueError` for a shape that has no picture.
        """
        numbers, dtype = _numbers(tensor)
        of = list(numbers.shape)
        while numbers.dim() > 1 and numbers.shape[0] == 1:
            numbers = numbers[0]
        kind, numbers = _pictured(numbers, of)
        if len(self.pictures) >= MOST_PICTURES:
            self.left_out += 1
            return
        finite = numbers[numbers.isfinite()]
        low, high = (float(finite.min()), float(finite.max())) if finite.numel() else (None, None)
        small = _SMALLER[kind](numbers).contiguous()
        data = small.numpy().astype("<f4").tobytes()
        self.pictures.append(
            {
                "kind": kind,
                "shape": list(small.shape),
                "values": _b64encode(data).decode("ascii"),
                "title": None if title is None else cut(str(title), _LONGEST_TITLE),
                "of": of,
                "dtype": dtype,
                "low": low,
                "high": high,
            }
        )


def _numbers(value: Any) -> tuple[torch.Tensor, str]:
    """What is shown, as float32 on the CPU, and the dtype that it had."""
    tensor = value.detach() if is_tensor(value) else torch.as_tensor(np.asarray(value))
    if tensor.is_meta:
        raise TypeError("show() needs numbers, and a tensor on the meta device has none")
    dtype = dtype_name(tensor.dtype)
    if tensor.is_complex():
        tensor = tensor.abs()
    return tensor.to(device="cpu", dtype=torch.float32), dtype


def _pictured(numbers: torch.Tensor, of: list[int]) -> tuple[str, torch.Tensor]:
    """The kind of picture, and the numbers in its order; an image is (H, W, 3)."""
    if not numbers.numel():
        raise ValueError(f"show() has nothing to draw: the shape is {shape_text(of)}")
    if numbers.dim() == 1:
        return "line", numbers
    if numbers.dim() == 2:
        return "heat", numbers
    if numbers.dim() == _COLOURS and numbers.shape[0] == _COLOURS:
        return "image", numbers.permute(1, 2, 0)
    if numbers.dim() == _COLOURS and numbers.shape[2] == _COLOURS:
        return "image", numbers
    if numbers.dim() == _COLOURS and numbers.shape[2] == 1:
        return "heat", numbers[:, :, 0]
    hint = "; choose a part of it, as in show(x[0])" if numbers.dim() > 1 else ""
    raise ValueError(f"show() draws 1-D, 2-D, (3, H, W) and (H, W, 3), and this is {shape_text(of)}{hint}")


def _fewer_points(line: torch.Tensor) -> torch.Tensor:
    """Both ends of each stretch, so that no spike is lost."""
    if line.numel() <= _MOST_POINTS:
        return line
    stretch = math.ceil(line.numel() / (_MOST_POINTS // 2))
    missing = -line.numel() % stretch
    stretches = torch.cat([line, line[-1:].expand(missing)]).view(-1, stretch)
    return torch.stack([stretches.amin(1), stretches.amax(1)], 1).flatten()


def _smaller_map(rows: torch.Tensor) -> torch.Tensor:
    """Means of neighbours, where there are too many."""
    size = (min(rows.shape[0], _MOST_SIDE), min(rows.shape[1], _MOST_SIDE))
    return rows if size == tuple(rows.shape) else F.adaptive_avg_pool2d(rows[None], size)[0]


def _smaller_image(image: torch.Tensor) -> torch.Tensor:
    """The same proportions, on no more than so many points a side."""
    height, width, _ = image.shape
    factor = min(1.0, _MOST_IMAGE_SIDE / max(height, width))
    if factor == 1.0:
        return image
    size = (max(1, round(height * factor)), max(1, round(width * factor)))
    return F.adaptive_avg_pool2d(image.permute(2, 0, 1)[None], size)[0].permute(1, 2, 0)


_SMALLER = {"line": _fewer_points, "heat": _smaller_map, "image": _smaller_image}
