"""An OAuth2 server for tests: oauth_server.py

Gives tokens at POST /token, and tells Dovecot at POST /introspect whose they are. Prints its port,
then answers one line to each line of its standard input:
  mode ok              tokens are given (as at the start)
  mode answer N JSON   every request for a token is answered so: status and body
  mode html N          ... by a page of status N
  mode retry N S       ... by status N with Retry-After: S
  mode long            ... by more than anybody should read
  mode hold            ... not at all, until the mode changes
  times N              the mode holds for N requests, then it is ok again
  life S               how long tokens last; `life none` does not say
  user NAME            whose the tokens are (a service account's are its sub's)
  refuse N             the next N looks at a token find it inactive
  revoke               no token that was given is good any more
  asked | given | seen how often a token was asked for, given, looked at
  last                 the last form as JSON, its assertion's header and claims decoded beside it
  verify FILE          does the key of that certificate fit the last assertion? good | bad
"""
import base64
import http.server
import json
import subprocess
import sys
import tempfile
import threading
import urllib.parse

state = {"mode": ["ok"], "times": None, "life": "3600", "user": "alice", "refuse": 0, "asked": 0,
         "given": 0, "seen": 0, "last": {}, "tokens": {}}
lock = threading.Condition()


def decode(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def take_form(form):
    told = dict(form)
    for name in ("assertion", "client_assertion"):
        if name in form:
            head, claims, _ = form[name].split(".")
            told["header"], told["claims"] = json.loads(decode(head)), json.loads(decode(claims))
    state["last"] = told
    return told.get("claims", {}).get("sub") if "assertion" in form else None


def verify(path):
    """By another library than ours, with salts of exactly 32 bytes: RFC 7518 3.5."""
    form = state["last"]
    token = form.get("client_assertion") or form["assertion"]
    text, _, signature = token.rpartition(".")
    pss = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"]
    key = subprocess.run(["openssl", "x509", "-in", path, "-noout", "-pubkey"], capture_output=True,
                         check=True).stdout
    with tempfile.NamedTemporaryFile() as k, tempfile.NamedTemporaryFile() as s:
        k.write(key)
        k.flush()
        s.write(decode(signature))
        s.flush()
        done = subprocess.run(
            ["openssl", "dgst", "-sha256", "-verify", k.name, "-signature", s.name,
             *(pss if form["header"]["alg"] == "PS256" else [])],
            input=text.encode(), capture_output=True)
    return "good" if done.returncode == 0 else "bad"


class Server(http.server.BaseHTTPRequestHandler):
    def answer(self, status, body, kind="application/json", **headers):
        body = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def give(self, user):
        state["given"] += 1
        token = "tok-%d.%s" % (state["given"], "x" * 1500)
        state["tokens"][token] = user or state["user"]
        answer = {"token_type": "Bearer", "access_token": token}
        if state["life"] != "none":
            answer["expires_in"] = int(state["life"])
        self.answer(200, json.dumps(answer))

    def token(self, form):
        with lock:
            state["asked"] += 1
            user = take_form(form)
            while state["mode"][0] == "hold":
                lock.wait()
            mode = state["mode"]
            if state["times"] is not None:
                state["times"] -= 1
                if state["times"] <= 0:
                    state["mode"], state["times"] = ["ok"], None
        if mode[0] == "ok":
            with lock:
                self.give(user)
        elif mode[0] == "answer":
            self.answer(int(mode[1]), " ".join(mode[2:]))
        elif mode[0] == "html":
            self.answer(int(mode[1]), "<html>a page</html>", "text/html")
        elif mode[0] == "retry":
            self.answer(int(mode[1]), "{}", Retry_After=mode[2])
        elif mode[0] == "long":
            self.answer(200, " " * 200000)

    def introspect(self, form):
        with lock:
            state["seen"] += 1
            user = state["tokens"].get(form.get("token"))
            if state["refuse"] > 0:
                state["refuse"] -= 1
                user = None
        self.answer(200, json.dumps({"active": True, "username": user} if user else
                                    {"active": False}))

    def do_POST(self):
        size = int(self.headers.get("Content-Length", 0))
        form = dict(urllib.parse.parse_qsl(self.rfile.read(size).decode(), keep_blank_values=True))
        if self.path.startswith("/introspect"):
            self.introspect(form)
        else:
            self.token(form)

    def log_message(self, *args):
        pass


def command(words):
    if words[0] == "mode":
        state["mode"] = words[1:]
        lock.notify_all()
        return "ok"
    if words[0] in ("times", "refuse"):
        state[words[0]] = int(words[1])
        return "ok"
    if words[0] in ("life", "user"):
        state[words[0]] = words[1]
        return "ok"
    if words[0] == "revoke":
        state["tokens"].clear()
        return "ok"
    if words[0] in ("asked", "given", "seen"):
        return state[words[0]]
    if words[0] == "last":
        return json.dumps(state["last"], sort_keys=True)
    if words[0] == "verify":
        return verify(words[1])
    return "unknown command"


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
print(server.server_address[1], flush=True)
for line in sys.stdin:
    with lock:
        print(command(line.split()), flush=True)
