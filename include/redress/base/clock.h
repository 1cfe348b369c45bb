/* clock: what time it is, through a seam that tests can turn.
 *
 * Everything that needs the time is handed a struct rd_clock (borrowed, shared between threads).
 * message/, rules/ and policy/ never take one: they are told instants and days.
 */
#ifndef REDRESS_BASE_CLOCK_H
#define REDRESS_BASE_CLOCK_H

#include <stdint.h>

struct rd_clock {
	int64_t (*now_ms)(void *context); /* since 1970, UTC; may jump */
	void *context;
};

/* The machine's own. Static. */
extern const struct rd_clock rd_system_clock;

int64_t rd_now_ms(const struct rd_clock *clock);
/* How long to sleep until due_ms: from 1 to most_ms; most_ms too where due_ms is 0, nothing due. */
int64_t rd_sleep_ms(const struct rd_clock *clock, int64_t due_ms, int64_t most_ms);

/* Never jumps; for deadlines and time-outs only. Safe in any thread. */
int64_t rd_monotonic_ms(void);

#endif
