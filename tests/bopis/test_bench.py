"""The command that runs benchmarks, and what their figures say."""

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from bopis import bench

PROJECT = Path(__file__).resolve().parents[2]


class TestFigure:
    @pytest.mark.parametrize(
        ("figure", "goal", "holds"),
        [
            (bench.exactly(200, 200), "== 200", True),
            (bench.exactly(199, 200), "== 200", False),
            (bench.at_most(99.5, 100), "<= 100", True),
            (bench.at_most(100.5, 100), "<= 100", False),
            (bench.at_least(0.9, 0.95), ">= 0.95", False),
            (bench.Figure(3), "", True),
        ],
    )
    def test_says_whether_its_goal_holds(self, figure, goal, holds):
        assert (figure.goal, figure.holds) == (goal, holds)


class TestBenchCommand:
    def test_lists_the_benchmarks_with_what_they_measure(self):
        out = StringIO()
        call_command("bench", stdout=out)

        assert "race            Fifty buyers race for five units" in out.getvalue()

    def test_names_those_there_are_when_it_does_not_know_one(self):
        with pytest.raises(CommandError, match=r"there are: .*race"):
            call_command("bench", "marathon")

    def test_refuses_an_option_that_is_no_number(self):
        with pytest.raises(CommandError, match="KEY=NUMBER"):
            call_command("bench", "race", "--set", "rounds=many")

    def test_races_real_processes_and_leaves_only_its_report(self, process_environment, tmp_path):
        run = subprocess.run(
            [
                sys.executable,
                "manage.py",
                "bench",
                "race",
                "--json",
                "--set",
                "buyers=6",
                "units=2",
                "rounds=2",
            ],
            cwd=PROJECT,
            env=process_environment | {"BOPIS_VAR": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=300,
            check=True,
        )

        report = json.loads(run.stdout.splitlines()[-1])
        assert report == json.loads((tmp_path / "bench" / "race.json").read_text())
        assert set(report) == {"name", "machine", "figures"}
        assert report["figures"]["rounds_exact"] == {"value": 2, "goal": "== 2", "holds": True}
        assert report["figures"]["attempts"]["value"] == 12
        assert all(figure["holds"] for figure in report["figures"].values())
