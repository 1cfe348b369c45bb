/* The parts that the rules stand on: sentences, the literal pass, the folder and its name. */
#include "rules_help.h"

#include <sys/stat.h>
#include <unistd.h>

#include "redress/rules/automaton.h"
#include "redress/rules/kind.h"
#include "redress/rules/prepare.h"

static const struct {
	const char *why;
	const char *text;
	const char *sentences; /* with | between them */
} texts[] = {
	{ "one", "hello there", "hello there" },
	{ "stop, mark and question", "a one. b two! c three? d", "a one.|b two!|c three?|d" },
	{ "several marks", "why?!! because", "why?!!|because" },
	{ "a quote behind the stop", "he said \"no.\" then left", "he said \"no.\"|then left" },
	{ "an ellipsis", "well... maybe", "well... maybe" },
	{ "an abbreviation", "mr. smith came approx. 3 times", "mr. smith came approx. 3 times" },
	{ "a number's abbreviation", "flat no. 5 is wet", "flat no. 5 is wet" },
	{ "no itself", "they said no. we waited", "they said no.|we waited" },
	{ "text-speak", "thank u. bye", "thank u.|bye" },
	{ "an initial", "j. smith", "j. smith" },
	{ "a number", "it is 3.5 m", "it is 3.5 m" },
	{ "a glued stop", "they came.then left", "they came|then left" },
	{ "an address", "see example.org now", "see example.org now" },
	{ "an empty line", "one\n\ntwo", "one|two" },
	{ "a short line", "hello\nmy boiler is broken", "hello|my boiler is broken" },
	{ "a wrapped line", "this line was wrapped by a mail program because\nit was long",
		"this line was wrapped by a mail program because it was long" },
	{ "a list", "this line introduces a list of things which are:\n- one\n- two",
		"this line introduces a list of things which are:|- one|- two" },
	{ "a stop at a wrapped line's end", "this line was wrapped by a mail program. \nnext",
		"this line was wrapped by a mail program.|next" },
	{ "nothing", "", "" },
	{ "blanks alone", "  \n \n", "" },
};

static void sentences_end_where_the_manual_says(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct rd_normal normal = { .text = texts[i].text,
			.len = (uint32_t)strlen(texts[i].text) };
		struct rd_prepared p;
		char joined[400] = "";
		size_t len = 0;
		assert_int_equal(rd_prepare(&normal, b->arena, &p, &b->err), RD_OK);
		assert_int_equal(p.len, normal.len);
		for (uint32_t u = 0; u < p.n_units; u++)
			len += (size_t)snprintf(joined + len, sizeof joined - len, "%s%.*s",
				u > 0 ? "|" : "", (int)(p.units[u].to - p.units[u].from),
				p.text + p.units[u].from);
		if (strcmp(joined, texts[i].sentences) != 0)
			fail_msg("%s: `%s`", texts[i].why, joined);
	}
}

static void text_that_is_not_utf8_never_reaches_a_pattern(void **state)
{
	struct bench *b = *state;
	struct rd_normal normal = { .text = "caf\xe9", .len = 4 };
	struct rd_prepared p;

	assert_int_equal(rd_prepare(&normal, b->arena, &p, &b->err), RD_E_INPUT);
}

struct tally {
	unsigned seen[64];
};

static void count(void *context, uint32_t owner, uint32_t at)
{
	struct tally *t = context;

	(void)at;
	t->seen[owner]++;
}

/* Against the plainest search there is, on an alphabet small enough that all overlaps occur. */
static void the_literal_pass_finds_what_a_plain_search_finds(void **state)
{
	struct bench *b = *state;
	unsigned seed = 1;

	for (int round = 0; round < 300; round++) {
		struct rd_needle needles[64];
		struct rd_automaton *automaton = NULL;
		struct tally tally = { { 0 } };
		char words[64][8], text[400];
		for (uint32_t i = 0; i < 64; i++) {
			seed = seed * 1103515245u + 12345u;
			unsigned n = 1 + (seed >> 16) % 5;
			for (unsigned k = 0; k < n; k++) {
				seed = seed * 1103515245u + 12345u;
				words[i][k] = (char)('a' + (seed >> 16) % 3);
			}
			words[i][n] = '\0';
			needles[i] = (struct rd_needle){ words[i], i };
		}
		for (size_t i = 0; i < sizeof text - 1; i++) {
			seed = seed * 1103515245u + 12345u;
			text[i] = (char)('a' + (seed >> 16) % 4); /* d stands in no needle */
		}
		text[sizeof text - 1] = '\0';
		assert_int_equal(rd_automaton_build(needles, 64, &automaton, &b->err), RD_OK);
		rd_automaton_run(automaton, text, sizeof text - 1, count, &tally);
		for (size_t i = 0; i < 64; i++) {
			unsigned plain = 0;
			for (const char *p = strstr(text, words[i]); p != NULL;
				p = strstr(p + 1, words[i]))
				plain++;
			assert_int_equal(tally.seen[i], plain);
		}
		rd_automaton_free(automaton);
	}
}

static void the_name_depends_on_every_byte_and_not_on_the_order(void **state)
{
	struct bench *b = *state;
	struct rd_rulefile two[] = { { "b.rules", "bb", 2 }, { "a.rules", "aa", 2 } };
	struct rd_rulefile same[] = { { "a.rules", "aa", 2 }, { "b.rules", "bb", 2 } };
	struct rd_rulefile other[] = { { "a.rules", "aa", 2 }, { "b.rules", "bc", 2 } };
	struct rd_rulefile moved[] = { { "a.rules", "aab", 3 }, { "b.rules", "b", 1 } };
	struct rd_rulefiles f, g;

	assert_int_equal(rd_rulefiles_take(two, 2, &f, &b->err), RD_OK);
	assert_int_equal(strlen(f.sha256), 7 + 64);
	assert_int_equal(rd_rulefiles_take(same, 2, &g, &b->err), RD_OK);
	assert_string_equal(f.sha256, g.sha256);
	assert_int_equal(rd_rulefiles_take(other, 2, &g, &b->err), RD_OK);
	assert_string_not_equal(f.sha256, g.sha256);
	assert_int_equal(rd_rulefiles_take(moved, 2, &g, &b->err), RD_OK);
	assert_string_not_equal(f.sha256, g.sha256);
}

static void names_that_leave_the_folder_are_refused(void **state)
{
	struct bench *b = *state;
	static const char *const names[] = { "/etc/passwd", "../a.rules", "a/../../b", "" };
	struct rd_rulefiles f;

	for (size_t i = 0; i < 4; i++) {
		struct rd_rulefile item = { names[i], "", 0 };
		assert_int_equal(rd_rulefiles_take(&item, 1, &f, &b->err), RD_E_INPUT);
	}
	struct rd_rulefile twice[] = { { "a", "", 0 }, { "a", "", 0 } };
	assert_int_equal(rd_rulefiles_take(twice, 2, &f, &b->err), RD_E_INPUT);
}

static void put(const char *dir, const char *name, const char *text)
{
	char path[300];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *f = fopen(path, "we");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void a_folder_is_read_whole_but_for_hidden_and_backup_files(void **state)
{
	struct bench *b = *state;
	char dir[] = "/tmp/redress-rules-XXXXXX", path[300];
	struct rd_rulefiles f;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/landlords", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	put(dir, "b.rules", "bb");
	put(dir, ".hidden.rules", "x");
	put(dir, "b.rules~", "x");
	put(dir, "landlords/acme.rules", "aa");
	assert_int_equal(rd_rulefiles_read(dir, b->arena, &f, &b->err), RD_OK);
	assert_int_equal(f.n_items, 2);
	assert_string_equal(f.items[0].name, "b.rules");
	assert_non_null(rd_rulefiles_find(&f, "landlords/acme.rules"));
	assert_null(rd_rulefiles_find(&f, "b.rules~"));
	static const char *const made[] = { "b.rules", ".hidden.rules", "b.rules~",
		"landlords/acme.rules" };
	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, made[i]);
		unlink(path);
	}
	snprintf(path, sizeof path, "%s/landlords", dir);
	rmdir(path);
	rmdir(dir);
	assert_int_equal(rd_rulefiles_read(dir, b->arena, &f, &b->err), RD_E_MISSING);
}

static void kinds_and_flags_go_by_their_public_names(void **state)
{
	enum rd_kind kind;
	enum rd_flag flag;

	(void)state;
	for (int i = 0; i < RD_N_KINDS; i++)
		assert_true(rd_kind_parse(rd_kind_names[i], &kind) && (int)kind == i);
	for (int i = 0; i < RD_N_FLAGS; i++)
		assert_true(rd_flag_parse(rd_flag_names[i], &flag) && (int)flag == i);
	assert_null(rd_kind_names[RD_N_KINDS]);
	assert_null(rd_flag_names[RD_N_FLAGS]);
	assert_false(rd_kind_parse("Complaint", &kind));
	assert_false(rd_flag_parse("", &flag));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_begin, bench_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sentences_end_where_the_manual_says),
		TEST(text_that_is_not_utf8_never_reaches_a_pattern),
		TEST(the_literal_pass_finds_what_a_plain_search_finds),
		TEST(the_name_depends_on_every_byte_and_not_on_the_order),
		TEST(names_that_leave_the_folder_are_refused),
		TEST(a_folder_is_read_whole_but_for_hidden_and_backup_files),
		TEST(kinds_and_flags_go_by_their_public_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
