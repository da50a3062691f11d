"""Reviews whose words tell their label, alone and in pairs."""

from __future__ import annotations

from pathlib import Path

WORDS = {"good": ["lovely", "superb", "charming"], "bad": ["dreadful", "boring", "clumsy"]}


def reviews(rows: int, start: int = 0) -> list[tuple[str, str]]:
    """Make texts whose words tell their label."""
    made = []
    for number in range(start, start + rows):
        label = ("good", "bad")[number % 2]
        made.append((f"a {WORDS[label][number % 3]} film, seen as number {number}", label))
    return made


def pairs(rows: int) -> list[tuple[str, ...]]:
    """Make pairs that are alike or not."""
    texts = [f"{WORDS[label][number % 3]} thing {number}" for number, (_, label) in enumerate(reviews(rows))]
    return [
        (text, text + "!" if number % 2 else texts[(number + 7) % rows], ("other", "same")[number % 2])
        for number, text in enumerate(texts)
    ]


def write_tsv(path: Path, header: str, rows: list[tuple[str, ...]]) -> Path:
    path.write_text("\n".join([header, *("\t".join(row) for row in rows)]) + "\n", encoding="utf-8")
    return path
