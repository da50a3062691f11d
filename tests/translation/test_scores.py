from __future__ import annotations

import sys

import pytest

from langalign.errors import MissingExtraError
from langalign.translation._languages import find_language
from langalign.translation._scores import score

sacrebleu = pytest.importorskip("sacrebleu")

ENGLISH = (["the cat sat on the mat", "a dog runs"], ["the cat sat on a mat", "the dog runs fast"])
KOREAN = (["고양이가 매트 위에 앉았다", "개가 달린다"], ["고양이가 매트에 앉았다", "개가 빨리 달린다"])


def test_equal_texts_score_a_hundred() -> None:
    found = score(KOREAN[0], KOREAN[0], find_language("ko"))
    assert (found.chrf, found.bleu) == (pytest.approx(100), pytest.approx(100))


@pytest.mark.parametrize(
    ("code", "tokenizer", "texts"), [("en", "13a", ENGLISH), ("ko", "char", KOREAN), ("zh", "zh", KOREAN)]
)
def test_scores_are_those_of_sacrebleus_own_functions(code: str, tokenizer: str, texts: tuple) -> None:
    found = score(*texts, find_language(code))
    translations, references = texts
    assert found.chrf == sacrebleu.corpus_chrf(translations, [references]).score
    assert found.bleu == sacrebleu.corpus_bleu(translations, [references], tokenize=tokenizer).score
    assert f"tok:{tokenizer}" in found.bleu_signature
    assert "nc:6" in found.chrf_signature


def test_bleu_by_hand() -> None:
    # One sentence of 5 words, the last one wrong: precisions 4/5, 3/4, 2/3, 1/2, no brevity penalty.
    found = score(["a b c d x"], ["a b c d e"], find_language("en"))
    assert found.bleu == pytest.approx(100 * (4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25)


def test_a_missing_sacrebleu_is_told_with_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    monkeypatch.setattr("langalign.translation._scores.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'langalign\[translation\]'"):
        score(["a"], ["a"], find_language("en"))
