"""What is offered for a line that fails, and torch's word that it works."""

from __future__ import annotations

import pytest

from sandbox.jobs.shape import perform
from sandbox.language.grammar import parse
from sandbox.language.repairs import repairs
from sandbox.language.spelling import spell_pipeline
from sandbox.language.walk import bindings, walk
from sandbox.trial import agrees, payload, read_run, trial


@pytest.mark.parametrize(
    ("line", "repaired"),
    [
        ("linear 5 3 @ int64 2x5", "linear 5 3 @ 2x5"),
        ("linear 5 3 @ float64 2x5", "linear 5 3 @ 2x5"),
        ("conv2d 3 16 k3 @ int64 1x3x8x8", "conv2d 3 16 k3 @ 1x3x8x8"),
        ("embedding 10 4 @ float32 2x3", "embedding 10 4 @ int64 2x3"),
        ("linear 5 3 | embedding 10 4 @ 2x5", "linear 5 3 | long | embedding 10 4 @ 2x5"),
        ("double | linear 5 3 @ 2x5", "double | float | linear 5 3 @ 2x5"),
        ("matmul 2x3 4x5", "matmul @ 2x3 3x5"),
        ("matmul 2x3 2x3", "matmul @ 2x3 3x2"),
        ("bmm 2x3x4 3x4x5", "bmm @ 2x3x4 2x4x5"),
        ("cat 2x3 4x5 dim=0", "cat 0 @ 2x3 4x3"),
        ("stack 2x3 2x4", "stack @ 2x3 2x3"),
        ("broadcast 8x1x6 7x5", "broadcast @ 8x1x6 7x1"),
        ("einsum ij,jk->ik 2x3 4x5", "einsum ij,jk->ik @ 2x3 3x5"),
        ("bilinear 20 30 40 @ 8x20 7x30", "bilinear 20 30 40 @ 8x20 8x30"),
        ("view 3 7 @ 4x5", "view 2 -1 @ 4x5"),
        ("view 4 7 @ 4x5", "view 4 5 @ 4x5"),
        ("crossentropyloss @ 8x10 float32 8", "crossentropyloss @ 8x10 int64 (8,)"),
        ("crossentropyloss @ 8x10 8x1", "crossentropyloss @ 8x10 int64 (8,)"),
        ("crossentropyloss @ 8x10x4 16", "crossentropyloss @ 8x10x4 int64 8x4"),
        ("bceloss @ 8x1 8", "bceloss @ 8x1 8x1"),
        ("mseloss @ 8x3 8x4", "mseloss @ 8x3 8x3"),
        ("bn1d 16 @ 1x16", "batchnorm1d 16 eval @ 1x16"),
        ("instancenorm1d 16 @ 2x16x1", "instancenorm1d 16 @ 2x16x2"),
        ("conv1d 3 16 k3 @ 8x100x3", "permute 0 2 1 | conv1d 3 16 k3 @ 8x100x3"),
        ("embedding 10 4 | conv1d 4 8 k3 @ 2x20", "embedding 10 4 | permute 0 2 1 | conv1d 4 8 k3 @ int64 2x20"),
        ("mha 64 8 batch_first=true @ 8x64x10", "transpose 1 2 | multiheadattention 64 8 batch_first=true @ 8x64x10"),
        ("transformerencoderlayer 16 2 32 @ 4x16x5", "transpose 1 2 | transformerencoderlayer 16 2 32 @ 4x16x5"),
        ("layernorm 64 @ 8x64x5x5", "permute 0 2 3 1 | layernorm 64 @ 8x64x5x5"),
        ("lstm 10 20 @ 5x10x3", "transpose 1 2 | lstm 10 20 @ 5x10x3"),
        ("conv2d 1 16 k3 @ 8x28x28", "unsqueeze 1 | conv2d 1 16 k3 @ 8x28x28"),
        ("batchnorm1d 16 @ 2x16x6x6", "batchnorm2d 16 @ 2x16x6x6"),
        ("mseloss @ 3x5", "mseloss @ 3x5 3x5"),
        ("permute 0 1 3 @ 3x4x5", "permute 0 1 2 @ 3x4x5"),
        ("permute 0 0 1 @ 3x4x5", "permute 0 2 1 @ 3x4x5"),
        ("squeeze 7 @ 1x2", "squeeze 0 @ 1x2"),
        ("bmm 3x4 4x5", "bmm @ 1x3x4 1x4x5"),
        ("einsum ij,jk->il 3x4 4x5", "einsum ij,jk->ik @ 3x4 4x5"),
        ("pixelshuffle 2 @ 1x3x4x4", "pixelshuffle 2 @ 1x4x4x4"),
        ("fold 4x5 k2 @ 1x12x13", "fold output_size=4x5 k2 @ 1x12x12"),
    ],
)
def test_the_first_change_offered_is_the_smallest_and_torch_runs_it(line: str, repaired: str) -> None:
    fix, after = next(repairs(walk(parse(line))))
    assert spell_pipeline(after.pipeline) == repaired, fix
    at = trial(after, bindings(after, 1)[0])
    ran = read_run(perform(payload(after, [at]))["cases"][0]["cpu"])
    assert ran is not None
    assert agrees(at, ran)


def test_a_line_that_works_needs_no_repair() -> None:
    assert list(repairs(walk(parse("linear 5 3 @ 2x5")))) == []


def test_a_long_chain_is_not_searched_for_long() -> None:
    chain = " | ".join(["relu"] * 900 + ["conv2d 3 16 k3"]) + " @ 2x5"
    assert list(repairs(walk(parse(chain)))) == []
