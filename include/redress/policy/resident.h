/* resident: what the landlord's contacts file says of a person. Plain values.
 *
 * What stands here is for staff and for choosing a channel or a language. A restriction, or an
 * adjustment, never keeps a message from being stored, decided or answered.
 */
#ifndef REDRESS_POLICY_RESIDENT_H
#define REDRESS_POLICY_RESIDENT_H

#include <stdbool.h>
#include <stdint.h>
#include "redress/base/date.h"

enum rd_prefers {
	RD_PREFERS_NOTHING = 0, /* the file does not say */
	RD_PREFERS_EMAIL,
	RD_PREFERS_SMS,
	RD_PREFERS_POST,
	RD_PREFERS_PHONE,
	RD_N_PREFERS,
};
extern const char *const rd_prefers_names[RD_N_PREFERS + 1]; /* "", "email", "sms", ... */

#define RD_LANGUAGE_WELSH   "cy"
#define RD_LANGUAGE_ENGLISH "en"

/* Strings are never NULL; "" where the file says nothing. */
struct rd_resident {
	int64_t id; /* in the store; 0: not there yet */
	const char *landlord;
	const char *reference; /* the landlord's own for this person */
	const char *name;
	const char *email;   /* small letters */
	const char *phone;   /* +44... */
	const char *address; /* postal, in one line or several */
	enum rd_prefers prefers;
	const char *language; /* "cy", "en", else the file's own word */
	const char *adjustments;
	const char *restrictions;	   /* how they may be in touch */
	struct rd_date restrictions_until; /* the day on which that is looked at again */
	const char *tenure;
	int64_t seen_ms; /* when a file named them last */
	uint32_t line;	 /* of the file being read */
};

/* May somebody who signs like that be this resident? Every word of the shorter name stands in the
 * longer, in any order; where either says no name, nobody can tell, and it is true. */
bool rd_resident_may_be(const struct rd_resident *resident, const char *name);

/* Where several people share an address or a number nobody can tell which of them it is: what they
 * differ in is "" (or nothing), and adjustments and restrictions are everybody's, one a line. n
 * from 1. The strings are those of the residents, or arena. */
struct rd_arena;
struct rd_resident rd_resident_of_all(
	const struct rd_resident *residents, size_t n, struct rd_arena *arena);

#endif
