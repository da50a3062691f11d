"""What there is to run: each spec with each encoder, whole or cut down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from langalign.experiments import Spec, load_spec

FOLDER = Path(__file__).parent
RESULTS = FOLDER.parent / "results" / "quality"
ENCODERS = {"use": "use-multilingual", "e5": "transformers:${LANGALIGN_E5}[pooling=mean]"}
NETWORKS = ("residual", "ae", "fc", "auto")
"""Aligners that are trained, and take nearly all of the time."""
SMALL_PAIRS, SMALL_ROWS = 1000, 1000


@dataclass(frozen=True)
class Task:
    """A spec with an encoder.

    :param name: The spec's name, and the encoder's where the spec does not make its own.
    :param path: The spec.
    :param encoder: SPEC; none where the spec makes its own.
    """

    name: str
    path: Path
    encoder: str | None

    def spec(self) -> Spec:
        """Read the spec."""
        return load_spec(self.path, encoder=self.encoder)


def tasks(only: Sequence[str] = (), encoders: Sequence[str] = tuple(ENCODERS)) -> list[Task]:
    """List what there is to run, the fast encoder first.

    :param only: Names of specs, or of specs with an encoder; all if there are none.
    :param encoders: Which of :data:`ENCODERS`.
    :return: The tasks.
    """
    paths = sorted(FOLDER.glob("*.yaml"))
    found = [
        Task(f"{path.stem}-{short}", path, ENCODERS[short])
        for short in encoders
        for path in paths
        if not _tunes(path)
    ]
    if "e5" in encoders:
        found += [Task(path.stem, path, None) for path in paths if _tunes(path)]
    unknown = {*only} - {name for task in found for name in (task.name, task.path.stem)}
    if unknown:
        raise SystemExit(f"no such spec: {', '.join(sorted(unknown))}; there are: {_names(found)}")
    return [task for task in found if not only or {task.name, task.path.stem} & {*only}]


def at_centre(spec: Spec) -> Spec:
    """Leave only the cells where the lines of the grid cross; those found can be used by the whole grid."""
    if spec.centre is None or spec.pairs is None:
        return spec
    pairs = spec.pairs.model_copy(update={"sizes": (spec.centre.pairs,)})
    return spec.model_copy(update={"pairs": pairs, "sizes": (spec.centre.rows,)})


def in_closed_form(spec: Spec) -> Spec:
    """Leave out the aligners that are trained; what is found can be used by the whole grid."""
    methods = [one for one in spec.methods if one.does.aligner not in NETWORKS]
    return spec.model_copy(update={"methods": tuple(methods)})


def small(spec: Spec) -> Spec:
    """Cut an experiment down to minutes: one seed, few pairs, fewer tested rows."""
    changes: dict[str, object] = {"seeds": (0,), "centre": None}
    if spec.centre:
        changes["sizes"] = (spec.centre.rows,)
    if spec.pairs:
        changes["pairs"] = spec.pairs.model_copy(update={"sizes": (SMALL_PAIRS,)})
    for key in ("test", "unlabelled"):
        if data := getattr(spec, key):
            changes[key] = data.model_copy(update={"rows": SMALL_ROWS})
    changes["methods"] = tuple(one.model_copy(update={"pairs": None}) for one in spec.methods)
    return spec.model_copy(update=changes)


def _tunes(path: Path) -> bool:
    return path.stem.endswith("-tuned")


def _names(found: Sequence[Task]) -> str:
    return ", ".join(task.name for task in found)
