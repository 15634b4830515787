"""One quota for all processes that use a key, kept in Redis."""

import os
import time

from limits import RateLimitItemPerSecond
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter

QUOTA = RateLimitItemPerSecond(int(os.environ.get("DOCURIFT_REQUESTS_PER_SECOND", "200")))
quotas = MovingWindowRateLimiter(RedisStorage(os.environ["REDIS_URL"]))


def limiter() -> float:
    """Take one request of the quota, or return the seconds until there may be one."""
    if quotas.hit(QUOTA, "docurift"):
        return 0.0
    return max(0.01, quotas.get_window_stats(QUOTA, "docurift").reset_time - time.time())
