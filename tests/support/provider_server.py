"""Plays the providers' APIs for tests: provider_server.py [--tls PEM KEY]

Twilio under /2010-04-01/Accounts/AC/Messages.json, Notify under /v2/notifications and /v2/received-
text-messages, Vonage under /sms/json and /v2/reports/records, Esendex under /v1.0/, FireText under
/api/. Prints its port, then answers one line to each line of its standard input:
  mode WORD   ok | lost (takes the text, hangs up without an answer) | slow (takes it, answers after
              15 s: later than a test waits, sooner than the daemon gives up) | 429 | 21610 |
              daily | 401 | 500 (not taken) | 500-taken | 307 | huge | once (429 from the
              second on)
  list WORD   ok | 500 | empty | html (a page of words, HTTP 200), for questions after texts
  others N    takes N texts to somebody else
  total       texts taken
  asked       questions after texts so far
  requests    requests in all
  words       the body of the last text taken, its lines joined by |
  to          its recipient
  auth        the Authorization header of the last request
  forget      throws the texts away
  template TEXT  of Notify: ((body)) at first; none: there is none
Texts that the provider has received, for its lists (newest first, by whatever paging it has):
  receive ID FROM AGE_S WORDS...   one that came AGE_S seconds ago; \\uXXXX in the words is
              that code unit, halves of pairs and NUL too
  received WORD  ok | 500 | 401 | 429 | lost | broken | bodyless (listed without words) | bodylost
              (hangs up where the words are asked for) | wordless (gives something else there),
              how lists are answered
  hide ID     of Esendex: the words of that one are not given (500); none: of none
  page N      texts a page
  empty       throws them away
  polled      pages of received texts asked for so far
Pictures of Twilio, at /2010-04-01/Accounts/AC/Messages/ID/Media/ME1 (redirected to /kept/ME1):
  picture ID  gives the received text a picture
  pictures WORD  ok | 500 | 404 | huge | lost | relative (redirected by a path alone), how they are
              answered; behind the redirect a secret is taken amiss (500)
  fetched     times that a picture was given
"""
import argparse
import calendar
import json
import re
import select
import ssl
import sys
import threading
import time
import uuid
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

parser = argparse.ArgumentParser()
parser.add_argument("--tls", nargs=2)
args = parser.parse_args()

OUR_NUMBER = "447700900000"
SLOW_S = 15    # longer than any client here waits for an answer
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
state = {"mode": "ok", "list": "ok", "texts": [], "asked": 0, "requests": 0, "auth": "",
         "received": "ok", "inbox": [], "page": 50, "polled": 0, "pictures": "ok", "fetched": 0,
         "template": "((body))", "hidden": "none"}
lock = threading.Lock()


def utc(seconds, form="%Y-%m-%dT%H:%M:%SZ"):
    return time.strftime(form, time.gmtime(seconds))


def seconds_of(text):
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


def newest_first():
    with lock:
        return sorted(state["inbox"], key=lambda t: -t["at"])


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def answer(self, status, value, headers=(), kind="application/json"):
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for name, text in headers:
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(data)

    def xml(self, text):
        data = text.encode("ascii", "xmlcharrefreplace").replace(b"\0", b"&#0;")
        self.answer(200, b'<?xml version="1.0" encoding="utf-8"?>' + data, (),
                    "application/xml; charset=utf-8")

    def trouble(self, status, code, word):
        self.answer(status, {"code": code, "status": status, "message": "words of the provider",
                             "status_code": status, "errors": [{"error": word, "message": "x"}]},
                    [("Retry-After", "7")] if status == 429 else ())

    def hang_up(self):
        self.close_connection = True
        self.connection.close()

    def note(self):
        with lock:
            state["requests"] += 1
            state["auth"] = self.headers.get("Authorization", "")

    # --- texts that we send ---

    def send_trouble(self, mode):
        """True: answered, and nothing was taken."""
        troubles = {"429": (429, 20429, "RateLimitError"),
                    "daily": (429, 20429, "TooManyRequestsError"),
                    "21610": (400, 21610, "ValidationError"), "401": (401, 20003, "AuthError"),
                    "500": (500, 20500, "Exception")}
        if mode in troubles:
            self.trouble(*troubles[mode])
        elif mode == "once" and state["texts"]:
            self.trouble(429, 20429, "RateLimitError")
        elif mode == "307":
            self.answer(307, {}, [("Location", "/elsewhere")])
        elif mode == "huge":
            self.answer(200, b"x" * (8 << 20))
        else:
            return False
        return True

    def take_twilio(self, data):
        form = parse_qs(data.decode(), keep_blank_values=True)
        text = {"sid": "SM" + uuid.uuid4().hex, "to": form["To"][0], "body": form["Body"][0],
                "direction": "outbound-api", "status": "queued",
                "date_created": formatdate(time.time(), usegmt=False).replace("-0000", "+0000"),
                "callback": form.get("StatusCallback", [""])[0]}
        return text, text

    def take_notify(self, data):
        given = json.loads(data)
        words = "Home: " + given["personalisation"]["body"]
        text = {"id": str(uuid.uuid4()), "to": given["phone_number"], "body": words,
                "reference": given["reference"], "status": "created"}
        return text, {"id": text["id"], "reference": text["reference"],
                      "content": {"body": words, "from_number": "07700900000"},
                      "template": {"id": given["template_id"], "version": 4}}

    def take_vonage(self, data):
        form = {k: v[0] for k, v in parse_qs(data.decode(), keep_blank_values=True).items()}
        text = {"id": uuid.uuid4().hex, "to": "+" + form["to"], "body": form["text"],
                "client_ref": form["client-ref"], "at": time.time(),
                "callback": form.get("callback", "")}
        return text, {"message-count": "1", "messages": [
            {"to": form["to"], "message-id": text["id"], "status": "0"}]}

    def take_firetext(self, data):
        form = {k: v[0] for k, v in parse_qs(data.decode(), keep_blank_values=True).items()}
        text = {"id": form["reference"], "to": "+" + form["to"], "body": form["message"],
                "callback": form.get("receipt", "")}
        return text, {"code": 0, "description": "SMS successfully queued"}

    def take_esendex(self, data):
        root = ElementTree.fromstring(data)
        space = {"e": "http://api.esendex.com/ns/"}
        message = root.find("e:message", space)
        text = {"id": str(uuid.uuid4()), "to": "+" + message.find("e:to", space).text,
                "body": message.find("e:body", space).text, "at": time.time()}
        return text, ('<messageheaders batchid="b" xmlns="http://api.esendex.com/ns/">'
                      f'<messageheader uri="u" id="{text["id"]}" /></messageheaders>')

    def do_POST(self):
        self.note()
        data = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        path = urlsplit(self.path).path
        if path == "/api/receivedmessages/json":
            return self.firetext_list(parse_qs(data.decode()))
        mode = state["mode"]
        if self.send_trouble(mode):
            return None
        takers = {"/2010-04-01/": self.take_twilio, "/sms/json": self.take_vonage,
                  "/api/sendsms/json": self.take_firetext,
                  "/v1.0/messagedispatcher": self.take_esendex}
        take = next((t for p, t in takers.items() if path.startswith(p)), self.take_notify)
        text, result = take(data)
        with lock:
            state["texts"].append(text)
        if mode == "lost":
            return self.hang_up()
        if mode == "slow":
            select.select([self.connection], [], [], SLOW_S)  # until the client gives up
        if mode == "500-taken":
            return self.trouble(500, 20500, "Exception")
        if isinstance(result, str):
            return self.xml(result)
        return self.answer(201 if take in (self.take_twilio, self.take_notify) else 200, result)

    # --- texts that the provider has received ---

    def list_trouble(self):
        with lock:
            state["polled"] += 1
        word = state["received"]
        if word in ("500", "401", "429"):
            self.trouble(int(word), 20003, "Exception")
        elif word == "lost":
            self.hang_up()
        elif word == "broken":
            self.answer(200, b'{"messages": [')
        else:
            return False
        return True

    def twilio_list(self, url, query):
        if self.list_trouble():
            return None
        first = int(query.get("Page", ["0"])[0]) * state["page"]
        since = query["DateSent>"][0]
        ours = query.get("To", ["+" + OUR_NUMBER])[0] == "+" + OUR_NUMBER
        fit = [t for t in newest_first() if ours and utc(t["at"], "%Y-%m-%d") >= since]
        page = [{"sid": t["id"], "from": t["from"], "to": "+" + OUR_NUMBER, "body": t["words"],
                 "direction": "inbound", "status": "received", "num_media": str(t["pictures"]),
                 "date_sent": formatdate(t["at"]).replace("-0000", "+0000")}
                for t in fit[first:first + state["page"]]]
        following = None
        if first + state["page"] < len(fit):
            following = f"{url.path}?DateSent%3E={since}&Page={first // state['page'] + 1}"
        return self.answer(200, {"messages": page, "next_page_uri": following})

    def notify_list(self, query):
        if self.list_trouble():
            return None
        texts = newest_first()
        if "older_than" in query:
            named = [t["at"] for t in texts if t["id"] == query["older_than"][0]]
            texts = [t for t in texts if named and t["at"] < named[0]]
        page = [{"id": t["id"], "user_number": t["from"].lstrip("+"), "content": t["words"],
                 "notify_number": "07700900000", "service_id": "s",
                 "created_at": utc(t["at"], "%Y-%m-%dT%H:%M:%S.000000Z")}
                for t in texts[:state["page"]]]
        return self.answer(200, {"received_text_messages": page, "links": {"current": "x"}})

    def vonage_list(self, query):
        since, until = (seconds_of(query[k][0]) for k in ("date_start", "date_end"))
        if until - since > 86400:
            return self.trouble(422, 1, "too wide")
        if query["direction"][0] == "outbound":
            with lock:
                state["asked"] += 1
                sent = [] if state["list"] == "empty" else list(state["texts"])
            if self.ask_trouble():
                return None
            return self.answer(200, {"records": [
                {"message_id": t["id"], "client_ref": t["client_ref"], "direction": "outbound"}
                for t in sent if t["to"].lstrip("+") == query["to"][0]]})
        if self.list_trouble():
            return None
        records = [{"message_id": t["id"], "from": t["from"].lstrip("+"), "to": OUR_NUMBER,
                    "direction": "inbound", "date_received": utc(t["at"], "%Y-%m-%dT%H:%M:%S+0000"),
                    "message_body": t["words"]}
                   for t in newest_first()
                   if since <= t["at"] < until and query["to"][0] == OUR_NUMBER]
        if state["received"] == "bodyless":
            for record in records:
                del record["message_body"]
        return self.answer(200, {"request_status": "SUCCESS", "records": records})

    def firetext_list(self, form):
        if self.list_trouble():
            return None
        return self.answer(200, {"code": 0, "data": [
            {"receivedFrom": t["from"].lstrip("+"), "sentTo": OUR_NUMBER, "message": t["words"],
             "receivedOn": utc(t["at"], "%Y-%m-%d %H:%M:%S")} for t in newest_first()
            if form["sentTo"][0] == OUR_NUMBER]})

    def esendex_list(self, query):
        if self.list_trouble():
            return None
        texts, first = newest_first(), int(query["startIndex"][0])
        page = texts[first:first + min(state["page"], int(query["count"][0]))]
        headers = "".join(
            f'<messageheader id="{t["id"]}" uri="u"><receivedat>{utc(t["at"])}</receivedat>'
            f'<to><phonenumber>{OUR_NUMBER}</phonenumber></to><from><phonenumber>'
            f'{t["from"].lstrip("+")}</phonenumber></from><summary>{escape(t["words"][:10])}'
            f'</summary><body id="{t["id"]}" uri="https://api.esendex.com/v1.0/messageheaders/'
            f'{t["id"]}/body"/></messageheader>' for t in page)
        return self.xml(f'<messageheaders startindex="{first}" count="{len(page)}" totalcount='
                        f'"{len(texts)}" xmlns="http://api.esendex.com/ns/">{headers}'
                        '</messageheaders>')

    def ask_trouble(self):
        """True: answered. How questions after texts are not answered."""
        word = state["list"]
        if word == "500":
            self.trouble(500, 20500, "Exception")
        elif word == "html":
            self.answer(200, b"<html/>", (), "text/html")
        return word in ("500", "html")

    def esendex_sent(self, query):
        with lock:
            state["asked"] += 1
            sent = [] if state["list"] == "empty" else list(state["texts"])[::-1]
        if self.ask_trouble():
            return None
        first = int(query["startIndex"][0])
        page = sent[first:first + int(query["count"][0])]
        headers = "".join(
            f'<messageheader id="{t["id"]}"><submittedat>{utc(t["at"])}</submittedat><to>'
            f'<phonenumber>{t["to"].lstrip("+")}</phonenumber></to><summary>'
            f'{escape(t["body"][:50])}</summary><body uri="https://api.esendex.com/v1.0/'
            f'messageheaders/{t["id"]}/body"/></messageheader>' for t in page)
        return self.xml(f'<messageheaders startindex="{first}" count="{len(page)}" totalcount='
                        f'"{len(sent)}">{headers}</messageheaders>')

    def esendex_body(self, wanted):
        if state["received"] == "bodyless" or state["hidden"] == wanted:
            return self.trouble(500, 20500, "Exception")
        if state["received"] == "bodylost":
            return self.hang_up()
        if state["received"] == "wordless":
            return self.xml("<error/>")
        with lock:
            words = [t["words"] for t in state["inbox"] if t["id"] == wanted] + \
                    [t["body"] for t in state["texts"] if t.get("id") == wanted]
        return self.xml(f"<messagebody><bodytext>{escape(words[0])}</bodytext></messagebody>")

    # --- pictures ---

    def picture(self, url):
        word = state["pictures"]
        if url.path.endswith("/Media.json"):
            return self.answer(200, {"media_list": [
                {"uri": url.path[:-5] + "/ME1.json", "content_type": "image/png"}]})
        if word in ("500", "404"):
            return self.trouble(int(word), 20404, "x")
        if word == "lost":
            return self.hang_up()
        if "/Media/" in url.path and "Basic" in self.headers.get("Authorization", ""):
            place = "" if word == "relative" else f"http://{self.headers['Host']}"
            return self.answer(307, b"", [("Location", place + "/2010-04-01/kept/ME1")])
        if "/kept/" in url.path and "Authorization" in self.headers:
            return self.trouble(500, 20404, "x")
        with lock:
            state["fetched"] += 1
        return self.answer(200, b"x" * (6 << 20) if word == "huge" else PICTURE, (), "image/png")

    def do_GET(self):
        self.note()
        url = urlsplit(self.path)
        query = parse_qs(url.query)
        if url.path == "/plain":
            return self.answer(200, {"path": self.path})
        if "/Media" in url.path or "/kept/" in url.path:
            return self.picture(url)
        if url.path.startswith("/v2/template/"):
            return self.trouble(404, 0, "NoResultFound") if state["template"] == "none" else \
                self.answer(200, {"id": "x", "type": "sms", "version": 1,
                                  "body": state["template"]})
        if url.path == "/v2/received-text-messages":
            return self.notify_list(query)
        if url.path == "/v2/reports/records":
            return self.vonage_list(query)
        if url.path.startswith("/v1.0/inbox/"):
            return self.esendex_list(query)
        if url.path == "/v1.0/messageheaders":
            return self.esendex_sent(query)
        if url.path.startswith("/v1.0/messageheaders/"):
            return self.esendex_body(url.path.split("/")[3])
        if url.path.startswith("/2010-04-01/") and "DateSent>" in query:
            return self.twilio_list(url, query)
        with lock:
            state["asked"] += 1
            texts = list(state["texts"])
        if self.ask_trouble():
            return None
        if state["list"] == "empty":
            texts = []
        if url.path.startswith("/2010-04-01/"):
            found = [t for t in texts if t.get("sid") and t["to"] == query["To"][0]]
            return self.answer(200, {"messages": found[::-1], "next_page_uri": None})
        found = [t for t in texts if t.get("reference") == query["reference"][0]]
        return self.answer(200, {"notifications": found, "links": {}})


def receive(rest):
    wanted, sender, age, words = rest.split(" ", 3)
    words = re.sub(r"\\u([0-9a-f]{4})", lambda m: chr(int(m.group(1), 16)), words)
    with lock:
        state["inbox"].append({"id": wanted, "from": sender, "at": int(time.time()) - int(age),
                               "words": words, "pictures": 0})
    return "ok"


def answer(line):
    word, _, rest = line.strip().partition(" ")
    if word in ("mode", "list", "received", "pictures", "template"):
        state[word] = rest
        return "ok"
    if word == "hide":
        state["hidden"] = rest
        return "ok"
    if word == "page":
        state["page"] = int(rest)
        return "ok"
    if word == "receive":
        return receive(rest)
    if word == "picture":
        with lock:
            next(t for t in state["inbox"] if t["id"] == rest)["pictures"] = 1
        return "ok"
    if word == "others":
        with lock:
            state["texts"] += [{"id": str(uuid.uuid4()), "to": "+447700900999", "body": "another",
                                "client_ref": f"other {n}", "at": time.time()}
                               for n in range(int(rest))]
        return "ok"
    if word == "total":
        return len(state["texts"])
    if word in ("asked", "requests", "auth", "polled", "fetched"):
        return state[word]
    if word == "words":
        return state["texts"][-1]["body"].replace("\n", "|")
    if word == "to":
        return state["texts"][-1]["to"]
    if word == "callback":
        return state["texts"][-1].get("callback", "")
    if word == "empty":
        with lock:
            state["inbox"].clear()
        return "ok"
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
