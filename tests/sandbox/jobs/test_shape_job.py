"""The SHAPE job says what torch says, and what it did not dare to run."""

from __future__ import annotations

import json
import re
import resource
import time
from typing import Any

import pytest
import torch
from torch import nn

from sandbox.jobs import bounds
from sandbox.jobs.operations import OPERATIONS
from sandbox.jobs.shape import perform
from sandbox.language.layers.registry import LAYERS, OPS
from sandbox.language.model import Dtype, Stage
from sandbox.language.wire import stage_to_wire
from tests.sandbox.language.formulas.versions import OLDER

# As in the worker, where nobody reads them.
pytestmark = pytest.mark.filterwarnings("ignore")

Shape = tuple[int, ...]


def layer(name: str, **args: Any) -> Stage:
    return Stage("layer", name, args)


def op(name: str, **args: Any) -> Stage:
    return Stage("op", name, args)


def case(*shapes: Shape, dtype: str = "float32", meta: bool = True, cpu: bool = True) -> dict[str, Any]:
    inputs = [{"shape": list(shape), "dtype": dtype} for shape in shapes]
    return {"inputs": inputs, "meta": meta, "cpu": cpu}


def run(stages: list[Stage], *cases: dict[str, Any], training: bool = True, python: bool = False) -> list[Any]:
    """The cases of an answer, after a journey through JSON."""
    payload = {
        "stages": [stage_to_wire(stage) for stage in stages],
        "training": training,
        "python": python,
        "cases": list(cases),
    }
    answer = json.loads(json.dumps(perform(json.loads(json.dumps(payload)))))
    found: list[Any] = answer["cases"]
    return found


def outputs(side: dict[str, Any]) -> list[list[Shape]]:
    assert side["error"] is None
    assert side["skipped"] is None
    return [[tuple(tensor["shape"]) for tensor in stage["outputs"]] for stage in side["stages"]]


def test_a_layer_gives_its_shape_and_its_parameters_on_both_devices() -> None:
    (found,) = run([layer("Conv1d", in_channels=3, out_channels=16, kernel_size=3, padding=1)], case((32, 3, 100)))
    for device in ("meta", "cpu"):
        assert outputs(found[device]) == [[(32, 16, 100)]]
        assert found[device]["stages"][0]["params"] == 160
        assert found[device]["stages"][0]["outputs"][0]["dtype"] == "float32"


def test_only_what_was_asked_for_is_answered() -> None:
    first, second = run([layer("ReLU")], case((2,), cpu=False), case((3,), meta=False))
    assert first["cpu"] is None
    assert second["meta"] is None
    assert outputs(second["cpu"]) == [[(3,)]]


def test_a_chain_passes_first_outputs_on_and_flattens_tuples() -> None:
    chain = [layer("LSTM", input_size=8, hidden_size=4), layer("Linear", in_features=4, out_features=2)]
    (found,) = run(chain, case((5, 3, 8)))
    for device in ("meta", "cpu"):
        assert outputs(found[device]) == [[(5, 3, 4), (1, 3, 4), (1, 3, 4)], [(5, 3, 2)]]


def test_python_passes_the_whole_tuple_on_and_fails_as_in_a_notebook() -> None:
    chain = [layer("LSTM", input_size=8, hidden_size=4), layer("Linear", in_features=4, out_features=2)]
    (found,) = run(chain, case((5, 3, 8)), python=True)
    assert found["cpu"]["error"]["type"] == "TypeError"
    assert found["cpu"]["error"]["stage"] == 1
    assert "tuple" in found["cpu"]["error"]["text"]


def test_a_sequential_runs_its_parts() -> None:
    parts = (layer("Linear", in_features=4, out_features=3), layer("ReLU"))
    (found,) = run([Stage("layer", "Sequential", {}, children=parts)], case((2, 4)))
    assert outputs(found["cpu"]) == [[(2, 3)]]
    assert found["cpu"]["stages"][0]["params"] == 15


def test_nested_layers_are_built_from_nested_stages() -> None:
    inner = layer("TransformerEncoderLayer", d_model=16, nhead=4, dim_feedforward=32)
    (found,) = run([layer("TransformerEncoder", encoder_layer=inner, num_layers=2)], case((5, 2, 16)))
    expected = nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 4, 32), 2)
    for device in ("meta", "cpu"):
        assert outputs(found[device]) == [[(5, 2, 16)]]
        assert found[device]["stages"][0]["params"] == sum(weight.numel() for weight in expected.parameters())


def test_the_short_spelling_of_an_encoder_builds_its_layer() -> None:
    (found,) = run([layer("TransformerEncoder", d_model=16, nhead=4, num_layers=1)], case((5, 2, 16)))
    assert outputs(found["meta"]) == outputs(found["cpu"]) == [[(5, 2, 16)]]


def test_attention_attends_to_itself_and_takes_call_arguments() -> None:
    with_weights = layer("MultiheadAttention", embed_dim=8, num_heads=2)
    without = layer("MultiheadAttention", embed_dim=8, num_heads=2, need_weights=False)
    (first,) = run([with_weights], case((5, 2, 8)))
    (second,) = run([without], case((5, 2, 8), (7, 2, 8), (7, 2, 8)))
    assert outputs(first["cpu"]) == outputs(first["meta"]) == [[(5, 2, 8), (2, 5, 5)]]
    assert outputs(second["cpu"]) == outputs(second["meta"]) == [[(5, 2, 8)]]


def test_states_go_in_as_torch_wants_them() -> None:
    (lstm,) = run([layer("LSTM", input_size=8, hidden_size=4)], case((5, 3, 8), (1, 3, 4), (1, 3, 4)))
    (gru,) = run([layer("GRUCell", input_size=8, hidden_size=4)], case((3, 8), (3, 4)))
    assert outputs(lstm["cpu"]) == [[(5, 3, 4), (1, 3, 4), (1, 3, 4)]]
    assert outputs(gru["cpu"]) == outputs(gru["meta"]) == [[(3, 4)]]


def test_a_lazy_layer_is_made_anew_for_every_case() -> None:
    first, second = run([layer("LazyLinear", out_features=5)], case((2, 3)), case((2, 7)))
    assert [first[device]["stages"][0]["params"] for device in ("meta", "cpu")] == [20, 20]
    assert [second[device]["stages"][0]["params"] for device in ("meta", "cpu")] == [40, 40]


def test_eval_is_eval() -> None:
    norm = layer("BatchNorm1d", num_features=3)
    (training,) = run([norm], case((1, 3)))
    (evaluating,) = run([norm], case((1, 3)), training=False)
    assert "more than 1 value per channel" in training["cpu"]["error"]["text"]
    assert outputs(evaluating["cpu"]) == [[(1, 3)]]


def test_dtypes_of_inputs_and_arguments_are_kept() -> None:
    (found,) = run(
        [layer("Linear", in_features=3, out_features=2, dtype=Dtype("float64"))], case((4, 3), dtype="float64")
    )
    assert found["cpu"]["stages"][0]["outputs"][0]["dtype"] == "float64"
    (wrong,) = run([layer("Linear", in_features=3, out_features=2)], case((4, 3), dtype="int64"))
    assert wrong["meta"]["error"] is None  # meta does not mind, which is why it is not believed alone
    assert "dtype" in wrong["cpu"]["error"]["text"]


def test_a_device_in_the_arguments_is_ours_to_choose() -> None:
    (found,) = run([layer("Linear", in_features=3, out_features=2, device="cuda")], case((4, 3)))
    assert outputs(found["cpu"]) == [[(4, 2)]]


def test_an_error_names_its_stage_and_step_and_carries_the_cpus_words() -> None:
    chain = [layer("ReLU"), layer("Linear", in_features=512, out_features=10)]
    (small,) = run(chain, case((2, 4096)))
    (large,) = run(chain, case((1_000_000, 4096), cpu=False))
    for found in (small, large):
        error = found["cpu"]["error"]
        assert (error["stage"], error["step"], error["type"]) == (1, "forward", "RuntimeError")
        assert error["text"].startswith("mat1 and mat2 shapes cannot be multiplied")
        assert "Traceback" not in error["text"]


def test_an_error_while_building_is_one_too() -> None:
    (found,) = run([layer("Conv1d", in_channels=3, out_channels=16, kernel_size=3, groups=2)], case((2, 3, 10)))
    for device in ("meta", "cpu"):
        assert found[device]["error"]["step"] == "build"
        assert found[device]["error"]["type"] == "ValueError"


@pytest.mark.parametrize("name", ["Module", "ModuleList", "__class__", "init", "functional", "../os", "Parameter"])
def test_a_name_outside_the_language_is_not_looked_up(name: str) -> None:
    (found,) = run([layer(name)], case((2,)))
    assert found["cpu"]["error"]["type"] == "UnknownStageError"
    (found,) = run([op(name)], case((2,)))
    assert found["cpu"]["error"]["type"] == "UnknownStageError"


def test_every_operation_of_the_language_is_in_the_table() -> None:
    assert set(OPERATIONS) == set(OPS)


def test_every_layer_of_the_language_is_a_module_of_torch() -> None:
    """An older torch may lack some."""
    lacking = {name for name in LAYERS if not hasattr(nn, name)}
    assert not lacking or OLDER
    assert [name for name in LAYERS if name not in lacking and not issubclass(getattr(nn, name), nn.Module)] == []


def test_a_class_that_this_torch_lacks_is_named_with_the_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(nn, "Softsign")
    (found,) = run([layer("Softsign")], case((2,)))
    assert re.fullmatch(r"torch \d+\.\d+\.\w+ has no Softsign", found["cpu"]["error"]["text"])


@pytest.mark.parametrize(
    ("stage", "shapes", "expected"),
    [
        (op("view", shape=(6, -1)), [(2, 3, 4)], [(6, 4)]),
        (op("reshape", shape=-1), [(2, 3)], [(6,)]),
        (op("flatten", start_dim=1), [(2, 3, 4)], [(2, 12)]),
        (op("unflatten", dim=1, sizes=(2, 6)), [(2, 12)], [(2, 2, 6)]),
        (op("permute", dims=(2, 0, 1)), [(2, 3, 4)], [(4, 2, 3)]),
        (op("squeeze"), [(2, 1, 3)], [(2, 3)]),
        (op("expand", size=(4, -1)), [(1, 3)], [(4, 3)]),
        (op("repeat", repeats=(2, 1)), [(4, 3)], [(8, 3)]),
        (op("pad", pad=(1, 2)), [(2, 3)], [(2, 6)]),
        (op("cat", dim=0), [(2, 3), (4, 3)], [(6, 3)]),
        (op("stack"), [(2, 3), (2, 3)], [(2, 2, 3)]),
        (op("split", split_size_or_sections=2, dim=1), [(2, 5)], [(2, 2), (2, 2), (2, 1)]),
        (op("split", split_size_or_sections=(1, 4), dim=1), [(2, 5)], [(2, 1), (2, 4)]),
        (op("chunk", chunks=2), [(5,)], [(3,), (2,)]),
        (op("unbind", dim=0), [(2, 3)], [(3,), (3,)]),
        (op("matmul"), [(7, 2, 3), (3, 4)], [(7, 2, 4)]),
        (op("einsum", equation="bij,bjk->bik"), [(2, 3, 4), (2, 4, 5)], [(2, 3, 5)]),
        (op("broadcast"), [(8, 1, 6, 1), (7, 1, 5)], [(8, 7, 6, 5)]),
        (op("max", dim=1), [(2, 3)], [(2,), (2,)]),
        (op("sum"), [(2, 3)], [()]),
    ],
)
def test_operations_do_what_torch_does(stage: Stage, shapes: list[Shape], expected: list[Shape]) -> None:
    (found,) = run([stage], case(*shapes))
    assert outputs(found["meta"]) == outputs(found["cpu"]) == [expected]


def test_inputs_are_valid_where_values_matter() -> None:
    questions: list[tuple[list[Stage], list[tuple[Shape, str]]]] = [
        ([layer("Embedding", num_embeddings=10, embedding_dim=4)], [((2, 3), "int64")]),
        ([layer("CrossEntropyLoss")], [((4, 10), "float32"), ((4,), "int64")]),
        ([layer("BCELoss")], [((4,), "float32"), ((4,), "float32")]),
        ([layer("GaussianNLLLoss")], [((4,), "float32"), ((4,), "float32"), ((4,), "float32")]),
        ([layer("MaxUnpool1d", kernel_size=2)], [((1, 2, 4), "float32"), ((1, 2, 4), "int64")]),
        ([layer("CTCLoss")], [((9, 2, 5), "float32"), ((2, 3), "int64"), ((2,), "int64"), ((2,), "int64")]),
        (
            [layer("AdaptiveLogSoftmaxWithLoss", in_features=8, n_classes=20, cutoffs=(5,))],
            [((4, 8), "float32"), ((4,), "int64")],
        ),
    ]
    for stages, inputs in questions:
        tensors = [{"shape": list(shape), "dtype": dtype} for shape, dtype in inputs]
        (found,) = run(stages, {"inputs": tensors, "meta": True, "cpu": True})
        assert found["cpu"]["error"] is None, stages
        assert found["meta"]["error"] is None, stages


def test_what_the_meta_device_cannot_run_is_skipped_there_and_no_error() -> None:
    (found,) = run([layer("GaussianNLLLoss")], case((4,), (4,), (4,)))
    assert "meta device" in found["meta"]["skipped"]
    assert outputs(found["cpu"]) == [[()]]


@pytest.mark.parametrize(
    ("stages", "shapes"),
    [
        ([layer("Conv1d", in_channels=3, out_channels=16, kernel_size=3)], [(1, 3, 10**12)]),
        ([layer("Conv1d", in_channels=3, out_channels=16, kernel_size=10**9)], [(1, 3, 10**10)]),
        ([layer("Conv2d", in_channels=3, out_channels=16, kernel_size=10**9)], [(1, 3, 64, 64)]),
        ([layer("Conv1d", in_channels=10**30, out_channels=16, kernel_size=3)], [(1, 3, 64)]),
        ([layer("Linear", in_features=10**9, out_features=10**9)], [(1, 10**9)]),
        ([layer("Linear", in_features=10**12, out_features=10**12)], [(1, 10**12)]),
        ([layer("ReLU")], [(10**6, 10**6, 10**6, 10**6)]),
        ([layer("ReLU")], [(10**30,)]),
        ([layer("ReLU")], [(-1,)]),
        ([layer("MaxPool2d", kernel_size=10**9)], [(1, 1, 4, 4)]),
        ([layer("LSTM", input_size=4, hidden_size=4)], [(10**6, 2, 4)]),
        ([layer("LSTM", input_size=4, hidden_size=4, num_layers=10**6)], [(3, 2, 4)]),
        ([layer("TransformerEncoder", d_model=8, nhead=2, num_layers=10**6)], [(3, 2, 8)]),
        ([layer("Upsample", scale_factor=10**6)], [(1, 1, 8, 8)]),
        ([layer("ZeroPad2d", padding=10**6)], [(1, 1, 8, 8)]),
        ([layer("AdaptiveAvgPool2d", output_size=10**6)], [(1, 1, 8, 8)]),
        ([layer("LocalResponseNorm", size=10**9)], [(1, 4, 8)]),
        ([layer("Embedding", num_embeddings=10**10, embedding_dim=10)], [(2, 2)]),
        ([op("split", split_size_or_sections=1)], [(10**9,)]),
        ([op("unbind")], [(10**9,)]),
        ([op("chunk", chunks=10**9)], [(10**9,)]),
        ([op("expand", size=(10**9, 10**9))], [(1, 1)]),
        ([op("repeat", repeats=(10**9, 10**9))], [(1, 1)]),
        ([op("one_hot", num_classes=10**10)], [(4,)]),
        ([op("einsum", equation="i,j,k,l,m->ijklm")], [(2000,)] * 5),
        ([op("matmul")], [(100_000, 100_000), (100_000, 100_000)]),
        ([layer("ReLU")] * 5000, [(2,)]),
    ],
)
def test_absurd_sizes_are_answered_at_once_and_take_no_memory(stages: list[Stage], shapes: list[Shape]) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    (found,) = run(stages, case(*shapes, dtype="int64" if stages[0].name in {"Embedding", "one_hot"} else "float32"))
    assert time.process_time() - started < 5  # seconds: hangs fail, a busy machine does not
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 * 1024
    for side in found.values():
        assert side["error"] or side["skipped"] or len(side["stages"]) == len(stages)


def test_the_last_offset_of_bags_is_the_number_of_indices() -> None:
    """Torch takes it as it is, and writes out of bounds for another."""
    stage = layer("EmbeddingBag", num_embeddings=10, embedding_dim=4, include_last_offset=True)
    for dtype in ("int64", "int32", "int8"):
        inputs = [{"shape": [5], "dtype": "int64"}, {"shape": [3], "dtype": dtype}]
        (found,) = run([stage], {"inputs": inputs, "meta": False, "cpu": True})
        assert outputs(found["cpu"]) == [[(2, 4)]]


@pytest.mark.parametrize(
    ("stage", "shapes", "dtypes"),
    [
        (layer("EmbeddingBag", num_embeddings=5, embedding_dim=3), [(3,), (0,)], ["int64", "int64"]),
        (layer("EmbeddingBag", num_embeddings=5, embedding_dim=3, mode="max"), [(3,), (0,)], ["int64", "int64"]),
        (
            layer("EmbeddingBag", num_embeddings=5, embedding_dim=3, include_last_offset=True),
            [(3,), (1,)],
            ["int64", "int64"],
        ),
        (
            layer("EmbeddingBag", num_embeddings=5, embedding_dim=3, include_last_offset=True),
            [(200,), (2,)],
            ["int64", "int8"],
        ),
        (layer("LSTMCell", input_size=1, hidden_size=1), [(1,), (1, 1), (1,)], ["float32"] * 3),
        (layer("LSTMCell", input_size=1, hidden_size=1), [(1,), (1, 1), (1, 1)], ["float32"] * 3),
        (layer("GRUCell", input_size=1, hidden_size=1), [(1,), (1, 1)], ["float32"] * 2),
    ],
)
def test_what_would_break_torch_is_not_run(stage: Stage, shapes: list[Shape], dtypes: list[str]) -> None:
    """Each of these has ended a process, or written where it must not."""
    inputs = [{"shape": list(shape), "dtype": dtype} for shape, dtype in zip(shapes, dtypes, strict=True)]
    for stages in ([stage], [Stage("layer", "Sequential", {}, children=(stage,))]):
        (found,) = run(stages, {"inputs": inputs, "meta": True, "cpu": True})
        assert found["cpu"]["error"] or "torch would" in found["cpu"]["skipped"]
    (found,) = run([stage], {"inputs": inputs, "meta": True, "cpu": True})
    assert "torch would" in found["cpu"]["skipped"]


def test_bounds_are_said_with_their_numbers() -> None:
    (found,) = run([layer("Conv1d", in_channels=3, out_channels=16, kernel_size=3)], case((1, 3, 10**8)))
    assert outputs(found["meta"]) == [[(1, 16, 10**8 - 2)]]
    assert str(bounds.MOST_ELEMENTS) in found["cpu"]["skipped"]
    (found,) = run([layer("LSTM", input_size=4, hidden_size=4)], case((100, 2, 4)))
    assert "100 time steps" in found["meta"]["skipped"]
    assert outputs(found["cpu"]) == [[(100, 2, 4), (1, 2, 4), (1, 2, 4)]]


def test_large_layers_run_with_weights_that_nobody_filled() -> None:
    (found,) = run([layer("Linear", in_features=4000, out_features=2000)], case((2, 4000)))
    assert outputs(found["cpu"]) == [[(2, 2000)]]
    assert found["cpu"]["stages"][0]["params"] == 4000 * 2000 + 2000


def test_the_same_question_gets_the_same_answer_and_leaves_the_world_as_it_was() -> None:
    question = [layer("FractionalMaxPool2d", kernel_size=3, output_size=4)]
    assert run(question, case((1, 2, 9, 9))) == run(question, case((1, 2, 9, 9)))
    assert torch.is_grad_enabled()


@pytest.mark.parametrize("payload", [{}, {"stages": 1, "training": True, "python": False, "cases": []}])
def test_a_payload_that_is_none_raises(payload: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        perform(payload)
