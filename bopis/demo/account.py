"""The one line of JSON that ends `make demo ONCE=1`."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bopis import privacy_scan
from bopis.demo import measures, report
from bopis.demo.customers import Visit
from bopis.demo.once import Refusal, Story
from bopis.demo.stage import Stage
from vision.crops import KEPT_S

GRACE_S = 1.0  # beyond the expiry of the last crop


def play(stage: Stage, *, var: Path, redis_url: str, say: Callable[[str], None]) -> dict[str, Any]:
    """
    Play the story and return its account; `ok` says that every step happened, times do not count.

    :raises StoryError: if a part of it did not happen at all.
    """
    story = Story(stage, say)
    visits, refusal = story.play()
    say(f"all orders are handed over; waiting {KEPT_S} s until the last crop has expired")
    stage.stop.wait(KEPT_S + GRACE_S)
    findings = privacy_scan.find_pictures(redis_url=redis_url, folder=var)
    for finding in findings:
        say(f"a stored picture: {finding.place}")
    arrivals = report.count_arrivals(story.began_at)
    return _describe(stage, visits, refusal, {"arrivals": arrivals, "frames_stored": len(findings)})


def _describe(
    stage: Stage, visits: Mapping[str, Visit], refusal: Refusal, counts: Mapping[str, int]
) -> dict[str, Any]:
    watch = stage.actors.watch
    orders = [report.describe(visit, watch) for visit in visits.values()]
    problems = [f"{order['number']}: {thing}" for order in orders for thing in order.pop("missing")]
    problems += [f"a refused order left {thing} behind" for thing in refusal.left_behind]
    if refusal.code != "out-of-stock":
        problems.append(f"the refusal was {refusal.code}")
    if counts["arrivals"] != len(visits):
        problems.append(f"{counts['arrivals']} arrivals for {len(visits)} visits")
    if counts["frames_stored"]:
        problems.append(f"{counts['frames_stored']} pictures are stored")
    return {
        "ok": not problems,
        "orders": orders,
        **_measure(list(visits.values()), watch),
        "refused": refusal.code,
        "messages": report.count_messages(list(visits.values())),
        **counts,
        "problems": problems,
    }


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
