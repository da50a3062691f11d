"""Servers that lie, stall or answer for another model: refused in one clear line, and nothing is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from langalign.encoders.hashing import HashingEncoder
from tests.encoders import embeddings_server
from tests.encoders.embeddings_server import EmbeddingsServer
from tests.loopback import KEY
from tests.torture.campaign import Campaign
from tests.torture.outcome import Outcome
from tests.torture.processes import Ended, Order, run
from tests.torture.trial import Tally, last_line
from tests.translation import chat_server
from tests.translation.chat_server import ChatServer, korean

WIDTH = 16
TEXTS = [f"A man plays guitar number {number}." for number in range(12)]
Answer = dict[str, Any]


def attack(campaign: Campaign) -> Iterator[Outcome]:
    """Ask for embeddings, then for translations."""
    yield embeddings(campaign)
    yield translations(campaign)


def embeddings(campaign: Campaign) -> Outcome:
    """Tell each lie to ``embed``; then answer honestly."""
    campaign.tell("services: embeddings")
    tally, server = Tally("services: embeddings"), EmbeddingsServer()
    with embeddings_server.serving(server) as url:
        for name, lie in chosen(campaign, LIES).items():
            server.as_base64, server.script, server.alter = False, [], lie
            judge(tally, name, url, made(campaign.folder / name))
        for name, script in chosen(campaign, FAILURES).items():
            server.script, server.alter = [*script], lambda answer: answer
            judge(tally, name, url, made(campaign.folder / name))
        folder = made(campaign.folder / "honest")
        server.script, server.alter = [], lambda answer: answer
        tally.count(failed="" if embed(folder, url).code == 0 else "an honest server was refused")
        exported = command(
            folder, url, "cache", "export", "--texts", "a.txt", "--out", "x.npy", "-q", *ENCODER
        )
        right = exported.code == 0 and np.allclose(
            np.load(folder / "x.npy"), HashingEncoder(width=WIDTH).encode(TEXTS), atol=1e-6
        )
        tally.count(wrong=0 if right else len(TEXTS))
    return tally.outcome()


ENCODER = ("--encoder", "openai:small[max_retries=0,timeout=0.5]")


def embed(folder: Path, url: str) -> Ended:
    """Embed the texts."""
    return command(folder, url, "embed", "a.txt", "--quiet", "--json", *ENCODER)


def command(folder: Path, url: str, *arguments: str) -> Ended:
    """Run a command that may ask a server."""
    return run(Order(arguments, folder, {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": KEY}))


def judge(tally: Tally, name: str, url: str, folder: Path) -> None:
    """Embed, and demand one clear line and that nothing was stored."""
    ended = embed(folder, url)
    stored = [*folder.glob("cache/*/*.h5")]
    tally.count(
        unclear="" if ended.clear else f"{name}: {last_line(ended)}",
        wrong=len(stored),
        failed=f"{name}: was believed" if stored or ended.code == 0 else "",
    )


def item(number: int, **change: object) -> Callable[[Answer], Answer]:
    """Change one vector of an answer."""

    def alter(answer: Answer) -> Answer:
        answer["data"][number].update(change)
        return answer

    return alter


def every(**change: object) -> Callable[[Answer], Answer]:
    """Change all vectors of an answer."""
    return lambda answer: {**answer, "data": [{**one, **change} for one in answer["data"]]}


def without(place: str) -> Callable[[Answer], Answer]:
    """Leave a field of every vector out."""

    def alter(answer: Answer) -> Answer:
        for one in answer["data"]:
            del one[place]
        return answer

    return alter


LIES: Mapping[str, Callable[[Answer], object]] = {
    "a vector too few": lambda answer: {**answer, "data": answer["data"][:-1]},
    "a vector too many": lambda answer: {**answer, "data": [*answer["data"], answer["data"][0]]},
    "no vectors": lambda answer: {**answer, "data": []},
    "one twice": item(3, index=0),
    "a number beyond": item(3, index=99),
    "a number below": item(3, index=-1),
    "a number that is text": item(3, index="3"),
    "a number that is a fraction": item(3, index=2.5),
    "no numbers": without("index"),
    "no embeddings": without("embedding"),
    "another width": item(3, embedding=[1.0, 2.0]),
    "no width": every(embedding=[]),
    "nested": every(embedding=[[1.0] * WIDTH]),
    "a single number": every(embedding=1.0),
    "NaN": item(3, embedding=[float("nan")] * WIDTH),
    "infinite": item(3, embedding=[1e300] * WIDTH),
    "text in numbers": item(3, embedding=["x"] * WIDTH),
    "numbers as text": every(embedding=["1.0"] * WIDTH),
    "truth values": every(embedding=[True] * WIDTH),
    "broken base64": item(3, embedding="?"),
    "a torn base64": item(3, embedding="AAAA"),
    "another model": lambda answer: {**answer, "model": "large"},
    "a model that is no text": lambda answer: {**answer, "model": 7},
    "an error as an answer": lambda answer: {"error": {"message": "none left"}},
    "a list": lambda answer: [1, 2],
    "null": lambda answer: None,
    "a page": lambda answer: b"<html>hello</html>",
    "half an answer": lambda answer: b'{"data": [{"index": 0, "embedd',
    "deep": lambda answer: b"[" * 100_000,
    "a long number": lambda answer: b'{"data": [{"index": 0, "embedding": [' + b"9" * 9_000 + b"]}]}",
    "not text": lambda answer: b"\xff\xfe\x00",
    "nothing": lambda answer: b"",
}
FAILURES: Mapping[str, Sequence[int | float]] = {
    "silence": [1.0],
    "no entry": [401],
    "no such model": [404],
    "too fast": [429],
    "broken": [500],
    "redirect": [302],
}


def translations(campaign: Campaign) -> Outcome:
    """Answer each request in a wrong way; then honestly, and look for what was kept of the lies."""
    campaign.tell("services: translations")
    tally, server = Tally("services: translations"), ChatServer()
    with chat_server.serving(server) as url:
        for step in chosen(campaign, STEPS):
            server.trouble = lambda text, nth, step=step: step
            folder = made(campaign.folder / "translations" / step)
            refused = translate(folder, url, "2")
            kept = [text for text in translations_in(folder) if text not in map(korean, TEXTS)]
            tally.count(
                unclear="" if refused.clear or not refused.code else f"{step}: {last_line(refused)}",
                wrong=len(kept),
                failed=f"{step}: was believed" if refused.code == 0 else "",
            )
            server.trouble = lambda text, nth: "ok"
            done = translate(folder, url, "9")
            lines = (folder / "made.tsv").read_text().splitlines()[1:] if done.code == 0 else []
            right = [f"{text}\t{korean(text)}" for text in TEXTS]
            tally.count(wrong=sum(one != other for one, other in zip(lines, right, strict=False)))
            tally.count(failed="" if lines == right else f"{step}: {last_line(done)}")
    return tally.outcome()


STEPS = dict.fromkeys(("same", "empty", "refuse", "filter", "cut", "broken", "drop", "slow", "error", "401"))


def translate(folder: Path, url: str, attempts: str) -> Ended:
    """Translate the texts."""
    spec = "openai:small[max_retries=0,timeout=0.4,backoff=0]"
    options = ("--to", "ko", "--out", "made.tsv", "--attempts", attempts, "--yes", "--quiet", "--json")
    return command(folder, url, "translate", "a.txt", "--translator", spec, *options)


def translations_in(folder: Path) -> list[str]:
    """List what was written out as a translation."""
    path = folder / "made.tsv"
    return [line.split("\t")[1] for line in path.read_text().splitlines()[1:]] if path.exists() else []


def made(folder: Path) -> Path:
    """Write the texts."""
    folder.mkdir(parents=True)
    (folder / "a.txt").write_text("\n".join(TEXTS))
    return folder


def chosen(campaign: Campaign, cases: Mapping[str, Any]) -> dict[str, Any]:
    """Draw some of the cases for a quick campaign."""
    names = campaign.chance(str([*cases])).sample([*cases], min(len(cases), campaign.scale(3, 100)))
    return {name: cases[name] for name in names}
