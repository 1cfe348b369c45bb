/* backoff: how long to wait after a failure before the next try. Pure.
 *
 * Each wait is twice the last one, up to a most. Whoever waits keeps the last one, and forgets it
 * (0) when a try went well.
 */
#ifndef REDRESS_BASE_BACKOFF_H
#define REDRESS_BASE_BACKOFF_H

#include <stdint.h>

/* last_ms: 0 after the first failure. Never more than most_ms. */
int64_t rd_backoff_next(int64_t last_ms, int64_t first_ms, int64_t most_ms);

/* From half to one and a half of it, as chance has it, so that many who failed together do not come
 * back together. */
int64_t rd_backoff_spread(int64_t wait_ms, uint32_t chance);

#endif
