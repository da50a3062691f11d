"""What every dataset has in common: a card that says what it is, and splits that can be loaded."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from langalign import registry
from langalign.corpora.base import Table
from langalign.errors import UnknownPartError


@dataclass(frozen=True)
class Card:
    """What a dataset is, and whom to thank.

    :param title: Its full name.
    :param licence: Under which terms its publisher gives it.
    :param citation: The paper or page to cite.
    :param source: Where its files are published.
    :param task: ``sentiment``, ``nli``, ``sts`` or ``pairs``.
    :param languages: Codes of its languages; the first is read where none is asked for.
    :param splits: Names of its splits.
    :param labels: The words its labels are given in; none for scores and for pairs.
    """

    title: str
    licence: str
    citation: str
    source: str
    task: str
    languages: tuple[str, ...]
    splits: tuple[str, ...]
    labels: tuple[str, ...] = ()


class Dataset(ABC):
    """A dataset that DATA can name as ``NAME:SPLIT[.LANG]``.

    A subclass in a file of this folder is a dataset of the file's name. Its columns are ``text``, or
    ``premise`` and ``hypothesis``, or ``sentence1`` and ``sentence2``, and ``label`` or ``score``. Where
    languages lie side by side and none is asked for, each text column bears its language:
    ``premise.en``, and plain ``en`` for ``text``.
    """

    card: ClassVar[Card]

    @abstractmethod
    def load(self, split: str, language: str | None = None, data_dir: Path | None = None) -> Table:
        """Load a split.

        :param split: One of the card's splits.
        :param language: One of the dataset's languages; all that lie side by side, else the first, if
            not given.
        :param data_dir: Folder of published files.
        :return: The rows, with the roles of their columns.
        :raises UnknownPartError: If there is no such split or language.
        :raises DataError: If the files are not there.
        """

    @property
    def name(self) -> str:
        """Tell the name that the dataset is registered under."""
        return registry.name_of("datasets", type(self))

    def languages(self, split: str) -> tuple[str, ...]:
        """Tell the languages of a split.

        :param split: The split.
        :return: Their codes; the first is read where none is asked for.
        """
        return self.card.languages

    def check(self, split: str, language: str | None) -> str:
        """Refuse splits and languages that there are not.

        :param split: The split asked for.
        :param language: The language asked for.
        :return: The language, or the first one if none was asked for.
        :raises UnknownPartError: If there is no such split or language.
        """
        if split not in self.card.splits:
            raise UnknownPartError(f"split of {self.name}", split, self.card.splits)
        languages = self.languages(split)
        if language is not None and language not in languages:
            raise UnknownPartError(f"language of {self.name}:{split}", language, languages)
        return language or languages[0]
