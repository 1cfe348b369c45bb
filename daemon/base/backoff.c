#include "redress/base/backoff.h"

#define STEPS 1000

int64_t rd_backoff_next(int64_t last_ms, int64_t first_ms, int64_t most_ms)
{
	const int64_t next_ms = last_ms > most_ms / 2 ? most_ms
				: last_ms > 0	      ? last_ms * 2
						      : first_ms;

	return next_ms < most_ms ? next_ms : most_ms;
}

int64_t rd_backoff_spread(int64_t wait_ms, uint32_t chance)
{
	return wait_ms / 2 + wait_ms * (int64_t)(chance % STEPS) / STEPS;
}
