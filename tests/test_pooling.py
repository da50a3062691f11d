from __future__ import annotations

import numpy as np
import torch

from langalign.pooling import masked_mean, pad


def test_texts_are_padded_to_the_longest() -> None:
    block, mask = pad([np.array([[5, 6, 7], [0, 0, 1]]), np.array([[8], [1]])], 2)
    assert block.tolist() == [[[5, 6, 7], [8, 2, 2]], [[0, 0, 1], [1, 0, 0]]]
    assert mask.tolist() == [[1, 1, 1], [1, 0, 0]]
    assert block.dtype == mask.dtype == torch.int64


def test_a_text_without_tokens_is_one_that_is_padding() -> None:
    for others in ([], [np.array([[5, 6]])]):
        block, mask = pad([np.zeros((1, 0), np.int32), *others], 2)
        assert block[0, 0].tolist() == [2] * block.shape[2]
        assert mask[0].tolist() == [1, 0][: block.shape[2]]


def test_the_mean_is_that_of_a_texts_own_tokens() -> None:
    hidden = torch.tensor([[[1.0, 2.0], [3.0, 6.0]], [[5.0, 7.0], [1e9, 1e9]]])
    mask = torch.tensor([[1, 1], [1, 0]])
    assert masked_mean(hidden, mask).tolist() == [[2.0, 4.0], [5.0, 7.0]]
    assert masked_mean(hidden.bfloat16(), mask).dtype == torch.bfloat16
