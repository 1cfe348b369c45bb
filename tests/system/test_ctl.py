"""redressctl and redressd as a tired officer uses them: what scripts may rely on (keys, instants,
exit statuses), and that a wrong word gets a clear answer and changes nothing.

Usage: test_ctl.py BUILD [TEST ...]
"""
import contextlib
import json
import os
import re
import sqlite3
import subprocess

import house
from desk import (REFERENCE, NOBODY, COMPLAINT, REQUEST, UNSURE, DANGER, fill, try_words, refused,
                  has_keys, is_instant, is_day, dump)
from house import equal, expect


def lists_have_the_shapes_that_scripts_rely_on(build):
    with house.House(build) as home:
        home.start()
        for number, (sender, subject, body) in enumerate((COMPLAINT, REQUEST, UNSURE, DANGER), 1):
            home.deliver_mail(number, sender, subject, body)
        home.deliver_text(1, house.phone(1), "still waiting 4 sum1 about the leak. 3rd time. joke")
        home.wait(lambda: home.is_idle(5), "all to be decided")

        cases = home.ctl_json("case", "list")
        equal(len(cases), 5, "cases")
        for case in cases:
            has_keys(case, ("ref", "kind", "stage", "status", "channel", "contact", "opened",
                            "clocks", "messages"), "case list")
            expect(REFERENCE.match(case["ref"]), f"reference {case['ref']}")
            expect(case["stage"] in ("none", "stage1", "stage2"), case["stage"])
            expect(case["status"] in ("review", "open", "answered", "closed"), case["status"])
            equal(case["messages"], 1, "messages of a case")
            is_instant(case["opened"], "opened")
            for clock in case["clocks"]:
                has_keys(clock, ("clock", "due", "met"), "a clock")
                is_day(clock["due"], "due")
                is_instant(clock["met"], "met")
        by_kind = {case["kind"] for case in cases}
        expect({"complaint", "service_request"} <= by_kind, f"kinds {by_kind}")
        equal({case["channel"] for case in cases}, {"email", "sms"}, "channels")
        complaint = next(case for case in cases if case["contact"] == "ravi@example.org")
        equal({clock["clock"] for clock in complaint["clocks"]},
              {"stage1.acknowledge", "stage1.define", "stage1.respond"}, "a complaint's clocks")
        equal([clock["met"] for clock in complaint["clocks"]
               if clock["clock"] == "stage1.define"], [None], "what nobody has defined")

        status = home.status(expect=(0,))
        has_keys(status, ("messages", "outbox", "sources", "problems"), "status")
        has_keys(status["messages"], ("accepted", "processed", "review", "quarantined",
                                      "duplicate", "guarded", "other"), "status messages")
        has_keys(status["outbox"], ("queued", "sent", "failed", "uncertain"), "status outbox")
        equal(status["problems"], [], "problems")
        for source in status["sources"]:
            has_keys(source, ("name", "last_success", "server_count", "accepted"), "a source")
            is_instant(source["last_success"], "last_success")
        mailbox = next(s for s in status["sources"] if s["name"] == "complaints")
        equal((mailbox["server_count"], mailbox["accepted"]), (4, 4), "mails there and here")

        review = home.ctl_json("review", "list")
        expect(review, "nothing is under review")
        for row in review:
            has_keys(row, ("review", "ref", "message", "best", "reasons", "since", "decided"),
                     "review list")
            is_instant(row["since"], "since")
        days = []
        for task in home.ctl_json("tasks"):
            has_keys(task, ("task", "kind", "due", "ref", "text"), "tasks")
            is_day(task["due"], "due")
            days.append(task["due"] or "9999")
        equal(days, sorted(days), "tasks, soonest first")
        soon = home.ctl_json("tasks", "--due-by", days[0])
        expect(0 < len(soon) <= len(days) and all(t["due"] == days[0] for t in soon), soon)
        for row in home.ctl_json("outbox", "list"):
            has_keys(row, ("row", "ref", "letter", "channel", "state", "sent"), "outbox list")
            is_instant(row["sent"], "sent")
            whole = home.ctl_json("outbox", "show", row["row"])
            expect(whole["payload"], "a letter without words")
        for case in cases:
            whole = home.ctl_json("case", "show", case["ref"].lower())
            equal(whole["ref"], case["ref"], "show of a reference in small letters")
            has_keys(whole, ("letters", "tasks", "notes", "links", "message_list", "history"),
                     "case show")
            bare = home.ctl_json("case", "show", case["ref"].split("-")[0])
            equal(bare["ref"], case["ref"], "show without the check characters")
        for message in home.ctl_json("messages"):
            has_keys(message, ("message", "channel", "received", "fate", "kind", "review",
                               "flags", "hits", "case", "due"), "messages")
        equal(home.ctl_json("audit", "verify", expect=(0,))["whole"], True, "audit")
        for words in (("case", "list"), ("review", "list"), ("tasks",), ("outbox", "list"),
                      ("messages",), ("status",), ("case", "show", cases[0]["ref"])):
            text = home.ctl(*words, expect=(0,))
            expect(text.strip() and "\x1b" not in text, f"{words} for people: {text!r}")


def staff_acts_do_what_they_say(build):
    with house.House(build) as home:
        refs = fill(home, COMPLAINT, REQUEST, UNSURE)
        ravi, tom, ed = (refs[who + "@example.org"] for who in ("ravi", "tom", "ed"))

        opened = home.ctl_json("--by", "Jo Officer", "case", "open", "--kind", "complaint",
                               "--channel", "phone", "--contact", "ann@example.org", "--name",
                               "Ann Lee", "--topic", "a leak", "--outcome", "a repair",
                               "--flag", "damp_mould", "--subject", "rang about a leak")
        ann = home.ctl_json("case", "show", opened["ref"])
        equal((ann["kind"], ann["stage"], ann["channel"], ann["flags"], ann["topics"]),
              ("complaint", "stage1", "phone", ["damp_mould"], ["a leak"]), "the opened case")
        equal(ann["history"][0]["actor"], "Jo Officer", "who opened it")

        home.ctl("case", "define", ravi, "--definition", "Missed visits on two days",
                 "--outcome", "an apology", expect=(0,))
        shown = home.ctl_json("case", "show", ravi)
        equal(shown["definition"], "Missed visits on two days", "definition")
        expect(all(clock["met"] for clock in shown["clocks"]
                   if clock["clock"] == "stage1.define"), "define is not met")
        home.ctl("case", "note", ravi, "--text", "rang, no answer", expect=(0,))
        equal(home.ctl_json("case", "show", ravi)["notes"][0]["text"], "rang, no answer", "note")

        home.ctl("case", "reclassify", tom, "--kind", "complaint", "--why", "rang again", expect=(0,))
        equal(home.ctl_json("case", "show", tom)["stage"], "stage1", "stage of a new complaint")

        number = home.ctl_json("review", "list")[0]["review"]
        decided = home.ctl_json("review", "decide", number, "--kind", "complaint", "--why",
                                "is not happy")
        equal(decided["ref"], ed, "the decided case")
        equal(home.ctl_json("review", "list"), [], "reviews left")
        equal(home.ctl_json("review", "list", "--all")[0]["decided"], "complaint", "the decision")

        refused(home, ("case", "close", ravi, "--why", "done"), "still owes the answer (`case respond REF --stage 1`)")
        home.ctl("case", "close", ravi, "--why", "answered by telephone", "--force", expect=(0,))
        closed = home.ctl_json("case", "show", ravi)
        equal((closed["status"], closed["closed_why"]), ("closed", "answered by telephone"), "close")
        equal([t["kind"] for t in closed["tasks"] if t["done"] is None], ["tell"],
              "tasks of a closed case")
        is_instant(closed["closed"], "closed")
        equal([c["ref"] for c in home.ctl_json("case", "list", "--status", "closed")], [ravi],
              "closed cases")
        expect(ravi not in [c["ref"] for c in home.ctl_json("case", "list", "--open")], "--open")

        task = next(t for t in home.ctl_json("tasks") if t["ref"] == opened["ref"] and t["task"])
        done = home.ctl_json("tasks", "--done", task["task"], "--how", "agreed on the telephone")
        equal((done["task"], done["done"]), (task["task"], True), "a task done, as JSON")
        expect(task["task"] not in [t["task"] for t in home.ctl_json("tasks")], "a task is left")

        home.once()
        kinds = {(r["ref"], r["letter"]) for r in home.ctl_json("outbox", "list")
                 if r["state"] == "sent"}
        for wanted in ((opened["ref"], "acknowledgement"), (tom, "acknowledgement"),
                       (ed, "acknowledgement")):
            expect(wanted in kinds, f"{wanted} was not sent: {kinds}")
        expect(home.letters_to("ann@example.org"), "no letter to the caller")
        home.ctl("audit", "verify", expect=(0,))
        home.ctl("audit", "ledger", "--idle", expect=(0,))

        # Whose account it was, whatever name was given: as another user than root, who is 0.
        uid = os.getuid()
        if uid == 0:
            uid = NOBODY
            home.give_to(uid)
        status, _, err = try_words(home, "--by", "Jo Officer", "case", "note", tom, "--text",
                                   "rang again", user=uid)
        equal(status, 0, f"a note by user {uid}: {err}")
        last = home.rows("SELECT actor, actor_uid FROM audit ORDER BY seq DESC LIMIT 1")[0]
        equal(tuple(last), ("Jo Officer", uid), "who acted, in the audit")


def an_act_says_what_came_of_it(build):
    with house.House(build) as home:
        refs = fill(home, COMPLAINT, DANGER)
        ravi, worried = refs["ravi@example.org"], refs["worried@example.org"]
        told = home.ctl("case", "define", ravi, "--definition", "Two missed visits", expect=(0,))
        expect("definition, by email: queued, written for" in told, told)

        text = home.ctl_json("case", "open", "--kind", "complaint", "--channel", "phone",
                             "--contact", "07700 900123", "--topic", "a leak")["ref"]
        told = home.ctl("case", "define", text, "--definition", "The roof", expect=(0,))
        expect("definition, by text" in told, told)
        number = home.number("SELECT max(id) FROM outbox")
        words = home.ctl_json("outbox", "show", number)["payload"]
        expect(text in words and "roof" not in words and "complaint" not in
               words.replace("make-a-complaint", ""), words)

        nobody = home.ctl("case", "open", "--kind", "complaint", "--channel", "in_person",
                          "--topic", "a leak", expect=(0,))
        expect("task" in nobody and "Acknowledge by hand" in nobody, nobody)
        nobody = nobody.split(":")[0]
        told = home.ctl("case", "define", nobody, "--definition", "The roof", expect=(0,))
        expect("no letter went, because" in told and "task" in told, told)
        today = home.ctl_json("case", "show", nobody)["opened"][:10]
        told = home.ctl("case", "acknowledge", nobody, "--given", today, expect=(0,))
        expect("another way" in told, told)

        told = home.ctl("case", "lift-hold", worried, "--why", "spoke to her", expect=(0,))
        expect("hold lifted" in told and "no letter of this case waits" in told and
               "task" in told, told)

        refused(home, ("case", "reclassify", ravi, "--kind", "other", "--why", "x"),
                "still owes the answer (`case respond REF --stage 1`)")
        told = home.ctl("case", "reclassify", ravi, "--kind", "service_request", "--why", "a repair",
                        "--force", expect=(0,))
        expect("no longer treated as a complaint" in told and "service_request, by email" in told,
               told)


def no_letter_leaves_a_safeguarding_case_until_a_person_lifts_the_hold(build):
    with house.House(build) as home:
        ref = fill(home, DANGER)["worried@example.org"]
        held = home.ctl_json("case", "show", ref)
        equal((held["held"], held["letters"], home.letters()), (True, [], []), "before the lift")
        expect("safeguarding" in held["flags"], held["flags"])
        expect(any("afeguarding" in t["text"] for t in held["tasks"]), "no task for today")
        expect("HELD" in home.ctl("case", "show", ref), "a tired officer does not see the hold")
        refused(home, ("case", "lift-hold", ref), "reason")
        home.ctl("case", "lift-hold", ref, "--why", "rang her sister: a letter is safe", expect=(0,))
        equal(home.ctl_json("case", "show", ref)["held"], False, "held after the lift")
        home.ctl("case", "reclassify", ref, "--kind", "complaint", "--why", "says so", expect=(0,))
        after = home.ctl_json("case", "show", ref)
        equal(after["held"], False, "a lifted hold comes back by itself")


def a_colleague_passes_a_mail_on_and_a_person_says_who_it_is(build):
    forward = ("Please log this.\n\nFrom: Ravi Shah <ravi@example.org>\nSent: 16 November 2026 10:12\n"
               "To: Pat\nSubject: missed appointments\n\n" + COMPLAINT[2])
    with house.House(build, gateway={"Staff": "@landlord.example"}) as home:
        ref = fill(home, ("Pat <pat@landlord.example>", "FW: missed appointments", forward))[
            "ravi@example.org"]
        case = home.ctl_json("case", "show", ref)
        equal((case["contact"], case["contact_proposed"], home.letters()),
              ("ravi@example.org", True, []), "before anybody looked")
        expect("NOT CONFIRMED" in home.ctl("case", "show", ref), "an officer does not see it")
        [task] = [t for t in home.ctl_json("tasks") if t["kind"] == "resident"]
        expect("outbox approve" in task["text"] and "ravi" not in task["text"], task)
        [letter] = home.ctl_json("outbox", "list")
        equal((letter["state"], letter["recipient"]), ("held", "ravi@example.org"), "the letter")
        refused(home, ("case", "contact", ref), "--address")
        refused(home, ("case", "contact", ref, "--address", "pat@landlord.example"), "landlord's own")
        told = home.ctl("case", "contact", ref, "--address", "ravi@example.org", "--name", "Ravi Shah",
                        expect=(0,))
        expect(told.startswith(f"{ref}: contact set"), told)
        home.once()
        equal([r["state"] for r in home.ctl_json("outbox", "list")], ["sent"], "once it is said")
        equal(home.ctl_json("case", "show", ref)["contact_proposed"], False, "afterwards")
        expect(all(t["kind"] != "resident" for t in home.ctl_json("tasks")), "the task is done")


def a_complaint_goes_through_its_stages(build):
    with house.House(build) as home:
        ref = fill(home, COMPLAINT)["ravi@example.org"]
        home.ctl("case", "define", ref, "--definition", "Two visits were missed.", expect=(0,))
        told = home.ctl("case", "assign", ref, "--to", "Ola Owner", expect=(0,))
        expect(told.startswith(f"{ref}: assigned"), told)
        home.ctl("case", "action", "add", ref, "--text", "mend the boiler", "--due", "2099-01-05",
                 expect=(0,))
        home.ctl("case", "respond", ref, "--stage", "1", "--found", "upheld", expect=(0,))
        equal(home.ctl_json("case", "show", ref)["status"], "answered", "after the answer")
        told = home.ctl("case", "escalate", ref, "--how", "text", expect=(0,))
        expect("case accept" in told, told)
        told = home.ctl("case", "accept", ref, expect=(0,))
        expect("stage2_acknowledgement" in told, told)
        home.once()
        refused(home, ("case", "assign", ref, "--to", "ola owner"), "not involved before")
        home.ctl("case", "assign", ref, "--to", "Rae Reviewer", expect=(0,))
        home.ctl("case", "respond", ref, "--stage", "2", expect=(0,))
        refused(home, ("case", "close", ref, "--why", "done"), "action 1 of case")
        home.ctl("case", "action", "done", ref, "--action", "1", "--how", "on Monday", expect=(0,))
        home.ctl("case", "close", ref, "--why", "done", expect=(0,))
        shown = home.ctl_json("case", "show", ref)
        equal([act["what"] for act in shown["acts"]],
              ["assigned", "action_added", "responded", "escalated", "accepted", "assigned",
               "responded", "action_done"], "acts")
        equal(shown["acts"][2]["person"], "Ola Owner", "who answered")
        equal(shown["acts"][2]["detail"], "upheld", "how")
        equal(shown["actions"][0]["how"], "on Monday", "how it was done")
        text = home.ctl("case", "show", ref, expect=(0,))
        expect("What was done" in text and "Promised" in text and "Rae Reviewer" in text, text)
        home.ctl("audit", "verify", expect=(0,))


# --- wrong use ---


def a_wrong_word_is_told_and_changes_nothing(build):
    with house.House(build) as home:
        refs = fill(home, COMPLAINT, REQUEST, UNSURE)
        ravi, tom = refs["ravi@example.org"], refs["tom@example.org"]
        home.ctl("case", "close", tom, "--why", "the tap is mended", expect=(0,))
        number = home.ctl_json("review", "list")[0]["review"]
        wrong = ravi[:-1] + ("A" if ravi[-1] != "A" else "B")
        before = dump(home)
        table = (
            # command, what the answer must say
            ("case show RD999999-AAAA", "do not belong to case 999999"),
            (f"case show {wrong}", "do not belong to case"),
            ("case show nonsense", "RD123456-K7QF"),
            ("case show", "usage: redressctl case show"),
            (f"case note {ravi}", "--text"),
            (f"case note {ravi} --text", "requires an argument"),
            (f"case note {ravi} --text x --kind complaint", "usage: redressctl case note"),
            ("outbox approve 1 --why x", "usage: redressctl outbox approve"),
            (f"case close {ravi}", "the reason (--why) is missing"),
            (f"case close {ravi} --why done", "still owes the definition (`case define REF"),
            (f"case reclassify {ravi} --kind complaint", "the reason (--why) is missing"),
            (f"case reclassify {ravi} --kind complant --why x", "did you mean `complaint`?"),
            (f"case reclassify {ravi} --why x", "--kind"),
            (f"case reclassify {tom} --kind complaint --why x", "is closed"),
            (f"case acknowledge {tom}", "is closed"),
            (f"case acknowledge {ravi}", "acknowledged"),
            (f"case acknowledge {ravi} --given soon", "YYYY-MM-DD"),
            (f"case define {ravi}", "definition"),
            (f"case define {tom} --definition x", "is closed"),
            (f"case lift-hold {ravi} --why x", "not held"),
            (f"case assign {ravi}", "the owner (--to)"),
            (f"case assign {tom} --to Ola", "case reopen REF"),
            (f"case contacted {tom}", "case reopen REF"),
            (f"case agree {ravi}", "case define REF"),
            (f"case respond {ravi}", "say with --stage one of 1, 2"),
            (f"case respond {ravi} --stage 3", "say with --stage one of 1, 2"),
            (f"case respond {ravi} --stage 2", "stage 2 begins when it is asked for"),
            (f"case respond {ravi} --stage 1 --found wholly", "upheld, partly, not_upheld"),
            (f"case respond {ravi} --stage 1 --given soon", "YYYY-MM-DD"),
            (f"case extend {ravi} --why x", "--to"),
            (f"case extend {ravi} --to 2099-01-04", "the reason (--why)"),
            (f"case escalate {ravi}", "is not answered yet"),
            (f"case escalate {ravi} --how dove", "staff, reply, text"),
            (f"case escalate {ravi} --why x", "usage: redressctl case escalate"),
            (f"case accept {ravi}", "nobody has asked for stage 2"),
            (f"case refuse {ravi} --why x", "nobody has asked for stage 2"),
            (f"case reopen {ravi} --why x", "is open already"),
            (f"case exclude {ravi}", "over-12-months, legal-proceedings"),
            (f"case exclude {ravi} --reason old", "(not `old`)"),
            (f"case withdraw {ravi}", "(--why)"),
            (f"case refer {tom}", "no complaint"),
            (f"case link {ravi}", "say with --to which other case"),
            (f"case link {ravi} --to {ravi}", "itself"),
            (f"case merge {ravi} --into {ravi} --why x", "into itself"),
            (f"case split {ravi} --why x", "--topic"),
            (f"case action {ravi}", "usage: redressctl case action"),
            (f"case action undo {ravi}", "usage: redressctl case action"),
            (f"case action add {ravi} --text x", "(--due)"),
            (f"case action done {ravi}", "--action"),
            (f"case action done {ravi} --action 99", "no action 99"),
            (f"case consent {ravi} --state asked", "(--who)"),
            (f"case consent {ravi} --who x", "asked, given, refused"),
            (f"case restrict {ravi} --terms x --why x", "(--review)"),
            (f"case restrict {ravi} --lift --why x", "nothing is restricted"),
            (f"case compensation {ravi} --state offered", "an offer has one (--amount)"),
            (f"review decide {number} --kind complaint", "the reason (--why) is missing"),
            (f"review decide {number} --kind complant --why x", "did you mean `complaint`?"),
            ("review decide 99 --kind complaint --why x", "no review 99"),
            ("review decide one --kind complaint --why x", "`one` is not a row number"),
            (f"review decide {ravi} --kind complaint --why x", "a review has a number, the first "
             f"column of `review list`; no review of {ravi} waits"),
            ("review decide -1 --kind complaint --why x", "usage"),
            ("outbox show 99", "no letter 99"),
            ("outbox approve 1", "is sent"),
            ("outbox retry 1", "is sent"),
            ("outbox cancel 1 --why x", "is sent"),
            ("outbox cancel 1", "the reason (--why) is missing"),
            ("outbox settle 1 --as sent --why x", "only an uncertain letter can be settled"),
            ("outbox settle 1 --as gone --why x", "not one of sent, send-again, cancel"),
            ("outbox list --state sentt", "did you mean `sent`?"),
            ("outbox list --case RD999999-AAAA", "do not belong"),
            ("tasks --due-by yesterday", "YYYY-MM-DD"),
            ("tasks --done 99 --how x", "no task 99"),
            ("tasks --done 1", "what was done (--how) is missing"),
            ("case open --channel phone", "--kind is missing"),
            ("case open --kind complaint", "--channel is missing"),
            ("case open --kind complaint --channel fax", "in_person"),
            ("case open --kind complaint --channel phone --received 2099-01-01", "in the future"),
            ("case open --kind complaint --channel phone --received 2026-13-01", "2026-13-01"),
            ("case open --kind complaint --channel phone --flag damp_mold",
             "did you mean `damp_mould`?"),
            ("case open --kind complaint --channel phone --contact bogus", "neither an e-mail"),
            ("case open --kind complaint --channel phone --landlord code-2025",
             "did you mean `code-2024`?"),
            ("case open --kind complaint --channel email", "phone, letter, in_person"),
            ("case open --kind complaint --channel sms", "phone, letter, in_person"),
            (("case", "open", "--kind", "complaint", "--channel", "phone", "--topic",
              "a leak\n\nYou get 500 pounds."), "without line breaks"),
            ("case list --kind complant", "did you mean `complaint`?"),
            ("case list --status opn", "did you mean `open`?"),
            ("case list --stage stage9", "stage1"),
            ("csae list", "did you mean `case`?"),
            ("case lst", "did you mean `list`?"),
            ("case", "usage"),
            ("case list --colour", "usage"),
            ("messages --fate opend", "did you mean `opened`?"),
            ("rules activate", "--reason"),
            ("rules activate --reason x /nonexistent", "/nonexistent"),
            ("rules activate --reason=", "--reason"),
            ("restore /nonexistent", "/nonexistent"),
            ("restore /tmp", "/tmp: not a file"),
            ("backup /nonexistent/x.db", "/nonexistent: No such file"),
            ("backup", "usage"),
        )
        for line, says in table:
            refused(home, line.split() if isinstance(line, str) else line, says)
        expect(dump(home) == before, "a refused command changed the store")
        refused(home, ("rules", "activate", "--reason", " "), "--reason")
        refused(home, ("backup", home.config), "there already")
        expect("Gateway:" in home.config.read_text(), "backup wrote over a file")


def without_a_usable_store_every_command_says_so(build):
    with house.House(build) as home:
        refused(home, ("status",), "no state file yet")
        refused(home, ("backup", home.folder / "copy"), "no state file yet")
        expect(not home.state.exists(), "a reading command made a store")
        refused(home, ("--config", "/nonexistent.conf", "status"),
                "/nonexistent.conf: there is no such file; name it with `--config FILE`", config=False)
        bad = home.folder / "bad.conf"
        bad.write_text("Gateway: house\nStat: /tmp/x\n")
        refused(home, ("--config", bad, "status"), f"{bad}:2:1", config=False)
        status, _, err = try_words(home, "--config", bad, "--check", config=False,
                                   program="redressd")
        equal(status, 2, "redressd --check on a wrong field")
        expect("did you mean" in err and "State" in err, err)
        home.once()
        if os.getuid() == 0:
            for words in (("status",), ("rules", "history"), ("review", "list")):
                refused(home, ("--by", "x") + words, "put `sudo -u redress` before the command",
                        user=NOBODY)
            equal(try_words(home, "--once", program="redressd", user=NOBODY)[0], 2,
                  "--once on a store of somebody else")
        with contextlib.closing(sqlite3.connect(home.state)) as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            db.execute("PRAGMA user_version = 99")
        refused(home, ("status",), "newer redressd")
        equal(home.once(expect=(2,)), 2, "--once on a newer store")
        with contextlib.closing(sqlite3.connect(home.state)) as db:
            db.execute(f"PRAGMA user_version = {version}")
        home.ctl("status", expect=(0,))
        home.state.with_name(home.state.name + "-wal").unlink(missing_ok=True)
        home.state.write_bytes(b"this is not a database at all " * 400)
        refused(home, ("status",), "damaged or is not one: ")
        equal(home.once(expect=(2,)), 2, "--once on a damaged store")


def some_commands_need_neither_configuration_nor_store(build):
    with house.House(build) as home:
        empty = home.folder / "empty"
        empty.mkdir()
        alone = {"config": False, "cwd": empty}
        rules = ("--rules", house.RULES)

        status, out, err = try_words(home, "classify", *rules, "--landlord", "code-2024", "--json",
                                     "-", given="Subject: hm\n\nThird time I have rung.\n", **alone)
        equal((status, err), (0, ""), "classify")
        has_keys(json.loads(out), ("id", "kind", "review", "score", "flags", "hits", "suppressed",
                                   "ruleset"), "classify")
        status, out, _ = try_words(home, "timeline", *rules, "--landlord", "code-2024", "--received",
                                   "2026-12-23", "--json", **alone)
        equal(status, 0, "timeline")
        clocks = {row["clock"]: row for row in json.loads(out)}
        for row in clocks.values():
            has_keys(row, ("clock", "starts", "due", "supposed", "source"), "timeline")
        equal(clocks["stage1.acknowledge"]["due"], "2027-01-04", "five working days of Christmas")
        equal(clocks["stage2.respond"]["due"], None, "a clock without its event")
        equal(json.loads(try_words(home, "landlord", "list", *rules, "--json", **alone)[1])[0]["name"],
              "code-2024", "landlord list")
        shown = json.loads(try_words(home, "landlord", "show", *rules, "--json", "code-2024",
                                     **alone)[1])
        for clock in shown["clocks"]:
            has_keys(clock, ("clock", "due", "from", "source", "note"), "landlord show")
        equal(try_words(home, "rules", "lint", house.RULES, **alone)[0], 0, "rules lint")

        for words, says in (
                (("classify", *rules, "-"), "--landlord"),
                (("classify", *rules, "--landlord", "cod-2024", "-"), "cod-2024"),
                (("classify", *rules, "--landlord", "code-2024", "/nonexistent.eml"), "nonexistent"),
                (("timeline", *rules, "--landlord", "nobody", "--received", "2026-01-01"), "nobody"),
                (("timeline", *rules, "--landlord", "cod-2024", "--received", "2026-01-01"),
                 "Did you mean `code-2024`?"),
                (("timeline", *rules, "--landlord", "code-2024"), "usage"),
                (("timeline", *rules, "--landlord", "code-2024", "--received", "today"), "today"),
                (("landlord", "show", *rules, "cod-2024"), "Did you mean `code-2024`?"),
                (("landlord", "list"), "--rules"),
                (("rules", "test", "/nonexistent"), "/nonexistent"),
                (("status",), "redress.conf")):
            refused(home, words, says, **alone)


def help_is_given_where_it_is_asked_for(build):
    with house.House(build) as home:
        for words, says in ((("-h",), "commands:"), (("help",), "commands:"),
                            (("case", "--help"), "case lift-hold"), (("case", "-h"), "case show"),
                            (("help", "case"), "case show"), (("case", "show", "-h"), "show REF"),
                            (("help", "timeline"), "stage2-acknowledged"),
                            (("timeline", "--help"), "hazard-known"),
                            (("rules", "--help"), "\n           what each rule did\n"),
                            (("rules", "--help"), "SET: a folder, `live`, a number of"),
                            (("rules", "diff", "--help"), "SET: a folder, `live`, a number of")):
            status, out, err = try_words(home, *words, config=False)
            equal((status, err), (0, ""), f"{words}")
            expect(says in out, f"{words} does not say {says}: {out}")
        equal(try_words(home, "case", config=False)[0], 2, "a group alone")
        refused(home, ("help", "cse"), "did you mean `case`?", config=False)


def an_option_is_only_taken_by_its_whole_name(build):
    with house.House(build) as home:
        rules = ("--rules", house.RULES, "--landlord", "code-2024")
        alone = {"config": False}
        received = ("--received", "2026-11-20")
        refused(home, ("timeline", *rules, *received, "--acknowledge", "2026-11-21"),
                "did you mean `--acknowledged`?", **alone)
        refused(home, ("timeline", *rules, *received, "--ack=2026-11-21"),
                "did you mean `--acknowledged`?", **alone)
        refused(home, ("--conf", home.config, "status"), "did you mean `--config`?", **alone)
        refused(home, ("case", "list", "--ope"), "did you mean `--open`?")
        refused(home, ("case", "list", "--json=yes"), "takes no value")
        refused(home, ("timeline", *rules, "--received"), "requires an argument", **alone)
        for given in (("--acknowledged", "2026-11-21"), ("--acknowledged=2026-11-21",)):
            status, out, err = try_words(home, "timeline", *rules, *received, *given, "--json",
                                         **alone)
            equal((status, err), (0, ""), f"{given}")
            respond = next(row for row in json.loads(out) if row["clock"] == "stage1.respond")
            equal(respond["starts"], "2026-11-21", f"{given}")


def what_lies_outside_the_calendar_is_told_as_what_it_is(build):
    with house.House(build) as home:
        words = ("timeline", "--rules", house.RULES, "--landlord", "code-2024", "--received")
        status, out, err = try_words(home, *words, "1999-03-03", config=False)
        equal(status, 1, "a day before the calendar")
        expect("before the calendar" in out and "before the calendar" in err, (out, err))
        expect("past" not in out + err and "calendar update" not in err, (out, err))
        status, out, err = try_words(home, *words, "2028-12-29", "--json", config=False)
        equal(status, 1, "a day whose clocks end past the calendar")
        expect("`redressctl calendar update https://" in err, err)
        first = json.loads(out)[0]
        equal((first["clock"], first["starts"], first["due"]),
              ("stage1.acknowledge", "2028-12-29", None), "what is known of it")


def an_answer_that_cannot_be_written_is_no_answer(build):
    with house.House(build) as home:
        fill(home, COMPLAINT)
        words = home.folder / "words"
        words.write_text("I wish to complain.\n")
        for line in (("case", "list"), ("case", "list", "--json"), ("status",), ("--help",),
                     ("classify", "--rules", house.RULES, "--landlord", "code-2024", words)):
            with open("/dev/full", "w") as full:
                done = subprocess.run([str(home.build / "redressctl"), "--config",
                                       str(home.config), *map(str, line)], stdout=full,
                                      stderr=subprocess.PIPE, text=True, timeout=house.DEADLINE_S)
            equal(done.returncode, 3, f"{line} on a full disk")
            expect("could not be written" in done.stderr, f"{line}: {done.stderr}")


def adds_up(text):
    """What `case show` tells for a complaint is its total, and no word carries what many came to."""
    kind, total = re.search(r"=> (\w+), (\S+) points?", text).groups()
    parts = re.findall(r"     points for (.+):\n((?:       .+\n)+)", text)
    equal(parts[0][0], "a complaint", "what is told first")
    expect(len(parts) == 1 or kind != "complaint", f"kinds that decided nothing: {text}")
    points = [float(p) for p in re.findall(r"^ +([+-]\S+)  (?!together)", parts[0][1], re.M)]
    expect(abs(sum(points) - float(total)) < 0.006, f"{points} are not {total}: {text}")
    expect("(several words together)" in parts[0][1], text)


def an_officer_sees_why_and_what_is_left_to_decide(build):
    with house.House(build) as home:
        refs = fill(home, COMPLAINT, UNSURE, DANGER, ("Al <al@example.org>", "", ""))
        ravi, ed, held, empty = (refs[who + "@example.org"] for who in
                                 ("ravi", "ed", "worried", "al"))
        text = home.ctl("case", "show", ravi)
        expect(text.startswith(f"Case {ravi}: complaint, stage 1, open\n"), text)
        expect("done by" in text, text)
        expect('+2  "missed appointments"  Somebody was expected' in text, text)
        for ref in (ravi, ed):
            adds_up(home.ctl("case", "show", ref))
        message = home.ctl_json("case", "show", ravi)["message_list"][0]
        equal((message["kind"], message["withheld"]), ("complaint", None), "its message")
        has_keys(message["hits"][0], ("rule", "means", "points", "where", "span", "text"), "a hit")
        expect(sum(hit["points"] for hit in message["hits"]) >= 4, message["hits"])

        shown = home.ctl_json("case", "show", ed)
        review = next(row for row in home.ctl_json("review", "list") if row["ref"] == ed)
        equal([(r["review"], r["reasons"]) for r in shown["reviews"]],
              [(review["review"], review["reasons"])], "its open review")
        listed = next(line for line in home.ctl("review", "list").splitlines() if ed in line)
        expect(re.search(r"  between the thresholds, [\d.]+ \([\d.]+ to [\d.]+\)", listed), listed)
        expect("points lie between" not in listed, listed)
        text = home.ctl("case", "show", ed)
        expect(text.startswith(f"Case {ed}: complaint, review\n"), text)
        expect(f"review {review['review']}, probably complaint: it may be" in text, text)

        shown = home.ctl_json("case", "show", held)
        equal(shown["message_list"][0]["withheld"], "safeguarding", "why no letter went")
        expect("No letter by itself: The case is flagged" in home.ctl("case", "show", held), held)

        listed = next(line for line in home.ctl("review", "list").splitlines() if empty in line)
        expect(re.search(r"-\s+it has no text$", listed), listed)

        home.ctl("case", "close", ravi, "--why", "done", "--force", expect=(0,))
        shown = home.ctl_json("case", "show", ravi)
        equal([c["clock"] for c in shown["clocks"]], ["stage1.acknowledge"], "clocks that count")
        equal([c["clock"] for c in shown["cancelled_clocks"]],
              ["stage1.define", "stage1.respond"], "cancelled clocks")
        is_instant(shown["cancelled_clocks"][0]["cancelled"], "cancelled")
        expect(re.search("stage1.respond .* cancelled ", home.ctl("case", "show", ravi)), ravi)


def reasons_of_a_review_stand_apart(build):
    quoted = "> On Monday you wrote:\n> I wish to make a formal complaint about the lift.\n"
    with house.House(build) as home:
        fill(home, ("Jo <jo@example.org>", "Re: stage 2", quoted))
        row = home.ctl_json("review", "list")[0]
        reasons = row["reasons"].split("\n")
        expect(len(reasons) > 1, f"one reason only: {reasons}")
        expect("; ".join(reasons) in home.ctl("review", "list"), home.ctl("review", "list"))
        refused(home, ("review", "decide", row["ref"], "--kind", "complaint", "--why", "x"),
                f"`review list`; this case's is {row['review']}")
        equal(row["subject"], "Re: stage 2", "its subject")
        expect("  Re: stage 2  " in home.ctl("review", "list"), "its subject, for people")
        expect("; ".join(reasons) in home.ctl("case", "show", row["ref"]), "case show")


def linked_cases_say_which_grew_out_of_which(build):
    with house.House(build) as home:
        first = fill(home, REQUEST)["tom@example.org"]
        home.deliver_mail(2, REQUEST[0], f"Re: {first}",
                          "I wish to make a formal complaint. Nobody came to mend the tap.")
        home.once()
        second = next(c["ref"] for c in home.ctl_json("case", "list") if c["ref"] != first)
        expect(f"{second} (it grew out of this case)" in home.ctl("case", "show", first), "first")
        expect(f"{first} (this complaint grew out of it)" in home.ctl("case", "show", second),
               "second")
        equal([home.ctl_json("case", "show", ref)["links"][0]["grew_from_here"]
               for ref in (first, second)], [True, False], "links")


def a_letter_of_unknown_fate_is_settled_in_the_words_chosen(build):
    with house.House(build) as home:
        fill(home, COMPLAINT)

        def lose():
            with contextlib.closing(sqlite3.connect(home.state)) as db:
                db.execute("UPDATE outbox SET state = 'uncertain', sent_ms = NULL")
                db.commit()

        lose()
        expect("1 letter may or may not have arrived. Run `redressctl outbox list --state "
               "uncertain`" in home.ctl("status", expect=(1,)), home.ctl("status"))
        for how, says in (("sent", "letter 1: recorded as sent"),
                          ("send-again", "letter 1: will be sent again"),
                          ("cancel", "letter 1: cancelled")):
            lose()
            told = home.ctl("outbox", "settle", 1, "--as", how, "--why", "asked her", expect=(0,))
            expect(told.startswith(says), told)
        refused(home, ("outbox", "cancel", 1, "--why", "x"),
                "letter 1 is cancelled; only a queued, held or failed letter can be cancelled")


def what_a_person_finds_to_ask_for_nothing_leaves_no_stage_2_task(build):
    with house.House(build) as home:
        fill(home, ("Jo <jo@example.org>", "Stage 2",
                    "I want to take my complaint to stage 2 please."))
        kinds = [task["kind"] for task in home.ctl_json("tasks")]
        expect("stage2" in kinds, f"no task to begin with: {kinds}")
        number = home.ctl_json("review", "list")[0]["review"]
        home.ctl("review", "decide", number, "--kind", "other", "--why", "a test", expect=(0,))
        equal([task["kind"] for task in home.ctl_json("tasks")], [], "tasks of a closed case")


if __name__ == "__main__":
    house.run([lists_have_the_shapes_that_scripts_rely_on, staff_acts_do_what_they_say,
               a_complaint_goes_through_its_stages,
               an_act_says_what_came_of_it,
               no_letter_leaves_a_safeguarding_case_until_a_person_lifts_the_hold,
               a_colleague_passes_a_mail_on_and_a_person_says_who_it_is,
               a_wrong_word_is_told_and_changes_nothing,
               without_a_usable_store_every_command_says_so,
               some_commands_need_neither_configuration_nor_store,
               help_is_given_where_it_is_asked_for, an_option_is_only_taken_by_its_whole_name,
               what_lies_outside_the_calendar_is_told_as_what_it_is,
               an_answer_that_cannot_be_written_is_no_answer,
               an_officer_sees_why_and_what_is_left_to_decide, reasons_of_a_review_stand_apart,
               linked_cases_say_which_grew_out_of_which,
               a_letter_of_unknown_fate_is_settled_in_the_words_chosen,
               what_a_person_finds_to_ask_for_nothing_leaves_no_stage_2_task])
