#!/usr/bin/python3
"""While mail is taken in at full speed a webhook's answer stays under a second.

Thousands of mails lie in the mailbox when the gateway starts, and signed texts are posted one
after another until the last of the mails is decided; the slowest answer is printed. The other two
do the same with a store that is slow with each mail, as on an old disk, when it is stored and when
it is decided: whoever held the store for a whole batch would hold up every text behind it.

This second is promised to providers, who give up on a slow webhook, so it is the one time that a
test asserts. The best of three rounds counts: a busy machine is no fault of ours.
"""
import contextlib
import sqlite3
import statistics
import threading
import time

import house
from house import equal, expect, phone

MOST_S = 1.0
ROUNDS = 3
PAUSE_S = 0.02      # between an answer and the next text: fewer than the 200 a second that we take
SLOW_PAUSE_S = 0.1  # where each costs the slow store as much as a mail
LEAST = 20          # answers of a round that says anything
MAILS, SLOW_MAILS = 3000, 150
BURN = 100_000      # steps of SQLite's for each row of the slow table: 20 ms and more
WORDS = ["Still waiting for the leak to be mended. I have rung three times and nobody came.",
         "The kitchen tap has started to drip. Could somebody come and look?",
         "I wish to make a formal complaint about two missed appointments.",
         "There is black mould in the bedroom again and my son coughs all night."]


def post_until(home, over, waits, pause_s):
    """Texts, each with how long its answer took and whether it was stored."""
    number = 0
    while not over.wait(pause_s):
        begun = time.monotonic()
        status = home.send_text(number, phone(number % 1000), f"{number}: the gate is off its "
                                "hinges, third time of asking")
        waits.append((time.monotonic() - begun, status))
        number += 1


def one_round(build, n_mails, prepare, pause_s):
    """The answers' times in seconds while mail was taken in, and how long all of it took."""
    waits, over = [], threading.Event()
    with house.House(build) as home:
        home.once()     # makes the store
        prepare(home)
        for number in range(n_mails):
            home.deliver_mail(number, subject=f"Number {number}", body=WORDS[number % len(WORDS)] +
                              "\n" + f"This is mail number {number}. " * 40)
        begun = time.monotonic()
        home.start()
        thread = threading.Thread(target=post_until, args=(home, over, waits, pause_s))
        thread.start()
        try:
            home.wait(lambda: home.number("SELECT count(*) FROM message WHERE channel = 'email'"
                                          " AND state = 'done'") == n_mails, "all mails", 300)
        finally:
            took = time.monotonic() - begun
            over.set()
            thread.join()
        equal([status for _, status in waits if status != 200], [], "texts that were not taken")
        equal(home.number("SELECT count(*) FROM message WHERE channel = 'sms'"), len(waits), "texts")
    return [wait for wait, _ in waits], took


def answers_stay_under_a_second(build, n_mails, prepare, pause_s):
    slowest = []
    for _ in range(ROUNDS):
        waits, took = one_round(build, n_mails, prepare, pause_s)
        slowest.append(max(waits))
        print(f"  {n_mails} mails in {took:.1f} s, {len(waits)} texts meanwhile: an answer took "
              f"{statistics.median(waits) * 1000:.0f} ms (median), "
              f"{max(waits) * 1000:.0f} ms (slowest)", flush=True)
        if slowest[-1] < MOST_S:
            expect(len(waits) >= LEAST, f"only {len(waits)} texts while {n_mails} mails came in")
            return
    raise house.Failure(f"the slowest answers of {ROUNDS} rounds took {slowest} s")


def at_full_speed(build):
    answers_stay_under_a_second(build, MAILS, lambda home: None, PAUSE_S)


def slowed(build, table):
    def slow_down(home):
        with contextlib.closing(sqlite3.connect(home.state)) as db:
            db.execute(f"CREATE TRIGGER slow AFTER INSERT ON {table} BEGIN WITH RECURSIVE step(n) AS"
                       f" (SELECT 1 UNION ALL SELECT n + 1 FROM step WHERE n < {BURN})"
                       " SELECT count(*) FROM step; END")

    answers_stay_under_a_second(build, SLOW_MAILS, slow_down, SLOW_PAUSE_S)


def where_each_mail_is_slow_to_store(build):
    slowed(build, "raw_piece")


def where_each_message_is_slow_to_decide(build):
    slowed(build, "reading")


if __name__ == "__main__":
    house.run([at_full_speed, where_each_mail_is_slow_to_store,
               where_each_message_is_slow_to_decide])
