"""What `/bench` says: the times and the memory of a layer as a `Reply` and as data, and how to measure them oneself.

Imported with the first question, as the layer language behind it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.commands.shape_words import amount, memory, named, shapes
from bot.reply import Code, Fault, Part, Reply, Table, Text
from sandbox.bench_job import payload
from sandbox.language.grammar import parse
from sandbox.language.meanings import meaning
from sandbox.language.model import Pipeline, Tensor
from sandbox.language.python import comfortable_sizes, expression, write
from sandbox.language.size import evaluate
from sandbox.language.spelling import spell_stage, spell_stages
from sandbox.language.walk import Walk, walk
from sandbox.protocol import Result, Status

NAMES = {"cpu": "CPU", "cuda": "CUDA"}
_PASSES = (("forward", "forward"), ("backward", "backward"), ("total", "both"))
_UNITS = ((1e3, "s"), (1.0, "ms"), (1e-3, "µs"), (1e-6, "ns"))
_FLOATING = frozenset({"float16", "bfloat16", "float32", "float64"})
_KEPT = (
    ("parameters", "memory of the parameters"),
    ("inputs", "memory of the inputs"),
    ("outputs", "memory of the outputs"),
    ("kept", "kept between forward and backward, outputs included"),
    ("gradients", "gradients of parameters and inputs"),
)
_ALIKE = 1.1  # times as fast; below, noise could have made it


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is measured: the line with a number for every size, and those that nobody had given."""

    walk: Walk
    chosen: Mapping[str, int]

    def payload(self) -> dict[str, Any]:
        """Of a BENCH job."""
        return payload(self.walk)


def read(text: str) -> Question:
    """The question in a line; where the walk has failed, there is nothing to measure. Raises `LanguageError`."""
    open_ = walk(parse(text))
    if open_.failure is not None:
        return Question(walk=open_, chosen={})
    sizes = comfortable_sizes(open_)
    pipeline = replace(open_.pipeline, inputs=tuple(tensor.with_sizes(sizes) for tensor in open_.pipeline.inputs))
    return Question(walk=walk(pipeline), chosen=dict(sorted(sizes.items())))


def answered(question: Question, results: Mapping[str, Result]) -> Reply:
    """The reply to what the devices gave; the CPU's decides whether there is one."""
    if results["cpu"].status is not Status.OK:
        return refused(question, results["cpu"])
    return Reply(parts=tuple(_parts(question, results)), data=data(question, results))


def _parts(question: Question, results: Mapping[str, Result]) -> Iterator[Part]:
    walked, value = question.walk, results["cpu"].value
    pipeline = walked.pipeline
    name = pipeline.stages[0].name if len(pipeline.stages) == 1 else f"{len(pipeline.stages)} stages"
    yield Text(text=f"{name}: {shapes(pipeline.inputs)} → {named(walked.steps[-1].outputs)}", tone="heading")
    if question.chosen:
        sizes = ", ".join(f"{size} = {number}" for size, number in question.chosen.items())
        yield Text(text=f"You left sizes open: measured at {sizes}.", tone="note")
    yield _table(results)
    yield Code(code="\n".join(_facts(walked, value, results)))
    if value["no_backward"]:
        yield Text(text=f"There is no backward to measure: {value['no_backward']}", tone="note")
    yield from _honest(results)
    yield Text(text="The same with torch's own timer:")
    yield Code(code=snippet(walked, backward=not value["no_backward"]), language="python")
    where = " and ".join(f"{NAMES[device]}" for device, result in results.items() if result.status is Status.OK)
    yield Text(text=f"torch {_version(results['cpu'])}, measured on this machine's {where}.", tone="note")


def _table(results: Mapping[str, Result]) -> Table:
    measured = {device: result.value for device, result in results.items() if result.status is Status.OK}
    rows = []
    for key, name in _PASSES:
        for device, value in measured.items():
            time, most = value["times"][key], _most(value["memory"], key)
            if time is not None:
                between = f"{milliseconds(time['low_ms'])} to {milliseconds(time['high_ms'])}"
                label = f"{name}, {NAMES[device]}" if len(measured) > 1 else name
                rows.append((label, milliseconds(time["median_ms"]), between, f"{time['runs']:,}", _memory(most)))
    return Table(headers=("", "median", "half of the runs between", "runs", "memory at most"), rows=tuple(rows))


def _facts(walked: Walk, value: Mapping[str, Any], results: Mapping[str, Result]) -> Iterator[str]:
    macs = evaluate(walked.macs, {})
    yield f"parameters: {amount(value['params'])}"
    yield f"multiply-adds: {amount(macs)} in one forward"
    for device, result in results.items():
        if macs and result.status is Status.OK:
            reached, possible = _gflops(macs, result.value), 2 * result.value["rate"] / 1e9
            where = f" on {NAMES[device]}" if device != "cpu" else ""
            yield f"forward{where}: {reached:.3g} GFLOP/s; a large matrix product reaches {possible:.3g} there"
    for key, words in _KEPT:
        if value["memory"][key] is not None:
            yield f"{words}: {memory(value['memory'][key])}"


def _honest(results: Mapping[str, Result]) -> Iterator[Part]:
    """How far the figures can be trusted."""
    value = results["cpu"].value
    threads = value["threads"]
    told = f"{threads} thread{'s' * (threads > 1)}, random numbers; other work may be running on this machine."
    yield Text(text=f"{told[0].upper()}{told[1:]} Memory is what torch's own allocator gave out.", tone="note")
    noisy = [
        f"{name} on {NAMES[device]}"
        for device, result in results.items()
        if result.status is Status.OK
        for key, name in _PASSES
        if (time := result.value["times"][key]) is not None and time["noisy"]
    ]
    if noisy:
        yield Text(text=f"The runs differ much, or are few ({', '.join(noisy)}): read the times as a rough size.")
    if len(measured := [result for result in results.values() if result.status is Status.OK]) > 1:
        cpu, cuda = (float(result.value["times"]["forward"]["median_ms"]) for result in measured)
        yield Text(text=f"A forward on CUDA is {_compared(cpu, cuda)} on the CPU: from the call until it is done.")


def _compared(cpu: float, cuda: float) -> str:
    ratio = max(cpu, cuda) / max(min(cpu, cuda), 1e-9)
    if ratio < _ALIKE:
        return "as fast as"
    return f"{ratio:.2g} times as {'fast' if cuda < cpu else 'slow'} as"


def refused(question: Question, result: Result) -> Reply:
    """Why there are no figures: torch's words, a limit, or no worker."""
    walked = question.walk
    line = spell_stages(walked.pipeline.stages, python=walked.pipeline.python)
    parts: list[Part] = []
    error = result.value["error"] if result.value else None
    if result.status is Status.USER_ERROR and error:
        stage = spell_stage(walked.pipeline.stages[error["stage"]], python=walked.pipeline.python)
        message = f"torch refuses `{stage}`."
        parts = [Text(text=message, tone="bad"), Code(code=f"{error['type']}: {error['message']}")]
        if (means := meaning(error["message"])) is not None:
            parts.append(Text(text=means))
    elif result.status is Status.MEMORY and error:
        message = f"`{line}` needs more memory than the {_limit(result)} that a run may take."
        parts = [Text(text=message, tone="bad"), Text(text="Smaller sizes, such as a smaller N, may fit.")]
    elif result.limit is not None:
        message = f"Not measured: {result.error}."
        parts = [Text(text=message, tone="bad"), Text(text="Smaller sizes, such as a smaller N, may fit.")]
        parts.append(Text(text=f"The limit is {_limit(result)} ({result.limit['name']}).", tone="note"))
    else:
        message = f"Not measured: {result.error}"
        parts = [Text(text=message, tone="bad")]
    return Reply(parts=tuple(parts), data=data(question, {}), fault=Fault(kind=result.status.value, message=message))


def data(question: Question, results: Mapping[str, Result]) -> dict[str, Any]:
    """The answer for programs; times in milliseconds, memory in bytes."""
    walked = question.walk
    macs = evaluate(walked.macs, {})
    runs: dict[str, Any] = dict.fromkeys(NAMES)
    for device, result in results.items():
        if result.status is Status.OK:
            value = result.value
            runs[device] = {
                **value["times"],
                "memory": value["memory"],
                "threads": value["threads"],
                "gflops": _gflops(macs, value),
                "matmul_gflops": 2 * value["rate"] / 1e9,
                "no_backward": value["no_backward"] or None,
            }
    cpu = results.get("cpu")
    return {
        "layer": spell_stages(walked.pipeline.stages, python=walked.pipeline.python),
        "inputs": [{"shape": list(_numbers(tensor)), "dtype": tensor.dtype} for tensor in walked.pipeline.inputs],
        "sizes": dict(question.chosen),
        "params": cpu.value["params"] if cpu is not None and cpu.value else evaluate(walked.params, {}),
        "macs": macs,
        "runs": runs,
        "why_not": {device: result.error for device, result in results.items() if result.status is not Status.OK},
        "torch": _version(cpu) if cpu is not None else None,
    }


def snippet(walked: Walk, *, backward: bool) -> str:
    """Python that measures the same with torch's own timer."""
    pipeline = walked.pipeline
    count = len(pipeline.inputs)
    lines = write(pipeline).split("\n")
    given, rest = lines[:count], lines[count:]
    if rest[0].startswith(("layer = ", "model = ")):
        made, body = rest[:-1], rest[-1:]
    else:
        made, body = _made_before(pipeline, "\n".join(rest))
    if backward and pipeline.inputs[0].dtype in _FLOATING:
        given.append(f"{given[0].split(' = ')[0]}.requires_grad_()")
    lines = [
        *("import torch", "import torch.nn.functional as F", "from torch import nn"),
        *("from torch.utils.benchmark import Timer", "", *given, *made, ""),
        *("def forward():", *(f"    {line}" for line in body), "    return y", ""),
        'print(Timer("forward()", globals=globals(), num_threads=1).blocked_autorange())',
    ]
    if backward:
        timed = 'print(Timer("forward().sum().backward()", globals=globals(), num_threads=1).blocked_autorange())'
        lines.append(timed)
    return "\n".join(lines)


def milliseconds(value: float) -> str:
    """A time in the unit that reads best."""
    scale, unit = next((row for row in _UNITS if value >= row[0]), _UNITS[-1])
    return f"{value / scale:.3g} {unit}"


def _made_before(pipeline: Pipeline, text: str) -> tuple[list[str], list[str]]:
    """Lines that make the layers, and lines that call them: making one takes longer than many a call."""
    mode = "" if pipeline.training else ".eval()"
    made = []
    for number, stage in enumerate(pipeline.stages, start=1):
        if stage.kind == "layer":
            layer = f"{expression(stage)}{mode}"
            made.append(f"layer{number} = {layer}")
            text = text.replace(f"= {layer}(", f"= layer{number}(", 1)
    return made, text.split("\n")


def _gflops(macs: int, value: Mapping[str, Any]) -> float:
    """Billions of operations a second in a forward; a multiply-add is two."""
    median_ms = float(value["times"]["forward"]["median_ms"])
    return 2 * macs / (median_ms * 1e6) if median_ms else 0.0


def _most(taken: Mapping[str, int | None], key: str) -> int | None:
    if key != "total":
        return taken[key]
    both = [each for each in (taken["forward"], taken["backward"]) if each is not None]
    return max(both, default=None)


def _memory(taken: int | None) -> str:
    return "no time to count" if taken is None else memory(taken)


def _limit(result: Result) -> str:
    return f"{result.limit['value']:g} {result.limit['unit']}" if result.limit else "memory"


def _version(result: Result) -> str:
    """Torch's release, without the name of the build."""
    return result.torch_version.partition("+")[0]


def _numbers(tensor: Tensor) -> tuple[int, ...]:
    return tuple(evaluate(size, {}) for size in tensor.shape)
