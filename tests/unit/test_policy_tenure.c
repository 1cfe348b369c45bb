/* What landlords' files call a tenure, by the Regulator's two kinds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "redress/policy/tenure.h"

static void words_of_contacts_files_are_told_apart(void **state)
{
	static const struct {
		const char *words;
		enum rd_tenure tenure;
	} rows[] = {
		{ "", RD_TENURE_UNKNOWN },
		{ "ZZ", RD_TENURE_UNKNOWN },
		{ "LCRA", RD_TENURE_LCRA },
		{ "lcho", RD_TENURE_LCHO },
		{ "General Needs", RD_TENURE_LCRA },
		{ "general needs - secure tenancy", RD_TENURE_LCRA },
		{ "Assured shorthold", RD_TENURE_LCRA },
		{ "Sheltered housing", RD_TENURE_LCRA },
		{ "Affordable Rent", RD_TENURE_LCRA },
		{ "Shared ownership lease", RD_TENURE_LCHO },
		{ "SHARED OWNER", RD_TENURE_LCHO },
		{ "Leaseholder", RD_TENURE_OTHER },
		{ "leaseholder (right to buy)", RD_TENURE_OTHER },
		{ "Market rent tenancy", RD_TENURE_OTHER },
		{ "Private tenant", RD_TENURE_OTHER },
		{ "Owner occupier", RD_TENURE_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rd_tenure_of(rows[i].words) != rows[i].tenure)
			fail_msg("%s: %s", rows[i].words,
				rd_tenure_names[rd_tenure_of(rows[i].words)]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_of_contacts_files_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
