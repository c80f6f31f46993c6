"""The tutor put together: what asks, what marks, what remembers and what decides about doubts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.tutor import marking
from bot.tutor.answering import Answers
from bot.tutor.asking import Asking
from bot.tutor.catalogues import Catalogues
from bot.tutor.checking import Checker
from bot.tutor.disputes import Disputes
from bot.tutor.finding import Finding
from bot.tutor.knowing import Knowing
from bot.tutor.pupils import Pupils
from bot.tutor.remembering import Remembering
from bot.tutor.sessions import Sessions
from bot.tutor.together import Together

if TYPE_CHECKING:
    from bot.app import Core
    from bot.tutor.model import Posed


class Parts:
    """Each part has the verbs of `Tutor` that are its own."""

    def __init__(self, core: Core) -> None:
        """Reads no deck and asks no torch yet."""
        learning = core.store.learning
        checker = Checker(core.sandbox, core.oracle, core.clock, confirm_s=core.confirm_s)
        pupils = Pupils(learning, core.store.drain)
        self.catalogues = Catalogues(core.store)
        self.asking = Asking(learning, pupils, self.catalogues, checker)
        self.together = Together(learning, self.catalogues, checker)
        self.finding = Finding(pupils, self.catalogues, checker)
        self.knowing = Knowing(pupils, self.catalogues, self.asking)
        self.sessions = Sessions(learning)
        self.answers = Answers(learning, pupils, self.catalogues, checker)
        self.memories = Remembering(learning, pupils, self.catalogues)
        self.disputes = Disputes(learning, checker, self.answers)

    @staticmethod
    def read(posed: Posed, typed: str) -> str:
        """See `Tutor.read`."""
        return marking.read(posed, typed).understood
