/* redressctl timeline and landlord, as people's scripts see them: output, JSON and exit status. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include <jansson.h>

#include "redress/base/buf.h"

#define OUTPUT_MAX (1u << 20)
#define WORDS_MAX  40

struct outcome {
	struct rd_buf out; /* both streams */
	int status;
};

/* words: the arguments, parted by blanks. */
static void run(const char *words, struct outcome *outcome)
{
	char program[512], copy[1024];
	char *argv[WORDS_MAX] = { program };
	char *save = NULL;
	struct rd_err err = { 0 };
	char piece[4096];
	ssize_t n;
	int fds[2];
	size_t argc = 1;

	snprintf(program, sizeof program, "%s/redressctl", RD_BINARY_DIR);
	snprintf(copy, sizeof copy, "%s", words);
	for (char *word = strtok_r(copy, " ", &save); word != NULL && argc < WORDS_MAX - 1;
		word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	rd_buf_clear(&outcome->out);
	assert_int_equal(pipe(fds), 0);
	pid_t child = fork();
	if (child == 0) {
		if (chdir(RD_SOURCE_DIR) != 0 || dup2(fds[1], STDOUT_FILENO) < 0 ||
			dup2(fds[1], STDERR_FILENO) < 0)
			_exit(126);
		execv(program, argv);
		_exit(127);
	}
	close(fds[1]);
	while ((n = read(fds[0], piece, sizeof piece)) > 0)
		if (rd_buf_add(&outcome->out, piece, (size_t)n, &err) != RD_OK)
			break;
	close(fds[0]);
	assert_int_equal(waitpid(child, &outcome->status, 0), child);
	outcome->status = WIFEXITED(outcome->status) ? WEXITSTATUS(outcome->status) : -1;
}

static int setup(void **state)
{
	static struct outcome outcome;

	outcome = (struct outcome){ .out = RD_BUF(OUTPUT_MAX) };
	*state = &outcome;
	return 0;
}

static int teardown(void **state)
{
	struct outcome *outcome = *state;

	rd_buf_free(&outcome->out);
	return 0;
}

static void commands_answer_with_their_status_and_words(void **state)
{
	static const struct {
		const char *why, *words;
		int status;
		const char *says;
	} rows[] = {
		{ "a timeline for people", "timeline --landlord code-2024 --received 2026-11-20", 0,
			"Friday 20 November 2026 to Friday 27 November 2026" },
		{ "with its clause", "timeline --landlord code-2024 --received 2026-11-20", 0,
			"Code 6.2" },
		{ "an unknown landlord", "timeline --landlord code-2023 --received 2026-11-20", 2,
			"Did you mean `code-2024`?" },
		{ "no landlord", "timeline --received 2026-11-20", 2, "usage:" },
		{ "no day of receipt", "timeline --landlord code-2024", 2, "usage:" },
		{ "a day that is none", "timeline --landlord code-2024 --received 2026-02-30", 2,
			"--received" },
		{ "an event before receipt",
			"timeline --landlord code-2024 --received 2026-11-20 --acknowledged "
			"2026-11-19",
			2, "--acknowledged" },
		{ "an unknown event",
			"timeline --landlord code-2024 --received 2026-11-20 --forgiven 2026-11-21",
			2, "usage:" },
		{ "past the calendar: said, and null",
			"timeline --landlord code-2024 --received "
			"2028-12-27",
			1, "calendar" },
		{ "the landlords", "landlord list", 0, "homes-in-sedgemoor" },
		{ "a landlord with every clause", "landlord show homes-in-sedgemoor", 0,
			"Complaints about a member of staff (seed 004 line 275)" },
		{ "options behind words", "landlord show code-2024 --json", 0, "\"clocks\":[" },
		{ "an unknown landlord to show", "landlord show nobody", 2, "no landlord" },
		{ "none named", "landlord show", 2, "usage:" },
		{ "a rule folder that is none", "landlord list --rules /nonexistent", 2,
			"/nonexistent" },
	};
	struct outcome *outcome = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		run(rows[i].words, outcome);
		if (outcome->status != rows[i].status ||
			strstr(rd_buf_str(&outcome->out), rows[i].says) == NULL)
			fail_msg("%s: status %d: %s", rows[i].why, outcome->status,
				rd_buf_str(&outcome->out));
	}
}

static void a_timeline_in_json_keeps_its_five_fields(void **state)
{
	static const char *const fields[] = { "clock", "starts", "due", "supposed", "source" };
	struct outcome *outcome = *state;
	json_error_t fault;

	run("timeline --landlord code-2024 --received 2026-11-20 --acknowledged 2026-11-23 "
	    "--hazard-known 2026-11-20T22:30:00Z --json",
		outcome);
	assert_int_equal(outcome->status, 0);
	json_t *list = json_loads(rd_buf_str(&outcome->out), JSON_REJECT_DUPLICATES, &fault);
	assert_non_null(list);
	assert_int_equal(json_array_size(list), 12);
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *line = json_array_get(list, i);
		assert_int_equal(json_object_size(line), 5);
		for (size_t j = 0; j < 5; j++)
			assert_non_null(json_object_get(line, fields[j]));
		const char *clock = json_string_value(json_object_get(line, "clock"));
		const char *due = json_string_value(json_object_get(line, "due"));
		if (strcmp(clock, "stage1.respond") == 0)
			assert_string_equal(due, "2026-12-07");
		if (strcmp(clock, "hazard.emergency") == 0)
			assert_string_equal(due, "2026-11-21T22:30:00+00:00");
		if (strcmp(clock, "stage2.respond") == 0)
			assert_true(json_is_null(json_object_get(line, "due")));
	}
	json_decref(list);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* What holds a landlord back holds the rules back: lint says so at its place. */
static void a_faulty_landlord_is_found_by_lint(void **state)
{
	struct outcome *outcome = *state;
	char dir[] = "/tmp/redress-policy-XXXXXX";
	char landlords[64], file[96], words[96];

	assert_non_null(mkdtemp(dir));
	snprintf(landlords, sizeof landlords, "%s/landlords", dir);
	snprintf(file, sizeof file, "%s/mine.landlord", landlords);
	snprintf(words, sizeof words, "rules lint %s", dir);
	assert_int_equal(mkdir(landlords, 0700), 0);
	write_file(file, "Landlord: mine\nFull nmae: Mine\n");
	run(words, outcome);
	(void)unlink(file);
	(void)rmdir(landlords);
	(void)rmdir(dir);
	if (outcome->status != 1 ||
		strstr(rd_buf_str(&outcome->out), "landlords/mine.landlord:2:1: ") == NULL)
		fail_msg("status %d: %s", outcome->status, rd_buf_str(&outcome->out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			commands_answer_with_their_status_and_words, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_timeline_in_json_keeps_its_five_fields, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_faulty_landlord_is_found_by_lint, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
