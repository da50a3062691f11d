"""Keys go to the server they are for and nowhere else; and a page runs none of the sentences it shows."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Error, sync_playwright

from tests.encoders import embeddings_server
from tests.encoders.embeddings_server import EmbeddingsServer
from tests.torture.campaign import Campaign
from tests.torture.outcome import Outcome
from tests.torture.trial import Tally, not_run
from tests.translation import chat_server
from tests.translation.chat_server import ChatServer

SECRETS = ("sk-torture-4f1c9b27a8e3d650", "user-of-torture", "pass/word-of-torture")
KEY, USER, PASSWORD = SECRETS
TEXTS = [f"A man plays guitar number {number}." for number in range(24)]
ENCODER = ("--encoder", "openai:small[max_retries=0]", "--quiet", "--json")
TRANSLATOR = (
    "--translator",
    "openai:small[max_retries=0,backoff=0]",
    "--to",
    "ko",
    "--yes",
    "--quiet",
    "--json",
)


def attack(campaign: Campaign) -> Iterator[Outcome]:
    """Run all that uses a key, in honest and in failing ways; then open a report."""
    yield keys(campaign)
    yield pages(campaign)


def keys(campaign: Campaign) -> Outcome:
    """Search all that runs left, said, or showed in the list of processes."""
    campaign.tell("secrets: keys")
    tally, folder = Tally("secrets: keys"), campaign.folder / "keys"
    folder.mkdir()
    (folder / "a.txt").write_text("\n".join(TEXTS))
    (folder / "s.yaml").write_text(EXPERIMENT)
    embeddings, chat = EmbeddingsServer(), ChatServer()
    with embeddings_server.serving(embeddings) as vectors_at, chat_server.serving(chat) as chat_at:
        for command in EMBEDDING[: campaign.scale(1, 9)]:
            embeddings.script = []
            tally.count(**leaks(folder, vectors_at, command))
        for url in (vectors_at, with_credentials(vectors_at), with_credentials("http://127.0.0.1:9")):
            for script in ([], [401], [500])[-campaign.scale(1, 3) :]:
                embeddings.script = [*script]
                embeddings.message = f"wrong key {KEY}" + f" of {USER}:{PASSWORD}" * (url != vectors_at)
                tally.count(**leaks(folder, url, ("embed", "b.txt", *ENCODER)))
        for step in ("401", "ok", "broken", "error")[: campaign.scale(1, 4)]:
            chat.trouble = lambda text, nth, step=step: step
            files = ("--out", f"{step}.tsv", "--memory", f"{step}.sqlite")
            for url in (chat_at, with_credentials(chat_at)):
                tally.count(**leaks(folder, url, ("translate", "a.txt", *files, *TRANSLATOR)))
    heard = {headers["Authorization"].split()[0] for headers in [*embeddings.headers, *chat.headers]}
    tally.count(failed="" if heard == {"Bearer", "Basic"} else f"the servers were sent {heard} only")
    return tally.outcome()


EMBEDDING: Sequence[tuple[str, ...]] = (
    ("embed", "a.txt", *ENCODER),
    ("fit-aligner", "a.txt", "a.txt", "--aligner", "linear", "--out", "aligner", *ENCODER),
    ("cosine-report", "a.txt", "a.txt", "--aligner", "aligner", "--out", "report", *ENCODER),
    ("cache", "export", "--texts", "a.txt", "--out", "x.parquet", *ENCODER),
    ("cache", "list", "--json"),
    ("experiment", "s.yaml", "--out", "experiment", "--json"),
)
EXPERIMENT = """
task: {name: "${OPENAI_API_KEY}", metric: accuracy}
encoder: openai:small
methods: [english]
"""


def with_credentials(url: str) -> str:
    """Put user and password into a URL."""
    return url.replace("//", f"//{USER}:{quote(PASSWORD, safe='')}@")


def leaks(folder: Path, url: str, command: Sequence[str]) -> dict[str, str]:
    """Run a command with every log turned up, and search for the secrets in all it leaves behind."""
    (folder / "b.txt").write_text(f"{time.monotonic()}\n")  # never stored yet
    logs = {"OPENAI_LOG": "debug", "HTTPX_LOG_LEVEL": "trace", "PYTHONWARNINGS": "default"}
    environment = {**os.environ, **logs, "OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": url}
    shown: set[bytes] = set()
    with subprocess.Popen(
        [sys.executable, "-m", "langalign_cli.main", *command],
        cwd=folder,
        env=environment,
        stdout=(folder / "stdout").open("wb"),
        stderr=(folder / "stderr").open("wb"),
    ) as process:
        while process.poll() is None:
            shown |= {path.read_bytes() for path in listed(process.pid)}
            time.sleep(0.05)
    found = [place for place, content in left(folder, shown) if any(form in content for form in FORMS)]
    return {"failed": f"{' '.join(command[:2])}: told in {found[0]}"} if found else {}


def listed(process: int) -> list[Path]:
    """Find the command lines of a process and of its children."""
    children = Path(f"/proc/{process}/task/{process}/children")
    numbers = [process, *map(int, children.read_text().split())] if children.exists() else []
    return [path for path in (Path(f"/proc/{number}/cmdline") for number in numbers) if path.exists()]


def left(folder: Path, shown: set[bytes]) -> Iterator[tuple[str, bytes]]:
    """Give all that can be read afterwards: files and their names, output, process listing."""
    yield "the process listing", b"\n".join(shown)
    for path in folder.rglob("*"):
        yield f"the name of {path.name}", path.name.encode()
        if path.is_file():
            yield path.name, path.read_bytes()


def forms(secret: str) -> Iterator[bytes]:
    """Spell a secret in the ways it could be written down."""
    yield secret.encode()
    yield quote(secret, safe="").encode()
    yield secret.encode("utf-16-le")
    yield base64.b64encode(secret.encode()).rstrip(b"=")[:-1]


FORMS = [form for secret in SECRETS for form in forms(secret)]
FORMS += [base64.b64encode(f"{USER}:{PASSWORD}".encode())]


def pages(campaign: Campaign) -> Outcome:
    """Open a report of sentences that are scripts."""
    campaign.tell("secrets: pages")
    names = ("chromium", "chromium-browser", "google-chrome")
    browser = os.environ.get("LANGALIGN_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if browser is None:
        return not_run("secrets: pages", f"no {', '.join(names)}")
    tally, folder = Tally("secrets: pages"), campaign.folder / "pages"
    folder.mkdir()
    for side, mark in (("source", "s"), ("target", "t")):
        rows = [bait.replace("RUN", f"document.title='taken {mark}'") for bait in BAITS]
        (folder / f"{side}.txt").write_text("\n".join(rows))
    ending = ("--quiet", "--json", "--encoder", "hashing")
    for command in (
        ("fit-aligner", "source.txt", "target.txt", "--aligner", "linear", "--out", NAME, *ending),
        ("cosine-report", "source.txt", "target.txt", "--aligner", NAME, "--out", "report", *ending),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "langalign_cli.main", *command], cwd=folder, capture_output=True, text=True
        )
        tally.count(unclear=done.stderr[-300:] if done.returncode else "")
    for page in sorted((folder / "report").glob("*.html")):
        tally.count(failed=opened(browser, page))
    return tally.outcome(f"{len(BAITS)} sentences")


NAME = "<img src=x onerror=document.title='taken'>"
BAITS = [
    "<script>RUN</script>",
    "</script><script>RUN</script>",
    '<img src=x onerror="RUN">',
    '<svg onload="RUN">',
    '"><script>RUN</script>',
    "' onmouseover='RUN' x='",
    '" onfocus="RUN" autofocus x="',
    "<!--<script>RUN</script>",
    "]]><script>RUN</script>",
    "</style><script>RUN</script>",
    "</title><script>RUN</script>",
    "</textarea><script>RUN</script>",
    "javascript:RUN",
    '<iframe srcdoc="<script>parent.RUN</script>"></iframe>',
    "\\u003cscript\\u003eRUN\\u003c/script\\u003e",
    "&lt;script&gt;RUN&lt;/script&gt;",
    "{{ ''.__class__.__mro__ }} <script>RUN</script>",
    "<a href=javascript:RUN>a</a>",
    "<link rel=stylesheet href=http://127.0.0.1:9/x>",
    "<meta http-equiv=refresh content='0;url=http://127.0.0.1:9/'>",
    "<base href=http://127.0.0.1:9/><form action=/x><button>",
    '<math><mtext></form><form><mglyph><style></math><img src onerror="RUN">',
]


FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def opened(browser: str, page: Path) -> str:
    """Open a page, point at every dot, and say what it did that it must not."""
    asked: list[str] = []
    try:
        with sync_playwright() as playwright:
            running = playwright.chromium.launch(executable_path=browser, args=FLAGS)
            tab = running.new_page()
            tab.on("request", lambda request: asked.append(request.url))
            tab.on("dialog", lambda dialog: asked.append(f"dialog {dialog.message}"))
            tab.goto(page.as_uri())
            for dot in tab.locator(".dot").all():
                dot.dispatch_event("mouseover")
                dot.dispatch_event("focus")
            tab.wait_for_timeout(300)
            title, frames = tab.title(), len(tab.frames)
            running.close()
    except Error as error:
        return f"the page cannot be opened: {error}"
    outside = [url for url in asked if not url.startswith("data:") and url != page.as_uri()]
    if outside:
        return f"asked for {outside[0]}"
    return f"ran: {title!r}, {frames} frames" if "taken" in title or frames > 1 else ""
