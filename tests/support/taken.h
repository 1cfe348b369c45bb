/* taken: a mail that opened a case of the house, and one that came to a case. */
#ifndef REDRESS_SUPPORT_TAKEN_H
#define REDRESS_SUPPORT_TAKEN_H

#include "support/house.h"

static inline int64_t take(struct house *h, const char *body)
{
	const int64_t id = house_mail_in(h, .body = body);

	house_work(h);
	FATE_IS(id, RD_FATE_OPENED);
	return house_case_of(h, id);
}

static inline int64_t join(struct house *h, int64_t case_id, const char *body)
{
	const int64_t id = house_mail_in(h, .body = body,
		.subject = rd_arena_printf(h->arena, "%s", house_case(h, case_id).reference));

	house_work(h);
	return id;
}

#endif
