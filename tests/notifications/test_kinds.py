"""What a message needs, and what makes it old news."""

import pytest

from notifications.kinds import RULES, InvalidContextError, Kind, check_context, get_superseded
from tests.notifications.factories import CONTEXT


class TestCheckContext:
    @pytest.mark.parametrize("kind", Kind)
    def test_takes_the_values_that_every_caller_has(self, kind):
        values = check_context(kind, CONTEXT)

        assert set(values) == RULES[kind].required | RULES[kind].optional

    def test_keeps_no_code_where_the_text_says_none(self):
        assert "pickup_code" not in check_context(Kind.PICKED_UP, CONTEXT)

    @pytest.mark.parametrize("kind", Kind)
    def test_refuses_each_required_value_that_is_missing_or_empty(self, kind):
        for key in RULES[kind].required:
            for value in (None, "", "  "):
                with pytest.raises(InvalidContextError, match=key):
                    check_context(kind, CONTEXT | {key: value})
            with pytest.raises(InvalidContextError, match=key):
                check_context(kind, {name: value for name, value in CONTEXT.items() if name != key})

    def test_refuses_a_key_that_no_kind_knows(self):
        with pytest.raises(InvalidContextError, match="items"):
            check_context(Kind.READY, CONTEXT | {"items": "insulin"})

    def test_refuses_to_guess_a_name_but_takes_an_empty_one(self):
        assert check_context(Kind.READY, CONTEXT | {"first_name": ""})["first_name"] == ""
        with pytest.raises(InvalidContextError):
            check_context(Kind.READY, {key: value for key, value in CONTEXT.items() if key != "first_name"})

    @pytest.mark.parametrize("url", ["javascript:alert(1)", "/t/abc/", "ftp://shop.example/"])
    def test_refuses_an_address_that_is_not_of_the_web(self, url):
        with pytest.raises(InvalidContextError):
            check_context(Kind.READY, CONTEXT | {"tracking_url": url})

    def test_takes_line_breaks_out_of_all_but_the_instructions(self):
        values = check_context(
            Kind.READY,
            CONTEXT | {"first_name": "Ana\r\nBcc: x@example.com", "instructions": "Left.\n\x07Then right."},
        )

        assert values["first_name"] == "Ana Bcc: x@example.com"
        assert values["instructions"] == "Left.\nThen right."


class TestGetSuperseded:
    def test_makes_everything_of_a_canceled_order_old_but_that_it_was_picked_up(self):
        assert set(get_superseded(Kind.CANCELED)) == {
            Kind.ORDER_CONFIRMED,
            Kind.PACKING_STARTED,
            Kind.AMBIENT_READY,
            Kind.READY,
            Kind.NOT_COLLECTED,
            Kind.STILL_WAITING,
            Kind.LAST_DAY,
            Kind.ON_HOLD,
            Kind.RESUMED,
        }

    def test_lets_a_confirmation_stand_beside_the_start_of_packing(self):
        assert get_superseded(Kind.PACKING_STARTED) == []
