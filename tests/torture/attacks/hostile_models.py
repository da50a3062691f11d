"""Model folders with changed values, changed bytes, pickles and code in them: loaded, or one clear line."""

from __future__ import annotations

import json
import pickle
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tests.torture.attacks._crafted import Code
from tests.torture.attacks.hostile_changed import VALUES, changed, places, with_value
from tests.torture.campaign import Campaign
from tests.torture.jobs import write_model
from tests.torture.outcome import Outcome
from tests.torture.sandbox import Ended, Sandbox, sandbox
from tests.torture.trial import Tally

WITH_VALUES = ("config.json", "tokenizer_config.json")
WITH_BYTES = ("config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors")


def attack(campaign: Campaign) -> Iterator[Outcome]:
    """Change a small model's files, one at a time, and embed with it."""
    write_model(campaign.folder)
    (campaign.folder / "a.txt").write_text("A man plays guitar.\n영화는 길다.\n")
    sound = {path: path.read_bytes() for path in (campaign.folder / "model").iterdir()}
    box = sandbox()
    ended = embed(box, campaign.folder)
    if ended.code:
        raise RuntimeError(ended.stderr)
    for name in WITH_VALUES:
        yield changed_values(campaign, box, name, sound[campaign.folder / "model" / name])
    for name in WITH_BYTES:
        yield changed_bytes(campaign, box, name, sound[campaign.folder / "model" / name])
    yield code(campaign, box, sound)


def embed(box: Sandbox, folder: Path) -> Ended:
    """Embed with the folder's model, into a cache of its own."""
    shutil.rmtree(folder / "cache", ignore_errors=True)
    return box.run(folder, "embed", "a.txt", "--encoder", "transformers:model", "--quiet", "--json")


def changed_values(campaign: Campaign, box: Sandbox, name: str, content: bytes) -> Outcome:
    """Put other values into a JSON file."""
    campaign.tell(f"hostile: changed values of {name}")
    tally, chance = Tally(f"hostile: changed values of {name}"), campaign.chance(name)
    record = json.loads(content)
    cases = [(place, value) for place in places(record) for value in (*VALUES, ...)]
    for place, value in chance.sample(cases, min(len(cases), campaign.scale(1, 60))):
        text = json.dumps(with_value(record, place, value))
        (campaign.folder / "model" / name).write_text(text)
        complaint = embed(box, campaign.folder).complaint
        tally.count(unclear=f"{place} {value!r}: {complaint}" if complaint else "")
    (campaign.folder / "model" / name).write_bytes(content)
    return tally.outcome()


def changed_bytes(campaign: Campaign, box: Sandbox, name: str, content: bytes) -> Outcome:
    """Change bytes."""
    campaign.tell(f"hostile: changed bytes of {name}")
    tally, chance = Tally(f"hostile: changed bytes of {name}"), campaign.chance(name)
    end = time.monotonic() + campaign.scale(0, 20)
    while not tally.tries or time.monotonic() < end:
        (campaign.folder / "model" / name).write_bytes(changed(content, chance))
        tally.count(unclear=embed(box, campaign.folder).complaint)
    (campaign.folder / "model" / name).write_bytes(content)
    return tally.outcome()


def code(campaign: Campaign, box: Sandbox, sound: Mapping[Path, bytes]) -> Outcome:
    """Offer code in every place where transformers would look for it; none may run."""
    tally = Tally("hostile: code in a model's folder")
    for name, offer in OFFERS.items():
        model = campaign.folder / "model"
        shutil.rmtree(model)
        model.mkdir()
        for path, content in sound.items():
            path.write_bytes(content)
        offer(model)
        ended = embed(box, campaign.folder)
        ran = (campaign.folder / "pwned").exists() or (campaign.folder.parents[1] / "pwned").exists()
        tally.count(unclear=ended.complaint, failed=f"{name}: code was run" if ran else "")
    return tally.outcome()


def own_code(model: Path, kind: str, file: str) -> None:
    """Ask for a class of a module that lies in the folder."""
    content = json.loads((model / file).read_bytes())
    auto_map = {kind: "evil.Evil"} if kind != "AutoTokenizer" else {kind: [None, "evil.Evil"]}
    (model / file).write_text(json.dumps({**content, "auto_map": auto_map, "model_type": "evil"}))
    (model / "evil.py").write_text("import pathlib\npathlib.Path('pwned').touch()\nclass Evil: pass\n")


OFFERS: Mapping[str, Callable[[Path], object]] = {
    "model class": lambda model: own_code(model, "AutoModel", "config.json"),
    "configuration class": lambda model: own_code(model, "AutoConfig", "config.json"),
    "tokenizer class": lambda model: own_code(model, "AutoTokenizer", "tokenizer_config.json"),
    "pickle beside": lambda model: (model / "pytorch_model.bin").write_bytes(pickle.dumps(Code())),
    "pickle instead": lambda model: (model / "model.safetensors").rename(model / "pytorch_model.bin"),
    "pickle by name": lambda model: (model / "model.safetensors").write_bytes(pickle.dumps(Code())),
    "index elsewhere": lambda model: (
        (model / "model.safetensors").rename(model / "x.safetensors"),
        (model / "model.safetensors.index.json").write_text('{"weight_map": {"a": "../../../etc/passwd"}}'),
    ),
    "module beside": lambda model: (model.parent / "json.py").write_text("open('pwned', 'w')"),
}
