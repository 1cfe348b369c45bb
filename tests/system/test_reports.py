"""redressctl report, case export and person: what boards, the Ombudsman and residents may ask for.

Usage: test_reports.py BUILD [TEST ...]
"""
import contextlib
import csv
import hashlib
import html.parser
import io
import json
import os
import pathlib
import re
import sqlite3
import time

import house
from desk import COMPLAINT, REQUEST, UNSURE, fill, references, refused, try_words
from house import equal, expect

TODAY = ("--from", time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86400)),
         "--to", time.strftime("%Y-%m-%d", time.gmtime(time.time() + 86400)))


class Page(html.parser.HTMLParser):
    """What a page names from elsewhere, its scripts, and its words."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.links, self.words = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        for name, value in attributes:
            expect(not name.startswith("on"), f"a page with a handler: {name}")
            if name in ("src", "href", "xlink:href", "action"):
                self.links.append(value)

    def handle_data(self, data):
        self.words.append(data)

    def text(self):
        return " ".join(self.words)


def offline(text):
    """The page, once it is sure that it fetches nothing and runs nothing."""
    page = Page(text)
    expect("script" not in page.tags and "iframe" not in page.tags, "a page with a script")
    for link in page.links:
        expect(not re.match(r"[a-z]+:|//", link), f"a page that names {link}")
    expect("default-src 'none'" in text, "a page that may fetch")
    return page


def table(report, name):
    return next(t["rows"] for t in report["tables"] if t["table"] == name)


def row(report, name, label):
    for found in table(report, name):
        if next(iter(found.values())) == label:
            return found
    raise house.Failure(f"no row {label!r} in {name}: {table(report, name)}")


def with_homes(home, homes):
    home.config.write_text(home.config.read_text().replace(
        "Landlord: code-2024\n", f"Landlord: code-2024\nHomes: {homes}\n", 1))


def takes_the_days_that_it_is_told(home):
    year = home.ctl_json("report", "year", "--year", "2025")
    equal((year["from"], year["to"]), ("2025-04-01", "2026-03-31"), "a year")
    equal((year["before_from"], year["before_to"]), ("2024-04-01", "2025-03-31"), "before")
    equal([p["period"] for p in table(year, "periods")][0], "Apr to Jun 2025", "quarters")
    quarter = home.ctl_json("report", "quarter", "--year", "2026", "--quarter", "4")
    equal((quarter["from"], quarter["to"]), ("2027-01-01", "2027-03-31"), "a quarter")
    refused(home, ("report", "quarter", "--year", "2026"), "go together")
    refused(home, ("report", "year", "--from", "2026-04-01"), "go together")
    refused(home, ("report", "year", "--year", "2026", "--from", "2026-04-01", "--to",
                   "2026-05-01"), "either")
    refused(home, ("report", "quarter", "--year", "2026", "--quarter", "5"), "no quarter")
    refused(home, ("report", "year", "--from", "2026-05-01", "--to", "2026-04-01"), "before")
    refused(home, ("report", "year", "--landlord", "nobody"), "nobody")
    refused(home, ("report", "year", "--csv", "--json"), "at a time")
    refused(home, ("report", "month"), "unknown command")


def a_report_tells_what_is_known_in_each_form(build):
    with house.House(build) as home:
        with_homes(home, 500)
        refs = fill(home, COMPLAINT, REQUEST, UNSURE)
        home.ctl("case", "note", refs["ravi@example.org"], "--text", "rang back")
        report = home.ctl_json("report", "quarter", *TODAY)
        equal(report["homes"], 500, "homes")
        equal(report["channels"], ["email", "sms", "phone", "letter", "in_person"], "channels")
        received = row(report, "stages", "Received")
        equal((received["stage1"], received["stage2"]), (1, None), "complaints received")
        equal(row(report, "stages", "Acknowledged within 5 working days")["stage1"],
              {"n": 1, "of": 1, "percent": 100.0}, "acknowledged")
        equal(row(report, "stages", "Upheld")["stage1"], None, "what is not known")
        equal(row(report, "stages", "Answered within the Code's time")["stage1"], None,
              "answers that nobody records")
        equal(row(report, "summary", "Stage 1 complaints per 1,000 homes (CH01)")["now"],
              {"n": 1, "homes": 500, "per_1000": 2.0}, "CH01")
        equal(row(report, "summary", "Not decided yet: a person must look")["now"], 1, "unsure")
        equal(row(report, "channels", "E-mail")["complaints"] >= 1, True, "by mail")
        expect(any(u["what"] == "Stage 2" for u in report["not_known"]), report["not_known"])
        expect(table(report, "topics")[0]["stage1"] == 1, table(report, "topics"))

        tsm = home.ctl_json("report", "tsm", *TODAY)
        equal(row(tsm, "tsm", "CH01, per 1,000 homes")["stage1"]["per_1000"], 2.0, "CH01")
        equal(row(tsm, "tsm", "CH02")["stage1"], None, "CH02 without answers")

        text = home.ctl("report", "year", *TODAY)
        expect("not known" in text and "1 of 1 (100.0%)" in text, text)
        lines = list(csv.DictReader(io.StringIO(home.ctl("report", "quarter", "--csv", *TODAY))))
        known = {(l["table"], l["row"], l["column"]): l for l in lines}
        equal(known["stages", "Acknowledged within 5 working days", "stage1"]["rate"], "100.0",
              "a share in CSV")
        equal(known["stages", "Upheld", "stage1"]["value"], "not known", "not known in CSV")

        page_file = home.folder / "quarter.html"
        home.ctl("report", "quarter", "--html", page_file, *TODAY)
        equal(page_file.stat().st_mode & 0o777, 0o600, "the page's mode")
        page = offline(page_file.read_text())
        expect("svg" in page.tags and "1 of 1 (100.0%)" in page.text(), page.text())
        for word in ("ravi", "Ravi", "RD10"):
            expect(word not in page_file.read_text() + text, f"a report tells {word!r}")
        refused(home, ("report", "quarter", "--html", page_file), "not written over")
        home.ctl("case", "respond", refs["ravi@example.org"], "--stage", "1", "--found", "partly")
        answered = home.ctl_json("report", "quarter", *TODAY)
        equal(row(answered, "stages", "Upheld in part")["stage1"], 1, "what the answer found")
        equal(row(answered, "stages", "Answered within the Code's time")["stage1"]["n"], 1,
              "answered in time")
        home.ctl("case", "export", refs["ravi@example.org"], home.folder / "pack")
        expect("responded" in offline((home.folder / "pack/index.html").read_text()).text(),
               "the pack lacks the answer")
        takes_the_days_that_it_is_told(home)
        home.ctl("case", "open", "--kind", "complaint", "--channel", "phone", "--topic",
                 " =HYPERLINK(1)")
        lines = list(csv.DictReader(io.StringIO(home.ctl("report", "quarter", "--csv", *TODAY))))
        expect(any(l["row"] == "'=HYPERLINK(1)" for l in lines), lines)


def files_of(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*"))
            if p.is_file()}


HOSTILE = ("\"=cmd|' /C calc'!A1\" <eve@example.org>", "=HYPERLINK(1) <b>",
           "<script>alert(1)</script> & <img src=x onerror=y> I wish to make a formal complaint. "
           "Nobody came, twice.")


def what_a_stranger_writes_stays_words_in_a_page(home):
    folder = home.folder / "hostile"
    home.ctl("case", "export", references(home)["eve@example.org"], folder)
    page = offline((folder / "index.html").read_text())
    expect("img" not in page.tags and "<script>alert(1)</script>" in page.text(), "its words")
    lines = list(csv.DictReader((folder / "chronology.csv").open()))
    expect(any(l["summary"].startswith("'=HYPERLINK") for l in lines), lines)


def a_person_gets_all_that_is_held_about_them(home):
    folder = home.folder / "about"
    told = home.ctl_json("person", "export", "ravi@example.org", folder)
    equal((told["cases"], told["messages"]), (2, 0), "what is held")
    files = files_of(folder)
    refs = [c["ref"] for c in home.ctl_json("case", "list", "--contact", "ravi@example.org")]
    equal({n.split("/")[0] for n in files} - {"index.html", "SHA256SUMS"}, set(refs), "cases")
    page = offline(files["index.html"].decode())
    for link in page.links:
        expect(link in files, f"the page names {link}, which is not there")
    for name, data in files.items():
        expect(b"Qwghlm" not in data and b"eve@" not in data, f"{name} tells of another")
    refused(home, ("person", "export", "nobody@example.org", home.folder / "no"), "nothing")
    refused(home, ("person", "erase", "nobody"), "neither")


def a_case_leaves_the_house_as_a_pack_that_proves_itself(build):
    with house.House(build) as home:
        home.start()
        home.deliver_mail(1, *COMPLAINT)
        home.deliver_mail(2, "Ravi Shah <ravi@example.org>", "Bins",
                          "When are the bins in Quigley Court emptied? Thanks.")
        home.deliver_text(1, house.phone(1), "still waiting 4 sum1 at Qwghlm Row. 3rd time. joke")
        home.deliver_mail(3, *HOSTILE)
        home.wait(lambda: home.is_idle(4), "all to be decided")
        mine = {c["kind"]: c["ref"]
                for c in home.ctl_json("case", "list", "--contact", "ravi@example.org")}
        equal(len(mine), 2, f"cases of one resident ({mine})")
        ref = mine["complaint"]
        other = next(r for r in mine.values() if r != ref)
        home.ctl("case", "note", ref, "--text", f"rang; see also {other} and {other[:8]}")
        home.ctl("case", "define", ref, "--definition", "Two appointments were missed")
        home.wait(lambda: home.is_idle(4), "the letters to go")
        folder = home.folder / "pack"
        told = home.ctl_json("case", "export", ref, folder)
        equal((told["ref"], told["messages"], told["erased"]), (ref, 1, 0), "what was exported")
        equal(folder.stat().st_mode & 0o777, 0o700, "the folder's mode")
        files = files_of(folder)
        sums = dict(reversed(line.split("  ")) for line in files["SHA256SUMS"].decode().splitlines())
        equal(set(sums), set(files) - {"SHA256SUMS"}, "files with a hash")
        for name, digest in sums.items():
            equal(hashlib.sha256(files[name]).hexdigest(), digest, f"hash of {name}")
        equal([files[n] for n in files if n.startswith("messages/")],
              [house.mail(1, *COMPLAINT)], "the mail as it came")
        letters = [n for n in files if n.startswith("letters/")]
        expect(letters and all(b"Message-ID" in files[n] for n in letters), letters)
        expect(b"Landlord: code-2024" in files["policy/code-2024.landlord"], "the policy")
        page = offline(files["index.html"].decode())
        text = page.text()
        for number in range(1, 14):
            expect(f'id="part{number}"' in files["index.html"].decode(), f"part {number}")
        for words in ("Two appointments were missed", "stage1.acknowledge", "Code 6.2",
                      "Not held.", "I want an apology", "sha256:", "2 places",
                      "letters go there"):
            expect(words in text, f"the page lacks {words!r}: {text}")
        for link in page.links:
            expect(link in files, f"the page names {link}, which is not there")
        for name, data in files.items():
            for stranger in (other[:8], "Quigley", "Qwghlm", house.phone(1)[4:]):
                expect(stranger.encode() not in data, f"{name} tells {stranger!r} of another case")
        rows = [json.loads(line) for line in files["audit.jsonl"].decode().splitlines()]
        expect({"case_opened", "decided", "defined", "noted"} <= {r["what"] for r in rows}, rows)
        lines = list(csv.DictReader(io.StringIO(files["chronology.csv"].decode())))
        equal(lines[0]["direction"], "in", "what came first")
        equal([l["at"] for l in lines], sorted(l["at"] for l in lines), "the order of time")
        expect(any(l["direction"] == "out" and l["file"] in files for l in lines), lines)
        refused(home, ("case", "export", ref, folder), "name a new folder")
        if os.geteuid() == 0:
            theirs = home.folder / "theirs"
            theirs.mkdir()
            os.chown(theirs, 65534, 65534)
            refused(home, ("case", "export", ref, theirs), "another user's folder")
            expect(not list(theirs.iterdir()), "root wrote into another user's folder")
        refused(home, ("case", "export", "RD999999", home.folder / "none"), "no case")
        expect(not (home.folder / "none").exists(), "a folder for no case")
        what_a_stranger_writes_stays_words_in_a_page(home)
        a_person_gets_all_that_is_held_about_them(home)


# Words that stand in no rule.
GOES = ("Ravi Zzyzx <ravi@zzyzx.example>", "Formal complaint: Zzyzx House",
        "I wish to make a formal complaint. Your contractor has missed two appointments at Zzyzx "
        "House. I want an apology.")
STAYS = ("Tom Qwghlm <tom@qwghlm.example>", "Kitchen tap",
         "The kitchen tap in Qwghlm Row has started dripping. Could someone come and have a look? "
         "Thanks.")


def texts_of(db):
    """Every value of every table, and the bytes of the file."""
    with contextlib.closing(sqlite3.connect(db)) as store:
        store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        dump = "\n".join(store.iterdump())
    return dump.encode() + pathlib.Path(db).read_bytes()


def holds(data, name):
    """The name in any case, as it is or as the dump writes bytes."""
    return any(form.encode() in data or form.encode().hex().upper().encode() in data
               for form in (name, name.lower(), name.upper()))


def close_all(home, contact):
    for case in home.ctl_json("case", "list", "--open", "--contact", contact):
        home.ctl("case", "close", case["ref"], "--why", f"done with {contact}", "--force")


def what_was_kept_long_enough_goes_by_itself(home):
    close_all(home, "tom@qwghlm.example")
    long_ago = int((time.time() - 70 * 86400) * 1000)
    for months, held in ((3, True), (2, False)):
        home.config.write_text(re.sub("Landlord: code-2024\n(Keep: .*\n)?",
                                      f"Landlord: code-2024\nKeep: {months} months\n",
                                      home.config.read_text(), count=1))
        with contextlib.closing(sqlite3.connect(home.state)) as store:
            store.execute("UPDATE case_file SET closed_ms = ?", (long_ago,))
            store.execute("DELETE FROM meta WHERE name = 'retention_day'")
            store.commit()
        home.once()
        equal(holds(texts_of(home.state), "Qwghlm"), held, f"words kept {months} months")
    home.ctl("audit", "verify", expect=(0,))
    rows = home.rows("SELECT detail FROM audit WHERE what = 'erased'")
    equal(json.loads(rows[-1]["detail"])["how"], "old", "the audit of it")


def a_person_is_erased_and_stays_so(build):
    with house.House(build) as home:
        home.start()
        home.deliver_mail(1, *GOES)
        home.deliver_mail(2, *STAYS)
        home.wait(lambda: home.is_idle(2), "both to be decided")
        ref = references(home)["ravi@zzyzx.example"]
        home.ctl("case", "note", ref, "--text", "Zzyzx was polite")
        backup = home.folder / "backup"
        home.ctl("backup", backup)
        status, out, err = try_words(home, "person", "erase", "ravi@zzyzx.example")
        equal(status, 2, f"erasing with an open case ({err})")
        expect("is not closed" in out + err, out + err)
        plan = home.ctl_json("person", "erase", "ravi@zzyzx.example", "--dry-run")
        equal((plan["dry_run"], len(plan["obstacles"]), plan["erased"]["cases"]), (True, 1, 0), plan)
        close_all(home, "ravi@zzyzx.example")
        home.ctl("case", "legal-hold", ref, "--why", "claim at court")
        refused(home, ("person", "erase", "ravi@zzyzx.example", "--json"), "legal reasons")
        expect("claim at court" in home.ctl("case", "show", ref), "a hold that nobody sees")
        home.ctl("case", "legal-hold", ref, "--end", "--why", "settled")
        plan = home.ctl_json("person", "erase", "ravi@zzyzx.example", "--dry-run")
        equal((plan["obstacles"], [c["ref"] for c in plan["cases"]]), ([], [ref]), plan)
        done = home.ctl_json("person", "erase", "ravi@zzyzx.example", expect=(0,))
        equal((done["erased"]["cases"], done["erased"]["messages"]), (1, 1), done)
        expect(done["erased"]["letters"] >= 1, done)
        home.ctl("audit", "verify", expect=(0,))
        expect("(erased)" in home.ctl("case", "show", ref), "a case whose words are gone")
        told = home.ctl_json("case", "export", ref, home.folder / "emptied")
        equal(told["erased"], 1, "an export of an erased case")

        # The same mail again, under another name, as a moved mailbox would list it.
        (home.mailbox / "new" / "1800000001.9.house").write_bytes(house.mail(1, *GOES))
        home.wait(lambda: home.is_idle(3), "the mail that comes again to be decided")
        again = home.ctl_json("messages", "--fate", "guarded")
        equal([m["detail"] for m in again], ["erased"], "what came again")
        home.stop()
        data = texts_of(home.state)
        expect(not holds(data, "Zzyzx"), "the store still holds what was erased")
        expect(holds(data, "Qwghlm"), "somebody else's words are gone")
        home.ctl("audit", "ledger", "--idle", expect=(0,))

        home.ctl("restore", backup, expect=(0,))
        data = texts_of(home.state)
        expect(not holds(data, "Zzyzx"), "a backup brought it back")
        expect(holds(data, "Qwghlm"), "a restore without words")
        home.ctl("audit", "verify", expect=(0,))
        home.once()
        shown = home.ctl("case", "show", ref)
        expect("(erased)" in shown and "zzyzx" not in shown.lower(), shown)
        equal(home.ctl_json("case", "list", "--contact", "ravi@zzyzx.example", "--open"), [],
              "cases that came in again")
        expect(not holds(texts_of(home.state), "Zzyzx"), "it came in again")
        what_was_kept_long_enough_goes_by_itself(home)


if __name__ == "__main__":
    house.run([a_report_tells_what_is_known_in_each_form,
               a_case_leaves_the_house_as_a_pack_that_proves_itself,
               a_person_is_erased_and_stays_so])
