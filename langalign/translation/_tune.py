"""Fine-tunes a translator on pairs: a checkpoint folder that ``seq2seq:`` takes."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langalign.analysis.retrieval import text_groups
from langalign.checkpoint import Checkpoint, find
from langalign.durable import explained, put_folder
from langalign.environment import environment
from langalign.errors import ShapeError
from langalign.part_folder import json_text
from langalign.part_options import preset_options
from langalign.paths import user_path
from langalign.training.split import Split, linked_groups, split_pairs
from langalign.translation._languages import Languages, find_languages
from langalign.translation._scores import Scores, require_sacrebleu, score
from langalign.translation._tune_options import TuneOptions
from langalign.translation._tuned import FORMAT, RESULTS, TunedTranslator, read_finished
from langalign.translation.seq2seq import TUNING, Seq2SeqTranslator
from langalign.types import Option, Progress

if TYPE_CHECKING:
    from langalign.training.run_state import Position, RunState

_MODEL = "model"


def tune_translator(
    source: Sequence[str],
    target: Sequence[str],
    *,
    model: str,
    to: str,
    out: Path | str,
    source_language: str = "en",
    preset: str = "default",
    options: Mapping[str, Option] | None = None,
    seed: int = 0,
    device: str = "auto",
    progress: Progress | None = None,
) -> TunedTranslator:
    """Fine-tune a sequence-to-sequence model on pairs.

    A tenth of the pairs is held out, never a text of either side that is also learned: it decides when
    to stop, and is translated for the scores. After each epoch the state is written to ``OUT.unfinished``;
    the same call goes on from there after a kill, and ends with the same weights; once it is done, it only
    reads the record.

    :param source: ``P`` texts.
    :param target: Their translations.
    :param model: Folder or hub name, such as ``google/mt5-base``; weights as safetensors.
    :param to: Code or English name of the targets' language.
    :param out: Folder for the model; nothing but the same run's may be there.
    :param source_language: Code or English name of the sources' language.
    :param preset: ``default`` or ``paper``.
    :param options: Single options that override the preset's; see
        :class:`langalign.translation._tune_options.TuneOptions`.
    :param seed: Seed of the split, the order and dropout.
    :param device: ``auto``, ``cpu``, ``cuda`` or ``cuda:i``.
    :param progress: Is told updates done, and the most there can be.
    :return: The figures.
    :raises MissingExtraError: If sacrebleu is not installed.
    :raises DataError: If something else is at ``out``, or the pairs cannot be split.
    :raises ShapeError: If the sides differ in number.
    :raises SpecError: If the model or an option cannot be used.
    """
    from langalign.training.run_state import RunState

    require_sacrebleu()
    if len(source) != len(target):
        raise ShapeError(f"{len(source):,} texts but {len(target):,} translations; pairs must match")
    run = _Run(
        source,
        target,
        checkpoint=find(model),
        languages=find_languages(source_language, to),
        options=TuneOptions(**preset_options(TuneOptions, preset, options)),
        split=split_pairs(linked_groups(text_groups(source), text_groups(target)), seed=seed),
        seed=seed,
        device=device,
    )
    out = user_path(out).absolute()
    state = RunState.beside(out, run.record)
    finished = read_finished(out, run.record)
    if finished:
        state.remove()  # of a run that was killed at its very end
        return finished
    position = run.tune(state, progress)
    begin = time.perf_counter()
    held_out, scores = run.score(state.folder / _MODEL)
    tuned = TunedTranslator(
        out=out,
        pairs=len(source),
        train_pairs=len(run.split.train),
        validation_pairs=len(run.split.validation),
        scored_pairs=held_out,
        epochs=position.epoch,
        scores=scores,
        history=position.history,
        seconds=position.seconds + time.perf_counter() - begin,
    )
    record = {**run.record, "preset": preset, **tuned.figures(), "environment": environment()}
    _put_in_place(state, out, record, tuned.seconds)
    return tuned


@dataclass(frozen=True)
class _Run:
    source: Sequence[str]
    target: Sequence[str]
    checkpoint: Checkpoint
    languages: Languages
    options: TuneOptions
    split: Split
    seed: int
    device: str

    @cached_property
    def prefix(self) -> str:
        translator = Seq2SeqTranslator(self.checkpoint.source, prefix=self.options.prefix)
        return translator.prefix(self.languages.target)

    @cached_property
    def record(self) -> dict[str, Any]:
        """Tell whatever decides the weights."""
        texts = json.dumps([[*self.source], [*self.target]]).encode()
        return {
            "format": FORMAT,
            "model": [self.checkpoint.name, self.checkpoint.pin],
            "options": asdict(self.options),
            "prefix": self.prefix,
            "languages": [self.languages.source.code, self.languages.target.code],
            "seed": self.seed,
            "pairs_digest": blake2b(texts, digest_size=16).hexdigest(),
        }

    def tune(self, state: RunState, progress: Progress | None) -> Position:
        """Tune, and write the best weights as a model's folder within the state's."""
        from langalign.checkpoint_loading import quietly
        from langalign.training.device import resolve_device
        from langalign.training.seeding import seeded
        from langalign.translation._model import load_seq2seq
        from langalign.translation._tune_loop import TuneLoop
        from langalign.translation._tune_pairs import tokenize_pairs

        device = resolve_device(self.device)
        model, tokenizer = load_seq2seq(self.checkpoint, device)
        texts = [self.prefix + text for text in self.source]
        pairs = tokenize_pairs(tokenizer, texts, self.target, self.languages, self.options.max_length)
        train, validation = (
            pairs.picked(rows.tolist()) for rows in (self.split.train, self.split.validation)
        )
        with seeded(self.seed, device):
            loop = TuneLoop(model, train, validation, self.options, self.seed, device)
            position = loop.run(state, progress)
        folder = state.folder / _MODEL
        with explained(f"write {folder}"), quietly():
            shutil.rmtree(folder, ignore_errors=True)  # of a run that was killed here
            model.config._name_or_path = ""  # a path is no business of whoever gets the folder
            model.save_pretrained(folder)
            tokenizer.save_pretrained(folder)
        return position

    def score(self, folder: Path) -> tuple[int, Scores]:
        """Translate held-out texts as ``seq2seq:`` will, with the model as it was saved."""
        rows = self.split.validation[: self.options.score_pairs].tolist()
        translator = Seq2SeqTranslator(str(folder), prefix=self.prefix, max_length=self.options.max_length)
        translator.device = self.device
        texts, translations = [self.source[row] for row in rows], [""] * len(rows)
        for batch in translator.batches(texts, self.languages):
            raws = translator.ask([texts[place] for place in batch], self.languages)
            for place, raw in zip(batch, raws, strict=True):
                translations[place] = translator.read(raw).text
        return len(rows), score(translations, [self.target[row] for row in rows], self.languages.target)


def _put_in_place(state: RunState, out: Path, record: Mapping[str, Any], seconds: float) -> None:
    """Add the record to the model's folder, and rename that into its place."""
    folder = state.folder / _MODEL
    with explained(f"write {out}"):
        for name, told in ((TUNING, record), (RESULTS, {"seconds": seconds})):
            (folder / name).write_text(json_text(told), encoding="utf-8")
        put_folder(folder, out)
    state.remove()
