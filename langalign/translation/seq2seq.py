"""Any sequence-to-sequence model of ``transformers``, such as mT5, NLLB or Marian, run here.

Texts are ordered by token length and batched within a token budget. Greedy search, or beams, and no
sampling: the same text always gets the same translation.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

from langalign.checkpoint import Checkpoint, find
from langalign.errors import SpecError
from langalign.option_checks import require_choice, require_least
from langalign.translation._codes import language_token, set_languages
from langalign.translation._languages import Language, Languages
from langalign.translation.base import Answer, Translator

DTYPES = ("float32", "bfloat16", "float16")
PREFIXED = ("t5", "mt5", "umt5")
"""Model types that are told their task in front of the text."""

PREFIX = "Translate into {language}: "
"""The paper's prefix."""

TUNING = "tuning.json"
"""What ``tune-translator`` leaves with a model; tells the prefix and languages that it was tuned with."""


class Seq2SeqTranslator(Translator):
    """Translate with a model in a local folder, or from the hub."""

    deterministic: ClassVar[bool] = True
    local_names: ClassVar[bool] = True

    def __init__(
        self,
        name: str,
        *,
        prefix: str | None = None,
        source_code: str | None = None,
        target_code: str | None = None,
        beams: int = 1,
        max_length: int = 256,
        batch_tokens: int = 2048,
        dtype: str = "float32",
        revision: str | None = None,
    ) -> None:
        """Take the options; nothing is loaded.

        :param name: Folder or hub name.
        :param prefix: Put in front of each text, ``{language}`` filled in; by default what the model was
            tuned with, else for T5 and mT5 ``Translate into {language}: ``, else nothing.
        :param source_code: Token of the source language, where the model has its own for it.
        :param target_code: Token of the target language, likewise.
        :param beams: Width of the search; 1 is greedy.
        :param max_length: Tokens that a text, and a translation, may have.
        :param batch_tokens: Tokens that one batch may hold, padding included.
        :param dtype: Number format of the weights, ``float32``, ``bfloat16`` or ``float16``.
        :param revision: Branch, tag or commit on the hub.
        :raises SpecError: If an option's value is out of range.
        """
        for option, value in (("beams", beams), ("max_length", max_length), ("batch_tokens", batch_tokens)):
            require_least(option, value, 1)
        require_choice("dtype", dtype, DTYPES)
        self.name, self.revision, self.dtype = name, revision, dtype
        self.beams, self.max_length, self.batch_tokens = beams, max_length, batch_tokens
        self._prefix, self._source_code, self._target_code = prefix, source_code, target_code

    @cached_property
    def checkpoint(self) -> Checkpoint:
        """Find the model."""
        return find(self.name, self.revision)

    def request(self, languages: Languages) -> Mapping[str, Any]:
        """Tell the digest of the weights, and whatever else changes a translation; builds no model.

        :param languages: From and into which.
        :return: Plain JSON types.
        :raises SpecError: If the model was tuned for other languages.
        """
        self._check_tuned(languages)
        return {
            "kind": "seq2seq",
            "model": self.checkpoint.name,
            "weights": self.checkpoint.pin,
            "generation": self.checkpoint.read_json("generation_config.json"),
            "prefix": self.prefix(languages.target),
            "codes": [self._source_code, self._target_code],
            "languages": [languages.source.code, languages.target.code],
            "beams": self.beams,
            "max_length": self.max_length,
            "dtype": self.dtype,
        }

    def prefix(self, target: Language) -> str:
        """Tell what is put in front of a text.

        :param target: The language to translate into.
        :return: The prefix; often empty.
        """
        usual = PREFIX if self.checkpoint.config.get("model_type") in PREFIXED else ""
        tuned = self.checkpoint.read_json(TUNING).get("prefix", usual)
        return str(tuned if self._prefix is None else self._prefix).replace("{language}", target.name)

    def load(self) -> None:
        """Load model and tokenizer."""
        _ = self._loaded

    def batches(self, texts: Sequence[str], languages: Languages) -> list[list[int]]:
        """Cut texts into batches of like token length, the longest first.

        :param texts: ``N`` texts.
        :param languages: From and into which.
        :return: Row numbers of each batch.
        """
        lengths = [len(ids) for ids in self._ids(texts, languages)]
        batches: list[list[int]] = []
        for row in sorted(range(len(texts)), key=lambda row: -lengths[row]):
            full = not batches or (len(batches[-1]) + 1) * lengths[batches[-1][0]] > self.batch_tokens
            if full:
                batches.append([])
            batches[-1].append(row)
        return batches

    def ask(self, texts: Sequence[str], languages: Languages) -> list[str]:
        """Translate one batch.

        :param texts: ``N`` texts; any order and number will do.
        :param languages: From and into which.
        :return: For each text a JSON object: ``text``, ``tokens_in``, ``tokens_out``, ``finished``.
        """
        import torch

        from langalign.checkpoint_loading import quietly, running
        from langalign.training.memory import enough_memory
        from langalign.translation._model import padded

        model, tokenizer = self._loaded
        ids = self._ids(texts, languages)
        most = self.max_length
        cut = [row if len(row) <= most else row[: most - 1] + row[-1:] for row in ids]  # the end mark is kept
        memory = enough_memory(f"translating with batch_tokens={self.batch_tokens}", "give a smaller one")
        with torch.inference_mode(), quietly(), memory, running(self.checkpoint.source):
            written = model.generate(
                input_ids=padded(cut, tokenizer.pad_token_id).to(model.device),
                attention_mask=padded([[1] * len(row) for row in cut], 0).to(model.device),
                **self._search(languages.target),
            )
        end = model.generation_config.eos_token_id
        ends = {end} if isinstance(end, int) else set(end or ())
        return [
            self._raw(tokenizer, row, len(asked) <= self.max_length, len(asked), ends)
            for asked, row in zip(ids, written.tolist(), strict=True)
        ]

    def read(self, raw: str) -> Answer:
        """Read what :meth:`ask` gave.

        :param raw: The JSON object.
        :return: The translation; ``truncated`` where the text or the translation was too long.
        """
        content = json.loads(raw)
        problem = "" if content["finished"] else "truncated"
        return Answer(content["text"].strip(), problem, content["tokens_in"], content["tokens_out"])

    def _check_tuned(self, languages: Languages) -> None:
        asked = [languages.source.code, languages.target.code]
        tuned = self.checkpoint.read_json(TUNING).get("languages", asked)
        if tuned != asked:
            raise SpecError(
                f"{self.name} was tuned from {' to '.join(tuned)}, not from {' to '.join(asked)}; "
                "choose another translator or other languages"
            )

    def _raw(self, tokenizer: Any, row: list[int], whole: bool, tokens_in: int, ends: set[int]) -> str:
        written = row[1:]  # without the start mark
        stop = next((at for at, token in enumerate(written) if token in ends), None)
        told = {
            "text": tokenizer.decode(written[:stop], skip_special_tokens=True),
            "tokens_in": tokens_in,
            "tokens_out": len(written) if stop is None else stop + 1,
            "finished": whole and stop is not None,
        }
        return json.dumps(told, ensure_ascii=False)

    def _ids(self, texts: Sequence[str], languages: Languages) -> list[list[int]]:
        _, tokenizer = self._loaded
        set_languages(tokenizer, *self._tokens(languages, tokenizer))
        prefix = self.prefix(languages.target)
        # One more than is taken, so that it shows which texts are too long.
        limits = {"truncation": True, "max_length": self.max_length + 1}
        found: list[list[int]] = tokenizer([prefix + text for text in texts], **limits)["input_ids"]
        return found

    def _tokens(self, languages: Languages, tokenizer: Any) -> tuple[str | None, str | None]:
        return (
            language_token(tokenizer, languages.source, self._source_code),
            language_token(tokenizer, languages.target, self._target_code),
        )

    def _search(self, target: Language) -> dict[str, Any]:
        _, tokenizer = self._loaded
        search: dict[str, Any] = {
            "num_beams": self.beams,
            "do_sample": False,
            "max_new_tokens": self.max_length,
            "max_length": None,
        }
        token = language_token(tokenizer, target, self._target_code)
        return (
            search
            if token is None
            else {**search, "forced_bos_token_id": tokenizer.convert_tokens_to_ids(token)}
        )

    @cached_property
    def _loaded(self) -> tuple[Any, Any]:
        from langalign.training.device import resolve_device
        from langalign.translation._model import load_seq2seq

        return load_seq2seq(self.checkpoint, resolve_device(self.device), self.dtype)
