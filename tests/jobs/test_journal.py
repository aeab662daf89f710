from __future__ import annotations

import os
import sqlite3
import stat
import sys
import threading
from pathlib import Path
from typing import NoReturn

import pytest

from azjobs.errors import IllegalTransition, JobNotFound, JournalForeign, JournalUnreadable
from azjobs.jobs import journal as journal_module
from azjobs.jobs import payload_files
from azjobs.jobs.journal import Change, Journal
from azjobs.jobs.reasons import Reason
from azjobs.jobs.records import NewRecord, Payload, Stream
from azjobs.jobs.rows import LostOwnership, NewJob
from azjobs.jobs.states import JobState

NEW = NewJob(kind="thread", name="a job", command="work", type_name="ThreadJob", detail={"a": 1})


def output(value: object) -> NewRecord:
    return NewRecord(stream=Stream.OUTPUT, payload=Payload.json(value))


def test_a_job_is_found_again_by_another_process(journal: Journal, tmp_path: Path) -> None:
    row = journal.create(NEW, "me")
    other = Journal.open(tmp_path)
    assert other.get(row.id) == row
    assert other.find_instance(row.instance_id) == row
    assert row.detail == {"a": 1}
    other.close()


def test_ids_are_one_sequence_and_are_never_used_again(journal: Journal) -> None:
    first = journal.create(NEW, "me")
    journal.remove(first.id)
    assert journal.create(NEW, "me").id == first.id + 1


def test_a_job_without_a_name_is_called_after_its_id(journal: Journal) -> None:
    row = journal.create(NewJob(kind="thread", name="", command="", type_name="ThreadJob"), "me")
    assert row.name == f"Job{row.id}"


def test_a_result_and_the_state_that_vouches_for_it_are_written_together(journal: Journal) -> None:
    row = journal.create(NEW, "me")
    journal.change(row.id, row.epoch, Change(state=JobState.COMPLETED, records=[output(1)])).result()
    refused = journal.change(row.id, row.epoch, Change(state=JobState.FAILED, records=[output(2)]))
    with pytest.raises(IllegalTransition):
        refused.result()
    assert [record.value for record in journal.records(row.id)] == [1]
    assert journal.get(row.id).state is JobState.COMPLETED


def test_a_finished_job_takes_no_more_records(journal: Journal) -> None:
    row = journal.create(NEW, "me")
    journal.change(row.id, row.epoch, Change(state=JobState.COMPLETED)).result()
    with pytest.raises(IllegalTransition):
        journal.change(row.id, row.epoch, Change(records=[output(2)])).result()


def test_times_are_set_once_when_the_job_begins_and_when_it_ends(journal: Journal) -> None:
    row = journal.create(NEW, "me")
    assert (row.begin_time, row.end_time) == (None, None)
    running = journal.change(row.id, 1, Change(state=JobState.RUNNING)).result()
    ended = journal.change(row.id, 1, Change(state=JobState.COMPLETED)).result()
    assert running.begin_time is not None
    assert ended.begin_time == running.begin_time
    assert ended.end_time is not None
    assert ended.end_time.tzinfo is not None


def test_only_one_of_many_adopters_gets_an_orphan(journal: Journal, tmp_path: Path) -> None:
    row = journal.create(NEW, "gone")
    journals = [Journal.open(tmp_path) for _ in range(8)]
    barrier = threading.Barrier(8)
    winners = []

    def adopt(k: int) -> None:
        barrier.wait()
        claimed = journals[k].claim(row, f"adopter{k}")
        if claimed is not None:
            winners.append(claimed)

    threads = [threading.Thread(target=adopt, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(winners) == 1
    assert journal.get(row.id).owner == winners[0].owner
    for each in journals:
        each.close()


def test_what_the_former_owner_writes_after_an_adoption_is_refused(journal: Journal) -> None:
    row = journal.create(NEW, "gone")
    claimed = journal.claim(row, "adopter")
    assert claimed is not None
    with pytest.raises(LostOwnership):
        journal.change(row.id, row.epoch, Change(state=JobState.COMPLETED, records=[output(1)])).result()
    assert journal.records(row.id) == []


def test_a_disconnected_job_runs_when_it_is_claimed(journal: Journal) -> None:
    row = journal.create(NEW, "me")
    left = journal.change(row.id, 1, Change(state=JobState.DISCONNECTED, release=True)).result()
    assert left.owner is None
    claimed = journal.claim(left, "adopter")
    assert claimed is not None
    assert claimed.state is JobState.RUNNING


def test_a_record_is_received_by_one_reader_only(journal: Journal, tmp_path: Path) -> None:
    row = journal.create(NEW, "me")
    journal.change(row.id, 1, Change(records=[output(k) for k in range(50)])).result()
    other = Journal.open(tmp_path)
    seen = journal.unreceived(row.id)
    first, second = journal.receive(row.id, seen), other.receive(row.id, seen)
    assert [record.value for record in first] == list(range(50))
    assert second == []
    assert journal.get(row.id).unreceived == 0
    other.close()


def test_a_large_payload_goes_to_a_file_that_is_deleted_with_its_job(journal: Journal, tmp_path: Path) -> None:
    big = "x" * (payload_files.LIMIT + 1)
    row = journal.create(NEW, "me")
    journal.change(row.id, 1, Change(state=JobState.COMPLETED, records=[output(big)])).result()
    files = list((tmp_path / "payloads").iterdir())
    assert len(files) == 1
    assert journal.records(row.id)[0].value == big
    if sys.platform != "win32":
        assert stat.S_IMODE(files[0].stat().st_mode) == 0o600
    journal.remove(row.id)
    assert list((tmp_path / "payloads").iterdir()) == []


def test_a_reason_is_read_back_whole(journal: Journal) -> None:
    inner = Reason(code="SkuNotAvailable", message="No capacity.", kind="OperationFailed", target="vm")
    reason = Reason(
        code="DeploymentFailed", message="One failed.", kind="OperationFailed", details=(inner,), exception=b"\x00\xff"
    )
    row = journal.create(NEW, "me")
    journal.change(row.id, 1, Change(state=JobState.FAILED, reason=reason)).result()
    assert journal.get(row.id).reason == reason


def test_removing_a_job_removes_its_children(journal: Journal) -> None:
    parent = journal.create(NEW, "me")
    child = journal.create(NewJob(kind="thread", name="c", command="", type_name="x", parent_id=parent.id), "me")
    assert [row.id for row in journal.children(parent.id)] == [child.id]
    journal.remove(parent.id)
    with pytest.raises(JobNotFound, match="azjobs list"):
        journal.get(child.id)


def test_many_jobs_are_read_in_the_order_asked_for(journal: Journal) -> None:
    ids = [journal.create(NEW, "me").id for _ in range(3)]
    assert [row.id for row in journal.many([ids[2], 999, ids[0]])] == [ids[2], ids[0]]


def test_a_file_that_is_no_database_is_left_alone_and_named(tmp_path: Path) -> None:
    file = tmp_path / "journal.sqlite3"
    file.write_bytes(b"this is a text, not a database at all" * 40)
    with pytest.raises(JournalUnreadable, match=r"journal\.sqlite3 cannot be read.*move the file away"):
        Journal.open(tmp_path)
    assert file.read_bytes().startswith(b"this is a text")


def test_another_programs_database_is_left_alone_and_named(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "journal.sqlite3") as foreign:
        foreign.execute("CREATE TABLE theirs (x)")
    foreign.close()
    with pytest.raises(JournalForeign, match="another program"):
        Journal.open(tmp_path)


def test_a_newer_journal_is_left_alone_and_named(tmp_path: Path) -> None:
    Journal.open(tmp_path).close()
    with sqlite3.connect(tmp_path / "journal.sqlite3") as newer:
        newer.execute("PRAGMA user_version = 99")
    newer.close()
    with pytest.raises(JournalForeign, match="newer azjobs"):
        Journal.open(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no mode bits")
def test_only_the_user_can_read_the_journal(journal: Journal, tmp_path: Path) -> None:
    journal.create(NEW, "me")
    for name in os.listdir(tmp_path):
        path = tmp_path / name
        if path.is_file():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, name


def test_two_processes_may_make_the_journal_at_once(tmp_path: Path) -> None:
    barrier = threading.Barrier(6)
    problems: list[Exception] = []

    def open_and_write() -> None:
        barrier.wait()
        try:
            opened = Journal.open(tmp_path)
            opened.create(NEW, "me")
            opened.close()
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=open_and_write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    final = Journal.open(tmp_path)
    assert len(final.all()) == 6
    final.close()


def test_who_gives_up_waiting_for_a_write_stops_no_other_write(journal: Journal) -> None:
    row = journal.create(NEW, "me")
    asked = journal.change(row.id, row.epoch, Change(state=JobState.RUNNING))
    assert not asked.cancel()
    journal.change(row.id, row.epoch, Change(state=JobState.COMPLETED)).result(20)
    assert journal.get(row.id).history == ("NotStarted", "Running", "Completed")


def test_a_large_payload_that_is_refused_leaves_no_file(journal: Journal, tmp_path: Path) -> None:
    row = journal.create(NEW, "me")
    large = NewRecord(stream=Stream.OUTPUT, payload=Payload.text("x" * 1_000_000))
    refused = journal.change(row.id, row.epoch + 1, Change(records=[large]))
    assert isinstance(refused.exception(20), LostOwnership)
    journal.remove(row.id)  # comes after what follows the refusal
    assert list((tmp_path / "payloads").iterdir()) == []


def test_a_journal_that_cannot_be_opened_for_writing_says_so_and_hangs_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Journal.open(tmp_path)
    monkeypatch.setattr(journal_module, "_connect", _refuse_to_connect)
    with pytest.raises(JournalUnreadable, match="unable to open database file"):
        opened.create(NEW, "me")
    monkeypatch.undo()
    assert opened.create(NEW, "me").id == 1
    opened.close()


def _refuse_to_connect(path: Path) -> NoReturn:
    raise sqlite3.OperationalError("unable to open database file")
