"""A resident's mail on its whole road, with a real Dovecot and a real SMTP server, both over TLS
that is verified: in by SMTP, through the mailbox, and the answer back into her own mailbox.

Usage: test_mail.py BUILD [TEST ...]
"""
import contextlib
import email
import email.message
import email.policy
import email.utils
import imaplib
import re
import shutil
import smtplib
import sqlite3
import ssl

import house
from house import equal, expect

TEAM = "complaints@landlord.example"
AMARA = "amara@resident.example"
COMPLAINT = ("I have now rung you three times about the black mould in my little boy's bedroom at "
             "14 Larch Court and nobody has come. I am making a formal complaint. Please take this "
             "seriously.\n\nAmara Osei\n")


class Town:
    """Dovecot with everybody's mailboxes, and the SMTP server that hands them their mail."""

    def __init__(self, home):
        self.tls = house.certificates(home.folder / "tls")
        self.ca = home.folder / "trusted.pem"
        shutil.copy(self.tls / "ca.pem", self.ca)
        for name in ("good.pem", "good.key"):
            (self.tls / name).chmod(0o644)
        self.dovecot = home.help("dovecot_server.py", home.folder / "dovecot",
                                 self.tls / "good.pem", self.tls / "good.key", "lmtp")
        self.lmtp = self.dovecot.number("lmtp")
        self.smtp = home.help("smtp_server.py", "--tls", self.tls / "good.pem",
                              self.tls / "good.key", "--auth", "team", "secret", "--deliver",
                              self.lmtp)
        self.serial = 0

    def send(self, sender, subject, body, headers=None, to=TEAM):
        """A person's mail program: SMTP over TLS, with her name and password. Its Message-ID."""
        self.serial += 1
        mail = email.message.EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = sender, to, subject
        mail["Date"] = email.utils.localtime()
        mail["Message-ID"] = f"<{self.serial}.{id(self)}@resident.example>"
        for name, value in (headers or {}).items():
            mail[name] = value
        mail.set_content(body)
        trust = ssl.create_default_context(cafile=str(self.tls / "ca.pem"))
        with smtplib.SMTP_SSL("localhost", self.smtp.port, context=trust, timeout=20) as server:
            server.login("team", "secret")
            server.send_message(mail, email.utils.parseaddr(sender)[1], [to])
        return mail["Message-ID"]

    def inbox(self, user):
        """The mails in somebody's mailbox, oldest first, as she sees them."""
        trust = ssl.create_default_context(cafile=str(self.tls / "ca.pem"))
        with imaplib.IMAP4_SSL("localhost", self.dovecot.port, ssl_context=trust,
                               timeout=20) as box:
            box.login(user, "secret")
            box.select("INBOX", readonly=True)
            found = []
            for number in box.search(None, "ALL")[1][0].split():
                parts = box.fetch(number, "(BODY.PEEK[])")[1]
                found.append(email.message_from_bytes(parts[0][1], policy=email.policy.default))
            return found


def mailbox_of(home, user="complaints", label="complaints", **more):
    return house.stanza({"Mailbox": label, "Host": "localhost", "Port": home.town.dovecot.port,
                         "User": user, "Password": home.secret(f"imap-{label}", "secret"),
                         "CA file": home.town.ca, "Start from": "all",
                         **{name.replace("_", " "): value for name, value in more.items()}})


def way_out_of(home, **more):
    return house.stanza({"Outgoing": "smtp", "Host": "localhost", "Port": home.town.smtp.port,
                         "User": "team", "Password": home.secret("smtp", "secret"),
                         "CA file": home.town.ca, "From": f"Complaints Team <{TEAM}>",
                         **{name.replace("_", " "): value for name, value in more.items()}})


def with_town(make):
    """A stanza that is written once the town stands."""
    def stanza(home):
        if not hasattr(home, "town"):
            home.town = Town(home)
        return make(home)
    return stanza


def new_house(build, mailbox=mailbox_of, outgoing=way_out_of):
    return house.House(build, mailbox=with_town(mailbox), outgoing=with_town(outgoing))


def letters_in(home, user, n):
    """Her mailbox once it holds n mails (and no more: see where it is called)."""
    return home.wait(lambda: (lambda box: len(box) >= n and box)(home.town.inbox(user)),
                     f"{n} letters in the mailbox of {user}")


def text_of(letter):
    return letter.get_body(("plain",)).get_content().replace("\r\n", "\n")


def words_of(letter):
    return re.sub(r"\s+", " ", text_of(letter))


def counts_of(home, label):
    source = next(s for s in home.status(expect=(0,))["sources"] if s["name"] == label)
    return source["server_count"], source["accepted"]


def journal_names_nobody(home, *hers):
    """References and row numbers, never a resident's address, subject or words."""
    journal = home.log.read_text().lower()
    expect("event=sent" in journal, f"the journal tells of no letter: {journal}")
    told = [word for word in hers if word in journal]
    equal(told, [], "what the journal tells of residents")


def case_of(home, address):
    return next(c for c in home.ctl_json("case", "list") if c["contact"] == address)


# --- tests ---


def a_residents_mail_is_acknowledged_in_her_own_mailbox_and_her_reply_joins(build):
    with new_house(build) as home:
        home.start()
        town = home.town
        first = town.send(f"Amara Osei <{AMARA}>", "Mould, again", COMPLAINT)
        letter = letters_in(home, "amara", 1)[0]
        case = case_of(home, AMARA)

        # RFC 3834, and what keeps two machines from talking to each other
        equal(letter["Auto-Submitted"], "auto-replied", "Auto-Submitted")
        equal(letter["In-Reply-To"], first, "In-Reply-To")
        expect(first in letter["References"], letter["References"])
        equal(letter["X-Loop"], "redress/house", "X-Loop")
        expect(letter["X-Auto-Response-Suppress"], "no X-Auto-Response-Suppress")
        expect(re.match(r"<rd\.[0-9a-f]+@landlord\.example>$", letter["Message-ID"]),
               letter["Message-ID"])
        equal(letter["From"].addresses[0].addr_spec, TEAM, "From")
        equal(letter["To"].addresses[0].addr_spec, AMARA, "To")
        expect(letter["Date"], "Date")
        # the text form, and for large print the same in HTML, which is the last
        equal([part.get_content_type() for part in letter.walk()],
              ["multipart/alternative", "text/plain", "text/html"], "the forms of the letter")
        equal(town.smtp.ask("sender").split(), ["<>", AMARA], "envelope")
        expect(case["ref"] in letter["Subject"], letter["Subject"])

        # issue: what an acknowledgement must say
        lines = text_of(letter).strip().split("\n")
        equal(lines[0], f"Our reference: {case['ref']}", "first line")
        equal(lines[-1], f"End of letter {case['ref']}", "last line")
        words = words_of(letter)
        for part in ("logged it as a complaint", "Your complaint is about", "If that is not right",
                     "what you would like us to do", "stage 1 of 2", "with our complaints team",
                     "full answer by", "we are responsible for", "We are not responsible for",
                     "speak for you", "Housing Ombudsman Service", "0300 111 3000",
                     "housing-ombudsman.org.uk", "at any time"):
            expect(part in words, f"the acknowledgement lacks {part!r}: {words}")
        for hers in ("little boy", "Larch", "seriously", "Amara"):
            expect(hers not in words, f"the letter repeats her words: {hers}")
        due = next(c["due"] for c in case["clocks"] if c["clock"] == "stage1.respond")
        expect(f"{int(due[8:])} " in words.split("full answer by ")[1][:40], (due, words))
        expect(next(c["met"] for c in case["clocks"] if c["clock"] == "stage1.acknowledge"),
               "stage1.acknowledge is not met")

        # her reply, with our whole letter quoted, as mail programs do
        quoted = "".join(f"> {line}\n" for line in text_of(letter).split("\n"))
        reply = town.send(f"Amara Osei <{AMARA}>", "Re: " + letter["Subject"],
                          f"Thank you. He coughs every night now.\n\nOn Sunday, Complaints Team "
                          f"wrote:\n{quoted}",
                          {"In-Reply-To": letter["Message-ID"],
                           "References": f"{first} {letter['Message-ID']}"})
        added = letters_in(home, "amara", 2)[1]
        equal(added["In-Reply-To"], reply, "In-Reply-To of `added`")
        expect("put it with the case" in words_of(added) and case["ref"] in added["Subject"],
               words_of(added))
        equal(case_of(home, AMARA)["messages"], 2, "messages of the case")

        # by the reference alone, from another address: joins, and the answer goes to her alone
        town.send("Kofi <kofi@resident.example>", f"about {case['ref'].lower()}", "Ring me please.")
        home.wait(lambda: home.is_idle(3), "the third mail")
        equal((case_of(home, AMARA)["messages"], len(home.ctl_json("case", "list"))), (3, 1),
              "messages and cases")
        equal(town.inbox("kofi"), [], "letters to somebody who is not on the case")
        equal(len(town.inbox("amara")), 2, "letters: `added` goes once a day")

        # a wrong code joins nothing
        wrong = case["ref"][:-1] + ("A" if case["ref"][-1] != "A" else "B")
        town.send("Kofi <kofi@resident.example>", f"about {wrong}", "The tap drips.")
        home.wait(lambda: home.is_idle(4), "the mail with a wrong code")
        equal(case_of(home, AMARA)["messages"], 3, "messages after a wrong code")
        equal(len(home.ctl_json("case", "list")), 2, "cases after a wrong code")

        letters = int(town.smtp.ask("total"))
        home.stop()
        home.start()
        town.send("Lee <lee@resident.example>", "Formal complaint", COMPLAINT)
        letters_in(home, "lee", 1)
        home.wait(lambda: home.is_idle(5), "all after the restart")
        # lee's own mail went through the same server, and his letter
        equal(int(town.smtp.ask("total")), letters + 2, "mails sent after a restart")
        home.wait(lambda: counts_of(home, "complaints") == (5, 5), "mails there and here")
        journal_names_nobody(home, "amara", "kofi", "lee@", "resident.example", "mould", "formal",
                             "larch", "coughs", "ring me", "tap drips", "re: ")


def what_staff_read_first_is_taken_in_and_what_is_stored_is_marked(build):
    def mailboxes(home):
        home.town.dovecot.ask("make", "repairs", "Done")
        return (mailbox_of(home, Afterwards="keyword Redress") + "\n" +
                mailbox_of(home, "repairs", "repairs", Afterwards="move Done"))

    with new_house(build, mailbox=mailboxes) as home:
        town = home.town
        for number in range(3):
            town.send(f"R{number} <r{number}@resident.example>", "The tap drips", f"Tap {number}")
            town.send(f"S{number} <s{number}@resident.example>", "A gate", f"It is off, no {number}.",
                      to="repairs@landlord.example")
        town.dovecot.ask("seen", "complaints", "INBOX")
        home.start()
        home.wait(lambda: home.is_idle(6), "all six")

        def marked():
            flags = town.dovecot.ask("flags", "complaints", "INBOX").split()
            return len(flags) == 3 and all("Redress" in f and "\\Seen" in f for f in flags)

        home.wait(marked, "keywords beside what staff set")
        home.wait(lambda: town.dovecot.ask("flags", "repairs", "INBOX") == "-" and
                  len(town.dovecot.ask("flags", "repairs", "Done").split()) == 3, "the move")
        equal(len(home.ctl_json("case", "list")), 6, "cases")


def an_outage_of_the_mailbox_loses_nothing(build):
    with new_house(build) as home:
        town = home.town
        home.start()
        town.send("R0 <r0@resident.example>", "The tap drips", "It drips.")
        home.wait(lambda: home.is_idle(1), "the first mail")
        equal(town.dovecot.ask("down"), "ok", "down")
        town.dovecot.ask("fill", "complaints", 3, 900)
        home.deliver_text(1, house.phone(1), "the gate is off its hinges")
        home.wait(lambda: home.is_idle(2), "texts to go on while the mailbox is away")
        equal(town.dovecot.ask("up"), "ok", "up")
        home.wait(lambda: home.is_idle(5), "what came in the meantime")
        town.send("R1 <r1@resident.example>", "The door", "It sticks.")
        home.wait(lambda: home.is_idle(6), "what came after")
        equal(home.status(expect=(0,))["problems"], [], "problems")


def alarm_and_recovery(build, spoil, mend, says):
    """The mailbox refuses us: an alarm, status 1; nothing is lost, and mending it clears it."""
    with new_house(build) as home:
        town = home.town
        spoil(home)
        town.send(f"Amara Osei <{AMARA}>", "Mould, again", COMPLAINT)
        home.start()
        problems = home.wait(lambda: home.status()["problems"], "a problem in the status")
        expect(any("complaints" in p and says in p for p in problems), problems)
        equal(home.get("/healthz")[0], 200, "/healthz: texts must go on coming in")
        expect("secret" not in home.log.read_text(), "the log tells a password")
        home.ctl("status", expect=(1,))
        equal(home.number("SELECT count(*) FROM message"), 0, "messages")
        home.stop()
        mend(home)
        home.start()
        letters_in(home, "amara", 1)
        home.wait(lambda: not home.status()["problems"], "the alarm to be cleared")
        home.ctl("status", expect=(0,))


def a_wrong_password_alarms_until_it_is_put_right(build):
    alarm_and_recovery(build, lambda home: home.secret("imap-complaints", "wrong"),
                       lambda home: home.secret("imap-complaints", "secret"), "assword")


def a_certificate_of_a_stranger_alarms_until_it_is_put_right(build):
    alarm_and_recovery(build,
                       lambda home: shutil.copy(home.town.tls / "other-ca.pem", home.town.ca),
                       lambda home: shutil.copy(home.town.tls / "ca.pem", home.town.ca),
                       "ertificate")


def no_letter_goes_to_a_server_that_cannot_prove_its_name(build):
    def mistrusting(home):
        return way_out_of(home, CA_file=home.town.tls / "other-ca.pem")

    with new_house(build, outgoing=mistrusting) as home:
        town = home.town
        home.start()
        town.send(f"Amara Osei <{AMARA}>", "Mould, again", COMPLAINT)
        home.wait(lambda: home.state.exists() and home.rows(
            "SELECT 1 FROM outbox WHERE state = 'queued' AND attempts > 0"), "a failed attempt")
        equal(int(town.smtp.ask("total")), 1, "mails that went over a line nobody vouched for")
        problems = home.wait(lambda: home.status()["problems"], "a problem in the status")
        expect(any("ertificate" in p for p in problems), problems)
        home.stop()
        home.config.write_text(home.config.read_text().replace(str(town.tls / "other-ca.pem"),
                                                               str(town.ca)))
        with contextlib.closing(sqlite3.connect(home.state)) as db:   # as if a minute had passed
            db.execute("UPDATE outbox SET next_try_ms = 0 WHERE state = 'queued'")
            db.commit()
        home.start()
        letters_in(home, "amara", 1)
        home.wait(lambda: not home.status()["problems"], "the alarm to be cleared")


if __name__ == "__main__":
    house.run([a_residents_mail_is_acknowledged_in_her_own_mailbox_and_her_reply_joins,
               what_staff_read_first_is_taken_in_and_what_is_stored_is_marked,
               an_outage_of_the_mailbox_loses_nothing,
               a_wrong_password_alarms_until_it_is_put_right,
               a_certificate_of_a_stranger_alarms_until_it_is_put_right,
               no_letter_goes_to_a_server_that_cannot_prove_its_name])
