"""Which columns are meant."""

from __future__ import annotations

import pytest

from langalign.corpora._roles import choose, guess, named
from langalign.corpora.base import Roles, Table
from langalign.errors import DataError


@pytest.mark.parametrize(
    ("columns", "text", "label", "sides"),
    [
        (("anything",), "anything", "", None),
        (("label",), "label", "", None),
        (("label", "headline"), "headline", "label", None),
        (("id", "document", "label"), "document", "label", None),
        (("id", "comment", "text"), "text", "", None),
        (("sentence1", "sentence2", "gold_label"), "", "gold_label", None),
        (("id", "source", "target", "score"), "", "score", ("source", "target")),
        (("en", "ko"), "", "", ("en", "ko")),
        (("id", "en", "ko"), "", "", None),
        ((), "", "", None),
    ],
)
def test_well_known_names_are_taken(columns, text, label, sides):
    source, target = ((sides[0],), (sides[1],)) if sides else ((), ())
    assert guess(columns) == Roles((text,) if text else (), label, source, target)


TABLE = Table("a.tsv", ("id", "2", "text", "context"), ())


@pytest.mark.parametrize(("asked", "found"), [("text", "text"), ("1", "id"), ("2", "2"), ("4", "context")])
def test_a_name_wins_over_a_number(asked: str, found: str):
    assert named(TABLE, asked, "--text-column") == found


@pytest.mark.parametrize("asked", ["none", "0", "5", "-1", "", "²", "٣"])
def test_a_column_that_is_not_there_lists_those_that_are(asked: str):
    with pytest.raises(DataError) as caught:
        named(TABLE, asked, "--text-column")
    expected = f"a.tsv has no column {asked!r} (--text-column); it has: id, 2, text, context"
    assert str(caught.value) == expected


@pytest.mark.parametrize(
    ("default", "first", "second", "chosen"),
    [
        (("text",), None, None, ("text",)),
        (("text",), "id", None, ("id",)),
        (("text",), None, "context", ("text", "context")),
        (("text", "context"), None, None, ("text", "context")),
        (("text", "context"), "context", None, ("context",)),
        (("text", "context"), None, "id", ("text", "id")),
        ((), "text", "context", ("text", "context")),
    ],
)
def test_what_is_asked_for_wins_over_what_is_assumed(default, first, second, chosen):
    assert choose(TABLE, default, first, second, "text") == chosen


def test_a_line_of_plain_text_is_whatever_column_is_asked_for():
    lines = Table("a.txt", ("1",), [], guess(("1",)))
    assert choose(lines, lines.roles.text, "review", None, "text") == ("1",)
    with pytest.raises(DataError, match=r"--pair-column.*it has: 1"):
        choose(lines, lines.roles.text, "review", "context", "text")
    with pytest.raises(DataError, match="--label-column"):
        named(lines, "label", "--label-column")


def test_nothing_to_assume_is_an_error_that_names_the_option():
    with pytest.raises(DataError, match="no column is plainly the source side; choose with --source-column"):
        choose(TABLE, (), None, None, "source")
    with pytest.raises(DataError, match="no column is plainly the text; choose with --text-column"):
        choose(TABLE, (), None, "context", "text")


def test_one_column_has_no_two_sides():
    lines = Table("a.txt", ("1",), [], guess(("1",)))
    with pytest.raises(
        DataError, match="one column, but pairs have two sides; give the other side as TARGET"
    ):
        choose(lines, (), None, None, "source")


@pytest.mark.parametrize(("side", "option"), [("text", "--pair-column"), ("target", "--target-pair-column")])
def test_a_second_column_that_is_not_there_names_its_option(side: str, option: str):
    with pytest.raises(DataError, match=option):
        choose(TABLE, ("text",), None, "none", side)
