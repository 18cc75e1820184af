"""The command that measures on anyone's own pictures."""

import json
from io import StringIO

import cv2
import numpy as np
import pytest
from django.core.management import CommandError, call_command

from vision.rendering.plates import render_plate


@pytest.fixture
def folder(tmp_path):
    """Two pictures of one clear plate each."""
    rows = ["file,plate_text,x,y,w,h"]
    for number, text in enumerate(["AB123CD", "XY456ZW"]):
        plate = render_plate(text, "FR", np.random.default_rng(number), height_px=48).image
        picture = np.full((200, 400, 3), 80, np.uint8)
        picture[60 : 60 + plate.shape[0], 50 : 50 + plate.shape[1]] = plate
        cv2.imwrite(str(tmp_path / f"{number}.png"), picture)
        rows.append(f"{number}.png,{text},50,60,{plate.shape[1]},{plate.shape[0]}")
    (tmp_path / "labels.csv").write_text("\n".join(rows))
    return tmp_path


def run(*arguments: object) -> str:
    out = StringIO()
    call_command("evaluate_plates", *map(str, arguments), stdout=out)
    return out.getvalue()


class TestEvaluatePlates:
    def test_prints_one_line_of_figures(self, folder):
        lines = run(folder, "--crops", "--json").splitlines()

        figures = json.loads(lines[-1])
        assert len(lines) == 1
        assert (figures["images"], figures["plates"]) == (2, 2)
        assert figures["exact_o0"] == 1.0

    def test_prints_a_table_for_people(self, folder):
        assert "within_one" in run(folder, "--crops")

    def test_finds_the_plates_by_itself(self, folder):
        figures = json.loads(run(folder, "--json"))

        assert set(figures["stages"]) == {"find", "read"}
        assert 0 <= figures["found"] <= 1

    def test_refuses_a_folder_without_labels(self, tmp_path):
        with pytest.raises(CommandError, match="labels-missing"):
            run(tmp_path)

    def test_refuses_a_picture_that_cannot_be_read(self, folder):
        (folder / "0.png").write_bytes(b"")

        with pytest.raises(CommandError, match="frame-empty"):
            run(folder, "--crops")
