"""An SMTP server of Microsoft's manners: smtp_oauth_server.py INTROSPECT_PORT

Takes logins by token alone, and asks oauth_server.py whose each is. Prints its port, then answers
one line to each line of its standard input:
  offer WORD...   what EHLO says behind AUTH (XOAUTH2 at the start); `offer none`: no AUTH
  mode WORD       ok | sendas (SendAsDenied behind the mail) | sendas-mail (at MAIL FROM) | disabled
                  (the tenant allows no SMTP login) | busy (454 to a login) | relay (554 to RCPT)
                  | echo (says the login back)
  forget          sessions that are logged in must log in again (530 at MAIL)
  total           mails kept
  sessions        connections so far
  open            connections that have not said QUIT
  logins          `USER MECHANISM` of each that was taken, SP-separated, joined by `;`
  tries           logins tried
  body            the last mail, its lines joined by |
"""
import base64
import json
import socketserver
import sys
import threading
import urllib.parse
import urllib.request

introspect = "http://127.0.0.1:%s/introspect" % sys.argv[1]
state = {"offer": ["XOAUTH2"], "mode": "ok", "mails": [], "sessions": 0, "logins": [], "tries": 0,
         "epoch": 0, "open": 0}


def owner_of(token):
    body = urllib.parse.urlencode({"token": token}).encode()
    with urllib.request.urlopen(introspect, body) as answer:
        return json.load(answer).get("username")


def read_response(mechanism, text):
    """(user, token), RFC 7628 3.1 and Google's own."""
    raw = base64.b64decode(text).decode()
    fields = raw.split("\x01")
    token = next(f for f in fields if f.startswith("auth=Bearer "))[12:]
    if mechanism == "XOAUTH2":
        return fields[0][5:], token
    return fields[0].split(",")[1][2:].replace("=2C", ",").replace("=3D", "="), token


class Session(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write((line + "\r\n").encode())
        self.wfile.flush()

    def hear(self):
        line = self.rfile.readline()
        return line.decode("utf-8", "replace").rstrip("\r\n") if line else None

    def log_in(self, words):
        mechanism = words[1].upper()
        state["tries"] += 1
        if mechanism not in state["offer"] or mechanism not in ("XOAUTH2", "OAUTHBEARER"):
            return self.say("504 5.7.4 Unrecognized authentication type")
        if len(words) < 3:
            self.say("334 ")
        user, token = read_response(mechanism, words[2] if len(words) > 2 else self.hear())
        if state["mode"] == "echo":
            return self.say("501 5.5.4 what is " + base64.b64encode(
                ("user=%s\x01auth=Bearer %s\x01\x01" % (user, token)).encode()).decode()[:400])
        if state["mode"] == "busy":
            return self.say("454 4.7.0 Temporary authentication failure")
        if state["mode"] == "disabled":
            return self.say("535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is "
                            "disabled for the Tenant. [LO0P123.example]")
        if owner_of(token) != user:
            self.say("334 " + base64.b64encode(b'{"status":"401","schemes":"bearer"}').decode())
            self.hear()
            return self.say("535 5.7.3 Authentication unsuccessful [LO0P123.example]")
        state["logins"].append(user + " " + mechanism)
        self.user, self.epoch = user, state["epoch"]
        return self.say("235 2.7.0 Authentication successful")

    def is_in(self):
        return self.user is not None and self.epoch == state["epoch"]

    def take_mail(self):
        self.say("354 Start mail input; end with <CRLF>.<CRLF>")
        lines = []
        while (line := self.hear()) not in (".", None):
            lines.append(line)
        if state["mode"] == "sendas":
            return self.say("554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException."
                            "MapiExceptionSendAsDenied; Failed to process message")
        state["mails"].append("|".join(lines))
        return self.say("250 2.0.0 OK <1@example.org> [Hostname=LO0P123.example]")

    def handle(self):
        state["sessions"] += 1
        state["open"] += 1
        self.user = None
        self.say("220 LO0P123.example Microsoft ESMTP MAIL Service ready")
        while (line := self.hear()) is not None:
            words = line.split(" ")
            verb = words[0].upper()
            if verb == "EHLO":
                self.say("250-LO0P123.example Hello")
                if state["offer"] != ["none"]:
                    self.say("250-AUTH " + " ".join(state["offer"]))
                self.say("250 8BITMIME")
            elif verb == "AUTH":
                self.log_in(words)
            elif verb == "QUIT":
                state["open"] -= 1
                return self.say("221 2.0.0 Service closing transmission channel")
            elif verb in ("NOOP", "RSET"):
                self.say("250 2.0.0 OK")
            elif verb == "MAIL" and not self.is_in():
                self.say("530 5.7.57 Client not authenticated to send mail.")
            elif verb == "MAIL" and state["mode"] == "sendas-mail":
                self.say("550 5.7.60 SMTP; Client does not have permissions to send as this sender")
            elif verb == "RCPT" and state["mode"] == "relay":
                self.say("554 5.7.1 Relay access denied")
            elif verb in ("MAIL", "RCPT"):
                self.say("250 2.1.0 OK")
            elif verb == "DATA":
                self.take_mail()
            else:
                self.say("502 5.5.2 not known")


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


def command(words):
    if words[0] == "offer":
        state["offer"] = words[1:]
        return "ok"
    if words[0] == "mode":
        state["mode"] = words[1]
        return "ok"
    if words[0] == "forget":
        state["epoch"] += 1
        return "ok"
    if words[0] == "total":
        return len(state["mails"])
    if words[0] in ("sessions", "tries", "open"):
        return state[words[0]]
    if words[0] == "logins":
        return ";".join(state["logins"]) or "-"
    if words[0] == "body":
        return state["mails"][-1]
    return "unknown command"


server = Server(("127.0.0.1", 0), Session)
threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
print(server.server_address[1], flush=True)
for line in sys.stdin:
    print(command(line.split()), flush=True)
