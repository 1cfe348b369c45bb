#!/usr/bin/python3
"""The sync before each 2xx, each move of a mail, each keyword, each letter's first byte, and before
the store says that a letter has gone.

kill -9 cannot show it: the kernel keeps what a dead process wrote, so a store with synchronous=OFF
passes every kill test. Here strace writes down the daemon's system calls, and for each thing that
the world can see (an answer 2xx, a mail moved on, a STORE, the words of a letter) the very thread
that did it must have written what it stands on to the log of the store, and synced it since: of a
moved or marked mail its own words, of a letter its own row as `sending`. A letter or text that is a
file must be synced, and its folder, before its thread writes to the log again. The last test shows
that these would fail without the sync.
"""
import pathlib
import re

import house

CALLS = "pwrite64,fdatasync,fsync,sendto,sendmsg,write,writev,rename,renameat,renameat2,link,linkat"
LINE = re.compile(r"^(\d+)\s+(.*)$")
ON_FILE = re.compile(r"^(pwrite64|fdatasync|fsync|write|writev)\(\d+<([^>]*)>")
LINKED = re.compile(r'^(?:link|rename)\w*\(.*?"([^"]+)".*?"([^"]+)"')
KEY = re.compile(r"rd[.-][0-9a-f]{24}")   # of a letter: in its row, and its own or its file's name
LETTERS = ("/sent/", "/tray/")
N = 12      # messages of each kind
ROUNDS = 5  # of mails by IMAP, a STORE each at least


class Write:
    """One to the log of the store."""

    def __init__(self, call):
        self.call, self.synced = call, False


class Event:
    """Something that the world sees, and for each thing it stands on the writes that tell it."""

    def __init__(self, kind, call, proofs):
        self.kind, self.call = kind, call
        self.n_told = sum(bool(writes) for writes in proofs)
        self.n_synced = sum(any(write.synced for write in writes) for writes in proofs)
        self.n = len(proofs)

    def is_good(self):
        return self.n > 0 and self.n_synced == self.n


def kind_of(call):
    """What the world sees of a call: None for nothing."""
    if call.startswith(("rename", "link")):
        if "/mailbox/new" in call:
            return "move"
        if "/sent/tmp/" in call or "/tray/" in call:
            return "letter"
    if call.startswith(("send", "write")):
        if '"HTTP/1.1 2' in call:
            return "2xx"
        if re.search(r"UID (STORE|MOVE|COPY) ", call):
            return "store"
        if re.search(r'Message-ID: <rd\.', call):
            return "letter"
    return None


def uids_of(call):
    """Of a STORE: `UID STORE 1:3,7 +FLAGS ...`"""
    for part in re.search(r"UID \w+ ([\d:,]+) ", call)[1].split(","):
        first, _, last = part.partition(":")
        yield from range(int(first), int(last or first) + 1)


def proofs(kind, call, writes):
    """For each thing the event stands on, the writes of its thread that tell it."""
    def telling(*words):
        return [write for write in writes if all(re.search(word, write.call) for word in words)]

    if kind == "move":
        number = re.search(r'"\d+\.(\d+)\.house', call)[1]
        return [telling(f"<house-{number}@example\\.org>")]
    if kind == "store":
        return [telling(f"<{uid}\\.test@example\\.com>") for uid in uids_of(call)]
    if kind == "letter":
        # Its row of the outbox, up to the next one: the id it is known by, and then its state.
        own = re.escape(KEY.search(call)[0])
        return [telling(rf"{own}(?:(?!{KEY.pattern}).)*?sending")]
    return [list(writes)]


class Files:
    """Letters and texts as files, of one thread: what is not on the disk yet."""

    def __init__(self):
        self.dirty, self.linked = set(), None

    def on_call(self, call, on_file, linked):
        if linked and any(word in linked[2] for word in LETTERS):
            self.linked = call
            self.dirty.add(str(pathlib.PurePath(linked[2]).parent))
        elif on_file and any(word in on_file[2] + "/" for word in LETTERS):
            if on_file[1].startswith("write"):
                self.dirty.add(on_file[2])
            else:
                self.dirty.discard(on_file[2])

    def receipt(self):
        """At a write to the log: an event where a file was put since the last one."""
        if not self.linked:
            return None
        write = Write(self.linked)
        write.synced = not self.dirty
        self.linked = None
        return Event("receipt", write.call, [[write]])


def events_of(path):
    """All events of a trace. Calls of one thread stand in their order; each call begins with its
    own line, whole or unfinished, and has ended before the thread's next one."""
    writes, files, events = {}, {}, []
    for line in pathlib.Path(path).read_text(errors="replace").splitlines():
        found = LINE.match(line)
        if not found:
            continue
        thread, call = found[1], found[2]
        mine = writes.setdefault(thread, [])
        on_file, linked = ON_FILE.match(call), LINKED.match(call)
        if on_file and on_file[2].endswith("redress.db-wal"):
            if on_file[1] == "pwrite64":
                receipt = files.setdefault(thread, Files()).receipt()
                events += [receipt] if receipt else []
                mine.append(Write(call))
            else:
                for write in mine:
                    write.synced = True
            continue
        files.setdefault(thread, Files()).on_call(call, on_file, linked)
        kind = kind_of(call)
        if kind:
            events.append(Event(kind, call, proofs(kind, call, mine)))
            if kind == "2xx":       # each answer wants a write of its own
                mine.clear()
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
        house.equal(event.n_told, event.n, f"what was written of a {kind}: {event.call[:200]}")
        house.equal(event.n_synced, event.n, f"what was synced before a {kind}: {event.call[:200]}")


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
    check(events, "letter", 2 * N)
    check(events, "receipt", 2 * N)


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
        for done in range(1, ROUNDS + 1):
            home.dovecot.ask("append", "complaints", "INBOX", N, 1000 * done)
            home.wait(lambda: home.is_idle(done * N), "all to be decided", 120)
            home.wait(lambda: home.number("SELECT count(*) FROM message WHERE mark = 'due'") == 0,
                      "the keywords")

    events = traced(build, work, mailbox=imap, outgoing=smtp)
    check(events, "store", ROUNDS)
    marked = [uid for event in events if event.kind == "store" for uid in uids_of(event.call)]
    house.equal(sorted(marked), list(range(1, ROUNDS * N + 1)), "mails marked, each once")
    check(events, "letter", ROUNDS * N)


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
