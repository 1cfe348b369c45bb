"""What the tests of redressctl share: mails of four kinds, the words given to a program, and what it
must answer."""
import contextlib
import http.server
import os
import re
import ssl
import sqlite3
import subprocess
import threading

import house
from house import equal, expect

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d$")
DAY = re.compile(r"\d{4}-\d\d-\d\d$")
REFERENCE = re.compile(r"RD\d{6}-[2-9A-HJKMNP-Z]{4}$")
NOBODY = 65534

COMPLAINT = ("Ravi Shah <ravi@example.org>", "Formal complaint: missed appointments",
             "I wish to make a formal complaint. Your contractor has missed two appointments. "
             "I want an apology.")
REQUEST = ("Tom Brack <tom@example.org>", "Kitchen tap",
           "The kitchen tap has started dripping. Could someone come and have a look? Thanks.")
UNSURE = ("Ed Vane <ed@example.org>", "the lift",
          "The lift was slow again today. I am a bit disappointed.")
DANGER = ("A neighbour <worried@example.org>", "worried about the lady next door",
          "I think the old lady at number 22 is being hit by her grandson. I hear her crying at "
          "night and she had a black eye on Sunday. Please do not tell anybody it was me.")


def fill(home, *mails):
    """Delivers the mails, reads and decides them, and gives the references by address."""
    for number, (sender, subject, body) in enumerate(mails, 1):
        home.deliver_mail(number, sender, subject, body)
    home.once()
    return references(home)


def references(home):
    return {case["contact"]: case["ref"] for case in home.ctl_json("case", "list")}


def try_words(home, *words, config=True, cwd=None, user=None, given=None, program="redressctl",
              env=None):
    """Whatever comes of it: (status, output, errors)."""
    start = [str(home.build / program)] + (["--config", str(home.config)] if config else [])
    done = subprocess.run(start + [str(w) for w in words], capture_output=True, text=True, cwd=cwd,
                          user=user, input=given, timeout=house.DEADLINE_S,
                          env={**os.environ, **(env or {})})
    return done.returncode, done.stdout, done.stderr


def refused(home, words, says, status=2, **options):
    """It fails with that status, says so on one clear line, and prints no answer."""
    got, out, err = try_words(home, *words, **options)
    line = " ".join(map(str, words))
    equal(got, status, f"exit status of `{line}` (it said: {err.strip()})")
    expect(says in err, f"`{line}` does not say {says!r}: {err.strip()}")
    equal(out, "", f"what `{line}` printed")


def has_keys(value, wanted, where):
    missing = [key for key in wanted if key not in value]
    expect(not missing, f"{where} lacks {missing}: {value}")


def is_instant(value, where):
    expect(value is None or INSTANT.match(value), f"{where}: {value!r} is no RFC 3339 instant")


def is_day(value, where):
    expect(value is None or DAY.match(value), f"{where}: {value!r} is no day")


@contextlib.contextmanager
def https_server(tls, files):
    """Serves the files over HTTPS on loopback while the block runs; gives the port."""
    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = files.get(self.path, b"")
            self.send_response(200 if body else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls / "good.pem", tls / "good.key")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def dump(home):
    """The whole store as SQL."""
    with contextlib.closing(sqlite3.connect(f"file:{home.state}?mode=ro", uri=True)) as db:
        return "\n".join(db.iterdump())


# --- right use ---
