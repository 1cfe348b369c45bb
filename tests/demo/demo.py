#!/usr/bin/python3
"""Runs the real gateway on the embedded default and shows what it does with a dozen messages.

A Maildir stands in for the mailbox, a tray for the text number; nothing leaves this machine.
Usage: demo.py BUILD_DIRECTORY
"""
import base64
import email
import email.policy
import hashlib
import hmac
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
RULES = HERE.parent.parent / "rules"
TOKEN = "demo-tray-token"
DEADLINE_S = 50

MAILS = [
    ("Amara Osei <amara.osei@example.org>", "Mould in my son's bedroom, again",
     "Hello,\n\nI have now rung you three times since September about the black mould in my little boy's bedroom "
     "at 14 Larch Court and nobody has come. He is asthmatic. I am fed up of being passed around. Please will "
     "somebody take this seriously.\n\nAmara Osei"),
    ("Tom Brack <tom.brack@example.org>", "Kitchen tap",
     "Hi, the kitchen tap at 3 Weir Street has started dripping. Could someone come and have a look when they "
     "are next in the area? Thanks, Tom"),
    ("Joyce Penhallow <joyce.p@example.org>", "Thank you",
     "I just want to say how kind the young man was who fixed my front door on Tuesday. He even swept up after "
     "himself. Well done to all of you."),
    ("Ravi Shah <ravi.shah@example.org>", "Formal complaint: missed appointments",
     "I wish to make a formal complaint. Your contractor has missed two appointments for the boiler service and I "
     "have lost two days' pay. I would like compensation and a written apology.\n\nRavi Shah"),
    ("Karen Dowd <karen.dowd@example.org>", "noise",
     "The man upstairs at flat 9 has had loud music on until 3 in the morning every night this week and shouts "
     "abuse at my children on the stairs. Can you speak to him please."),
    ("Lee Farrow <lee.farrow@example.org>", "service charge",
     "Please can you tell me what the £11.40 for 'communal electricity' on my statement is for? I only want to "
     "understand it."),
    ("Mina Castell <mina.castell@example.org>", "hmm",
     "Well. Six weeks. I suppose that is what you call a priority."),
    ("Lee Farrow <lee.farrow@example.org>", "Automatic reply: Out of office",
     "I am away until Monday and will read your message when I am back.", {"Auto-Submitted": "auto-replied"}),
    ("A neighbour <worried@example.org>", "worried about the lady next door",
     "I think the old lady at number 22 is being hit by her grandson. I hear her crying at night and she had a "
     "black eye on Sunday. Please do not tell anybody it was me."),
]
TEXTS = [
    ("+447700900101", "no heating or hot water since last nite got a 3 week old baby its freezing"),
    ("+447700900102", "still waiting 4 sum1 2 come out about the leak. 3rd time iv asked. joke"),
    ("+447700900103", "STOP"),
]


WORDS_SHOWN = 4


def rule_effects():
    """What each rule's points are for, and whether it sets a flag or settles the kind."""
    effects = {}
    for path in RULES.glob("*.rules"):
        for stanza in path.read_text().split("\n\n"):
            fields = dict(line.split(": ", 1) for line in stanza.splitlines()
                          if ": " in line and not line.startswith("#"))
            if "Rule" in fields:
                effects[fields["Rule"]] = (fields.get("For", "complaint"),
                                           "Flag" in fields or "Decides" in fields)
    return effects


def deciding_words(message, effects):
    """Words of the hits that count for what the message became, or that set a flag or settle it: the
    weightiest first, none that stands within another's."""
    hits = []
    for hit in message["hits"]:
        kind, settles = effects.get(hit["rule"], ("complaint", False))
        if hit["text"] and (settles or (kind == message["kind"] and hit["points"] > 0)):
            hits.append((not settles, -hit["points"], " ".join(hit["text"].split())))
    words = []
    for _, _, text in sorted(hits):
        within = [other for _, _, other in hits if text != other and text.lower() in other.lower()]
        if not within and text not in words:
            words.append(text)
    return words[:WORDS_SHOWN]


def fail(text):
    print(f"demo: {text}", file=sys.stderr)
    sys.exit(1)


class Demo:
    def __init__(self, build, home):
        self.build, self.home = build, home
        self.config = home / "redress.conf"
        self.daemon = None

    def prepare(self):
        for folder in ("tmp", "new", "cur"):
            (self.home / "mailbox" / folder).mkdir(parents=True)
        token = self.home / "token"
        token.write_text(TOKEN + "\n")
        token.chmod(0o600)
        self.config.write_text(textwrap.dedent(f"""\
            Gateway: demo
            State: {self.home}/redress.db
            Rules: {RULES}
            Listen: 127.0.0.1:0
            Public URL: http://127.0.0.1
            Landlord: code-2024
            Text hours: 00:00-24:00
            Text pause: 1 s

            Mailbox: complaints
            Kind: maildir
            Path: {self.home}/mailbox
            Start from: all

            Texts: texts
            Kind: tray
            Number: +447700900000
            Path: {self.home}/tray
            Token: file {self.home}/token

            Outgoing: letters
            Kind: maildir
            Path: {self.home}/sent
            From: Complaints Team <complaints@landlord.example>
            """))

    def start(self):
        log = open(self.home / "redressd.log", "wb")
        self.daemon = subprocess.Popen([self.build / "redressd", "--config", self.config],
                                       stdout=log, stderr=log)
        port_file = self.home / "redress.db.port"
        self.wait(lambda: port_file.exists() and port_file.read_text().strip(), "the listener")
        self.port = int(port_file.read_text())

    def stop(self):
        if self.daemon and self.daemon.poll() is None:
            self.daemon.send_signal(signal.SIGTERM)
            try:
                self.daemon.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.daemon.kill()
                self.daemon.wait()

    def wait(self, condition, what):
        """Looks again and again until the condition holds; the time is bounded."""
        end = time.monotonic() + DEADLINE_S
        while not condition():
            if self.daemon.poll() is not None:
                print((self.home / "redressd.log").read_text(), file=sys.stderr)
                fail(f"redressd ended by itself while waiting for {what}")
            if time.monotonic() > end:
                print((self.home / "redressd.log").read_text(), file=sys.stderr)
                fail(f"waited {DEADLINE_S} s in vain for {what}")
            time.sleep(0.1)

    def ctl(self, *words, check=True):
        done = subprocess.run([self.build / "redressctl", "--config", self.config, *words],
                              capture_output=True, text=True)
        if check and done.returncode not in (0, 1):
            fail(f"redressctl {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def ctl_json(self, *words):
        return json.loads(self.ctl(*words, "--json"))

    def deliver_mail(self, number, sender, subject, body, extra=None):
        mail = email.message.EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = sender, "complaints@landlord.example", subject
        mail["Message-ID"] = f"<demo-{number}@example.org>"
        mail["Date"] = email.utils.localtime()
        for name, value in (extra or {}).items():
            mail[name] = value
        mail.set_content(body)
        tmp = self.home / "mailbox" / "tmp" / f"{number}.demo"
        tmp.write_bytes(bytes(mail))
        tmp.rename(self.home / "mailbox" / "new" / tmp.name)

    def deliver_text(self, number, sender, body):
        fields = {"MessageSid": f"SM{number:032x}", "AccountSid": "tray", "From": sender,
                  "To": "+447700900000", "Body": body, "NumMedia": "0"}
        signed = "http://127.0.0.1/sms/texts" + "".join(k + v for k, v in sorted(fields.items()))
        signature = base64.b64encode(hmac.new(TOKEN.encode(), signed.encode(), hashlib.sha1).digest())
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/sms/texts",
                                         urllib.parse.urlencode(fields).encode(),
                                         {"X-Twilio-Signature": signature.decode()})
        with urllib.request.urlopen(request, timeout=10) as answer:
            if answer.status // 100 != 2:
                fail(f"the webhook answered {answer.status}")

    def all_through(self):
        status = self.ctl_json("status")
        messages, outbox = status["messages"], status["outbox"]
        return (messages["accepted"] == len(MAILS) + len(TEXTS) and
                messages["processed"] == messages["accepted"] and outbox["queued"] == 0)

    def show_messages(self):
        rows, effects = [], rule_effects()
        for message in self.ctl_json("messages"):
            words = "; ".join(deciding_words(message, effects))
            rows.append((message["channel"], message["subject"] or message["body"], message["kind"] or "",
                         "person" if message["review"] else "", " ".join(message["flags"]), words,
                         message["case"] or f"({message['detail'] or message['fate']})", message["due"] or ""))
        heads = ("by", "message", "kind", "look", "flags", "the words that decided", "case", "due")
        widths = (5, 26, 15, 6, 24, 34, 15, 10)
        print("  ".join(head.ljust(width) for head, width in zip(heads, widths)))
        for row in sorted(rows, key=lambda r: (r[0], r[6])):
            cells = [textwrap.wrap(str(cell), width) or [""] for cell, width in zip(row, widths)]
            for line in range(max(map(len, cells))):
                print("  ".join((cell[line] if line < len(cell) else "").ljust(width)
                                for cell, width in zip(cells, widths)).rstrip())

    def show_letter(self):
        for path in sorted((self.home / "sent" / "new").iterdir()):
            mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            if "ravi.shah" in mail["To"]:
                for name in ("From", "To", "Subject", "Auto-Submitted", "In-Reply-To"):
                    print(f"{name}: {mail[name]}")
                print()
                print(mail.get_body(("plain",)).get_content())
                return
        fail("no letter to Ravi Shah was sent")

    def show_text(self):
        for path in sorted((self.home / "tray").rglob("*")):
            if path.is_file() and "900102" in path.read_text(errors="replace"):
                print("\n".join(textwrap.fill(line, 100, break_on_hyphens=False)
                                for line in path.read_text().splitlines()))
                return


def title(text):
    print(f"\n=== {text} " + "=" * max(3, 96 - len(text)) + "\n")


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    home = pathlib.Path(tempfile.mkdtemp(prefix="redress-demo-"))
    demo = Demo(build, home)
    demo.prepare()
    print(f"Starting redressd with its embedded default in {home}:")
    print("a Maildir as mailbox, a text number on loopback, SQLite, a Maildir and a tray as the way out.")
    try:
        demo.start()
        begun = time.monotonic()
        for number, mail in enumerate(MAILS):
            demo.deliver_mail(number, *mail)
        for number, text in enumerate(TEXTS):
            demo.deliver_text(number, *text)
        print(f"Delivered {len(MAILS)} mails and {len(TEXTS)} texts. Waiting until all are answered ...")
        demo.wait(demo.all_through, "all messages to be decided and answered")
        print(f"All through after {time.monotonic() - begun:.1f} s.")
        title("What became of each message")
        demo.show_messages()
        title("One acknowledgement in full, as it was sent")
        demo.show_letter()
        title("And one by text")
        demo.show_text()
        title("What people owe now (redressctl tasks)")
        print(demo.ctl("tasks").rstrip())
    finally:
        demo.stop()
    if demo.daemon.returncode != 0:
        fail(f"redressd ended with {demo.daemon.returncode}; see {home}/redressd.log")
    title("Where to look next")
    ctl = f"{os.path.relpath(build)}/redressctl --config {demo.config}"
    print(f"  {ctl} case list\n  {ctl} case show RD100001        everything about one case")
    print(f"  {ctl} review list               what a person must decide")
    print(f"  echo 'still no heating, third time of asking' | \\\n      {os.path.relpath(build)}/redressctl "
          "classify --landlord code-2024 --explain -")
    print("  rules/                            what the rules, landlords and letters say: change a copy and try again")
    print("  README.md                         from here to your own mailbox")
    print(f"\nEverything of this demo lies in {home}; remove it when you are done.")


if __name__ == "__main__":
    main()
