#!/usr/bin/python3
"""A thread that hangs is seen: the watchdog's signs of life stop, so that systemd starts the gateway
anew, /healthz says 503 and the journal says why. Each of the threads that the watchdog covers and
that a fault point can hold is held in a gateway of its own (`hang NAME:N`, base/fault.h), outside
every transaction: what the others need of the store they still get.
"""
import contextlib

import house

# (A commit of a case is passed twice: the second time is behind the transaction.)
HANGS = {"pipeline": "hang case-commit-after:2", "sender": "hang smtp-data-before:1"}
LATE_S = 120      # twice the beat of 20 s that a thread promises, and room
COMPLAINT = "I have rung three times about the mould and nobody came. This is a complaint."


def alarms(home):
    return home.log.read_text().count("A thread hangs")


def a_thread_that_hangs_stops_the_signs_of_life(build):
    with contextlib.ExitStack() as all_of_them:
        homes = {name: all_of_them.enter_context(house.House(build)) for name in HANGS}
        for name, home in homes.items():
            home.start(env={"REDRESS_FAULT": HANGS[name]})
            house.equal(home.get("/healthz"), (200, "ok\n"), f"{name}: /healthz before")
            home.deliver_mail(1, body=COMPLAINT)
        for name, home in homes.items():
            home.wait(lambda: home.has_told("WATCHDOG=1"), f"{name}: signs of life before")
        for name, home in homes.items():
            home.wait(lambda: home.get("/healthz") == (503, "unwell\n"),
                      f"{name}: /healthz to say that it hangs", LATE_S)
            # Told every time that main looks, in the place of a sign of life.
            home.wait(lambda: alarms(home) > 0, f"{name}: the journal to tell", LATE_S)
            told, first = len(home.hear()), alarms(home)
            home.wait(lambda: alarms(home) >= first + 3, f"{name}: three more looks")
            house.equal(home.hear()[told:], [], f"{name}: signs of life while a thread hangs")
            home.kill()     # it cannot end by itself: that is what the watchdog is for


if __name__ == "__main__":
    house.run([a_thread_that_hangs_stops_the_signs_of_life])
