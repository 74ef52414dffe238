"""Who is due, and when the next visit is: pure decisions, so every case is a line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mooring.sync.schedule import (
    FOLDER_PAUSE,
    LONGEST_WAIT,
    AccountTimes,
    Hosts,
    Timetable,
    Trouble,
    after_failure,
    after_success,
    due_accounts,
    folder_retry_at,
)

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def times(account_id: int, *, due_in: timedelta = timedelta(), host: str = "", **more: object) -> AccountTimes:
    return AccountTimes(account_id, host, NOW + due_in, **more)  # type: ignore[arg-type]


def test_the_longest_overdue_account_comes_first() -> None:
    states = [times(1, due_in=-MINUTE), times(2, due_in=-2 * MINUTE), times(3, due_in=MINUTE)]
    assert due_accounts(states, now=NOW) == [2, 1]


def test_an_account_that_somebody_waits_for_comes_before_all_others() -> None:
    states = [times(1, due_in=-MINUTE), times(2, due_in=MINUTE, wanted_at=NOW)]
    assert due_accounts(states, now=NOW) == [2, 1]


@pytest.mark.parametrize(
    "more",
    [{"is_stopped": True}, {"lease_until": NOW + MINUTE}, {"is_stopped": True, "wanted_at": NOW}],
    ids=["stopped", "worked on", "stopped though wanted"],
)
def test_an_account_that_is_stopped_or_worked_on_is_not_due(more: dict[str, object]) -> None:
    assert due_accounts([times(1, **more)], now=NOW) == []


def test_a_lease_that_ran_out_holds_nobody_back() -> None:
    assert due_accounts([times(1, lease_until=NOW)], now=NOW) == [1]


def test_what_this_process_works_on_is_not_begun_twice() -> None:
    assert due_accounts([times(1), times(2)], now=NOW, running={1}) == [2]


@pytest.mark.parametrize(("jitter", "minutes"), [(0.0, 4.5), (0.5, 5.0), (1.0, 5.5)])
def test_after_success_the_next_visit_is_an_interval_away(jitter: float, minutes: float) -> None:
    timetable = after_success(now=NOW, interval=5 * MINUTE, has_more=False, jitter=jitter)
    assert timetable == Timetable(NOW + minutes * MINUTE)


def test_a_visit_that_ran_out_of_time_is_due_again_at_once() -> None:
    assert after_success(now=NOW, interval=5 * MINUTE, has_more=True, jitter=1.0).next_visit_at == NOW


@pytest.mark.parametrize(("failures", "minutes"), [(0, 1), (1, 2), (2, 4), (3, 8), (4, 10), (5000, 10)])
def test_waits_after_failures_grow_to_ten_minutes(failures: int, minutes: int) -> None:
    trouble = Trouble(timedelta(seconds=30))
    timetable = after_failure(trouble, now=NOW, failure_count=failures, failing_since=None, jitter=0.5)
    assert timetable == Timetable(NOW + minutes * MINUTE, failures + 1, NOW)


@pytest.mark.parametrize(("jitter", "share"), [(0.0, 0.8), (1.0, 1.2)])
def test_failed_accounts_do_not_come_back_all_at_once(jitter: float, share: float) -> None:
    timetable = after_failure(Trouble(MINUTE), now=NOW, failure_count=0, failing_since=None, jitter=jitter)
    assert timetable.next_visit_at == NOW + share * MINUTE


def test_a_server_that_asks_for_a_longer_wait_gets_it() -> None:
    timetable = after_failure(Trouble(15 * MINUTE), now=NOW, failure_count=0, failing_since=None, jitter=0.5)
    assert timetable.next_visit_at == NOW + 15 * MINUTE


def test_what_only_a_person_can_mend_stops_the_account() -> None:
    timetable = after_failure(Trouble(None), now=NOW, failure_count=0, failing_since=None, jitter=0.5)
    assert (timetable.is_stopped, timetable.failing_since) == (True, NOW)


@pytest.mark.parametrize(
    ("since", "is_login", "is_stopped"),
    [
        (timedelta(days=2, hours=23), True, False),
        (timedelta(days=3), True, True),
        (timedelta(days=30), False, False),
    ],
)
def test_a_refused_login_is_given_up_after_three_days(since: timedelta, is_login: bool, is_stopped: bool) -> None:
    trouble = Trouble(timedelta(hours=1), is_login=is_login)
    timetable = after_failure(trouble, now=NOW, failure_count=70, failing_since=NOW - since, jitter=0.5)
    assert (timetable.is_stopped, timetable.failing_since) == (is_stopped, NOW - since)


@pytest.mark.parametrize(
    ("retry_after", "failures", "is_refusal", "wait"),
    [
        (5 * MINUTE, 0, True, 5 * MINUTE),
        (5 * MINUTE, 2, True, FOLDER_PAUSE),
        (None, 0, True, FOLDER_PAUSE),
        (timedelta(days=9), 0, True, FOLDER_PAUSE),
        (timedelta(seconds=30), 0, False, timedelta(seconds=30)),
        (timedelta(seconds=30), 1, False, timedelta(seconds=60)),
        (timedelta(seconds=30), 99, False, LONGEST_WAIT),
        (None, 0, False, LONGEST_WAIT),
    ],
)
def test_a_folder_that_fails_rests_longer_when_the_server_refuses_it(
    retry_after: timedelta | None, failures: int, is_refusal: bool, wait: timedelta
) -> None:
    assert folder_retry_at(Trouble(retry_after), now=NOW, failure_count=failures, is_refusal=is_refusal) == NOW + wait


# -- hosts that answer, hosts that do not ------------------------------------------------------------------------------


def test_a_host_that_answered_is_visited_four_times_at_once() -> None:
    states = [times(number, host="imap.example") for number in range(1, 7)] + [times(7)]
    assert due_accounts(states, now=NOW, hosts=Hosts(answered={"imap.example"})) == [1, 2, 3, 4, 7]


def test_a_host_that_has_not_answered_yet_is_visited_once_at_a_time() -> None:
    states = [times(number, host=host) for number, host in enumerate(("a.example", "a.example", "b.example"), 1)]
    assert due_accounts(states, now=NOW) == [1, 3]
    assert due_accounts(states, now=NOW, visits_by_host={"a.example": 1}) == [3]


def test_silent_hosts_share_a_quarter_of_the_room() -> None:
    silent = frozenset(f"{number}.example" for number in range(1, 9))
    states = [times(number, host=f"{number}.example") for number in range(1, 11)]
    assert due_accounts(states, now=NOW, hosts=Hosts(silent=silent), room=8) == [1, 2, 9, 10]
    assert due_accounts(states, now=NOW, hosts=Hosts(silent=silent), running={8}, room=8) == [1, 9, 10]


def test_a_silent_host_is_tried_in_the_smallest_room() -> None:
    assert due_accounts([times(1, host="a.example")], now=NOW, hosts=Hosts(silent={"a.example"}), room=1) == [1]


def test_accounts_that_failed_before_count_as_silent_until_their_host_answers() -> None:
    states = [times(number, host=f"{number}.example", failure_count=1) for number in range(1, 4)]
    assert due_accounts(states, now=NOW, room=4) == [1]
    assert due_accounts(states, now=NOW, hosts=Hosts(answered={"1.example", "3.example"}), room=4) == [1, 2, 3]
