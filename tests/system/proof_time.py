#!/usr/bin/python3
"""Days and clocks under a clock of our own: libfaketime before the daemon and the tool.

Each test sets the clock to chosen instants and runs `redressd --once` there. Instants are written in
UTC; London is an hour ahead from the last Sunday of March to the last of October, which is what the
tests are about. Mails are given the received time by their file's mtime, as a Maildir's is.
"""
import calendar
import glob
import json
import signal
import time

import house

COMPLAINT = ("I wish to make a formal complaint. Your contractor has missed two appointments for "
             "the boiler service and I want a written apology.")
# The rules are tuned; the first of these that they leave to a person is taken.
UNSURE = ["I am not happy.", "I am a little let down about the tap.", "Disappointed about the tap.",
          "I am not best pleased about the tap.", "Not what I hoped for, the tap."]


def library():
    found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    house.expect(found, "libfaketime is not installed (Debian package faketime)")
    return found[0]


def at(instant, **more):
    """The environment in which it is that instant, "2026-05-01 22:59:50", in UTC. The monotonic
    clock and the files' times stay true."""
    return {"LD_PRELOAD": library(), "FAKETIME": f"@{instant}", "TZ": "UTC",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1", **more}


def epoch(instant):
    return calendar.timegm(time.strptime(instant, "%Y-%m-%d %H:%M:%S"))


def clocks_of(home, address, instant):
    """name -> (starts, due, met) of the case that the address is on."""
    for case in home.ctl_json("case", "list", env=at(instant)):
        if case["contact"] == address:
            return {c["clock"]: (c["starts"], c["due"], c["met"]) for c in case["clocks"]}
    raise house.Failure(f"no case of {address}")


def friday_night_before_a_bank_holiday(build):
    """Early May bank holiday is Monday 4 May 2026, so the night of Friday 1 May counts from Tuesday."""
    with house.House(build, first_start=True) as home:
        mails = [("thursday@example.org", "2026-04-30 22:59:30", "2026-04-30", "2026-05-08",
                  "Thursday 23:59:30 in London is Thursday"),
                 ("friday@example.org", "2026-04-30 23:00:30", "2026-05-01", "2026-05-11",
                  "half a minute past midnight in London is Friday, though UTC says Thursday"),
                 ("late@example.org", "2026-05-01 22:59:00", "2026-05-01", "2026-05-11",
                  "Friday 23:59; weekend and bank holiday are no working days")]
        for number, (sender, received, *_) in enumerate(mails):
            home.deliver_mail(number, sender, "Complaint", COMPLAINT, mtime=epoch(received))
        home.once(env=at("2026-05-01 22:59:50"))
        for sender, _, starts, due, why in mails:
            clocks = clocks_of(home, sender, "2026-05-01 22:59:59")
            house.equal(clocks["stage1.acknowledge"][:2], (starts, due), why)
            house.equal(clocks["stage1.define"][:2], (starts, due), why)
            house.expect(clocks["stage1.acknowledge"][2], "the acknowledgement has gone")
            house.equal(clocks["stage1.respond"][:2], ("2026-05-01", "2026-05-18"),
                        "ten working days from the letter's own date, a Friday at 23:59")
            letters = home.letters_to(sender)
            house.equal(len(letters), 1, "letters to " + sender)
            house.expect("Monday 18 May 2026" in letters[0].get_body(("plain",)).get_content(),
                         "the letter says the date that binds")


def both_clock_changes(build):
    rows = [("march-eve@example.org", "2026-03-28 23:59:30", "2026-03-28", "2026-04-07",
             "GMT, Saturday; Good Friday and Easter Monday are no working days"),
            ("march-day@example.org", "2026-03-29 22:30:00", "2026-03-29", "2026-04-07",
             "23:30 in summer time, still the Sunday of the change"),
            ("march-night@example.org", "2026-03-29 23:30:00", "2026-03-30", "2026-04-08",
             "00:30 in summer time: Monday in London, Sunday in UTC"),
            ("october-summer@example.org", "2026-10-22 23:30:00", "2026-10-23", "2026-10-30",
             "the last summer Friday, 00:30 in London, Thursday in UTC"),
            ("october-change@example.org", "2026-10-25 00:30:00", "2026-10-25", "2026-10-30",
             "01:30, the first of two"),
            ("october-again@example.org", "2026-10-25 01:30:00", "2026-10-25", "2026-10-30",
             "01:30, the second of two"),
            ("october-night@example.org", "2026-10-25 23:30:00", "2026-10-25", "2026-10-30",
             "23:30 in winter time: Sunday in both"),
            ("october-monday@example.org", "2026-10-26 00:30:00", "2026-10-26", "2026-11-02",
             "00:30 in winter time: Monday in both")]
    with house.House(build, first_start=True) as home:
        for now, month in (("2026-03-30 08:00:00", "march"), ("2026-10-26 08:00:00", "october")):
            for number, (sender, received, *_) in enumerate(rows):
                if sender.startswith(month):
                    home.deliver_mail(number, sender, "Complaint", COMPLAINT,
                                      mtime=epoch(received))
            home.once(env=at(now))
            for sender, received, starts, due, why in rows:
                if sender.startswith(month):
                    clocks = clocks_of(home, sender, now)
                    house.equal(clocks["stage1.acknowledge"][:2], (starts, due), why)
                    house.equal(len(home.letters_to(sender)), 1, "letters to " + sender)
        seen = home.ctl_json("case", "list", env=at("2026-10-26 09:00:00"))
        by = {case["contact"]: case["received"] for case in seen}
        house.equal(by["march-night@example.org"], "2026-03-30T00:30:00+01:00", "summer time shown")
        house.equal(by["october-change@example.org"], "2026-10-25T01:30:00+01:00", "the first 01:30")
        house.equal(by["october-again@example.org"], "2026-10-25T01:30:00+00:00", "the second 01:30")


def a_clock_set_back_sends_nothing_and_alarms(build):
    with house.House(build, first_start=True) as home:
        home.deliver_mail(1, "first@example.org", "Complaint", COMPLAINT,
                          mtime=epoch("2026-06-02 09:00:00"))
        home.once(env=at("2026-06-02 10:00:00"))
        house.equal(len(home.letters()), 1, "letters before")
        home.deliver_mail(2, "second@example.org", "Complaint", COMPLAINT,
                          mtime=epoch("2026-06-02 08:55:00"))
        home.once(env=at("2026-06-02 09:00:00"), expect=(3,))
        house.equal(len(home.letters()), 1, "letters while the clock stands before the audit")
        status = home.status(env=at("2026-06-02 09:00:10"), expect=(1,))
        house.expect(any("clock stands before" in problem for problem in status["problems"]),
                     f"the alarm: {status['problems']}")
        house.equal(status["outbox"]["queued"], 1, "the letter waits")
        home.once(env=at("2026-06-02 11:00:00"))
        house.equal(len(home.letters_to("second@example.org")), 1, "letters when it is right again")
        status = home.status(env=at("2026-06-02 11:00:10"))
        house.expect(not any("clock stands before" in problem for problem in status["problems"]),
                     "the alarm is cleared")
        house.expect(home.ctl_json("audit", "verify")["whole"], "the audit chain")


def unsure_words(home):
    for words in UNSURE:
        line = json.dumps({"id": "1", "channel": "email", "subject": "the tap", "body": words})
        answer = json.loads(home.ctl("classify", "--landlord", "code-2024", "--rules", home.rules,
                                     "--jsonl", given=line))
        if answer["review"] and answer["score"] > 0 and "asks_not_formal" not in answer["flags"]:
            return words
    raise house.Failure("the rules leave none of UNSURE to a person; add a sentence that they do")


def an_undecided_review_is_a_complaint_at_nine(build):
    """Received Monday 1 June 2026: due Monday 8 June, so decided by default on Friday at 09:00."""
    with house.House(build, first_start=True) as home:
        home.deliver_mail(1, "unsure@example.org", "the tap", unsure_words(home),
                          mtime=epoch("2026-06-01 09:00:00"))
        home.once(env=at("2026-06-01 09:05:00"))
        case = home.ctl_json("case", "list", env=at("2026-06-01 09:06:00"))[0]
        house.equal(case["status"], "review", "a person is asked")
        house.equal(clocks_of(home, "unsure@example.org", "2026-06-01 09:06:00")
                    ["stage1.acknowledge"], ("2026-06-01", "2026-06-08", None),
                    "`received` meets no clock")
        house.equal(len(home.letters()), 1, "the letter `received`")
        home.once(env=at("2026-06-05 07:59:00"))
        case = home.ctl_json("case", "list", env=at("2026-06-05 07:59:30"))[0]
        house.equal(case["status"], "review", "at 08:59 in London a person may still decide")
        house.equal(len(home.letters()), 1, "letters at 08:59")
        home.once(env=at("2026-06-05 08:00:10"))
        case = home.ctl_json("case", "list", env=at("2026-06-05 08:01:00"))[0]
        house.equal((case["kind"], case["stage"], case["status"]), ("complaint", "stage1", "open"),
                    "at 09:00 it is a complaint by default")
        house.equal(len(home.letters()), 2, "the acknowledgement has gone")
        clocks = clocks_of(home, "unsure@example.org", "2026-06-05 08:01:00")
        house.expect(clocks["stage1.define"][2] is None, "a person owes the definition")
        house.expect(home.number("SELECT is_default FROM review") == 1, "the review says by default")


def a_letter_kept_over_midnight_is_written_anew(build):
    """Decided at 23:58, and the daemon dies before it sends: the date printed would bind a day that
    is over. Another that was attempted that day keeps its date."""
    with house.House(build, first_start=True) as home:
        home.once(env=at("2026-06-02 09:00:00"))
        home.deliver_mail(1, "midnight@example.org", "Complaint", COMPLAINT,
                          mtime=epoch("2026-06-02 22:50:00"))
        home.once(env=at("2026-06-02 22:58:00", REDRESS_FAULT="case-commit-after:1"),
                  expect=(-signal.SIGKILL,))
        queued = home.rows_after_death("SELECT written_for, state, attempts FROM outbox")
        house.equal([tuple(row) for row in queued], [("2026-06-02", "queued", 0)],
                    "written for Tuesday, not attempted")
        home.once(env=at("2026-06-03 06:00:00"))
        rows = home.rows("SELECT written_for, state FROM outbox ORDER BY id")
        house.equal([tuple(row) for row in rows],
                    [("2026-06-02", "cancelled"), ("2026-06-03", "sent")], "the letter's two rows")
        clocks = clocks_of(home, "midnight@example.org", "2026-06-03 06:01:00")
        house.equal(clocks["stage1.acknowledge"][:2], ("2026-06-02", "2026-06-09"),
                    "the acknowledgement runs from receipt")
        house.equal(clocks["stage1.respond"][:2], ("2026-06-03", "2026-06-17"),
                    "the response runs from the letter's new day")
        letters = home.letters_to("midnight@example.org")
        house.equal(len(letters), 1, "letters")
        house.expect("Wednesday 17 June 2026" in letters[0].get_body(("plain",)).get_content(), "the new date is printed")
        house.expect("16 June" not in letters[0].get_body(("plain",)).get_content(), "and the old one is not")


def an_attempted_letter_keeps_its_date(build):
    def smtp(home):
        home.smtp = home.help("smtp_server.py")
        return house.stanza({"Outgoing": "letters", "Kind": "smtp", "Host": "127.0.0.1",
                             "Port": home.smtp.port, "Security": "plain",
                             "From": "Complaints Team <complaints@landlord.example>"})

    with house.House(build, first_start=True, outgoing=smtp) as home:
        home.smtp.ask("mode", "data-4")
        home.deliver_mail(1, "busy@example.org", "Complaint", COMPLAINT,
                          mtime=epoch("2026-06-02 22:50:00"))
        home.once(env=at("2026-06-02 22:58:00"), expect=(3,))
        home.smtp.ask("mode", "ok")
        home.once(env=at("2026-06-03 06:00:00"))
        rows = home.rows("SELECT written_for, state FROM outbox ORDER BY id")
        house.equal([tuple(row) for row in rows], [("2026-06-02", "sent")], "the letter's one row")
        house.equal(clocks_of(home, "busy@example.org", "2026-06-03 06:01:00")
                    ["stage1.respond"][:2], ("2026-06-02", "2026-06-16"),
                    "what may have been read binds")


if __name__ == "__main__":
    house.run([friday_night_before_a_bank_holiday, both_clock_changes,
               a_clock_set_back_sends_nothing_and_alarms,
               an_undecided_review_is_a_complaint_at_nine,
               a_letter_kept_over_midnight_is_written_anew, an_attempted_letter_keeps_its_date])
