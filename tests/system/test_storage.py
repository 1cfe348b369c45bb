"""Storage full: what cannot be stored is not taken from anybody, somebody is told, and with room
everything goes on by itself.

The daemon's files are kept from growing by its own limit on their size (RLIMIT_FSIZE, which needs
neither root nor a file system of our own, and can be lifted while it runs); a write behind it fails
as one on a full disk does.

Usage: test_storage.py BUILD [TEST ...]
"""
import contextlib
import sqlite3
import http.client
import resource
import urllib.parse

import house
from house import equal, expect, phone

LARGE = 400_000     # bytes of a mail for which a little room is not enough
LITTLE = 200_000


def imap(home):
    tls = house.certificates(home.folder / "tls")
    home.dovecot = home.help("dovecot_server.py", home.folder / "dovecot", tls / "good.pem",
                             tls / "good.key")
    return house.stanza({"Mailbox": "complaints", "Kind": "imap", "Host": "localhost",
                         "Port": home.dovecot.port, "CA file": tls / "ca.pem",
                         "User": "complaints", "Password": home.secret("password", "secret"),
                         "Start from": "all", "Afterwards": "keyword Redress"})


@contextlib.contextmanager
def longest_log(home):
    """Makes the write-ahead log the store's largest file, and keeps it from beginning anew: the next
    commit must make a file larger."""
    reader = sqlite3.connect(home.state, isolation_level=None)
    writer = sqlite3.connect(home.state, isolation_level=None, timeout=30)
    try:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM message").fetchone()
        writer.execute("PRAGMA wal_autocheckpoint = 0")
        log = home.folder / (home.state.name + "-wal")
        for _ in range(20000):
            writer.execute("UPDATE meta SET name = name")
            if log.stat().st_size > home.state.stat().st_size + 100000:
                break
        # The log may be longer than what it holds now.
        for _ in range(log.stat().st_size // 4096):
            writer.execute("UPDATE meta SET name = name")
        yield
    finally:
        writer.close()
        reader.close()


def leave_room(home, n_bytes):
    """Lets the store's files grow by so much from now on; None: as far as they like."""
    sizes = [path.stat().st_size for path in (home.state, home.folder / (home.state.name + "-wal"))]
    limit = resource.RLIM_INFINITY if n_bytes is None else max(sizes) + n_bytes
    resource.prlimit(home.daemon.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))


def answer_to_text(home, number):
    """(status, Retry-After) of a signed text."""
    fields = house.text_fields(number, phone(number), "no hot water again, third time of asking")
    connection = http.client.HTTPConnection("127.0.0.1", home.port, timeout=30)
    try:
        connection.request("POST", "/sms/texts", urllib.parse.urlencode(fields), {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": house.twilio_signature("http://127.0.0.1/sms/texts", fields)})
        answer = connection.getresponse()
        return answer.status, answer.getheader("Retry-After")
    finally:
        connection.close()


def marks(home):
    """How many mails of the mailbox have our keyword, and how many have not."""
    flags = home.dovecot.ask("flags", "complaints", "INBOX").split()
    marked = sum("Redress" in each for each in flags)
    return marked, len(flags) - marked


def without_room_nothing_is_taken_and_with_room_everything(build):
    with house.House(build, mailbox=imap) as home:
        home.dovecot.ask("append", "complaints", "INBOX", 2, 2000)
        home.start(before=["env", "--ignore-signal=XFSZ"])
        equal(answer_to_text(home, 1)[0], 200, "a text while there is room")
        home.wait(lambda: home.is_idle(3) and marks(home) == (2, 0), "all to be taken in")
        equal(home.status(expect=(0,))["problems"], [], "problems while there is room")

        with longest_log(home):
            leave_room(home, 0)
            status, again = answer_to_text(home, 2)
            equal(status, 503, "a text that cannot be stored")
            expect(again and again.isdigit() and int(again) > 0, f"Retry-After: {again!r}")
            home.dovecot.ask("append", "complaints", "INBOX", 1, LARGE)
            home.dovecot.ask("append", "complaints", "INBOX", 2, 3000)
            home.wait(lambda: "CAUSE=storage:complaints" in home.log.read_text(),
                      "the journal to tell that nothing can be stored")

            # Room for an alarm and not for the mail, which is tried again and again.
            leave_room(home, LITTLE)
            cause = home.wait(lambda: home.rows("SELECT cause FROM alarm WHERE cleared_ms IS NULL"),
                              "an alarm", 120)
            equal([row[0] for row in cause], ["storage:complaints"], "alarms")
            problems = home.status(expect=(1,))["problems"]
            expect(len(problems) == 1 and "nothing was changed" in problems[0], problems)
            equal(home.number("SELECT count(*) FROM message"), 3, "messages without room")
            equal(marks(home), (2, 3), "marks in the mailbox without room")

        leave_room(home, None)
        equal(answer_to_text(home, 2)[0], 200, "the text that is sent again")
        home.wait(lambda: home.is_idle(7) and marks(home) == (5, 0), "the rest to be taken in", 180)
        home.wait(lambda: not home.status()["problems"], "the alarm to be cleared")
        home.ctl("status", expect=(0,))
        equal(home.number("SELECT count(*) FROM message"), 7, "messages, each once")
        equal(home.ctl_json("audit", "ledger", "--idle")["problems"], [], "the ledger")


if __name__ == "__main__":
    house.run([without_room_nothing_is_taken_and_with_room_everything])
