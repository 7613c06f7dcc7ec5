"""What is taken while running courses are replanned: by the diary, and by each of them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain

from .plan import Diary, Session, epoch_minute

Spans = tuple[tuple[int, int, int], ...]


class Taken:
    """Hold what the diary and each course take after a moment, put together for any course but itself."""

    def __init__(self, diary: Diary, courses: Iterable[Iterable[Session]], since: datetime) -> None:
        self._since = epoch_minute(since)
        self._diary = self._after(diary)
        self._parts = [self._after(Diary.of(sessions)) for sessions in courses]
        self._whole: dict[str, Spans] = {}

    def put(self, number: int, sessions: Iterable[Session]) -> None:
        """Let a course take what these sessions claim."""
        self._set(number, self._after(Diary.of(sessions)))

    def copy(self) -> list[dict[str, Spans]]:
        """Return what each course takes, to be restored later."""
        return list(self._parts)

    def restore(self, parts: Sequence[dict[str, Spans]]) -> None:
        """Let each course take what it took."""
        for number, part in enumerate(parts):
            if part is not self._parts[number]:
                self._set(number, part)

    def beside(self, number: int) -> Diary:
        """Return everything that is taken but for one course."""
        names = {*self._diary, *(name for part in self._parts for name in part)}
        own = self._parts[number]
        return Diary({name: self._spans(name, number) if name in own else self._all(name) for name in names})

    def _set(self, number: int, part: dict[str, Spans]) -> None:
        for name in (*self._parts[number], *part):
            self._whole.pop(name, None)
        self._parts[number] = part

    def _all(self, name: str) -> Spans:
        if name not in self._whole:
            self._whole[name] = self._spans(name, None)
        return self._whole[name]

    def _spans(self, name: str, without: int | None) -> Spans:
        parts = (part.get(name, ()) for number, part in enumerate(self._parts) if number != without)
        return tuple(chain(self._diary.get(name, ()), chain.from_iterable(parts)))

    def _after(self, diary: Diary) -> dict[str, Spans]:
        """Leave out what is over: nothing can be placed there any more."""
        return {name: tuple(span for span in spans if span[2] > self._since) for name, spans in diary.taken.items()}
