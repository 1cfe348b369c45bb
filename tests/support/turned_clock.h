/* turned_clock: a monotonic clock that a test turns on, and stops for its own thread.
 *
 * Whatever the daemon measures it measures by CLOCK_MONOTONIC (base/clock.h). The clock_gettime
 * below stands before the C library's in the program that includes this, so that what is late or
 * has lasted too long can be shown without waiting for it:
 *
 *	clock_turn_on(300000);         for every thread five minutes have passed
 *	clock_stand_still();           this thread's time stands, but for what it is turned on by
 *	clock_go_on();
 *
 * The kernel keeps its own time: a poll() lasts as long as ever.
 */
#ifndef REDRESS_SUPPORT_TURNED_CLOCK_H
#define REDRESS_SUPPORT_TURNED_CLOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static _Atomic int_fast64_t clock_ahead_ms;
static _Thread_local struct timespec clock_stood_at;
static _Thread_local bool clock_stands;

static inline int clock_of_kernel(clockid_t id, struct timespec *now)
{
	return (int)syscall(SYS_clock_gettime, id, now);
}

int clock_gettime(clockid_t id, struct timespec *now)
{
	int_fast64_t ahead_ms = atomic_load(&clock_ahead_ms);

	if (id != CLOCK_MONOTONIC)
		return clock_of_kernel(id, now);
	if (clock_stands)
		*now = clock_stood_at;
	else if (clock_of_kernel(id, now) != 0)
		return -1;
	now->tv_sec += (time_t)(ahead_ms / 1000);
	now->tv_nsec += (long)(ahead_ms % 1000) * 1000000;
	now->tv_sec += now->tv_nsec / 1000000000;
	now->tv_nsec %= 1000000000;
	return 0;
}

static inline void clock_turn_on(int64_t ms)
{
	atomic_fetch_add(&clock_ahead_ms, ms);
}

static inline void clock_stand_still(void)
{
	clock_of_kernel(CLOCK_MONOTONIC, &clock_stood_at);
	clock_stands = true;
}

static inline void clock_go_on(void)
{
	clock_stands = false;
}

#endif
