from __future__ import annotations

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import Ridge

from langalign.errors import ShapeError
from langalign.heads._characters import PENALTY, WIDTH, Characters, count_ngrams

TEXTS = ["아주 재미있다", "재미없다", "정말 재미있다", "지루하다", "so dull", "so fine", "재미있다", "지루해"]
CODES = np.array([1, 0, 1, 0, 0, 1, 1, 0])


def test_scores_are_those_of_ridge_regression_on_tf_idf() -> None:
    """scikit-learn's own features, by name and not by hash, its solver in closed form."""
    named = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True, lowercase=True)
    solved = Ridge(alpha=PENALTY, solver="cholesky").fit(
        named.fit_transform(TEXTS).toarray(), np.eye(2)[CODES]
    )
    model = Characters.fit(count_ngrams(TEXTS), CODES, 2)
    seen = ["재미있다", "아주 지루하다"]
    np.testing.assert_allclose(
        model.beside(TEXTS), solved.predict(named.transform(TEXTS).toarray()), atol=0.01
    )
    np.testing.assert_array_equal(
        model.beside(seen).argmax(axis=1), solved.predict(named.transform(seen).toarray()).argmax(axis=1)
    )


def test_fitting_and_scoring_leave_the_counts_alone() -> None:
    counts = count_ngrams(TEXTS)
    before = counts.copy()
    Characters.fit(counts, CODES, 2).scores(counts)
    assert (counts != before).nnz == 0


def test_arrays_that_do_not_fit_are_refused() -> None:
    model = Characters.fit(count_ngrams(TEXTS), CODES, 2)
    assert Characters.restore(vars(model), 2).weight.shape == (WIDTH, 2)
    with pytest.raises(ShapeError, match="the model of characters has arrays"):
        Characters.restore(vars(model), 3)
