"""Tunes an encoder: prepares the rows, trains, and saves a checkpoint that is an encoder of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langalign import registry
from langalign.environment import environment
from langalign.errors import DataError
from langalign.part_folder import check_free
from langalign.paths import user_path
from langalign.spec import format_spec
from langalign.training.split import FRACTION
from langalign.tuning._backbone import ENCODER_DEFAULTS, encoder_options, find_encoder, load_backbone
from langalign.tuning._data import TuningRows, prepare
from langalign.tuning._folder import KIND, RECORD, read_record, save_tuned
from langalign.types import Progress, Text

if TYPE_CHECKING:
    from langalign.training.run_state import Position, RunState
    from langalign.tuning._batches import Examples
    from langalign.tuning._network import Network
    from langalign.tuning.base import Tuner

CHECKPOINT_SECONDS = 600.0


@dataclass(frozen=True)
class TunedEncoder:
    """A tuned encoder and how it came about.

    :param out: Its folder.
    :param method: The tuner's name.
    :param spec: SPEC of the encoder that it is.
    :param rows: Rows used.
    :param train_rows: Rows that were learned.
    :param validation_rows: Rows held out.
    :param dropped: Rows left out: blank ones, and without labels repeated ones.
    :param labels: The ``K`` class names; none without labels.
    :param epochs: Passes over the rows.
    :param best_epoch: The one whose weights were kept.
    :param validation: Figures of that epoch on the rows held out: ``loss``, ``accuracy``, and with labels
        ``macro_f1``. They also decided when to stop, so they flatter a little. Empty without such rows.
    :param history: For each epoch ``epoch``, ``train_loss``, ``validation_loss`` and the other figures.
    :param seconds: Time spent on training and judging, over all runs that were interrupted.
    :param reused: Whether it was made before, by the same call.
    """

    out: Path
    method: str
    spec: str
    rows: int
    train_rows: int
    validation_rows: int
    dropped: int
    labels: tuple[str, ...]
    epochs: int
    best_epoch: int
    validation: Mapping[str, float]
    history: tuple[Mapping[str, float], ...]
    seconds: float
    reused: bool = False

    def to_json(self) -> dict[str, Any]:
        """Tell all of it; ``encoder`` is the SPEC."""
        told = asdict(self)
        told["encoder"] = told.pop("spec")
        return {**told, "out": str(self.out), "labels": [*self.labels], "history": [*self.history]}


def tune_encoder(
    texts: Sequence[Text],
    labels: Sequence[str] | None = None,
    *,
    model: str,
    out: Path | str,
    tuner: Tuner | str = "full",
    validation_share: float = FRACTION,
    seed: int = 0,
    device: str = "auto",
    checkpoint_seconds: float = CHECKPOINT_SECONDS,
    progress: Progress | None = None,
) -> TunedEncoder:
    """Tune a transformer on texts, and save it as a checkpoint that ``transformers:OUT`` takes.

    While it runs, its state lies in ``OUT.unfinished``, and the same call goes on from there; once it is
    done, the same call only reads the record. The same seed gives the same weights on the same machine,
    interrupted or not; a GPU may differ in the last bits.

    :param texts: ``N`` texts, or sentence pairs to be encoded jointly.
    :param labels: A class name for each; not looked at by a tuner that learns without.
    :param model: Folder or hub name of a transformers model.
    :param out: Folder to write; an encoder of another run is not overwritten.
    :param tuner: ``full``, ``lora`` or ``simcse``, or one with options: such as
        ``registry.get("tuners", "lora").from_preset("paper", {"rank": 4})``.
    :param validation_share: Share of the rows, at most 5,000, held out to stop early and keep the best
        epoch; 0 holds none out, runs all epochs and keeps the last.
    :param seed: Seed of everything random.
    :param device: ``auto``, ``cpu``, ``cuda`` or ``cuda:i``.
    :param checkpoint_seconds: Time between checkpoints within an epoch; one is written at each end.
    :param progress: Is told updates done, and the most there can be.
    :return: The figures, and where the encoder lies.
    :raises DataError: If labels are missing or all the same, rows too few, ``out`` or its checkpoint
        another run's, or training diverges.
    :raises SpecError: If model, tuner or device is unknown or cannot be used.
    :raises MissingExtraError: If the tuner needs a package that is not installed.
    """
    from langalign.training.device import resolve_device
    from langalign.training.run_state import RunState

    tuner = _built(tuner)
    if tuner.labelled and labels is None:
        raise DataError(f"{tuner.name} learns from labels, but none were given; give some, or use simcse")
    folder = user_path(out)
    check_free(folder, KIND)
    device = resolve_device(device)
    rows = prepare(texts, labels if tuner.labelled else None, validation_share=validation_share, seed=seed)
    encoder = find_encoder(model, tuner)
    run = {
        "method": tuner.name,
        **tuner.options(),
        "precision": _precision(tuner.precision, device),
        "model": f"{encoder.identity.name}@{encoder.identity.revision}",
        "data_digest": _digest(texts, labels if tuner.labelled else None),
        "validation_share": validation_share,
        "seed": seed,
        "device": device.partition(":")[0],
    }
    state = RunState.beside(folder, run)
    reused = (folder / RECORD).is_file()
    if not reused:
        job = _Job(tuner, encoder, rows, run, device, checkpoint_seconds, progress)
        job.finish(folder, state)
    tuned = _recorded(folder, run, reused=reused)
    state.remove()  # also that of a run that was killed at its very end
    return tuned


@dataclass(frozen=True)
class _Job:
    """What one run needs, once all of it has been checked."""

    tuner: Tuner
    encoder: Any
    rows: TuningRows
    run: Mapping[str, Any]
    device: str
    checkpoint_seconds: float
    progress: Progress | None

    def finish(self, folder: Path, state: RunState) -> None:
        """Train to the end, from where the state is, and save."""
        from langalign.training.seeding import seeded
        from langalign.tuning._loop import Loop, Settings

        settings = Settings(
            seed=self.run["seed"],
            device=self.device,
            precision=self.run["precision"],
            checkpoint_seconds=self.checkpoint_seconds,
            progress=self.progress,
        )
        backbone, (examples, held_out) = load_backbone(self.encoder), self._examples()
        with seeded(settings.seed, self.device):
            network = self.tuner.build(backbone, len(self.rows.classes))
            position = Loop(self.tuner, network, examples, held_out, state, settings).run()
        self._save(folder, network.cpu(), position)

    def _examples(self) -> tuple[Examples, Examples | None]:
        from langalign.tuning._batches import Examples

        ids, lengths = self.encoder.tokenize(self.rows.texts)
        pad_id = self.encoder.checkpoint.config.get("pad_token_id") or 0
        both, split = Examples(ids, lengths, self.rows.codes, pad_id), self.rows.split
        return both.pick(split.train), both.pick(split.validation) if len(split.validation) else None

    def _save(self, folder: Path, network: Network, position: Position) -> None:
        best = position.history[position.best_epoch - 1]
        validation = {
            name.removeprefix("validation_"): value
            for name, value in best.items()
            if self.rows.split.validation.size and name not in ("epoch", "train_loss")
        }
        record = {
            "run": dict(self.run),
            "base": self.encoder.identity.to_json(),
            "encoder_options": encoder_options(self.tuner),
            "labels": list(self.rows.classes),
            "train_rows": len(self.rows.split.train),
            "validation_rows": len(self.rows.split.validation),
            "dropped": self.rows.dropped,
            "epochs": position.epoch,
            "best_epoch": position.best_epoch,
            "validation": validation,
            "history": position.history,
            "environment": environment(),
        }
        base = self.encoder.checkpoint.complete_folder()
        save_tuned(folder, self.tuner.plain(network.backbone), network.head, base, record, position.seconds)


def _recorded(folder: Path, run: Mapping[str, Any], *, reused: bool) -> TunedEncoder:
    """Read what a finished run tells of itself; another run's is refused."""
    from langalign.training.run_state import refuse_other

    record, seconds = read_record(folder)
    refuse_other(record["run"], run, f"{folder} was tuned")
    options = dict(record["encoder_options"].items() - ENCODER_DEFAULTS.items())
    return TunedEncoder(
        out=folder,
        method=record["run"]["method"],
        spec=format_spec("transformers", str(folder), options),
        rows=record["train_rows"] + record["validation_rows"],
        train_rows=record["train_rows"],
        validation_rows=record["validation_rows"],
        dropped=record["dropped"],
        labels=tuple(record["labels"]),
        epochs=record["epochs"],
        best_epoch=record["best_epoch"],
        validation=record["validation"],
        history=tuple(record["history"]),
        seconds=seconds,
        reused=reused,
    )


def _built(tuner: Tuner | str) -> Tuner:
    built: Tuner = registry.get("tuners", tuner).from_preset() if isinstance(tuner, str) else tuner
    return built


def _precision(asked: str, device: str) -> str:
    """Resolve ``auto``: a CPU keeps float32, as few have the instructions that make bfloat16 faster."""
    if asked != "auto":
        return asked
    import torch

    fast = device.startswith("cuda") and torch.cuda.is_bf16_supported(including_emulation=False)
    return "bfloat16" if fast else "float32"


def _digest(texts: Sequence[Text], labels: Sequence[str] | None) -> str:
    """Hash the rows, so that a checkpoint is not continued on others."""
    told = json.dumps([list(texts), None if labels is None else [str(label) for label in labels]])
    return blake2b(told.encode(), digest_size=10).hexdigest()
