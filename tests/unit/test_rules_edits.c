/* Changed values come out as a patch that applies to the folder, line for line. */
#include "unit/rules_help.h"

#include <ctype.h>

#include "redress/base/buf.h"
#include "redress/rules/edits.h"

#define PATCH_MAX (1u << 16)

static struct rd_rulefiles folder_of(struct bench *b, const char *core, const char *more)
{
	struct rd_rulefile *items = rd_arena_array(b->arena, 2, sizeof *items);
	struct rd_rulefiles files;

	assert_non_null(items);
	items[0] = (struct rd_rulefile){ "core.rules", core, strlen(core) };
	items[1] = (struct rd_rulefile){ "more.rules", more, strlen(more) };
	assert_int_equal(rd_rulefiles_take(items, 2, &files, &b->err), RD_OK);
	return files;
}

/* --- a patch applied by the book: every line of every hunk must fit, and every count --- */

struct text {
	char *bytes;
	size_t len;
};

static void put(struct text *out, const char *from, size_t n)
{
	memcpy(out->bytes + out->len, from, n);
	out->len += n;
	out->bytes[out->len] = '\0';
}

static const char *line_end(const char *at)
{
	const char *end = strchr(at, '\n');

	assert_non_null(end);
	return end + 1;
}

/* The line of a patch without its mark; without its end too where the next says that it has none.
 */
static size_t patch_line(const char *at, const char **ret_next)
{
	const char *end = line_end(at);
	const bool open = end[0] == '\\';

	*ret_next = open ? line_end(end) : end;
	return (size_t)(end - at) - 1 - open;
}

static const char *apply_hunk(const char *patch, const char **was, int *number, struct text *out)
{
	int from, n_was, to, n_is;

	assert_int_equal(sscanf(patch, "@@ -%d,%d +%d,%d @@", &from, &n_was, &to, &n_is), 4);
	patch = line_end(patch);
	for (; *number < from; ++*number) {
		const char *end = line_end(*was);
		put(out, *was, (size_t)(end - *was));
		*was = end;
	}
	while (n_was > 0 || n_is > 0) {
		const char mark = *patch, *next;
		const size_t len = patch_line(patch, &next);

		if (mark != '+') {
			if (strncmp(*was, patch + 1, len) != 0)
				fail_msg("line %d is not \"%.*s\"", *number, (int)len, patch + 1);
			*was += len;
			++*number;
			n_was--;
		}
		if (mark != '-') {
			put(out, patch + 1, len);
			n_is--;
		}
		assert_true(n_was >= 0 && n_is >= 0);
		patch = next;
	}
	return patch;
}

/* The file as the patch leaves it. */
static const char *applied(struct bench *b, const char *patch, const char *name, const char *was)
{
	struct text out = { rd_arena_alloc(b->arena, 1u << 16), 0 };
	char head[200];
	int number = 1;

	snprintf(head, sizeof head, "--- a/%s\n+++ b/%s\n", name, name);
	const char *at = strstr(patch, head);
	assert_non_null(at);
	at += strlen(head);
	while (strncmp(at, "@@", 2) == 0)
		at = apply_hunk(at, &was, &number, &out);
	put(&out, was, strlen(was));
	return out.bytes;
}

static const char *patch_of(
	struct bench *b, const struct rd_rulefiles *files, struct rd_edit *edits, size_t n)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf out = RD_BUF(PATCH_MAX);

	if (rd_edits_patch(files, edits, n, &out, &b->err) != RD_OK)
		fail_msg("%s", b->err.msg);
	return rd_arena_strdup(b->arena, rd_buf_str(&out));
}

#define CORE                                                                                       \
	"# ours\nRuleset: t\nRequest below: 2.0\nComplaint from: 5\n\nRule: a\nMeans: A\n"         \
	"Points:  2.5  \nPhrase: one\nMust match: one\nMust not match: two\nOwner: me\n"           \
	"Review by: 2030-01-01\nTopic: t\nGroup: g\n\nRule: b\npoints: -1\nPhrase: b\n"
#define MORE "Rule: c\r\nPoints: 1.25\r\nPhrase: c\r\n"

static void values_change_and_nothing_else_does(void **state)
{
	struct bench *b = *state;
	const struct rd_rulefiles files = folder_of(b, CORE, MORE);
	struct rd_edit edits[] = {
		{ .at = { "more.rules", 2, 9 }, .value = "2" },
		{ .at = { "core.rules", 18, 9 }, .value = "-1.5" },
		{ .at = { "core.rules", 8, 10 }, .value = "3" },
	};
	const char *patch = patch_of(b, &files, edits, 3);

	assert_string_equal(applied(b, patch, "core.rules", CORE),
		"# ours\nRuleset: t\nRequest below: 2.0\nComplaint from: 5\n\nRule: a\nMeans: A\n"
		"Points:  3\nPhrase: one\nMust match: one\nMust not match: two\nOwner: me\n"
		"Review by: 2030-01-01\nTopic: t\nGroup: g\n\nRule: b\npoints: -1.5\nPhrase: b\n");
	assert_string_equal(
		applied(b, patch, "more.rules", MORE), "Rule: c\r\nPoints: 2\r\nPhrase: c\r\n");
	assert_non_null(strstr(patch, "@@ -5,7 +5,7 @@\n")); /* three lines around, two hunks */
	assert_non_null(strstr(patch, "@@ -15,5 +15,5 @@\n"));
}

static void a_field_that_is_not_there_is_put_in(void **state)
{
	struct bench *b = *state;
	const struct rd_rulefiles files = folder_of(b, CORE, MORE);
	const struct rd_place head = { "core.rules", 2, 1 };
	struct rd_edit edits[3];
	const char *patch;

	assert_int_equal(
		rd_edit_field(&files, head, "Request below", "1.5", b->arena, &edits[0], &b->err),
		RD_OK);
	assert_int_equal(
		rd_edit_field(&files, head, "Cap per group", "3", b->arena, &edits[1], &b->err),
		RD_OK);
	edits[2] = (struct rd_edit){ .at = { "core.rules", 18, 9 }, .value = "-2" };
	patch = patch_of(b, &files, edits, 3);
	assert_string_equal(applied(b, patch, "core.rules", CORE),
		"# ours\nRuleset: t\nCap per group: 3\nRequest below: 1.5\nComplaint from: 5\n\n"
		"Rule: a\nMeans: A\nPoints:  2.5  \nPhrase: one\nMust match: one\nMust not match: "
		"two\n"
		"Owner: me\nReview by: 2030-01-01\nTopic: t\nGroup: g\n\nRule: b\npoints: -2\n"
		"Phrase: b\n");
	assert_non_null(strstr(patch, "@@ -15,5 +16,5 @@\n")); /* a line lower in the new file */
	assert_int_equal(rd_edit_field(&files, (struct rd_place){ "core.rules", 5, 1 }, "Points",
				 "1", b->arena, &edits[0], &b->err),
		RD_E_MISSING);
	assert_int_equal(rd_edit_field(&files, (struct rd_place){ "gone.rules", 1, 1 }, "Points",
				 "1", b->arena, &edits[0], &b->err),
		RD_E_MISSING);
}

static void a_last_line_without_its_end_is_told_as_patch_wants_it(void **state)
{
	static const struct {
		const char *why, *core, *wanted;
		struct rd_edit edits[2];
		size_t n;
	} rows[] = {
		{ "the value itself", "Rule: a\nPoints: 1", "Rule: a\nPoints: 2",
			{ { .at = { "core.rules", 2, 9 }, .value = "2" } }, 1 },
		{ "an unchanged one", "Points: 1\nPhrase: a", "Points: 2\nPhrase: a",
			{ { .at = { "core.rules", 1, 9 }, .value = "2" } }, 1 },
		{ "a field behind it", "Rule: a\nRuleset: t",
			"Rule: a\nRuleset: t\nCap per group: 4",
			{ { .at = { "core.rules", 2, 1 },
				.field = "Cap per group",
				.value = "4" } },
			1 },
		{ "both", "Rule: a\nCap: 1", "Rule: a\nCap: 3\nMeans: x",
			{ { .at = { "core.rules", 2, 1 }, .field = "Means", .value = "x" },
				{ .at = { "core.rules", 2, 6 }, .value = "3" } },
			2 },
	};
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct rd_rulefiles files = folder_of(b, rows[i].core, MORE);
		struct rd_edit edits[2] = { rows[i].edits[0], rows[i].edits[1] };
		const char *patch = patch_of(b, &files, edits, rows[i].n);

		print_message("%s\n", rows[i].why);
		assert_non_null(strstr(patch, "\\ No newline at end of file\n"));
		assert_string_equal(applied(b, patch, "core.rules", rows[i].core), rows[i].wanted);
	}
}

static void nothing_changed_is_no_patch(void **state)
{
	struct bench *b = *state;
	const struct rd_rulefiles files = folder_of(b, CORE, MORE);
	struct rd_edit edit = { .at = { "gone.rules", 1, 1 }, .value = "1" };
	RD_CLEANUP(rd_buf_free) struct rd_buf out = RD_BUF(PATCH_MAX);

	assert_string_equal(patch_of(b, &files, &edit, 0), "");
	assert_int_equal(rd_edits_patch(&files, &edit, 1, &out, &b->err), RD_E_MISSING);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, bench_begin, bench_end)
	const struct CMUnitTest tests[] = {
		T(values_change_and_nothing_else_does),
		T(a_field_that_is_not_there_is_put_in),
		T(a_last_line_without_its_end_is_told_as_patch_wants_it),
		T(nothing_changed_is_no_patch),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
