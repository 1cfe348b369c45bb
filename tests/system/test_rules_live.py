"""Rules on their way to being live and back: backtest, activate, rollback, history, diff, export, and
the reload that is refused where they are. On a few rules of its own, so that the shipped pack's
wording can change.

Usage: test_rules_live.py BUILD [TEST ...]
"""
import contextlib
import json
import os
import pty
import re
import shutil
import signal
import subprocess

import house
from house import equal, expect

RULES = """Ruleset: few
Request below: 2.0
Complaint from: 4.0
Cap per group: 9.0

Rule: complaining
Means: Says that it complains
Group: word
Points: 5
Phrase: i am complaining
Must match: I am complaining
Must not match: I am well

Rule: waiting
Means: Still waits
Topic: a delay
Group: delay
Points: 2.5
Phrase: still waiting
Must match: I am still waiting
Must not match: I am well

Rule: leak
Means: About a leak
Topic: a leak
For: service_request
Group: matter
Points: 2
Phrase: (leak|leaks|leaking)
Must match: the roof leaks
Must not match: I am well

Rule: damp
Means: About damp
Topic: damp
Flag: damp_mould
Group: matter
Phrase: damp
Must match: the wall is damp
Must not match: I am well
"""
SECRET = "Zebedee"      # a resident's word that no rule hits
COMPLAINT = f"I am complaining. The roof leaks. {SECRET}"
REQUEST = f"The tap leaks, could somebody look? {SECRET}"
UNSURE = f"The roof leaks and I am still waiting for a visit. {SECRET}"


@contextlib.contextmanager
def few_rules(build):
    """A house with the few rules, copied into a folder of its own."""
    with house.House(build) as home:
        home.rules = home.folder / "rules"
        home.rules.mkdir()
        for name in ("letters", "calendars"):
            shutil.copytree(house.RULES / name, home.rules / name)
        (home.rules / "landlords").mkdir()
        shutil.copy(house.RULES / "landlords" / "code-2024.landlord", home.rules / "landlords")
        home.config.write_text(home.config.read_text().replace(str(house.RULES), str(home.rules)))
        write(home.rules, RULES)
        yield home


def write(folder, text):
    (folder / "core.rules").write_text(text)


def copy_of(home, name, *changes):
    """A copy of the rules folder with those replacements."""
    folder = home.folder / name
    shutil.copytree(home.rules, folder)
    text = RULES
    for was, now in changes:
        expect(was in text, f"the rules do not hold {was!r}")
        text = text.replace(was, now)
    write(folder, text)
    return folder


LOSING = ("Points: 2.5", "Points: 1")


def take_in(home, *bodies):
    """Delivers and decides mails; gives their message numbers, in order."""
    first = home.number("SELECT count(*) FROM message") if home.state.exists() else 0
    names = [home.deliver_mail(number, body=body) for number, body in enumerate(bodies, first + 1)]
    home.once()
    return [home.number("SELECT id FROM message WHERE name = ?", name) for name in names]


def confirm(home, message, kind="complaint"):
    review = next(r for r in home.ctl_json("review", "list") if r["message"] == message)
    home.ctl("review", "decide", str(review["review"]), "--kind", kind, "--why", "as it says",
             expect=(0,))


def run(home, *words, config=True, given=None, env=None):
    """Whatever comes of it: (status, output, errors)."""
    start = [str(home.build / "redressctl")] + (["--config", str(home.config)] if config else [])
    done = subprocess.run(start + [str(w) for w in words], capture_output=True, text=True,
                          input=given, timeout=house.DEADLINE_S, env={**os.environ, **(env or {})})
    return done.returncode, done.stdout, done.stderr


def refused(home, words, says, status=2, **options):
    got, out, err = run(home, *words, **options)
    line = " ".join(map(str, words))
    equal(got, status, f"exit status of `{line}` (it said: {err.strip()})")
    expect(says in err, f"`{line}` does not say {says!r}: {err.strip()}")
    equal(out, "", f"what `{line}` printed")


def history(home):
    return home.ctl_json("rules", "history", expect=(0,))


# --- backtest ---


def a_backtest_tells_what_would_flip_and_why(build):
    with few_rules(build) as home:
        complaint, request, unsure, other = take_in(home, COMPLAINT, REQUEST, UNSURE,
                                                    UNSURE + " It is damp.")
        confirm(home, unsure)
        before = home.rows("SELECT * FROM activation")
        folder = copy_of(home, "then", LOSING, ("Phrase: i am complaining",
                                                "Phrase: i am really complaining"),
                         ("Must match: I am complaining", "Must match: I am really complaining"),
                         ("Phrase: damp\n", "Phrase: soaking\n"),
                         ("Must match: the wall is damp", "Must match: it is soaking"))
        status, out, err = run(home, "rules", "backtest", folder, "--json")
        equal((status, err), (1, ""), "a backtest that loses a complaint")
        told = json.loads(out)
        equal(told["messages"], 4, "messages")
        equal(told["table"]["complaint"], {"request": 1, "unsure": 0, "complaint": 0}, "complaints")
        equal(told["table"]["unsure"], {"request": 2, "unsure": 0, "complaint": 0}, "unsure ones")
        equal(told["table"]["request"], {"request": 1, "unsure": 0, "complaint": 0}, "requests")
        equal(told["confirmed"]["lost_messages"], [unsure], "lost")
        equal((told["review"]["was"], told["review"]["is"]), (2, 0), "review")
        equal((told["review"]["was_a_day"], told["review"]["is_a_day"]), (2.0, 0.0), "a day")
        equal(told["flags"], [{"flag": "damp_mould", "gained": 0, "lost": 1}], "flags")
        flips = {flip["message"]: flip for flip in told["flips"]}
        equal(sorted(flips), sorted([complaint, unsure, other]), "flips")
        equal([(r["rule"], r["change"], r["was"], r["is"], r["text"]) for r in
               flips[unsure]["rules"]], [("waiting", "points", 2.5, 1.0, "still waiting")], "why")
        equal([(r["rule"], r["change"], r["was"], r["is"]) for r in flips[complaint]["rules"]],
              [("complaining", "went", 5.0, None)], "why the complaint")
        equal(flips[other]["flags_lost"], ["damp_mould"], "its flags")
        equal((flips[unsure]["lost"], flips[other]["lost"]), (True, False), "which is lost")
        expect(re.match(r"RD\d{6}-", flips[unsure]["ref"]), flips[unsure]["ref"])
        equal((flips[unsure]["was"]["score"], flips[unsure]["is"]["score"]), (2.5, 1.0), "totals")

        status, out, err = run(home, "rules", "backtest", folder)
        equal((status, err), (1, ""), "the same, for people")
        for says in (f"message {unsure}, {flips[unsure]['ref']}, mail", "LOST", "+2.5 -> +1",
                     '"still waiting"', "unsure -> request", "3 would flip", "damp_mould -1",
                     "2.0 a day now, 0.0 then (-2.0)", "1 would be lost", f"lost: {unsure}"):
            expect(says in out, f"{says!r} is missing: {out}")
        expect(SECRET not in out + json.dumps(told), "words that no rule hit are shown")
        equal(home.rows("SELECT * FROM activation"), before, "activations")

        equal(run(home, "rules", "backtest", home.rules)[0], 0, "the live rules against themselves")
        told = home.ctl_json("rules", "backtest", home.rules, "--against", folder, expect=(0,))
        equal(told["confirmed"]["gained_messages"], [unsure], "the other way round")
        told = home.ctl_json("rules", "backtest", folder, "--to", "2001-01-01", expect=(0,))
        equal((told["messages"], told["flips"], told["days"]), (0, [], None), "an empty range")
        said = home.ctl("rules", "backtest", folder, "--to", "2001-01-30")
        expect(re.match(r"No messages to try from Mon 1 Jan 2001 to Tue 30 Jan 2001; the oldest is of "
                        r"\w+ \d+ \w+ 20\d\d\.\n", said), said)
        expect("->" not in said and "now \\ then" not in said, f"a table of noughts: {said}")
        # Other points that turn nothing are told, with the message that came nearest.
        nearly = copy_of(home, "nearly", ("Points: 2.5", "Points: 3.5"))
        told = home.ctl_json("rules", "backtest", nearly, expect=(0,))
        equal((told["flipped"], told["moved"], told["nearest"]["was"], told["nearest"]["is"]),
              (0, 2, 2.5, 3.5), "points that turned nothing")
        expect(told["nearest"]["message"] in (unsure, other), told["nearest"])
        said = home.ctl("rules", "backtest", nearly, expect=(0,))
        expect("0 would flip.\n2 messages got other points and stay where they are; nearest to a "
               f"threshold: message {told['nearest']['message']}, 2.5 -> 3.5 (a person looks from 2, "
               "complaint from 4)." in said, said)


def a_file_is_tried_without_any_store(build):
    with few_rules(build) as home:
        folder = copy_of(home, "then", LOSING)
        lines = [{"id": "a", "channel": "email", "subject": "s", "body": UNSURE,
                  "label": "complaint", "received": "2026-11-02T10:00:00Z"},
                 {"id": 7, "channel": "sms", "body": "still waiting",
                  "received": "2026-11-05T10:00:00Z"},
                 {"id": "c", "channel": "email", "body": REQUEST, "label": None,
                  "received": "2026-11-05T11:00:00Z"}]
        file = home.folder / "lines.jsonl"
        file.write_text("".join(json.dumps(line) + "\n" for line in lines))
        words = ("rules", "backtest", "--jsonl", file, "--landlord", "code-2024", "--against",
                 home.rules, folder)
        status, out, err = run(home, *words, "--json", config=False)
        equal((status, err), (1, ""), "a file that loses a complaint")
        told = json.loads(out)
        equal([flip["message"] for flip in told["flips"]], ["a", 7], "flips")
        equal(told["confirmed"]["lost_messages"], ["a"], "lost")
        equal((told["days"], told["review"]["was_a_day"]), (4, 0.5), "days")
        equal(told["not_replayed"], None, "no store was looked at")
        expect(not home.state.exists(), "a store was made")
        status, out, _ = run(home, *words, config=False)
        expect('"a", mail of Mon 2 Nov 2026: unsure -> request' in out, out)

        many = [{"id": n, "channel": "sms", "body": "still waiting " + "x " * (n % 40)}
                for n in range(250)]
        told = json.loads(run(home, "rules", "backtest", "--jsonl", "-", "--landlord", "code-2024",
                              "--against", home.rules, folder, "--json", config=False,
                              given="\n".join(map(json.dumps, many)))[1])
        equal([flip["message"] for flip in told["flips"]], list(range(250)), "many lines")

        for line, says in (('{"id":"x","channel":"fax","body":"b"}', "lines.jsonl:4: `channel`"),
                           ("nonsense", "lines.jsonl:4: this line is no JSON object in { }; is it "
                            "the right file?"), ("[]", "lines.jsonl:4: this line is no JSON object"),
                           ('{"id":', "lines.jsonl:4: this line is no whole JSON object"),
                           ('{"id":"x","channel":"sms","body":"b","label":"moan"}',
                            "lines.jsonl:4: `label`"), ('{"id":"x","channel":"sms"}', "`body`")):
            file.write_text("".join(json.dumps(x) + "\n" for x in lines[2:] * 3) + line + "\n")
            refused(home, words, says, config=False)

        # Blank lines are none; what is nearly a member's name is told, and not what is another one.
        file.write_text('\n{"id":1,"channel":"sms","body":"still waiting","lable":"complaint"}\n  \n'
                        '{"id":2,"channel":"sms","body":"still waiting","lable":"complaint","note":""}\n'
                        '{"id":3,"channel":"sms","body":"x","label":"other","labels":[]}\n\n')
        status, out, err = run(home, *words, "--json", config=False)
        equal((status, json.loads(out)["messages"], err), (0, 3, "redressctl: `lable` on 2 lines was "
              "ignored; did you mean `label`?\n"), "misspelt members")


def a_wrong_word_is_told(build):
    with few_rules(build) as home:
        take_in(home, REQUEST)
        broken = copy_of(home, "broken", ("Points: 2.5", "Pionts: 2.5"))
        last = copy_of(home, "then", LOSING)
        backtest = ("rules", "backtest")
        for words, says in (
                (backtest + ("--days", "0"), "`0` is not a number of days, 1 to 3660"),
                (backtest + ("--days", "week"), "number of days"),
                (backtest + ("--days", "2", "--from", "2026-11-01"), "not both"),
                (backtest + ("--from", "2026-11-02", "--to", "2026-11-01"), "--from is a day after"),
                (backtest + ("--from", "yesterday"), "yesterday"),
                (backtest + ("--jsonl", "x", "--days", "2"), "a file is tried whole"),
                (backtest + ("--jsonl", "/nonexistent"), "/nonexistent: No such file"),
                (backtest + ("--jsonl", "/tmp"), "this is a folder"),
                (backtest + ("--landlord", "code-2025"), "did you mean `code-2024`?"),
                (backtest + ("--landlord", "nobody"), "no mailbox of this gateway belongs to "
                 "`nobody`; it serves: code-2024\n"),
                (backtest + ("--against", "99"), "no number 99"),
                (backtest + ("--against", "beef"), "no rule set in the store begins with"),
                (backtest + ("--against", "/nonexistent"), "/nonexistent"),
                (backtest + ("/nonexistent",), "/nonexistent"),
                (backtest + (broken,), f"{broken}/core.rules:18:1"),
                (backtest + (last, last), f"one set at most; `{last}` is too many\nusage: "),
                (backtest + ("--dayz", "3"), "did you mean `--days`?"),
                (("rules", "rollback", "--reason", "x"), "no other rules were live before"),
                (("rules", "rollback", "--reason", "x", "7"), "no number 7"),
                (("rules", "rollback", "--reason", "x", "./then"), "neither a number"),
                (("rules", "rollback", "1"), "--reason"),
                (("rules", "rollback", "--reason", " ", "1"), "--reason"),
                (("rules", "activate", "--reason", "x" * 5000), "longer than 4000 bytes"),
                (("rules", "activate", "--reason", "x", "--days", "-1"), "number of days"),
                (("rules", "export", "1"), "usage"),
                (("rules", "export", "9", home.folder / "out"), "no number 9"),
                (("rules", "export", "1", home.rules), "is there already"),
                (("rules", "diff", "live", "1", "live"), "two sets at most; `live` is too many"),
                (("rules", "activate", "--reason", "x", last, "b"), "one folder at most; `b` is too"),
                (("rules", "rollback", "--reason", "x", "1", "2"), "one set at most; `2` is too"),
                (("rules", "lint", last, "b"), "one folder at most; `b` is too many"),
                (("rules", "test", last, "b"), "one folder at most; `b` is too many"),
                (("rules", "tune", last, "b"), "one set at most; `b` is too many"),
                (("rules", "stats", last, "b"), "one set at most; `b` is too many"),
                (("rules", "export", "1", "a", "b"), "two arguments at most; `b` is too many"),
                (("rules", "diff", "/nonexistent"), "/nonexistent"),
                (("rules", "history", "3"), "this takes no argument; `3` is too many")):
            refused(home, words, says)
        refused(home, backtest + ("--jsonl", "x", "--against", last, last), "--landlord NAME is missing",
                config=False)
        refused(home, ("--config", "/nonexistent.conf") + backtest + ("--jsonl", "x"),
                "unless --against names a folder", config=False)
        equal(len(history(home)), 1, "activations")
        expect(not (home.folder / "out").exists(), "a refused export made its folder")


def a_long_backtest_shows_how_far_it_is_on_a_terminal_alone(build):
    with few_rules(build) as home:
        take_in(home, REQUEST, UNSURE)
        folder = copy_of(home, "then", LOSING)
        ours, theirs = pty.openpty()
        try:
            for json_too, bar in (((), True), (("--json",), False)):
                done = subprocess.run([str(home.build / "redressctl"), "--config", str(home.config),
                                       "rules", "backtest", str(folder), *json_too],
                                      stdout=subprocess.PIPE, stderr=theirs, text=True,
                                      timeout=house.DEADLINE_S)
                os.set_blocking(ours, False)
                shown = ""
                with contextlib.suppress(BlockingIOError):
                    shown = os.read(ours, 65536).decode()
                equal("messages" in shown and "%" in shown, bar, f"a bar with {json_too}: {shown!r}")
                expect("\r" not in done.stdout, "the bar stands in the answer")
                if bar:
                    expect(shown.endswith("\r\x1b[K"), f"the bar is left standing: {shown!r}")
        finally:
            os.close(ours)
            os.close(theirs)


# --- forward and back ---


def a_lost_complaint_is_refused_and_stands_in_history_once_accepted(build):
    with few_rules(build) as home:
        lost, = take_in(home, UNSURE)
        confirm(home, lost)
        home.start()
        live = home.status()["ruleset"]
        folder = copy_of(home, "then", LOSING)
        words = ("rules", "activate", "--reason", "fewer false alarms", folder)
        refused(home, words, f"would be lost: message {lost}", status=1)
        refused(home, words, f"`redressctl rules backtest --days 30 {folder}` tells why", status=1)
        told = json.loads(run(home, *words, "--json")[1])
        equal((told["changed"], told["trial"]["lost_messages"], told["number"]),
              (False, [lost], None), "a refusal in JSON")
        expect("would be lost" in told["refused"], told["refused"])
        equal((home.status()["ruleset"], len(history(home))), (live, 1), "after the refusal")

        write(home.rules, (folder / "core.rules").read_text())
        home.daemon.send_signal(signal.SIGHUP)
        home.wait(lambda: "reload-refused" in str(home.rows("SELECT * FROM alarm")[0][0])
                  if home.rows("SELECT * FROM alarm") else False, "the reload's refusal")
        alarm = home.rows("SELECT words FROM alarm WHERE cause = 'reload-refused'")[0][0]
        expect(f"would be lost: message {lost}" in alarm and "--accept" in alarm, alarm)
        expect(any("would be lost" in p for p in home.status(expect=(1,))["problems"]), "status")
        equal(home.status()["ruleset"], live, "after the refused reload")

        said = home.ctl("rules", "activate", "--accept", "--reason", "we mend it by hand",
                        expect=(0,))
        for says in ("8 examples of 4 rules hold", "flips: 1 unsure -> request",
                     f"accepted: 1 complaint that a person confirmed would be lost: message {lost}",
                     "is live now (number 2)"):
            expect(says in said, f"{says!r} is missing: {said}")
        first, start = history(home)
        equal((first["how"], first["lost_messages"], first["lost"], first["reason"], first["live"]),
              ("activation", [lost], 1, "we mend it by hand", True), "history")
        equal((start["how"], start["by"], start["uid"], start["lost_messages"]),
              ("first start", "first start", None, []), "the first start")
        shown = home.ctl("rules", "history", expect=(0,))
        for says in ("2 live", f"accepted: 1 confirmed complaint lost (message {lost})",
                     "we mend it by hand", "first start", "redressd"):
            expect(says in shown, f"{says!r} is missing: {shown}")
        row = home.rows("SELECT * FROM audit WHERE what = 'rules_activated' ORDER BY seq DESC")[0]
        detail = json.loads(row["detail"])
        equal((detail["how"], detail["lost_messages"], detail["accepted"]),
              ("activation", [lost], True), "the audit")
        expect("by hand" not in row["detail"], "the reason stands in the audit")
        equal(home.ctl_json("audit", "verify", expect=(0,))["whole"], True, "the audit's chain")
        home.wait(lambda: home.status()["ruleset"] == first["ruleset"], "the daemon to follow")
        home.daemon.send_signal(signal.SIGHUP)
        home.wait(lambda: not home.rows("SELECT * FROM alarm WHERE cause = 'reload-refused'"
                                        " AND cleared_ms IS NULL"), "the alarm to end")


def a_rollback_activates_an_older_set_and_says_what_the_folder_holds(build):
    with few_rules(build) as home:
        take_in(home, REQUEST, COMPLAINT)
        first = history(home)[0]["ruleset"]
        write(home.rules, RULES.replace("Points: 5", "Points: 6"))
        second = home.ctl_json("rules", "activate", "--reason", "heavier", expect=(0,))
        equal((second["changed"], second["number"], second["trial"]["flipped"]), (True, 2, 0), "2nd")
        equal(home.ctl_json("rules", "activate", "--reason", "again")["changed"], False, "again")

        home.start()
        said = home.ctl("rules", "rollback", "--reason", "too heavy", "--by", "Sam", expect=(0,))
        expect(f"{first} is live now (number 3)" in said, said)
        expect(f"{home.rules} still holds other files" in said and "rules export" in said, said)
        notice, = [n for n in home.status()["notices"] if "older rules" in n or "differ" in n]
        expect("older rules (number 2 of" in notice and "rules export live" in notice
               and "rules activate" not in notice, f"status advises to undo the rollback: {notice}")
        newest = history(home)[0]
        equal((newest["number"], newest["ruleset"], newest["how"], newest["by"], newest["reason"]),
              (3, first, "rollback", "Sam", "too heavy"), "the rollback's row")
        equal([r["what"] for r in home.rows("SELECT what FROM audit WHERE what LIKE 'rules%'"
                                            " ORDER BY seq")],
              ["rules_activated", "rules_activated", "rules_rolled_back"], "the audit")
        home.wait(lambda: home.status()["ruleset"] == first, "the daemon to follow")

        out = home.folder / "back"
        told = home.ctl_json("rules", "export", newest["ruleset"][7:13], out, expect=(0,))
        equal(told["ruleset"], first, "exported")
        equal(home.ctl_json("rules", "diff", out, expect=(0,))["differences"], [], "the files back")
        for path in out.rglob("*"):
            equal(path.is_dir() or path.read_bytes() == (home.rules / path.relative_to(out))
                  .read_bytes() or path.name == "core.rules", True, f"{path}")

        home.daemon.send_signal(signal.SIGHUP)
        home.wait(lambda: home.status()["ruleset"] == second["ruleset"], "the reload of the folder")
        equal(history(home)[0]["how"], "reload", "the reload's row")
        told = home.ctl_json("rules", "rollback", "1", "--reason", "by number", expect=(0,))
        equal((told["how"], told["ruleset"], told["number"]), ("rollback", first, 5), "by number")
        told = home.ctl_json("rules", "rollback", second["ruleset"], "--reason", "by name",
                             expect=(0,))
        equal(told["ruleset"], second["ruleset"], "by SHA-256")
        told = home.ctl_json("rules", "rollback", "5", "--reason", "same set", expect=(0,))
        equal(told["ruleset"], first, "a rollback's own number")
        home.stop()
        home.start()
        equal(home.status()["ruleset"], first, "what a boot takes after a rollback")


def the_first_rules_have_nothing_to_be_tried_on(build):
    with few_rules(build) as home:
        said = home.ctl("rules", "activate", "--reason", "before the first start", expect=(0,))
        expect("no messages to try them on" in said and "(number 1)" in said, said)
        equal([row["how"] for row in history(home)], ["activation"], "the first row")
        told = home.ctl_json("rules", "backtest", copy_of(home, "then", LOSING), expect=(0,))
        equal((told["messages"], told["confirmed"]["complaints"]), (0, 0), "an empty store")
        said = home.ctl("rules", "backtest", home.folder / "then", expect=(0,))
        expect(said.startswith("No messages to try from ") and "none has been received" in said, said)


def rollback_after_rollback_goes_further_back(build):
    with few_rules(build) as home:
        home.once()
        for points in (6, 7, 8):
            write(home.rules, RULES.replace("Points: 5", f"Points: {points}"))
            home.ctl("rules", "activate", "--reason", f"points {points}", expect=(0,))
        sets = {row["number"]: row["ruleset"] for row in history(home)}
        for gone_to, reason in ((3, "points 7"), (2, "points 6"), (1, "an empty store")):
            status, out, err = run(home, "rules", "rollback", "--reason", "further")
            equal(status, 0, err)
            expect(f"going back to number {gone_to} of " in err and reason in err, err)
            equal(history(home)[0]["ruleset"], sets[gone_to], f"live, as number {gone_to}")
        refused(home, ("rules", "rollback", "--reason", "x"), "no other rules were live before")
        told = home.ctl_json("rules", "rollback", "4", "--reason", "forward", expect=(0,))
        equal((told["back_to"], told["ruleset"]), (4, sets[4]), "forward, by its number")
        told = home.ctl_json("rules", "rollback", "--reason", "and back", expect=(0,))
        equal((told["back_to"], told["ruleset"]), (1, sets[1]), "where it came from")
        write(home.rules, RULES.replace("Points: 5", "Points: 9"))
        home.ctl("rules", "activate", "--reason", "points 9", expect=(0,))
        equal(home.ctl_json("rules", "rollback", "--reason", "x", expect=(0,))["ruleset"], sets[1],
              "back from what came after a rollback")


def an_activation_tells_its_warnings_and_what_the_folder_still_holds(build):
    with few_rules(build) as home:
        home.once()
        folder = copy_of(home, "then", LOSING, ("Must match: the wall is damp\nMust not match: I am well",
                                                "Must match: the wall is damp\n"
                                                "Must not match: thunder and lightning"))
        said = home.ctl("rules", "activate", "--reason", "t", folder, expect=(0,))
        warned = home.ctl("rules", "test", folder, expect=(1,)).splitlines()
        expect(any("refused" in line and line in said for line in warned), f"no warning: {said}")
        for says in (f"{home.rules} still holds other files", f"Put {folder} in its place"):
            expect(says in said, f"{says!r} is missing: {said}")
        notice, = [n for n in home.status()["notices"] if "older rules" in n]
        expect(f"{home.rules} holds older rules (number 1 of" in notice, notice)
        write(home.rules, RULES.replace("Points: 5", "Points: 6"))
        notice, = [n for n in home.status()["notices"] if "differ" in n]
        expect("To keep what is live: `redressctl rules export live DIR`" in notice, notice)
        again = json.loads(run(home, "rules", "activate", "--reason", "t", folder, "--json")[1])
        equal((again["changed"], [p["severity"] for p in again["problems"]][:1]),
              (False, ["warning"]), "warnings in JSON")
        write(home.rules, (folder / "core.rules").read_text())
        said = home.ctl("rules", "activate", "--reason", "t", expect=(0,))
        expect("was live already" in said and "still holds" not in said, said)
        equal([n for n in home.status()["notices"] if "rules" in n], [], "notices")


def a_rollback_is_checked_as_an_activation_is(build):
    with few_rules(build) as home:
        write(home.rules, RULES.replace("Points: 2.5", "Points: 1"))
        found, = take_in(home, UNSURE)
        write(home.rules, RULES)
        home.ctl("rules", "activate", "--reason", "delays count", expect=(0,))
        again, = take_in(home, UNSURE)
        confirm(home, again)
        refused(home, ("rules", "rollback", "--reason", "back"), "would be lost", status=1)
        told = home.ctl_json("rules", "rollback", "--reason", "back", "--accept", expect=(0,))
        equal(told["trial"]["lost_messages"], [again], "what was accepted")
        equal(history(home)[0]["how"], "rollback", "how")


# --- diff ---


def a_diff_speaks_of_rules_and_not_of_lines(build):
    with few_rules(build) as home:
        home.once()
        folder = copy_of(home, "then", ("Points: 2.5", "Points: 2"),
                         ("Phrase: still waiting", "Phrase: still waiting\nPhrase: no answer"),
                         ("Complaint from: 4.0", "Complaint from: 4.5"))
        (folder / "more.rules").write_text("Rule: fed-up\nMeans: Is fed up\nPoints: 1\n"
                                           "Phrase: fed up\nMust match: fed up\n"
                                           "Must not match: I am well\n")
        letter = folder / "letters" / "added.email.letter"
        letter.write_text(letter.read_text() + "\nGoodbye.\n")
        said = home.ctl("rules", "diff", folder, expect=(1,))
        for says in ("Rule `waiting`: changed (core.rules:", "changed  Points: 2.5 -> 2",
                     "added    Phrase: no answer", "changed  Complaint from: 4.0 -> 4.5",
                     "Rule `fed-up`: added (more.rules:1)", "added    Phrase: fed up",
                     "letter letters/added.email.letter: changed (+2 -0 lines)",
                     "from: the live rules ("):
            expect(says in said, f"{says!r} is missing: {said}")
        told = home.ctl_json("rules", "diff", "1", folder, expect=(1,))
        waiting = next(d for d in told["differences"] if d["name"] == "waiting")
        equal([(f["field"], f["was"], f["is"]) for f in waiting["fields"]],
              [("Points", "2.5", "2"), ("Phrase", None, "no answer")], "fields")
        equal(told["text"], None, "no lines were asked for")
        lines = home.ctl("rules", "diff", "--text", folder, expect=(1,))
        for says in ("--- now/core.rules", "+++ then/core.rules", "-Points: 2.5", "+Points: 2",
                     "+++ then/more.rules", "@@ -0,0 +1,6 @@"):
            expect(says in lines.splitlines() or says in lines, f"{says!r} is missing: {lines}")
        expect("They are the same." in home.ctl("rules", "diff", expect=(0,)), "live and folder")
        # Any bytes: of another charset, and of those that steer a terminal.
        letter.write_bytes(b"caf\xe9 \x1b[2J\xc2\x9b1m\ttab\r\n")
        told = home.ctl_json("rules", "diff", "--text", folder, expect=(1,))
        expect("+caf? \x1b[2J" in told["text"], "bytes that are no UTF-8")
        raw = subprocess.run([str(home.build / "redressctl"), "--config", str(home.config), "rules",
                              "diff", "--text", str(folder)], capture_output=True, timeout=60).stdout
        expect(b"+caf\xe9  [2J 1m\ttab\r\n" in raw and b"\x1b" not in raw, "what steers a terminal")
        equal(run(home, "rules", "diff", home.rules, folder, config=False)[0], 1,
              "two folders need no store")


if __name__ == "__main__":
    house.run([a_backtest_tells_what_would_flip_and_why, a_file_is_tried_without_any_store,
               a_wrong_word_is_told, a_long_backtest_shows_how_far_it_is_on_a_terminal_alone,
               a_lost_complaint_is_refused_and_stands_in_history_once_accepted,
               a_rollback_activates_an_older_set_and_says_what_the_folder_holds,
               the_first_rules_have_nothing_to_be_tried_on,
               a_rollback_is_checked_as_an_activation_is, rollback_after_rollback_goes_further_back,
               an_activation_tells_its_warnings_and_what_the_folder_still_holds,
               a_diff_speaks_of_rules_and_not_of_lines])
