"""What a start takes, and from where: the live rules from the store, secrets from systemd.

Usage: test_start.py BUILD [TEST ...]
"""
import os
import shutil
import subprocess

import house
from house import equal, expect, phone

COMPLAINT = "I have rung three times about the mould and nobody came. This is a complaint."


def a_boot_takes_what_is_live_and_tells_that_the_files_differ(build):
    """Promise 9: newer files wait for `rules activate` or a reload, even over a restart."""
    with house.House(build) as home:
        folder = home.folder / "rules"
        shutil.copytree(house.RULES, folder)
        home.config.write_text(home.config.read_text().replace(str(house.RULES), str(folder)))
        home.start()
        live = home.status(expect=(0,))
        expect(not any("differ" in notice for notice in live["notices"]), live["notices"])
        home.stop()

        rules = folder / "delay.rules"
        good = rules.read_text()
        for why, text in (("sound", good + "\n# tuned\n"), ("broken", good + "\nRule: half\n")):
            rules.write_text(text)
            home.start()
            status = home.status(expect=(0,))
            equal(status["ruleset"], live["ruleset"], f"what is live after a boot on {why} files")
            expect(any("differ" in notice for notice in status["notices"]),
                   f"the status does not tell of {why} files: {status['notices']}")
            home.stop()
            home.once()
            equal(home.status()["ruleset"], live["ruleset"], f"live after --once on {why} files")
        home.start()
        home.deliver_mail(1, body=COMPLAINT)
        home.wait(lambda: home.is_idle(1), "a mail under the old rules")
        equal(home.rows("SELECT DISTINCT ruleset FROM reading")[0][0], live["ruleset"],
              "the set that read it")
        equal([row[0] for row in home.rows("SELECT author FROM activation")], ["first start"],
              "activations")


def secrets_come_as_systemds_credentials(build):
    """As the unit hands them over, LoadCredential=redress:FOLDER, and one that was loaded alone."""
    def imap(home):
        home.tls = house.certificates(home.folder / "tls")
        home.dovecot = home.help("dovecot_server.py", home.folder / "dovecot",
                                 home.tls / "good.pem", home.tls / "good.key")
        return house.stanza({"Mailbox": "complaints", "Host": "localhost",
                             "Port": home.dovecot.port, "CA file": home.tls / "ca.pem",
                             "User": "complaints", "Password": "credential mailbox",
                             "Start from": "all"})

    def smtp(home):
        home.smtp = home.help("smtp_server.py", "--tls", home.tls / "good.pem",
                              home.tls / "good.key", "--auth", "team", "letterbox")
        return house.stanza({"Outgoing": "smtp", "Host": "localhost", "Port": home.smtp.port,
                             "CA file": home.tls / "ca.pem", "User": "team",
                             "Password": "credential smtp",
                             "From": "Complaints Team <complaints@landlord.example>"})

    def tray(home):
        return house.stanza({"Texts": "texts", "Kind": "tray", "Number": house.OUR_NUMBER,
                             "Path": home.tray, "Token": "credential token"})

    with house.House(build, mailbox=imap, outgoing=smtp, texts=tray) as home:
        given = home.folder / "credentials"
        given.mkdir(mode=0o700)
        for name, secret in (("redress_mailbox", "secret"), ("redress_smtp", "letterbox"),
                             ("token", house.TOKEN)):
            (given / name).write_text(secret + "\n")
            (given / name).chmod(0o440)     # systemd's own affair
        env = {"CREDENTIALS_DIRECTORY": str(given)}
        home.start(env=env)
        equal(home.dovecot.ask("append", "complaints", "INBOX", 1, 2000), "ok", "APPEND")
        home.deliver_text(1, phone(1), "still waiting 4 sum1 about the leak. 3rd time iv asked")
        home.wait(lambda: home.is_idle(2), "a mail and a text through three secrets")
        equal((home.smtp.number("total"), len(home.texts_sent())), (1, 1), "letters and texts")
        equal(home.status(expect=(0,))["problems"], [], "problems")
        log = home.log.read_text()
        expect("letterbox" not in log and house.TOKEN not in log, "the journal tells a secret")
        home.stop()

        def check(environment):
            return subprocess.run([home.build / "redressd", "--config", home.config, "--check"],
                                  capture_output=True, text=True, env={**os.environ, **environment})

        expect("secret" not in check(env).stdout, check(env).stdout)
        (given / "redress_smtp").unlink()
        missing = check(env)
        equal(missing.returncode, 2, f"--check without a credential ({missing.stdout})")
        expect("redress_smtp" in missing.stdout, missing.stdout)


if __name__ == "__main__":
    house.run([a_boot_takes_what_is_live_and_tells_that_the_files_differ,
               secrets_come_as_systemds_credentials])
