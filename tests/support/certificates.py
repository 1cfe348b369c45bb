"""Makes certificates for a test: certificates.py FOLDER [more]

ca.pem and other-ca.pem, and signed by the first: good.pem/.key (localhost, 127.0.0.1) and
wrong.pem/.key (another name); with `more` also expired.pem/.key and named.pem/.key (localhost, no
address). Prints 0 when all stand there.
"""
import os
import subprocess
import sys


def run(*args):
    subprocess.run(["openssl", *args], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def authority(folder, name):
    run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
        "-days", "3650", "-subj", "/CN=" + name, "-keyout", f"{folder}/{name}.key",
        "-out", f"{folder}/{name}.pem", "-addext", "basicConstraints=critical,CA:TRUE")


def leaf(folder, name, names, days="3650"):
    run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
        "-subj", "/CN=" + name, "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.csr")
    with open(f"{folder}/{name}.ext", "w") as f:
        f.write("subjectAltName=" + names + "\n")
    run("x509", "-req", "-in", f"{folder}/{name}.csr", "-CA", f"{folder}/ca.pem",
        "-CAkey", f"{folder}/ca.key", "-CAcreateserial", "-days", days,
        "-extfile", f"{folder}/{name}.ext", "-out", f"{folder}/{name}.pem")


folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
authority(folder, "ca")
authority(folder, "other-ca")
leaf(folder, "good", "DNS:localhost,IP:127.0.0.1")
leaf(folder, "wrong", "DNS:elsewhere.example.org")
if sys.argv[2:] == ["more"]:
    leaf(folder, "expired", "DNS:localhost", "-1")
    leaf(folder, "named", "DNS:localhost")
print(0, flush=True)
sys.stdin.read()
