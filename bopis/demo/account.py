"""The one line of JSON that ends `make demo ONCE=1`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from bopis import privacy_scan
from bopis.demo import measures, report
from bopis.demo.customers import Visit
from bopis.demo.once import Story, StoryError
from bopis.demo.stage import Stage
from vision.crops import KEPT_S

GRACE_S = 1.0  # beyond the expiry of the last crop


def play(stage: Stage, *, var: Path, redis_url: str, say: Callable[[str], None]) -> dict[str, Any]:
    """
    Play the story and return its account; `ok` says that every step happened, times do not count.

    A story that came to a halt is told as far as it went.
    """
    story = Story(stage, say)
    problems = _play(story, say)
    say(f"waiting {KEPT_S} s until the last crop has expired, then looking for stored pictures")
    stage.stop.wait(KEPT_S + GRACE_S)
    findings = privacy_scan.find_pictures(redis_url=redis_url, folder=var)
    problems += [f"a stored picture: {finding.place}" for finding in findings]
    watch, visits = stage.actors.watch, list(story.visits.values())
    orders = [report.describe(visit, watch) for visit in visits]
    problems += [f"{order['number']}: no {thing}" for order in orders for thing in order.pop("missing")]
    arrivals = report.count_arrivals(story.began_at)
    if arrivals != len(visits):
        problems.append(f"{arrivals} arrivals for {len(visits)} visits")
    for problem in problems:
        say(f"not as it should be: {problem}")
    return {
        "ok": not problems,
        "orders": orders,
        **_measure(visits, watch),
        "messages": report.count_messages(visits),
        "arrivals": arrivals,
        "refused": story.refusal.code if story.refusal else None,
        "frames_stored": len(findings),
        "problems": problems,
    }


def _play(story: Story, say: Callable[[str], None]) -> list[str]:
    try:
        story.play()
    except StoryError as error:
        return [str(error)]
    say("all orders are handed over")
    assert story.refusal is not None
    problems = [f"a refused order left {thing} behind" for thing in story.refusal.left_behind]
    return problems if story.refusal.code == "out-of-stock" else [*problems, "the refusal had another reason"]


def _measure(visits: list[Visit], watch: measures.Watch) -> dict[str, Any]:
    releases = [(visit, watch.releases.get(visit.order_id)) for visit in visits]
    every: dict[str, list[float | None]] = {
        "plate_to_task_ms": [measures.get_plate_to_task_ms(*pair) for pair in releases],
        "ping_to_task_ms": [measures.get_ping_to_task_ms(*pair) for pair in releases],
        "task_to_board_ms": [report.get_task_to_board_ms(visit, watch) for visit in visits],
        "start_to_customer_ms": [measures.get_start_to_customer_ms(visit) for visit in visits],
    }
    medians = {name: measures.get_median(values) for name, values in every.items()}
    samples = {
        name: [round(value) for value in values if value is not None] for name, values in every.items()
    }
    return {**medians, "samples": samples}
