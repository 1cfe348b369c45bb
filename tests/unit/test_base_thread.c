#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "redress/base/clock.h"
#include "redress/base/fault.h"
#include "redress/base/log.h"
#include "redress/base/thread.h"

#define DEADLINE_MS 10000

struct counter {
	atomic_int rounds;
	atomic_bool signals_blocked;
};

static void count_wakes(struct rd_thread *self, void *context)
{
	struct counter *counter = context;
	sigset_t blocked;

	pthread_sigmask(SIG_BLOCK, NULL, &blocked);
	atomic_store(&counter->signals_blocked,
		sigismember(&blocked, SIGTERM) == 1 && sigismember(&blocked, SIGHUP) == 1);
	while (!rd_thread_stopping(self)) {
		rd_thread_wait(self, -1);
		atomic_fetch_add(&counter->rounds, 1);
	}
}

static void until_rounds(struct counter *counter, int wanted)
{
	int64_t deadline = rd_monotonic_ms() + DEADLINE_MS;

	while (atomic_load(&counter->rounds) < wanted)
		if (rd_monotonic_ms() > deadline)
			fail_msg("no wake-up within %d ms", DEADLINE_MS);
}

static void a_thread_wakes_when_woken_and_ends_when_stopped(void **state)
{
	struct counter counter = { 0 };
	struct rd_thread *thread = NULL;
	struct rd_err err = { 0 };

	(void)state;
	assert_int_equal(rd_thread_start("a name far too long", count_wakes, &counter, 1000, 0,
				 &thread, &err),
		RD_OK);
	assert_string_equal(rd_thread_name(thread), "a name far too ");
	rd_thread_wake(thread);
	until_rounds(&counter, 1);
	rd_thread_wake(thread);
	until_rounds(&counter, 2);
	assert_true(atomic_load(&counter.signals_blocked));
	assert_false(rd_thread_late(thread));
	rd_thread_join(thread);
	assert_true(atomic_load(&counter.rounds) >= 3);
	rd_thread_join(NULL);
}

static void never_beats(struct rd_thread *self, void *context)
{
	atomic_bool *go_on = context;

	while (!atomic_load(go_on) && !rd_thread_stopping(self))
		;
	rd_thread_beat(self);
	while (!rd_thread_stopping(self))
		rd_thread_wait(self, 1);
}

static void a_thread_that_does_not_beat_is_late(void **state)
{
	atomic_bool go_on = false;
	struct rd_thread *thread = NULL;
	struct rd_err err = { 0 };
	int64_t deadline = rd_monotonic_ms() + DEADLINE_MS;
	bool late = false, on_time = false;

	(void)state;
	assert_int_equal(
		rd_thread_start("late", never_beats, &go_on, 100, 256 << 10, &thread, &err), RD_OK);
	while (!(late = rd_thread_late(thread)) && rd_monotonic_ms() < deadline)
		;
	atomic_store(&go_on, true);
	while (!(on_time = !rd_thread_late(thread)) && rd_monotonic_ms() < deadline)
		;
	rd_thread_join(thread);
	assert_true(late);
	assert_true(on_time);
}

static int64_t turned(void *context)
{
	return *(int64_t *)context;
}

static void a_clock_can_be_turned(void **state)
{
	int64_t now = 42;
	struct rd_clock clock = { turned, &now };

	(void)state;
	assert_int_equal(rd_now_ms(&clock), 42);
	now = 43;
	assert_int_equal(rd_now_ms(&clock), 43);
	assert_true(rd_now_ms(&rd_system_clock) > INT64_C(1700000000000));
	int64_t before = rd_monotonic_ms();
	assert_true(rd_monotonic_ms() >= before);
}

/* What a function writes to standard error. */
static size_t stderr_of(void (*function)(void), char *out, size_t size)
{
	char path[] = "/tmp/rd-log-XXXXXX";
	int fd = mkstemp(path), kept = dup(STDERR_FILENO);

	assert_true(fd >= 0 && kept >= 0);
	dup2(fd, STDERR_FILENO);
	function();
	dup2(kept, STDERR_FILENO);
	ssize_t n = pread(fd, out, size - 1, 0);
	close(kept);
	close(fd);
	unlink(path);
	assert_true(n >= 0);
	out[n] = '\0';
	return (size_t)n;
}

static void log_some(void)
{
	char big[5000];

	rd_log_set_level(RD_LOG_INFO);
	rd_log(RD_LOG_DEBUG, "not shown", NULL);
	rd_log(RD_LOG_WARNING, "A case\nwas opened.", "CASE", "RD123456-K7QF", "ROW", "7\r8", NULL);
	rd_logf(RD_LOG_INFO, "%d messages were read.", 3);
	memset(big, 'x', sizeof big);
	big[sizeof big - 1] = '\0';
	rd_log(RD_LOG_ERROR, big, "ROW", "1", NULL);
}

static void a_log_line_is_one_line_with_its_level(void **state)
{
	static const char wanted[] = "<4>A case was opened. CASE=RD123456-K7QF ROW=7 8\n"
				     "<6>3 messages were read.\n<3>xxxx";
	char out[8192];

	(void)state;
	unsetenv("JOURNAL_STREAM");
	size_t len = stderr_of(log_some, out, sizeof out);
	assert_memory_equal(out, wanted, sizeof wanted - 1);
	assert_true(len < 2100);
	assert_int_equal(out[len - 1], '\n');
}

#ifdef RD_FAULT_POINTS
static void a_fault_point_kills_at_its_nth_passing(void **state)
{
	int status = 0;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		setenv("REDRESS_FAULT", "smtp-data-before:2", 1);
		rd_fault_point("claim-before");
		rd_fault_point("smtp-data-before");
		rd_fault_point("smtp-data-after");
		rd_fault_point("smtp-data-before");
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}
#else
static void a_fault_point_is_nothing(void **state)
{
	(void)state;
	setenv("REDRESS_FAULT", "smtp-data-before:1", 1);
	rd_fault_point("smtp-data-before");
	unsetenv("REDRESS_FAULT");
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
#ifdef RD_FAULT_POINTS
		cmocka_unit_test(a_fault_point_kills_at_its_nth_passing),
#else
		cmocka_unit_test(a_fault_point_is_nothing),
#endif
		cmocka_unit_test(a_thread_wakes_when_woken_and_ends_when_stopped),
		cmocka_unit_test(a_thread_that_does_not_beat_is_late),
		cmocka_unit_test(a_clock_can_be_turned),
		cmocka_unit_test(a_log_line_is_one_line_with_its_level),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
