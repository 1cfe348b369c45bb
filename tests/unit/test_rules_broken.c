/* Broken copies of the shipped files: whatever is cut off, left out or struck by a wrong key, lint
 * and test end with an answer. The copies are made from a fixed seed. */
#include "rules_help.h"

#include "redress/rules/lint.h"

#define PIECE_BYTES 3500 /* of a file at once: the words of thousands need no breaking twice */
#define VARIETIES   8	 /* ways to break a file, each twice */

static uint64_t seed;

static size_t any(size_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return below == 0 ? 0 : (size_t)(seed >> 11) % below;
}

/* From the beginning of a stanza to the end of a line. */
static size_t choose_piece(const struct rd_rulefile *file, const char **ret_text)
{
	size_t from = file->len > PIECE_BYTES ? any(file->len - PIECE_BYTES) : 0;

	while (from > 1 && !(file->bytes[from - 1] == '\n' && file->bytes[from - 2] == '\n'))
		from--;
	size_t len = file->len - from < PIECE_BYTES ? file->len - from : PIECE_BYTES;
	while (len > 0 && file->bytes[from + len - 1] != '\n')
		len--;
	*ret_text = file->bytes + from;
	return len;
}

/* Keys struck by mistake, among them all that mean something. */
static void strike_keys(char *text, size_t len)
{
	static const char keys[] = "()[]<>|*?:,.-\\{}+# aeZ0\xc3\x99";

	for (size_t n = 1 + any(20); n > 0 && len > 0; n--)
		text[any(len)] = keys[any(sizeof keys - 1)];
}

/* Lines left out, doubled and put elsewhere. */
static size_t shuffle_lines(char *text, size_t len, struct rd_arena *arena)
{
	char *copy = rd_arena_alloc(arena, 3 * len + 2);
	size_t n = 0;

	assert_non_null(copy);
	for (size_t i = 0; i < len;) {
		const char *end = memchr(text + i, '\n', len - i);
		size_t line = end != NULL ? (size_t)(end - text) - i + 1 : len - i;
		size_t times = any(12) == 0 ? 0 : any(12) == 0 ? 2 : 1;
		for (; times > 0 && n + line < len; times--, n += line)
			memcpy(copy + n, text + i, line);
		i += line;
	}
	memcpy(text, copy, n);
	return n;
}

static size_t break_text(char *text, size_t len, int variety, struct rd_arena *arena)
{
	if (variety == 0) {
		len = any(len);
		return len > 0 && any(2) == 0 ? len - 1 : len;
	}
	if (variety == 1 || variety == 3)
		strike_keys(text, len);
	return variety >= 2 ? shuffle_lines(text, len, arena) : len;
}

static void look_at(struct bench *b, const char *name, const char *text, size_t len,
	const char *layer, size_t *ret_problems)
{
	struct rd_rulefile items[] = { { "core.rules", HEAD, sizeof HEAD - 1 }, { name, text, len },
		{ "landlords/acme.rules", layer, strlen(layer) } };
	struct rd_rulefiles files;
	struct rd_problems problems;
	struct rd_rules_tested tested;

	assert_int_equal(rd_rulefiles_take(items, 3, &files, &b->err), RD_OK);
	rd_problems_begin(&problems, b->arena);
	assert_int_equal(rd_rules_lint(&files, b->now_ms, &problems, &b->err), RD_OK);
	for (size_t i = 0; i < problems.n_items; i++) {
		const struct rd_problem *p = &problems.items[i];
		const bool whole_folder = p->at.file[0] == '\0';
		if (p->text[0] == '\0' || (whole_folder && p->at.line != 0) || p->at.line < 0 ||
			(p->at.line > 0 && p->at.column < 1))
			fail_msg("%s:%d:%d: %s", p->at.file, p->at.line, p->at.column, p->text);
	}
	*ret_problems += problems.n_items;
	struct rd_mutations mutations = { .arena = b->arena };
	rd_problems_begin(&problems, b->arena);
	assert_int_equal(
		rd_rules_test(&files, b->now_ms, &problems, &mutations, &tested, &b->err), RD_OK);
}

static void broken_files_are_lintable(void **state)
{
	static const char layer[] = "Override: good\nPoints: 2\nReason: r\n";
	struct bench *b = *state;
	struct rd_rulefiles shipped;
	size_t n_problems = 0;
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(64u << 20);

	if (rd_rulefiles_read(RD_SOURCE_DIR "/rules", arena, &shipped, &b->err) != RD_OK)
		fail_msg("%s", b->err.msg);
	seed = 20261123;
	for (size_t i = 0; i < shipped.n_items; i++) {
		const struct rd_rulefile *file = &shipped.items[i];
		size_t n_name = strlen(file->name);
		if (n_name < 6 || strcmp(file->name + n_name - 6, ".rules") != 0)
			continue;
		for (int variety = 0; variety < VARIETIES; variety++) {
			const char *piece = NULL;
			rd_arena_reset(b->arena);
			size_t len = choose_piece(file, &piece);
			char *text = rd_arena_copy(b->arena, piece, len);
			assert_non_null(text);
			len = break_text(text, len, variety % 4, b->arena);
			/* As shipped rules, and as a landlord's. */
			look_at(b, "other.rules", text, len, layer, &n_problems);
			if (variety % 2 == 0)
				look_at(b, "other.rules", "", 0, rd_arena_copy(b->arena, text, len),
					&n_problems);
		}
	}
	assert_true(n_problems > 500); /* they were read, and not turned away at the door */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_begin, bench_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(broken_files_are_lintable),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
