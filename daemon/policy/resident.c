#include "redress/policy/resident.h"

#include <string.h>

#include "redress/base/arena.h"

const char *const rd_prefers_names[RD_N_PREFERS + 1] = { "", "email", "sms", "post", "phone",
	NULL };

static void keep_common(const char **so_far, const char *next)
{
	if (strcmp(*so_far, next) != 0)
		*so_far = "";
}

/* One a line, none twice. */
static void add_line(const char **so_far, const char *next, struct rd_arena *arena)
{
	const char *both;

	if (next[0] == '\0' || strstr(*so_far, next) != NULL)
		return;
	if ((*so_far)[0] == '\0') {
		*so_far = next;
		return;
	}
	both = rd_arena_printf(arena, "%s\n%s", *so_far, next);
	if (both != NULL)
		*so_far = both;
}

struct rd_resident rd_resident_of_all(
	const struct rd_resident *residents, size_t n, struct rd_arena *arena)
{
	struct rd_resident all = residents[0];

	for (size_t i = 1; i < n; i++) {
		const struct rd_resident *next = &residents[i];

		keep_common(&all.reference, next->reference);
		keep_common(&all.name, next->name);
		keep_common(&all.email, next->email);
		keep_common(&all.phone, next->phone);
		keep_common(&all.address, next->address);
		keep_common(&all.language, next->language);
		keep_common(&all.tenure, next->tenure);
		if (all.prefers != next->prefers)
			all.prefers = RD_PREFERS_NOTHING;
		add_line(&all.adjustments, next->adjustments, arena);
		add_line(&all.restrictions, next->restrictions, arena);
		if (!rd_date_is_set(all.restrictions_until) ||
			(rd_date_is_set(next->restrictions_until) &&
				rd_date_compare(next->restrictions_until, all.restrictions_until) <
					0))
			all.restrictions_until = next->restrictions_until;
		all.id = 0;
	}
	return all;
}
