"""A card's proof as code that anybody can run: what only the prover knows is written out, and only where it is used."""

from __future__ import annotations

import re

_RAISES = """def raises(error, call):
    try:
        call()
    except error as fault:
        return fault
"""
_SHOWN = """def shown(source):
    import ast, contextlib, io
    tree, out = ast.parse(source), io.StringIO()
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    with contextlib.redirect_stdout(out):
        exec(compile(tree, "card", "exec"), globals())
        value = None if last is None else eval(compile(ast.Expression(last.value), "card", "eval"), globals())
        if value is not None:
            print(repr(value))
    return out.getvalue().strip()
"""
_HELP = {
    "claim": "claim = print  # what torch gives\n",
    "nparam": "def nparam(module):\n    return sum(weight.numel() for weight in module.parameters())\n",
    "raises": _RAISES,
    "shown": _SHOWN,
}


def runnable(proof: str, code: str = "") -> str:
    """The proof as `/run` takes it; `code` is what the card shows, which a proof may name."""
    used = set(re.findall(r"[A-Za-z_]\w*", proof))
    heads = [text for name, text in _HELP.items() if name in used]
    if code and "code" in used:
        heads.append(f"code = {code!r}\n")
    return "".join(heads) + proof.strip()
