import pytest

from geofence.fences import FenceError
from geofence.models import Fence
from geofence.services import fences
from tests.geofence.tracks import rectangle


class TestPutFence:
    def test_makes_and_replaces(self, store):
        made = fences.put_fence(store_id=store.pk, zone="LOT", name="back", polygon=rectangle(0, 0, 9, 9))
        moved = fences.put_fence(store_id=store.pk, zone="LOT", name="back", polygon=rectangle(0, 0, 8, 8))

        assert moved.pk == made.pk
        assert Fence.objects.get(name="back").polygon == rectangle(0, 0, 8, 8)

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"polygon": rectangle(0, 0, 9, 9)[:-1]}, "not closed"),
            ({"polygon": None}, "list of corners"),
            ({"zone": "ROOF"}, "ROOF"),
            ({"polygon": [[10, 10], [10, 10.1], [10.1, 10.1], [10, 10]]}, "100 km"),
        ],
    )
    def test_refuses_with_the_reason(self, store, change, reason):
        with pytest.raises(FenceError) as refusal:
            fences.put_fence(
                **(
                    {"store_id": store.pk, "zone": "LOT", "name": "x", "polygon": rectangle(0, 0, 9, 9)}
                    | change
                )
            )

        assert reason in refusal.value.detail
        assert not Fence.objects.filter(name="x").exists()
