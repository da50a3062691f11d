from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import softmax
from transformers import RobertaConfig
from transformers.models.roberta.modeling_roberta import RobertaClassificationHead

from langalign.errors import SpecError
from langalign.heads._network import Standardise
from langalign.heads.base import Head
from langalign.heads.mlp import MlpHead
from langalign.heads.roberta import RobertaHead
from tests.heads.toy import CLASSES, WIDTH, clusters, slope


def own_head(dropout: float = 0.1) -> RobertaClassificationHead:
    config = RobertaConfig(
        hidden_size=WIDTH,
        num_attention_heads=1,
        num_labels=len(CLASSES),
        hidden_dropout_prob=dropout,
        classifier_dropout=dropout,
    )
    return RobertaClassificationHead(config)


def with_our_weights(head: RobertaHead) -> RobertaClassificationHead:
    state = {name: torch.tensor(array) for name, array in head.state().items()}
    own = own_head()
    names = {"1.1": "dense", "1.4": "out_proj"}
    own.load_state_dict(
        {
            f"{theirs}.{kind}": state[f"{ours}.{kind}"]
            for ours, theirs in names.items()
            for kind in ("weight", "bias")
        }
    )
    return own


def test_roberta_is_the_language_models_own_head() -> None:
    head = RobertaHead(standardise=False, epochs=3).fit(*clusters())
    vectors = clusters(50, seed=4)[0]
    with torch.no_grad():
        logits = with_our_weights(head).eval()(torch.from_numpy(vectors)[:, None])  # takes the first token
    np.testing.assert_allclose(head.scores(vectors), logits.softmax(dim=1).numpy(), atol=1e-6)


def test_roberta_drops_out_where_the_language_models_own_head_does() -> None:
    head = RobertaHead(standardise=False, epochs=3).fit(*clusters())
    vectors = torch.from_numpy(clusters(50, seed=4)[0])
    own, ours = with_our_weights(head).train(), head.network_.train()
    torch.manual_seed(3)
    expected = own(vectors[:, None])
    torch.manual_seed(3)
    torch.testing.assert_close(ours(vectors), expected)


def test_mlp_computes_its_formula() -> None:
    head = MlpHead(hidden=5, epochs=3).fit(*clusters())
    state, vectors = head.state(), clusters(50, seed=4)[0]
    moved = (vectors - state["0.centre"]) * state["0.scale"]
    hidden = np.maximum(moved @ state["1.1.weight"].T + state["1.1.bias"], 0)
    expected = softmax(hidden @ state["1.4.weight"].T + state["1.4.bias"], axis=1)
    np.testing.assert_allclose(head.scores(vectors), expected, atol=1e-6)


def test_standardising_gives_mean_zero_and_mean_variance_one() -> None:
    vectors = (np.random.default_rng(0).standard_normal((500, 6)) * [1, 2, 3, 4, 5, 0] + 10).astype(
        np.float32
    )
    module = Standardise(6)
    module.learn(vectors)
    moved = module(torch.from_numpy(vectors)).numpy()
    np.testing.assert_allclose(moved.mean(axis=0), 0, atol=1e-5)
    assert moved.var(axis=0).mean() == pytest.approx(1, abs=1e-5)
    shape = np.diff(vectors[:2], axis=0) * float(module.scale)
    np.testing.assert_allclose(np.diff(moved[:2], axis=0), shape, rtol=1e-5)


def test_standardising_changes_nothing_before_it_has_learned() -> None:
    vectors = torch.randn(4, 6)
    torch.testing.assert_close(Standardise(6)(vectors), vectors, rtol=0, atol=0)


def test_scores_do_not_depend_on_the_scale_of_the_vectors() -> None:
    vectors, labels = clusters()
    one = MlpHead(epochs=5).fit(vectors, labels).scores(vectors)
    other = MlpHead(epochs=5).fit(vectors / 1024, labels).scores(vectors / 1024)
    np.testing.assert_allclose(one, other, atol=1e-4)


def test_training_stops_early_and_tells_its_history() -> None:
    head = MlpHead(patience=2).fit(*clusters(), validation=clusters(60, seed=1), seed=1)
    losses = [row["validation_loss"] for row in head.history_]
    assert len(losses) - 1 - int(np.argmin(losses)) == head.patience
    assert [row["epoch"] for row in head.history_] == list(range(1, len(losses) + 1))


def test_the_seed_matters() -> None:
    one, other = (MlpHead(epochs=2).fit(*clusters(), seed=seed).state() for seed in (0, 1))
    assert not np.array_equal(one["1.1.weight"], other["1.1.weight"])


def test_the_callers_random_numbers_are_left_alone() -> None:
    head = MlpHead(epochs=2).fit(*clusters())
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    MlpHead(epochs=2).fit(*clusters())
    MlpHead(epochs=2).restore(head.state(), WIDTH, head.task_)
    torch.testing.assert_close(torch.rand(3), expected, rtol=0, atol=0)


def test_regression_keeps_the_scale_of_the_scores() -> None:
    vectors, scores = slope()
    shifted = 1000 + 50 * scores
    head = MlpHead(dropout=0.0).fit(vectors, shifted, validation=(vectors[:50], shifted[:50]))
    assert np.mean(head.predict(vectors)) == pytest.approx(shifted.mean(), rel=1e-2)
    assert np.std(head.predict(vectors)) == pytest.approx(shifted.std(), rel=0.15)


@pytest.mark.parametrize(
    ("head", "options", "message"),
    [
        (MlpHead, {"hidden": 0}, "hidden=0 is out of range; give at least 1"),
        (MlpHead, {"hidden": -3}, "hidden=-3 is out of range; give at least 1"),
        (
            MlpHead,
            {"dropout": 2.0},
            "dropout=2.0 is out of range; give a share",
        ),
        (MlpHead, {"dropout": -0.1}, "dropout=-0.1 is out of range"),
        (MlpHead, {"epochs": 0}, "epochs=0 is out of range"),
        (RobertaHead, {"dropout": 1.0}, "dropout=1.0 is out of range"),
        (RobertaHead, {"task": "poetry"}, "task=poetry is unknown"),
    ],
)
def test_impossible_options_are_refused(head: type[Head], options: dict, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        head(**options)
