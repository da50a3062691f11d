"""Step 1: an encoder is tuned to the task before it is frozen.

Importing this loads neither torch nor transformers; both come with the first call.
"""

from __future__ import annotations

from langalign.tuning._predict import predict_labels
from langalign.tuning._tune import TunedEncoder, tune_encoder

__all__ = ["TunedEncoder", "predict_labels", "tune_encoder"]
