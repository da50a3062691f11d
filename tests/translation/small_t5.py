"""Makes small random sequence-to-sequence models with a tokenizer of single letters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

LETTERS = "abcdefghijklmnopqrstuvwxyzTK:. 가나다라마바사아자차카타파하"
SPECIAL = ["<pad>", "</s>", "<unk>"]


def letter_tokenizer(extra: list[str] | None = None) -> Any:
    """Make a tokenizer whose tokens are letters, with an end mark, as T5 has it."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    tokens = [*SPECIAL, *(extra or []), *LETTERS]
    tokenizer = Tokenizer(
        models.WordLevel({token: number for number, token in enumerate(tokens)}, unk_token="<unk>")
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    tokenizer.decoder = decoders.Fuse()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", tokens.index("</s>"))]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        additional_special_tokens=extra or [],
        model_max_length=128,
    )


def save_small_t5(
    folder: Path, *, seed: int = 0, extra: list[str] | None = None, dropout: float = 0.1, spread: float = 2.0
) -> Path:
    """Write a T5 of two layers, 32 wide.

    :param folder: Where to; made if need be.
    :param seed: Seed of the random weights.
    :param extra: More special tokens, such as language codes.
    :param dropout: Its rate of dropout.
    :param spread: Size of the random weights; above 1, so that what it writes depends on what it reads.
    :return: The folder.
    """
    import torch
    from transformers import T5Config, T5ForConditionalGeneration

    tokenizer = letter_tokenizer(extra)
    config = T5Config(
        vocab_size=len(tokenizer),
        d_model=32,
        d_kv=8,
        d_ff=64,
        num_layers=2,
        num_heads=4,
        dropout_rate=dropout,
        initializer_factor=spread,
        decoder_start_token_id=0,
        pad_token_id=0,
        eos_token_id=1,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = T5ForConditionalGeneration(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def save_small_marian(folder: Path) -> Path:
    """Write a Marian of one layer, 32 wide.

    :param folder: Where to; made if need be.
    :return: The folder.
    """
    import torch
    from transformers import MarianConfig, MarianMTModel

    tokenizer = letter_tokenizer()
    config = MarianConfig(
        vocab_size=len(tokenizer),
        d_model=32,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        max_position_embeddings=128,
        init_std=0.3,
        pad_token_id=0,
        eos_token_id=1,
        decoder_start_token_id=0,
        forced_eos_token_id=None,
    )
    with torch.random.fork_rng():
        torch.manual_seed(1)
        model = MarianMTModel(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
