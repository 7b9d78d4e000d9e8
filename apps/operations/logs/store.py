"""Where the Logs page reads: capped Redis streams, one of everybody's lines and one for each user's.

A process hands its lines to a thread and never waits. Lines that do not fit, or that meet no Redis, are lost; each has
a number, so that the page can say how many. Nobody reads another user's lines by mistake: they are not in the stream.
"""

import atexit
import logging
import os
import queue
import threading
import time
from collections import Counter
from typing import Any
from uuid import uuid4

import redis

from apps.operations.logs.correlation import subject

EVERYBODY = "logs:all"
ERRORS = ":errors"  # behind the name of a stream: its errors alone, for the number in the side bar
KEPT, KEPT_OF_A_USER, KEPT_ERRORS = 20_000, 1_000, 100  # lines
FORGOTTEN = 30 * 24 * 3600  # seconds after which the lines of a user who causes none any more are gone
WAITING = 5_000  # lines between a process and its thread; the next ones are lost
AT_ONCE = 200
PAUSE = 1.0  # seconds after a failed writing
PATIENCE = 1.0  # seconds that Redis may take, and that an ending process waits for its last lines
WRITER = "log store"

Entry = tuple[str, int, str, bool]  # stream, number in it, text, is an error


def stream_of(user_id: int) -> str:
    return f"logs:user:{user_id}"


class StoreHandler(logging.Handler):
    """Formats in the process's own thread, which alone knows what the line concerns; writes in another."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self._begin()
        os.register_at_fork(after_in_child=self._begin)
        atexit.register(self.flush)

    def _begin(self) -> None:
        self.process = f"{os.getpid()}-{uuid4().hex[:8]}"
        self.numbers: Counter[str] = Counter()
        self.waiting: queue.Queue[Entry] = queue.Queue(WAITING)
        self.thread: threading.Thread | None = None

    def emit(self, record: logging.LogRecord) -> None:
        if record.threadName == WRITER:
            return  # its troubles would become lines that trouble it
        try:
            text = self.format(record)
        except (TypeError, ValueError):  # arguments that do not fit the message
            self.handleError(record)
            return
        user = getattr(record, "user", None) or subject().get("user")
        for stream in (EVERYBODY, stream_of(user)) if user else (EVERYBODY,):
            self._hand_over(stream, text, record.levelno >= logging.ERROR)

    def _hand_over(self, stream: str, text: str, error: bool) -> None:
        self.numbers[stream] += 1  # under the handler's lock
        try:
            self.waiting.put_nowait((stream, self.numbers[stream], text, error))
        except queue.Full:
            return
        if self.thread is None or not self.thread.is_alive():
            self.thread = threading.Thread(target=self._write_all, name=WRITER, daemon=True)
            self.thread.start()

    def _write_all(self) -> None:
        client = redis.Redis.from_url(self.url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
        while True:
            lines = self._take()
            try:
                self._write(client, lines)
            except redis.RedisError:
                time.sleep(PAUSE)
            finally:
                for _ in lines:
                    self.waiting.task_done()

    def _take(self) -> list[Entry]:
        lines = [self.waiting.get()]
        while len(lines) < AT_ONCE:
            try:
                lines.append(self.waiting.get_nowait())
            except queue.Empty:
                break
        return lines

    def _write(self, client: redis.Redis, lines: list[Entry]) -> None:
        pipe = client.pipeline(transaction=False)
        for stream, number, text, error in lines:
            kept = KEPT if stream == EVERYBODY else KEPT_OF_A_USER
            fields: dict[Any, Any] = {"process": self.process, "number": number, "line": text}
            pipe.xadd(stream, fields, maxlen=kept, approximate=True)
            if error:
                pipe.xadd(stream + ERRORS, {"error": 1}, maxlen=KEPT_ERRORS, approximate=True)
        for stream in {line[0] for line in lines} - {EVERYBODY}:
            pipe.expire(stream, FORGOTTEN)
            pipe.expire(stream + ERRORS, FORGOTTEN)
        pipe.execute()

    def flush(self) -> None:
        """Waits for what was handed over, for as long as the patience lasts."""
        deadline = time.monotonic() + PATIENCE
        while self.waiting.unfinished_tasks and time.monotonic() < deadline:
            time.sleep(0.005)
