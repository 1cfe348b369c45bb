/* What stands in front of PCRE2 (words looked up, keys, outlines) against PCRE2 alone: on phrases
 * and sentences made by chance, of words chosen so that they nearly always meet. */
#include "rules_reference.h"
#include "support/measure.h"

#include <jansson.h>

#include "redress/base/buf.h"
#include "support/made_rules.h"

struct chance {
	uint32_t seed;
	struct rd_buf out;
};

static uint32_t below(struct chance *c, uint32_t n)
{
	c->seed = c->seed * 1103515245u + 12345u;
	return (c->seed >> 16) % n;
}

static void add(struct chance *c, const char *text)
{
	struct rd_err err = { 0 };

	assert_int_equal(rd_buf_add_str(&c->out, text, &err), RD_OK);
}

#define PICK(chance, from) from[below(chance, sizeof from / sizeof from[0])]

/* Everything that a word of a phrase can be, several of them beginnings of others. */
static const char *const phrase_words[] = { "a", "no", "not", "can", "can't", "cant", "it", "its",
	"it's", "i", "i'll", "s", "t", "re-open", "e-mail", "o'clock", "10", "2", "10/10", "4th",
	"f***", "20%", "a.m", "no*", "ca*", "re*", "o'c*",
	("\xc2\xa3"
	 "20"),
	"\xf0\x9f\x91\x8d", "t\xc5\xb7", "\xc3\xa9t\xc3\xa9", "_x", "the", "one", "may", "rang",
	"x", "y", "z", "again", "a'b'c" };
static const char *const plain_words[] = { "a", "no", "not", "can", "it", "i", "the", "rang", "x",
	"y", "z", "again" };
/* And what stands in texts, with what may stand between. */
static const char *const text_words[] = { "a", "no", "not", "none", "can", "can't", "cant", "it",
	"its", "it's", "i", "i'll", "ill", "s", "t", "re open", "re-open", "reopen", "e-mail",
	"o'clock", "oclock", "10", "2", "10/10", "1,000", "10.50", "4th", "f***", "20%",
	("\xc2\xa3"
	 "20"),
	"\xf0\x9f\x91\x8d", "t\xc5\xb7", "\xc3\xa9t\xc3\xa9", "_x", "the", "one", "may 2024",
	"3/4/2024", "rang", "x", "y", "z", "again", "car", "re", "tenant's", "it's'x", "x''y",
	"y's's", "don't've", "a'b'c'd'e", "'no'", "'s", "s'il", "5'4", "maybe", "of", "2024",
	"a'b'c", "a'b'c'd", "m", "a m" };
static const char *const text_plain[] = { "a", "no", "not", "can", "it", "i", "the", "rang", "x",
	"y", "z", "again", "the x", "no x", "not y", "rang again" };
static const char *const between[] = { " ", " ", " ", " ", " ", " ", " ", ", ", " - ", "-", "/",
	"... ", "'", "''", "'s ", "' ", " '", "\xf0\x9f\x91\x8d", " \xf0\x9f\x91\x8d ", "%", "%'s ",
	"%'s'", "                  ", " .,-.,-.,-.,-.,-.,-.,- ", ". ", "? ", "?", "\n", "\n\n" };

static void add_word(struct chance *c, bool plain)
{
	add(c, plain ? PICK(c, plain_words) : PICK(c, phrase_words));
}

static void add_group(struct chance *c, bool plain, int depth);

static void add_item(struct chance *c, bool plain, int depth)
{
	static const char *const built_in[] = { "[number]", "[date]", "[money]", "<some>",
		"<some>?", "<other>" };

	switch (below(c, plain ? 6 : 10)) {
	case 0:
	case 1:
		if (depth < 2) {
			add_group(c, plain, depth);
			return;
		}
		break;
	case 5:
	case 6:
		add(c, PICK(c, built_in));
		return;
	default:
		break;
	}
	add_word(c, plain);
}

static void add_row(struct chance *c, bool plain, int depth)
{
	static const char *const gaps[] = { " [0-1 words] ", " [0-2 words] ", " [1 words] ",
		" [1-3 words] ", " [0-12 words] " };

	for (uint32_t i = 1 + below(c, 3); i > 0; i--) {
		add_item(c, plain, depth);
		if (i > 1)
			add(c, below(c, 3) == 0 ? PICK(c, gaps) : below(c, 9) == 0 ? "" : " ");
	}
}

static void add_group(struct chance *c, bool plain, int depth)
{
	add(c, "(");
	for (uint32_t i = 1 + below(c, 3); i > 0; i--) {
		add_row(c, plain, depth + 1);
		add(c, i > 1 ? "|" : ")");
	}
	if (below(c, 4) == 0)
		add(c, "?");
}

static void add_phrase(struct chance *c, bool plain)
{
	static const char *const starts[] = { "[start] ", "[sentence start] " };
	static const char *const ends[] = { " [end]", " [sentence end]", " [question]",
		" [0-2 words] [end]" };

	if (below(c, 5) == 0)
		add(c, PICK(c, starts));
	add_row(c, plain, 0);
	if (below(c, 4) == 0)
		add(c, PICK(c, ends));
}

static void add_rule(struct chance *c, unsigned number)
{
	static const char *const sides[] = { "before", "after", "near" };
	static const char *const windows[] = { "", " [within 1 words]", " [within 3 words]",
		" [same sentence]" };
	char id[32];
	bool plain = below(c, 2) == 0;

	snprintf(id, sizeof id, "Rule: r%u\nPoints: 1\n", number);
	add(c, id);
	if (below(c, 6) == 0)
		add(c, "At least: 2\n");
	for (uint32_t i = 1 + below(c, 2); i > 0; i--) {
		add(c, "Phrase: ");
		add_phrase(c, plain);
		add(c, "\n");
	}
	if (below(c, 2) == 0) {
		add(c, "Unless ");
		add(c, PICK(c, sides));
		add(c, ": ");
		for (uint32_t i = 1 + below(c, 2); i > 0; i--) {
			add_row(c, plain, 1);
			add(c, i > 1 ? ", " : PICK(c, windows));
		}
		add(c, "\n");
	}
	add(c, "\n");
}

static void add_text(struct chance *c)
{
	static const char *const symbols =
		" * * * * * * * * * * * * * * * * * * * * * * * * * * * ";
	bool plain = below(c, 2) == 0;

	if (below(c, 12) == 0)
		add(c, symbols + below(c, 55));
	for (uint32_t i = 2 + below(c, 14); i > 0; i--) {
		add(c, plain ? PICK(c, text_plain) : PICK(c, text_words));
		add(c, plain && below(c, 8) != 0 ? " " : PICK(c, between));
	}
	if (below(c, 12) == 0)
		add(c, symbols);
	if (below(c, 24) == 0)
		add(c, symbols);
}

#define LISTS                                                                                      \
	"Words: some\nWord: a, no one, not it, can't, x y, 10, a.m\n\n"                            \
	"Words: other\nWord: the, rang again, z*, i, i i\n\n"

/* What chance seldom makes. */
static const struct {
	const char *why;
	const char *phrase, *text;
	bool hits;
} rows[] = {
	{ "what is loose makes a gap no longer", "a [0-2 words] x", "a b''c d x", true },
	{ "nor a gap at the end", "a [0-2 words] [end]", "a b c''d", true },
	{ "a possessive s behind a symbol", "20% x", "20%'s x", true },
	{ "one that the next word is glued to", "20% x", "20%'s'x", true },
	{ "a possessive within a quotation", "the cat x", "the cat's 'x", true },
	{ "French", "s'il vous", "'s'il vous plait'", true },
	{ "a word behind an apostrophe begins a match", "ll be", "i'll be", true },
	{ "but goes on none", "x ll be", "x i'll be", false },
	{ "a word before a digit's apostrophe ends one", "x flat", "x flat'5", true },
	{ "but is followed by none", "x flat y", "x flat'5 y", false },
	{ "no more than sixteen characters between", "a b", "a - - - - - - - - - - b", false },
	{ "wide ones counted once", "a b",
		"a \xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2 b",
		true },
	{ "two ends: the phrase takes the longest", "a [0-3 words] b", "a b b c b", true },
	{ "two ends: the first alternative", "a (b c|b)", "a b c", true },
	{ "a word that a list has twice", "<some> <some>", "no one no one", true },
	{ "five alternatives of three words",
		"(a b c|a b d|a e c|f b c|f e d) [0-1 words] (a b c|a b d|a e c|f b c|f e d)",
		"a e c x f b c", true },
	{ "a glued ending", "complain(t|ed|s)? about", "complained about", true },
	{ "a glued beginning that may be missing", "(un)?happy (a)?b", "happy ab", true },
	{ "glued to a list, told by PCRE2 alone", "<some>s x", "as x", true },
	{ "a long stem", "honorificabilitudinitatibusinquotation*",
		"honorificabilitudinitatibusinquotationes", true },
	{ "a long stem that goes on otherwise", "honorificabilitudinitatibusinquotation*",
		"honorificabilitudinitatibusinquotatum", false },
	{ "nine letters and more", "disappointed tenants", "disappointed tenants", true },
	{ "the same beginning of nine letters", "disappointment tenants", "disappointed tenants",
		false },
};

static void what_chance_seldom_makes(void **state)
{
	struct bench *b = *state;
	struct reference r = { .data = pcre2_match_data_create(2, NULL) };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_matching m;
		char *rules = rd_arena_printf(
			b->arena, HEAD LISTS "Rule: it\nPoints: 1\nPhrase: %s\n", rows[i].phrase);
		must_compile(b, rules, NULL);
		r.rules = b->rules;
		score_text(b, rows[i].text);
		match_again(b, &m);
		if ((reference_compare(&r, &m, rows[i].text) == 1) != rows[i].hits)
			fail_msg("%s: `%s` on `%s`", rows[i].why, rows[i].phrase, rows[i].text);
	}
	pcre2_match_data_free(r.data);
}

/* One rule that may be wrong (a gap at its end, a symbol twice): those that are, are left out. */
static bool compiles_alone(struct bench *b, const char *rules)
{
	return compile_layers(b, rules, NULL) == RD_OK;
}

static void make_rules(struct bench *b, struct chance *c, struct rd_buf *all, unsigned n)
{
	struct rd_err err = { 0 };

	rd_buf_clear(all);
	assert_int_equal(rd_buf_add_str(all, HEAD LISTS, &err), RD_OK);
	for (unsigned i = 0; i < n;) {
		rd_buf_clear(&c->out);
		add(c, HEAD LISTS);
		size_t from = c->out.len;
		add_rule(c, i);
		if (!compiles_alone(b, rd_buf_str(&c->out)))
			continue;
		assert_int_equal(rd_buf_add_str(all, c->out.data + from, &err), RD_OK);
		i++;
	}
}

static void chance_finds_no_difference(void **state)
{
	struct bench *b = *state;
	struct chance c = { .seed = 1, .out = RD_BUF(1u << 20) };
	struct rd_buf all = RD_BUF(1u << 20);
	struct reference r = { .data = pcre2_match_data_create(2, NULL) };
	unsigned hits = 0;

	for (int round = 0; round < 200 / MEASURE_SHARE; round++) {
		make_rules(b, &c, &all, 20);
		must_compile(b, rd_buf_str(&all), NULL);
		r.rules = b->rules;
		for (int i = 0; i < 25; i++) {
			struct rd_matching m;
			rd_buf_clear(&c.out);
			add_text(&c);
			rd_arena_reset(b->arena);
			score_text(b, rd_buf_str(&c.out));
			match_again(b, &m);
			hits += reference_compare(&r, &m, rd_buf_str(&c.out));
		}
	}
	/* Of 100,000 pairs of rule and text. */
	assert_true(hits > 8000 / MEASURE_SHARE);
	pcre2_match_data_free(r.data);
	rd_buf_free(&c.out);
	rd_buf_free(&all);
}

/* Only texts of nobody's check set would be printed, and none is. */
static void a_thousand_made_rules_are_the_same_on_the_corpus(void **state)
{
	struct bench *b = *state;
	struct reference r = { .data = pcre2_match_data_create(2, NULL) };
	struct rd_buf rules = RD_BUF(16u << 20);
	char *line = NULL;
	size_t size = 0;
	unsigned hits = 0;

	made_rules_write(1000, &rules);
	must_compile(b, rd_buf_str(&rules), NULL);
	r.rules = b->rules;
	FILE *in = fopen(RD_SOURCE_DIR "/tests/corpus/messages.jsonl", "re");
	assert_non_null(in);
	for (int i = 0; getline(&line, &size, in) > 0; i++) {
		struct rd_matching m;
		if (i % (12 * MEASURE_SHARE) != 0)
			continue;
		json_t *object = json_loads(line, 0, NULL);
		assert_non_null(object);
		rd_arena_reset(b->arena);
		score_as(b, RD_CHANNEL_EMAIL, json_string_value(json_object_get(object, "subject")),
			json_string_value(json_object_get(object, "body")));
		match_again(b, &m);
		hits += reference_compare(&r, &m, json_string_value(json_object_get(object, "id")));
		json_decref(object);
	}
	assert_true(hits > 100 / MEASURE_SHARE);
	fclose(in);
	free(line);
	rd_buf_free(&rules);
	pcre2_match_data_free(r.data);
}

/* A list so long that its outline has no room for all of its words one by one. */
static void each_entry_of_a_long_list_is_found(void **state)
{
	static const char *const words[] = { "amber", "birch", "cedar", "delta", "elder", "fjord",
		"grove", "hazel" };
	struct bench *b = *state;
	struct rd_buf rules = RD_BUF(1u << 20);
	char entries[500][32];

	for (unsigned n_words = 2; n_words <= 3; n_words++) {
		rules.len = 0;
		assert_int_equal(rd_buf_add_str(&rules, HEAD "Words: list\n", &b->err), RD_OK);
		for (unsigned i = 0; i < 500; i++) {
			snprintf(entries[i], sizeof entries[i], "%s %c%s%s", words[i % 8],
				'a' + i / 8 % 26, words[i / 26 % 8], n_words == 2 ? "" : " walk");
			entries[i][strlen(entries[i]) - (i % 3 == 0)] = '\0';
			assert_int_equal(rd_buf_add_str(&rules, "Word: ", &b->err), RD_OK);
			assert_int_equal(rd_buf_add_str(&rules, entries[i], &b->err), RD_OK);
			assert_int_equal(rd_buf_add_str(&rules, "\n", &b->err), RD_OK);
		}
		assert_int_equal(rd_buf_add_str(&rules,
					 "\nRule: alone\nPoints: 1\nPhrase: <list>\n"
					 "\nRule: between\nPoints: 1\nPhrase: the <list> [0-2 "
					 "words] home\n",
					 &b->err),
			RD_OK);
		must_compile(b, rd_buf_str(&rules), NULL);
		for (unsigned i = 0; i < 500; i++) {
			char text[sizeof entries[0] + 64];
			snprintf(
				text, sizeof text, "So it was the %.31s, and so home.", entries[i]);
			rd_arena_reset(b->arena);
			score_text(b, text);
			if (hit_of_rule(b, "alone") == NULL || hit_of_rule(b, "between") == NULL)
				fail_msg("not found: %s", text);
		}
	}
	rd_buf_free(&rules);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_begin, bench_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_chance_seldom_makes),
		TEST(chance_finds_no_difference),
		TEST(each_entry_of_a_long_list_is_found),
		TEST(a_thousand_made_rules_are_the_same_on_the_corpus),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
