"""Whatever can be written as text: DATA, SPECs, tables, records and experiments, made up by hypothesis."""

from __future__ import annotations

import gzip
import json
import lzma
import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as some

from langalign.corpora import ReadOptions, read_pairs, read_texts
from langalign.encoders import build, format_spec, parse_spec
from langalign.errors import LangalignError
from langalign.experiments import load_spec
from langalign.part_options import parse_assignments
from langalign.store.vector_file import read_vectors
from langalign.translation import build as build_translator
from tests.torture.campaign import Campaign
from tests.torture.outcome import Outcome
from tests.torture.trial import Tally

LETTERS = some.characters(codec="utf-8")
BITING = [
    "\ufeff",
    "\u2028",
    "\u202e",
    "e\u0301",
    "\U0001f469\u200d\U0001f469",
    "\0",
    "\t",
    "\n",
    "\r\n",
    "\r",
]
WORDS = ["text", "label", "source", "target", "null", "1e999", "-0", "<tu>", "</seg>", '""']
PIECES = some.sampled_from([*string.punctuation, *BITING, *WORDS])
PIECED = some.lists(some.one_of(PIECES, some.text(LETTERS, max_size=5)), max_size=60).map("".join)
NESTED = some.recursive(
    some.none() | some.booleans() | some.floats() | some.integers() | some.text(LETTERS, max_size=8),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(LETTERS, max_size=6), inner),
    max_leaves=12,
)
RAW = some.one_of(some.binary(max_size=400), PIECED.map(str.encode))


@dataclass(frozen=True)
class Grammar:
    """A kind of input.

    :param made: What hypothesis makes up.
    :param use: Takes one, in a folder of its own.
    """

    made: some.SearchStrategy[object]
    use: Callable[[object, Path], object]


def attack(campaign: Campaign) -> Iterator[Outcome]:
    """Make up inputs of each grammar; anything but an answer or one clear line is a fault."""
    folder = campaign.folder.resolve()
    for name, grammar in GRAMMARS.items():
        campaign.tell(f"hostile: {name}")
        tally = Tally(f"hostile: {name}")

        def try_one(made: object) -> None:
            tally.count(unclear=problem(grammar, made, folder))  # noqa: B023 - it is called in this very turn

        within(campaign, grammar.made, try_one)
        yield tally.outcome()


def within(campaign: Campaign, made: some.SearchStrategy[object], use: Callable[[object], None]) -> None:
    """Let hypothesis make things up, and use each."""
    limits = settings(
        max_examples=campaign.scale(60, 2_000),
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[*HealthCheck],
    )
    seed(campaign.seed)(limits(given(made)(use)))()


def problem(grammar: Grammar, made: object, folder: Path) -> str:
    """Say what was unclear; empty if nothing was."""
    try:
        grammar.use(made, folder)
    except LangalignError as error:
        return "" if str(error) else "an error without a line"
    except Exception as error:
        return f"{type(error).__name__}: {error} for {made!r}"[:1_000]
    return ""


def reading(name: str, pack: Callable[[bytes], bytes] = bytes) -> Callable[[object, Path], object]:
    """Read bytes as a table of a form."""

    def use(made: object, folder: Path) -> None:
        assert isinstance(made, bytes)
        path = folder / name
        path.write_bytes(pack(made))
        for skip in (False, True):
            corpus = read_texts(str(path), ReadOptions(text_column="1", skip_bad=skip))
            for text in corpus.texts:
                text.encode() if isinstance(text, str) else None

    return use


def pairing(made: object, folder: Path) -> None:
    """Read two files as the two sides."""
    assert isinstance(made, tuple)
    for name, content in zip(("a.txt", "b.tsv"), made, strict=True):
        (folder / name).write_bytes(content)
    pairs = read_pairs(
        str(folder / "a.txt"), str(folder / "b.tsv"), ReadOptions(header=False, target_column="1")
    )
    if len(pairs.source) != len(pairs.target):
        raise AssertionError("the sides differ in number")


def data(made: object, folder: Path) -> None:
    """Read what a text names, from a folder where there is nothing."""
    read_texts(str(made), ReadOptions(data_dir=folder))


def spec(made: object, _: Path) -> None:
    """Take a SPEC apart, put it together, and build what it names."""
    parsed = parse_spec(str(made))
    if parse_spec(format_spec(parsed.kind, parsed.name, parsed.options)) != parsed:
        raise AssertionError("another SPEC")
    if parsed.kind not in ("transformers", "sentence-transformers"):
        _ = build(str(made), device="cpu").identity
    build_translator(str(made), device="cpu")


def assignment(made: object, _: Path) -> None:
    """Read NAME=VALUE."""
    parse_assignments([str(made)])


def experiment(made: object, folder: Path) -> None:
    """Read a SPEC.yaml."""
    (folder / "s.yaml").write_text(str(made), encoding="utf-8", errors="surrogatepass")
    load_spec(folder / "s.yaml")


def experiment_of(made: object, folder: Path) -> None:
    """Read a SPEC.yaml of sound syntax."""
    experiment(yaml.safe_dump(made, allow_unicode=True), folder)


def array(made: object, folder: Path) -> None:
    """Read an ``.npy`` file with a made-up header."""
    header = str(made).encode()[: 2**16 - 1]
    (folder / "a.npy").write_bytes(
        b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(256)
    )
    read_vectors(folder / "a.npy")


KINDS = some.sampled_from(["hashing", "openai", "seq2seq", "use-multilingual", "nothing", ""])
SPECS = some.one_of(
    PIECED,
    some.tuples(KINDS, PIECED, PIECED).map(lambda one: f"{one[0]}:{one[1]}[{one[2]}]"),
    some.tuples(KINDS, some.sampled_from(["width", "dimensions", "storage", "x"]), PIECED).map(
        lambda one: f"{one[0]}[{one[1]}={one[2]}]"
    ),
)
NAMES = some.sampled_from(["sample-sentiment", "nsmc", "hf:", "mnli", "xnli", "../x", "/etc", "x"])
DATA = some.one_of(
    PIECED, some.tuples(NAMES, PIECED, PIECED).map(lambda one: f"{one[0]}:{one[1]}.{one[2]}")
).filter(lambda one: not one.startswith("hf:"))
KEYS = ["task", "encoder", "source", "test", "methods", "sizes", "seeds", "pairs", "aligners", "head", "tune"]
SECTIONS = some.dictionaries(some.sampled_from(KEYS), NESTED)
HEADERS = some.one_of(
    PIECED,
    some.tuples(NESTED, NESTED, NESTED).map(
        lambda one: str({"descr": one[0], "fortran_order": one[1], "shape": one[2]})
    ),
    some.tuples(some.sampled_from(["<f4", "|O", "<U3", "<c8", "|V8", "<M8[s]", ">f8", "?"]), NESTED).map(
        lambda one: str({"descr": one[0], "fortran_order": False, "shape": one[1]})
    ),
    some.tuples(some.integers(), some.integers(-1, 9)).map(
        lambda one: str({"descr": "<f4", "fortran_order": True, "shape": one})
    ),
)

FORMS = ("tsv", "csv", "txt", "jsonl", "json", "tmx")
GRAMMARS: Mapping[str, Grammar] = {
    **{
        f"made-up {form}": Grammar(RAW, reading(f"a.{form}"))
        for form in ("tsv", "csv", "txt", "jsonl", "json", "tmx")
    },
    "made-up tsv.gz": Grammar(RAW, reading("a.tsv.gz", gzip.compress)),
    "made-up csv.xz": Grammar(RAW, reading("a.csv.xz", lzma.compress)),
    "made-up records": Grammar(
        some.lists(NESTED, max_size=6).map(lambda rows: "\n".join(map(json.dumps, rows)).encode()),
        reading("a.jsonl"),
    ),
    "made-up pairs of files": Grammar(some.tuples(RAW, RAW), pairing),
    "made-up DATA": Grammar(DATA, data),
    "made-up SPEC": Grammar(SPECS, spec),
    "made-up NAME=VALUE": Grammar(PIECED, assignment),
    "made-up SPEC.yaml": Grammar(PIECED, experiment),
    "made-up values in SPEC.yaml": Grammar(SECTIONS, experiment_of),
    "made-up npy headers": Grammar(HEADERS, array),
}
