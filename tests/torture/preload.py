"""Imports what the commands import, so that a forked process begins to work at once.

Nothing is computed here and no thread is started, as neither survives a fork.
"""

from __future__ import annotations

import os
import pkgutil
from importlib import import_module

import langalign
import langalign_cli

LATER = (
    "defusedxml.ElementTree",
    "matplotlib.backends.backend_agg",
    "matplotlib.pyplot",
    "openai",
    "pyarrow.parquet",
    "rich.progress",
    "rich.table",
    "safetensors.torch",
    "scipy.linalg",
    "sklearn.metrics",
    "threadpoolctl",
    "transformers.models.auto.modeling_auto",
    "transformers.models.auto.tokenization_auto",
    "transformers.models.xlm_roberta.modeling_xlm_roberta",
)
"""What langalign imports only when it is needed."""

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
for _package in (langalign, langalign_cli):
    for _module in pkgutil.walk_packages(_package.__path__, f"{_package.__name__}."):
        import_module(_module.name)
for _name in LATER:
    import_module(_name)
