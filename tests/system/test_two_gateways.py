"""Two gateways that answer each other: a complaint whose sender is the other gateway's own mailbox.

Both are real, each reads a Maildir into which one real SMTP server puts what the other sends.

Usage: test_two_gateways.py BUILD [TEST ...]
"""
import contextlib

import house
from house import equal, expect

NORTH, SOUTH = "complaints@north.example", "complaints@south.example"
PER_ADDRESS_A_DAY = 6       # automatic letters to one address: promise 5, deliver/sender.h
COMPLAINT = ("I have now rung you three times about the black mould in my little boy's bedroom and "
             "nobody has come. I am making a formal complaint.\n")


class Pair:
    """north and south, and the server between them, which strips what it is told to."""

    def __init__(self, build, stack, strip):
        self.smtp = None
        self.homes = {}
        for name, address in (("north", NORTH), ("south", SOUTH)):
            self.homes[name] = stack.enter_context(house.House(
                build, outgoing=lambda home: "", texts="", gateway={"Gateway": name}))
        routes = [word for name, address in (("north", NORTH), ("south", SOUTH))
                  for word in ("--maildir", address, self.homes[name].mailbox)]
        self.smtp = self.homes["north"].help(
            "smtp_server.py", *routes, *(word for header in strip for word in ("--strip", header)))
        for name, address in (("north", NORTH), ("south", SOUTH)):
            home = self.homes[name]
            home.config.write_text(home.config.read_text() + "\n" + house.stanza({
                "Outgoing": "letters", "Kind": "smtp", "Host": "127.0.0.1", "Port": self.smtp.port,
                "Security": "plain", "From": f"Complaints Team <{address}>"}))
            home.start()

    def counts(self):
        """Mails at the server; of each gateway: mails in its mailbox, messages, those decided,
        letters that may go, those sent."""
        found = [self.smtp.number("total")]
        for home in self.homes.values():
            found.append((sum(1 for place in ("new", "cur") for _ in (home.mailbox / place).iterdir()),
                          home.number("SELECT count(*) FROM message"),
                          home.number("SELECT count(*) FROM message WHERE state = 'done'"),
                          home.number("SELECT count(*) FROM outbox WHERE state NOT IN"
                                      " ('held', 'cancelled')"),
                          home.number("SELECT count(*) FROM outbox WHERE state = 'sent'")))
        return found

    def is_quiet(self):
        """No mail is on its way: what lies in each mailbox is decided, and every letter has gone.
        All counts only grow, so what is the same twice held for all of them at once."""
        counts = self.counts()
        total, *each = counts
        return (all(lying == known == decided and written == sent
                    for lying, known, decided, written, sent in each) and
                total == sum(one[-1] for one in each) and counts == self.counts())

    def sent(self, name):
        return self.homes[name].number("SELECT count(*) FROM outbox WHERE state = 'sent'")

    def letters(self, name):
        return [row[0] for row in self.homes[name].rows(
            "SELECT letter FROM outbox WHERE state = 'sent' ORDER BY id")]

    def seed(self):
        self.homes["north"].deliver_mail(1, f"Ann Lee <{SOUTH}>", "Mould, again", COMPLAINT)
        self.homes["north"].wait(lambda: self.sent("north") >= 1, "the first answer")
        self.homes["south"].wait(self.is_quiet, "the two to fall silent", 120)


def they_stop_after_one_exchange(build):
    with contextlib.ExitStack() as stack:
        pair = Pair(build, stack, ())
        pair.seed()
        equal(pair.letters("north"), ["acknowledgement"], "letters of north")
        equal(pair.letters("south"), [], "letters of south")
        south = pair.homes["south"]
        equal([tuple(row) for row in south.rows("SELECT fate, case_id FROM message")],
              [("guarded", None)], "what south made of it")
        for home in pair.homes.values():
            equal(home.status(expect=(0,))["problems"], [], "problems")
            equal(home.ctl_json("audit", "ledger", "--idle")["problems"], [], "the ledger")


def where_every_mark_is_stripped_on_the_way_they_are_bounded(build):
    """Neither can know that the other is a machine: each acknowledges once, says once a day that
    something was added, and never sends more than its cap to one address."""
    with contextlib.ExitStack() as stack:
        pair = Pair(build, stack, ("X-Loop", "Auto-Submitted", "X-Auto-Response-Suppress",
                                   "Precedence", "Return-Path"))
        pair.seed()
        for name, home in pair.homes.items():
            letters = pair.letters(name)
            print(f"  {name}: {letters}")
            expect(len(letters) <= PER_ADDRESS_A_DAY, f"{name} sent {letters}")
            by_case = [tuple(row) for row in home.rows(
                "SELECT case_id, count(*) FROM outbox WHERE letter = 'added' AND state = 'sent'"
                " GROUP BY case_id HAVING count(*) > 1")]
            equal(by_case, [], f"cases of {name} with more than one letter `added` in a day")
            equal(home.ctl_json("audit", "ledger", "--idle")["problems"], [], "the ledger")
        expect(pair.letters("south"), "south was not deceived: the marks are still there")


if __name__ == "__main__":
    house.run([they_stop_after_one_exchange,
               where_every_mark_is_stripped_on_the_way_they_are_bounded])
