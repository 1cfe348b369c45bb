#include "redress/reader/seal.h"

#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static timer_t cpu_timer;
static volatile sig_atomic_t cpu_exit_status;

static void cpu_time_is_up(int number)
{
	(void)number;
	_exit(cpu_exit_status);
}

enum rd_rc rd_cpu_limit_prepare(int status, struct rd_err *err)
{
	struct sigaction action = { .sa_handler = cpu_time_is_up };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGXCPU };

	cpu_exit_status = status;
	if (sigaction(SIGXCPU, &action, NULL) != 0 ||
		timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &cpu_timer) != 0)
		return rd_fail(err, RD_E_AGAIN, "no timer for the CPU limit: %s", strerror(errno));
	return RD_OK;
}

void rd_cpu_limit_arm(int64_t cpu_ms)
{
	struct itimerspec at = { .it_value = { .tv_sec = cpu_ms / 1000,
					 .tv_nsec = cpu_ms % 1000 * 1000000 } };

	RD_ASSERT(timer_settime(cpu_timer, 0, &at, NULL) == 0);
}

static enum rd_rc limit(int resource, uint64_t most, struct rd_err *err)
{
	struct rlimit both = { .rlim_cur = most, .rlim_max = most };

	if (setrlimit((__rlimit_resource_t)resource, &both) != 0)
		return rd_fail(err, RD_E_AGAIN, "limit %d could not be set: %s", resource,
			strerror(errno));
	return RD_OK;
}

#if !RD_SANITIZED

/* What reading, memory and the clock need. */
static const int allowed[] = { SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
	SCMP_SYS(futex), SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(getrandom), SCMP_SYS(getpid), SCMP_SYS(gettid),
	SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid),
	SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(sysinfo),
	SCMP_SYS(timer_settime), SCMP_SYS(restart_syscall), SCMP_SYS(close) };

/* What libraries try and can do without: iconv_open looks for a converter, localtime for a zone. */
static const int refused[] = { SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(access),
	SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(fstat),
	SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
	SCMP_SYS(getcwd), SCMP_SYS(ioctl), SCMP_SYS(lseek) };

static int add_rules(scmp_filter_ctx filter, int fd)
{
	const struct scmp_arg_cmp no_exec = { 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0 };
	const struct scmp_arg_cmp own_fd = { 0, SCMP_CMP_EQ, (scmp_datum_t)fd, 0 };
	const struct scmp_arg_cmp stderr_fd = { 0, SCMP_CMP_EQ, STDERR_FILENO, 0 };
	const struct scmp_arg_cmp own_pid = { 0, SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof allowed / sizeof allowed[0]; i++)
		rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
	for (size_t i = 0; rc == 0 && i < sizeof refused / sizeof refused[0]; i++)
		rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), refused[i], 0);
	if (rc == 0)
		rc = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, &no_exec);
	if (rc == 0)
		rc = seccomp_rule_add_array(
			filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, &no_exec);
	if (rc == 0)
		rc = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(read), 1, &own_fd);
	if (rc == 0)
		rc = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(write), 1, &own_fd);
	if (rc == 0)
		rc = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(write), 1, &stderr_fd);
	if (rc == 0) /* abort() */
		rc = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, &own_pid);
	return rc;
}

static enum rd_rc filter_calls(int fd, struct rd_err *err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);

	/* libseccomp asks the kernel first, and finds it without seccomp where that is forbidden.
	 */
	if (filter == NULL)
		return rd_fail(err, RD_E_REFUSED,
			"the system call filter could not be made; does the unit allow `seccomp`?");
	int rc = add_rules(filter, fd);
	if (rc == 0)
		rc = seccomp_load(filter);
	seccomp_release(filter);
	if (rc != 0)
		return rd_fail(err, RD_E_REFUSED,
			"the system call filter was refused (%s); does the unit allow `seccomp`?",
			strerror(-rc));
	return RD_OK;
}

#endif

enum rd_rc rd_seal(int fd, struct rd_err *err)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return rd_fail(
			err, RD_E_REFUSED, "privileges could not be dropped: %s", strerror(errno));
	RD_TRY(limit(RLIMIT_CORE, 0, err));
	RD_TRY(limit(RLIMIT_FSIZE, 0, err));
#if !RD_SANITIZED
	RD_TRY(limit(RLIMIT_AS, RD_CHILD_ADDRESS_BYTES, err));
	RD_TRY(limit(RLIMIT_NOFILE, 0, err));
	RD_TRY(filter_calls(fd, err));
#else
	(void)fd;
#endif
	return RD_OK;
}
