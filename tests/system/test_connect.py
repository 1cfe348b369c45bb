#!/usr/bin/python3
"""redressctl connect: what is wrong with a mailbox or the way out, told in plain words.

Each row plants one mistake in a configuration that is otherwise right, beside real servers, and
wants its own explanation: the words that no other mistake has, and the exit status.
"""
import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import house

SECRET = "the-client-secret-8Q~x"
PASSWORD = "correct-horse-battery"
USER = "homes"
AAD = '{"error":"invalid_client","error_description":"AADSTS%d: words."}'


class Rig:
    """Servers for all rows, one folder for their files."""

    def __init__(self, build):
        self.build = pathlib.Path(build).resolve()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="redress-connect-"))
        self.folder.chmod(0o711)
        self.helpers = []
        house.certificates(self.folder, "more")
        for name, text in (("secret", SECRET), ("password", "secret"), ("wrong", PASSWORD),
                           ("open", "secret")):
            self.file(name, text)
        self.path("open").chmod(0o644)
        self.tokens = self.help("oauth_server.py")
        self.tokens.ask("user", USER)
        self.imap = self.dovecot("imap", "good", f"oauth={self.tokens.port}")
        self.plain_imap = self.imap.number("plain")
        self.imap.ask("append", USER, "INBOX", 1, 400)
        self.smtp = self.help("smtp_oauth_server.py", self.tokens.port)
        self.secure = self.smtp_server("--tls", "good")
        self.secure_other = self.smtp_server("--tls", "wrong")
        self.secure_late = self.smtp_server("--tls", "expired")
        self.starttls = self.smtp_server("--starttls", "good")
        self.by_password = self.help("smtp_server.py", "--auth", USER, "secret")
        self.closed = house.free_port()

    def help(self, script, *args):
        helper = house.Helper(script, *args)
        self.helpers.append(helper)
        return helper

    def dovecot(self, name, certificate, *more):
        return self.help("dovecot_server.py", self.path(name), self.path(certificate + ".pem"),
                         self.path(certificate + ".key"), *more)

    def smtp_server(self, way, certificate):
        return self.help("smtp_server.py", way, self.path(certificate + ".pem"),
                         self.path(certificate + ".key"))

    def path(self, name):
        return self.folder / name

    def file(self, name, text):
        path = self.path(name)
        path.write_text(text + "\n")
        path.chmod(0o600)
        return f"file {path}"

    def end(self):
        with concurrent.futures.ThreadPoolExecutor() as pool:
            list(pool.map(house.Helper.stop, self.helpers))
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- the configuration ---

    def mailbox(self, **fields):
        known = {"Mailbox": "complaints", "Host": "localhost", "Port": self.imap.port,
                 "CA file": self.path("ca.pem"), "User": USER,
                 "Password": f"file {self.path('password')}", "OAuth": None, "Security": None,
                 "Folder": None, "Afterwards": None}
        return self.changed(known, fields)

    def way_out(self, **fields):
        known = {"Outgoing": "post", "Host": "127.0.0.1", "Port": self.smtp.port,
                 "Security": "plain", "CA file": self.path("ca.pem"), "User": USER,
                 "Password": None, "OAuth": "m365", "From": f"Homes <{USER}@landlord.example>"}
        return self.changed(known, fields)

    def oauth(self, **fields):
        known = {"OAuth": "m365", "Kind": "microsoft", "Tenant": "t.landlord.example",
                 "Client": "22222222-2222-2222-2222-222222222222",
                 "Secret": f"file {self.path('secret')}",
                 "Token URL": f"http://127.0.0.1:{self.tokens.port}/token"}
        return self.changed(known, fields)

    @staticmethod
    def changed(known, fields):
        known.update({name.replace("_", " "): value for name, value in fields.items()})
        return house.stanza(known)

    def configure(self, mailbox=None, way_out=None, oauth=None):
        config = self.path("redress.conf")
        config.write_text("\n".join([
            house.stanza({"Gateway": "north", "State": self.path("redress.db"),
                          "Rules": "/nowhere", "Landlord": "code-2024"}),
            self.mailbox(**(mailbox or {})), self.way_out(**(way_out or {})),
            self.oauth(**(oauth or {}))]))
        return config

    def connect(self, name, mailbox=None, way_out=None, oauth=None, options=()):
        """(exit status, what it says in one string)"""
        config = self.configure(mailbox, way_out, oauth)
        done = subprocess.run([self.build / "redressctl", "--config", config, "--json", "connect",
                               *options, name], capture_output=True, text=True,
                              env={**os.environ, "CREDENTIALS_DIRECTORY": str(self.folder)})
        if done.returncode == 2:
            return 2, done.stderr
        told = json.loads(done.stdout)
        house.equal(len(told), 1, "things that are told of")
        house.equal(told[0]["well"], done.returncode == 0, f"well, of {told}")
        return done.returncode, "\n".join(told[0]["says"])


BY_TOKEN = {"Password": None, "OAuth": "m365"}


def mistakes(rig):
    """(what was planted, the name to try, the changed fields, before, status, its own words)"""
    tokens, smtp = rig.tokens, rig.smtp
    password = {"OAuth": None, "Password": f"file {rig.path('password')}"}
    tls = {"Host": "localhost", "Security": "tls", "OAuth": None, "User": None}
    return [
        ("a host that is not there", "complaints", {"mailbox": {"Host": "imap.invalid"}}, None, 3,
         "cannot find the server"),
        ("a port where nobody listens", "complaints", {"mailbox": {"Port": rig.closed}}, None, 3,
         "cannot connect"),
        ("an authority that is not trusted", "complaints",
         {"mailbox": {"CA_file": rig.path("other-ca.pem")}}, None, 1, "authority that this machine"),
        # Whatever listens: what is wrong is seen before it has spoken.
        ("a certificate for another name", "complaints", {"mailbox": {"Port": rig.secure_other.port}}, None,
         1, "elsewhere.example.org"),
        ("a certificate that has expired", "complaints", {"mailbox": {"Port": rig.secure_late.port}}, None,
         1, "must renew it"),
        ("TLS at the port without", "complaints", {"mailbox": {"Port": rig.plain_imap}}, None, 1,
         "TLS 1.2 or newer is required"),
        ("a password of somebody else", "complaints",
         {"mailbox": {"Password": f"file {rig.path('wrong')}"}}, None, 1, "refuses the user or the password"),
        ("a secret that others can read", "complaints",
         {"mailbox": {"Password": f"file {rig.path('open')}"}}, None, 1, "chmod 600"),
        ("a secret that is not there", "complaints",
         {"mailbox": {"Password": "credential nothing"}}, None, 1, "cannot read the secret"),
        ("a folder that is not there", "complaints", {"mailbox": {"Folder": "Complaint"}}, None, 1,
         "there is no folder `Complaint`"),
        ("moved to where it is", "complaints", {"mailbox": {"Afterwards": "move INBOX"}}, None, 1,
         "where they are already"),
        ("no CA file", "complaints", {"mailbox": {"CA_file": "/nowhere/ca.pem"}}, None, 1,
         "no certificate authority could be read"),
        ("an expired client secret", "complaints", {"mailbox": BY_TOKEN},
         lambda: tokens.ask("mode", "answer", 401, AAD % 7000222), 1, "the secret has expired"),
        ("the secret's id for its value", "complaints", {"mailbox": BY_TOKEN},
         lambda: tokens.ask("mode", "answer", 401, AAD % 7000215), 1, "not its Secret ID"),
        ("a client that is not there", "complaints", {"mailbox": BY_TOKEN},
         lambda: tokens.ask("mode", "answer", 400, AAD % 700016), 1, "no such app"),
        ("another directory", "complaints", {"mailbox": BY_TOKEN},
         lambda: tokens.ask("mode", "answer", 400, AAD % 90002), 1, "there is no such directory"),
        ("no consent", "complaints", {"mailbox": BY_TOKEN},
         lambda: tokens.ask("mode", "answer", 400, AAD % 65001), 1, "Grant admin consent"),
        ("Conditional Access", "complaints", {"mailbox": BY_TOKEN},
         lambda: tokens.ask("mode", "answer", 400, AAD % 53003), 1, "Conditional Access"),
        ("a token's server that is busy", "complaints", {"mailbox": BY_TOKEN},
         lambda: tokens.ask("mode", "answer", 503, "{}"), 3, "cannot give a token now"),
        ("no right to the mailbox", "complaints", {"mailbox": BY_TOKEN},
         lambda: tokens.ask("user", "somebody"), 1, "app has no right to this mailbox"),
        ("a Google mailbox without delegation", "complaints",
         {"mailbox": BY_TOKEN,
          "oauth": {"Kind": "google", "Tenant": None, "Refresh_token": f"file {rig.path('secret')}"}},
         lambda: tokens.ask("mode", "answer", 401, '{"error":"unauthorized_client"}'), 1,
         "Domain-wide delegation"),
        ("no STARTTLS", "post", {"way_out": {"Security": "starttls"}}, None, 1,
         "does not offer STARTTLS"),
        ("SMTP: another name", "post",
         {"way_out": {**tls, "Port": rig.secure_other.port}}, None, 1, "elsewhere.example.org"),
        ("SMTP: a server that speaks IMAP", "post", {"way_out": {"Port": rig.plain_imap}}, None, 1,
         "does not speak SMTP"),
        ("SMTP: a password where only tokens go", "post", {"way_out": password}, None, 1,
         "takes no password, only tokens"),
        ("SMTP: tokens where only passwords go", "post",
         {"way_out": {"Port": rig.by_password.port}}, None, 1, "takes no tokens"),
        ("SMTP: another password", "post",
         {"way_out": {"OAuth": None, "Password": f"file {rig.path('wrong')}",
                      "Port": rig.by_password.port}}, None, 1, "refuses the user or the password"),
        ("SMTP: no right to send", "post", {}, lambda: tokens.ask("user", "somebody"), 1,
         "may not send by this mailbox"),
        ("SMTP: login switched off", "post", {}, lambda: smtp.ask("mode", "disabled"), 1,
         "Set-CASMailbox"),
        ("SMTP: a sender that is not ours", "post --send-to you@landlord.example", {},
         lambda: smtp.ask("mode", "sendas"), 1, "does not let homes send as"),
        ("SMTP: no relay", "post --send-to you@landlord.example", {},
         lambda: smtp.ask("mode", "relay"), 1, "does not take mail for others"),
    ]


def each_mistake_has_its_own_explanation(rig):
    told = {}
    for what, name, fields, before, status, words in mistakes(rig):
        rig.tokens.ask("mode", "ok")
        rig.tokens.ask("user", USER)
        rig.smtp.ask("mode", "ok")
        if before:
            before()
        name, *options = name.split()
        found, said = rig.connect(name, **fields, options=options)
        house.equal(found, status, f"{what}: exit status, of: {said}")
        house.expect(words in said, f"{what}: {said}")
        for secret in (SECRET, PASSWORD, "tok-"):
            house.expect(secret not in said, f"{what}: a secret: {said}")
        told[what] = (said, words)
    house.expect(len(told) >= 20, f"only {len(told)} mistakes")
    # An explanation is one's own: its words stand in none that another mistake has, but where
    # the same mistake was planted in a mailbox and in the way out.
    for what, (_, words) in told.items():
        others = [o for o, (said, w) in told.items() if o != what and words in said and w != words]
        house.equal(others, [], f"told the same as {what!r}")


def what_is_right_is_in_order(rig):
    rows = [("complaints", {}, ""), ("complaints", {"mailbox": BY_TOKEN}, ""),
            ("complaints", {"mailbox": {"Afterwards": "keyword $Redress"}}, ""),
            ("complaints", {"mailbox": {"Afterwards": "move Handled"}}, "redressd makes it"),
            ("complaints", {"mailbox": {"Security": "starttls", "Port": rig.plain_imap}}, ""),
            ("post", {}, "SendAsDenied"),
            ("post", {"way_out": {"User": f"{USER}@landlord.example"}}, ""),
            ("post", {"way_out": {"Host": "localhost", "Security": "tls", "OAuth": None,
                                  "User": None, "Port": rig.secure.port}}, ""),
            ("post", {"way_out": {"Host": "localhost", "Security": "starttls", "OAuth": None,
                                  "User": None, "Port": rig.starttls.port}}, "")]
    rig.smtp.ask("mode", "ok")
    for name, fields, words in rows:
        rig.tokens.ask("user", fields.get("way_out", {}).get("User") or USER)
        status, said = rig.connect(name, **fields)
        house.equal(status, 0, f"{name} {fields}: {said}")
        house.expect(words in said if words else not said, f"{name} {fields}: {said}")
    house.equal(rig.smtp.number("total"), 0, "mails sent without --send-to")
    rig.tokens.ask("user", USER)
    status, said = rig.connect("post", options=["--send-to", "you@landlord.example"])
    house.equal(status, 0, said)
    house.equal(rig.smtp.number("total"), 1, "test mails")
    house.expect("To: you@landlord.example" in rig.smtp.ask("body"), rig.smtp.ask("body"))
    status, said = rig.connect("complaints", options=["--send-to", "you@landlord.example"])
    house.equal(status, 2, said)
    folder = {name: None for name in ("Host", "Port", "Security", "CA file", "User", "OAuth")}
    folder.update({"Kind": "maildir", "Path": rig.path("")})
    status, said = rig.connect("post", options=["--send-to", "you@landlord.example"],
                               way_out=folder)
    house.equal(status, 0, said)
    house.expect("No test mail was sent" in said, said)
    house.equal(rig.imap.ask("flags", USER, "INBOX"), "1:-", "the mailbox, afterwards")



def check_names_the_line(rig):
    """redressd --check looks into the files and asks nobody."""
    openssl = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=redress",
               "-days", "20", "-keyout", rig.path("app.key"), "-out", rig.path("app.pem")]
    subprocess.run(openssl, check=True, capture_output=True)
    rig.path("app.key").chmod(0o600)
    certificate = {"Secret": None, "Certificate": rig.path("app.pem"),
                   "Key": f"file {rig.path('app.key')}"}
    rows = [({"Secret": "file /nowhere/secret"}, "error", "/nowhere/secret"),
            ({"Secret": f"file {rig.path('open')}"}, "error", "chmod 600"),
            ({**certificate, "Key": f"file {rig.path('good.key')}"}, "error", "RSA"),
            ({**certificate, "Certificate": rig.path("good.pem")}, "error", "does not belong"),
            (certificate, "warning", "The certificate of OAuth m365 expires on"),
            ({"Secret expires": "2020-01-31"}, "warning", "expired on 2020-01-31"),
            ({"Kind": "google", "Tenant": None, "Client": None, "Secret": None,
              "Service account": f"file {rig.path('secret')}"}, "error", "key file of a service")]
    asked = rig.tokens.number("asked")
    for oauth, level, words in rows:
        rig.configure(mailbox={"Host": "outlook.office365.com"}, oauth=oauth)
        done = subprocess.run([rig.build / "redressd", "--config", rig.path("redress.conf"),
                               "--check"], capture_output=True, text=True)
        lines = [line for line in done.stdout.split("\n") if words in line]
        house.equal(len(lines), 1, f"{words}, of {done.stdout}{done.stderr}")
        place = str(rig.path("redress.conf")) + ":" if level == "error" else ""
        house.expect(lines[0].startswith(f"{level}: {place}"), lines[0])
        house.expect("Microsoft 365 takes no passwords" in done.stdout, done.stdout)
    house.equal(rig.tokens.number("asked"), asked, "tokens asked for")


def connect_tells_what_is_wrong_and_what_is_right(build):
    rig = Rig(build)
    try:
        each_mistake_has_its_own_explanation(rig)
        what_is_right_is_in_order(rig)
        check_names_the_line(rig)
    finally:
        rig.end()


def a_gateway_lives_by_tokens(build):
    def mailbox(home):
        tls = house.certificates(home.folder / "tls")
        home.tokens = home.help("oauth_server.py")
        home.imap = home.help("dovecot_server.py", home.folder / "dovecot", tls / "good.pem",
                              tls / "good.key", f"oauth={home.tokens.port}", "tokens=xoauth2")
        home.smtp = home.help("smtp_oauth_server.py", home.tokens.port)
        home.tokens.ask("user", USER)
        stanzas = [{"OAuth": "m365", "Kind": "microsoft", "Tenant": "t", "Client": "c",
                    "Secret": home.secret("client", SECRET), "Secret expires": "2199-01-01",
                    "Token URL": f"http://127.0.0.1:{home.tokens.port}/token"},
                   {"Mailbox": "complaints", "Host": "localhost", "Port": home.imap.port,
                    "CA file": tls / "ca.pem", "User": USER, "OAuth": "m365", "Start from": "all"}]
        return "\n".join(map(house.stanza, stanzas))

    def way_out(home):
        return house.stanza({"Outgoing": "post", "Host": "127.0.0.1", "Port": home.smtp.port,
                             "Security": "plain", "User": USER, "OAuth": "m365",
                             "From": f"Homes <{USER}@landlord.example>"})

    with house.House(build, mailbox=mailbox, outgoing=way_out, texts="",
                     rules="few") as home:
        home.imap.ask("append", USER, "INBOX", 1, 400)
        home.start()
        home.wait(lambda: home.smtp.number("total") == 1, "the first answer")
        house.equal(home.tokens.number("asked"), 1, "tokens for mailbox and way out")
        told = home.status()
        house.equal([(s["name"], s["expires"]) for s in told["sign_ins"]],
                    [("m365", "2199-01-01")], "the stanza's last day")
        home.tokens.ask("revoke")
        home.smtp.ask("forget")
        home.imap.ask("cut")
        home.imap.ask("append", USER, "INBOX", 1, 400)
        home.wait(lambda: home.smtp.number("total") == 2, "the second answer")
        for secret in (SECRET, "tok-"):
            house.expect(secret not in home.log.read_text(), "the journal tells a secret")


if __name__ == "__main__":
    house.run([a_gateway_lives_by_tokens, connect_tells_what_is_wrong_and_what_is_right])
