"""Attacks langalign in every way that is written down here, and shows what it withstood as one table.

python -m tests.torture            # make torture: under an hour
python -m tests.torture --quick    # make torture-quick: two to four minutes

The table goes to ``out/torture`` or ``out/torture-quick``, or to ``--out``. Exits with 1 unless every try was
survived, no row was lost, none served wrongly, and no error unclear.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path

from rich.console import Console

from langalign.environment import environment
from tests.torture import campaign as campaigns
from tests.torture.outcome import Outcome
from tests.torture.table import as_markdown, as_table

LOG_WIDTH = 200


def main() -> None:
    """Run the attacks, show the table and write it down."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="the part that takes two to four minutes")
    parser.add_argument("--only", nargs="*", metavar="NAME", choices=campaigns.names(), help="attacks to run")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="folder of the table")
    arguments = parser.parse_args()
    out = arguments.out or Path("out", "torture-quick" if arguments.quick else "torture")
    console, begin = Console(stderr=True, highlight=False, markup=False), time.monotonic()

    def tell(line: str) -> None:
        console.print(f"{time.monotonic() - begin:7.1f} s  {line}", soft_wrap=True)

    with tempfile.TemporaryDirectory(prefix="torture-") as folder:
        campaign = campaigns.Campaign(arguments.seed, arguments.quick, Path(folder), tell)
        outcomes = []
        for outcome in campaigns.run(campaign, arguments.only or campaigns.names()):
            tell(f"{outcome.attack}: {outcome.survived:,} of {outcome.tries:,} survived")
            outcomes.append(outcome)
    Console(width=None if sys.stdout.isatty() else LOG_WIDTH).print(as_table(outcomes))
    write(out, outcomes, seed=arguments.seed, quick=arguments.quick, begin=begin)
    tell(f"wrote {out}")
    if not all(outcome.holds for outcome in outcomes):
        raise SystemExit(1)


def write(out: Path, outcomes: list[Outcome], *, seed: int, quick: bool, begin: float) -> None:
    """Write ``table.md`` and ``results.json``, with date, machine, versions and seed."""
    facts = {
        "date": datetime.now(timezone.utc).date().isoformat(),
        "seed": seed,
        "quick": quick,
        "minutes": round((time.monotonic() - begin) / 60, 1),
        **environment(),
    }
    out.mkdir(parents=True, exist_ok=True)
    content = {**facts, "outcomes": [asdict(outcome) for outcome in outcomes]}
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    (out / "results.json").write_text(text, encoding="utf-8")
    (out / "table.md").write_text(as_markdown(outcomes, facts), encoding="utf-8")


if __name__ == "__main__":
    main()
