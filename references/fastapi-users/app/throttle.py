"""Sliding-window limits, kept in memory: right for the one process that SQLite implies."""

import math
import threading
import time
from collections import deque
from collections.abc import Hashable

from fastapi import HTTPException

WINDOW_SECONDS = 60.0
_MAX_KEYS = 10_000


class Throttle:
    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._hits: dict[Hashable, deque[float]] = {}
        self._lock = threading.Lock()

    def hit(self, key: Hashable) -> None:
        """Count one attempt, or answer 429 when the window is full."""
        now = time.monotonic()
        with self._lock:
            if len(self._hits) >= _MAX_KEYS:
                self._forget_expired(now)
            hits = self._hits.setdefault(key, deque())
            while hits and hits[0] <= now - WINDOW_SECONDS:
                hits.popleft()
            if len(hits) >= self._limit:
                retry_after = math.ceil(hits[0] + WINDOW_SECONDS - now)
                raise HTTPException(429, "Too many attempts", {"Retry-After": str(retry_after)})
            hits.append(now)

    def forgive(self, key: Hashable) -> None:
        """Take back the latest attempt, which turned out to be legitimate."""
        with self._lock:
            if hits := self._hits.get(key):
                hits.pop()

    def _forget_expired(self, now: float) -> None:
        cutoff = now - WINDOW_SECONDS
        self._hits = {k: h for k, h in self._hits.items() if h and h[-1] > cutoff}
