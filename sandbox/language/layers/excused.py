"""The classes of `torch.nn` that the language leaves out, each with why: nothing else may be missing."""

from __future__ import annotations

from collections.abc import Mapping

CONTAINER = "a container: it holds modules or parameters and maps no tensor itself"
ABSTRACT = "an abstract base: torch itself cannot run it"
DEPRECATED = "a deprecated alias of another class"
GROUP = "it needs a process group or several devices"

EXCUSED: Mapping[str, str] = {
    "Container": DEPRECATED,
    "DataParallel": GROUP,
    "Module": ABSTRACT,
    "ModuleDict": CONTAINER,
    "ModuleList": CONTAINER,
    "NLLLoss2d": DEPRECATED,
    "ParameterDict": CONTAINER,
    "ParameterList": CONTAINER,
    "RNNBase": ABSTRACT,
    "RNNCellBase": ABSTRACT,
    "Sequential": CONTAINER,
}
