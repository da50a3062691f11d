"""Every spec is valid, leaves tested texts out, and has a centre of 5,000 pairs."""

from __future__ import annotations

import pytest

from benchmarks.quality.plan import at_centre, in_closed_form, small, tasks
from langalign.experiments.grid import expand
from langalign.experiments.rules import COSINE, broken_rules

ENCODED = tasks()
JSICK_PAIRS = 4400  # all that JSICK train has, nearly


@pytest.fixture(autouse=True)
def checkpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGALIGN_E5", "some/checkpoint")


@pytest.mark.parametrize("task", ENCODED, ids=lambda task: task.name)
def test_every_spec_has_three_seeds_and_leaves_out_what_is_tested(task) -> None:
    spec = task.spec()
    assert spec.seeds == (0, 1, 2)
    if spec.pairs:
        assert spec.pairs.distinct
        assert spec.pairs.untested or spec.task.metric == COSINE
    if spec.task.metric != COSINE:
        assert spec.gap is not None
        assert spec.baseline == "english"
    if spec.centre:
        assert spec.centre.pairs == (JSICK_PAIRS if task.name == "jnli-tuned" else 5000)


@pytest.mark.parametrize("task", ENCODED, ids=lambda task: task.name)
def test_cut_down_specs_are_valid_and_the_centre_is_a_part_of_the_whole(task) -> None:
    spec = task.spec()
    assert not [*broken_rules(at_centre(spec)), *broken_rules(small(spec))]
    assert {*expand(at_centre(spec))} <= {*expand(spec)}
    closed = {*expand(in_closed_form(spec))}
    assert {cell.does.aligner for cell in closed} <= {"", "identity", "mean-shift", "procrustes", "linear"}
    assert closed < {*expand(spec)} or not any(cell.does.aligner for cell in expand(spec))
    cells = expand(small(spec))
    assert {cell.seed for cell in cells} == {0}
    assert {cell.pairs for cell in cells} <= {None, 1000}
    assert len(cells) <= len(expand(spec)) / 3


def test_names_choose_a_spec_with_one_encoder_or_all() -> None:
    assert [task.name for task in tasks(["nsmc"])] == ["nsmc-use", "nsmc-e5"]
    assert [task.name for task in tasks(["nsmc-e5", "kornli-tuned"])] == ["nsmc-e5", "kornli-tuned"]
    assert all(task.encoder == "use-multilingual" for task in tasks(encoders=["use"]))
    with pytest.raises(SystemExit, match=r"no such spec: nmsc; there are: .*nsmc-use"):
        tasks(["nmsc"])
