"""The page in a real browser. Without one these tests skip, or fail where LANGALIGN_REQUIRE_BROWSER=1."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from langalign.analysis.page import write_report
from langalign.analysis.report import AlignedView, build_report
from tests.analysis import scene

# Read before the shared fixture clears them.
NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = os.environ.get("LANGALIGN_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
REQUIRED = os.environ.get("LANGALIGN_REQUIRE_BROWSER") == "1"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

pytestmark = pytest.mark.browser


@dataclass
class Opened:
    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def hover(self, pair: int, side: str) -> None:
        box = self.page.locator(f".dot.{side}").nth(pair).bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    def told(self) -> list[str]:
        return [line for line in self.page.locator(".told p").all_inner_texts() if line]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        message = f"no Chromium found; install one of {', '.join(NAMES)} or set LANGALIGN_CHROMIUM"
        pytest.fail(message) if REQUIRED else pytest.skip(message)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(scene.report(), tmp_path_factory.mktemp("report"))[0]


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opened]:
    page = browser.new_page(viewport={"width": 1000, "height": 900}, reduced_motion="reduce")
    heard = Opened(page)
    page.on("pageerror", lambda error: heard.complaints.append(str(error)))
    page.on("console", lambda message: heard.complaints.append(message.text))
    page.on("dialog", lambda dialog: heard.complaints.append(dialog.message))
    page.on("request", lambda request: heard.requests.append(request.url))
    yield heard
    page.close()


def show(opened: Opened, file: Path) -> None:
    opened.page.goto(file.as_uri())
    opened.page.locator(".drawing").scroll_into_view_if_needed()


def test_the_page_opens_without_an_error_or_a_request(opened: Opened, written: Path) -> None:
    show(opened, written)
    assert opened.page.title() == "langalign cosine report"
    assert opened.page.locator(".figures tbody tr").count() == 7
    assert opened.page.locator("img").evaluate_all(
        "images => images.map(image => image.naturalWidth > 100)"
    ) == [True, True]
    assert opened.complaints == []
    outside = [url for url in opened.requests if not url.startswith("data:")]
    assert outside == [written.as_uri()]


@pytest.mark.parametrize("side", ["source", "target"])
def test_pointing_at_a_dot_shows_its_sentence_and_its_partner(
    opened: Opened, side: str, written: Path
) -> None:
    show(opened, written)
    dots = opened.page.locator(f".dot.{side}")
    lone = dots.evaluate_all(  # the dot that stands farthest to the left has no other on top
        "dots => dots.reduce((best, dot, index) => dot.getBoundingClientRect().x < "
        "dots[best].getBoundingClientRect().x ? index : best, 0)"
    )
    assert not opened.page.locator(".told").is_visible()
    opened.hover(lone, side)
    head, *sentences = opened.told()
    assert sentences == [f"source {lone}", f"target {lone}"]
    assert head.startswith(f"Pair {lone + 1} ")
    assert opened.page.locator(".told .here").inner_text() == f"{side} {lone}"
    lit = opened.page.locator(".dot.lit").evaluate_all(
        "dots => dots.map(dot => dot.getAttribute('aria-label'))"
    )
    assert lit == [f"source {lone}", f"target {lone}"]
    opened.page.mouse.move(1, 1)
    assert not opened.page.locator(".told").is_visible()


def test_the_keyboard_walks_from_pair_to_pair(opened: Opened, written: Path) -> None:
    show(opened, written)
    opened.page.locator(".map input").focus()
    opened.page.keyboard.press("Tab")
    assert opened.told()[1:] == ["source 0", "target 0"]
    opened.page.keyboard.press("ArrowRight")
    opened.page.keyboard.press("ArrowUp")
    assert opened.told()[1:] == ["source 1", "target 1"]
    assert opened.page.locator(".told .here").inner_text() == "target 1"
    opened.page.keyboard.press("ArrowLeft")
    opened.page.keyboard.press("ArrowLeft")
    assert opened.told()[1:] == ["source 39", "target 39"]
    opened.page.keyboard.press("Escape")
    assert not opened.page.locator(".told").is_visible()


def test_each_button_moves_the_dots_of_the_side_it_names(opened: Opened, written: Path) -> None:
    show(opened, written)

    def spots(side: str) -> list[str]:
        return opened.page.locator(f".dot.{side}").evaluate_all(
            "dots => dots.map(dot => dot.getAttribute('transform'))"
        )

    before = spots("source"), spots("target")
    opened.page.get_by_role("button", name="shift").click()
    opened.page.wait_for_timeout(100)
    assert spots("source") != before[0]
    assert spots("target") == before[1]
    opened.page.get_by_role("button", name="back").click()
    opened.page.wait_for_timeout(100)
    assert spots("source") == before[0]
    assert spots("target") != before[1]
    assert opened.complaints == []


def test_searching_lights_the_pairs_that_hold_a_word(opened: Opened, written: Path) -> None:
    show(opened, written)
    opened.page.locator(".map input").fill("SOURCE 3")
    assert opened.page.locator(".dot.lit").count() == 2 * 11
    opened.page.locator(".map input").fill("")
    assert opened.page.locator(".dot.lit").count() == 0


def test_hostile_sentences_run_nothing(opened: Opened, tmp_path: Path) -> None:
    hostile = [
        "</script><script>document.title = 'taken'</script>",
        "<img src=x onerror=\"document.title = 'taken'\">",
        "<svg onload=alert(1)>",
        "{{ 7 * 7 }} ${7 * 7} \u2028 \ud800 <!--",
    ]
    source, target = scene.sides()
    texts = (hostile * scene.PAIRS)[: scene.PAIRS]
    view = AlignedView("<img src=x onerror=alert(2)>", source)
    report = build_report(source, target, [view], source_texts=texts, target_texts=texts, backend="exact")
    opened.page.goto(write_report(report, tmp_path)[0].as_uri())
    opened.page.locator(".map input").focus()
    opened.page.keyboard.press("Tab")
    for text in hostile[:3]:
        assert opened.told()[1:] == [text, text]
        opened.page.keyboard.press("ArrowRight")
    assert opened.page.title() == "langalign cosine report"
    assert opened.page.locator("img").count() == 2
    assert opened.complaints == []
    assert [url for url in opened.requests if not url.startswith("data:")] == [
        (tmp_path / "report.html").as_uri()
    ]


def test_a_phone_needs_no_sideways_scrolling(opened: Opened, tmp_path: Path) -> None:
    opened.page.set_viewport_size({"width": 390, "height": 800})
    long_words = ["w" * 300] * scene.PAIRS
    show(opened, write_report(scene.report(["shift"], source_texts=long_words), tmp_path)[0])
    assert opened.page.evaluate("document.documentElement.scrollWidth") == 390
