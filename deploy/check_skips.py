"""Fails when a test was skipped for any reason but a missing CUDA device."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree


def forbidden_skips(report: Path) -> list[str]:
    """`test: reason` for every skip in a junit report that CI must not accept."""
    cases = ElementTree.parse(report).getroot().iter("testcase")  # noqa: S314 - as above
    return [
        f"{case.get('classname')}.{case.get('name')}: {skipped.get('message')}"
        for case in cases
        for skipped in case.iter("skipped")
        if not (skipped.get("message") or "").startswith("cuda:")
    ]


def main(reports: list[str]) -> int:
    """Exit status 1 with a line a skip, 0 where there is none."""
    found = [skip for report in reports for skip in forbidden_skips(Path(report))]
    for skip in found:
        sys.stderr.write(f"skipped: {skip}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
