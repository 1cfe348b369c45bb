#!/usr/bin/python3
"""kill -9 at 200 moments: nothing lost, nothing twice, and no more doubt than there must be.

Three gateways live side by side: one on a Maildir, one on a real Dovecot over TLS whose mails are
marked with a keyword, one on such a Dovecot whose mails are moved to a folder; all with texts by
webhook, letters by SMTP and texts into a tray. Each takes in 200 messages and is killed 67 times and
started again: three times before and three times after each step of a message's road (the commit of
what came in, that of a text alone, the claim, the commit of the case, the receipt; six times each
around DATA), and at random moments the other 25 times. So 201 kills, 18 in each step and 36 around
DATA; where a point was not passed in time that life counts as one ended at random, and another is
tried. Then each runs on until all is quiet, and the books and the mailboxes are audited.

KILL_SEED repeats a run: proof_kill.py BUILD. Which moments a seed gives depends on the machine too.
"""
import collections
import imaplib
import os
import random
import re
import signal
import threading
import time

import house

KINDS = ("maildir", "keyword", "move")
KILLS_EACH = 67
MAILS_EACH, TEXTS_EACH = 100, 100
STEPS = ("raw-commit", "text-commit", "claim", "case-commit", "smtp-data", "receipt")
POINTS = [f"{step}-{side}" for step in STEPS for side in ("before", "after")]
AT_POINT_EACH = 3          # kills at each point in each house
AT_DATA_EACH = 6           # at smtp-data, which texts into the tray pass too
LIFE_S = (0.0, 1.2)        # of a life that ends at a random moment
OWN_ENDS_MAX = 10          # that cost a message in hand no attempt
POINT_S = 25               # a point that is not passed in this time is tried again later
WORDS = ["Still waiting for the leak to be mended. I have rung three times and nobody came.",
         "The kitchen tap has started to drip. Could somebody come and look?",
         "I wish to make a formal complaint about two missed appointments.",
         "There is black mould in the bedroom again and my son coughs all night.",
         "What is the eleven pounds on my statement for?",
         "Thank you to the young man who mended my door."]


class Intake:
    """Hands messages in while lives come and go; a text without a 2xx is handed in again."""

    def __init__(self, home, chance, put_mail):
        self.home, self.chance, self.put_mail = home, chance, put_mail
        self.mails = list(range(MAILS_EACH))
        self.texts = list(range(TEXTS_EACH))
        self.answered = set()
        self.replayed = 0

    def some(self, n, texts_alone=False):
        """n messages, or those that are left. Where no daemon listens a text stays for later; where
        texts alone will do and none is left, one that was answered comes again."""
        for _ in range(n):
            if texts_alone:
                self.text(self.texts[-1] if self.texts else self.chance.randrange(TEXTS_EACH))
            elif self.mails and (not self.texts or self.chance.random() < 0.5):
                number = self.mails.pop()
                self.put_mail(number, self.chance.choice(WORDS))
            elif self.texts:
                self.text(self.texts[-1])

    def text(self, number):
        if self.home.port is None or self.home.daemon is None:
            return
        status = self.home.send_text(number, house.phone(number),
                                     WORDS[number % len(WORDS)] + f" Number {number}.",
                                     deadline_s=5)
        if status is not None and status // 100 == 2:
            if number not in self.texts:
                self.replayed += 1
                return
            self.answered.add(number)
            self.texts.remove(number)
            if self.chance.random() < 0.2:     # a provider's own retry
                self.texts.insert(0, number)
                self.replayed += 1

    def all_in(self):
        return not self.mails and not self.texts


class Victim:
    """One gateway and its 67 deaths."""

    def __init__(self, build, kind, seed):
        self.kind = kind
        self.chance = random.Random(f"{seed} {kind}")
        self.deaths = collections.Counter()
        self.n_kills = 0
        self.in_data = 0           # lives that ended between DATA and the record of its answer
        self.error = None
        mailbox = "maildir" if kind == "maildir" else self.imap_stanza
        self.home = house.House(build, mailbox=mailbox, outgoing=self.smtp_stanza)
        self.intake = Intake(self.home, self.chance, self.put_mail)

    def imap_stanza(self, home):
        tls = house.certificates(home.folder / "tls")
        self.dovecot = home.help("dovecot_server.py", home.folder / "dovecot", tls / "good.pem",
                                 tls / "good.key")
        self.dovecot.ask("make", "complaints", "Done")
        return house.stanza({"Mailbox": "complaints", "Kind": "imap", "Host": "localhost",
                             "Port": self.dovecot.port, "CA file": tls / "ca.pem",
                             "User": "complaints", "Password": home.secret("password", "secret"),
                             "Start from": "all", "Afterwards":
                             "move Done" if self.kind == "move" else "keyword Redress"})

    def smtp_stanza(self, home):
        self.smtp = home.help("smtp_server.py")
        return house.stanza({"Outgoing": "letters", "Kind": "smtp", "Host": "127.0.0.1",
                             "Port": self.smtp.port, "Security": "plain",
                             "From": "Complaints Team <complaints@landlord.example>"})

    def put_mail(self, number, words):
        if self.kind == "maildir":
            self.home.deliver_mail(number, subject=f"Message {number}", body=words)
        else:
            self.append(house.mail(number, subject=f"Message {number}", body=words))

    def client(self):
        client = imaplib.IMAP4("127.0.0.1", int(self.dovecot.ask("plain")))
        client.login("complaints", "secret")
        return client

    def append(self, data):
        with self.client() as client:
            kind, answer = client.append("INBOX", None, None, data.replace(b"\n", b"\r\n"))
            house.equal(kind, "OK", f"APPEND said {answer}")

    def mails_in(self, folder):
        """How often each mail lies there, by its number; and how many bear the keyword."""
        with self.client() as client:
            if client.select(folder, readonly=True)[1] == [b"0"]:
                return collections.Counter(), 0
            parts = client.fetch("1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")[1]
        heads = [part for part in parts if isinstance(part, tuple)]
        numbers = (int(re.search(rb"<house-(\d+)@", head[1])[1]) for head in heads)
        return collections.Counter(numbers), sum(b"Redress" in head[0] for head in heads)

    # --- deaths ---

    def plan(self):
        """A point, or None for a random moment; shuffled."""
        wanted = [p for p in POINTS
                  for _ in range(AT_DATA_EACH if p.startswith("smtp-data") else AT_POINT_EACH)]
        wanted += [None] * (KILLS_EACH - len(wanted))
        self.chance.shuffle(wanted)
        return wanted

    def sent_rows(self):
        return len(self.home.rows_after_death("SELECT id FROM outbox WHERE channel = 'email' AND"
                                              " state = 'sent'"))

    def live_until_random(self):
        """One life, killed at a random moment, counted from its very start."""
        end = time.monotonic() + self.chance.uniform(*LIFE_S)
        self.home.port = None
        self.home.start(wait=False)
        handed_in = False
        while time.monotonic() < end and self.home.daemon.poll() is None:
            if self.home.port is None:
                self.home.is_ready()
            elif not handed_in:
                self.intake.some(self.chance.randint(2, 5))
                handed_in = True
            time.sleep(0.002)
        house.equal(self.home.daemon.poll(), None, "redressd ended by itself")
        self.home.kill()
        self.deaths["random"] += 1
        return True

    def live_until_point(self, point):
        """One life that ends at a fault point; False where it was not passed in time."""
        texts_alone = point.startswith("text-")
        self.home.port = None
        self.home.start(env={"REDRESS_FAULT": f"{point}:{self.chance.randint(1, 2)}"}, wait=False)
        end = time.monotonic() + POINT_S
        next_ms = 0
        while self.home.daemon.poll() is None and time.monotonic() < end:
            if self.home.port is None:
                self.home.is_ready()
            elif time.monotonic() > next_ms:
                self.intake.some(2, texts_alone)
                next_ms = time.monotonic() + 0.4
            time.sleep(0.002)
        at_point = self.home.daemon.poll() == -signal.SIGKILL
        house.expect(at_point or self.home.daemon.poll() is None,
                     f"redressd ended by itself with {self.home.daemon.poll()}")
        self.home.kill()
        self.deaths[point if at_point else "random"] += 1
        return at_point

    def die_and_die_again(self):
        data, sent = 0, 0
        plan = self.plan()
        while plan:
            point = plan.pop()
            hit = self.live_until_random() if point is None else self.live_until_point(point)
            self.n_kills += 1
            if not hit and self.n_kills < KILLS_EACH * 2:
                plan.insert(0, point)
            # What the server began to take, less what the store recorded as sent, of this life.
            data_now, sent_now = self.smtp.number("data"), self.sent_rows()
            self.in_data += data_now - data > sent_now - sent
            data, sent = data_now, sent_now

    def live_on(self):
        """The last life: everything that is left comes in, and all comes to rest."""
        self.home.start()
        end = time.monotonic() + 60
        while not self.intake.all_in():
            self.intake.some(10)
            house.expect(time.monotonic() < end, "messages could not be handed in")
        self.home.wait(lambda: self.home.is_idle(MAILS_EACH + TEXTS_EACH),
                       f"all of {self.kind} to be decided and sent", 120)
        self.home.wait(lambda: self.home.number("SELECT count(*) FROM message WHERE mark = 'due'") ==
                       0, f"the last marks of {self.kind}")
        self.home.stop()

    # --- the books ---

    def audit(self):
        home = self.home
        say = f"{self.kind}: "
        house.equal(home.ctl_json("audit", "ledger", "--idle")["problems"], [], say + "the ledger")
        house.expect(home.ctl_json("audit", "verify")["whole"], say + "the audit chain is broken")
        rows = home.rows("SELECT channel, count(*) AS n, sum(fate IS NOT NULL) AS fated,"
                         " sum(fate = 'duplicate') AS twice FROM message GROUP BY channel")
        got = {row["channel"]: (row["n"], row["fated"], row["twice"]) for row in rows}
        house.equal(got, {"email": (MAILS_EACH, MAILS_EACH, 0),
                          "sms": (TEXTS_EACH, TEXTS_EACH, 0)}, say + "messages, fates, duplicates")
        stored = {int(row[0][2:], 16) for row in
                  home.rows("SELECT provider_id FROM message WHERE channel = 'sms'")}
        house.equal(self.intake.answered - stored, set(), say + "answered texts that are lost")
        self.audit_letters()
        self.audit_mailbox()

    def audit_mailbox(self):
        """Each mail lies where it belongs, once, marked or moved."""
        each_once = collections.Counter(range(MAILS_EACH))
        if self.kind == "keyword":
            house.equal(self.mails_in("INBOX"), (each_once, MAILS_EACH), "keyword: the mailbox")
        elif self.kind == "move":
            house.equal(self.mails_in("Done")[0], each_once, "move: mails in the folder")
            house.equal(self.mails_in("INBOX")[0], collections.Counter(), "move: mails left behind")

    def audit_letters(self):
        home, say = self.home, f"{self.kind}: "
        kept = collections.Counter(word.strip("<>") for word in self.smtp.ask("ids").split())
        uncertain = 0
        for row in home.rows("SELECT message_id, state FROM outbox WHERE channel = 'email'"):
            n = kept.pop(row["message_id"], 0)
            uncertain += row["state"] == "uncertain"
            allowed = {"sent": (1,), "uncertain": (0, 1)}.get(row["state"], (0,))
            house.expect(n in allowed, f"{say}the server holds a letter that is {row['state']} "
                         f"{n} times")
        house.equal(dict(kept), {}, say + "letters at the server that no row knows")
        house.expect(uncertain <= self.in_data, f"{say}{uncertain} rows are uncertain, and only "
                     f"{self.in_data} kills fell between DATA and its answer")
        texts = home.number("SELECT count(*) FROM outbox WHERE channel = 'sms' AND state = 'sent'")
        house.equal(len(home.texts_sent()), texts, say + "texts in the tray")
        others = home.number("SELECT count(*) FROM outbox WHERE channel = 'sms' AND state NOT IN"
                             " ('sent', 'held', 'cancelled')")
        house.equal(others, 0, say + "texts neither sent nor held")
        # A slow machine may end with the same message in hand more than ten times (promise 4).
        house.equal(home.number(f"SELECT count(*) FROM message WHERE quarantined AND give_backs <"
                                f" {OWN_ENDS_MAX}"), 0, say + "good messages quarantined too soon")
        unlettered = home.number(
            "SELECT count(*) FROM case_file c WHERE c.held = 0 AND NOT EXISTS"
            " (SELECT 1 FROM outbox o WHERE o.case_id = c.id AND o.state <> 'cancelled')"
            " AND NOT EXISTS (SELECT 1 FROM message m WHERE m.case_id = c.id AND m.quarantined)")
        house.equal(unlettered, 0, say + "cases without a letter")
        print(f"  {self.kind}: {self.n_kills} kills, {dict(sorted(self.deaths.items()))}; "
              f"{self.in_data} between DATA and its answer, {uncertain} uncertain; "
              f"{home.number('SELECT count(*) FROM case_file')} cases, {len(home.texts_sent())} "
              f"texts, {self.smtp.number('total')} letters, {self.intake.replayed} texts replayed")

    def all_of_it(self):
        try:
            self.die_and_die_again()
            self.live_on()
            self.audit()
            self.home.failed = False
        except Exception as error:      # told by the main thread
            self.error = error
        finally:
            self.home.end()


def two_hundred_kills(build):
    seed = os.environ.get("KILL_SEED") or str(random.randrange(1 << 32))
    print(f"  seed {seed}", flush=True)
    victims = [Victim(build, kind, seed) for kind in KINDS]
    threads = [threading.Thread(target=victim.all_of_it) for victim in victims]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for victim in victims:
        if victim.error:
            raise victim.error
    deaths = sum((victim.deaths for victim in victims), collections.Counter())
    house.expect(sum(victim.n_kills for victim in victims) >= 200, "fewer than 200 kills")
    for step in STEPS:
        n = deaths[step + "-before"] + deaths[step + "-after"]
        house.expect(n >= 10, f"only {n} kills in the step {step}")
    n = sum(victim.in_data for victim in victims)
    house.expect(n >= 10, f"only {n} kills between DATA and its answer")


def answered_texts_survive(build):
    """Two providers' webhooks, both pressed from two threads each while the daemon is killed: what
    was answered 2xx is there, once, however often it was handed in."""
    seed = os.environ.get("KILL_SEED") or str(random.randrange(1 << 32))
    chance = random.Random(seed)
    print(f"  seed {seed}", flush=True)
    answered, over = set(), threading.Event()

    def two_webhooks(home):
        return "\n".join(house.stanza({"Texts": name, "Kind": "tray", "Number": number,
                                       "Path": home.folder / name, "Token": home.token_place})
                         for name, number in (("one", house.OUR_NUMBER),
                                              ("two", house.phone(999))))

    def press(home, name, numbers):
        for number in numbers:
            while not over.is_set():
                port = home.port
                status = home.send_text(number, house.phone(number % 1000), f"Text {number} about "
                                        "the leak, third time of asking", name, 3) if port else None
                if status is not None and status // 100 == 2:
                    answered.add((name, number))
                    if number % 5 == 0:
                        home.send_text(number, house.phone(number % 1000), f"Text {number} about "
                                       "the leak, third time of asking", name, 3)
                    break
                time.sleep(0.01)

    with house.House(build, texts=two_webhooks) as home:
        home.start()
        threads = [threading.Thread(target=press, args=(home, name, range(first, first + 100)))
                   for name, first in (("one", 0), ("one", 100), ("two", 1000), ("two", 1100))]
        for thread in threads:
            thread.start()
        try:
            for _ in range(25):
                end = time.monotonic() + chance.uniform(0.05, 0.8)
                while time.monotonic() < end:
                    time.sleep(0.002)
                home.kill()
                home.port = None
                home.start()
            house.wait_for(lambda: not any(thread.is_alive() for thread in threads),
                           "all texts to be answered", 60)
        finally:
            over.set()
            for thread in threads:
                thread.join()
        home.wait(lambda: home.is_idle(400), "all texts to be decided", 120)
        home.stop()
        stored = {(row[0], int(row[1][2:], 16)) for row in home.rows(
            "SELECT s.name, m.provider_id FROM message m JOIN source s ON s.id = m.source_id")}
        house.equal(len(answered), 400, "texts answered")
        house.equal(answered - stored, set(), "answered texts that are lost")
        house.equal(home.number("SELECT count(*) FROM message"), 400, "texts in the store")
        house.equal(home.ctl_json("audit", "ledger", "--idle")["problems"], [], "the ledger")


if __name__ == "__main__":
    house.run([two_hundred_kills, answered_texts_survive])
