#include "redress/reader/spawner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "redress/base/file.h"
#include "redress/base/clock.h"
#include "redress/reader/child.h"
#include "redress/reader/reader.h"
#include "redress/reader/seal.h"

#define ANSWER_MS 10000 /* a spawner that is silent for longer is gone */

enum spawner_verb { VERB_READY = 1, VERB_START, VERB_END };

/* One packet of the SOCK_SEQPACKET pair, both ways. A START carries the child's end of its socket.
 */
struct packet {
	int32_t verb;
	int32_t pid;	/* END; in answers to START, 0 where it failed */
	int32_t status; /* in answers: of waitpid, or an errno */
};

struct rd_spawner {
	pthread_mutex_t lock; /* one question at a time */
	int fd;
	pid_t pid;
};

/* ---- the spawner process ---- */

static void ignore_group_signals(void)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE };

	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		signal(numbers[i], SIG_IGN);
}

/* -1: the daemon is gone. */
static int take_request(struct packet *ret_packet, int *ret_fd)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = { ret_packet, sizeof *ret_packet };
	struct msghdr message = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof control.bytes };
	ssize_t n;

	*ret_fd = -1;
	do
		n = recvmsg(RD_CHILD_FD, &message, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)sizeof *ret_packet)
		return -1;
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);
	if (head != NULL && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS &&
		head->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(ret_fd, CMSG_DATA(head), sizeof(int));
	return 0;
}

static _Noreturn void become_child(int fd)
{
	static char name[] = "redressd", mode[] = RD_CHILD_MODE;
	char *const arguments[] = { name, mode, NULL };
	struct rlimit stack;

	if (getrlimit(RLIMIT_STACK, &stack) == 0 &&
		(stack.rlim_max == RLIM_INFINITY || stack.rlim_max >= RD_CHILD_STACK_BYTES)) {
		stack.rlim_cur = RD_CHILD_STACK_BYTES; /* takes effect with the exec */
		setrlimit(RLIMIT_STACK, &stack);
	}
	if (dup2(fd, RD_CHILD_FD) == RD_CHILD_FD) /* clears close-on-exec; fd is never 3 itself */
		execve("/proc/self/exe", arguments, environ);
	_exit(127);
}

static struct packet start_child(int fd, pid_t children[static RD_SPAWNER_CHILDREN_MAX])
{
	size_t slot = 0;

	while (slot < RD_SPAWNER_CHILDREN_MAX && children[slot] != 0)
		slot++;
	if (fd < 0 || slot == RD_SPAWNER_CHILDREN_MAX)
		return (struct packet){ VERB_START, 0, EAGAIN };
	pid_t pid = fork();
	if (pid == 0)
		become_child(fd);
	if (pid < 0)
		return (struct packet){ VERB_START, 0, errno };
	children[slot] = pid;
	return (struct packet){ VERB_START, pid, 0 };
}

static int end_child(pid_t pid)
{
	int status = 0;

	/* Where it died before, its own end stands: a zombie does not die again. */
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

static struct packet end_listed_child(pid_t pid, pid_t children[static RD_SPAWNER_CHILDREN_MAX])
{
	for (size_t i = 0; pid > 0 && i < RD_SPAWNER_CHILDREN_MAX; i++)
		if (children[i] == pid) {
			children[i] = 0;
			return (struct packet){ VERB_END, pid, end_child(pid) };
		}
	return (struct packet){ VERB_END, 0, ECHILD };
}

static bool answer(struct packet packet)
{
	return send(RD_CHILD_FD, &packet, sizeof packet, MSG_NOSIGNAL) == (ssize_t)sizeof packet;
}

_Noreturn void rd_spawner_main(void)
{
	pid_t children[RD_SPAWNER_CHILDREN_MAX] = { 0 };
	struct packet request;
	int fd;

	prctl(PR_SET_NAME, "rd-spawner", 0, 0, 0);
	bool alive = answer((struct packet){ VERB_READY, 0, 0 });
	while (alive && take_request(&request, &fd) == 0) {
		if (request.verb == VERB_START)
			alive = answer(start_child(fd, children));
		else if (request.verb == VERB_END)
			alive = answer(end_listed_child(request.pid, children));
		rd_fd_close(&fd);
	}
	for (size_t i = 0; i < RD_SPAWNER_CHILDREN_MAX; i++)
		if (children[i] != 0)
			end_child(children[i]);
	_exit(0);
}

/* ---- both hidden modes ---- */

/* Nothing but the own socket stays open, and what libraries print goes nowhere: it may quote mail.
 */
static bool shed_files(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int type = 0;
	socklen_t size = sizeof type;

	if (null < 0 || getsockopt(RD_CHILD_FD, SOL_SOCKET, SO_TYPE, &type, &size) != 0)
		return false;
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	if (!RD_SANITIZED) /* whose findings must be seen */
		dup2(null, STDERR_FILENO);
	if (close_range(RD_CHILD_FD + 1, ~0u, 0) != 0)
		return false;
	return true;
}

void rd_reader_main_if_child(int argc, char **argv)
{
	if (argc != 2)
		return;
	bool is_spawner = strcmp(argv[1], RD_SPAWNER_MODE) == 0;
	if (!is_spawner && strcmp(argv[1], RD_CHILD_MODE) != 0)
		return;
	if (!shed_files()) {
		fprintf(stderr, "%s is for Redress itself to call\n", argv[1]);
		_exit(2);
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	ignore_group_signals();
	if (is_spawner)
		rd_spawner_main();
	rd_child_main(RD_CHILD_FD);
}

/* ---- the daemon's side ---- */

static enum rd_rc gone(struct rd_err *err)
{
	return rd_fail(err, RD_E_AGAIN, "the process that starts the parse children is gone");
}

static enum rd_rc take_answer(
	struct rd_spawner *spawner, int32_t verb, struct packet *ret_packet, struct rd_err *err)
{
	struct pollfd pollfd = { .fd = spawner->fd, .events = POLLIN };
	int64_t deadline = rd_monotonic_ms() + ANSWER_MS;
	int n;

	do {
		int64_t left = deadline - rd_monotonic_ms();
		n = poll(&pollfd, 1, left > 0 ? (int)left : 0);
	} while (n < 0 && errno == EINTR);
	if (n <= 0 ||
		recv(spawner->fd, ret_packet, sizeof *ret_packet, 0) !=
			(ssize_t)sizeof *ret_packet ||
		ret_packet->verb != verb)
		return gone(err);
	return RD_OK;
}

static enum rd_rc ask_locked(struct rd_spawner *spawner, struct packet request, int fd,
	struct packet *ret_packet, struct rd_err *err)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = { &request, sizeof request };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	memset(&control, 0, sizeof control);
	if (fd >= 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof control.bytes;
		struct cmsghdr *head = CMSG_FIRSTHDR(&message);
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(head), &fd, sizeof fd);
	}
	if (sendmsg(spawner->fd, &message, MSG_NOSIGNAL) != (ssize_t)sizeof request)
		return gone(err);
	return take_answer(spawner, request.verb, ret_packet, err);
}

/* Between fork and exec, where only what is safe in a signal handler may be called. */
static _Noreturn void become_spawner(int fd)
{
	static char name[] = "redressd", mode[] = RD_SPAWNER_MODE;
	char *const arguments[] = { name, mode, NULL };
	char *const nothing[] = { NULL };
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (fd == RD_CHILD_FD)
		fcntl(fd, F_SETFD, 0);
	else if (dup2(fd, RD_CHILD_FD) < 0)
		_exit(127);
	/* Sanitizers are told by the environment what to do. */
	execve("/proc/self/exe", arguments, RD_SANITIZED ? environ : nothing);
	_exit(127);
}

static void wait_for(pid_t pid)
{
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* spawner->fd and pid are those of no process, or of one that is gone. */
static enum rd_rc launch(struct rd_spawner *spawner, struct rd_err *err)
{
	int pair[2];
	struct packet ready;

	rd_fd_close(&spawner->fd);
	if (spawner->pid > 0)
		kill(spawner->pid, SIGKILL); /* silent is as good as gone */
	wait_for(spawner->pid);
	spawner->pid = 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return rd_fail(err, RD_E_AGAIN, "no socket for the spawner: %s", strerror(errno));
	RD_CLEANUP(rd_fd_close) int theirs = pair[1];
	spawner->fd = pair[0];
	spawner->pid = fork();
	if (spawner->pid == 0)
		become_spawner(theirs);
	if (spawner->pid < 0)
		return rd_fail(
			err, RD_E_AGAIN, "the spawner could not be started: %s", strerror(errno));
	rd_fd_close(&theirs); /* so that its end is seen as an end */
	return take_answer(spawner, VERB_READY, &ready, err);
}

static enum rd_rc ask(struct rd_spawner *spawner, struct packet request, int fd,
	struct packet *ret_packet, struct rd_err *err)
{
	pthread_mutex_lock(&spawner->lock);
	enum rd_rc rc = ask_locked(spawner, request, fd, ret_packet, err);
	/* The kernel may have ended it for want of memory, and its children with it. The next one
	 * starts as clean as the first: exec leaves nothing of this process. */
	if (rc != RD_OK && request.verb == VERB_START) {
		rc = launch(spawner, err);
		if (rc == RD_OK)
			rc = ask_locked(spawner, request, fd, ret_packet, err);
	}
	pthread_mutex_unlock(&spawner->lock);
	return rc;
}

enum rd_rc rd_spawner_child(
	struct rd_spawner *spawner, int *ret_fd, int *ret_pid, struct rd_err *err)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return rd_fail(err, RD_E_AGAIN, "no socket for a parse child: %s", strerror(errno));
	RD_CLEANUP(rd_fd_close) int ours = pair[0];
	RD_CLEANUP(rd_fd_close) int theirs = pair[1];
	struct packet packet;
	RD_TRY(ask(spawner, (struct packet){ VERB_START, 0, 0 }, theirs, &packet, err));
	if (packet.pid <= 0)
		return rd_fail(err, RD_E_AGAIN, "a parse child could not be started: %s",
			strerror(packet.status));
	if (fcntl(ours, F_SETFL, O_NONBLOCK) != 0)
		return rd_fail(err, RD_E_AGAIN, "a parse child's socket: %s", strerror(errno));
	*ret_pid = packet.pid;
	*ret_fd = ours;
	ours = -1;
	return RD_OK;
}

enum rd_rc rd_spawner_end(struct rd_spawner *spawner, int pid, int *ret_status, struct rd_err *err)
{
	struct packet packet;

	RD_TRY(ask(spawner, (struct packet){ VERB_END, pid, 0 }, -1, &packet, err));
	if (packet.pid != pid)
		return rd_fail(err, RD_E_MISSING, "there is no parse child %d", pid);
	*ret_status = packet.status;
	return RD_OK;
}

static void free_spawner(struct rd_spawner **spawner)
{
	rd_spawner_stop(*spawner);
}

enum rd_rc rd_spawner_start(struct rd_spawner **ret_spawner, struct rd_err *err)
{
	RD_CLEANUP(free_spawner) struct rd_spawner *spawner = calloc(1, sizeof *spawner);

	RD_ASSERT(spawner != NULL);
	pthread_mutex_init(&spawner->lock, NULL);
	spawner->fd = -1;
	RD_TRY(launch(spawner, err));
	*ret_spawner = RD_STEAL(spawner);
	return RD_OK;
}

void rd_spawner_stop(struct rd_spawner *spawner)
{
	if (spawner == NULL)
		return;
	rd_fd_close(&spawner->fd);
	wait_for(spawner->pid);
	pthread_mutex_destroy(&spawner->lock);
	free(spawner);
}
