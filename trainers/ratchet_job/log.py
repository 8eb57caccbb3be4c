"""A log that cannot fill the disk: the beginning and the end are kept, the middle is dropped and counted.

`log.<offset>` files: each is named by the position of its first byte in the whole stream. `log.0…0` is the head and is
never removed; after it come segments, of which the newest few are kept. A gap between two files is exactly what was
dropped, so the folder alone tells it, also after a kill at any moment.
"""

from __future__ import annotations

import os

# Parts of the limit: one for the head, one for each kept segment of the tail.
PARTS = 4


class BoundedLog:
    """Appends bytes to the log in `folder`, never holding more than about `limit` bytes there."""

    def __init__(self, folder: str, limit: int) -> None:
        self._folder = folder
        self._part = max(1024, limit // PARTS)
        self._offsets = segments(folder)
        self._file = -1
        self._room = 0
        last = self._offsets[-1] if self._offsets else 0
        self.written = last + (os.path.getsize(self._path(last)) if self._offsets else 0)

    def go_on_from(self, earlier: BoundedLog) -> None:
        """Count on from a log whose folder was removed: what it held counts as dropped."""
        earlier.close()
        self.written = max(self.written, earlier.written)

    def write(self, data: bytes) -> None:
        """Append `data`. A full disk loses bytes of the log, never the trainer's time."""
        while data:
            if self._room <= 0:
                self._rotate()
            piece = data[: self._room]
            try:
                count = os.write(self._file, piece)
                self._room -= count
            except OSError:
                # The segment now ends early, so its successor's name shows the gap.
                count = len(piece)
                self._room = 0
            self.written += count
            data = data[count:]

    def dropped(self) -> int:
        """How many bytes of the stream are no longer there."""
        return self.written - sum(os.path.getsize(self._path(offset)) for offset in segments(self._folder))

    def shrink(self) -> None:
        """Give back all but the head and the newest segment: called when the disk is full and an end must be written."""
        for offset in self._offsets[1:-1]:
            self._remove(offset)

    def close(self) -> None:
        """Close the file in use."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _rotate(self) -> None:
        self.close()
        path = self._path(self.written)
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        except OSError:
            self._file = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
        else:
            if self.written not in self._offsets:
                self._offsets.append(self.written)
        self._room = self._part
        for offset in self._offsets[1 : -(PARTS - 1)]:
            self._remove(offset)

    def _remove(self, offset: int) -> None:
        try:
            os.unlink(self._path(offset))
        except FileNotFoundError:
            pass
        self._offsets.remove(offset)

    def _path(self, offset: int) -> str:
        return os.path.join(self._folder, f"log.{offset:016d}")


def segments(folder: str) -> list[int]:
    """The offsets of the log's files in `folder`, in order."""
    names = (name for name in os.listdir(folder) if name.startswith("log.") and name[4:].isdigit())
    return sorted(int(name[4:]) for name in names)
