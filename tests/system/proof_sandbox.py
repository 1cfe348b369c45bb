#!/usr/bin/python3
"""What scores also runs: the daemon under the unit's own restrictions.

systemd/redressd.service is read here, its groups of system calls are resolved by systemd-analyze,
and tests/system/launch_sandboxed.c puts them on the daemon: the call filter, the ban on memory both
writable and executable, the address families, no capabilities, no new privileges, a user without
rights. Then mails come in from a real Dovecot over TLS, letters leave over TLS, texts come by
webhook, and nothing may have died on the way.
"""
import errno
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile

import house

UNIT = house.ROOT / "systemd" / "redressd.service"
NOBODY = 65534


def unit_fields():
    """The [Service] section's fields in their order."""
    fields, section = [], ""
    for line in UNIT.read_text().splitlines():
        line = line.strip()
        if line.startswith("["):
            section = line
        elif section == "[Service]" and "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            fields.append((name, value))
    return fields


def field(name):
    values = [value for given, value in unit_fields() if given == name]
    house.expect(values, f"the unit has no {name}=")
    return values[-1]


def group(name):
    """The calls of a @group, and of the groups in it."""
    shown = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager", name], check=True,
                           capture_output=True, text=True).stdout
    calls = set()
    for line in shown.splitlines()[1:]:
        word = line.strip()
        if word.startswith("@"):
            calls |= group(word)
        elif word and not word.startswith("#"):
            calls.add(word)
    return calls


def allowed_calls(without=()):
    """SystemCallFilter= lines in their order: the first decides that it is a list of what is
    allowed; `~` takes away, a later line gives back. @default is always allowed."""
    calls = group("@default")
    for name, value in unit_fields():
        if name != "SystemCallFilter":
            continue
        take_away = value.startswith("~")
        for word in value.lstrip("~").split():
            named = group(word) if word.startswith("@") else {word}
            calls = calls - named if take_away else calls | named
    return calls - set(without)


class Sandbox:
    """Programs that the user without rights can reach, and the words that start them sealed in."""

    def __init__(self, build, without=()):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="redress-sandbox-"))
        self.folder.chmod(0o755)
        self.bin = self.folder / "bin"
        self.bin.mkdir(mode=0o755)
        for program, place in (("redressd", build), ("redressctl", build),
                               ("launch_sandboxed", build / "tests" / "system")):
            shutil.copy(place / program, self.bin)
        self.rules = self.folder / "rules"
        shutil.copytree(house.RULES, self.rules)
        for path in [self.rules, *self.rules.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
        self.calls = self.folder / "calls"
        self.calls.write_text("\n".join(sorted(allowed_calls(without))) + "\n")
        self.uid = NOBODY if os.getuid() == 0 else None

    def before(self):
        house.equal(field("MemoryDenyWriteExecute"), "yes", "MemoryDenyWriteExecute=")
        house.equal(field("NoNewPrivileges"), "yes", "NoNewPrivileges=")
        house.equal(field("CapabilityBoundingSet"), "", "CapabilityBoundingSet=")
        families = [str(int(getattr(socket, name)))
                    for name in field("RestrictAddressFamilies").split()]
        words = [self.bin / "launch_sandboxed", "--families", ",".join(families),
                 "--deny-write-execute", "--calls", self.calls, "--errno",
                 getattr(errno, field("SystemCallErrorNumber"))]
        if self.uid is not None:
            words += ["--uid", self.uid]
        return words + ["--"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)


def the_unit_is_as_tight_as_promised(build):
    done = subprocess.run(["systemd-analyze", "security", "--no-pager", "--offline=true",
                           "--threshold=15", str(UNIT)], capture_output=True, text=True)
    house.equal(done.returncode, 0, "exposure above 1.5:\n" + done.stdout[-2000:])


INSIDE = """
import ctypes, errno, mmap, os, socket
def outcome(what):
    try:
        what()
        return "works"
    except OSError as error:
        return errno.errorcode[error.errno]
libc = ctypes.CDLL(None, use_errno=True)
def call(*words):
    if libc.syscall(*words) < 0:
        raise OSError(ctypes.get_errno(), "")
print(outcome(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)),
      outcome(lambda: socket.socket(socket.AF_INET)),
      outcome(lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)),
      outcome(lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE)),
      outcome(lambda: os.sethostname("x") if hasattr(os, "sethostname") else call(170, b"x", 1)),
      outcome(lambda: os.setpriority(os.PRIO_PROCESS, 0, 1)),
      [line.split()[1].strip("0") for line in open("/proc/self/status")
       if line.startswith(("CapBnd", "CapEff", "CapPrm"))],
      [line.split()[1] for line in open("/proc/self/status") if line.startswith("NoNewPrivs")],
      os.getuid() != 0)
"""


def the_launcher_does_what_the_unit_says(build):
    with Sandbox(build) as sandbox:
        done = subprocess.run([*map(str, sandbox.before()), house.PYTHON, "-c", INSIDE],
                              capture_output=True, text=True)
        bounding = "''" if os.getuid() == 0 else done.stdout.split("[")[1].split(",")[2].strip(" ]\n")
        wanted = ("EAFNOSUPPORT works EPERM works EPERM EPERM "
                  f"['', '', {bounding}] ['1'] True")
        house.equal(done.stdout.strip(), wanted, "what can be done inside: " + done.stderr[-500:])


def sealed_house(build, sandbox):
    """A house with everything over TLS, whose programs are the sandbox's."""
    def imap(home):
        home.tls = house.certificates(home.folder / "tls")
        home.dovecot = home.help("dovecot_server.py", home.folder / "dovecot",
                                 home.tls / "good.pem", home.tls / "good.key")
        return house.stanza({"Mailbox": "complaints", "Kind": "imap", "Host": "localhost",
                             "Port": home.dovecot.port, "CA file": home.tls / "ca.pem",
                             "User": "complaints", "Password": home.secret("password", "secret"),
                             "Start from": "all", "Afterwards": "keyword Redress"})

    def smtp(home):
        home.smtp = home.help("smtp_server.py", "--tls", home.tls / "good.pem",
                              home.tls / "good.key", "--auth", "letters", "letterbox")
        return house.stanza({"Outgoing": "letters", "Kind": "smtp", "Host": "localhost",
                             "Port": home.smtp.port, "Security": "tls",
                             "CA file": home.tls / "ca.pem", "User": "letters",
                             "Password": home.secret("letterbox", "letterbox"),
                             "From": "Complaints Team <complaints@landlord.example>"})

    return house.House(sandbox.bin, mailbox=imap, outgoing=smtp, rules=sandbox.rules,
                       owner=sandbox.uid)


def mails_and_texts_pass_sealed_in(build):
    with Sandbox(build) as sandbox, sealed_house(build, sandbox) as home:
        home.start(before=sandbox.before())
        # execv keeps the process: the daemon itself is what was started.
        status = dict(line.split(":\t") for line in pathlib.Path(
            f"/proc/{home.daemon.pid}/status").read_text().splitlines() if ":\t" in line)
        house.equal(status["Name"], "redressd", "what runs")
        house.equal((status["Seccomp"], status["NoNewPrivs"], status["CapEff"].strip("0")),
                    ("2", "1", ""), "its filter, privileges and capabilities")
        house.equal(home.dovecot.ask("append", "complaints", "INBOX", 20, 4000), "ok", "APPEND")
        for number in range(10):
            home.deliver_text(number, house.phone(number), "still no hot water 3rd time iv asked")
        home.wait(lambda: home.is_idle(30), "all to be decided and sent", 120)
        home.wait(lambda: home.number("SELECT count(*) FROM message WHERE mark = 'due'") == 0,
                  "the keywords")
        house.equal(home.number("SELECT count(*) FROM message WHERE deaths > 0 OR quarantined = 1"
                                " OR attempts <> 1"), 0, "messages whose reader died")
        house.equal(home.number("SELECT count(*) FROM reading"), 30, "readings")
        house.equal(home.smtp.number("total"), home.number(
            "SELECT count(*) FROM outbox WHERE channel = 'email' AND state = 'sent'"), "letters")
        house.expect(home.smtp.number("total") >= 20, "a letter for each mail")
        house.equal(len(home.texts_sent()), 10, "a text for each text")
        house.equal(home.get("/healthz")[0], 200, "/healthz")
        house.equal(home.status()["problems"], [], "problems")
        home.daemon.send_signal(signal.SIGHUP)
        home.wait(lambda: "live already" in home.log.read_text(), "the reload")
        home.stop()


def without_the_call_seccomp_nothing_is_read_unsealed(build):
    """systemd 252's @system-service lacks it: a unit that forgets it must not read mail unsealed."""
    with Sandbox(build, without=("seccomp",)) as sandbox, \
            sealed_house(build, sandbox) as home:
        home.start(before=sandbox.before(), wait=False)
        house.equal(home.dovecot.ask("append", "complaints", "INBOX", 1, 2000), "ok", "APPEND")
        house.equal(home.daemon.wait(house.START_S), 2, "redressd refuses to run")
        house.expect("does the unit allow `seccomp`?" in home.log.read_text(), "it says why")
        house.equal(len(home.rows_after_death("SELECT message_id FROM reading")), 0, "readings")


def a_reader_that_dies_of_its_seal_is_seen(build):
    """The seal kills a reader that opens a socket: its death is counted, alone three times, and the
    message comes before a person. Had the seal not been there, it would have been read."""
    with Sandbox(build) as sandbox:
        with house.House(sandbox.bin, rules=sandbox.rules, owner=sandbox.uid) as home:
            home.deliver_mail(1, headers={"X-Redress-Test": "socket"})
            home.start(before=sandbox.before())
            home.wait(lambda: home.is_idle(1), "the message to be given up")
            row = home.rows("SELECT fate, quarantined, deaths FROM message")[0]
            house.equal(tuple(row), ("opened", 1, 3), "fate, quarantine, deaths")


if __name__ == "__main__":
    house.run([the_unit_is_as_tight_as_promised, the_launcher_does_what_the_unit_says,
               mails_and_texts_pass_sealed_in, without_the_call_seccomp_nothing_is_read_unsealed,
               a_reader_that_dies_of_its_seal_is_seen])
