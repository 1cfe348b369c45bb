#include "redress/base/thread.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "redress/base/clock.h"

#define NAME_MAX_BYTES 16 /* the kernel's, with NUL */

struct rd_thread {
	char name[NAME_MAX_BYTES];
	pthread_t id;
	rd_thread_body *body;
	void *context;
	int wake_fd;
	int64_t beat_ms; /* promised; 0: not watched */
	_Atomic int64_t last_beat_ms;
	atomic_bool stopping;
};

static void thread_free(struct rd_thread *thread)
{
	if (thread->wake_fd >= 0)
		close(thread->wake_fd);
	free(thread);
}

static void *run(void *argument)
{
	struct rd_thread *self = argument;

	rd_thread_beat(self);
	self->body(self, self->context);
	return NULL;
}

/* Started with every signal blocked, so that main alone is told of them. */
static int create_blocked(struct rd_thread *thread, size_t stack)
{
	pthread_attr_t attributes;
	sigset_t all, before;

	int rc = pthread_attr_init(&attributes);
	if (rc != 0)
		return rc;
	if (stack > 0)
		rc = pthread_attr_setstacksize(&attributes, stack);
	if (rc == 0) {
		sigfillset(&all);
		pthread_sigmask(SIG_SETMASK, &all, &before);
		rc = pthread_create(&thread->id, &attributes, run, thread);
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	pthread_attr_destroy(&attributes);
	return rc;
}

enum rd_rc rd_thread_start(const char *name, rd_thread_body *body, void *context, int64_t beat_ms,
	size_t stack, struct rd_thread **ret_thread, struct rd_err *err)
{
	struct rd_thread *thread = calloc(1, sizeof *thread);

	RD_ASSERT(thread != NULL);
	snprintf(thread->name, sizeof thread->name, "%s", name);
	thread->body = body;
	thread->context = context;
	thread->beat_ms = beat_ms;
	atomic_init(&thread->last_beat_ms, rd_monotonic_ms());
	thread->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (thread->wake_fd < 0) {
		thread_free(thread);
		return rd_fail(err, RD_E_AGAIN, "thread %s: %s", name, strerror(errno));
	}
	int rc = create_blocked(thread, stack);
	if (rc != 0) {
		thread_free(thread);
		return rd_fail(
			err, RD_E_AGAIN, "thread %s could not be started: %s", name, strerror(rc));
	}
	pthread_setname_np(thread->id, thread->name);
	*ret_thread = thread;
	return RD_OK;
}

bool rd_thread_stopping(const struct rd_thread *self)
{
	return atomic_load(&self->stopping);
}

void rd_thread_beat(struct rd_thread *self)
{
	atomic_store(&self->last_beat_ms, rd_monotonic_ms());
}

int rd_thread_wake_fd(const struct rd_thread *self)
{
	return self->wake_fd;
}

/* While stopping, the wake-up stays on: whoever polls wake_fd must see it again. */
static void take_wake_up(struct rd_thread *self)
{
	uint64_t count;

	if (rd_thread_stopping(self))
		return;
	ssize_t n = read(self->wake_fd, &count, sizeof count);
	(void)n;
	if (rd_thread_stopping(self))
		rd_thread_wake(self);
}

void rd_thread_wait(struct rd_thread *self, int64_t timeout_ms)
{
	int64_t start = rd_monotonic_ms();
	struct pollfd pollfd = { .fd = self->wake_fd, .events = POLLIN };

	rd_thread_beat(self);
	while (!rd_thread_stopping(self)) {
		int64_t left = timeout_ms < 0 ? 60000 : start + timeout_ms - rd_monotonic_ms();
		if (left < 0)
			left = 0;
		if (left > 60000)
			left = 60000;
		if (self->beat_ms > 0 && left > self->beat_ms)
			left = self->beat_ms;
		int n = poll(&pollfd, 1, (int)left);
		rd_thread_beat(self);
		if (n > 0 || (timeout_ms >= 0 && rd_monotonic_ms() - start >= timeout_ms))
			break;
	}
	take_wake_up(self);
}

const char *rd_thread_name(const struct rd_thread *thread)
{
	return thread->name;
}

void rd_thread_wake(struct rd_thread *thread)
{
	uint64_t one = 1;
	ssize_t n = write(thread->wake_fd, &one, sizeof one); /* full: it is awake already */

	(void)n;
}

bool rd_thread_late(const struct rd_thread *thread)
{
	return thread->beat_ms > 0 &&
	       rd_monotonic_ms() - atomic_load(&thread->last_beat_ms) > 2 * thread->beat_ms;
}

void rd_thread_stop(struct rd_thread *thread)
{
	atomic_store(&thread->stopping, true);
	rd_thread_wake(thread);
}

void rd_thread_join(struct rd_thread *thread)
{
	if (thread == NULL)
		return;
	rd_thread_stop(thread);
	pthread_join(thread->id, NULL);
	thread_free(thread);
}
