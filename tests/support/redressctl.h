/* redressctl: the tool as people's scripts run it: words in, what it says and its exit status out.
 *
 * It runs in the source folder, whose rules it finds where no configuration names others.
 */
#ifndef REDRESS_SUPPORT_REDRESSCTL_H
#define REDRESS_SUPPORT_REDRESSCTL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define REDRESSCTL_WORDS_MAX 48

/* words: NULL-ended, behind the program's name. Both streams go to out, as one text, cut where it
 * ends. The exit status; -1: a signal ended it. */
static inline int redressctl_run(const char *const *words, char *out, size_t size)
{
	char program[512];
	const char *argv[REDRESSCTL_WORDS_MAX] = { program };
	size_t argc = 1, len = 0;
	int fds[2], status;
	ssize_t n;

	snprintf(program, sizeof program, "%s/redressctl", RD_BINARY_DIR);
	for (; *words != NULL; words++) {
		assert_true(argc < REDRESSCTL_WORDS_MAX - 1);
		argv[argc++] = *words;
	}
	assert_int_equal(pipe(fds), 0);
	const pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (chdir(RD_SOURCE_DIR) != 0 || dup2(fds[1], STDOUT_FILENO) < 0 ||
			dup2(fds[1], STDERR_FILENO) < 0)
			_exit(126);
		execv(program, (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	close(fds[1]);
	while (len < size - 1 && (n = read(fds[0], out + len, size - 1 - len)) > 0)
		len += (size_t)n;
	out[len] = '\0';
	close(fds[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The same behind `--config FILE --by PERSON`. */
static inline int redressctl_run_by(
	const char *config, const char *person, const char *const *words, char *out, size_t size)
{
	const char *all[REDRESSCTL_WORDS_MAX] = { "--config", config, "--by", person };
	size_t n = 4;

	for (; *words != NULL; words++) {
		assert_true(n < REDRESSCTL_WORDS_MAX - 1);
		all[n++] = *words;
	}
	return redressctl_run(all, out, size);
}

#endif
