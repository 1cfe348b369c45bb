#!/usr/bin/python3
"""Mails that crash, hang or bloat the process that reads them, alone and among good ones.

The build with fault points makes a parse child misbehave where a mail says `X-Redress-Test: WORD`:
segv, spin (past its CPU time) or alloc (past its memory). The first death alone counts, the third
quarantines: the message is kept, a person must read it, and the clock runs from receipt.
"""
import datetime
import random
import time

import house

CRIMES = ("segv", "spin", "alloc")
GOOD = 50


def london_day(seconds):
    """Near enough: the tests use midday."""
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).date().isoformat()


def midday_before(days):
    now = datetime.datetime.now(datetime.timezone.utc)
    return int(datetime.datetime.combine(now.date() - datetime.timedelta(days=days),
                                         datetime.time(12), datetime.timezone.utc).timestamp())


def deliver_crime(home, number, crime, mtime=None):
    home.deliver_mail(number, sender=f"{crime}@example.org", subject="Hello",
                      body="Please come and see.", headers={"X-Redress-Test": crime}, mtime=mtime)


def check_quarantined(home, crime, received):
    row = home.rows("SELECT m.fate, m.quarantined, m.attempts, m.case_id, m.deaths FROM message m"
                    " WHERE m.quarantined = 1 AND m.received_ms = ?", received * 1000)
    house.equal(len(row), 1, f"{crime}: quarantined messages")
    house.equal((row[0]["fate"], row[0]["deaths"]), ("opened", 3), f"{crime}: fate and deaths")
    clocks = {r["name"]: r["starts_on"] for r in home.rows(
        "SELECT name, starts_on FROM case_clock WHERE case_id = ?", row[0]["case_id"])}
    house.equal(clocks.get("stage1.acknowledge"), london_day(received),
                f"{crime}: the acknowledgement clock runs from receipt")
    status = home.number("SELECT status FROM case_file WHERE id = ?", row[0]["case_id"])
    house.equal(status, "review", f"{crime}: its case")
    reasons = home.number("SELECT reasons FROM review WHERE case_id = ?", row[0]["case_id"])
    house.expect("a person must read it" in reasons, f"{crime}: the review says {reasons!r}")
    reference = f"RD{row[0]['case_id']}-"
    house.expect(reference in home.ctl("review", "list"), f"{crime}: it is on the list of reviews")
    house.expect(reference in home.ctl("tasks"), f"{crime}: it is a person's task")


def each_crime_alone_is_quarantined(build):
    with house.House(build) as home:
        home.start()
        for number, crime in enumerate(CRIMES):
            received = midday_before(number + 1)
            deliver_crime(home, number, crime, received)
            home.wait(lambda: home.is_idle(number + 1), f"{crime} to be given up", 120)
            check_quarantined(home, crime, received)
        house.equal(home.status()["messages"]["quarantined"], 3, "status counts them")
        home.deliver_mail(10, subject="Mould", body="Still waiting for the mould to be looked at.")
        home.wait(lambda: home.is_idle(4), "a good mail behind them")
        house.equal(home.number("SELECT count(*) FROM message WHERE quarantined = 1"), 3,
                    "a good mail behind them is read")
        house.equal(home.ctl_json("audit", "ledger", "--idle")["problems"], [], "the ledger")


def among_good_ones_and_restarts_only_the_bad_is_quarantined(build):
    """Fifty good mails and two bad ones in one batch; the daemon is killed four times on the way,
    which says nothing about any mail."""
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    print(f"  seed {seed}")
    received = {"segv": midday_before(1), "alloc": midday_before(2)}
    with house.House(build) as home:
        for number in range(GOOD + 2):
            if number == 17:
                deliver_crime(home, number, "segv", received["segv"])
            elif number == 33:
                deliver_crime(home, number, "alloc", received["alloc"])
            else:
                home.deliver_mail(number, subject=f"Number {number}",
                                  body="Nobody came about the leak. I have rung three times.")
        for _ in range(3):
            home.start(env={"REDRESS_FAULT": "claim-after:1"}, wait=False)
            house.equal(home.daemon.wait(house.START_S), -9, "redressd dies with its claims")
            home.forget()
        home.start()
        home.wait(lambda: home.number("SELECT count(*) FROM message WHERE deaths > 0") > 0 or
                  home.is_idle(GOOD + 2), "the first death to be counted")
        end = time.monotonic() + chance.uniform(0, 0.5)
        while time.monotonic() < end:
            time.sleep(0.005)
        home.kill()
        home.start()
        home.wait(lambda: home.is_idle(GOOD + 2), "all to be decided", 120)
        for crime, instant in received.items():
            check_quarantined(home, crime, instant)
        rows = home.rows("SELECT count(*) AS n, sum(quarantined) AS q, sum(m.deaths) AS d,"
                         " sum(r.message_id IS NOT NULL) AS readings FROM message m"
                         " LEFT JOIN reading r ON r.message_id = m.id")
        house.equal((rows[0]["n"], rows[0]["q"], rows[0]["readings"]), (GOOD + 2, 2, GOOD),
                    "messages, quarantined ones, readings of the good")
        house.equal(rows[0]["d"], 6, "deaths counted: the bad ones' three each")
        house.equal(len({letter["To"] for letter in home.letters()
                         if "@example.org" in letter["To"] and letter["To"].startswith("r")}), GOOD,
                    "every good mail has its letter")
        house.equal(home.ctl_json("audit", "ledger", "--idle")["problems"], [], "the ledger")


if __name__ == "__main__":
    house.run([each_crime_alone_is_quarantined,
               among_good_ones_and_restarts_only_the_bad_is_quarantined])
