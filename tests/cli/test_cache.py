from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from langalign.store import Store, row_keys
from tests.cli.conftest import Command


@pytest.fixture
def shard(langalign: Command, tmp_path: Path) -> Path:
    (tmp_path / "texts.txt").write_text("one\ntwo\nthree\n", encoding="utf-8")
    store = langalign("embed", "texts.txt", "--json", "--quiet").json["store"]
    (path,) = (tmp_path / store).glob("*.h5")
    return path


@pytest.mark.usefixtures("shard")
def test_stores_are_listed(langalign: Command) -> None:
    (store,) = langalign("cache", "list", "--json").json["stores"]
    assert (store["rows"], store["shards"], store["width"], store["storage"]) == (3, 1, 64, "float32")
    assert "hashing" in langalign("cache", "list").stdout


def test_a_damaged_store_is_listed_as_such_among_the_others(langalign: Command, shard: Path) -> None:
    langalign("embed", "texts.txt", "--encoder", "hashing[width=32]", "--quiet")
    shard.write_bytes(shard.read_bytes()[:1000])
    done = langalign("cache", "list", "--json")
    stores = {store["folder"]: store for store in done.json["stores"]}
    damaged = stores.pop(str(shard.parent))
    assert (done.exit_code, [store["rows"] for store in stores.values()]) == (1, [3])
    assert shard.name in damaged["problem"]
    assert done.stderr.startswith(f"langalign: 1 of 2 stores cannot be used; the first: {shard}")
    assert shard.name in "".join(langalign("cache", "list").stdout.split())


def test_an_empty_cache_is_fine(langalign: Command) -> None:
    assert langalign("cache", "list", "--json").json["stores"] == []
    assert langalign("cache", "verify", "--json").json["bad"] == []


def damage(path: Path) -> None:
    """Flip a bit of the vector of "one"."""
    content = bytearray(path.read_bytes())
    content[content.index(Store.from_folder(path.parent).vectors(["one"]).tobytes())] ^= 1
    path.write_bytes(content)


def test_damage_is_named_and_mended(langalign: Command, shard: Path) -> None:
    assert langalign("cache", "verify", "--json").json["rows"] == 3
    damage(shard)
    done = langalign("cache", "verify", "--json", "--quiet")
    assert done.exit_code == 1
    assert done.json["bad"][0]["file"] == str(shard)
    assert "1 of 1 files are damaged" in done.stderr
    assert langalign("cache", "verify", "--mend", "--json", "--quiet").json["mended"]
    assert langalign("cache", "verify", "--json", "--quiet").json["bad"] == []
    again = langalign("embed", "texts.txt", "--json", "--quiet").json
    assert (again["cached"], again["embedded"]) == (2, 1)


def test_a_damaged_shard_stops_a_command_with_one_line(langalign: Command, shard: Path) -> None:
    shard.write_bytes(shard.read_bytes()[:1000])
    error = langalign("embed", "texts.txt").error
    assert shard.name in error
    assert "cache verify --mend" in error


def test_duplicates_are_collapsed(langalign: Command, shard: Path) -> None:
    store = Store.from_folder(shard.parent)
    store.append(row_keys(["one"]), store.vectors(["one"]))
    (compacted,) = langalign("cache", "compact", "--json", "--quiet").json["stores"]
    assert (compacted["rows"], compacted["shards"], compacted["duplicates"]) == (3, 1, 1)


@pytest.mark.usefixtures("shard")
@pytest.mark.parametrize("ending", ["npy", "parquet", "h5"])
@pytest.mark.parametrize("texts", [[], ["--texts", "texts.txt"]])
def test_what_is_exported_can_be_imported(langalign: Command, ending: str, texts: list[str]) -> None:
    out = f"out.{ending}"
    assert langalign("cache", "export", "--out", out, *texts, "--json").json["rows"] == 3
    imported = langalign("cache", "import", out, "--cache", "other", "--json").json
    assert (imported["imported"], imported["rows"]) == (3, 3)
    assert langalign("embed", "texts.txt", "--cache", "other", "--json", "--quiet").json["embedded"] == 0


@pytest.mark.usefixtures("shard")
def test_vectors_that_are_not_finite_are_not_imported(langalign: Command) -> None:
    np.save("bad.npy", np.full((3, 64), np.nan, np.float32))
    assert "NaN" in langalign("cache", "import", "bad.npy", "--texts", "texts.txt", "--cache", "other").error


@pytest.mark.usefixtures("shard")
def test_another_encoders_export_is_refused(langalign: Command) -> None:
    langalign("cache", "export", "--out", "out.h5", "--json")
    error = langalign("cache", "import", "out.h5", "--encoder", "hashing[width=32]").error
    assert "--encoder" in error


def test_a_store_that_cannot_be_mended_is_not_called_mended(langalign: Command, shard: Path) -> None:
    (shard.parent / "encoder.json").write_text("{}")
    done = langalign("cache", "verify", "--mend", "--json", "--quiet")
    assert (done.exit_code, done.json["mended"]) == (1, False)
    assert "encoder.json" in done.stderr


@pytest.mark.usefixtures("shard")
def test_an_empty_store_refuses_vectors_of_another_width_than_its_encoders(langalign: Command) -> None:
    np.save("seven.npy", np.ones((3, 7), np.float32))
    arguments = ("cache", "import", "seven.npy", "--texts", "texts.txt", "--cache", "other")
    for encoder, width in (("hashing[width=64]", 64), ("use-multilingual", 512)):
        error = langalign(*arguments, "--encoder", encoder).error
        assert "seven.npy: holds vectors of width 7" in error
        assert f"of width {width};" in error


@pytest.mark.usefixtures("shard")
def test_bad_rows_that_an_exchange_leaves_out_are_counted(langalign: Command) -> None:
    Path("holes.txt").write_text("one\n\ntwo\n\nthree\n")
    texts = ("--texts", "holes.txt", "--skip-bad", "--json")
    assert langalign("cache", "export", "--out", "out.npy", *texts).json["skipped"] == 2
    assert langalign("cache", "import", "out.npy", "--cache", "other", *texts).json["skipped"] == 2


def save_two_stores(langalign: Command) -> dict[int, Path]:
    """Embed with two encoders; give their folders by width."""
    Path("texts.txt").write_text("one\ntwo\nthree\n")
    for width in (32, 64):
        langalign("embed", "texts.txt", "--encoder", f"hashing[width={width}]", "--quiet")
    return {one["width"]: Path(one["folder"]) for one in langalign("cache", "list", "--json").json["stores"]}


@pytest.mark.parametrize("command", ["list", "verify", "compact"])
def test_an_encoder_chooses_its_store(langalign: Command, command: str) -> None:
    folders = save_two_stores(langalign)
    run = ("cache", command, "--json", "--quiet")
    told, one = langalign(*run).json, langalign(*run, "--encoder", "hashing[width=32]").json
    if command == "verify":
        assert (told["stores"], one["stores"], one["rows"]) == (2, 1, 3)
    else:
        assert (len(told["stores"]), [Path(store["folder"]) for store in one["stores"]]) == (2, [folders[32]])
    assert "holds no store of hashing" in langalign(*run, "--encoder", "hashing[width=16]").error
    assert "unknown encoder 'nothing'" in langalign(*run, "--encoder", "nothing").error


def test_compacting_goes_on_past_a_damaged_store(langalign: Command) -> None:
    first, second = sorted(save_two_stores(langalign).values())
    (shard,) = first.glob("*.h5")
    shard.write_bytes(shard.read_bytes()[:1000])
    store = Store.from_folder(second)
    store.append(row_keys(["one"]), store.vectors(["one"]))
    done = langalign("cache", "compact", "--json", "--quiet")
    assert done.exit_code == 1
    assert "1 of 2 stores cannot be used" in done.stderr
    damaged, compacted = done.json["stores"]
    assert shard.name in damaged["problem"]
    assert (compacted["rows"], compacted["duplicates"]) == (3, 1)


def test_folders_that_tell_no_encoder_are_counted_among_the_files(langalign: Command) -> None:
    for folder in save_two_stores(langalign).values():
        (folder / "encoder.json").write_text("{}")
    assert "2 of 4 files are damaged" in langalign("cache", "verify", "--json", "--quiet").stderr


def test_a_cache_that_is_no_folder_is_an_error(langalign: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    for command in ("verify", "compact"):
        assert "nonexistent: no such folder" in langalign("cache", command, "--cache", "nonexistent").error
        assert langalign("cache", command, "--cache", "empty").exit_code == 0
        assert langalign("cache", command).exit_code == 0  # nothing has been embedded yet
    for command in ("list", "verify", "compact"):
        assert "file: is no folder" in langalign("cache", command, "--cache", "file").error


def test_an_empty_name_is_no_cache_and_a_tilde_is_the_home_folder(
    langalign: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "--cache is empty" in langalign("cache", "list", "--cache", "").error
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert langalign("cache", "list", "--cache=~/c", "--json").json["cache"] == str(tmp_path / "home" / "c")
    monkeypatch.setenv("LANGALIGN_CACHE", "~/c")
    assert langalign("cache", "list", "--json").json["cache"] == str(tmp_path / "home" / "c")
    assert langalign("cache", "verify").exit_code == 0  # the usual folder, in which nothing has been embedded
    monkeypatch.setenv("LANGALIGN_CACHE", "")
    assert langalign("cache", "list", "--json").json["cache"] == "cache"
