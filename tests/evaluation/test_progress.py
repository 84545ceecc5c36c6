from __future__ import annotations

from fawkes_host.evaluation.progress import TELL_EVERY_S, Progress


def test_what_an_earlier_run_left_does_not_count_for_the_time_left():
    now, told = [0.0], []
    progress = Progress(told.append, lambda: now[0])
    progress.begin("Cloaking", 100)
    progress.done(60)
    now[0] = 120.0
    progress.done(80)
    assert told == ["Cloaking", "  80 of 100, about 2 min left"]


def test_progress_is_told_now_and_then():
    now, told = [0.0], []
    progress = Progress(told.append, lambda: now[0])
    progress.begin("Judging", 1000)
    for count in range(1, 90):
        now[0] += TELL_EVERY_S / 50
        progress.done(count)
    assert len(told) == 1 + 1
