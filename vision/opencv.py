"""OpenCV, loaded; and the environment that its loader leaves behind, put right."""

import os

import cv2  # noqa: F401  loaded here, so that what it leaves behind is there to be cleaned


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


clean_library_path()
