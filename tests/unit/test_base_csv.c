/* CSV: the form of RFC 4180, the place of every field, and what breaks the form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "redress/base/csv.h"

static const struct {
	const char *why, *in,
		*out; /* fields between "|", rows between "\n"; a fault ends its row */
} cases[] = {
	{ "plain", "a,b\nc,d\n", "a|b\nc|d\n" },
	{ "CR LF, and no end at the end", "a,b\r\nc,d", "a|b\nc|d\n" },
	{ "lone CR", "a,b\rc,d\r", "a|b\nc|d\n" },
	{ "a comma and a line end in quotes", "\"a,1\",\"b\r\n2\"\n", "a,1|b\r\n2\n" },
	{ "doubled quotes", "\"say \"\"now\"\"\",\"\"\n", "say \"now\"|\n" },
	{ "a quote alone, doubled", "\"\"\"\"\n", "\"\n" },
	{ "empty fields", ",,\n", "||\n" },
	{ "empty lines are passed over", "\n\na\n\r\n\nb\n", "a\nb\n" },
	{ "blanks belong to the field", " a , b \n", " a | b \n" },
	{ "a quote in the middle", "a\"b,c\nd,e\n", "a\"b|c!1:2\nd|e\n" },
	{ "words behind the closing quote", "\"a\" b,c\nd,e\n", "a|c!1:4\nd|e\n" },
	{ "a quote never closed", "a,b\nc,\"d\ne,f\n", "a|b\nc|d\ne,f\n!2:3*\n" },
	{ "columns are characters", "\xC3\xA9\xC3\xA9,x\"\n", "\xC3\xA9\xC3\xA9|x\"!1:5\n" },
	{ "lines within quotes count", "\"1\n2\n3\",x\"\n", "1\n2\n3|x\"!3:5\n" },
	{ "nothing", "", "" },
	{ "a comma at the very end", "a,", "a|\n" },
	{ "a quote at the very end", "\"", "!1:1*\n" },
};

static void every_form_is_read(void **state)
{
	struct rd_arena *arena = rd_arena_new(1u << 20);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct rd_csv csv = rd_csv_begin(cases[i].in, strlen(cases[i].in));
		struct rd_csv_row row;
		char out[256] = "";
		size_t n = 0;

		while (rd_csv_next(&csv, arena, &row)) {
			for (size_t f = 0; f < row.n_fields; f++)
				n += (size_t)snprintf(out + n, sizeof out - n, "%s%s",
					f > 0 ? "|" : "", row.fields[f].text);
			if (row.fault != NULL)
				n += (size_t)snprintf(out + n, sizeof out - n, "!%u:%u%s",
					row.fault_line, row.fault_column, row.broken ? "*" : "");
			n += (size_t)snprintf(out + n, sizeof out - n, "\n");
		}
		if (strcmp(out, cases[i].out) != 0)
			fail_msg("%s: [%s], not [%s]", cases[i].why, out, cases[i].out);
	}
	rd_arena_free(arena);
}

static void fields_have_their_place(void **state)
{
	static const char text[] = "name,email\n\"Ada\nLove\", ada@example.org\nBo,b\n";
	struct rd_csv csv = rd_csv_begin(text, sizeof text - 1);
	struct rd_arena *arena = rd_arena_new(1u << 20);
	struct rd_csv_row row;

	(void)state;
	assert_true(rd_csv_next(&csv, arena, &row));
	assert_int_equal(row.fields[1].column, 6);
	assert_true(rd_csv_next(&csv, arena, &row));
	assert_int_equal(row.line, 2);
	assert_int_equal(row.fields[0].line, 2);
	assert_int_equal(row.fields[1].line, 3);
	assert_int_equal(row.fields[1].column, 7);
	assert_true(rd_csv_next(&csv, arena, &row));
	assert_int_equal(row.line, 4);
	assert_false(rd_csv_next(&csv, arena, &row));
	rd_arena_free(arena);
}

static void limits_are_faults_of_the_row(void **state)
{
	static char text[RD_CSV_FIELD_BYTES_MAX + 200];
	struct rd_arena *arena = rd_arena_new(1u << 20);
	struct rd_csv_row row;
	struct rd_csv csv;

	(void)state;
	memset(text, 'x', RD_CSV_FIELD_BYTES_MAX + 1);
	memcpy(text + RD_CSV_FIELD_BYTES_MAX + 1, "\na\n", 4);
	csv = rd_csv_begin(text, strlen(text));
	assert_true(rd_csv_next(&csv, arena, &row));
	assert_non_null(row.fault);
	assert_false(row.broken);
	assert_true(rd_csv_next(&csv, arena, &row));
	assert_string_equal(row.fields[0].text, "a");

	memset(text, ',', RD_CSV_FIELDS_MAX);
	text[RD_CSV_FIELDS_MAX] = '\0';
	csv = rd_csv_begin(text, strlen(text));
	assert_true(rd_csv_next(&csv, arena, &row));
	assert_non_null(row.fault);
	rd_arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_is_read),
		cmocka_unit_test(fields_have_their_place),
		cmocka_unit_test(limits_are_faults_of_the_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
