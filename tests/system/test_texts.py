"""Texts from end to end: signed webhooks in, a scripted provider's API out.

Usage: test_texts.py BUILD [TEST ...]
"""
import base64
import contextlib
import http.client
import json
import re
import sqlite3

import house
from house import equal, expect, phone

ACCOUNT = "AC" + "0" * 32
NOTIFY_TOKEN = "bearer-of-the-test"
NOTIFY_KEY = "house-" + "1" * 8 + "-1111-1111-1111-" + "1" * 12 + "-" + "2" * 8 + \
             "-2222-2222-2222-" + "2" * 12
TEMPLATE = "f33517ff-2a88-4f6e-b855-c550268ce08a"
COMPLAINT = "still waiting 4 sum1 2 come out about the leak. 3rd time iv asked. this is a complaint"
REQUEST = "hi the kitchen tap drips can someone come and look at it pls"


def twilio(home):
    home.account = ACCOUNT
    home.provider = home.help("provider_server.py")
    return house.stanza({"Texts": "texts", "Kind": "twilio", "Number": house.OUR_NUMBER,
                         "Account": ACCOUNT, "Token": home.token_place,
                         "API URL": f"http://127.0.0.1:{home.provider.port}"})


def notify(home):
    home.provider = home.help("provider_server.py")
    return house.stanza({"Texts": "council", "Kind": "notify", "Number": house.OUR_NUMBER,
                         "Token": home.secret("bearer", NOTIFY_TOKEN),
                         "API key": home.secret("key", NOTIFY_KEY), "Template": TEMPLATE,
                         "API URL": f"http://127.0.0.1:{home.provider.port}"})


def case_of(home, number):
    return next(c for c in home.ctl_json("case", "list") if c["contact"] == number)


def rows_of(home, ref):
    return home.ctl_json("outbox", "list", "--case", ref)


def hurry(home):
    """As if the pause before the next attempt, or before a question, were over."""
    with contextlib.closing(sqlite3.connect(home.state, timeout=20)) as db:
        db.execute("UPDATE outbox SET next_try_ms = 1, sending_ms = sending_ms - 70000 "
                   "WHERE state IN ('queued', 'uncertain')")
        db.commit()


def receipt(home, sid, status):
    return home.post("/sms/texts/status", {"MessageSid": sid, "MessageStatus": status,
                                           "AccountSid": ACCOUNT, "To": phone(1),
                                           "From": house.OUR_NUMBER})


def a_text_is_answered_through_twilio_and_its_receipt_is_kept(build):
    with house.House(build, texts=twilio) as home:
        home.start()
        home.deliver_text(1, phone(1), COMPLAINT)
        home.wait(lambda: home.is_idle(1), "the answer")
        case = case_of(home, phone(1))
        equal((case["kind"], case["stage"]), ("complaint", "stage1"), "the case")
        words = home.provider.ask("words").replace("|", "\n")
        equal(home.provider.ask("to"), phone(1), "to whom")
        for part in (case["ref"], "complaint, stage 1", "It is about", "full answer by",
                     "01632 960123", "Housing Ombudsman", "0300 111 3000",
                     "housing-ombudsman.org.uk"):
            expect(part in words, f"the answer lacks {part!r}: {words}")
        expect("3rd time" not in words, "the answer repeats her words")
        key = base64.b64encode(f"{ACCOUNT}:{house.TOKEN}".encode()).decode()
        equal(home.provider.ask("auth"), f"Basic {key}", "Authorization")
        equal(home.provider.ask("callback"), "http://127.0.0.1/sms/texts/status", "callback")

        row = rows_of(home, case["ref"])[0]
        sid = home.ctl_json("outbox", "show", row["row"])["provider_id"]
        expect(re.match("SM[0-9a-f]{32}$", sid or ""), sid)
        equal(receipt(home, sid, "delivered") // 100, 2, "the receipt's answer")
        equal(home.ctl_json("outbox", "show", row["row"])["delivery"], "delivered", "delivery")
        equal(receipt(home, "SM" + "f" * 32, "delivered") // 100, 2, "a receipt of somebody else's")

        # the same request again, and again after a restart
        for _ in range(3):
            home.deliver_text(1, phone(1), COMPLAINT)
        home.stop()
        home.start()
        home.deliver_text(1, phone(1), COMPLAINT)
        home.deliver_text(2, phone(1), "when will someone come")
        home.wait(lambda: home.is_idle(2), "the second text")
        equal(home.number("SELECT count(*) FROM message"), 2, "messages after replays")
        equal(case_of(home, phone(1))["messages"], 2, "messages of her case")
        equal(home.provider.number("total"), 2, "texts sent")
        # The Ombudsman's own address ends in make-a-complaint.
        later = re.sub(r"\S*ombudsman\S*", "", home.provider.ask("words"))
        expect(case["ref"] in later and "leak" not in later and "complaint" not in later.lower(),
               f"a later text says something of the matter: {later}")


def an_unsigned_text_is_refused_and_a_signed_one_is_never_held_up_by_it(build):
    with house.House(build) as home:
        home.start()
        fields = house.text_fields(1, phone(1), COMPLAINT)
        equal(home.post("/sms/texts", fields, signed=False), 403, "no signature")
        equal(home.post("/sms/texts", fields, token="guessed"), 403, "a guessed token")
        head = {"X-Twilio-Signature": house.twilio_signature("http://127.0.0.1/sms/texts", fields)}
        equal(home.post("/sms/texts", {**fields, "Body": "changed"}, head, signed=False), 403,
              "changed words")
        equal(home.post("/sms/nobody", fields), 404, "a number that is not ours")
        equal(home.get("/sms/texts")[0], 405, "GET")
        answers = [home.post("/sms/texts", fields, signed=False) for _ in range(30)]
        expect(429 in answers and set(answers) <= {403, 429}, f"thirty guesses: {answers}")
        equal(home.number("SELECT count(*) FROM message"), 0, "messages from strangers")
        home.deliver_text(1, phone(1), COMPLAINT)
        home.wait(lambda: home.is_idle(1), "the signed one")
        huge = house.text_fields(2, phone(2), "x" * 100_000)
        expect(home.post("/sms/texts", huge) in (413, None), "a huge body")
        log = home.log.read_text()
        expect("refused" in log.lower(), "the journal does not tell of refused requests")
        for secret in (phone(1), "leak", house.TOKEN):
            expect(secret not in log, f"the journal tells {secret}")


def half_sentences_within_the_pause_are_one_case(build):
    with house.House(build, texts=twilio, gateway={"Text_pause": "4 s"}) as home:
        home.start()
        home.deliver_text(1, phone(1), "its about the leak in my kitchn still waiting 4 sum1")
        home.deliver_text(2, phone(1), "thats the 3rd time iv asked, i want to make a complaint")
        home.deliver_text(3, phone(2), "the gate is off its hinges can you mend it")
        home.wait(lambda: home.is_idle(3), "all three")
        cases = home.ctl_json("case", "list")
        equal(sorted((c["contact"], c["messages"]) for c in cases), [(phone(1), 2), (phone(2), 1)],
              "cases")
        equal(case_of(home, phone(1))["kind"], "complaint", "both halves were read together")
        equal(home.provider.number("total"), 2, "one answer a case")


def the_word_complaint_opens_the_linked_complaint_and_stop_ends_texts(build):
    with house.House(build, texts=twilio) as home:
        home.start()
        home.deliver_text(1, phone(1), REQUEST)
        home.wait(lambda: home.is_idle(1), "the first answer")
        request = case_of(home, phone(1))
        equal(request["kind"], "service_request", "kind")
        expect("reply COMPLAINT" in home.provider.ask("words"), "the choice is not offered")
        home.deliver_text(2, phone(1), "Complaint")
        home.wait(lambda: home.is_idle(2), "the choice")
        cases = home.ctl_json("case", "list")
        equal(sorted(c["kind"] for c in cases), ["complaint", "service_request"], "cases")
        complaint = next(c for c in cases if c["kind"] == "complaint")
        equal(complaint["stage"], "stage1", "stage of the linked case")
        equal([link["ref"] for link in home.ctl_json("case", "show", complaint["ref"])["links"]],
              [request["ref"]], "links")
        expect(complaint["ref"] in home.provider.ask("words"), home.provider.ask("words"))

        sent = home.provider.number("total")
        home.deliver_text(3, phone(1), "STOP")
        home.wait(lambda: home.is_idle(3), "the stop")
        home.deliver_text(4, phone(1), "the tap is still dripping and now the floor is wet")
        home.wait(lambda: home.is_idle(4), "a text after the stop")
        equal(home.provider.number("total"), sent, "texts after STOP")
        fates = {m["message"]: m["fate"] for m in home.ctl_json("messages")}
        equal(fates[3], "guarded", "what became of STOP")
        home.deliver_text(5, phone(3), "STOP")
        home.deliver_text(6, phone(3), "formal complaint: nobody has come about the mould for 3 months")
        home.wait(lambda: home.is_idle(6), "a new complaint of somebody who opted out")
        case = case_of(home, phone(3))
        equal(home.provider.number("total"), sent, "texts to somebody who opted out")
        tasks = [t for t in home.ctl_json("tasks") if t["ref"] == case["ref"]]
        expect(any("cknowledge" in t["text"] and t["due"] for t in tasks),
               f"nobody owes the acknowledgement: {tasks}")


def a_lost_answer_is_asked_for_and_never_sent_twice(build):
    with house.House(build, texts=twilio) as home:
        home.start()
        home.provider.ask("mode", "lost")
        home.deliver_text(1, phone(1), COMPLAINT)
        home.wait(lambda: home.provider.number("total") == 1, "the text to be taken")
        home.provider.ask("mode", "ok")
        ref = home.wait(lambda: home.ctl_json("case", "list"), "the case")[0]["ref"]
        before = home.provider.number("asked")

        def settled():
            hurry(home)
            return rows_of(home, ref)[0]["state"] == "sent"

        home.wait(settled, "the provider to be asked", 90)
        expect(home.provider.number("asked") > before, "nobody asked")
        equal(home.provider.number("total"), 1, "texts sent")


def a_provider_that_is_busy_is_tried_again_and_one_that_refuses_leaves_a_task(build):
    with house.House(build, texts=twilio) as home:
        home.start()
        home.provider.ask("mode", "429")
        home.deliver_text(1, phone(1), COMPLAINT)
        home.wait(lambda: home.provider.number("requests") > 0, "an attempt")
        home.provider.ask("mode", "ok")

        def gone():
            hurry(home)
            return home.provider.number("total") == 1

        home.wait(gone, "the next attempt", 90)
        home.wait(lambda: home.is_idle(1), "its record")

        home.provider.ask("mode", "21610")
        home.deliver_text(2, phone(2), "formal complaint: nobody came about the mould for 3 months")
        home.wait(lambda: home.is_idle(2), "the refusal")
        case = case_of(home, phone(2))
        row = rows_of(home, case["ref"])[0]
        equal(row["state"], "failed", "a text to somebody who opted out at the provider")
        tasks = [t for t in home.ctl_json("tasks") if t["ref"] == case["ref"]]
        expect(len(tasks) >= 2, f"the duty is gone: {tasks}")
        equal([c["met"] for c in case["clocks"] if c["clock"] == "stage1.acknowledge"], [None],
              "the clock of what never arrived")
        asked = home.provider.number("requests")
        home.provider.ask("mode", "ok")
        home.deliver_text(3, phone(2), "hello? is anybody there")
        home.wait(lambda: home.is_idle(3), "a later text")
        equal(home.provider.number("requests"), asked, "requests for one who opted out")


def notify_post(home, path, value, token=NOTIFY_TOKEN):
    connection = http.client.HTTPConnection("127.0.0.1", home.port, timeout=20)
    try:
        connection.request("POST", path, json.dumps(value),
                           {"Content-Type": "application/json", "Authorization": f"Bearer {token}"})
        return connection.getresponse().status
    finally:
        connection.close()


def a_text_is_answered_through_notify_and_its_receipt_is_kept(build):
    with house.House(build, texts=notify) as home:
        home.start()
        text = {"id": "a5149c32-f03b-4711-af49-ad6993797d45", "source_number": "447700900001",
                "destination_number": "07700900000", "message": COMPLAINT,
                "date_received": "2026-11-20T10:00:00.000000Z"}
        equal(notify_post(home, "/sms/council", text, "wrong"), 403, "a wrong token")
        for _ in range(2):
            equal(notify_post(home, "/sms/council", text) // 100, 2, "the text, and again")
        home.wait(lambda: home.is_idle(1), "the answer")
        case = home.ctl_json("case", "list")[0]
        equal((case["kind"], home.provider.number("total")), ("complaint", 1), "case and answers")
        expect(case["ref"] in home.provider.ask("words"), home.provider.ask("words"))
        shown = home.ctl_json("outbox", "show", rows_of(home, case["ref"])[0]["row"])
        receipt = {"id": shown["provider_id"], "reference": None, "to": "07700900001",
                   "status": "delivered", "notification_type": "sms"}
        equal(notify_post(home, "/sms/council/status", receipt) // 100, 2, "the receipt")
        equal(home.ctl_json("outbox", "show", shown["row"])["delivery"], "delivered", "delivery")
        equal(notify_post(home, "/sms/council", {"id": "x"}), 400, "nonsense with the right token")
        equal(home.number("SELECT count(*) FROM message"), 1, "messages")


if __name__ == "__main__":
    house.run([a_text_is_answered_through_twilio_and_its_receipt_is_kept,
               an_unsigned_text_is_refused_and_a_signed_one_is_never_held_up_by_it,
               half_sentences_within_the_pause_are_one_case,
               the_word_complaint_opens_the_linked_complaint_and_stop_ends_texts,
               a_lost_answer_is_asked_for_and_never_sent_twice,
               a_provider_that_is_busy_is_tried_again_and_one_that_refuses_leaves_a_task,
               a_text_is_answered_through_notify_and_its_receipt_is_kept])
