"""What must not stand in a log."""

import logging
import uuid

from bopis import privacy
from bopis.logs import RedactTokens


def shown(message: str, *arguments: object) -> str:
    record = logging.LogRecord("django.request", logging.WARNING, "", 0, message, arguments, None)
    assert RedactTokens().filter(record)
    return record.getMessage()


class TestRedactTokens:
    def test_hides_a_tracking_link_wherever_it_is_named(self):
        token = privacy.sign_token(uuid.uuid4(), purpose="track")

        line = shown("Not Found: %s", f"/t/{token}/here/")

        assert line == "Not Found: /t/[token]/here/"

    def test_hides_an_api_key(self):
        assert shown("refused bopis_abcdefgh_Zm9v-b_r now") == "refused [key] now"

    def test_leaves_everything_else_alone(self):
        assert shown("order %s took %d ms", uuid.UUID(int=7), 12).endswith("000007 took 12 ms")
