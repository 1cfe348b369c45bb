#!/usr/bin/python3
"""How fast mail is taken in, beside mbsync: intake.py BUILD_DIRECTORY [--quick]

Starts a real Dovecot with mailboxes of the same mails (mean 25 KB, all different, received in the
last hour, so that they are answered), and in one run measures:
  scoring   BUILD_DIRECTORY/bench_rules_scoring: messages/s on one core, from decoded text to decision
  intake    redressd from its start until every mail of a new mailbox has its committed fate: over
            verified TLS, synchronous=FULL, letters into a Maildir; with its sender at work
  mbsync    isync as shipped (it syncs each mail to disk), the same mails over the same TLS
  memory    of redressd and all its children, at N and at N/10 mails
  webhook   the time each of 200 signed texts waits for its answer while mail is taken in

What is measured, how: wall time from the start of the program; CPU time of all its processes, their
ended children included (/proc/PID/stat); memory as the largest sum of their shares (PSS, sampled),
and the sum of each one's own peak (VmHWM, which counts shared pages once for each).
--quick takes a tenth of the mails: to see that it works, not to learn anything.
"""
import argparse
import base64
import binascii
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import pwd
import random
import re
import shutil
import signal
import sqlite3
import ssl
import imaplib
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SUPPORT = HERE.parent / "support"
PYTHON = "/usr/bin/python3"
TOKEN = "token-of-the-bench"
TICKS = os.sysconf("SC_CLK_TCK")
DEADLINE_S = 1800
LOOK_S = 0.05
MEMORY_S = 0.25

MAILS = 10000
MEAN_BYTES = 25000
POSTS = 200
SEED = 20261122

STREETS = ["Larch Court", "Weir Street", "Quay House", "Mill Lane", "Orchard Rise", "Castle Walk"]
NAMES = ["Amara", "Tom", "Joyce", "Ravi", "Karen", "Lee", "Mina", "Owen", "Sofia", "Grace"]


def fail(text):
    sys.exit(f"intake.py: {text}")


# --- the mails ---

class Mails:
    """Mail by number, each different in words, sender and size; always the same for one number.

    Of a hundred, 55 are plain text, 25 plain and HTML, 20 carry an attachment (25 to 185 KB)."""

    def __init__(self, seed):
        with open(HERE.parent / "corpus" / "messages.jsonl", encoding="utf-8") as f:
            self.texts = [json.loads(line) for line in f]
        self.texts = [t for t in self.texts if t["body"].strip()]
        self.noise = base64.encodebytes(random.Random(seed).randbytes(600_000))
        self.seed = seed

    def words(self, chance, number):
        one, other = chance.choice(self.texts), chance.choice(self.texts)
        subject = one["subject"].strip() or "My home, and what is to be done about it"
        sentence = re.split(r"(?<=[.!?])\s+", other["body"])[0]
        body = (f"{one['body']}\n\n{sentence}\n\n{chance.choice(NAMES)} of {number % 397} "
                f"{chance.choice(STREETS)}, tenancy {900000 + number}\n")
        return f"{subject} ({number})", body

    def mail(self, number):
        chance = random.Random(self.seed * 1000003 + number)
        subject, body = self.words(chance, number)
        form = number * 37 % 100
        head = [f"Return-Path: <r{number}@example.com>"]
        for hop in range(3):
            head.append(f"Received: from mx{hop}.example.com (mx{hop}.example.com [192.0.2.{number % 250}])\n"
                        f"\tby mail{hop}.example.org (Postfix) with ESMTPS id {number:08X}{hop}\n"
                        "\tfor <homes@example.org>; Sun, 22 Nov 2026 08:00:00 +0000 (GMT)")
        head += [f"From: Resident {number} <r{number}@example.com>", "To: <homes@example.org>",
                 "Subject: " + self.encoded(subject), f"Message-ID: <{number}.bench@example.com>",
                 "Date: Sun, 22 Nov 2026 08:00:00 +0000", "MIME-Version: 1.0",
                 "X-Mailer: Mail program of the bench"]
        text = ("Content-Type: text/plain; charset=utf-8\n"
                "Content-Transfer-Encoding: quoted-printable\n\n" +
                binascii.b2a_qp(body.encode()).decode() + "\n")
        if form < 55:
            return ("\n".join(head) + "\n" + text).encode()
        if form < 80:
            return self.parts(head, "alternative", text, self.html(body, chance))
        size = chance.randint(25_000, 185_000)
        at = chance.randrange(0, len(self.noise) - size) // 77 * 77
        return self.parts(head, "mixed", text,
                          f'Content-Type: image/jpeg; name="mould {number}.jpg"\n'
                          f'Content-Disposition: attachment; filename="mould {number}.jpg"\n'
                          "Content-Transfer-Encoding: base64\n\n" +
                          self.noise[at:at + size // 77 * 77].decode())

    @staticmethod
    def encoded(subject):
        if subject.isascii():
            return subject.replace("\n", " ")
        return "=?utf-8?b?" + base64.b64encode(subject.encode()[:400]).decode() + "?="

    @staticmethod
    def html(body, chance):
        style = "".join(f".c{i} {{ margin: {chance.randint(0, 9)}px; color: #{chance.randrange(1 << 24):06x} }}\n"
                        for i in range(chance.randint(40, 250)))
        lines = "".join(f"<tr><td class=c{i}><p>{line}</p></td></tr>\n"
                        for i, line in enumerate(body.replace("<", "&lt;").split("\n")))
        page = f"<html><head><style>{style}</style></head><body><table>{lines}</table></body></html>"
        return ("Content-Type: text/html; charset=utf-8\n"
                "Content-Transfer-Encoding: quoted-printable\n\n" +
                binascii.b2a_qp(page.encode()).decode() + "\n")

    @staticmethod
    def parts(head, kind, *parts):
        line = "=_part_of_the_bench"
        return ("\n".join([*head, f'Content-Type: multipart/{kind}; boundary="{line}"', ""]) + "\n" +
                "".join(f"--{line}\n{part}\n" for part in parts) + f"--{line}--\n").encode()


# --- the server ---

class Server:
    """Dovecot with a mailbox for each measurement: the same files, linked, each with its own index."""

    def __init__(self, folder, mails):
        self.folder, self.mails = folder, mails
        self.stored = []        # (path, name) of each mail made so far
        subprocess.run([PYTHON, SUPPORT / "certificates.py", folder], check=True, stdout=subprocess.DEVNULL)
        self.process = subprocess.Popen([PYTHON, SUPPORT / "dovecot_server.py", folder / "dovecot",
                                         folder / "good.pem", folder / "good.key"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        first = self.process.stdout.readline().strip()
        if not first:
            fail("Dovecot did not start")
        self.port = int(first)
        self.ca = folder / "ca.pem"

    def stop(self):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def own(self, path):
        if os.getuid() == 0:
            who = pwd.getpwnam("nobody")
            os.chown(path, who.pw_uid, who.pw_gid)

    def make(self, n):
        """Mails 1..n; returns their mean size."""
        pool = self.folder / "dovecot" / "mail" / "pool"
        pool.mkdir(parents=True, exist_ok=True)
        self.own(pool)
        total = 0
        for number in range(len(self.stored) + 1, n + 1):
            data = self.mails.mail(number)
            received = int(time.time()) - 3600 + number % 3000
            path = pool / str(number)
            path.write_bytes(data)
            os.utime(path, (received, received))
            self.own(path)
            lines = data.count(b"\n")
            self.stored.append((path, f"{received}.{number:06d}.bench,S={len(data)},W={len(data) + lines}:2,",
                                len(data) + lines))
        total = sum(size for _, _, size in self.stored[:n])
        return total / n

    def give(self, user, n):
        """A mailbox of the first n mails, whose index Dovecot has made already."""
        self.make(n)
        base = self.folder / "dovecot" / "mail" / user
        for name in ("", "cur", "new", "tmp"):
            (base / name).mkdir(parents=True, exist_ok=True)
            self.own(base / name)
        for path, name, _ in self.stored[:n]:
            os.link(path, base / "cur" / name)
        with imaplib.IMAP4_SSL("localhost", self.port,
                               ssl_context=ssl.create_default_context(cafile=self.ca)) as client:
            client.login(user, "secret")
            kind, found = client.select("INBOX")
            if kind != "OK" or int(found[0]) != n:
                fail(f"Dovecot shows {found} mails, not {n}")


# --- watching processes ---

class Watch:
    """CPU time and memory of a process and all below it, in a thread."""

    def __init__(self, process):
        self.pid = process.pid
        self.began = time.monotonic()
        self.cpu = {}       # pid -> seconds, its ended children's included
        self.peaks = {}     # pid -> VmHWM, KB
        self.pss_kb = 0
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def tree(self):
        found, todo = [], [self.pid]
        while todo:
            pid = todo.pop()
            found.append(pid)
            with contextlib.suppress(OSError):
                for task in os.listdir(f"/proc/{pid}/task"):
                    todo += map(int, pathlib.Path(f"/proc/{pid}/task/{task}/children").read_text().split())
        return found

    def look(self):
        pss = 0
        for pid in self.tree():
            with contextlib.suppress(OSError, IndexError, TypeError):   # it ended while we looked
                fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
                self.cpu[pid] = sum(map(int, fields[11:15])) / TICKS
                status = pathlib.Path(f"/proc/{pid}/status").read_text()
                self.peaks[pid] = int(re.search(r"VmHWM:\s+(\d+)", status)[1])
                rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
                pss += int(re.search(r"Pss:\s+(\d+)", rollup)[1])
        self.pss_kb = max(self.pss_kb, pss)

    def run(self):
        while not self.ending.wait(MEMORY_S):
            self.look()

    def cpu_s(self):
        """Of those that live: one that has ended stands in its parent's sum."""
        self.look()
        return sum(self.cpu.get(pid, 0) for pid in self.tree())

    def parts_ms(self, n):
        """CPU ms a mail of each thread, by name: where the time goes."""
        parts = {}
        for pid in self.tree():
            with contextlib.suppress(OSError):
                for task in os.listdir(f"/proc/{pid}/task"):
                    name, fields = pathlib.Path(f"/proc/{pid}/task/{task}/stat").read_text().split("(", 1)[1].rsplit(")", 1)
                    spent = sum(map(int, fields.split()[11:13])) * 1000 / TICKS / n
                    parts[name] = round(parts.get(name, 0) + spent, 3)
        return parts

    def stop(self):
        self.ending.set()
        self.thread.join()


def load():
    return os.getloadavg()[0]


# --- redressd ---

class Gateway:
    def __init__(self, build, folder, server, user):
        self.build, self.folder = build, folder
        folder.mkdir()
        self.state = folder / "redress.db"
        self.config = folder / "redress.conf"
        self.log = folder / "redressd.log"
        for name, value in (("password", "secret"), ("token", TOKEN)):
            (folder / name).write_text(value + "\n")
            (folder / name).chmod(0o600)
        common = [f"Gateway: bench\nState: {self.state}\nRules: {ROOT / 'rules'}\n"
                  "Listen: 127.0.0.1:0\nPublic URL: http://127.0.0.1\nLandlord: code-2024\n"
                  "Text hours: 00:00-24:00\nText pause: 0 s\n",
                  f"Texts: texts\nKind: tray\nNumber: +447700900000\nPath: {folder / 'tray'}\n"
                  f"Token: file {folder / 'token'}\n",
                  f"Outgoing: letters\nKind: maildir\nPath: {folder / 'sent'}\n"
                  "From: Complaints Team <complaints@landlord.example>\n"]
        mailbox = (f"Mailbox: bench\nKind: imap\nHost: localhost\nPort: {server.port}\nSecurity: tls\n"
                   f"CA file: {server.ca}\nUser: {user}\nPassword: file {folder / 'password'}\n"
                   "Folder: INBOX\nStart from: all\n")
        # The first start proves and stores the rule set: not a part of taking mail in.
        (folder / "empty").mkdir()
        for name in ("tmp", "new", "cur"):
            (folder / "empty" / name).mkdir()
        self.config.write_text("\n".join([*common, f"Mailbox: empty\nKind: maildir\nPath: {folder / 'empty'}\n"]))
        done = subprocess.run([build / "redressd", "--config", self.config, "--once"],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != 0:
            fail(f"redressd --once: {done.stderr}")
        self.config.write_text("\n".join([*common, mailbox]))

    def start(self):
        log = open(self.log, "ab")
        self.process = subprocess.Popen([self.build / "redressd", "--config", self.config],
                                        stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.watch = Watch(self.process)
        self.db = None

    def stop(self):
        self.watch.stop()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.db:
            self.db.close()
        if self.process.returncode != 0:
            fail(f"redressd ended with {self.process.returncode}: {self.log.read_text()[-2000:]}")

    def number(self, sql):
        if not self.db:
            self.db = sqlite3.connect(f"file:{self.state}?mode=ro", uri=True, timeout=30)
        return self.db.execute(sql).fetchone()[0]

    def wait(self, sql, n):
        """Until the number is n or more; the seconds since the start."""
        while self.number(sql) < n:
            if self.process.poll() is not None:
                fail(f"redressd ended by itself: {self.log.read_text()[-2000:]}")
            if time.monotonic() - self.watch.began > DEADLINE_S:
                fail(f"not done after {DEADLINE_S} s")
            time.sleep(LOOK_S)
        return time.monotonic() - self.watch.began


STORED = "SELECT count(*) FROM message WHERE channel = 'email' AND state <> 'storing'"
DECIDED = "SELECT count(*) FROM message WHERE fate IS NOT NULL"


def intake(build, folder, server, user, n):
    server.give(user, n)
    gateway = Gateway(build, folder, server, user)
    gateway.start()
    try:
        # What is stored is counted by its watermark first: counting rows would cost too much.
        stored = gateway.wait("SELECT COALESCE(max(id), 0) FROM message", n)
        decided = gateway.wait(DECIDED, n)
        result = {"stored": n / stored, "decided": n / decided, "wall": decided,
                  "cpu_ms": gateway.watch.cpu_s() * 1000 / n, "load": load(),
                  "parts": gateway.watch.parts_ms(n)}
        if gateway.number(STORED) != n or gateway.number(DECIDED) != n:
            fail("the store does not hold each mail once")
        result["letters"] = gateway.number("SELECT count(*) FROM outbox")
        result["sent"] = gateway.number("SELECT count(*) FROM outbox WHERE state = 'sent'")
        result["cases"] = gateway.number("SELECT count(*) FROM case_file")
        result["state_mb"] = gateway.state.stat().st_size / 1e6
    finally:
        gateway.stop()
    result["pss_mb"] = gateway.watch.pss_kb / 1024
    result["hwm_mb"] = sum(gateway.watch.peaks.values()) / 1024
    shutil.rmtree(folder)
    return result


def mbsync(folder, server, user, n):
    server.give(user, n)
    folder.mkdir()
    config = folder / "mbsyncrc"
    config.write_text(f"""IMAPStore far
Host localhost
Port {server.port}
User {user}
Pass secret
SSLType IMAPS
SystemCertificates no
CertificateFile {server.ca}

MaildirStore near
Path {folder}/
Inbox {folder}/inbox

Channel all
Far :far:
Near :near:
Create Near
Sync Pull New
SyncState *
""")
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(["mbsync", "-q", "-c", config, "all"], stdin=subprocess.DEVNULL,
                                   stdout=log, stderr=log)
        began = time.monotonic()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - began
    if process.returncode != 0:
        fail(f"mbsync: {(folder / 'log').read_text()[-2000:]}")
    got = sum(len(list((folder / "inbox" / name).iterdir())) for name in ("new", "cur"))
    if got != n:
        fail(f"mbsync brought {got} mails, not {n}")
    shutil.rmtree(folder)
    return {"rate": n / wall, "wall": wall, "cpu_ms": (used.ru_utime + used.ru_stime) * 1000 / n,
            "load": load()}


# --- the webhook ---

def post(port, number, body):
    """One text as its provider brings it, on a connection of its own; seconds until the answer."""
    fields = {"MessageSid": f"SM{number:032x}", "AccountSid": "tray", "To": "+447700900000",
              "From": f"+4477009{number % 1000:05d}", "Body": body, "NumMedia": "0"}
    signed = "http://127.0.0.1/sms/texts" + "".join(k + v for k, v in sorted(fields.items()))
    signature = base64.b64encode(hmac.new(TOKEN.encode(), signed.encode(), hashlib.sha1).digest())
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/sms/texts", urllib.parse.urlencode(fields),
                       {"X-Twilio-Signature": signature.decode(),
                        "Content-Type": "application/x-www-form-urlencoded"})
    status = connection.getresponse().status
    connection.close()
    if status // 100 != 2:
        fail(f"the webhook answered {status}")
    return time.monotonic() - began


def webhook(build, folder, server, user, n, mails, n_posts):
    server.give(user, n)
    gateway = Gateway(build, folder, server, user)
    gateway.start()
    try:
        gateway.wait("SELECT count(*) FROM message WHERE fate IS NOT NULL", min(50, n // 4))
        port = int(pathlib.Path(f"{gateway.state}.port").read_text())
        texts = [t["body"] for t in mails.texts if t["channel"] == "sms"]
        took, busy = [], 0
        for number in range(n_posts):
            took.append(post(port, number, f"{texts[number % len(texts)]} ({number})"))
            if number % 10 == 9 and gateway.number(DECIDED) < n:
                busy = number + 1       # mails were still being decided when these were answered
            time.sleep(0.01)
        gateway.wait(DECIDED, n + n_posts)
    finally:
        gateway.stop()
    shutil.rmtree(folder)
    took.sort()
    return {"p50": took[len(took) // 2] * 1000, "p99": took[max(0, len(took) * 99 // 100 - 1)] * 1000,
            "max": took[-1] * 1000, "busy": busy, "n": len(took), "load": load()}


# --- the report ---

def scoring(build, quick):
    done = subprocess.run([build / "bench_rules_scoring", *(["--quick"] if quick else [])],
                          capture_output=True, text=True, cwd=ROOT)
    if done.returncode != 0:
        fail(f"bench_rules_scoring: {done.stdout}{done.stderr}")
    return done.stdout.strip()


def disk_syncs(folder):
    """Syncs a second of 4 KB appended: what this disk and its neighbours allow."""
    path = folder / "syncs"
    with open(path, "wb", buffering=0) as f:
        began, n = time.monotonic(), 0
        while time.monotonic() - began < 1:
            f.write(b"x" * 4096)
            os.fdatasync(f.fileno())
            n += 1
    path.unlink()
    return n / (time.monotonic() - began)


def met(yes):
    return "met" if yes else "NOT MET"


def main():
    parser = argparse.ArgumentParser(description="measures intake beside mbsync")
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--mails", type=int, default=0, help=f"in the large mailbox ({MAILS})")
    parser.add_argument("--only", choices=["intake"], help="for profiling: one intake and no more")
    args = parser.parse_args()
    n = args.mails or (MAILS // 10 if args.quick else MAILS)
    build = args.build.resolve()
    if not shutil.which("mbsync"):
        fail("mbsync is not installed (Debian package isync)")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="redress-bench-", dir=os.environ.get("TMPDIR", "/var/tmp")))
    folder.chmod(0o755)     # Dovecot runs as nobody
    mails = Mails(SEED)
    server = Server(folder, mails)
    try:
        if args.only:
            print(json.dumps(intake(build, folder / "one", server, "one", n), indent=1))
            return
        measure(args, build, folder, server, mails, n)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def measure(args, build, folder, server, mails, n):
    small = max(n // 10, 50)
    print(f"{os.cpu_count()} cores, load {load():.1f}, {disk_syncs(folder):.0f} syncs/s on the disk; "
          f"making {n} mails ...", flush=True)
    mean = server.make(n)
    print(f"mean size {mean / 1000:.1f} KB, received in the last hour (so they are answered)", flush=True)
    words = scoring(build, args.quick)
    few = intake(build, folder / "few", server, "few", small)
    theirs = mbsync(folder / "theirs", server, "theirs", n)
    ours = intake(build, folder / "ours", server, "ours", n)
    theirs2 = mbsync(folder / "theirs2", server, "theirs2", n)
    busy = webhook(build, folder / "busy", server, "busy", max(n // 2, 300), mails, POSTS)
    rate = statistics.mean([theirs["rate"], theirs2["rate"]])
    rows = [
        ("intake, mails stored", f"{ours['stored']:.0f} mails/s", "", ""),
        ("intake, committed cases", f"{ours['decided']:.0f} mails/s", "2 x mbsync",
         f"{ours['decided'] / rate:.2f} x, {met(ours['decided'] >= 2 * rate)}"),
        ("  CPU a mail, all processes", f"{ours['cpu_ms']:.2f} ms", "", ""),
        ("  wall time, load", f"{ours['wall']:.1f} s, {ours['load']:.1f}", "", ""),
        ("mbsync, before and after", f"{theirs['rate']:.0f} and {theirs2['rate']:.0f} mails/s", "", ""),
        ("  CPU a mail", f"{theirs['cpu_ms']:.2f} and {theirs2['cpu_ms']:.2f} ms", "", ""),
        ("  wall time, load", f"{theirs['wall']:.1f} s, {theirs['load']:.1f}; "
                              f"{theirs2['wall']:.1f} s, {theirs2['load']:.1f}", "", ""),
        (f"memory at {n} mails (PSS)", f"{ours['pss_mb']:.1f} MB", "", f"sum of peaks {ours['hwm_mb']:.1f} MB"),
        (f"memory at {small} mails (PSS)", f"{few['pss_mb']:.1f} MB", "", f"sum of peaks {few['hwm_mb']:.1f} MB"),
        ("  ratio", f"{ours['pss_mb'] / few['pss_mb']:.2f}", "at most 1.2",
         met(ours["pss_mb"] <= 1.2 * few["pss_mb"])),
        (f"webhook, {busy['n']} posts, p50", f"{busy['p50']:.1f} ms", "", ""),
        ("  p99", f"{busy['p99']:.1f} ms", "", ""),
        ("  max", f"{busy['max']:.1f} ms", "under 1000 ms", met(busy["max"] < 1000)),
        ("  of them while mail came in", f"{busy['busy']}", "", f"load {busy['load']:.1f}"),
    ]
    print("\nScoring, one core (aim: 5000 messages/s or more)\n" +
          "\n".join("  " + line for line in words.split("\n")))
    print(f"\nIntake of {n} mails from Dovecot over TLS, synchronous=FULL")
    print(f"  {'':34}{'reached':28}{'aim':16}")
    for name, reached, aim, note in rows:
        print(f"  {name:34}{reached:28}{aim:16}{note}".rstrip())
    print(f"\n{ours['cases']} cases, {ours['letters']} letters written, {ours['sent']} of them sent meanwhile "
          f"(at most 600 go in an hour); the state file is {ours['state_mb']:.0f} MB.")


if __name__ == "__main__":
    main()
