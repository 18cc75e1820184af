"""`make demo`: the store's morning without an end, at people's pace, open to whoever wants to take part."""

from bopis.demo.associates import Pace
from bopis.demo.stage import Say, Stage

PACE = Pace(reaction_s=(1.5, 5.0), packing_s=(12.0, 30.0), walk_s=(10.0, 20.0))


def play(stage: Stage, *, say: Say) -> None:
    """Play until Ctrl-C."""
