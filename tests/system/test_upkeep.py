"""What an administrator does with redressctl and redressd: mailboxes that move, the calendar, the
rules folder, a backup, the check, and starts that something stands in the way of.

Usage: test_upkeep.py BUILD [TEST ...]
"""
import contextlib
import json
import re
import shutil
import signal
import sqlite3

import house
from desk import (COMPLAINT, REQUEST, fill, try_words, refused, https_server)
from house import equal, expect


def a_mailbox_that_moved_is_told_from_the_one_that_is_read(build):
    with house.House(build) as home:
        home.once()
        moved = home.folder / "moved"
        for name in ("tmp", "new", "cur"):
            (moved / name).mkdir(parents=True)
        home.config.write_text(home.config.read_text().replace(f"{home.mailbox}\n", f"{moved}\n"))
        home.once()
        equal([(s["name"], s["configured"]) for s in home.status()["sources"]],
              [("complaints", False), ("complaints", True)], "sources")
        told = [line for line in home.ctl("status").splitlines() if "complaints:" in line]
        equal([line.endswith("(no longer configured)") for line in told], [True, False], "sources")


# --- the calendar ---


def a_calendar_is_only_taken_where_nothing_is_lost(build):
    with house.House(build, rules="few") as home:
        folder = home.rules
        live = folder / "calendars" / "bank-holidays.json"
        good = live.read_text()
        years = json.loads(good)
        last = max(e["date"] for e in years["scotland"]["events"])[:4]
        given = home.folder / "given.json"
        words = ("calendar", "update", given)

        def changed(change):
            calendar = json.loads(good)
            change(calendar)
            given.write_text(json.dumps(calendar))

        def without(nation, day):
            def change(calendar):
                events = calendar[nation]["events"]
                events[:] = [e for e in events if not e["date"].startswith(day)]
            return change

        for change, says in (
                (lambda c: c.pop("scotland"), '"scotland"'),
                (without("northern-ireland", "2025-03-17"), "2025-03-17"),
                (without("england-and-wales", last), "sooner than the present one"),
                (lambda c: c["scotland"]["events"][0].update(date="2025-02-30"), "scotland")):
            changed(change)
            refused(home, words, says)
            refused(home, words, str(given))
            expect(live.read_text() == good, f"a refused calendar ({says}) was written")
        given.write_text(good[:2000])
        refused(home, words, f"{given}:")
        given.write_text(" " * (1 << 20) + good)
        refused(home, words, "larger than")
        refused(home, ("calendar", "update", "/nonexistent.json"), "/nonexistent.json")
        refused(home, ("calendar", "update", "http://127.0.0.1/bank-holidays.json"), "https")
        refused(home, ("calendar", "update", "ftp://gov.uk/bank-holidays.json"), "https")

        given.write_text(good)
        equal(home.ctl_json(*words, expect=(0,))["changed"], False, "the same once more")
        expect("nothing was changed" in home.ctl(*words, expect=(0,)), "the same, for people")

        following = str(int(last) + 1)
        changed(lambda c: [c[n]["events"].append({"title": "Christmas Day",
                                                  "date": f"{following}-12-25"}) for n in c])
        told = home.ctl(*words, expect=(0,))
        for says in (str(live), f"new: {following}-12-25", f"31 December {following}",
                     "redressctl rules activate"):
            expect(says in told, f"{says!r} is missing: {told}")
        equal(json.loads(live.read_text()), json.loads(given.read_text()), "what was written")
        equal(sorted(p.name for p in live.parent.iterdir() if p.name.startswith(".")), [], "rests")
        home.ctl("rules", "activate", "--reason", "a new calendar", expect=(0,))

        elsewhere = home.folder / "elsewhere"
        house.few_rules(elsewhere)
        (elsewhere / "calendars" / "bank-holidays.json").unlink()
        told = home.ctl_json("calendar", "update", "--rules", elsewhere, given, expect=(0,))
        equal([d["division"] for d in told["divisions"]],
              ["england-and-wales", "scotland", "northern-ireland"], "divisions")
        expect(len(told["divisions"][0]["added"]) > 20, "days of a first calendar")


def a_calendar_comes_over_https_alone(build):
    with house.House(build, rules="few") as home:
        folder = home.rules
        tls = house.certificates(home.folder / "tls")
        live = folder / "calendars" / "bank-holidays.json"
        good = live.read_bytes()
        live.unlink()
        with https_server(tls, {"/bank-holidays.json": good}) as port:
            base = f"https://localhost:{port}"
            words = ("calendar", "update", "--rules", folder, "--ca", tls / "ca.pem")
            refused(home, (*words, f"{base}/gone.json"), "answered 404")
            refused(home, ("calendar", "update", "--rules", folder, f"{base}/bank-holidays.json"),
                    "certificate", status=3)
            expect(not live.exists(), "a refused calendar was written")
            home.ctl(*words, f"{base}/bank-holidays.json", expect=(0,))
            expect(live.read_bytes() == good, "what came is not what was written")
        refused(home, (*words, f"{base}/bank-holidays.json"), "localhost", status=3)


# --- rules go live ---


def only_a_sound_rule_folder_goes_live(build):
    with house.House(build, rules="few") as home:
        folder = home.rules
        home.start()
        first = home.status()["ruleset"]
        core = folder / "delay.rules"
        good = core.read_text()

        core.write_text(good + "\nRule: broken\nMeans: x\nPoints: 1\nPhrase: zebra\nTopc: stripes\n"
                        "Must match: a zebra\nMust not match: a horse\n")
        line = core.read_text().splitlines().index("Topc: stripes") + 1
        activate = ("rules", "activate", "--reason", "try")
        refused(home, activate, f"{folder}/delay.rules:{line}:1", status=1)
        refused(home, activate, "Topic", status=1)
        home.daemon.send_signal(signal.SIGHUP)
        home.wait(lambda: f"delay.rules:{line}:1" in home.log.read_text(), "the reload's refusal")
        equal(home.status()["ruleset"], first, "the live rules after a bad reload")
        expect(any("differ" in notice for notice in home.status()["notices"]), "no notice")

        core.write_text(good)
        follow_on = folder / "zz.rules"
        follow_on.write_text("Rule: x\nMeans: m\nPoints: abc\nPhrase: zebra\n")
        refused(home, activate, f"{follow_on}:3:9: `abc` is not a number", status=1)
        follow_on.unlink()

        core.write_text(good.replace("Must match:", "Must match: zebra\nMust match:", 1))
        refused(home, activate, "must match", status=1)
        equal(home.status()["ruleset"], first, "the live rules after a failing example")

        core.write_text(good + "\n# tuned\n")
        answer = home.ctl_json("rules", "activate", "--reason", "tuned")
        equal(answer["changed"], True, "changed")
        equal(home.status()["ruleset"], answer["ruleset"], "live")
        again = home.ctl_json("rules", "activate", "--reason", "again")
        equal((again["changed"], again["ruleset"]), (False, answer["ruleset"]), "a second time")
        home.deliver_mail(1, *COMPLAINT)
        home.wait(lambda: home.is_idle(1), "a mail under the new rules")
        ref = home.ctl_json("case", "list")[0]["ref"]
        decided = [row["detail"] for row in home.ctl_json("case", "show", ref)["history"]
                   if row["what"] == "decided"]
        equal(decided[0]["ruleset"], answer["ruleset"], "the set that decided")

        core.write_text(good)
        home.daemon.send_signal(signal.SIGHUP)
        home.wait(lambda: home.status()["ruleset"] == first, "a good reload")
        equal([(r["author"]) for r in home.rows("SELECT author FROM activation ORDER BY id")][0],
              "first start", "author of the first set")
        equal(home.rows("SELECT author FROM activation ORDER BY id DESC")[0][0], "reload",
              "author of a reload")


# --- upkeep ---


def a_backup_comes_back_and_tampering_shows(build):
    with house.House(build) as home:
        fill(home, COMPLAINT)
        copy = home.folder / "copy.db"
        home.ctl("backup", copy, expect=(0,))
        equal(copy.stat().st_mode & 0o777, 0o600, "who may read the backup")
        home.deliver_mail(7, *REQUEST)
        home.once()
        equal(len(home.ctl_json("case", "list")), 2, "cases before the restore")

        home.start()
        refused(home, ("restore", copy), "stop it", status=3)
        home.stop()
        said = home.ctl("restore", copy, expect=(0,))
        expect("uncertain" in said and f"kept as {home.state}.before-restore" in said, said)
        expect("No list of what was erased was found" in said, said)
        equal(len(home.ctl_json("case", "list")), 1, "cases after the restore")
        expect(home.state.with_name(home.state.name + ".before-restore").exists(), "the old store")
        home.once()
        equal(len(home.ctl_json("case", "list")), 2, "what came since the backup comes in again")
        equal(len(home.letters_to("tom@example.org")), 1, "letters to one who was answered already")
        broken = home.folder / "broken.db"
        broken.write_bytes(copy.read_bytes()[:5000])
        refused(home, ("restore", broken), str(broken))
        equal(len(home.ctl_json("case", "list")), 2, "cases after a refused restore")

        home.ctl("audit", "verify", expect=(0,))
        with contextlib.closing(sqlite3.connect(home.state)) as db:
            db.execute("DROP TRIGGER audit_no_update")
            db.execute("UPDATE audit SET actor = 'somebody else' WHERE seq = 2")
            db.commit()
        status, out, _ = try_words(home, "audit", "verify")
        equal(status, 1, "audit verify of a changed row")
        expect("2" in out and "broken" in out, out)
        told = json.loads(try_words(home, "audit", "verify", "--json")[1])
        equal(told["whole"], False, "whole")
        expect(told["problem"], "no problem named")


# --- the daemon's own answers ---


def check_tells_what_would_go_wrong(build):
    real = ("Outgoing: smtp\nHost: smtp.example.org\nUser: complaints\nPassword: file {0}/token\n"
            "From: Complaints Team <complaints@landlord.example>\n")
    with house.House(build, outgoing=lambda h: real.format(h.folder), rules="few") as home:
        status, out, err = try_words(home, "--check", program="redressd")
        equal((status, err), (2, ""), "--check with example numbers and a real provider")
        expect("example number" in out and "error" in out, out)
        expect("landlord code-2024: landlord" not in out, f"said twice: {out}")
        folder = home.rules
        profile = folder / "landlords" / "code-2024.landlord"
        profile.write_text(profile.read_text().replace("01632 960", "01632 750"))
        status, out, err = try_words(home, "--check", program="redressd")
        equal((status, err), (0, ""), f"--check of a sound house ({out})")
        expect("fit to run" in out, out)

        profile.write_text(re.sub("Checked on: 20..", "Checked on: 2019", profile.read_text()))
        status, out, _ = try_words(home, "--check", program="redressd")
        equal(status, 0, "--check with old numbers")
        expect("warning" in out and "over a year" in out, out)

        (home.folder / "token").chmod(0o644)
        status, out, _ = try_words(home, "--check", program="redressd")
        equal(status, 2, "--check with a secret that others can read")
        expect(str(home.folder / "token") in out and house.TOKEN not in out, out)
        (home.folder / "token").chmod(0o600)
        (folder / "core.rules").write_text("Ruleset\n")
        status, out, err = try_words(home, "--check", program="redressd")
        equal(status, 2, "--check with a broken rule file")
        expect("core.rules:1:" in err, err)
        expect(not home.state.exists(), "--check made a store")


def check_names_the_line_of_what_the_configuration_gets_wrong(build):
    table = (
        # why, a line of the configuration, what stands there instead, what is said
        ("State: is a folder", "State: {h.state}", "State: {h.folder}", "is a folder"),
        ("State:'s folder is missing", "State: {h.state}", "State: /nope/redress.db", "/nope"),
        ("Rules: is missing", "Rules: {h.rules}", "Rules: /nope", "no rules folder /nope"),
        ("a landlord misspelt", "Landlord: code-2024", "Landlord: code2024",
         'did you mean "code-2024"?'),
        ("a Maildir is missing", "Path: {h.mailbox}", "Path: /nope/mail", "no Maildir /nope/mail"),
        ("a credential is missing", "Token: {h.token_place}", "Token: credential nothing",
         "cannot read the secret"),
        ("a way out's folder is missing", "Path: {h.sent}", "Path: /nope/sent", "/nope"),
    )
    with house.House(build, rules="few") as home:
        sound = home.config.read_text()
        for why, was, instead, says in table:
            was = was.format(h=home)
            instead = instead.format(h=home)
            expect(was + "\n" in sound, was)
            home.config.write_text(sound.replace(was + "\n", instead + "\n"))
            line = home.config.read_text().split("\n").index(instead) + 1
            status, out, _ = try_words(home, "--check", program="redressd")
            equal(status, 2, why)
            expect(f"{home.config}:{line}:" in out and says in out, f"{why}: {out}")
            expect("--rules" not in out and "fit to run" not in out, out)
        twice = f"\nMailbox: again\nKind: maildir\nPath: {home.mailbox}\n"
        home.config.write_text(sound + twice)
        status, out, _ = try_words(home, "--check", program="redressd")
        equal(status, 2, "one mailbox under two labels")
        expect("the same mailbox as `complaints`" in out, out)
        imap = ("\nMailbox: remote\nHost: mail.example.org\nUser: u\nPassword: file {0}/token\n"
                "CA file: {0}/nothing.pem\n")
        home.config.write_text(sound + imap.format(home.folder))
        status, out, _ = try_words(home, "--check", program="redressd")
        expect(status == 2 and "nothing.pem" in out, out)


def a_half_edited_rules_folder_keeps_nobody_from_starting(build):
    """Promise 9: a boot takes the live set. The unit must not ask `--check` first."""
    unit = (house.ROOT / "systemd" / "redressd.service").read_text()
    expect("ExecStartPre" not in unit, "the unit lets a half-edited file stop the gateway")
    with house.House(build, rules="few") as home:
        folder = home.rules
        home.start()
        home.stop()
        (folder / "core.rules").write_text("Ruleset\n")
        home.start()
        home.deliver_mail(1, *COMPLAINT)
        home.wait(lambda: home.is_idle(1), "a mail to be answered by the live rules")
        expect(any("differ" in n for n in home.status(expect=(0,))["notices"]), "no notice")


def a_second_daemon_leaves_the_first_alone(build):
    with house.House(build, rules="few") as home:
        home.start()
        for words in ((), ("--once",)):
            status, _, err = try_words(home, *words, program="redressd")
            equal(status, 3, f"a second redressd {words}")
            expect("another" in err or "holds" in err, err)
        home.deliver_mail(1, *COMPLAINT)
        home.wait(lambda: home.is_idle(1), "the first to go on")
        home.stop()
        home.once()
        equal(try_words(home, "--once", "--check", program="redressd")[0], 2, "both options")
        equal(try_words(home, "nonsense", program="redressd")[0], 2, "a stray word")


def once_asks_to_come_again_where_a_source_or_a_letter_must_wait(build):
    gone = "Mailbox: away\nKind: maildir\nPath: {0}/nowhere\n"
    with house.House(build, mailbox=lambda h: gone.format(h.folder), rules="few") as home:
        equal(home.once(expect=(3,)), 3, "--once with a mailbox that is not there")
        refused(home, ("case", "show", "RD100001"), "no case")
        told = home.status(expect=(1,))
        expect(any("Mailbox away" in p for p in told["problems"]), told["problems"])
        equal([s["last_success"] for s in told["sources"] if s["name"] == "away"], [None],
              "a mailbox never read")
    closed = "Outgoing: smtp\nHost: 127.0.0.1\nPort: {0}\nSecurity: plain\nFrom: c@landlord.example\n"
    with house.House(build, outgoing=lambda h: closed.format(house.free_port()),
                     rules="few") as home:
        home.deliver_mail(1, *COMPLAINT)
        equal(home.once(expect=(3,)), 3, "--once with an outgoing server that is away")
        rows = home.ctl_json("outbox", "list")
        equal([(r["state"], r["attempts"]) for r in rows], [("queued", 1)], "the letter waits")


if __name__ == "__main__":
    house.run([a_mailbox_that_moved_is_told_from_the_one_that_is_read,
               a_calendar_is_only_taken_where_nothing_is_lost, a_calendar_comes_over_https_alone,
               only_a_sound_rule_folder_goes_live, a_backup_comes_back_and_tampering_shows,
               check_tells_what_would_go_wrong,
               check_names_the_line_of_what_the_configuration_gets_wrong,
               a_half_edited_rules_folder_keeps_nobody_from_starting,
               a_second_daemon_leaves_the_first_alone,
               once_asks_to_come_again_where_a_source_or_a_letter_must_wait])
