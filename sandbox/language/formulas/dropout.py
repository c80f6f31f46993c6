"""What comes out of the dropout layers: the shape that went in."""

from __future__ import annotations

from functools import partial

from sandbox.language.formulas.checks import FLOATS, probability
from sandbox.language.formulas.working import Formula, Working

_FEATURES = {"Dropout2d": 2, "Dropout3d": 1, "FeatureAlphaDropout": 2}  # fewest axes where whole channels are dropped
_PLACES = {"Dropout2d": (3, 4), "Dropout3d": (4, 5)}


def _dropout(w: Working, accepted: tuple[str, ...]) -> None:
    """Zeroes or masks at random in training; outside training, nothing."""
    w.require_inputs(1)
    p = probability(w)
    name, axes = w.stage.name, len(w.x.shape)
    if name == "Dropout1d":
        w.require_dims(2, 3, layout="(N, C, L) or (C, L)")
    active = w.training and 0 < p < 1 and 0 not in w.x.shape  # else torch hands the input back
    if name in _FEATURES and active:
        w.require(axes >= _FEATURES[name], f"{name} drops whole channels, and {w.x} has too few axes to have channels.")
    if name in _PLACES and axes not in _PLACES[name]:
        w.notes.append(f"torch warns: {name} is meant for {_PLACES[name][0]} or {_PLACES[name][1]} axes, not {axes}.")
    if active:
        _dtype(w, accepted)
    w.output(w.x.shape)
    w.count(0, "0")


def _dtype(w: Working, accepted: tuple[str, ...]) -> None:
    if w.x.dtype not in accepted:
        w.refuse(f"{w.stage.name} scales by a fraction in training, which {w.x.dtype} cannot hold: use float32.")


FORMULAS: dict[str, Formula] = {
    name: partial(_dropout, accepted=FLOATS)
    for name in ("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout")
}
