"""What the processes say: to the terminal with a prefix, and to one rotating file each."""

import logging
import sys
import time
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

COLOURS = ("36", "32", "35", "33", "34", "31")
KEEP_BYTES, KEEP_FILES = 5_000_000, 3


class Console:
    """Prefixed lines. `colour` paints the prefixes; a terminal that went away is not an error."""

    def __init__(self, folder: Path, names: list[str], stream: TextIO = sys.stdout, *, colour: bool = False) -> None:
        self._folder = folder
        self._width = max(map(len, names), default=0)
        self._stream: TextIO | None = stream
        self._paint = {name: COLOURS[index % len(COLOURS)] for index, name in enumerate(names)} if colour else {}
        self._files: dict[str, RotatingFileHandler] = {}

    def line(self, name: str, text: str) -> None:
        """One line of the process `name`."""
        now = time.localtime()
        self._file(name).emit(
            logging.makeLogRecord({"msg": f"{time.strftime('%Y-%m-%d %H:%M:%S', now)} {text}", "levelno": logging.INFO})
        )
        prefix = f"{time.strftime('%H:%M:%S', now)} {name:<{self._width}} |"
        self._print(f"\033[{self._paint[name]}m{prefix}\033[0m {text}" if name in self._paint else f"{prefix} {text}")

    def say(self, text: str) -> None:
        """A line of the launcher itself."""
        self._print(text)

    def close(self) -> None:
        for file in self._files.values():
            file.close()

    def _file(self, name: str) -> RotatingFileHandler:
        if name not in self._files:
            path = self._folder / f"{name}.log"
            self._files[name] = RotatingFileHandler(path, maxBytes=KEEP_BYTES, backupCount=KEEP_FILES, encoding="utf-8")
        return self._files[name]

    def _print(self, text: str) -> None:
        if self._stream is None:
            return
        try:
            print(text, file=self._stream, flush=True)
        except OSError:  # the terminal is gone; the files go on
            self._stream = None
