"""Texts through Vonage, Esendex and FireText from end to end; webhooks that were lost.

Usage: test_numbers.py BUILD [TEST ...]
"""
import base64
import contextlib
import hashlib
import hmac
import http.client
import http.server
import json
import sqlite3
import threading
import time
import urllib.parse

import house
from house import equal, expect, phone

SECRET = "signature-secret-of-the-test"
ACCOUNT = "abcd1234"
COMPLAINT = ("still waiting 4 sum1 2 come out about the leak. 3rd time iv asked. this is a "
             "complaint")


def texts_of(home, name, kind, **fields):
    stanza = {"Texts": name, "Kind": kind, "Number": house.OUR_NUMBER,
              "Token": home.secret(f"{name}-token", SECRET),
              "API URL": f"http://127.0.0.1:{home.provider.port}"}
    if kind != "twilio":
        stanza["API key"] = home.secret(f"{name}-key", "key-of-the-test")
    stanza.update({key.replace("_", " "): value for key, value in fields.items()})
    return house.stanza(stanza)


def three(home):
    home.provider = home.help("provider_server.py")
    return "\n".join([
        texts_of(home, "vonage", "vonage", Account=ACCOUNT, Poll_every="never"),
        texts_of(home, "esendex", "esendex", Account="EX0000001", User="it@example.org",
                 Poll_every="never"),
        texts_of(home, "firetext", "firetext", User="redress", Poll_every="never")])


def ask(home, method, path, body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", home.port, timeout=20)
    try:
        connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def bare(number):
    return number.lstrip("+")


# --- Vonage, as its documentation signs ---

def sig(fields):
    signed = "".join(f"&{k}={str(v).replace('&', '_').replace('=', '_')}"
                     for k, v in sorted(fields.items()))
    return hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).hexdigest()


def vonage_fields(number, sender, words, **more):
    fields = {"msisdn": bare(sender), "to": bare(house.OUR_NUMBER), "messageId": f"{number:016X}",
              "text": words, "type": "text", "keyword": words.split()[0].upper(),
              "message-timestamp": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime()),
              "timestamp": str(int(time.time())), "nonce": f"n{number}",
              **{k.replace("_", "-"): str(v) for k, v in more.items()}}
    return {**fields, "sig": sig(fields).upper()}


def jwt(claims):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")
    text = part({"alg": "HS256", "typ": "JWT"}) + b"." + part(claims)
    mac = hmac.new(SECRET.encode(), text, hashlib.sha256).digest()
    return (text + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")).decode()


def message(number, sender, words):
    return json.dumps({"channel": "sms", "message_uuid": f"{number:08d}-0000-4000-8000-000000000000",
                       "to": bare(house.OUR_NUMBER), "from": bare(sender), "message_type": "text",
                       "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                       "text": words, "sms": {"num_messages": "1"}})


def bearer(body):
    return "Bearer " + jwt({"iss": "Vonage", "iat": int(time.time()), "jti": "1",
                            "api_key": ACCOUNT,
                            "payload_hash": hashlib.sha256(body.encode()).hexdigest()})


def each_provider_is_heard_and_answered(build):
    with house.House(build, texts=three) as home:
        home.start()
        a_long_text_of_vonage_comes_in_parts_however_it_is_sent(home)
        texts_come_and_go_through_esendex_and_firetext(home, 2)
        log = home.log.read_text()
        for secret in (SECRET, bare(phone(1)), "leak", "key-of-the-test"):
            expect(secret not in log, f"the journal tells {secret}")


def a_long_text_of_vonage_comes_in_parts_however_it_is_sent(home):
    words = ["still waiting 4 sum1 2 come out about the leak. 3rd ",
             "time iv asked & nobody = nothing. ", "this is a formal complaint"]
    parts = [vonage_fields(n + 1, phone(1), words[n], concat="true", concat_ref=7,
                           concat_part=n + 1, concat_total=3) for n in range(3)]
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    equal(ask(home, "GET", "/sms/vonage"), 200, "a probe")
    equal(ask(home, "POST", "/sms/vonage", "", **form), 200, "a probe by POST")
    equal(ask(home, "GET", "/sms/vonage?" + urllib.parse.urlencode(parts[2])), 200, "GET")
    equal(ask(home, "POST", "/sms/vonage", json.dumps(parts[0]),
              Content_Type="application/json"), 200, "JSON")
    unsigned = {k: v for k, v in parts[1].items() if k != "sig"}
    equal(ask(home, "POST", "/sms/vonage", urllib.parse.urlencode(unsigned), **form), 403,
          "no signature")
    changed = {**parts[1], "text": "all is well"}
    equal(ask(home, "POST", "/sms/vonage", urllib.parse.urlencode(changed), **form), 403,
          "changed words")
    equal(home.number("SELECT count(*) FROM message"), 0, "messages before the last part")
    for _ in range(2):
        equal(ask(home, "POST", "/sms/vonage", urllib.parse.urlencode(parts[1]), **form), 200,
              "the last part, and again")
    home.wait(lambda: home.is_idle(1), "the answer")
    case = home.ctl_json("case", "list")[0]
    equal((case["kind"], case["contact"], case["messages"]), ("complaint", phone(1), 1), "case")
    equal(home.rows("SELECT body FROM text_words")[0][0].decode(), "".join(words), "the words")
    expect(case["ref"] in home.provider.ask("words"), home.provider.ask("words"))
    equal(home.provider.ask("callback"), "http://127.0.0.1/sms/vonage/status", "callback")
    row = home.ctl_json("outbox", "list", "--case", case["ref"])[0]["row"]
    key = home.ctl_json("outbox", "show", row)["provider_id"]
    fields = {"msisdn": bare(phone(1)), "to": bare(house.OUR_NUMBER), "messageId": "0A",
              "status": "delivered", "err-code": "0", "client-ref": key,
              "timestamp": str(int(time.time()))}
    query = urllib.parse.urlencode({**fields, "sig": sig(fields)})
    equal(ask(home, "GET", "/sms/vonage/status?" + query), 200, "the receipt")
    equal(home.ctl_json("outbox", "show", row)["delivery"], "delivered", "delivery")

    # the Messages API beside it
    body = message(9, phone(2), "formal complaint: no heating for 3 weeks")
    head = {"Content_Type": "application/json"}
    equal(ask(home, "POST", "/sms/vonage", body, **head), 503, "unsigned: to be sent again")
    equal(ask(home, "POST", "/sms/vonage", body, Authorization=bearer(body + " "), **head),
          403, "a token for another body")
    for _ in range(2):
        equal(ask(home, "POST", "/sms/vonage", body, Authorization=bearer(body), **head), 200,
              "the message, and again")
    home.wait(lambda: home.is_idle(2), "its answer")
    equal(home.number("SELECT count(*) FROM message"), 2, "messages")


def texts_come_and_go_through_esendex_and_firetext(home, before):
    xml = ("<InboundMessage><Id>1</Id><MessageId>ee931a29-d176-42bb-b2a1-a66871e8c118"
           f"</MessageId><AccountId>a</AccountId><MessageText>{COMPLAINT}</MessageText><From>"
           f"{bare(phone(11))}</From><To>{bare(house.OUR_NUMBER)}</To></InboundMessage>")
    esendex = f"/sms/esendex?token={SECRET}"
    equal(ask(home, "POST", "/sms/esendex", xml), 403, "without the secret")
    equal(ask(home, "POST", esendex[:-1], xml), 403, "with a part of the secret")
    for _ in range(2):
        equal(ask(home, "POST", esendex, xml), 200, "the text, and again")
    home.wait(lambda: home.is_idle(before + 1), "the answer")
    case = next(c for c in home.ctl_json("case", "list") if c["contact"] == phone(11))
    expect(case["ref"] in home.provider.ask("words"), home.provider.ask("words"))
    row = home.ctl_json("outbox", "list", "--case", case["ref"])[0]["row"]
    sent = home.ctl_json("outbox", "show", row)["provider_id"]
    status = f"/sms/esendex/status?token={SECRET}"
    equal(ask(home, "POST", status, f"<MessageDelivered><MessageId>{sent}</MessageId>"
                                    "</MessageDelivered>"), 200, "the receipt")
    equal(home.ctl_json("outbox", "show", row)["delivery"], "delivered", "delivery")
    equal(ask(home, "POST", status, f"<OptOut><From><PhoneNumber>{bare(phone(11))}"
                                    "</PhoneNumber></From></OptOut>"), 200, "the opt-out")
    total = home.provider.number("total")
    equal(ask(home, "POST", esendex, xml.replace("ee931a29", "ee931a30")), 200, "another text")
    home.wait(lambda: home.is_idle(before + 2), "what becomes of it")
    equal(home.provider.number("total"), total, "texts to one who opted out at the provider")

    basic = "Basic " + base64.b64encode(f"redress:{SECRET}".encode()).decode()
    form = {"source": bare(phone(12)), "destination": bare(house.OUR_NUMBER),
            "message": COMPLAINT, "time": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())}
    head = {"Content_Type": "application/x-www-form-urlencoded"}
    data = urllib.parse.urlencode(form)
    equal(ask(home, "POST", "/sms/firetext", data, **head), 403, "without the password")
    for _ in range(2):
        equal(ask(home, "POST", "/sms/firetext", data, Authorization=basic, **head), 200,
              "the text, and again")
    home.wait(lambda: home.is_idle(before + 3), "the answer")
    case = next(c for c in home.ctl_json("case", "list") if c["contact"] == phone(12))
    equal(case["messages"], 1, "messages of the case")
    row = home.ctl_json("outbox", "list", "--case", case["ref"])[0]
    equal(row["state"], "sent", "the answer by FireText")
    expect(len(home.provider.ask("words")) <= 612, "it is longer than FireText takes")
    expect("housing-ombudsman.org.uk" in home.provider.ask("words"), "its end is not there")
    key = home.ctl_json("outbox", "show", row["row"])["provider_id"]
    failed = urllib.parse.urlencode({"status": "1", "code": "101", "reference": key})
    equal(ask(home, "POST", "/sms/firetext/status", failed, Authorization=basic, **head), 200,
          "the receipt")
    tasks = [t["text"] for t in home.ctl_json("tasks") if t["ref"] == case["ref"]]
    expect(any("failed 101" in text for text in tasks), f"nobody owes it: {tasks}")


# --- connect ---

def connect(home, name, expect):
    said = home.ctl_json("connect", name, expect=(expect,))
    equal(len(said), 1, f"things that are called {name}")
    return said[0]


def connect_says_what_is_wrong(build):
    def numbers(home):
        home.provider = home.help("provider_server.py")
        gone = f"http://127.0.0.1:{house.free_port()}"
        key = home.secret("notify-key", "k-26785a09-ab16-4eb0-8407-a37497a57506-"
                                        "3d844edf-8d35-48ac-975b-e847b4f122b0")
        bad = home.secret("bad-key", "short")
        return "\n".join([
            texts_of(home, "vonage", "vonage", Account=ACCOUNT),
            texts_of(home, "council", "notify", Template="x", API_key=key),
            texts_of(home, "badkey", "notify", Template="x", API_key=bad),
            texts_of(home, "nokey", "firetext", User="u", API_key="file /nowhere/key"),
            texts_of(home, "gone", "esendex", Account="EX1", User="u", API_URL=gone)])

    nobody = f"http://127.0.0.1:{house.free_port()}"
    with house.House(build, texts=numbers, gateway={"Public_URL": nobody}) as home:
        webhook = "cannot be reached from this machine"
        said = connect(home, "vonage", 1)["says"]
        equal([webhook in s for s in said], [True], said)
        for answer, wanted in (("401", "check the account and its key"), ("500", "HTTP 500")):
            home.provider.ask("received", answer)
            said = connect(home, "vonage", 1 if answer == "401" else 3)
            expect(wanted in said["says"][0] and not said["well"], said)
        home.provider.ask("received", "ok")
        for template, wanted in (("Dear ((name)) ((body))", "((name))"), ("none", "`Template:`"),
                                 ("Thank you", "Housing Ombudsman"), ("x ((body))", "of its own")):
            home.provider.ask("template", template)
            said = connect(home, "council", 1)
            expect(any(wanted in s for s in said["says"]), said)
        expect("too short" in connect(home, "badkey", 1)["says"][0], "a key that was not copied whole")
        expect("/nowhere/key" in connect(home, "nokey", 1)["says"][0], "a secret that is not there")
        connect(home, "gone", 3)
        equal(connect(home, "complaints", 0)["well"], True, "the mailbox")
        expect("there is no folder" in connect(home, "letters", 1)["says"][0], "the way out")
        home.ctl("connect", "nobody", expect=(2,))
        equal(home.provider.number("total"), 0, "texts sent")


class Page(http.server.BaseHTTPRequestHandler):
    """Somebody else's web server at our address."""

    def do_POST(self):
        self.send_response(self.server.status)
        self.send_header("Content-Length", "7")
        self.end_headers()
        self.wfile.write(b"<html/>")

    def log_message(self, *args):
        pass


def connect_knows_the_daemon_from_any_other_page(build):
    page = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=page.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{page.server_address[1]}"
    with house.House(build, texts=three, gateway={"Public_URL": address}) as home:
        for name in ("vonage", "firetext"):
            for status in (200, 403, 404, 429):
                page.status = status
                said = connect(home, name, 1)["says"]
                equal([f"HTTP {status}, not as redressd does" in s for s in said], [True], said)
    page.shutdown()
    place = f"127.0.0.1:{house.free_port()}"
    with house.House(build, texts=three,
                     gateway={"Public_URL": f"http://{place}", "Listen": place}) as home:
        home.start()
        for name in ("vonage", "esendex", "firetext"):
            equal(connect(home, name, 0)["well"], True, name)


# --- webhooks that were lost ---

def twilio(home):
    home.account = "AC" + "0" * 32
    home.provider = home.help("provider_server.py")
    return house.stanza({"Texts": "texts", "Kind": "twilio", "Number": house.OUR_NUMBER,
                         "Account": home.account, "Token": home.token_place,
                         "API URL": f"http://127.0.0.1:{home.provider.port}"})


def begun_before(home, hours):
    """As if the number had been at work for hours."""
    with contextlib.closing(sqlite3.connect(home.state, timeout=20)) as db:
        db.execute("UPDATE source SET first_seen_ms = first_seen_ms - ?, polled_ms = polled_ms - ?",
                   (hours * 3600000, hours * 3600000))
        db.commit()


def texts_that_came_while_the_gateway_was_down_are_found(build):
    with house.House(build, texts=twilio) as home:
        home.provider.ask("received", "500")
        equal(home.once(expect=(3,)), 3, "--once: a list that is not given")
        problems = home.status()["problems"]
        expect(any("list of received texts" in p for p in problems), problems)
        home.provider.ask("received", "ok")
        begun_before(home, 5)
        sid = "SM" + "7" * 32
        home.provider.ask("receive", sid, phone(1), 4000, COMPLAINT)
        home.provider.ask("receive", "SM" + "8" * 32, phone(2), 200, "the gate is off its hinges")
        home.provider.ask("picture", "SM" + "8" * 32)
        home.start()
        home.wait(lambda: home.is_idle(2), "both to be found and answered")
        case = next(c for c in home.ctl_json("case", "list") if c["contact"] == phone(1))
        equal(case["kind"], "complaint", "the case of the lost text")
        problems = home.status()["problems"]
        equal(len([p for p in problems if sid in p]), 1, f"alarms that name it, of {problems}")
        expect(not any("does not give its list" in p for p in problems), problems)
        expect(phone(1) not in home.log.read_text(), "the journal tells a number")
        home.wait(lambda: home.number("SELECT count(*) FROM text_media WHERE state = 'kept'") == 1,
                  "the picture", 90)
        gate = next(c for c in home.ctl_json("case", "list") if c["contact"] == phone(2))
        shown = home.ctl_json("case", "show", gate["ref"])["message_list"]
        equal([m["pictures"] for m in shown], [1], "pictures of the case")
        written = home.ctl_json("case", "pictures", gate["ref"], home.folder / "pictures")
        equal([p["what"] for p in written], ["written"], "what became of the picture")
        data = (home.folder / "pictures" / written[0]["file"]).read_bytes()
        equal(data[:8], b"\x89PNG\r\n\x1a\n", "the picture's first bytes")
        # The webhook, late: Twilio tries again, or somebody sends the request once more.
        status = home.post("/sms/texts", {"MessageSid": sid, "AccountSid": home.account,
                                          "From": phone(1), "To": house.OUR_NUMBER,
                                          "Body": COMPLAINT, "NumMedia": "0"})
        equal(status, 200, "the late webhook")
        equal(home.number("SELECT count(*) FROM message"), 2, "messages")
        equal(home.provider.number("total"), 2, "answers")


if __name__ == "__main__":
    house.run([connect_says_what_is_wrong,
               connect_knows_the_daemon_from_any_other_page,
               each_provider_is_heard_and_answered,
               texts_that_came_while_the_gateway_was_down_are_found])
