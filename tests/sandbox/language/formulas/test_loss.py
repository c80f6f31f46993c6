"""Every loss against torch: shapes, dtypes, parameters, and whether it fails."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sandbox.language.formulas.loss import FORMULAS
from sandbox.language.model import Value
from tests.sandbox.language.formulas.oracle import Input, assert_agrees, assert_agrees_for_free_sizes
from tests.sandbox.language.formulas.questions import Questioner

Question = tuple[dict[str, Value], list[Input]]
FLOATS = ("float32", "float64", "float16", "bfloat16")
DTYPES = (*FLOATS, "int64", "int32", "uint8", "bool")


def shape(ask: Questioner, least: int = 0, most: int = 4) -> list[int]:
    return [ask.pick([1, 2, 3, 4]) for _ in range(ask.pick(range(least, most + 1)))]


def nearly(ask: Questioner, sizes: list[int]) -> list[int]:
    """The same shape, or one that is a little off."""
    if ask.odds(0.75):
        return list(sizes)
    kind = ask.pick(["ones", "other", "shorter", "longer", "fresh"])
    if kind == "ones":
        return [1 if ask.odds(0.5) else size for size in sizes]
    if kind == "other" and sizes:
        changed = list(sizes)
        changed[ask.pick(range(len(sizes)))] = 5
        return changed
    if kind == "shorter":
        return sizes[1:] if ask.odds(0.5) else sizes[:-1]
    return [*sizes, 1] if kind == "longer" else shape(ask)


def reduction(ask: Questioner) -> dict[str, Value]:
    args: dict[str, Value] = {}
    if ask.odds(0.7):
        args["reduction"] = ask.mostly(["none", "mean", "sum"], ["batchmean", "average", None])
    return args


def legacy(ask: Questioner) -> dict[str, Value]:
    return ask.some(
        {"size_average": ask.pick([True, False]), "reduce": ask.pick([True, False])}, size_average=0.1, reduce=0.1
    )


def alike(ask: Questioner, count: int) -> list[Input]:
    first = shape(ask)
    kind = ask.mostly(["float32"], DTYPES, 0.2)
    inputs: list[Input] = [(first, kind)]
    return inputs + [(nearly(ask, first), ask.mostly([kind], DTYPES, 0.2)) for _ in range(count - 1)]


def pairs(ask: Questioner) -> Question:
    return reduction(ask) | legacy(ask), alike(ask, 2)


def with_number(name: str, *values: float) -> Callable[[Questioner], Question]:
    def question(ask: Questioner) -> Question:
        args, inputs = pairs(ask)
        return args | ask.some({name: ask.pick(values)}, **{name: 0.4}), inputs

    return question


def modern(question: Callable[[Questioner], Question]) -> Callable[[Questioner], Question]:
    """The same for a loss without the arguments of old."""

    def without(ask: Questioner) -> Question:
        args, inputs = question(ask)
        return {key: value for key, value in args.items() if key not in {"size_average", "reduce"}}, inputs

    return without


def gaussian(ask: Questioner) -> Question:
    inputs = alike(ask, 3)
    if ask.odds(0.6):
        first = list(shape(ask, 1))
        spread = ask.pick([first, first[:-1], [*first[:-1], 1], [1, *first[1:]], [1 for _ in first]])
        inputs = [first, nearly(ask, first), (spread, ask.mostly(["float32"], DTYPES))]
    return reduction(ask) | ask.some({"full": True}, full=0.3), inputs


def classes(ask: Questioner) -> Question:
    scores = shape(ask, 1, 5) if ask.odds(0.95) else []
    places = [*scores[:1], *scores[2:]] if len(scores) > 1 else []
    target = nearly(ask, places)
    kind = ask.mostly(["int64"], DTYPES, 0.1)
    if ask.odds(0.15):
        target, kind = list(scores), ask.mostly(["float32"], DTYPES, 0.2)
    args = reduction(ask) | legacy(ask)
    args |= ask.some({"ignore_index": ask.pick([-100, 0, 2, -1])}, ignore_index=0.2)
    return args, [(scores, ask.mostly(["float32"], DTYPES, 0.1)), (target, kind)]


def smoothed(ask: Questioner) -> Question:
    args, inputs = classes(ask)
    return args | ask.some({"label_smoothing": ask.pick([0.0, 0.1, 1.0, 1.5, -0.1])}, label_smoothing=0.2), inputs


def margins(ask: Questioner) -> Question:
    args, (scores, target) = classes(ask)
    args.pop("ignore_index", None)
    return args | ask.some({"p": ask.pick([1, 2, 3]), "margin": 0.5}, p=0.2, margin=0.2), [scores, target]


def labels(ask: Questioner) -> Question:
    scores = shape(ask, 0, 3)
    kinds = ask.mostly(["float32", "float64"], DTYPES, 0.1), ask.mostly(["int64"], DTYPES, 0.1)
    return reduction(ask) | legacy(ask), [(scores, kinds[0]), (nearly(ask, scores), kinds[1])]


def rankings(ask: Questioner) -> Question:
    args = reduction(ask) | legacy(ask) | ask.some({"margin": ask.pick([0.5, 1, -1.0])}, margin=0.3)
    return args, alike(ask, 3)


def cosines(ask: Questioner) -> Question:
    vectors = shape(ask, 1, 3) if ask.odds(0.2) else shape(ask, 2, 2)
    kind = ask.mostly(["float32"], DTYPES, 0.2)
    inputs: list[Input] = [(vectors, kind), (nearly(ask, vectors), ask.mostly([kind], DTYPES, 0.1))]
    target = (nearly(ask, vectors[:-1]), ask.mostly(["float32", "int64"], DTYPES))
    return reduction(ask) | legacy(ask) | ask.some({"margin": 0.5}, margin=0.2), [*inputs, target]


def triplets(ask: Questioner) -> Question:
    args = reduction(ask) | legacy(ask)
    args |= ask.some({"margin": ask.pick([1.0, 2, 0.0, -1]), "swap": ask.pick([True, False])}, margin=0.2, swap=0.4)
    return args, alike(ask, 3)


def alignments(ask: Questioner) -> Question:
    length, batch, count = ask.pick([2, 5]), ask.pick([1, 2, 3]), ask.pick([2, 4])
    batched = ask.odds(0.8)
    scores = [length, batch, count] if batched else [length, count]
    targets = ask.pick([[batch, 2], [batch * 2], [2], nearly(ask, [batch, 2])])
    lengths: list[Input] = [(nearly(ask, [batch] if batched else []), ask.mostly(["int64"], DTYPES)) for _ in range(2)]
    inputs: list[Input] = [(nearly(ask, scores), ask.mostly(["float32", "float64"], DTYPES))]
    inputs.append((targets, ask.mostly(["int64", "int32"], DTYPES)))
    args = reduction(ask) | ask.some(
        {"blank": ask.pick([0, 1, 9, -1]), "zero_infinity": True}, blank=0.2, zero_infinity=0.2
    )
    return args, [*inputs, *lengths]


def adaptive(ask: Questioner) -> Question:
    width, many = ask.pick([3, 8, 16]), ask.pick([10, 20])
    cutoffs = ask.mostly([(2,), (2, 5), (1, 3, 9)], [(), (5, 2), (0, 3), (3, 30), (10,), (2, 2)], 0.2)
    args: dict[str, Value] = {"in_features": ask.mostly([width], [5]), "n_classes": many, "cutoffs": cutoffs}
    args |= ask.some({"div_value": ask.pick([2.0, 4, 8.0]), "head_bias": True}, div_value=0.3, head_bias=0.3)
    features = [3, width] if ask.odds(0.8) else [width]
    kind = ask.mostly(["int64"], DTYPES, 0.05)
    return args, [(nearly(ask, features), ask.mostly(["float32"], DTYPES)), (nearly(ask, features[:-1]), kind)]


def linear_classes(ask: Questioner) -> Question:
    width, many = ask.pick([3, 5]), ask.pick([2, 4])
    args: dict[str, Value] = {"in_features": ask.mostly([width], [4]), "num_classes": many}
    args |= ask.some({"bias": True, "out_features": ask.pick([(2,), (2, 3), ()])}, bias=0.4, out_features=0.4)
    args |= ask.some(
        {"label_smoothing": ask.pick([0.1, 1.5]), "ignore_index": ask.pick([0, -1])},
        label_smoothing=0.1,
        ignore_index=0.2,
    )
    args |= reduction(ask)
    axes = args.get("out_features", ())
    assert isinstance(axes, tuple)
    more = [size for size in axes if isinstance(size, int)]
    features = [3, width] if ask.odds(0.8) else [width]
    target: Input = (nearly(ask, [*features[:-1], *more]), ask.mostly(["int64"], DTYPES, 0.05))
    if ask.odds(0.2):
        target = ([*features[:-1], many, *more], ask.mostly(["float32"], DTYPES, 0.1))
    return args, [(nearly(ask, features), ask.mostly(["float32"], DTYPES)), target]


QUESTIONS: dict[str, Callable[[Questioner], Question]] = {
    "L1Loss": pairs,
    "MSELoss": pairs,
    "SmoothL1Loss": with_number("beta", 0.0, 0.5, 1, -1.0),
    "HuberLoss": modern(with_number("delta", 0.0, 0.5, 1, -1.0)),
    "BCELoss": pairs,
    "BCEWithLogitsLoss": pairs,
    "KLDivLoss": with_number("log_target", True, False),
    "PoissonNLLLoss": with_number("log_input", True, False),
    "GaussianNLLLoss": gaussian,
    "SoftMarginLoss": pairs,
    "HingeEmbeddingLoss": with_number("margin", 0.5, 1, -1.0),
    "MultiLabelSoftMarginLoss": pairs,
    "MultiLabelMarginLoss": labels,
    "MultiMarginLoss": margins,
    "CrossEntropyLoss": smoothed,
    "NLLLoss": classes,
    "LinearCrossEntropyLoss": linear_classes,
    "AdaptiveLogSoftmaxWithLoss": adaptive,
    "MarginRankingLoss": rankings,
    "CosineEmbeddingLoss": cosines,
    "TripletMarginLoss": triplets,
    "TripletMarginWithDistanceLoss": modern(triplets),
    "CTCLoss": alignments,
}


def compare(name: str, seed: int) -> None:
    ask = Questioner(f"{name} {seed}")
    args, inputs = QUESTIONS[name](ask)
    if ask.odds(0.03):
        inputs = inputs[:-1]
    assert_agrees(name, args, inputs)


def test_every_loss_is_asked_about() -> None:
    assert set(QUESTIONS) == set(FORMULAS)


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_loss_is_what_torch_makes_of_it(name: str) -> None:
    for seed in range(120):
        compare(name, seed)


@pytest.mark.long
@pytest.mark.parametrize("name", QUESTIONS)
def test_a_loss_is_what_torch_makes_of_it_thousands_of_times(name: str) -> None:
    for seed in range(120, 2400):
        compare(name, seed)


@pytest.mark.parametrize(
    ("scores", "target"), [((4, 3), (4,)), ((2, 3, 5), (2, 5)), ((2, 3, 4, 5), (2, 4, 5)), ((2, 3), (3,))]
)
def test_the_batch_and_the_places_of_a_loss_may_stay_free(scores: tuple[int, ...], target: tuple[int, ...]) -> None:
    for free in ({0: "N"}, {1: "C"}, {0: "N", 1: "C"}):
        assert_agrees_for_free_sizes("CrossEntropyLoss", {}, scores, free, others=[(target, "int64")])
