#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "redress/base/linediff.h"

#define ARENA_BYTES (64u << 20)

static int make(void **state)
{
	*state = rd_arena_new(ARENA_BYTES);
	return 0;
}

static int drop(void **state)
{
	rd_arena_free(*state);
	return 0;
}

static struct rd_linediff compare(struct rd_arena *arena, const char *was, const char *is)
{
	struct rd_linediff diff;
	struct rd_err err = { 0 };

	if (rd_linediff_make(was, strlen(was), is, strlen(is), arena, &diff, &err) != RD_OK)
		fail_msg("%s", err.msg);
	return diff;
}

/* The other text, made of the first and the changes alone. */
static void check_patch(const struct rd_linediff *diff)
{
	size_t at = 0, is = 0;

	for (size_t i = 0; i <= diff->n_changes; i++) {
		const struct rd_linechange end = { diff->n_was, 0, diff->n_is, 0 };
		const struct rd_linechange *c = i < diff->n_changes ? &diff->changes[i] : &end;

		assert_true(c->was >= at && c->is >= is && c->was - at == c->is - is);
		for (; at < c->was; at++, is++) {
			assert_int_equal(diff->was[at].len, diff->is[is].len);
			assert_memory_equal(
				diff->was[at].text, diff->is[is].text, diff->was[at].len);
		}
		at += c->n_was;
		is += c->n_is;
	}
	assert_int_equal(at, diff->n_was);
	assert_int_equal(is, diff->n_is);
}

static size_t n_edits(const struct rd_linediff *diff)
{
	size_t n = 0;

	for (size_t i = 0; i < diff->n_changes; i++)
		n += diff->changes[i].n_was + diff->changes[i].n_is;
	return n;
}

static void the_fewest_lines_are_told(void **state)
{
	static const struct {
		const char *why, *was, *is;
		size_t n_changes, n_edits;
	} rows[] = {
		{ "the same", "a\nb\n", "a\nb\n", 0, 0 },
		{ "both empty", "", "", 0, 0 },
		{ "from nothing", "", "a\nb\n", 1, 2 },
		{ "to nothing", "a\nb\n", "", 1, 2 },
		{ "one line changed", "a\nb\nc\n", "a\nx\nc\n", 1, 2 },
		{ "a line put in", "a\nc\n", "a\nb\nc\n", 1, 1 },
		{ "a line taken out at the start", "a\nb\nc\n", "b\nc\n", 1, 1 },
		{ "two places", "a\nb\nc\nd\ne\n", "a\nx\nc\nd\ny\ne\n", 2, 3 },
		{ "the last line end", "a\nb", "a\nb\n", 0, 0 },
		{ "Myers's own example", "a\nb\nc\na\nb\nb\na\n", "c\nb\na\nb\na\nc\n", 4, 5 },
		{ "nothing in common", "a\nb\n", "x\ny\nz\n", 1, 5 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct rd_linediff diff = compare(*state, rows[i].was, rows[i].is);

		check_patch(&diff);
		if (n_edits(&diff) != rows[i].n_edits)
			fail_msg("%s: %zu edits", rows[i].why, n_edits(&diff));
		if (diff.n_changes > rows[i].n_changes)
			fail_msg("%s: %zu changes", rows[i].why, diff.n_changes);
	}
}

static void any_two_texts_are_told_apart_rightly(void **state)
{
	uint32_t seed = 20261122;

	for (int round = 0; round < 400; round++) {
		char was[200], is[200];
		size_t n_was = 0, n_is = 0;

		for (int i = 0; i < 40; i++) {
			seed = seed * 1664525u + 1013904223u;
			const char line = (char)('a' + (seed >> 24) % 4);
			if ((seed >> 20 & 3) != 0) {
				was[n_was++] = line;
				was[n_was++] = '\n';
			}
			if ((seed >> 18 & 3) != 0) {
				is[n_is++] = (seed >> 16 & 7) == 0 ? 'x' : line;
				is[n_is++] = '\n';
			}
		}
		was[n_was] = is[n_is] = '\0';
		rd_arena_reset(*state);
		const struct rd_linediff diff = compare(*state, was, is);
		check_patch(&diff);
	}
}

static void beyond_the_bounds_all_between_is_one_change(void **state)
{
	const size_t n = 2 * RD_LINEDIFF_EDITS_MAX;
	char *was = malloc(n * 8 + 8), *is = malloc(n * 8 + 8);
	size_t len_was = 0, len_is = 0;

	assert_non_null(was);
	assert_non_null(is);
	len_was += (size_t)sprintf(was, "head\n");
	len_is += (size_t)sprintf(is, "head\n");
	for (size_t i = 0; i < n; i++) {
		len_was += (size_t)sprintf(was + len_was, "a%zu\n", i);
		len_is += (size_t)sprintf(is + len_is, "b%zu\n", i);
	}
	const struct rd_linediff diff = compare(*state, was, is);
	check_patch(&diff);
	assert_int_equal(diff.n_changes, 1);
	assert_int_equal(diff.changes[0].was, 1);
	assert_int_equal(diff.changes[0].n_was, n);
	free(was);
	free(is);
}

static void hunks_carry_three_lines_around_them(void **state)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf out = RD_BUF(4096);
	struct rd_err err = { 0 };
	struct rd_linediff diff = compare(*state, "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n",
		"1\n2\n3\n4\nfive\n6\n7\n8\n9\n10\n11\n11b\n12\n13\n");

	assert_int_equal(rd_linediff_unified(&diff, &out, &err), RD_OK);
	assert_string_equal(rd_buf_str(&out),
		"@@ -2,12 +2,13 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n"
		" 9\n 10\n 11\n+11b\n 12\n 13\n");
	rd_buf_clear(&out);
	diff = compare(*state, "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n", "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n");
	assert_int_equal(rd_linediff_unified(&diff, &out, &err), RD_OK);
	assert_string_equal(rd_buf_str(&out),
		"@@ -1,3 +1,4 @@\n+0\n 1\n 2\n 3\n@@ -7,4 +8,3 @@\n 7\n 8\n 9\n-10\n");
	rd_buf_clear(&out);
	diff = compare(*state, "", "new\n");
	assert_int_equal(rd_linediff_unified(&diff, &out, &err), RD_OK);
	assert_string_equal(rd_buf_str(&out), "@@ -0,0 +1,1 @@\n+new\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_fewest_lines_are_told, make, drop),
		cmocka_unit_test_setup_teardown(any_two_texts_are_told_apart_rightly, make, drop),
		cmocka_unit_test_setup_teardown(
			beyond_the_bounds_all_between_is_one_change, make, drop),
		cmocka_unit_test_setup_teardown(hunks_carry_three_lines_around_them, make, drop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
