"""Walking a line: shapes from stage to stage, what is solved, what is required, and how it ends."""

from __future__ import annotations

import time

import pytest
import torch

from sandbox.language.model import UNKNOWN, Pipeline, Stage, Tensor, Value
from sandbox.language.size import Size, evaluate, symbol
from sandbox.language.walk import Walk, bindings, condition_text, walk

N, C, L, H, W = (symbol(name) for name in "NCLHW")


def layer(name: str, **args: Value) -> Stage:
    return Stage("layer", name, args)


def op(name: str, **args: Value) -> Stage:
    return Stage("op", name, args)


def line(*stages: Stage, on: tuple[Size, ...] | Tensor, python: bool = False) -> Walk:
    first = on if isinstance(on, Tensor) else Tensor(on)
    return walk(Pipeline("", stages, (first,), python=python))


def last(walked: Walk) -> str:
    return str(walked.steps[-1].outputs[0].tensor)


def conv(channels: int, outputs: int, kernel: int = 3, **args: Value) -> Stage:
    return layer("Conv1d", in_channels=channels, out_channels=outputs, kernel_size=kernel, **args)


def test_each_stage_takes_what_the_one_before_it_gave() -> None:
    walked = line(conv(3, 16, stride=2), layer("ReLU"), conv(16, 8), on=(N, 3, 100))
    assert [str(step.inputs[0]) for step in walked.steps] == ["(N, 3, 100)", "(N, 16, 49)", "(N, 16, 49)"]
    assert last(walked) == "(N, 8, 47)"
    assert walked.failure is None


def test_a_question_mark_is_solved_from_the_input() -> None:
    stages = (conv(3, 16), layer("Flatten"), layer("Linear", in_features=UNKNOWN, out_features=10))
    walked = line(*stages, on=(N, 3, 102))
    assert walked.solved == {"in_features": 1600}
    assert walked.pipeline.stages[2].args["in_features"] == 1600
    assert walked.steps[2].stage is walked.pipeline.stages[2]


def test_two_question_marks_keep_their_stages_apart() -> None:
    stages = [layer("Linear", in_features=UNKNOWN, out_features=size) for size in (7, 2)]
    assert line(*stages, on=(N, 5)).solved == {"in_features": 5, "in_features@2": 7}


def test_a_question_mark_that_depends_on_a_free_size_asks_for_it() -> None:
    walked = line(layer("Flatten"), layer("Linear", in_features=UNKNOWN, out_features=10), on=(N, 3, L))
    assert walked.failure is not None
    assert walked.failure.index == 1
    assert "3*L" in walked.failure.words


def test_a_free_size_takes_the_only_value_that_fits() -> None:
    walked = line(conv(3, 16), layer("Flatten"), layer("Linear", in_features=4096, out_features=10), on=(N, C, L))
    assert walked.solved == {"C": 3, "L": 258}
    assert str(walked.pipeline.inputs[0]) == "(N, 3, 258)"
    assert last(walked) == "(N, 10)"


def test_a_free_size_with_several_values_that_fit_stays_free_and_is_bounded() -> None:
    stages = (conv(3, 16, stride=2), layer("Flatten"), layer("Linear", in_features=4096, out_features=10))
    walked = line(*stages, on=(N, 3, L))
    assert condition_text(walked) == ["L >= 513", "L <= 514"]
    assert {found["L"] for found in bindings(walked, 4)} == {513, 514}


def test_conditions_that_no_size_satisfies_end_the_walk_where_they_meet() -> None:
    stages = (conv(3, 16, stride=2), layer("Flatten"), layer("Linear", in_features=4097, out_features=10))
    walked = line(*stages, on=(N, 3, L))
    assert walked.failure is not None
    assert walked.failure.index == 2
    assert "L >= 515 and L <= 514" in walked.failure.words


def test_a_stage_that_cannot_take_its_input_ends_the_walk_and_keeps_what_worked() -> None:
    walked = line(conv(3, 16), conv(8, 4), layer("ReLU"), on=(N, 3, 50))
    assert walked.failure is not None
    assert walked.failure.index == 1
    assert len(walked.steps) == 1
    assert any(fix.args.get("in_channels") == 16 for fix in walked.failure.fixes)


def test_a_missing_argument_is_named() -> None:
    walked = line(layer("Linear", in_features=3), on=(N, 3))
    assert walked.failure is not None
    assert "out_features" in walked.failure.words


def test_in_python_a_tuple_is_handed_on_whole_and_fails() -> None:
    stages = (layer("LSTM", input_size=4, hidden_size=5), layer("Linear", in_features=5, out_features=2))
    assert last(line(*stages, on=(7, N, 4))) == "(7, N, 2)"
    walked = line(*stages, on=(7, N, 4), python=True)
    assert walked.failure is not None
    assert walked.failure.index == 1
    assert "h_n" in walked.failure.words


def test_a_sequential_is_opened_up() -> None:
    inner = Stage("layer", "Sequential", children=(layer("ReLU"), conv(4, 2)))
    outer = Stage("layer", "Sequential", children=(conv(3, 4), inner))
    walked = line(outer, on=(N, 3, 20))
    assert [stage.name for stage in walked.pipeline.stages] == ["Conv1d", "ReLU", "Conv1d"]
    assert last(walked) == "(N, 2, 16)"


def test_the_receptive_field_grows_by_the_steps_before_it_and_ends_where_positions_mix() -> None:
    stages = (conv(3, 4, stride=2), layer("ReLU"), layer("MaxPool1d", kernel_size=2), conv(4, 4))
    walked = line(*stages, on=(N, 3, 100))
    assert walked.receptive == (3 + 2 + 2 * 4,)
    walked = line(*stages, layer("Flatten"), conv(4, 4), on=(N, 3, 100))
    assert walked.receptive == (13,)
    assert walked.receptive_stages == 4
    assert line(layer("Linear", in_features=3, out_features=2), on=(N, 3)).receptive is None


def test_totals_are_the_sums_of_the_stages() -> None:
    walked = line(conv(3, 16), layer("ReLU"), conv(16, 8, bias=False), layer("Flatten"), on=(N, 3, 50))
    assert walked.params == 160 + 384
    assert walked.macs == 48 * 144 * N + 46 * 384 * N
    assert walked.activation_bytes == 4 * (16 * 48 + 16 * 48 + 8 * 46) * N


def test_an_in_place_stage_writes_nothing_new() -> None:
    assert line(layer("ReLU", inplace=True), on=(N, 3)).activation_bytes == 0
    assert line(layer("Flatten"), on=Tensor((2, 3, 4), "float64")).activation_bytes == 0
    assert line(op("contiguous"), on=Tensor((2, 3), "float64")).activation_bytes == 48


@pytest.mark.parametrize(
    ("walked", "texts"),
    [
        (line(conv(3, 4), on=(N, 3, L)), ["L >= 3"]),
        (line(conv(3, 4, padding=1), on=(N, 3, L)), []),
        (line(layer("MaxPool2d", kernel_size=2), on=(N, C, H, W)), ["H >= 2", "W >= 2"]),
        (line(op("view", shape=(-1, 100)), on=(N, 3, 40)), ["N a multiple of 5"]),
        (line(op("unflatten", dim=1, sizes=(4, -1)), on=(N, C)), ["C a multiple of 4"]),
        (walk(Pipeline("", (op("broadcast"),), (Tensor((N, L)), Tensor((H, W))))), ["H = N", "L = W"]),
        (line(op("squeeze"), on=(N, 1)), ["N >= 2"]),
    ],
)
def test_conditions_read_as_one_would_say_them(walked: Walk, texts: list[str]) -> None:
    assert condition_text(walked) == texts


def test_bindings_are_small_different_and_satisfy_every_condition() -> None:
    pool = layer("MaxPool1d", kernel_size=3, stride=3)
    walked = line(conv(3, 4, 5, stride=2), pool, op("unflatten", dim=2, sizes=(-1, 2)), on=(N, 3, L))
    found = bindings(walked, 5)
    assert len(found) == 5
    assert len({tuple(sorted(values.items())) for values in found}) == 5
    for values in found:
        tensor = torch.rand(values["N"], 3, values["L"])
        out = torch.nn.MaxPool1d(3, 3)(torch.nn.Conv1d(3, 4, 5, 2)(tensor)).unflatten(2, (-1, 2))
        assert tuple(out.shape) == tuple(evaluate(size, values) for size in walked.steps[-1].outputs[0].tensor.shape)
        assert values["L"] < 100


def test_bindings_reach_the_edge_and_both_parities() -> None:
    walked = line(conv(3, 4, 4, stride=2), on=(N, 3, L))
    lengths = [found["L"] for found in bindings(walked, 4)]
    assert 4 in lengths
    assert {length % 2 for length in lengths} == {0, 1}


def test_a_refusal_is_shown_at_sizes_where_it_happens() -> None:
    stages = (conv(3, 8), op("transpose", dim0=1, dim1=2), op("view", shape=(-1,)))
    walked = line(*stages, on=(N, 3, L))
    assert walked.failure is not None
    for values in bindings(walked, 5):
        assert values["N"] >= 2
        assert values["L"] - 2 >= 2


def test_an_output_that_torch_cannot_count_is_refused() -> None:
    walked = line(op("repeat", repeats=(10**9, 10**9)), on=(10, 10))
    assert walked.failure is not None
    assert "more bytes than torch can count" in walked.failure.words


@pytest.mark.parametrize("stage", [op("repeat", repeats=(10**18, 1)), layer("MaxPool1d", kernel_size=1, stride=10**18)])
def test_sizes_do_not_grow_without_end(stage: Stage) -> None:
    walked = line(*[stage] * 400, on=(N, L))
    size = walked.steps[-1].outputs[0].tensor.shape[-1]
    assert len(str(size)) < 20_000
    assert evaluate(size, bindings(walked, 1)[0]) >= 1


def test_nothing_free_has_one_empty_binding() -> None:
    assert bindings(line(layer("ReLU"), on=(2, 3)), 3) == [{}]


def test_a_chain_that_swallows_everything_asks_for_a_large_input() -> None:
    walked = line(*[conv(3, 3, stride=2)] * 20, on=(N, 3, L))
    assert condition_text(walked) == [f"L >= {2**21 - 1}"]
    assert bindings(walked, 1)[0]["L"] >= 2**21 - 1


@pytest.mark.parametrize("size", [100_000, L])
def test_two_hundred_stages_are_walked_at_once(size: Size) -> None:
    block = (
        conv(4, 4, stride=2, padding=1),
        layer("BatchNorm1d", num_features=4),
        layer("ReLU"),
        conv(4, 4, padding=1),
    )
    pipeline = Pipeline("", block * 50, (Tensor((N, 4, size)),))
    walk(pipeline)
    start = time.process_time()
    walked = walk(pipeline)
    assert time.process_time() - start < 5  # seconds: hangs fail, a busy machine does not
    assert len(walked.steps) == 200
