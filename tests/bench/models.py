"""Large models, and the same models through torchinfo: the same counts, in no more time."""

from __future__ import annotations

import asyncio
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn
from torchinfo import summary

from bot.app import Core
from tests.bench.measure import Figure, median
from tests.bench.shape import ask, warm_core

ROUNDS = 5
LIMIT_MS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """The same model as a line of the language and as a torch module, with its input."""

    name: str
    line: str
    build: Callable[[], nn.Module]
    input_size: tuple[int, ...]
    large: bool = True  # of a small one, all time is what a question takes whatever it is about: no budget
    counted_otherwise: str = ""  # where torchinfo's multiply-adds are something else, and what


def chain() -> nn.Module:
    """A hundred convolutions, each with its ReLU."""
    stages = [part for _ in range(100) for part in (nn.Conv1d(16, 16, 3, padding=1, bias=False), nn.ReLU())]
    return nn.Sequential(*stages)


def small_image_net() -> nn.Module:
    """Convolutions, pooling, a head."""
    return nn.Sequential(
        nn.Conv2d(3, 64, 3, padding=1, bias=False),
        nn.BatchNorm2d(64, affine=False),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(64, 128, 3, stride=2, padding=1, bias=False),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(128, 10, bias=False),
    )


MODELS = (
    Model(
        name="200-stage chain",
        line=" | ".join(["conv1d 16 16 k3 p1 bias=false | relu"] * 100) + " @ 4x16x256",
        build=chain,
        input_size=(4, 16, 256),
    ),
    Model(
        name="small image net",
        line="conv2d 3 64 k3 p1 bias=false | batchnorm2d 64 affine=false | relu | maxpool2d k2 | "
        "conv2d 64 128 k3 s2 p1 bias=false | relu | adaptiveavgpool2d 1 | flatten | linear ? 10 bias=false "
        "@ 8x3x32x32",
        build=small_image_net,
        input_size=(8, 3, 32, 32),
        large=False,
    ),
    Model(
        name="perceptron",
        line="linear 784 512 bias=false | relu | linear 512 256 bias=false | relu | linear 256 10 bias=false @ 64x784",
        build=lambda: nn.Sequential(
            nn.Linear(784, 512, bias=False),
            nn.ReLU(),
            nn.Linear(512, 256, bias=False),
            nn.ReLU(),
            nn.Linear(256, 10, bias=False),
        ),
        input_size=(64, 784),
        large=False,
    ),
    Model(
        name="12-layer TransformerEncoder",
        line="nn.TransformerEncoder(nn.TransformerEncoderLayer(768, 12, batch_first=True), 12) @ 2x128x768",
        build=lambda: nn.TransformerEncoder(
            nn.TransformerEncoderLayer(768, 12, batch_first=True), 12, enable_nested_tensor=False
        ),
        input_size=(2, 128, 768),
        counted_otherwise="torchinfo leaves out attention's two products and multiplies only the batch, not the "
        "positions, into Linear",
    ),
)


async def figures() -> list[Figure]:
    """Both sides build the model and count it, alternately."""
    torch.set_num_threads(1)
    rows: list[Figure] = []
    async with warm_core() as core:
        for model in MODELS:
            rows += await _compare(core, model)
    return rows


async def _compare(core: Core, model: Model) -> list[Figure]:
    ours: list[float] = []
    theirs: list[float] = []
    params = macs = their_params = their_macs = 0
    for number in range(ROUNDS):
        began = time.perf_counter()
        core.shapes.clear()
        reply = await ask(core, number, f"/shape {model.line}")
        ours.append(time.perf_counter() - began)
        params, macs = int(reply.data["params"]), int(reply.data["macs"])
        began = time.perf_counter()
        their_params, their_macs = await asyncio.to_thread(_torchinfo, model)
        theirs.append(time.perf_counter() - began)
    rows = [
        Figure(name=f"{model.name}: answer", value=median(ours) * 1e3, unit="ms", at_most=LIMIT_MS),
        Figure(
            name=f"{model.name}: time against torchinfo",
            value=median(ours) / median(theirs),
            unit="x",
            at_most=1.0 if model.large else None,
        ),
        Figure(
            name=f"{model.name}: parameters against torchinfo",
            value=params / their_params,
            unit="x",
            at_most=1.0,
            at_least=1.0,
        ),
    ]
    if model.counted_otherwise:
        rows.append(
            Figure(
                name=f"{model.name}: multiply-adds against torchinfo ({model.counted_otherwise})",
                value=macs / their_macs,
                unit="x",
            )
        )
    else:
        rows.append(
            Figure(
                name=f"{model.name}: multiply-adds against torchinfo",
                value=macs / their_macs,
                unit="x",
                at_most=1.0,
                at_least=1.0,
            )
        )
    return rows


def _torchinfo(model: Model) -> tuple[int, int]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        counted = summary(model.build(), input_size=model.input_size, verbose=0, device="cpu", mode="train")
    return counted.total_params, counted.total_mult_adds
