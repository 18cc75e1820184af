import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from bopis.demo.processes import PROJECT, Fleet, ProcessError, Surroundings, clean

START = """
import json, os, signal, sys
from pathlib import Path
from bopis.demo.processes import Fleet, Surroundings

var = Path(sys.argv[1])
fleet = Fleet(Surroundings(os.environ["DATABASE_URL"], os.environ["REDIS_URL"], var, 9), var)
fleet.start()
print(json.dumps([process.pid for process in fleet.processes.values()]), flush=True)
signal.pause()
"""


class TestClean:
    def test_takes_the_current_folder_out_of_the_library_path(self):
        assert clean({"LD_LIBRARY_PATH": ":/opt/lib:"})["LD_LIBRARY_PATH"] == "/opt/lib"
        assert clean({"LD_LIBRARY_PATH": ":", "HOME": "/root"}) == {"HOME": "/root"}
        assert clean({}) == {}


class TestFleet:
    @pytest.fixture
    def surroundings(self, tmp_path) -> Surroundings:
        return Surroundings(os.environ["DATABASE_URL"], os.environ["REDIS_URL"], tmp_path, port=9)

    def test_leaves_no_orphan_when_its_starter_is_killed(self, tmp_path):
        starter = subprocess.Popen(
            [sys.executable, "-c", START, str(tmp_path)], cwd=PROJECT, stdout=subprocess.PIPE, text=True
        )
        assert starter.stdout is not None
        with starter.stdout:
            children = [psutil.Process(pid) for pid in json.loads(starter.stdout.readline())]
        assert len(children) == 5

        starter.send_signal(signal.SIGKILL)
        starter.wait()

        _, alive = psutil.wait_procs(children, timeout=20)
        assert alive == []

    def test_ends_all_of_them_and_a_second_stop_does_nothing(self, surroundings, tmp_path):
        fleet = Fleet(surroundings, tmp_path)
        fleet.start()
        pids = [process.pid for process in fleet.processes.values()]

        fleet.stop()
        fleet.stop()

        assert not any(psutil.pid_exists(pid) for pid in pids)

    def test_names_the_log_of_a_process_that_ended(self, surroundings, tmp_path):
        fleet = Fleet(surroundings, tmp_path)
        fleet.processes["camera"] = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])
        fleet.processes["camera"].wait()

        with pytest.raises(ProcessError, match=r"camera ended by itself \(exit code 3\): see .*camera\.log"):
            fleet.check()

    def test_gives_up_on_one_that_does_not_become_ready(self, surroundings, tmp_path):
        fleet, began = Fleet(surroundings, tmp_path), time.monotonic()

        with pytest.raises(ProcessError, match="web is not ready after 0 s"):
            fleet.wait_for("web", lambda: False, patience_s=0.2)

        assert time.monotonic() - began < 5

    def test_keeps_what_it_was_told_from_the_surroundings(self, surroundings):
        environment = surroundings.get_environment()

        assert environment["BOPIS_PUBLIC_URL"] == "http://127.0.0.1:9"
        assert Path(environment["BOPIS_VAR"]) == surroundings.var
        assert environment["DATABASE_URL"] == os.environ["DATABASE_URL"]
