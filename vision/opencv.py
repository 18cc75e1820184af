"""OpenCV, loaded; and the environment that its loader leaves behind, put right."""

import os

import cv2


def clean_library_path() -> None:
    """
    Take the empty element out of LD_LIBRARY_PATH that loading `cv2` puts there.

    An empty element means the current directory: a process started afterwards would load libraries from it.
    Importing this module does it once; it may be done again.
    """
    kept = [part for part in os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep) if part]
    if kept:
        os.environ["LD_LIBRARY_PATH"] = os.pathsep.join(kept)
    else:
        os.environ.pop("LD_LIBRARY_PATH", None)


def get_version() -> str:
    """Return the version of the OpenCV in use."""
    return str(cv2.__version__)


clean_library_path()
