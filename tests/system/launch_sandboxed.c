/* launch_sandboxed: starts a program as systemd would start the service, as far as that decides
 *what the program may do: proof_sandbox.py reads the unit and says what.
 *
 *	launch_sandboxed [--uid N] [--families 1,2,10] [--deny-write-execute] [--calls FILE]
 *		[--errno N] -- PROGRAM ARG...
 *
 * --calls names a file with one allowed system call a line; any other answers --errno (EPERM).
 * --families are the address families that socket(2) may have; others answer EAFNOSUPPORT.
 * --deny-write-execute bans the same calls as systemd 252's MemoryDenyWriteExecute=.
 * Always: no new privileges, no capabilities, umask 0077. Exits with 125 where anything of this
 * fails: a test must never run with less than it was asked for.
 */
#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FAMILIES_MAX 64
#define CALL_MAX     64

struct wanted {
	long uid;
	bool families_limited;
	bool families[FAMILIES_MAX];
	bool deny_write_execute;
	const char *calls;
	int error;
};

static _Noreturn void fail(const char *what, int error)
{
	fprintf(stderr, "launch_sandboxed: %s: %s\n", what, strerror(error));
	_exit(125);
}

static void check(const char *what, int rc)
{
	if (rc < 0)
		fail(what, errno != 0 && rc == -1 ? errno : -rc);
}

static void read_families(struct wanted *wanted, const char *text)
{
	char *end;

	wanted->families_limited = true;
	while (*text != '\0') {
		long family = strtol(text, &end, 10);
		if (end == text || family < 0 || family >= FAMILIES_MAX)
			fail("--families", EINVAL);
		wanted->families[family] = true;
		text = *end == ',' ? end + 1 : end;
	}
}

static void drop_privileges(const struct wanted *wanted)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2];

	memset(none, 0, sizeof none);
	for (int cap = 0; geteuid() == 0 && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		check("dropping capabilities", prctl(PR_CAPBSET_DROP, cap, 0, 0, 0));
	if (wanted->uid >= 0) {
		check("setgroups", setgroups(0, NULL));
		check("setgid", setgid((gid_t)wanted->uid));
		check("setuid", setuid((uid_t)wanted->uid));
	}
	check("capset", (int)syscall(SYS_capset, &head, none));
	check("no new privileges", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	/* A change of user has forgotten what the test asked of the kernel. */
	check("death signal", prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0));
}

static scmp_filter_ctx begin(uint32_t otherwise)
{
	scmp_filter_ctx filter = seccomp_init(otherwise);

	if (filter == NULL)
		fail("a filter", ENOMEM);
	return filter;
}

static void load(scmp_filter_ctx filter, const char *what)
{
	check(what, seccomp_load(filter));
	seccomp_release(filter);
}

static void limit_families(const struct wanted *wanted)
{
	scmp_filter_ctx filter = begin(SCMP_ACT_ALLOW);
	const uint32_t refuse = SCMP_ACT_ERRNO(EAFNOSUPPORT);

	for (unsigned family = 0; family < FAMILIES_MAX; family++)
		if (!wanted->families[family])
			check("a family", seccomp_rule_add(filter, refuse, SCMP_SYS(socket), 1,
						  SCMP_A0(SCMP_CMP_EQ, family)));
	check("a family", seccomp_rule_add(filter, refuse, SCMP_SYS(socket), 1,
				  SCMP_A0(SCMP_CMP_GE, (scmp_datum_t)FAMILIES_MAX)));
	load(filter, "the families' filter");
}

static void deny_write_execute(void)
{
	scmp_filter_ctx filter = begin(SCMP_ACT_ALLOW);
	const uint32_t refuse = SCMP_ACT_ERRNO(EPERM);
	const scmp_datum_t both = PROT_EXEC | PROT_WRITE;

	check("mmap", seccomp_rule_add(filter, refuse, SCMP_SYS(mmap), 1,
			      SCMP_A2(SCMP_CMP_MASKED_EQ, both, both)));
	check("mprotect", seccomp_rule_add(filter, refuse, SCMP_SYS(mprotect), 1,
				  SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC)));
	check("pkey_mprotect", seccomp_rule_add(filter, refuse, SCMP_SYS(pkey_mprotect), 1,
				       SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC)));
	check("shmat", seccomp_rule_add(filter, refuse, SCMP_SYS(shmat), 1,
			       SCMP_A2(SCMP_CMP_MASKED_EQ, SHM_EXEC, SHM_EXEC)));
	load(filter, "the write-execute filter");
}

/* Names that this machine does not have are passed over, as systemd does. */
static void allow_calls(const struct wanted *wanted)
{
	scmp_filter_ctx filter = begin(SCMP_ACT_ERRNO((uint32_t)wanted->error));
	FILE *file = fopen(wanted->calls, "re");
	char name[CALL_MAX];
	int n = 0;

	if (file == NULL)
		fail(wanted->calls, errno);
	while (fgets(name, sizeof name, file) != NULL) {
		name[strcspn(name, "\n")] = '\0';
		int call = seccomp_syscall_resolve_name(name);
		if (call == __NR_SCMP_ERROR || call < 0)
			continue;
		check(name, seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0));
		n++;
	}
	fclose(file);
	if (n < 100)
		fail("the list of calls is too short to be the unit's", EINVAL);
	load(filter, "the calls' filter");
}

static void read_options(struct wanted *wanted, int argc, char **argv)
{
	static const struct option options[] = { { "uid", required_argument, NULL, 'u' },
		{ "families", required_argument, NULL, 'f' },
		{ "deny-write-execute", no_argument, NULL, 'w' },
		{ "calls", required_argument, NULL, 'c' },
		{ "errno", required_argument, NULL, 'e' }, { NULL, 0, NULL, 0 } };
	int option;

	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (option == 'u')
			wanted->uid = strtol(optarg, NULL, 10);
		else if (option == 'f')
			read_families(wanted, optarg);
		else if (option == 'w')
			wanted->deny_write_execute = true;
		else if (option == 'c')
			wanted->calls = optarg;
		else if (option == 'e')
			wanted->error = (int)strtol(optarg, NULL, 10);
		else
			fail("options", EINVAL);
	}
	if (optind >= argc)
		fail("no program is named", EINVAL);
}

int main(int argc, char **argv)
{
	struct wanted wanted = { .uid = -1, .error = EPERM };

	read_options(&wanted, argc, argv);
	umask(0077);
	drop_privileges(&wanted);
	if (wanted.deny_write_execute)
		deny_write_execute();
	if (wanted.families_limited)
		limit_families(&wanted);
	if (wanted.calls != NULL)
		allow_calls(&wanted);
	execv(argv[optind], argv + optind);
	fail(argv[optind], errno);
}
