"""What every translator has in common: how it asks, and how its answers are read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from langalign.errors import ServiceError
from langalign.translation._languages import Languages


@dataclass(frozen=True)
class Answer:
    """What one raw answer says.

    :param text: The translation; empty where there is none.
    :param problem: What the answer itself shows to be wrong: ``broken``, ``refused``, ``truncated``.
    :param tokens_in: Tokens that were read; None if not told.
    :param tokens_out: Tokens that were written; None if not told.
    """

    text: str
    problem: str = ""
    tokens_in: int | None = None
    tokens_out: int | None = None


class UnansweredError(ServiceError):
    """Say that a request got no answer, and whether it may be sent again."""

    def __init__(
        self, line: str, problem: str, *, again: bool, wait: float | None = None, charged: bool = False
    ) -> None:
        """Tell what happened.

        :param line: The message.
        :param problem: Its kind, in a word or two, for counting.
        :param again: Whether the same request may go well later.
        :param wait: Seconds after which the server wants to be asked again, if it says so.
        :param charged: Whether the server may have charged for it nevertheless.
        """
        super().__init__(line)
        self.problem, self.again, self.wait, self.charged = problem, again, wait, charged


class Translator(ABC):
    """A model that translates.

    A subclass in a file of this folder is a translator of the file's name. Its keyword-only constructor
    arguments are the options that a SPEC may carry in brackets. What :meth:`ask` gives is stored as it
    is, before :meth:`read` looks at it.
    """

    paid: ClassVar[bool] = False
    """Whether each request costs money."""

    deterministic: ClassVar[bool] = False
    """Whether the same request always gets the same answer, so that asking again is no use."""

    local_names: ClassVar[bool] = False
    """Whether the name may be a local folder, whose place is then written out in the SPEC."""

    max_retries: int = 0
    """Times that a request is sent again when no answer comes."""

    backoff: float = 0.0
    """Seconds before the first of them; they double from one to the next."""

    device: str = "auto"
    """Where those that run here run; set by :func:`langalign.translation.build`."""

    spec: str = ""
    """The SPEC that builds this translator again; set by :func:`langalign.translation.build`."""

    name: str
    """The model."""

    @property
    def metered(self) -> bool:
        """Tell whether someone charges for requests even where no price is known here."""
        return False

    @abstractmethod
    def request(self, languages: Languages) -> Mapping[str, Any]:
        """Tell everything but the text that an answer depends on.

        :param languages: From and into which.
        :return: Plain JSON types, without key or password.
        """

    @abstractmethod
    def ask(self, texts: Sequence[str], languages: Languages) -> list[str]:
        """Translate one batch.

        :param texts: A batch from :meth:`batches`.
        :param languages: From and into which.
        :return: The raw answer for each text.
        :raises UnansweredError: If no answer came to these texts.
        :raises ServiceError: If no request can go well.
        """

    @abstractmethod
    def read(self, raw: str) -> Answer:
        """Read a raw answer.

        :param raw: What :meth:`ask` gave, now or long ago.
        :return: What it says.
        """

    @abstractmethod
    def load(self) -> None:
        """Load what :meth:`ask` needs now, so that what is missing shows before anything is sent."""

    def batches(self, texts: Sequence[str], languages: Languages) -> list[list[int]]:
        """Cut texts into batches, by default of one each.

        :param texts: ``N`` texts.
        :param languages: From and into which.
        :return: Row numbers of each batch.
        """
        return [[row] for row in range(len(texts))]

    def estimate(self, text: str, languages: Languages) -> tuple[int, int]:
        """Estimate the tokens of one request, rather too many than too few.

        :param text: A text.
        :param languages: From and into which.
        :return: Tokens in, tokens out; none where they cost nothing.
        """
        return 0, 0
