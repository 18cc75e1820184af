"""The cameras: from a stream's frames to one plate read a passage."""

import os

# OpenCV reads this once, when it is loaded: a small file may unfold to gigabytes (see vision.decoding).
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(2**24))
