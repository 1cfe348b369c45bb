"""house: a gateway of its own for each system test.

A House is a fresh folder with a configuration, secrets, a Maildir or an IMAP account, an outgoing
server and a text number, and the real redressd on it:

    import house

    def letters_go_out(build):
        with house.House(build) as home:          # the embedded default; see House for more
            home.start()
            home.deliver_mail(1, subject="Mould", body="I have rung three times. Nobody came.")
            home.wait(lambda: home.is_idle(1), "the mail to be decided and answered")
            assert home.ctl_json("case", "list")[0]["kind"] == "complaint"

    if __name__ == "__main__":
        house.run([letters_go_out])               # argv[1] is the build folder

Nothing sleeps: what takes time is waited for with `wait`, which looks again until the condition
holds, fails at its deadline, and fails at once where the daemon ended by itself. Every process is
started here and ended here; where the test itself dies, helpers end with their input and the kernel
kills the daemon. A folder is kept where its test failed, and its path printed.
"""
import base64
import contextlib
import ctypes
import email
import email.message
import email.policy
import email.utils
import fcntl
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RULES = ROOT / "rules"
SUPPORT = HERE.parent / "support"
PYTHON = "/usr/bin/python3"
TOKEN = "token-of-the-test"
OUR_NUMBER = "+447700900000"
START_S = 60       # sanitizers are slow, and the first start proves every rule
DEADLINE_S = 60
LOOK_S = 0.02

_libc = ctypes.CDLL(None, use_errno=True)


class Failure(AssertionError):
    pass


def die_with_parent():
    """For preexec_fn: SIGKILL when the test is gone, however it went."""
    _libc.prctl(1, signal.SIGKILL, 0, 0, 0)


def wait_for(condition, what, deadline_s=DEADLINE_S, alive=None):
    """The first true value of condition(); alive() says why waiting is in vain."""
    end = time.monotonic() + deadline_s
    while True:
        value = condition()
        if value:
            return value
        trouble = alive() if alive else None
        if trouble:
            raise Failure(f"{trouble} while waiting for {what}")
        if time.monotonic() > end:
            raise Failure(f"waited {deadline_s} s in vain for {what}")
        time.sleep(LOOK_S)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Helper:
    """A scripted server of tests/support: prints its port, then answers a line to each line."""

    def __init__(self, script, *args, errors=None):
        self.script = script
        self.process = subprocess.Popen([PYTHON, str(SUPPORT / script), *map(str, args)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        stderr=errors, start_new_session=True)
        first = self.process.stdout.readline().strip()
        if not first:
            self.stop()
            raise Failure(f"{script} did not start")
        self.port = int(first)

    def ask(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def number(self, *words):
        return int(self.ask(*words))

    def stop(self):
        """They end when their input does; what does not is killed with its children."""
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process.stdout.close()


def certificates(folder, *more):
    """ca.pem, good.pem/.key and so on in the folder; see tests/support/certificates.py."""
    subprocess.run([PYTHON, str(SUPPORT / "certificates.py"), str(folder), *more], check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return pathlib.Path(folder)


def activated_store(build):
    """A store on which the shipped rules were activated by a first start, made once for each build
    and rule set: proving all of them takes seconds, and dozens of houses want just that. Houses
    that are about the first start itself say `first_start=True`."""
    key = hashlib.sha256()
    for path in [build / "redressd", *sorted(RULES.rglob("*"))]:
        if path.is_file():
            key.update(f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}\n".encode())
    place = build / "activated-stores"
    place.mkdir(exist_ok=True)
    store = place / f"{key.hexdigest()[:16]}.db"
    with open(place / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not store.exists():
            with House(build, mailbox="", first_start=True) as home:
                home.once()
                with contextlib.closing(sqlite3.connect(home.state)) as db:
                    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                shutil.copy(home.state, store.with_suffix(".part"))
            store.with_suffix(".part").rename(store)
    return store


def few_rules(folder):
    """A rules folder of the test's own with three rules (tests/support/few-rules), and the shipped
    landlords, letters and calendars: for tests of what becomes of a folder, not of the language."""
    shutil.copytree(RULES, folder, ignore=shutil.ignore_patterns("*.rules"))
    for path in (SUPPORT / "few-rules").iterdir():
        shutil.copy(path, folder)
    return folder


def gateway_stanza(home, **fields):
    """The `Gateway:` stanza; a field is given as Text_hours="...", and left out with None."""
    known = {"Gateway": "house", "State": home.state, "Rules": home.rules,
             "Listen": "127.0.0.1:0", "Public URL": "http://127.0.0.1", "Landlord": "code-2024",
             "Text hours": "00:00-24:00", "Text pause": "0 s"}
    known.update({name.replace("_", " "): value for name, value in fields.items()})
    return stanza(known)


def stanza(fields):
    """Field: value lines; None leaves the field out."""
    return "".join(f"{name}: {value}\n" for name, value in fields.items() if value is not None)


class House:
    """One gateway in a folder of its own.

    mailbox   "maildir" (home.mailbox), or a whole stanza's text, or "" for none
    outgoing  "maildir" (home.sent), or a whole stanza's text
    texts     "tray" (home.tray), or a whole stanza's text, or "" for none
    gateway   fields that differ from gateway_stanza's
    rules     the shipped ones, another folder, or "few" (few_rules, at home.rules)
    first_start  True: the first start activates the rules, as on a new machine; else it finds them
                 activated (activated_store)
    Stanzas may come as functions that are given the house, for ports and secrets of its own.
    """

    def __init__(self, build, mailbox="maildir", outgoing="maildir", texts="tray", gateway=None,
                 rules=RULES, owner=None, first_start=False):
        self.build = pathlib.Path(build).resolve()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="redress-house-"))
        self.folder.chmod(0o711)    # a real Dovecot runs as nobody; secrets are 0600 each
        self.state = self.folder / "redress.db"
        self.config = self.folder / "redress.conf"
        self.log = self.folder / "redressd.log"
        self.mailbox = self.folder / "mailbox"
        self.sent = self.folder / "sent"
        self.tray = self.folder / "tray"
        self.rules = few_rules(self.folder / "rules") if rules == "few" else rules
        self.first_start = first_start
        self.owner = owner          # uid that the daemon is to run as; files become its own
        self.daemon = None
        self.port = None
        self.told = []              # what this life has told systemd so far, a datagram each
        self.n_texts = 0
        self.account = "tray"       # the AccountSid of incoming texts
        self.helpers = []
        self.failed = True
        for name in ("tmp", "new", "cur"):
            (self.mailbox / name).mkdir(parents=True)
        self.token_place = self.secret("token", TOKEN)
        stanzas = [gateway_stanza(self, **(gateway or {})), self._stanza(mailbox, "maildir",
                   {"Mailbox": "complaints", "Kind": "maildir", "Path": self.mailbox,
                    "Start from": "all"}),
                   self._stanza(texts, "tray", {"Texts": "texts", "Kind": "tray",
                                "Number": OUR_NUMBER, "Path": self.tray,
                                "Token": self.token_place}),
                   self._stanza(outgoing, "maildir", {"Outgoing": "letters", "Kind": "maildir",
                                "Path": self.sent,
                                "From": "Complaints Team <complaints@landlord.example>"})]
        self.config.write_text("\n".join(s for s in stanzas if s))
        if owner is not None:
            self.give_to(owner)

    def _stanza(self, given, usual, fields):
        if given == usual:
            return stanza(fields)
        return given(self) if callable(given) else given

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.failed = kind is not None
        self.end()
        return False

    # --- its parts ---

    def secret(self, name, value):
        """Writes a secret's file that others cannot read; returns how a stanza names it."""
        path = self.folder / name
        path.write_text(value + "\n")
        path.chmod(0o600)
        return f"file {path}"

    def give_to(self, uid):
        for top, folders, files in os.walk(self.folder):
            for name in [top] + [os.path.join(top, n) for n in files]:
                os.chown(name, uid, uid)

    def help(self, script, *args):
        """Starts a server of tests/support, ended with the house."""
        helper = Helper(script, *args)
        self.helpers.append(helper)
        return helper

    def end(self):
        self.stop(check=False)
        for helper in self.helpers:
            helper.stop()
        if self.failed:
            print(f"  the folder of the failed test is kept: {self.folder}")
            if self.log.exists():
                print("  " + self.log.read_text(errors="replace")[-3000:].replace("\n", "\n  "))
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def make_store(self):
        """Before a start: where the house has no store yet and nothing hangs on its making."""
        if (self.first_start or self.state.exists() or
                f"Rules: {RULES}\n" not in self.config.read_text()):
            return
        shutil.copy(activated_store(self.build), self.state)
        self.state.chmod(0o600)
        if self.owner is not None:
            os.chown(self.state, self.owner, self.owner)

    # --- the daemon ---

    def start(self, env=None, before=(), wait=True):
        """Starts redressd and waits until it says READY=1; `before` are words put before it (a
        launcher, strace), env is added to the environment."""
        self.make_store()
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        address = self.folder / "notify"
        with contextlib.suppress(FileNotFoundError):
            address.unlink()
        self.notify.bind(str(address))
        address.chmod(0o666)
        self.notify.setblocking(False)
        self.told = []
        with open(self.log, "ab") as log:
            self.daemon = subprocess.Popen(
                [*map(str, before), str(self.build / "redressd"), "--config", str(self.config)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=die_with_parent,
                start_new_session=True,
                env={**os.environ, "NOTIFY_SOCKET": str(address), **(env or {})})
        if wait:
            self.wait_ready()

    def hear(self):
        """What it has told systemd, the fields of each datagram as a list. Heard all the while a
        test waits: the socket holds ten datagrams, and a daemon whose word is not taken blocks."""
        with contextlib.suppress(BlockingIOError):
            while True:
                self.told.append(self.notify.recv(4096).decode().split("\n"))
        return self.told

    def has_told(self, field, times=1):
        return sum(field in fields for fields in self.hear()) >= times

    def is_ready(self):
        if not self.has_told("READY=1"):
            return False
        port = pathlib.Path(str(self.state) + ".port")
        self.port = int(port.read_text()) if port.exists() else None
        return True

    def wait_ready(self):
        self.wait(self.is_ready, "redressd to be ready", START_S)

    def why_dead(self):
        """None while the daemon runs (or none was started)."""
        if self.daemon is None:
            return None
        self.hear()
        if self.daemon.poll() is None:
            return None
        return f"redressd ended by itself with {self.daemon.returncode}"

    def wait(self, condition, what, deadline_s=DEADLINE_S):
        return wait_for(condition, what, deadline_s, self.why_dead)

    def kill(self):
        """As a power cut ends it: the whole process group, at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.daemon.pid, signal.SIGKILL)
        self.forget()

    def forget(self):
        """After its end: collects what is left of it."""
        self.daemon.wait()
        self.hear()
        self.notify.close()
        self.daemon = None

    def stop(self, check=True):
        """Ends it as systemd does; its status must be 0."""
        if self.daemon is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.daemon.send_signal(signal.SIGTERM)
        try:
            wait_for(lambda: self.why_dead(), "redressd to end", 30)
        except Failure:
            os.killpg(self.daemon.pid, signal.SIGKILL)
        status = self.daemon.wait()
        self.forget()
        if check and status != 0:
            raise Failure(f"redressd ended with {status}")

    def once(self, env=None, expect=(0,), before=()):
        """redressd --once; returns its exit status."""
        self.make_store()
        with open(self.log, "ab") as log:
            done = subprocess.run([*map(str, before), str(self.build / "redressd"), "--config",
                                   str(self.config), "--once"], stdin=subprocess.DEVNULL,
                                  stdout=log, stderr=log, preexec_fn=die_with_parent,
                                  env={**os.environ, **(env or {})}, timeout=DEADLINE_S * 2)
        if done.returncode not in expect:
            raise Failure(f"redressd --once ended with {done.returncode}, not {expect}")
        return done.returncode

    # --- what is asked of it ---

    def ctl(self, *words, env=None, expect=(0, 1), given=None):
        """redressctl: the text that it prints."""
        done = subprocess.run([str(self.build / "redressctl"), "--config", str(self.config),
                               *map(str, words)], capture_output=True, text=True, input=given,
                              env={**os.environ, **(env or {})}, timeout=DEADLINE_S)
        if done.returncode not in expect:
            raise Failure(f"redressctl {' '.join(map(str, words))} ended with {done.returncode}: "
                          f"{done.stderr.strip()}")
        return done.stdout

    def ctl_json(self, *words, **options):
        return json.loads(self.ctl(*words, "--json", **options))

    def status(self, **options):
        return self.ctl_json("status", **options)

    def rows(self, sql, *values):
        """Reads the store as a stranger would: read-only, beside the daemon. Rows by column name."""
        with contextlib.closing(sqlite3.connect(f"file:{self.state}?mode=ro", uri=True,
                                                timeout=10)) as db:
            db.row_factory = sqlite3.Row
            return db.execute(sql, values).fetchall()

    def rows_after_death(self, sql, *values):
        """Reads a copy of what a killed daemon left; its own log is left for it to recover.
        Nothing where it did not come as far as making its tables."""
        with tempfile.TemporaryDirectory(dir=self.folder) as place:
            for name in (self.state.name, self.state.name + "-wal"):
                with contextlib.suppress(FileNotFoundError):
                    shutil.copy(self.folder / name, place)
            with contextlib.closing(sqlite3.connect(f"{place}/{self.state.name}")) as db:
                db.row_factory = sqlite3.Row
                try:
                    return db.execute(sql, values).fetchall()
                except sqlite3.OperationalError as error:
                    if "no such table" in str(error):
                        return []
                    raise

    def number(self, sql, *values):
        return self.rows(sql, *values)[0][0]

    def is_idle(self, n_messages):
        """That many messages are stored and decided, and no letter waits or is being sent."""
        return self.state.exists() and (
            self.number("SELECT count(*) FROM message WHERE state = 'done'") >= n_messages and
            self.number("SELECT count(*) FROM message WHERE state <> 'done'") == 0 and
            self.number("SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending')") == 0)

    def case_of(self, message_id_or_address):
        """The id of the case that a contact's address stands on, newest first; None where none."""
        found = self.rows("SELECT case_id FROM case_contact WHERE address = ? ORDER BY id DESC",
                          message_id_or_address)
        return found[0][0] if found else None

    def get(self, path, headers=None):
        """GET of the listener: (status, body)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", path, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    # --- messages in and letters out ---

    def deliver_mail(self, number, sender=None, subject="The tap drips", body="It drips.",
                     headers=None, mtime=None, mailbox=None):
        """Puts a mail into the Maildir as a mail server does; returns its base name."""
        data = mail(number, sender, subject, body, headers)
        place = pathlib.Path(mailbox) if mailbox else self.mailbox
        name = f"{1700000000 + number}.{number}.house"
        tmp = place / "tmp" / name
        tmp.write_bytes(data)
        if self.owner is not None:
            os.chown(tmp, self.owner, self.owner)
        if mtime is not None:
            os.utime(tmp, (mtime, mtime))
        tmp.rename(place / "new" / name)
        return name

    def post(self, path, fields, headers=None, signed=True, token=TOKEN, deadline_s=20):
        """A form POST as Twilio signs it: the status, or None where no answer came."""
        head = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        if signed:
            head["X-Twilio-Signature"] = twilio_signature("http://127.0.0.1" + path, fields, token)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=deadline_s)
        try:
            connection.request("POST", path, urllib.parse.urlencode(fields), head)
            return connection.getresponse().status
        except OSError:
            return None
        except http.client.HTTPException:
            return None
        finally:
            connection.close()

    def send_text(self, number, sender, body, texts="texts", deadline_s=20):
        """A signed text to the webhook: the answer's status, or None where none came."""
        return self.post(f"/sms/{texts}", text_fields(number, sender, body, self.account),
                         deadline_s=deadline_s)

    def deliver_text(self, number, sender, body, texts="texts"):
        status = self.send_text(number, sender, body, texts)
        if status is None or status // 100 != 2:
            raise Failure(f"the webhook answered {status}")

    def letters(self):
        """Mails in the outgoing Maildir, in the order of their names."""
        place = self.sent / "new"
        return [email.message_from_bytes(p.read_bytes(), policy=email.policy.default)
                for p in sorted(place.iterdir())] if place.exists() else []

    def letters_to(self, address):
        return [letter for letter in self.letters() if address in letter["To"]]

    def texts_sent(self):
        """Outgoing texts of the tray, as they lie there."""
        return [p.read_text() for p in sorted(self.tray.rglob("*"))
                if p.is_file()]


def mail(number, sender=None, subject="The tap drips", body="It drips.", headers=None):
    """A mail's bytes. Message-ID <house-NUMBER@example.org>; headers replace or add."""
    made = email.message.EmailMessage()
    made["From"] = sender or f"Resident {number} <r{number}@example.org>"
    made["To"] = "complaints@landlord.example"
    made["Subject"] = subject
    made["Message-ID"] = f"<house-{number}@example.org>"
    made["Date"] = email.utils.formatdate(1700000000 + number)
    for name, value in (headers or {}).items():
        del made[name]
        if value is not None:
            made[name] = value
    made.set_content(body)
    return bytes(made)


def text_fields(number, sender, body, account="tray"):
    """Twilio's form of an incoming text; NUMBER makes the MessageSid."""
    return {"MessageSid": f"SM{number:032x}", "AccountSid": account, "From": sender,
            "To": OUR_NUMBER, "Body": body, "NumMedia": "0"}


def twilio_signature(url, fields, token=TOKEN):
    signed = url + "".join(name + value for name, value in sorted(fields.items()))
    return base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def phone(number):
    """One of the thousand numbers kept for drama: 07700 900000-900999."""
    return f"+447700900{number:03d}"


def expect(true, what):
    if not true:
        raise Failure(what)


def equal(got, wanted, what):
    if got != wanted:
        raise Failure(f"{what}: got {got!r}, wanted {wanted!r}")


def run(tests):
    """Runs each test(build); exit status 1 where one failed. A second argument chooses by name."""
    build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "release").resolve()
    chosen = sys.argv[2:]
    failures = 0
    for test in tests:
        if chosen and test.__name__ not in chosen:
            continue
        begun = time.monotonic()
        print(f"{test.__name__} ...", flush=True)
        try:
            test(build)
            print(f"  ok, {time.monotonic() - begun:.1f} s", flush=True)
        except Exception as error:
            failures += 1
            if isinstance(error, AssertionError) and str(error):
                print(f"  FAILED: {error}", flush=True)
            traceback.print_exc(file=sys.stdout)
            sys.stdout.flush()
    sys.exit(1 if failures else 0)
