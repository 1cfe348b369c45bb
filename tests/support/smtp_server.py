"""A real SMTP server for tests: smtp_server.py [--tls PEM KEY | --starttls PEM KEY] [--auth USER PASS]
                            [--deliver PORT] [--maildir ADDRESS FOLDER]... [--strip HEADER]...

With --deliver what it keeps goes on by LMTP, as a mail server hands it to its mailboxes; with
--maildir mails to that address go into a Maildir, as it would itself. --strip takes headers off on
the way, as a careless relay does.

Prints its port, then answers one line to each line of its standard input:
  mode WORD    ok | rcpt-4 | rcpt-5 | data-4 | data-5 | mail-5 | size-5 | drop-data (hangs up after
               the mail, which it keeps) | drop-early (hangs up within the mail) | hang (keeps the
               mail, never answers) | hold (answers when mode changes)
  count ID     how often a mail with that Message-ID was kept
  total        mails kept
  ids          their Message-IDs, SP-separated, as often as each was kept
  data         how often a client was told 354, whatever came of it
  sessions     connections so far
  drop         hangs up every connection that waits between mails
  sender       MAIL FROM of the last mail, recipients SP-separated behind it
  ehlo         the client's name
  body         the last mail, its lines joined by |
"""
import argparse
import asyncio
import email
import logging
import os
import re
import smtplib
import socket
import ssl
import sys
import threading
import time
import warnings

from aiosmtpd.smtp import SMTP, AuthResult

parser = argparse.ArgumentParser()
parser.add_argument("--tls", nargs=2)
parser.add_argument("--starttls", nargs=2)
parser.add_argument("--auth", nargs=2)
parser.add_argument("--deliver", type=int)
parser.add_argument("--maildir", nargs=2, action="append", default=[])
parser.add_argument("--strip", action="append", default=[])
args = parser.parse_args()

warnings.simplefilter("ignore")  # AUTH without TLS is what some tests want
logging.getLogger("mail.log").setLevel(logging.CRITICAL)

state = {"mode": "ok", "mails": [], "sessions": 0, "ehlo": "", "data": 0}
transports = set()


def hand_over(envelope):
    with smtplib.LMTP("127.0.0.1", args.deliver, local_hostname="localhost") as mailboxes:
        mailboxes.sendmail(envelope.mail_from or "<>", envelope.rcpt_tos, envelope.content)


def file_into(folder, envelope):
    sender = (envelope.mail_from or "").strip("<>").encode()
    head, _, body = envelope.content.replace(b"\r\n", b"\n").partition(b"\n\n")
    head = b"Return-Path: <%s>\n" % sender + head
    for name in args.strip:
        head = re.sub(rb"(?mi)^%s:.*\n?(?:[ \t].*\n?)*" % re.escape(name.encode()), b"", head)
    name = "%d.%d.smtp" % (time.time(), len(state["mails"]))
    tmp = os.path.join(folder, "tmp", name)
    with open(tmp, "wb") as f:
        f.write(head.strip(b"\n") + b"\n\n" + body)
    os.rename(tmp, os.path.join(folder, "new", name))


class Handler:
    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        state["ehlo"] = hostname
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):
        if state["mode"] == "mail-5":
            return "550 5.7.60 sender not allowed"
        if state["mode"] == "size-5":
            return "552 5.3.4 too large"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if state["mode"] == "rcpt-4":
            return "450 4.2.1 mailbox busy"
        if state["mode"] == "rcpt-5":
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mode = state["mode"]
        if mode == "data-4":
            return "451 4.3.0 try later"
        if mode == "data-5":
            return "554 5.6.0 refused content"
        state["mails"].append((envelope.mail_from, list(envelope.rcpt_tos), envelope.content))
        for address, folder in args.maildir:
            if address in envelope.rcpt_tos:
                file_into(folder, envelope)
        if args.deliver:
            await loop.run_in_executor(None, hand_over, envelope)
        if mode == "drop-data":
            server.transport.abort()
            await asyncio.sleep(5)
        if mode == "hang":
            await asyncio.sleep(3600)
        while state["mode"] == "hold":
            await asyncio.sleep(0.01)
        return "250 2.0.0 kept as %d" % len(state["mails"])


class Server(SMTP):
    def connection_made(self, transport):
        super().connection_made(transport)
        state["sessions"] += 1
        transports.add(transport)

    def connection_lost(self, error):
        transports.discard(self.transport)
        super().connection_lost(error)

    async def push(self, status):
        if str(status).startswith("354"):
            state["data"] += 1
        await super().push(status)

    async def smtp_DATA(self, arg):
        if state["mode"] == "drop-early":
            await self.push("354 go on")
            await self._reader.read(100)
            self.transport.abort()
            return
        await super().smtp_DATA(arg)


def authenticate(server, session, envelope, mechanism, data):
    good = (data.login.decode(), data.password.decode()) == tuple(args.auth)
    return AuthResult(success=good, handled=good)


def context(pair):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(pair[0], pair[1])
    return made


def make():
    options = {"hostname": "mx.example.org", "data_size_limit": None}
    if args.starttls:
        options["tls_context"] = context(args.starttls)
        options["require_starttls"] = True
    if args.auth:
        options["authenticator"] = authenticate
        options["auth_required"] = True
        options["auth_require_tls"] = False
    return Server(Handler(), **options)


def header_of(mail):
    return email.message_from_bytes(mail.split(b"\r\n\r\n", 1)[0])["Message-ID"]


def count(message_id):
    return sum(1 for mail in state["mails"] if header_of(mail[2]) == message_id)


def answer(line):
    word, _, rest = line.strip().partition(" ")
    if word == "mode":
        state["mode"] = rest
        return "ok"
    if word == "count":
        return count(rest)
    if word == "total":
        return len(state["mails"])
    if word == "ids":
        return " ".join(header_of(mail[2]) for mail in state["mails"]) or "-"
    if word == "data":
        return state["data"]
    if word == "sessions":
        return state["sessions"]
    if word == "ehlo":
        return state["ehlo"]
    if word == "drop":
        for transport in list(transports):
            loop.call_soon_threadsafe(transport.abort)
        return "ok"
    if word == "sender":
        last = state["mails"][-1]
        return " ".join(["<%s>" % (last[0] or "").strip("<>")] + last[1])
    if word == "body":
        return state["mails"][-1][2].decode("utf-8", "replace").replace("\r\n", "|")
    return "unknown command"


def listen_to_test():
    for line in sys.stdin:
        print(answer(line), flush=True)
    loop.call_soon_threadsafe(loop.stop)


loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", 0))
tls = context(args.tls) if args.tls else None
loop.run_until_complete(loop.create_server(make, sock=listener, ssl=tls))
print(listener.getsockname()[1], flush=True)
threading.Thread(target=listen_to_test, daemon=True).start()
loop.run_forever()
