/* house_cases: cases that a test of what comes later begins with, and how an act is refused. */
#ifndef REDRESS_SUPPORT_HOUSE_CASES_H
#define REDRESS_SUPPORT_HOUSE_CASES_H

#include "support/house.h"

/* The mail opens a case of its own; nothing is sent yet. from: NULL for the usual resident. */
static inline int64_t house_open_by_mail(struct house *h, const char *from, const char *body)
{
	const int64_t id = house_mail_in(h, .from = from, .body = body);

	house_work(h);
	FATE_IS(id, RD_FATE_OPENED);
	return house_case_of(h, id);
}

/* The same, and its letter has left. */
static inline int64_t house_take(struct house *h, const char *from, const char *body)
{
	const int64_t case_id = house_open_by_mail(h, from, body);

	house_send(h);
	return case_id;
}

/* A complaint that was acknowledged and defined on the day that it came. */
static inline int64_t house_complaint(struct house *h)
{
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = house_take(h, NULL, COMPLAINT);

	OK(rd_act_define(h->db, &staff, case_id, "The roof leaks.", NULL, &h->err));
	house_send(h);
	return case_id;
}

/* In the house's arena. */
static inline const char *house_reference(struct house *h, int64_t case_id)
{
	return rd_arena_printf(h->arena, "%s", house_case(h, case_id).reference);
}

/* Refused, and the reason says so. */
#define REFUSED(call, words)                                                                       \
	do {                                                                                       \
		assert_int_equal((call), RD_E_REFUSED);                                            \
		if (strstr(h->err.msg, words) == NULL)                                             \
			fail_msg("`%s` lacks `%s`", h->err.msg, words);                            \
	} while (0)

#endif
