#include "redress/policy/tenure.h"

#include <stddef.h>
#include <string.h>

const char *const rd_tenure_names[RD_N_TENURES + 1] = { "unknown", "lcra", "lcho", "other", NULL };

/* The first that stands in the words decides: what is owned in part comes before what is owned, and
 * both before what is rented ("shared ownership lease", "leasehold flat above a sheltered scheme").
 * Kinds of stock by the Regulator's registration words (low cost rental: Housing and Regeneration
 * Act 2008, section 69; low cost home ownership: section 70). */
static const struct {
	const char *words;
	enum rd_tenure tenure;
} kinds[] = {
	{ "lcho", RD_TENURE_LCHO },
	{ "lcra", RD_TENURE_LCRA },
	{ "shared owner", RD_TENURE_LCHO },
	{ "shared equity", RD_TENURE_LCHO },
	{ "part buy", RD_TENURE_LCHO },
	{ "home ownership", RD_TENURE_LCHO },
	{ "homebuy", RD_TENURE_LCHO },
	{ "rent to buy", RD_TENURE_LCRA },
	{ "leasehold", RD_TENURE_OTHER },
	{ "freehold", RD_TENURE_OTHER },
	{ "owner", RD_TENURE_OTHER },
	{ "market", RD_TENURE_OTHER },
	{ "commercial", RD_TENURE_OTHER },
	{ "garage", RD_TENURE_OTHER },
	{ "private", RD_TENURE_OTHER },
	{ "general needs", RD_TENURE_LCRA },
	{ "sheltered", RD_TENURE_LCRA },
	{ "supported", RD_TENURE_LCRA },
	{ "older people", RD_TENURE_LCRA },
	{ "extra care", RD_TENURE_LCRA },
	{ "social rent", RD_TENURE_LCRA },
	{ "affordable rent", RD_TENURE_LCRA },
	{ "intermediate rent", RD_TENURE_LCRA },
	{ "secure", RD_TENURE_LCRA },
	{ "assured", RD_TENURE_LCRA },
	{ "introductory", RD_TENURE_LCRA },
	{ "starter", RD_TENURE_LCRA },
	{ "tenant", RD_TENURE_LCRA },
	{ "tenancy", RD_TENURE_LCRA },
};

enum rd_tenure rd_tenure_of(const char *words)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strcasestr(words, kinds[i].words) != NULL)
			return kinds[i].tenure;
	return RD_TENURE_UNKNOWN;
}
