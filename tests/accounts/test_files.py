from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from azjobs.accounts.files import locked, write_private
from azjobs.errors import AccountError


def test_a_file_is_replaced_whole_and_private(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.json"

    write_private(path, b"first")
    write_private(path, b"second")

    assert path.read_bytes() == b"second"
    assert [one.name for one in path.parent.iterdir()] == ["file.json"]
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_a_killed_writer_left_is_written_over(tmp_path: Path) -> None:
    left = tmp_path / ".file.json.new"
    left.write_bytes(b"half of a f")
    left.chmod(0o644)

    write_private(tmp_path / "file.json", b"whole")

    assert [one.name for one in tmp_path.iterdir()] == ["file.json"]
    assert (tmp_path / "file.json").read_bytes() == b"whole"
    if sys.platform != "win32":
        assert stat.S_IMODE((tmp_path / "file.json").stat().st_mode) == 0o600


def test_a_file_that_cannot_be_written_is_one_sentence_and_leaves_no_rest(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()

    with pytest.raises(AccountError, match=r"cannot be written: .* AZJOBS_HOME"):
        write_private(tmp_path / "folder", b"x")

    assert [one.name for one in tmp_path.iterdir()] == ["folder"]


def test_a_lock_keeps_other_threads_out(tmp_path: Path) -> None:
    count = 0

    def add() -> None:
        nonlocal count
        for _ in range(20):
            with locked(tmp_path / "lock"):
                before = count
                time.sleep(0)
                count = before + 1

    with ThreadPoolExecutor(8) as pool:
        for future in [pool.submit(add) for _ in range(8)]:
            future.result()

    assert count == 160


def test_a_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    code = "import sys\nfrom azjobs.accounts.files import locked\nfrom pathlib import Path\n"
    code += "with locked(Path(sys.argv[1])):\n    print('held', flush=True)\n    sys.stdin.read()\n"
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "lock")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    assert child.stdin is not None
    assert child.stdout.readline().strip() == b"held"

    with pytest.raises(AccountError, match=r"has kept .* locked for 0\.05 s"), locked(tmp_path / "lock", patience=0.05):
        pytest.fail("two had the lock")
    child.kill()
    child.wait()
    child.stdin.close()
    child.stdout.close()

    with locked(tmp_path / "lock"):
        pass


def test_a_lock_that_another_thread_keeps_is_given_up(tmp_path: Path) -> None:
    entered, leave = threading.Event(), threading.Event()

    def keep() -> None:
        with locked(tmp_path / "lock"):
            entered.set()
            leave.wait()

    thread = threading.Thread(target=keep)
    thread.start()
    entered.wait()
    try:
        with pytest.raises(AccountError, match="Another process"), locked(tmp_path / "lock", patience=0.02):
            pytest.fail("two had the lock")
    finally:
        leave.set()
        thread.join()


FORKED = """
import os, sys, threading
from pathlib import Path
from azjobs.accounts.files import locked

path = Path(sys.argv[1])
entered, leave = threading.Event(), threading.Event()

def keep():
    with locked(path):
        entered.set()
        leave.wait()

thread = threading.Thread(target=keep)
thread.start()
entered.wait()
child = os.fork()
if child == 0:
    # The lock is the parent's: the child waits for it, and gets it.
    with locked(path):
        os._exit(0)
leave.set()
thread.join()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_waits_for_its_parents_lock_and_gets_it(tmp_path: Path) -> None:
    ended = subprocess.run([sys.executable, "-W", "ignore", "-c", FORKED, str(tmp_path / "lock")], check=False)

    assert ended.returncode == 0
