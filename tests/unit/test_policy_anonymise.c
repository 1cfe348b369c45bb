#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "redress/policy/anonymise.h"

static void what_tells_whose_case_it_was_is_left_out(void **state)
{
	static const char *const names[] = { "Ann O'Dell", "Ola Owner", "Li" };
	static const struct {
		const char *text, *becomes;
	} rows[] = {
		{ "We now ring back within a day.", "We now ring back within a day." },
		{ "We rang ann o'dell twice.", "We rang [left out] twice." },
		{ "Owner's rota was wrong.", "[left out] rota was wrong." },
		{ "Li was not told.", "[left out] was not told." },
		{ "The lift and the limit stay.", "The lift and the limit stay." },
		{ "The flat at 12 Acacia Avenue, EX1 4EX, was cold.",
			"The flat at [left out] was cold." },
		{ "RD100001-K7QF was lost in March.", "[left out] was lost in March." },
		{ "Mr Smith came late.", "[left out] came late." },
		{ "Jo Bloggs came late. Then nobody came.",
			"[left out] came late. Then nobody came." },
		{ "Write to a.b@example.org or www.example.org.",
			"Write to [left out] or [left out]." },
		{ "It costs \xc2\xa3"
		  "120.50 a day.",
			"It costs [left out] a day." },
		{ "The Ombudsman's Code says so.", "The Ombudsman's Code says so." },
		{ "We told Zo\xc3\xab and \xc3\x89milie.", "We told [left out] and [left out]." },
		{ "Two lines:\nThe next one.", "Two lines: The next one." },
		{ "Ring 07700 900123 (Sam).", "Ring [left out]." },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		RD_CLEANUP(rd_buf_free) struct rd_buf out = RD_BUF(4096);
		struct rd_err err = { 0 };

		assert_int_equal(rd_anonymise(rows[i].text, names, 3, &out, &err), RD_OK);
		if (strcmp(rd_buf_str(&out), rows[i].becomes) != 0)
			fail_msg("%s\nis\n%s\nnot\n%s", rows[i].text, rd_buf_str(&out),
				rows[i].becomes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_tells_whose_case_it_was_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
