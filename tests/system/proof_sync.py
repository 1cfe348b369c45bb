#!/usr/bin/python3
"""The sync before each 2xx, each move of a mail, each keyword and each letter's first byte.

kill -9 cannot show it: the kernel keeps what a dead process wrote, so a store with synchronous=OFF
passes every kill test. Here strace writes down the daemon's system calls, and for each thing that
the world can see (an answer 2xx, a mail moved on, a STORE, the words of a letter) the very thread
that did it must have written to the log of the store and synced it, with no write of its own left
unsynced. The last test shows that these would fail without the sync.
"""
import pathlib
import re

import house

CALLS = "pwrite64,fdatasync,fsync,sendto,sendmsg,write,writev,rename,renameat,renameat2,link,linkat"
LINE = re.compile(r"^(\d+)\s+(.*)$")
WAL = re.compile(r"^(pwrite64|fdatasync|fsync)\(\d+<[^>]*redress\.db-wal>")
N = 12      # messages of each kind


class Event:
    """Something that the world sees, and what its thread had done since its last one."""

    def __init__(self, kind, call, writes, synced):
        self.kind, self.call, self.writes, self.synced = kind, call, writes, synced

    def is_good(self):
        return bool(self.writes) and self.synced


def kind_of(call):
    """What the world sees of a call: None for nothing."""
    if call.startswith(("rename", "link")):
        if "/mailbox/new" in call:
            return "move"
        if "/sent/tmp/" in call or "/sent/new/" in call:
            return "letter"
    if call.startswith(("send", "write")):
        if '"HTTP/1.1 2' in call:
            return "2xx"
        if re.search(r"UID (STORE|MOVE|COPY) ", call):
            return "store"
        if re.search(r'Message-ID: <rd\.', call):
            return "letter"
    return None


def proofs(kind, call, writes):
    """Those writes of its thread that show what the event says; of a moved mail, its own words."""
    if kind != "move":
        return list(writes)
    number = re.search(r'"\d+\.(\d+)\.house', call)[1]
    return [write for write in writes if f"<house-{number}@example.org>" in write]


def events_of(path):
    """All events of a trace. Calls of one thread stand in their order; each call begins with its
    own line, whole or unfinished, and has ended before the thread's next one."""
    writes, synced, events = {}, {}, []
    for line in pathlib.Path(path).read_text(errors="replace").splitlines():
        found = LINE.match(line)
        if not found:
            continue
        thread, call = found[1], found[2]
        wal = WAL.match(call)
        if wal and wal[1] == "pwrite64":
            writes.setdefault(thread, []).append(call)
            synced[thread] = False
        elif wal:
            synced[thread] = True
        else:
            kind = kind_of(call)
            if kind:
                events.append(Event(kind, call, proofs(kind, call, writes.get(thread, [])),
                                    synced.get(thread, False)))
                if kind == "2xx":       # each answer wants a write of its own
                    writes[thread] = []
    return events


def traced(build, work, mailbox="maildir", outgoing="maildir", env=None):
    """Runs a house under strace while work(home); the events of the trace."""
    with house.House(build, mailbox=mailbox, outgoing=outgoing) as home:
        home.once()     # what the first start alone does is not looked at
        trace = home.folder / "trace"
        home.start(env=env, before=["strace", "-D", "-f", "-y", "-s", "9000", "-e",
                                    "trace=" + CALLS, "-e", "signal=none", "-o", trace])
        work(home)
        home.stop()
        # strace ends behind its tracee, and its last line is the daemon's end.
        home.daemon = None
        house.wait_for(lambda: re.search(r"\+\+\+ exited with \d+ \+\+\+\n?$", trace.read_text(
            errors="replace")), "the end of the trace")
        return events_of(trace)


def check(events, kind, least):
    chosen = [event for event in events if event.kind == kind]
    house.expect(len(chosen) >= least, f"only {len(chosen)} of {kind} seen, not {least}")
    for event in chosen:
        house.expect(event.writes, f"{kind} without anything written to the log: {event.call[:200]}")
        house.expect(event.synced, f"{kind} before the sync: {event.call[:200]}")


def moving_maildir(home):
    return house.stanza({"Mailbox": "complaints", "Kind": "maildir", "Path": home.mailbox,
                         "Start from": "all", "Afterwards": "move Done"})


def mails_and_texts(home):
    for number in range(N):
        home.deliver_mail(number, body="Nobody came. I have rung three times about the leak.")
        home.deliver_text(number, house.phone(number), "still no hot water, third time of asking")
    home.wait(lambda: home.is_idle(2 * N), "all to be decided", 120)


def a_2xx_a_move_and_a_letter_follow_the_sync(build):
    events = traced(build, mails_and_texts, mailbox=moving_maildir)
    check(events, "2xx", N)
    check(events, "move", N)
    check(events, "letter", N)


def a_keyword_and_an_smtp_letter_follow_the_sync(build):
    def imap(home):
        tls = house.certificates(home.folder / "tls")
        home.dovecot = home.help("dovecot_server.py", home.folder / "dovecot", tls / "good.pem",
                                 tls / "good.key")
        # Plaintext on loopback, for strace to read along.
        return house.stanza({"Mailbox": "complaints", "Kind": "imap", "Host": "127.0.0.1",
                             "Port": home.dovecot.ask("plain"), "Security": "plain",
                             "User": "complaints", "Password": home.secret("password", "secret"),
                             "Start from": "all", "Afterwards": "keyword Redress"})

    def smtp(home):
        home.smtp = home.help("smtp_server.py")
        return house.stanza({"Outgoing": "letters", "Kind": "smtp", "Host": "127.0.0.1",
                             "Port": home.smtp.port, "Security": "plain",
                             "From": "Complaints Team <complaints@landlord.example>"})

    def work(home):
        home.dovecot.ask("append", "complaints", "INBOX", N, 2000)
        home.wait(lambda: home.is_idle(N), "all to be decided", 120)
        home.wait(lambda: home.number("SELECT count(*) FROM message WHERE mark = 'due'") == 0,
                  "the keywords")
        home.dovecot.ask("append", "complaints", "INBOX", N, 3000)
        home.wait(lambda: home.is_idle(2 * N), "the rest to be decided", 120)
        home.wait(lambda: home.number("SELECT count(*) FROM message WHERE mark = 'due'") == 0,
                  "the keywords")

    events = traced(build, work, mailbox=imap, outgoing=smtp)
    check(events, "store", 1)
    check(events, "letter", 2 * N)


def without_the_sync_this_fails(build):
    events = traced(build, mails_and_texts, mailbox=moving_maildir, env={"REDRESS_SYNC": "off"})
    for kind, least in (("2xx", N), ("move", N), ("letter", N)):
        chosen = [event for event in events if event.kind == kind]
        house.expect(len(chosen) >= least, f"only {len(chosen)} of {kind} seen, not {least}")
        house.expect(not any(event.is_good() for event in chosen),
                     f"synchronous=OFF, and a {kind} still looks synced: the test proves nothing")


if __name__ == "__main__":
    house.run([a_2xx_a_move_and_a_letter_follow_the_sync,
               a_keyword_and_an_smtp_letter_follow_the_sync, without_the_sync_this_fails])
