#!/usr/bin/python3
"""The Debian package: made of this build as `./dev package` makes it, looked into, and installed.

It is installed by the real dpkg into a root of its own: a folder with the few programs and libraries
that its scripts and ours need, its own list of packages and its own users. The scripts run inside
(chroot), so this part wants root; without it the package is unpacked and its programs are run from
where they lie. Neither needs the network, and nothing outside of the folder is touched.
"""
import os
import pathlib
import re
import shutil
import stat
import subprocess
import tempfile

import house
from house import equal, expect

PROGRAMS = {"usr/sbin/redressd", "usr/bin/redressctl"}
# What the scripts of the package call, and a shell.
TOOLS = ("dash", "sh", "install", "getent", "systemd-sysusers", "systemd-tmpfiles", "cat", "chmod")
# Where an installed gateway keeps what is its own.
PLACES = ("/var/lib/redress", "/etc/redress/", "/usr/share/redress/")
SECRETS = {"mailbox": "one", "smtp": "two"}


def run(*words, check=True, **options):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=300, **options)
    if check and done.returncode != 0:
        raise house.Failure(f"{' '.join(map(str, words))} ended with {done.returncode}: "
                            f"{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done


class Package:
    """Made in a folder of its own, which goes with it."""

    def __init__(self, build):
        self.build = build
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="redress-package-"))
        self.folder.chmod(0o755)

    def __enter__(self):
        run("cpack", "-G", "DEB", "-B", self.folder / "made", "--config",
            self.build / "CPackConfig.cmake", cwd=self.build)
        found = list((self.folder / "made").glob("*.deb"))
        equal(len(found), 1, "packages made")
        self.file = found[0]
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def field(self, name):
        return run("dpkg-deb", "-f", self.file, name).stdout.strip()

    def unpack(self):
        """What lies in it, by path without the first slash."""
        tree = self.folder / "tree"
        run("dpkg-deb", "-x", self.file, tree)
        return tree


def files_under(tree):
    return {str(path.relative_to(tree)): path for path in tree.rglob("*") if not path.is_dir()}


def it_holds_what_a_gateway_needs(build):
    with Package(build) as package:
        equal(package.field("Package"), "redress", "its name")
        expect(re.match(r"\d+\.\d+", package.field("Version")), package.field("Version"))
        depends = package.field("Depends")
        for needed in ("libc6", "libsqlite3", "libgnutls", "libetpan", "ca-certificates", "tzdata"):
            expect(needed in depends, f"it does not depend on {needed}: {depends}")

        listed = run("dpkg-deb", "-c", package.file).stdout.splitlines()
        for line in listed:
            mode, owner = line.split()[:2]
            equal(owner, "root/root", f"owner of {line}")
            expect("s" not in mode[1:].lower() and mode[5] != "w" and mode[8] != "w",
                   f"others may write it, or it changes who runs it: {line}")
        tree = package.unpack()
        files = files_under(tree)
        for program in PROGRAMS:
            expect(program in files, f"no {program}: {sorted(files)}")
            equal(stat.S_IMODE(files[program].stat().st_mode), 0o755, f"mode of {program}")
            expect("not stripped" not in run("file", files[program]).stdout, f"{program} not stripped")
        for name, folder in (("redressd.service", "systemd/system"), ("redress.conf", "sysusers.d"),
                             ("redress.conf", "tmpfiles.d")):
            expect(f"lib/{folder}/{name}" in files or f"usr/lib/{folder}/{name}" in files,
                   f"no {folder}/{name}: {sorted(files)}")
        for page in (house.ROOT / "daemon" / "man").glob("*.scd"):
            section = page.stem.rsplit(".", 1)[1]
            wanted = f"usr/share/man/man{section}/{page.stem}"
            expect(wanted in files or wanted + ".gz" in files, f"no {wanted}")
        for source in house.RULES.rglob("*"):
            if source.is_file():
                wanted = f"usr/share/redress/rules/{source.relative_to(house.RULES)}"
                expect(wanted in files, f"no {wanted}")
                equal(files[wanted].read_bytes(), source.read_bytes(), wanted)
        for name in ("redress.conf", "README.md", "LICENSE"):
            expect(f"usr/share/doc/redress/{name}" in files, f"no {name} in its documents")
        strangers = [path for path in files if not path.startswith(("usr/", "lib/"))]
        equal(strangers, [], "files outside of /usr and /lib")
        unit = next(path for name, path in files.items() if name.endswith("redressd.service"))
        for program in re.findall(r"^Exec\w+=(/\S*redress\S*)", unit.read_text(), re.M):
            expect(program.lstrip("/") in files, f"the unit starts {program}, which is not there")


def unpacked_it_runs(build):
    with Package(build) as package, house.House(build) as home:
        tree = package.unpack()
        version = package.field("Version").split("-")[0]
        said = run(tree / "usr/sbin/redressd", "--version").stdout
        equal(said.strip(), f"redressd {version}", "redressd --version")
        home.config.write_text(home.config.read_text().replace(
            str(house.RULES), str(tree / "usr/share/redress/rules")))
        expect("fit to run" in run(tree / "usr/sbin/redressd", "--config", home.config,
                                   "--check").stdout, "--check")
        run(tree / "usr/bin/redressctl", "rules", "lint", tree / "usr/share/redress/rules")
        # Of the example nothing is wrong but what is not there before it is installed and set up.
        example = tree / "usr/share/doc/redress/redress.conf"
        checked = run(tree / "usr/sbin/redressd", "--config", example, "--check", check=False)
        for line in (checked.stdout + checked.stderr).splitlines():
            expect(f"{example}:" not in line or any(f" {place}" in line for place in PLACES),
                   f"the example has a fault: {line}")


# --- a root of its own ---


class Root:
    """A small Debian in a folder: programs and libraries of this machine, users and packages new."""

    def __init__(self, package):
        self.package = package
        self.top = package.folder / "root"
        for name in ("usr/bin", "usr/sbin", "usr/lib", "usr/lib64", "etc", "tmp", "run", "dev",
                     "var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/triggers"):
            (self.top / name).mkdir(parents=True)
        for name in ("bin", "sbin", "lib", "lib64"):
            (self.top / name).symlink_to(f"usr/{name}")
        (self.top / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
        (self.top / "etc/group").write_text("root:x:0:\n")
        (self.top / "etc/nsswitch.conf").write_text("passwd: files\ngroup: files\nhosts: files\n")
        for name in ("var/lib/dpkg/status", "var/lib/dpkg/available", "dev/null"):
            (self.top / name).write_text("")    # a device wants more than root in some containers
        for tool in TOOLS:
            self.take(shutil.which(tool))
        for program in PROGRAMS:
            self.take_libraries(package.folder / "tree" / program)
        self.copy(pathlib.Path("/usr/share/zoneinfo/Europe/London"))

    def copy(self, path):
        """To where it really lies: /lib and /bin are links to /usr's."""
        real = pathlib.Path(os.path.realpath(path.parent)) / path.name
        place = self.top / real.relative_to("/")
        if place.exists():
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place)

    def take_libraries(self, program):
        for found in re.findall(r"(/\S+) \(0x", run("ldd", program, check=False).stdout):
            self.copy(pathlib.Path(found))

    def take(self, path):
        expect(path, "a program that the package's scripts need is not installed")
        self.copy(pathlib.Path(path))
        self.take_libraries(path)

    def dpkg(self, *words):
        """Its dependencies are copied, not installed: dpkg is told not to mind."""
        return run("dpkg", f"--root={self.top}", "--force-depends", *words,
                   env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})

    def inside(self, *words, check=True):
        return run("chroot", self.top, *words, check=check,
                   env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})

    def mode(self, path):
        about = (self.top / path).stat()
        return stat.S_IMODE(about.st_mode), about.st_uid, about.st_gid

    def user(self, name):
        for line in (self.top / "etc/passwd").read_text().splitlines():
            fields = line.split(":")
            if fields[0] == name:
                return int(fields[2]), int(fields[3])
        raise house.Failure(f"there is no user {name}")


def installed_it_is_ready_to_be_set_up_and_removed_it_leaves_the_cases(build):
    if os.getuid() != 0:
        print("  not root: not installed")
        return
    with Package(build) as package:
        package.unpack()
        root = Root(package)
        root.dpkg("-i", package.file)
        expect("ok installed" in (root.top / "var/lib/dpkg/status").read_text(), "not installed")
        # Without a /proc inside, the script could not do this as the next boot does it.
        run("systemd-tmpfiles", f"--root={root.top}", "--create", "redress.conf")
        uid, gid = root.user("redress")
        expect(uid != 0 and gid != 0, "the gateway's user is root")
        equal(root.mode("var/lib/redress"), (0o700, uid, gid), "the folder of the store")
        equal(root.mode("etc/redress/credentials"), (0o700, 0, 0), "the folder of the secrets")
        config = root.top / "etc/redress/redress.conf"
        example = root.top / "usr/share/doc/redress/redress.conf"
        equal(config.read_bytes(), example.read_bytes(), "the configuration to begin with")

        version = package.field("Version").split("-")[0]
        equal(root.inside("redressd", "--version").stdout.strip(), f"redressd {version}", "version")
        # Without --rules it finds those that were installed.
        expect("code-2024" in root.inside("redressctl", "landlord", "list").stdout, "landlord list")

        # What the README asks for: secrets, and the landlord's own numbers in the place of examples.
        for name, secret in SECRETS.items():
            place = root.top / "etc/redress/credentials" / name
            place.write_text(secret + "\n")
            place.chmod(0o600)
        faulty = root.inside("redressd", "--check", check=False)
        equal(faulty.returncode, 2, f"--check with example numbers: {faulty.stdout}")
        told = [line for line in faulty.stdout.splitlines() if line.strip()]
        expect(told and all("example number" in line for line in told if "error" in line), told)
        profile = root.top / "usr/share/redress/rules/landlords/code-2024.landlord"
        profile.write_text(profile.read_text().replace("01632 960", "01632 750"))
        expect("fit to run" in root.inside("redressd", "--check").stdout, "--check once it is set up")

        config.write_text(config.read_text().replace("Gateway: gateway", "Gateway: ours"))
        (root.top / "var/lib/redress/redress.db").write_text("cases")
        root.dpkg("-i", package.file)       # an upgrade
        expect("Gateway: ours" in config.read_text(), "an upgrade wrote over the configuration")
        root.dpkg("-r", "redress")
        expect(not (root.top / "usr/sbin/redressd").exists(), "removed, and redressd is there")
        expect("Gateway: ours" in config.read_text(), "its removal took the configuration")
        root.dpkg("-P", "redress")
        equal((root.top / "var/lib/redress/redress.db").read_text(), "cases",
              "what a purge left of the cases")


if __name__ == "__main__":
    house.run([it_holds_what_a_gateway_needs, unpacked_it_runs,
               installed_it_is_ready_to_be_set_up_and_removed_it_leaves_the_cases])
