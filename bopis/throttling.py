"""How much one API key may ask: a count a minute, so that no integrator takes the doors from another."""

import logging

from django.conf import settings
from redis import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from bopis import clock, valkey
from bopis.models import ApiKey

logger = logging.getLogger(__name__)

PERIOD_S = 60


class ApiKeyThrottle(BaseThrottle):
    """Lets settings.BOPIS_RATE_PER_MINUTE requests of a key through each minute; others are not counted."""

    remaining_s = 0.0

    def allow_request(self, request: Request, view: object) -> bool:
        """Count the request; a Valkey that cannot be reached refuses nobody."""
        if not isinstance(request.auth, ApiKey):
            return True
        minute, spent_s = divmod(clock.now().timestamp(), PERIOD_S)
        self.remaining_s = PERIOD_S - spent_s
        try:
            return _count(f"rate:{request.auth.pk}:{minute:.0f}") <= settings.BOPIS_RATE_PER_MINUTE
        except RedisError:
            logger.warning("requests of API keys are not counted: Valkey does not answer")
            return True

    def wait(self) -> float:
        """Return the seconds until the next minute: Retry-After."""
        return self.remaining_s


def _count(name: str) -> int:
    with valkey.client().pipeline(transaction=False) as both:
        both.incr(name)
        both.expire(name, 2 * PERIOD_S)
        count, _ = both.execute()
    return int(count)
