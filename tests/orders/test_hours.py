from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from orders.hours import Hours, Stretch, cut_slots

HOUR = timedelta(hours=1)
PARIS = ZoneInfo("Europe/Paris")
MORNING = Stretch(time(1), time(5))


def cut(day, *, weekly=None, special=None, length=HOUR):
    hours = Hours(PARIS, weekly or {number: [MORNING] for number in range(7)}, special or {})
    since = datetime.combine(day, time(0), tzinfo=PARIS)
    slots = cut_slots(hours, length=length, since=since, until=since + timedelta(hours=23))
    return [(start.astimezone(PARIS).strftime("%H:%M"), end - start) for start, end in slots]


class TestCutSlots:
    @pytest.mark.parametrize(
        ("day", "starts"),
        [
            (date(2026, 11, 20), ["01:00", "02:00", "03:00", "04:00"]),
            # At 2:00 the clock jumps to 3:00: three hours remain of four.
            (date(2026, 3, 29), ["01:00", "03:00", "04:00"]),
            # At 3:00 it goes back to 2:00: five hours, and 2:00 comes twice.
            (date(2026, 10, 25), ["01:00", "02:00", "02:00", "03:00", "04:00"]),
        ],
    )
    def test_gives_every_slot_its_length_when_the_clock_jumps(self, day, starts):
        slots = cut(day)

        assert [start for start, _ in slots] == starts
        assert {length for _, length in slots} == {HOUR}

    def test_leaves_out_a_rest_that_is_too_short(self):
        slots = cut(date(2026, 11, 20), length=timedelta(minutes=90))

        assert [start for start, _ in slots] == ["01:00", "02:30"]

    def test_takes_a_special_day_for_the_weekly_hours(self):
        day = date(2026, 12, 25)

        assert cut(day, special={day: []}) == []
        assert [start for start, _ in cut(day, special={day: [Stretch(time(9), time(10))]})] == ["09:00"]

    def test_starts_within_what_is_asked_for(self):
        hours = Hours(PARIS, {4: [MORNING]}, {})
        since = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)

        starts = [start for start, _ in cut_slots(hours, length=HOUR, since=since, until=since + HOUR)]

        assert starts == [datetime(2026, 11, 20, 2, tzinfo=UTC)]
