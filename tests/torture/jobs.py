"""The jobs that are killed and starved: commands that write, on small inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from langalign.encoders import build
from langalign.store import Store, row_keys
from langalign.store.exchange import export_rows
from tests.cli.reviews import reviews, write_tsv
from tests.experiments.scene import SMALL, write_spec
from tests.loopback import KEY
from tests.torture.processes import Ended, Order, Running, run
from tests.translation.chat_server import ChatServer, serving

ENCODER = "hashing[width=48]"


@dataclass(frozen=True)
class Job:
    """A command and what it needs.

    :param name: Of the command.
    :param arguments: What is typed, in the job's folder.
    :param prepare: Writes the inputs into an empty folder.
    :param environment: Added to the environment.
    """

    name: str
    arguments: tuple[str, ...]
    prepare: Callable[[Path], object]
    environment: dict[str, str] = field(default_factory=dict)

    def order(self, folder: Path, **more: object) -> Order:
        """Give the order to run it in a folder."""
        arguments = (*self.arguments, "--encoder", ENCODER) if self.name != "tune-encoder" else self.arguments
        environment = {"HF_HUB_OFFLINE": "1", "LANGALIGN_CACHE": "cache", **self.environment}
        return Order((*arguments, "--quiet", "--json"), folder, environment, **more)


def write_reviews(folder: Path, rows: int = 120) -> Path:
    """Write labelled texts."""
    return write_tsv(folder / "rows.tsv", "text\tlabel", reviews(rows))


def write_older_head(folder: Path) -> Ended:
    """Write labelled texts, and a head of half of them where the new one shall be."""
    write_reviews(folder)
    older = Job("fit-head", (*FIT_HEAD, "--limit", "80"), write_reviews)
    return run(older.order(folder))


def write_pairs(folder: Path, rows: int = 100) -> None:
    """Write texts, and the same in another spelling."""
    texts = [text for text, _ in reviews(rows)]
    (folder / "source.txt").write_text("\n".join(texts) + "\n")
    (folder / "target.txt").write_text("\n".join(text.replace("film", "movie") for text in texts) + "\n")


def write_few_pairs(folder: Path) -> None:
    """Write texts to translate, which takes longer than to embed them."""
    write_pairs(folder, 24)


def write_model(folder: Path) -> None:
    """Write a small random model, and rows to tune it on."""
    Running(save_model, (folder / "model",)).wait()
    write_reviews(folder, 64)


def save_model(folder: Path, _: Path) -> None:
    """Save a small random model that drops, in a process of its own as torch's threads survive no fork."""
    from tests.tuning.toy import save_still_model

    save_still_model(folder, dropout=0.1)


def write_store(folder: Path, texts: int = 400) -> Store:
    """Fill a store with many small shards, some rows twice, as several writers leave it."""
    encoder = build(ENCODER, device="cpu")
    store = Store(folder / "cache", encoder.identity)
    all_texts = [text for text, _ in reviews(texts)]
    for start in range(0, texts, 40):
        part = all_texts[max(0, start - 10) : start + 40]
        store.append(row_keys(part), np.asarray(encoder.embed(encoder.tokenize(part)[0])))
    return store


def write_export(folder: Path) -> None:
    """Write a file of vectors to import."""
    (folder / "elsewhere").mkdir()
    export_rows(write_store(folder / "elsewhere"), folder / "rows.npy")


def write_experiment(folder: Path) -> Path:
    """Write a small experiment."""
    pairs = {**SMALL["pairs"], "sizes": [40]}
    methods = ["english", "linear", "reverse:linear"]
    return write_spec(folder, sizes=[60], seeds=[0], methods=methods, pairs=pairs)


FIT_HEAD = ("fit-head", "rows.tsv", "--head", "linear", "--out", "made")
FIT_ALIGNER = ("fit-aligner", "source.txt", "target.txt", "--aligner", "linear", "--out", "made")
TUNE = ("tune-encoder", "rows.tsv", "--model", "model", "--method", "full", "--out", "made")
TUNE_OPTIONS = ("-O", "epochs=2", "-O", "batch_size=16", "-O", "max_length=24")
TRANSLATE = ("translate", "source.txt", "--to", "ko", "--translator", "openai:small[backoff=0.001]")
TRANSLATE_OPTIONS = ("--memory", "memory.sqlite", "--out", "pairs.jsonl", "--concurrency", "4", "--yes")
EXPERIMENT = ("experiment", "small.yaml", "--out", "experiment", "--workers", "1")


@contextmanager
def jobs() -> Iterator[list[Job]]:
    """Give all jobs; until the end there is a server on loopback for the one that translates."""
    server = ChatServer()
    with serving(server) as url:
        service = {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": KEY}
        yield [
            Job("embed", ("embed", "rows.tsv", "--text-column", "text"), write_reviews),
            Job("fit-aligner", FIT_ALIGNER, write_pairs),
            Job("fit-head", FIT_HEAD, write_older_head),
            Job("tune-encoder", (*TUNE, *TUNE_OPTIONS), write_model),
            Job("translate", (*TRANSLATE, *TRANSLATE_OPTIONS), write_few_pairs, service),
            Job("experiment", EXPERIMENT, write_experiment),
            Job("cache compact", ("cache", "compact"), write_store),
            Job("cache import", ("cache", "import", "rows.npy"), write_export),
        ]
