/* landlord_check: what is to be said about a profile that parses, before letters go out by it. */
#ifndef REDRESS_POLICY_LANDLORD_CHECK_H
#define REDRESS_POLICY_LANDLORD_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include "redress/base/date.h"
#include "redress/policy/landlord.h"

#define RD_FINDINGS_MAX 32

/* What --check and `status` say about a profile that parses. */
struct rd_finding {
	bool refuse; /* true: the configuration must be refused; false: a warning */
	char text[256];
};

/* A number of Ofcom's ranges kept for stories and examples: 07700 900000-900999, 01632
 * 960000-960999, 0113 496 0xxx and its kin, 020 7946 0xxx, 0808 157 0xxx, 0909 879 0xxx, 03069
 * 990xxx, in any spacing, with 0, +44 or 0044. */
bool rd_is_example_number(const char *number);

/* Of a block or the Ombudsman's details: look them up again. */
bool rd_checked_over_a_year_ago(struct rd_date checked_on, struct rd_date today);

/* With a real provider configured: a missing emergency block, a block whose number or text is an
 * example number, or a help number that is one, is refused; without one it is a warning. A block or
 * Ombudsman's details older than a year are a warning always, and so is, in England, a stage clock
 * that is missing or laxer than the Code's. Returns how many findings. */
size_t rd_landlord_check(const struct rd_landlord *landlord, struct rd_date today,
	bool real_provider, struct rd_finding out[static RD_FINDINGS_MAX]);

#endif
