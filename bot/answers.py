"""Answers that are the same for everyone, kept so that a question asked again costs no worker."""

from __future__ import annotations

from collections import OrderedDict

from bot.reply import Reply

MOST = 1_000
LONGEST = 2_000  # characters of a question that is worth keeping


class Answers:
    """The answers that were last asked for, by question."""

    def __init__(self, most: int = MOST) -> None:
        """Keeps at most `most` of them."""
        self._most = most
        self._kept: OrderedDict[str, Reply] = OrderedDict()

    def get(self, question: str) -> Reply | None:
        """The answer to a question, if it is still kept."""
        reply = self._kept.get(question)
        if reply is not None:
            self._kept.move_to_end(question)
        return reply

    def put(self, question: str, reply: Reply) -> None:
        """Keeps an answer; the one that was not asked for longest goes."""
        if len(question) > LONGEST:
            return
        self._kept[question] = reply
        self._kept.move_to_end(question)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def clear(self) -> None:
        """Forgets them all."""
        self._kept.clear()
