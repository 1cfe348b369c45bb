#include "redress/base/clock.h"

#include <stddef.h>
#include <time.h>

static int64_t read_ms(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t system_now_ms(void *context)
{
	(void)context;
	return read_ms(CLOCK_REALTIME);
}

const struct rd_clock rd_system_clock = { .now_ms = system_now_ms, .context = NULL };

int64_t rd_now_ms(const struct rd_clock *clock)
{
	return clock->now_ms(clock->context);
}

int64_t rd_sleep_ms(const struct rd_clock *clock, int64_t due_ms, int64_t most_ms)
{
	const int64_t left = due_ms - rd_now_ms(clock);

	if (due_ms == 0 || left > most_ms)
		return most_ms;
	return left > 0 ? left : 1;
}

int64_t rd_monotonic_ms(void)
{
	return read_ms(CLOCK_MONOTONIC);
}
