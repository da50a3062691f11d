"""Every option that changes a vector changes the fingerprint, and nothing else does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np

from langalign import registry
from langalign.encoders import build, format_spec
from langalign.errors import LangalignError
from tests.contracts.test_encoders import CHANGES, NEUTRAL
from tests.encoders import embeddings_server
from tests.encoders.small_model import TEXTS, save_small_model, save_small_sentence_transformer
from tests.loopback import KEY
from tests.torture.campaign import Campaign
from tests.torture.outcome import Outcome
from tests.torture.trial import Tally

TWO = {
    "width": (32, 64, 65),
    "dimensions": (4, 8, 9),
    "shortest": (1, 3),
    "longest": (3, 5),
    "storage": ("float16",),
    "pooling": ("cls", "pooler"),
    "prefix": ("query: ", "query:", " "),
    "prompt": ("query: ", "query:", " "),
    "max_length": (8, 16, 17),
    "normalize": (True,),
    "dtype": ("bfloat16", "float16"),
    "trust_remote_code": (True,),
}
"""Values beside the default, for each option of any encoder."""

SAME: Mapping[str, tuple[Any, Any]] = {"dtype": ("fp32", "float32"), "pooling": ("mean", "mean")}
"""Two ways of saying one thing."""


def attack(campaign: Campaign) -> Iterator[Outcome]:
    """Change each option, then everything that must not count, then the model's files."""
    model = save_small_model(campaign.folder / "model")
    names = {
        "transformers": str(model),
        "sentence-transformers": str(save_small_sentence_transformer(campaign.folder / "st", model)),
        "openai": "small",
    }
    with embeddings_server.serving(embeddings_server.EmbeddingsServer()) as url:
        os.environ.update(OPENAI_BASE_URL=url, OPENAI_API_KEY=KEY)
        try:
            for kind in registry.names("encoders"):
                campaign.tell(f"identity: options of {kind}")
                yield options(kind, names.get(kind))
        finally:
            del os.environ["OPENAI_BASE_URL"], os.environ["OPENAI_API_KEY"]
    yield elsewhere(campaign, model)
    yield edited(campaign, model)


def options(kind: str, name: str | None) -> Outcome:
    """Change each option by itself; vectors that differ must have other fingerprints."""
    tally = Tally(f"identity: options of {kind}")
    known = set(get_type_hints(registry.get("encoders", kind).__init__)) - {"name", "device", "return"}
    seen: dict[str, tuple[str, Any]] = {}
    cases = [("", None), *((option, value) for option in sorted(known - NEUTRAL) for value in TWO[option])]
    tally.count(failed="" if set(CHANGES[kind]) == known - NEUTRAL else f"options are {sorted(known)}")
    for option, value in cases:
        encoder = build(format_spec(kind, name, {option: value} if option else {}), device="cpu")
        fingerprint = encoder.identity.fingerprint
        twin = seen.get(fingerprint)
        tally.count(failed=f"{option}={value} is taken for {twin}" if twin else "")
        seen[fingerprint] = (option, value)
    for option in sorted(known & NEUTRAL - {"revision"}):
        encoder = build(format_spec(kind, name, {option: 9}), device="cuda:3")
        tally.count(
            failed="" if seen.get(encoder.identity.fingerprint, "")[:1] == ("",) else f"{option} counts"
        )
    for option, (one, other) in SAME.items():
        if option in known:
            both = {
                build(format_spec(kind, name, {option: value})).identity.fingerprint for value in (one, other)
            }
            tally.count(failed="" if len(both) == 1 else f"{option}={one} is not {option}={other}")
    return tally.outcome(f"{len(seen)} fingerprints")


def elsewhere(campaign: Campaign, model: Path) -> Outcome:
    """Copy a model to another place and time, and ask another process."""
    campaign.tell("identity: two machines")
    tally = Tally("identity: two machines")
    expected = build(f"transformers:{model}").identity.fingerprint
    copy = campaign.folder / "another place" / "named otherwise"
    shutil.copytree(model, copy)
    for number, path in enumerate(sorted(copy.rglob("*"), reverse=True)):
        os.utime(path, (number, number))
    program = (
        "import sys; from langalign.encoders import build; print(build(sys.argv[1]).identity.fingerprint)"
    )
    for hash_seed, spec in (
        ("1", f"transformers:{copy}"),
        ("2", "transformers:named otherwise"),
        ("3", str(model)),
    ):
        spec = spec if ":" in spec else f"transformers:{spec}"
        told = subprocess.run(
            [sys.executable, "-c", program, spec],
            cwd=copy.parent,
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "LC_ALL": "C", "TZ": "Asia/Seoul"},
            capture_output=True,
            text=True,
        )
        tally.count(
            failed="" if told.stdout.strip() == expected else f"{spec}: {told.stdout}{told.stderr[-200:]}"
        )
    for name, change in IDLE.items():
        change(copy)
        same = build(f"transformers:{copy}").identity.fingerprint == expected
        tally.count(failed="" if same else f"{name} counts")
    return tally.outcome()


IDLE: Mapping[str, Callable[[Path], object]] = {
    "a README": lambda folder: (folder / "README.md").write_text("x"),
    "a training state": lambda folder: (folder / "trainer_state.json").write_text("{}"),
    "a hidden folder": lambda folder: (folder / ".git").mkdir(),
    "an older checkpoint": lambda folder: shutil.copytree(folder, folder / "checkpoint-5"),
    "an optimiser": lambda folder: (folder / "optimizer.bak").write_bytes(b"x"),
}


def edited(campaign: Campaign, model: Path) -> Outcome:
    """Change one byte of each file that counts, its time and size left alone; then while it is loaded."""
    campaign.tell("identity: a folder edited in place")
    tally = Tally("identity: a folder edited in place")
    before = build(f"transformers:{model}").identity.fingerprint
    for path in sorted(model.iterdir()):
        content, stat = path.read_bytes(), path.stat()
        places = campaign.chance(path.name).sample(range(len(content)), campaign.scale(3, 50))
        for place in places:
            changed = bytearray(content)
            changed[place] ^= 1
            path.write_bytes(changed)
            os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
            tally.count(failed="" if fingerprint_or_none(model) != before else f"{path.name} at {place}")
        path.write_bytes(content)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    tally.count(failed="" if fingerprint_or_none(model) == before else "does not come back")
    encoder = build(f"transformers:{model}", device="cpu")
    _ = encoder.identity
    weights = bytearray((model / "model.safetensors").read_bytes())
    weights[-4] ^= 64
    (model / "model.safetensors").write_bytes(weights)
    try:
        found = np.isfinite(encoder.encode(TEXTS)).all()
        tally.count(wrong=len(TEXTS), failed=f"changed while it was loaded, and served: {found}")
    except LangalignError as error:
        tally.count(failed="" if "was changed" in str(error) else str(error))
    return tally.outcome()


def fingerprint_or_none(model: Path) -> str | None:
    """Tell the fingerprint; None where the files make no sense any more."""
    try:
        return build(f"transformers:{model}", device="cpu").identity.fingerprint
    except LangalignError:
        return None
