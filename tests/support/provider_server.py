"""Plays the providers' APIs for tests: provider_server.py [--tls PEM KEY]

Twilio under /2010-04-01/Accounts/AC/Messages.json, Notify under /v2/notifications. Prints its port,
then answers one line to each line of its standard input:
  mode WORD   ok | lost (takes the text, hangs up without an answer) | slow (takes it, answers after
              15 s: later than a test waits, sooner than the daemon gives up) | 429 | 21610 |
              daily | 401 | 500 (not taken) | 500-taken | 307 | huge
  list WORD   ok | 500 | empty, for questions after texts
  total       texts taken
  asked       questions after texts so far
  requests    requests in all
  words       the body of the last text taken, its lines joined by |
  to          its recipient
  auth        the Authorization header of the last request
  forget      throws the texts away
"""
import argparse
import json
import ssl
import sys
import threading
import time
import uuid
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

parser = argparse.ArgumentParser()
parser.add_argument("--tls", nargs=2)
args = parser.parse_args()

state = {"mode": "ok", "list": "ok", "texts": [], "asked": 0, "requests": 0, "auth": ""}
lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, value, headers=()):
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, text in headers:
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(data)

    def trouble(self, status, code, word):
        self.answer(status, {"code": code, "status": status, "message": "words of the provider",
                             "status_code": status, "errors": [{"error": word, "message": "x"}]},
                    [("Retry-After", "7")] if status == 429 else ())

    def note(self):
        with lock:
            state["requests"] += 1
            state["auth"] = self.headers.get("Authorization", "")

    def do_POST(self):
        self.note()
        data = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        twilio = self.path.startswith("/2010-04-01/")
        mode = state["mode"]
        if mode == "429":
            return self.trouble(429, 20429, "RateLimitError")
        if mode == "daily":
            return self.trouble(429, 20429, "TooManyRequestsError")
        if mode == "21610":
            return self.trouble(400, 21610, "BadRequestError")
        if mode == "401":
            return self.trouble(401, 20003, "AuthError")
        if mode == "500":
            return self.trouble(500, 20500, "Exception")
        if mode == "307":
            return self.answer(307, {}, [("Location", "/elsewhere")])
        if mode == "huge":
            return self.answer(200, b"x" * (8 << 20))
        if twilio:
            form = parse_qs(data.decode(), keep_blank_values=True)
            text = {"sid": "SM" + uuid.uuid4().hex, "to": form["To"][0], "body": form["Body"][0],
                    "direction": "outbound-api", "status": "queued",
                    "date_created": formatdate(time.time(), usegmt=False).replace("-0000", "+0000"),
                    "callback": form.get("StatusCallback", [""])[0]}
            result = text
        else:
            given = json.loads(data)
            words = "Home: " + given["personalisation"]["body"]
            text = {"id": str(uuid.uuid4()), "to": given["phone_number"], "body": words,
                    "reference": given["reference"], "status": "created"}
            result = {"id": text["id"], "reference": text["reference"],
                      "content": {"body": words, "from_number": "07700900000"},
                      "template": {"id": given["template_id"], "version": 4}}
        with lock:
            state["texts"].append(text)
        if mode == "lost":
            self.close_connection = True
            self.connection.close()
            return None
        if mode == "slow":
            time.sleep(15)
        if mode == "500-taken":
            return self.trouble(500, 20500, "Exception")
        return self.answer(201, result)

    def do_GET(self):
        self.note()
        url = urlsplit(self.path)
        query = parse_qs(url.query)
        if url.path == "/plain":
            return self.answer(200, {"path": self.path})
        with lock:
            state["asked"] += 1
            texts = list(state["texts"])
        if state["list"] == "500":
            return self.trouble(500, 20500, "Exception")
        if state["list"] == "empty":
            texts = []
        if url.path.startswith("/2010-04-01/"):
            found = [t for t in texts if t.get("sid") and t["to"] == query["To"][0]]
            return self.answer(200, {"messages": found[::-1], "next_page_uri": None})
        found = [t for t in texts if t.get("reference") == query["reference"][0]]
        return self.answer(200, {"notifications": found, "links": {}})


def answer(line):
    word, _, rest = line.strip().partition(" ")
    if word in ("mode", "list"):
        state[word] = rest
        return "ok"
    if word == "total":
        return len(state["texts"])
    if word in ("asked", "requests", "auth"):
        return state[word]
    if word == "words":
        return state["texts"][-1]["body"].replace("\n", "|")
    if word == "to":
        return state["texts"][-1]["to"]
    if word == "callback":
        return state["texts"][-1].get("callback", "")
    if word == "forget":
        state["texts"].clear()
        return "ok"
    return "unknown command"


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
server.handle_error = lambda request, address: None  # clients that hang up are part of the play
if args.tls:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(args.tls[0], args.tls[1])
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
for command in sys.stdin:
    print(answer(command), flush=True)
