"""The environment after OpenCV was loaded."""

import os

from vision import opencv


class TestCleanLibraryPath:
    def test_leaves_no_empty_element(self, monkeypatch):
        monkeypatch.setenv("LD_LIBRARY_PATH", "/opt/lib::/usr/lib:")

        opencv.clean_library_path()

        assert os.environ["LD_LIBRARY_PATH"] == "/opt/lib:/usr/lib"

    def test_takes_an_empty_variable_away(self, monkeypatch):
        monkeypatch.setenv("LD_LIBRARY_PATH", ":")

        opencv.clean_library_path()

        assert "LD_LIBRARY_PATH" not in os.environ

    def test_was_done_at_import(self):
        assert "" not in os.environ.get("LD_LIBRARY_PATH", "x").split(os.pathsep)
