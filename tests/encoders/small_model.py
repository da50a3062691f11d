"""Makes a small random XLM-RoBERTa with a tokenizer of its own, as a transformers checkpoint."""

from __future__ import annotations

import unicodedata
from collections import Counter
from math import log
from pathlib import Path

TEXTS = [
    "The film is warm, funny and a little too long.",
    "영화는 따뜻하고 재미있지만 조금 길다.",
    "A man is playing a guitar on the street.",
    "한 남자가 거리에서 기타를 치고 있다.",
    "Nobody expected the second half to be this good!",
    "後半がこんなに良いとは誰も思わなかった。",
    "Rain.",
    "这家酒店的早餐很丰富，服务也很好。",
]
"""What the tokenizer's pieces are from; handy as test texts, of unlike lengths."""

WIDTH = 32


def save_small_model(folder: Path, *, seed: int = 0, pooler: bool = True, positions: int = 66) -> Path:
    """Write the checkpoint.

    :param folder: Where to; made if need be.
    :param seed: Seed of the random weights.
    :param pooler: Whether the pooler's weights are among them.
    :param positions: Positions of the model, of which XLM-RoBERTa uses all but two.
    :return: The folder.
    """
    import torch
    from transformers import XLMRobertaConfig, XLMRobertaModel

    tokenizer = _make_tokenizer(positions - 2)
    config = XLMRobertaConfig(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=positions,
        type_vocab_size=1,
        pad_token_id=1,
        initializer_range=0.2,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = XLMRobertaModel(config, add_pooling_layer=pooler)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _make_tokenizer(longest: int):
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    vocabulary = [(token, 0.0) for token in special] + _pieces()
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=special.index("<unk>")))
    tokenizer.add_special_tokens(special)
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B:1 </s>:1",
        special_tokens=[(token, tokenizer.token_to_id(token)) for token in ("<s>", "</s>")],
    )
    names = dict(
        zip(("bos_token", "pad_token", "eos_token", "unk_token", "mask_token"), special, strict=True)
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=longest,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
        cls_token="<s>",
        sep_token="</s>",
        **names,
    )


def _pieces() -> list[tuple[str, float]]:
    """Give every run of up to three characters with its log probability.

    A ``UnigramTrainer`` of ``tokenizers`` finds other pieces in each process.
    """
    words = ["▁" + word for text in TEXTS for word in unicodedata.normalize("NFKC", text).split()]
    runs = Counter(word[at : at + size] for word in words for size in (1, 2, 3) for at in range(len(word)))
    return [(piece, log(count / runs.total())) for piece, count in sorted(runs.items())]


def save_small_sentence_transformer(folder: Path, model: Path) -> Path:
    """Wrap a checkpoint in a SentenceTransformer with mean pooling.

    :param folder: Where to.
    :param model: Folder of the checkpoint.
    :return: The folder.
    """
    from sentence_transformers import SentenceTransformer

    SentenceTransformer(str(model), device="cpu").save(str(folder))
    return folder
