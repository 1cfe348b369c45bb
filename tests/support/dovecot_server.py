"""A real Dovecot for tests: dovecot_server.py FOLDER PEM KEY [lmtp] [oauth=PORT] [tokens=MECHANISM,...]

Runs it in FOLDER on a free port of 127.0.0.1, as nobody where the test is root, with one TLS, one
STARTTLS/plain and no other listener. Every user's password is `secret`; with oauth= it takes tokens
too, by the mechanisms named (xoauth2 and oauthbearer), and asks oauth_server.py at that port. Prints the TLS port, then
answers one line to each line of its standard input:
  plain                              the port without implicit TLS
  append USER FOLDER N BYTES [DATE]  N mails of BYTES each, all different; DATE an INTERNALDATE
                                     `01-Oct-2026 09:00:00 +0100`
  flags USER FOLDER                  UID:FLAG,FLAG of each mail, SP-separated; `-` for none
  seen USER FOLDER                   marks all as read, as staff would
  expunge USER FOLDER UID
  renumber USER                      gives INBOX a new UIDVALIDITY and new UIDs
  fill USER N BYTES                  N mails straight into INBOX's files (quick, all different)
  make USER FOLDER
  lmtp                               with `lmtp`: the port that takes mail for every user
  cut                                ends every session that is open, as a server does that wants a new login
  down                               ends Dovecot, its ports refuse
  up                                 starts it again on the same ports
Ends when its standard input closes.
"""
import ctypes
import glob
import grp
import imaplib
import os
import pwd
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

CONF = """
base_dir = {dir}/run
state_dir = {dir}/run/state
log_path = {dir}/dovecot.log
protocols = {protocols}
listen = 127.0.0.1
ssl = yes
ssl_cert = <{pem}
ssl_key = <{key}
ssl_min_protocol = TLSv1.2
disable_plaintext_auth = no
auth_mechanisms = plain login {tokens}
auth_failure_delay = 0
mail_location = maildir:{dir}/mail/%n
mail_max_userip_connections = 100
first_valid_uid = {uid}
first_valid_gid = {gid}
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
{oauth}
passdb {{
  driver = static
  mechanisms = plain login
  args = password=secret
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={dir}/mail/%n allow_all_users=yes
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {tls}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
protocol lmtp {{
  postmaster_address = postmaster@landlord.example
}}
service anvil {{
  chroot =
  # Who is refused is not kept waiting: tests are refused often.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
"""

OAUTH = """
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {dir}/oauth2.conf
}}
"""
INTROSPECT = """
introspection_url = http://127.0.0.1:{port}/introspect
introspection_mode = post
username_attribute = username
active_attribute = active
active_value = true
"""


def free_port():
    """One that is free now, below those that the kernel hands out: nobody else is given it before
    Dovecot has it, but by another of us."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


folder, pem, key = (os.path.abspath(a) for a in sys.argv[1:4])
who = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())

os.makedirs(folder + "/mail", exist_ok=True)
shutil.copy(pem, folder + "/dovecot.pem")
shutil.copy(key, folder + "/dovecot.key")
tls_port = plain_port = lmtp_port = None
with_lmtp = "lmtp" in sys.argv[4:]
options = dict(a.split("=", 1) for a in sys.argv[4:] if "=" in a)


def choose_ports():
    global tls_port, plain_port, lmtp_port
    tls_port, plain_port, lmtp_port = free_port(), free_port(), free_port()
    with open(folder + "/dovecot.conf", "w") as f:
        f.write(CONF.format(dir=folder, pem=folder + "/dovecot.pem", key=folder + "/dovecot.key",
                            uid=who.pw_uid, gid=who.pw_gid, user=who.pw_name,
                            group=grp.getgrgid(who.pw_gid).gr_name, tls=tls_port, plain=plain_port,
                            lmtp=lmtp_port if with_lmtp else 0,
                            oauth=OAUTH.format(dir=folder) if "oauth" in options else "",
                            tokens=options.get("tokens", "xoauth2 oauthbearer").replace(",", " ")
                            if "oauth" in options else "",
                            protocols="imap lmtp" if with_lmtp else "imap"))
    with open(folder + "/oauth2.conf", "w") as f:
        f.write(INTROSPECT.format(port=options.get("oauth", 0)))
    own(folder)


def own(path):
    if os.getuid() == 0:
        for top, dirs, files in os.walk(path):
            for name in [top] + [os.path.join(top, n) for n in files]:
                os.chown(name, who.pw_uid, who.pw_gid)


def lower():
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(who.pw_gid)
        os.setuid(who.pw_uid)
    libc.prctl(1, signal.SIGTERM, 0, 0, 0)  # ends with us, however we end; a setuid clears it


program = next((p for p in ("/usr/sbin/dovecot", shutil.which("dovecot")) if p and os.path.exists(p)),
               None)
if not program:
    sys.exit("dovecot is not installed (Debian package dovecot-imapd)")
dovecot = None
libc = ctypes.CDLL(None)


def is_up():
    """It writes its pid once all its ports are its own, and a connection is taken."""
    try:
        with open(folder + "/run/master.pid") as f:
            if f.read().strip() != str(dovecot.pid):
                return False
        socket.create_connection(("127.0.0.1", plain_port), 1).close()
        return True
    except OSError:
        return False


def try_to_start():
    """False: it ended by itself, as it does where a port has been taken in the meantime."""
    global dovecot
    dovecot = subprocess.Popen([program, "-F", "-c", folder + "/dovecot.conf"], preexec_fn=lower,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 15
    while dovecot.poll() is None and time.monotonic() < deadline:
        if is_up():
            return True
        time.sleep(0.02)
    end()
    return False


def start(anew=False):
    """Starts it and waits until it takes connections; anew: on other ports each time."""
    for _ in range(5):
        if anew:
            choose_ports()
        if try_to_start():
            return "ok"
    log = folder + "/dovecot.log"
    sys.exit("dovecot did not start: " + (open(log).read() if os.path.exists(log) else ""))


def end():
    dovecot.terminate()
    try:
        dovecot.wait(5)
    except subprocess.TimeoutExpired:
        dovecot.kill()
        dovecot.wait()
    return "ok"


def cut():
    """A session lives in an imap-login (its TLS) and an imap."""
    for pid in open("/proc/%d/task/%d/children" % (dovecot.pid, dovecot.pid)).read().split():
        with open("/proc/%s/comm" % pid) as f:
            if f.read().startswith("imap"):
                os.kill(int(pid), signal.SIGTERM)
    return "ok"


def stop(*_):
    end()
    os._exit(0)


os.chmod(folder, 0o755)
signal.signal(signal.SIGTERM, stop)
start(anew=True)

serial = 0


def mail(size, eol="\r\n"):
    global serial
    serial += 1
    head = eol.join(["From: Resident <r%d@example.com>" % serial, "To: homes@example.org",
                     "Subject: The tap drips, number %d" % serial,
                     "Message-ID: <%d.test@example.com>" % serial,
                     "Date: Thu, 01 Oct 2026 09:00:00 +0100", "", ""]).encode()
    line = ("%09d the tap drips and nobody came" % serial).ljust(70).encode() + eol.encode()
    body = line * (max(size - len(head), 0) // len(line) + 1)
    return head + body[:max(size - len(head), 0)]


def client(user, box=None):
    c = imaplib.IMAP4("127.0.0.1", plain_port)
    c.login(user, "secret")
    if box:
        kind, data = c.select('"%s"' % box)
        assert kind == "OK", data
    return c


def flags(user, box):
    box = box.replace("_", " ")
    c = client(user, box)
    out = []
    for item in c.uid("FETCH", "1:*", "(UID FLAGS)")[1]:
        if item:
            found = re.search(rb"UID (\d+)", item), re.search(rb"FLAGS \(([^)]*)\)", item)
            kept = [f for f in found[1][1].decode().split() if f != "\\Recent"]
            out.append(found[0][1].decode() + ":" + (",".join(kept) or "-"))
    c.logout()
    return " ".join(out) or "-"


def append(user, box, n, size, date=None):
    c = client(user)
    for _ in range(int(n)):
        kind, data = c.append('"%s"' % box, None, '"%s"' % date if date else None, mail(int(size)))
        assert kind == "OK", data
    c.logout()
    return "ok"


def fill(user, n, size):
    base = "%s/mail/%s" % (folder, user)
    for name in ("cur", "new", "tmp"):
        os.makedirs(base + "/" + name, exist_ok=True)
    for i in range(int(n)):
        data = mail(int(size), "\n")
        with open("%s/cur/%d.%06d.test,S=%d,W=%d:2," % (base, 1700000000 + i, i, len(data),
                  len(data) + data.count(b"\n")), "wb") as f:
            f.write(data)
    own(base)
    return "ok"


def renumber(user):
    for name in glob.glob("%s/mail/%s/dovecot*" % (folder, user)):
        if not name.endswith("dovecot-uidvalidity") and "uidvalidity." not in name:
            os.unlink(name)
    return "ok"


def answer(words):
    if words[0] == "plain":
        return plain_port
    if words[0] == "append":
        return append(*words[1:5], " ".join(words[5:]) or None)
    if words[0] == "flags":
        return flags(words[1], words[2])
    if words[0] in ("seen", "expunge"):
        c = client(words[1], words[2])
        if words[0] == "seen":
            c.store("1:*", "+FLAGS", "(\\Seen)")
        else:
            c.uid("STORE", words[3], "+FLAGS", "(\\Deleted)")
            c.expunge()
        c.logout()
        return "ok"
    if words[0] == "renumber":
        return renumber(words[1])
    if words[0] == "fill":
        return fill(*words[1:4])
    if words[0] == "make":
        c = client(words[1])
        c.create('"%s"' % words[2])
        c.logout()
        return "ok"
    if words[0] == "lmtp":
        return lmtp_port
    if words[0] == "cut":
        return cut()
    if words[0] == "down":
        return end()
    if words[0] == "up":
        return start()
    return "unknown command"


print(tls_port, flush=True)
for line in sys.stdin:
    try:
        print(answer(line.split()), flush=True)
    except Exception as e:
        print("error %r" % e, flush=True)
stop()
