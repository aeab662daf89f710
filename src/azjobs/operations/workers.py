"""Threads for what can only block: the Azure SDK's calls, token requests, name resolution."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_Task = Callable[[], None]


class Workers(ThreadPoolExecutor):
    """A pool of daemon threads that still takes work while the interpreter ends.

    The standard pool refuses work from the moment the main thread has ended, which is just when the engine waits until
    Azure has accepted what a script started in its last line. It is a subclass because asyncio's default executor must
    be one.
    """

    def __init__(self, size: int, name: str) -> None:
        super().__init__(max_workers=1)
        self._size = size
        self._name = name
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._guard = threading.Lock()
        self._started = 0
        self._idle = 0

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run a function on one of the threads."""
        future: Future[T] = Future()

        def task() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = fn(*args, **kwargs)
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)

        with self._guard:
            self._tasks.put(task)
            if self._idle < self._tasks.qsize() and self._started < self._size:
                self._started += 1
                threading.Thread(target=self._work, name=f"{self._name}-{self._started}", daemon=True).start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let the threads end when they have nothing left to do."""
        with self._guard:
            for _ in range(self._started):
                self._tasks.put(None)
            self._started = 0

    def _work(self) -> None:
        while True:
            with self._guard:
                self._idle += 1
            task = self._tasks.get()
            with self._guard:
                self._idle -= 1
            if task is None:
                return
            task()
            del task
