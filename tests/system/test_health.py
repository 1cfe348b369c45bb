"""What systemd, a monitor and Prometheus are told by a gateway that is well. (One that is unwell:
proof_hang.py.)

Usage: test_health.py BUILD [TEST ...]
"""
import re
import signal

import house
from house import equal, expect

FIGURES = {     # each family of /metrics, and its labels
    "messages": {"accepted", "processed", "waiting", "quarantined", "duplicate", "guarded", "other"},
    "oldest_waiting_seconds": None, "reviews": None, "tasks": None, "cases_open": None,
    "letters": {"queued", "held", "sending", "sent", "failed", "uncertain"},
    "source_last_success_seconds": {"complaints", "texts"},
    "source_unmarked": {"complaints", "texts"},
    "rule_failures_total": None, "rules_off": None, "problems": None,
    "http_requests_total": {"text", "duplicate", "receipt", "refused", "unreadable", "too_large", "busy", "store_failed",
                            "cut_off", "turned_away", "flooded", "api", "api_refused"},
}
SAMPLE = re.compile(r'redress_(\w+)(?:\{\w+="([^"]*)"\})? (-?\d+)$')


def figures(home):
    """GET /metrics: {(family, label or ""): value}, with every rule of the format checked."""
    status, text = home.get("/metrics")
    equal(status, 200, "/metrics")
    lines = text.split("\n")
    equal(lines[-2:], ["# EOF", ""], "the last line of /metrics")
    found, typed, helped = {}, set(), set()
    for line in lines[:-2]:
        if line.startswith("# TYPE redress_"):
            name, kind = line.removeprefix("# TYPE redress_").split(" ")
            counts = name in ("rule_failures", "http_requests")
            equal((kind, name in typed), ("counter" if counts else "gauge", False), line)
            typed.add(name)
        elif line.startswith("# HELP redress_"):
            name, _, words = line.removeprefix("# HELP redress_").partition(" ")
            expect(words and name in typed, line)
            helped.add(name)
        else:
            sample = SAMPLE.match(line)
            expect(sample and sample[1].removesuffix("_total") in helped, f"a line that is no sample of its family: {line}")
            expect((sample[1], sample[2] or "") not in found, f"said twice: {line}")
            found[sample[1], sample[2] or ""] = int(sample[3])
    return found


def systemd_is_told_of_start_life_reload_and_end(build):
    with house.House(build) as home:
        home.start()
        equal(home.told[-1], ["READY=1"], "the word by which systemd knows it has started")
        home.wait(lambda: home.has_told("WATCHDOG=1", 2), "signs of life")
        home.daemon.send_signal(signal.SIGHUP)
        home.wait(lambda: home.has_told("READY=1", 2), "the end of the reload")
        reload = next(fields for fields in home.told if "RELOADING=1" in fields)
        expect(any(re.match(r"MONOTONIC_USEC=\d+$", field) for field in reload), reload)
        expect(home.told.index(reload) < max(i for i, fields in enumerate(home.told)
                                             if "READY=1" in fields), home.told)
        home.wait(lambda: home.told[-1] == ["WATCHDOG=1"], "signs of life after the reload")
        expect(not home.has_told("STOPPING=1"), home.told)
        home.stop()
        equal(home.told[-1], ["STOPPING=1"], "its last word")


def the_figures_are_those_of_the_status_and_name_nobody(build):
    with house.House(build) as home:
        home.start()
        for number in range(3):
            home.deliver_mail(number, f"Ann Lee <ann{number}@example.org>", "Mould",
                              f"I have rung {number + 2} times. This is a complaint.")
        home.deliver_mail(3, "Ed Vane <ed@example.org>", "the lift",
                          "The lift was slow again today. I am a bit disappointed.")
        home.deliver_text(1, house.phone(1), "still waiting 4 sum1 about the leak. 3rd time")
        home.wait(lambda: home.is_idle(5), "all to be decided")
        equal(home.get("/healthz"), (200, "ok\n"), "/healthz")
        got = figures(home)
        for family, labels in FIGURES.items():
            equal({label for name, label in got if name == family}, labels or {""}, family)
        equal({name for name, _ in got}, set(FIGURES), "families")

        status = home.status(expect=(0,))
        for state in ("accepted", "processed", "quarantined", "duplicate", "guarded", "other"):
            equal(got["messages", state], status["messages"][state], f"messages {state}")
        for state in ("queued", "sent", "failed", "uncertain"):
            equal(got["letters", state], status["outbox"][state], f"letters {state}")
        equal((got["messages", "accepted"], got["messages", "waiting"],
               got["oldest_waiting_seconds", ""], got["problems", ""]), (5, 0, 0, 0), "at rest")
        equal(got["reviews", ""], len(home.ctl_json("review", "list")), "reviews")
        equal(got["tasks", ""], sum(t["what"] == "task" for t in home.ctl_json("tasks")), "tasks")
        equal(got["cases_open", ""], 5, "cases")
        for name in ("complaints", "texts"):
            expect(got["source_last_success_seconds", name] > 1_700_000_000, f"{name} was read")
            equal(got["source_unmarked", name], 0, f"marks due of {name}")
        text = home.get("/metrics")[1].lower()
        for word in ("@", "example.org", house.phone(1), "lee", "vane", "mould", "leak"):
            expect(word not in text, f"/metrics tells {word!r}")
        equal(home.get("/metrics", {"X-Forwarded-For": "203.0.113.9"})[0], 403,
              "/metrics for one who comes through a proxy")


if __name__ == "__main__":
    house.run([systemd_is_told_of_start_life_reload_and_end,
               the_figures_are_those_of_the_status_and_name_nobody])
