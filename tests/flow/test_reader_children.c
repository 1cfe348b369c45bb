/* The children that read: how they are sealed and limited, what becomes of them when they are
 * killed, and which message is blamed when one dies. */
#include "support/reader_world.h"

#include <signal.h>
#include <unistd.h>

#include "redress/reader/seal.h"
#include "support/folder.h"

#define LEAK "REDRESS_TEST_LEAK"

static char leak_dir[FOLDER_MAX], leak_path[FOLDER_MAX + 8];

/* A line of /proc/PID/status: its number, or its first letter. */
static int status_of(int pid, const char *name)
{
	char path[64], line[256];
	int value = -1;

	snprintf(path, sizeof path, "/proc/%d/status", pid);
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, sizeof line, file) != NULL)
		if (strncmp(line, name, strlen(name)) == 0)
			value = line[strlen(name) + 1] >= 'A'
					? line[strlen(name) + 1]
					: (int)strtol(line + strlen(name), NULL, 10);
	fclose(file);
	return value;
}

static void kill_and_wait(int pid)
{
	int64_t deadline = rd_monotonic_ms() + DEADLINE_MS;

	assert_int_equal(kill(pid, SIGKILL), 0);
	while (status_of(pid, "State:") != 'Z') /* until the spawner asks how it ended */
		if (rd_monotonic_ms() > deadline)
			fail_msg("child %d does not die", pid);
}

static void children_killed_between_batches_blame_no_message(void **state)
{
	struct fixture *f = *state;
	int pids[2], after[2];

	add_good(f, 1); /* so one of the two was never asked: it is fresh, and dies idle */
	read_all(f);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(rd_reader_children(f->reader, pids, 2), 2);
		kill_and_wait(pids[0]);
		kill_and_wait(pids[1]);
		forget(f);
		add_good(f, round == 0 ? 2 : N_GOOD);
		read_all(f);
		for (size_t i = 0; i < f->n; i++)
			check_good(f, i);
		assert_int_equal(rd_reader_children(f->reader, after, 2), 2);
		assert_true(after[0] != pids[0] && after[1] != pids[1]);
	}
}

static void a_killed_spawner_is_replaced_and_blames_no_message(void **state)
{
	struct fixture *f = *state;
	int pids[2];

	add_good(f, 1);
	read_all(f);
	assert_int_equal(rd_reader_children(f->reader, pids, 2), 2);
	int spawner_pid = status_of(pids[0], "PPid:");
	assert_true(spawner_pid > 1 && spawner_pid != getpid());
	kill_and_wait(spawner_pid);
	forget(f);
	add_good(f, N_GOOD);
	read_all(f);
	for (size_t i = 0; i < f->n; i++)
		check_good(f, i);
	assert_int_equal(rd_reader_children(f->reader, pids, 2), 2);
	assert_int_not_equal(status_of(pids[0], "PPid:"), spawner_pid);
}

static void signals_to_the_group_do_not_end_children(void **state)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };
	struct fixture *f = *state;
	int before = 0, after = 0;

	add_good(f, 1);
	read_all(f);
	assert_int_equal(rd_reader_children(f->reader, &before, 1), 1);
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		kill(before, numbers[i]);
	forget(f);
	add_good(f, 3);
	read_all(f);
	check_good(f, 2);
	assert_int_equal(rd_reader_children(f->reader, &after, 1), 1);
	assert_int_equal(before, after);
}

/* A line of /proc/PID/limits: the hard limit; -1: none. */
static int64_t limit_of(int pid, const char *name)
{
	char path[64], line[256], soft[32], hard[32];
	int64_t value = -2;

	snprintf(path, sizeof path, "/proc/%d/limits", pid);
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, sizeof line, file) != NULL)
		if (strncmp(line, name, strlen(name)) == 0 &&
			sscanf(line + strlen(name), "%31s %31s", soft, hard) == 2) {
			assert_string_equal(soft, hard);
			value = strcmp(hard, "unlimited") == 0 ? -1 : strtoll(hard, NULL, 10);
		}
	fclose(file);
	return value;
}

static void a_child_can_take_no_more_memory_files_or_disk(void **state)
{
	struct fixture *f = *state;
	int pid = 0;

	add_good(f, 1);
	read_all(f);
	assert_int_equal(rd_reader_children(f->reader, &pid, 1), 1);
	assert_int_equal(limit_of(pid, "Max core file size"), 0);
	assert_int_equal(limit_of(pid, "Max file size"), 0);
	if (!RD_SANITIZED) {
		assert_int_equal(limit_of(pid, "Max address space"), 3 << 29);
		assert_int_equal(limit_of(pid, "Max open files"), 0);
	}
}

/* Environments hold secrets more often than not. Both hidden modes run in this very program, so
 * each says itself what came along: see main. */
static void nothing_of_the_environment_reaches_spawner_or_child(void **state)
{
	struct fixture *f = *state;

	add_good(f, 1);
	read_all(f);
	check_good(f, 0);
	if (!RD_SANITIZED) /* sanitizers are told by the environment what to do */
		assert_int_equal(access(leak_path, F_OK), -1);
	else
		assert_int_equal(access(leak_path, F_OK), 0); /* it would have been seen */
}

static void the_kernel_says_that_a_child_is_sealed(void **state)
{
	struct fixture *f = *state;
	int pid = 0;

	add_good(f, 1);
	read_all(f);
	assert_int_equal(rd_reader_children(f->reader, &pid, 1), 1);
	assert_int_equal(status_of(pid, "NoNewPrivs:"), 1);
	if (!RD_SANITIZED) {
		assert_int_equal(status_of(pid, "Seccomp:"), 2);
		assert_int_equal(status_of(pid, "Threads:"), 1);
	}
}

#ifdef RD_FAULT_POINTS

static const struct {
	const char *why, *what, *detail; /* NULL: it is read */
	int only_sealed;		 /* sanitizers hold back signals and allow system calls */
} crimes[] = {
	{ "a wild write ends the child", "segv", "signal 11 (SIGSEGV)", 1 },
	{ "a loop outruns the CPU limit", "spin", "CPU limit of 5000 ms", 1 },
	{ "memory without end is refused", "alloc", "signal 6 (SIGABRT)", 1 },
	{ "a hung child meets the wall deadline", "hang", "no answer within 1500 ms", 0 },
	{ "nonsense for an answer is not believed", "lie", "what the parse child said cannot be",
		0 },
	{ "a socket cannot be had", "socket", "signal 31 (SIGSYS)", 1 },
	{ "memory cannot be made executable", "exec-memory", "signal 31 (SIGSYS)", 1 },
	{ "a file cannot be opened, and trying is no crime", "open", NULL, 1 },
};

static void a_message_that_is_alone_to_blame_is_blamed(void **state)
{
	struct fixture *f = *state;
	char body[64];

	for (size_t i = 0; i < sizeof crimes / sizeof crimes[0]; i++) {
		if (RD_SANITIZED && crimes[i].only_sealed)
			continue;
		snprintf(body, sizeof body, "fed up\r\nX-Redress-Test: %s", crimes[i].what);
		rd_reader_set_wall_ms(
			f->reader, strcmp(crimes[i].what, "hang") == 0 ? 1500 : DEADLINE_MS);
		forget(f);
		add_mail(f, "", body);
		read_all(f);
		if (crimes[i].detail == NULL) {
			check_good(f, 0);
			continue;
		}
		if (f->readings[0].end != RD_READ_DIED ||
			strcmp(f->readings[0].detail, crimes[i].detail) != 0)
			fail_msg("%s: %d %s", crimes[i].why, (int)f->readings[0].end,
				f->readings[0].detail);
	}
	rd_reader_set_wall_ms(f->reader, DEADLINE_MS);
	forget(f);
	add_good(f, 1);
	read_all(f);
	check_good(f, 0);
}

static void one_poisoned_mail_among_fifty_costs_the_others_nothing(void **state)
{
	struct fixture *f = *state;

	add_good(f, N_GOOD / 2);
	add_mail(f, "", "X-Redress-Test: segv");
	add_good(f, N_GOOD / 2);
	read_all(f);
	for (size_t i = 0; i < f->n; i++)
		if (i != N_GOOD / 2)
			check_good(f, i);
	assert_int_equal(f->readings[N_GOOD / 2].end, RD_READ_DIED);
}

static void neighbours_in_poison_are_told_apart(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 4; i++) {
		add_mail(f, "", "X-Redress-Test: segv");
		add_mail(f, "", i % 2 == 0 ? "X-Redress-Test: lie" : "fed up");
		add_good(f, 3);
	}
	read_all(f);
	for (size_t i = 0; i < f->n; i++)
		if (i % 5 == 0 || i % 10 == 1)
			assert_int_equal(f->readings[i].end, RD_READ_DIED);
		else
			check_good(f, i);
}

static void a_source_without_rewind_is_given_back_not_blamed(void **state)
{
	struct fixture *f = *state;

	add_good(f, 1);
	add_mail(f, "", "X-Redress-Test: segv");
	f->requests[1].raw.rewind = NULL;
	read_all(f);
	check_good(f, 0);
	assert_int_equal(f->readings[1].end, RD_READ_FAILED);
}

#endif

/* In the spawner and in a child, if the environment came along: leaves word of it. */
static void tell_leak(void)
{
	const char *path = getenv(LEAK);
	FILE *file = path != NULL ? fopen(path, "ae") : NULL;

	if (file != NULL)
		fclose(file);
}

static void prepare_leak(void)
{
	folder_make(leak_dir, "reader");
	snprintf(leak_path, sizeof leak_path, "%s/leaked", leak_dir);
	if (setenv(LEAK, leak_path, 1) != 0)
		abort();
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		WITH(open_two, children_killed_between_batches_blame_no_message),
		WITH(open_two, a_killed_spawner_is_replaced_and_blames_no_message),
		WITH(open_one, signals_to_the_group_do_not_end_children),
		WITH(open_one, the_kernel_says_that_a_child_is_sealed),
		WITH(open_one, a_child_can_take_no_more_memory_files_or_disk),
		WITH(open_one, nothing_of_the_environment_reaches_spawner_or_child),
#ifdef RD_FAULT_POINTS
		WITH(open_one, a_message_that_is_alone_to_blame_is_blamed),
		WITH(open_two, one_poisoned_mail_among_fifty_costs_the_others_nothing),
		WITH(open_two, neighbours_in_poison_are_told_apart),
		WITH(open_one, a_source_without_rewind_is_given_back_not_blamed),
#endif
	};

	tell_leak();
	rd_reader_main_if_child(argc, argv);
	prepare_leak();
	start_spawner();
	int rc = cmocka_run_group_tests(tests, NULL, NULL);
	rd_spawner_stop(spawner);
	folder_remove(leak_dir);
	return rc;
}
