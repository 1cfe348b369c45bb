"""A scripted IMAP server for tests, good by default: imap_server.py [--tls PEM KEY [--version TLSv1]]

Prints its port, then answers one line to each line of its standard input:
  mode WORD          how it misbehaves from the next connection on; `good` to behave
  box N BYTES        a folder of N mails of BYTES each, UIDs from 1
  validity N         its UIDVALIDITY
  add N BYTES        that many more; an idling client hears of them at once
  remove UID
  restore UID BYTES
  digest UID         SHA-256 of its bytes
  withhold UID       lists it and never gives it
  abilities WORDS    the words after IMAP4rev1 ("-": none)
  passwords          how many clients sent one
  connections        how many there were
  commands WORD      how many commands began so
  marked             keywords given, `UID:WORD` SP-separated
  moved              UIDs moved away

Modes before the login: greeting-crash, greeting-endless, silent, preauth, bye, not-imap, inject,
no-login, refuse-login. In SELECT: flags-crash, no-keywords, no-uidnext,
unconnected (Exchange's words for a mailbox that it does not open). In the first FETCH of a
body: endless-line, literal-4g, literal-wrap, literal-big, drip, eof, brackets, bye-late, wrong-tag,
nonsense, flood, no-fetch. In each FETCH of a body: short (half of what was asked for), crumbs (ten
bytes), overstated (RFC822.SIZE is twice the size). In IDLE: idle-together (news with the `+`),
idle-refused, idle-silent, idle-flood.
"""
import argparse
import hashlib
import re
import socket
import ssl
import sys
import threading
import time
import warnings

warnings.simplefilter("ignore")  # of old TLS versions, which are what some tests want
parser = argparse.ArgumentParser()
parser.add_argument("--tls", nargs=2)
parser.add_argument("--version")
args = parser.parse_args()

ABILITIES = "IDLE UIDPLUS MOVE SASL-IR AUTH=PLAIN"
state = {"mode": "good", "validity": 7, "abilities": ABILITIES, "passwords": 0, "connections": 0}
lock = threading.Condition()
box = {}          # UID -> size
next_uid = [1]
withheld = set()
marked = []
moved = []
commands = {}


class End(Exception):
    pass


def body(uid, size):
    head = ("From: r%d@example.com\r\nMessage-ID: <%d@example.com>\r\nSubject: Tap %d\r\n\r\n"
            % (uid, uid, uid)).encode()
    if size <= len(head):
        return head[:size]
    return head + (b"%08d drip\r\n" % uid * ((size - len(head)) // 15 + 1))[:size - len(head)]


def uids_of(text):
    """The UIDs of a set, rising."""
    known = sorted(box)
    last = known[-1] if known else 0
    chosen = set()
    for part in text.split(","):
        first, _, second = part.partition(":")
        a = last if first == "*" else int(first)
        b = a if not second else last if second == "*" else int(second)
        a, b = min(a, b), max(a, b)
        if b - a < 2000:
            chosen.update(u for u in range(a, b + 1) if u in box)
        else:
            chosen.update(u for u in known if a <= u <= b)
    return sorted(chosen)


class Session:
    def __init__(self, connection):
        self.c = connection
        self.mode = state["mode"]
        self.file = connection.makefile("rb")

    def send(self, data):
        self.c.sendall(data if isinstance(data, bytes) else data.encode())

    def line(self):
        data = self.file.readline()
        if not data:
            raise End
        return data.rstrip(b"\r\n").decode("utf-8", "replace")

    def greet(self):
        if self.mode == "silent":
            self.file.read()
            raise End
        if self.mode == "greeting-endless":
            self.flood(b"A" * 65536, b"* OK ")
        greeting = {
            "greeting-crash": "* OK [PERMANENTFLAGS () hi\r\n",
            "preauth": "* PREAUTH come in\r\n",
            "bye": "* BYE too many connections\r\n",
            "not-imap": "220 mx.example.org ESMTP\r\n",
        }.get(self.mode, "* OK [CAPABILITY IMAP4rev1 %s] ready\r\n" % state["abilities"])
        self.send(greeting)
        if self.mode == "bye":
            raise End

    def flood(self, data, first=b""):
        try:
            self.send(first)
            for _ in range(4096):
                self.send(data)
        except OSError:
            pass
        raise End

    def run(self):
        self.greet()
        while True:
            tag, _, rest = self.line().partition(" ")
            word = rest.split(" ")[0].upper()
            if word == "UID":
                word = "UID-" + rest.split(" ")[1].upper()
            with lock:
                commands[word] = commands.get(word, 0) + 1
            handler = getattr(self, "do_" + word.replace("-", "_").lower(), None)
            if handler:
                handler(tag, rest)
            else:
                self.send(tag + " OK done\r\n")

    def do_capability(self, tag, _):
        self.send("* CAPABILITY IMAP4rev1 %s\r\n%s OK done\r\n" % (state["abilities"], tag))

    def do_starttls(self, tag, _):
        if self.mode == "inject":
            self.send(tag + " OK go\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nr3 OK welcome\r\n")
            self.file.read()
            raise End
        self.send(tag + " OK go\r\n")
        self.c = context().wrap_socket(self.c, server_side=True)
        self.file = self.c.makefile("rb")

    def do_authenticate(self, tag, rest):
        if len(rest.split()) < 3:
            self.send("+ \r\n")
            self.line()
        self.do_login(tag, rest)

    def do_login(self, tag, rest):
        for found in [re.search(r"\{(\d+)\}$", rest)]:
            while found:
                self.send("+ go on\r\n")
                more = self.file.read(int(found[1])).decode() + self.line()
                found = re.search(r"\{(\d+)\}$", more)
        with lock:
            state["passwords"] += 1
        refused = self.mode == "refuse-login"
        self.send(tag + (" NO [AUTHENTICATIONFAILED] wrong\r\n" if refused else " OK in\r\n"))

    def do_logout(self, tag, _):
        self.send("* BYE bye\r\n" + tag + " OK done\r\n")
        raise End

    def do_select(self, tag, _):
        if self.mode == "unconnected":
            return self.send(tag + " BAD User is authenticated but not connected.\r\n")
        with lock:
            n, after = len(box), next_uid[0]
        perm = "(\\Seen \\Deleted \\*)"
        if self.mode == "flags-crash":
            self.send("* OK [PERMANENTFLAGS () hi\r\n")
        if self.mode == "no-keywords":
            perm = "(\\Seen \\Deleted)"
        self.send("* FLAGS (\\Seen \\Deleted)\r\n* OK [PERMANENTFLAGS %s] kept\r\n* %d EXISTS\r\n"
                  "* 0 RECENT\r\n* OK [UIDVALIDITY %d] x\r\n" % (perm, n, state["validity"]))
        if self.mode != "no-uidnext":
            self.send("* OK [UIDNEXT %d] x\r\n" % after)
        self.send(tag + " OK [READ-WRITE] open\r\n")

    def do_uid_fetch(self, tag, rest):
        match = re.match(r"UID FETCH (\S+) \(?(.*?)\)?$", rest, re.I)
        with lock:
            uids = uids_of(match[1])
            number = {u: i + 1 for i, u in enumerate(sorted(box))}
            sizes = {u: box[u] for u in uids}
        asked = match[2].upper()
        piece = re.search(r"BODY\.PEEK\[\]<(\d+)\.(\d+)>", asked)
        if piece:
            self.misbehave(tag, uids[0] if uids else 1)
        out = []
        for u in uids:
            if u in withheld and piece:
                continue
            items = "UID %d" % u
            if "INTERNALDATE" in asked:
                items += ' INTERNALDATE "01-Oct-2026 09:00:%02d +0100"' % (u % 60)
            if "RFC822.SIZE" in asked:
                items += " RFC822.SIZE %d" % (sizes[u] * (2 if self.mode == "overstated" else 1))
            if "FLAGS" in asked:
                items += " FLAGS (\\Seen)"
            data = b""
            if piece:
                at, want = int(piece[1]), int(piece[2])
                want = {"short": want // 2, "crumbs": 10}.get(self.mode, want)
                data = body(u, sizes[u])[at:at + want]
                items += " BODY[]<%d> {%d}\r\n" % (at, len(data))
            out.append(b"* %d FETCH (%s" % (number[u], items.encode()) + data + b")\r\n")
            if len(out) >= 1000:
                self.send(b"".join(out))
                out = []
        self.send(b"".join(out) + tag.encode() + b" OK done\r\n")

    def misbehave(self, tag, uid):
        mode = self.mode
        start = "* 1 FETCH (UID %d BODY[]<0> " % uid
        if mode == "endless-line":
            self.flood(b"A" * 65536, b"* OK ")
        if mode == "flood":
            self.flood(b"* 5 EXPUNGE\r\n" * 4000)
        if mode == "drip":
            try:
                while True:
                    self.send("*")
                    time.sleep(0.05)
            except OSError:
                raise End
        texts = {
            "literal-4g": start + "{4294967295}\r\nxxxx",
            "literal-wrap": start + "{4294967306}\r\n0123456789)\r\n" + tag + " OK done\r\n",
            "literal-big": start + "{2000000000}\r\nxxxx",
            "eof": start + "{100000}\r\n" + "x" * 5000,
            "brackets": "* 1 FETCH (UID %d BODYSTRUCTURE %s)\r\n" % (uid, "(" * 60000),
            "bye-late": "* BYE closing down\r\n" + tag + " OK done\r\n",
            "wrong-tag": "ZZZ OK done\r\n",
            "nonsense": "* 1 FETCH (UID %d X-WEIRD (a b (c)))\r\n%s OK done\r\n" % (uid, tag),
            "no-fetch": tag + " NO [SERVERBUG] not today\r\n",
        }
        if mode in texts:
            self.send(texts[mode])
            if mode == "no-fetch":
                self.mode = "good"
            elif mode != "eof":
                self.c.settimeout(10)
                self.file.read()
            raise End

    def do_uid_store(self, tag, rest):
        words = rest.split()
        with lock:
            for u in uids_of(words[2]):
                marked.append("%d:%s" % (u, words[4].strip("()")))
        self.send(tag + " OK done\r\n")

    def do_uid_move(self, tag, rest):
        words = rest.split()
        with lock:
            for u in reversed(uids_of(words[2])):
                self.send("* %d EXPUNGE\r\n" % (sorted(box).index(u) + 1))
                del box[u]
                moved.append(str(u))
        self.send(tag + " OK done\r\n")

    def do_idle(self, tag, _):
        if self.mode == "idle-refused":
            self.send(tag + " NO not here\r\n")
            return
        if self.mode == "idle-silent":
            self.file.read()
            raise End
        with lock:
            n = len(box)
        together = b""
        if self.mode == "idle-together":
            self.mode = "good"
            with lock:
                add(1, 300)
                n = len(box)
            together = b"* %d EXISTS\r\n" % n
        self.send(b"+ idling\r\n" + together)
        if self.mode == "idle-flood":
            self.flood(b"* OK still here\r\n" * 4000)
        done = threading.Event()

        def news():
            nonlocal n
            while not done.is_set():
                with lock:
                    lock.wait(0.2)
                    fresh = len(box)
                if fresh > n and not done.is_set():
                    self.send("* %d EXISTS\r\n" % fresh)
                    n = fresh

        teller = threading.Thread(target=news, daemon=True)
        teller.start()
        try:
            self.line()
        finally:
            done.set()
            teller.join()
        self.send(tag + " OK done\r\n")


def add(n, size):
    for _ in range(n):
        box[next_uid[0]] = size
        next_uid[0] += 1
    lock.notify_all()


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(args.tls[0], args.tls[1])
    if args.version:
        made.set_ciphers("ALL:@SECLEVEL=0")
        made.minimum_version = made.maximum_version = getattr(ssl.TLSVersion, args.version)
    return made


def serve(connection):
    try:
        if args.tls and "STARTTLS" not in state["abilities"]:
            connection.settimeout(10)
            connection = context().wrap_socket(connection, server_side=True)
            connection.settimeout(None)
        Session(connection).run()
    except (End, OSError, ValueError):
        pass
    finally:
        connection.close()


def listen():
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with lock:
            state["connections"] += 1
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


def answer(line):
    word, _, rest = line.strip().partition(" ")
    with lock:
        if word in ("mode", "abilities"):
            state[word] = "" if rest == "-" else rest
        elif word == "validity":
            state[word] = int(rest)
        elif word == "box":
            box.clear()
            next_uid[0] = 1
            add(*map(int, rest.split()))
        elif word == "add":
            add(*map(int, rest.split()))
        elif word == "remove":
            box.pop(int(rest))
        elif word == "restore":
            uid, size = map(int, rest.split())
            box[uid] = size
            lock.notify_all()
        elif word == "digest":
            return hashlib.sha256(body(int(rest), box[int(rest)])).hexdigest()
        elif word == "withhold":
            withheld.add(int(rest))
        elif word in ("passwords", "connections"):
            return state[word]
        elif word == "commands":
            return commands.get(rest, 0)
        elif word == "marked":
            return " ".join(marked) or "-"
        elif word == "moved":
            return " ".join(moved) or "-"
        else:
            return "unknown command"
    return "ok"


listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", 0))
listener.listen(50)
print(listener.getsockname()[1], flush=True)
threading.Thread(target=listen, daemon=True).start()
for command in sys.stdin:
    print(answer(command), flush=True)
