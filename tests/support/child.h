/* child: a helper program of a test, spoken to by lines over its standard input and output.
 *
 * The program prints its port as its first line; each command line is answered by one line. It ends
 * when its standard input closes. Everything that fails fails the test.
 */
#ifndef REDRESS_SUPPORT_CHILD_H
#define REDRESS_SUPPORT_CHILD_H

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_WAIT_MS 120000

struct child {
	pid_t pid;
	int in;	 /* we write */
	int out; /* we read */
	int port;
	char line[8192]; /* the last answer */
};

static inline void child_read_line(struct child *child)
{
	size_t n = 0;
	for (;;) {
		struct pollfd fd = { .fd = child->out, .events = POLLIN };
		char c;
		if (poll(&fd, 1, CHILD_WAIT_MS) <= 0 || read(child->out, &c, 1) != 1) {
			child->line[n] = '\0';
			fprintf(stderr, "the helper program fell silent after \"%s\"\n",
				child->line);
			abort();
		}
		if (c == '\n')
			break;
		if (n < sizeof child->line - 1)
			child->line[n++] = c;
	}
	child->line[n] = '\0';
}

/* args: NULL-ended, args[0] a file below tests/support, run by Python. */
static inline void child_start(struct child *child, const char *const *args)
{
	int in[2];
	int out[2];
	char script[1024];
	const char *argv[20] = { "/usr/bin/python3", script };
	snprintf(script, sizeof script, "%s/tests/support/%s", RD_SOURCE_DIR, args[0]);
	for (int i = 1; args[i] && i < 17; i++)
		argv[i + 1] = args[i];
	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
		abort();
	child->pid = fork();
	if (child->pid == 0) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		execv(argv[0], (char *const *)argv);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	child->in = in[1];
	child->out = out[0];
	child_read_line(child);
	child->port = (int)strtol(child->line, NULL, 10);
}

static inline const char *child_ask(struct child *child, const char *command)
{
	size_t len = strlen(command);
	if (write(child->in, command, len) != (ssize_t)len || write(child->in, "\n", 1) != 1)
		abort();
	child_read_line(child);
	return child->line;
}

static inline long child_number(struct child *child, const char *command)
{
	return strtol(child_ask(child, command), NULL, 10);
}

static inline void child_stop(struct child *child)
{
	if (child->pid <= 0)
		return;
	close(child->in);
	close(child->out);
	kill(child->pid, SIGTERM);
	waitpid(child->pid, NULL, 0);
	child->pid = 0;
}

#endif
