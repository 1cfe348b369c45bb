/* The phrase language, text by text. */
#include "rules_help.h"

static const char lists[] = "Words: staff\nWord: plumber, electrician\nWord: workman\n\n"
			    "Words: smile\nWord: 👍\n\n";

static const struct {
	const char *why;
	const char *phrase, *text;
	bool hits;
} rows[] = {
	{ "a word", "leak", "there is a leak here", true },
	{ "not within another word", "leak", "leaking", false },
	{ "capitals do not matter", "Leak", "LEAK", true },
	{ "words in a row", "still waiting", "I am still waiting", true },
	{ "punctuation and blanks between", "still waiting", "still,   waiting", true },
	{ "a dash between", "still waiting", "still - waiting", true },
	{ "a wrapped line between", "still waiting",
		"this line is long enough to be wrapped by a program still\nwaiting", true },
	{ "never over the end of a sentence", "still waiting", "It is still. Waiting here", false },
	{ "nor over an empty line", "still waiting", "still\n\nwaiting", false },
	{ "an ellipsis ends no sentence", "still waiting", "still... waiting", true },
	{ "a stop without its blank ends one", "nobody came i rang", "nobody came.I rang", false },
	{ "any ending", "complain*", "my complaints", true },
	{ "or none", "complain*", "I complain", true },
	{ "but the beginning stands", "complain*", "uncomplaining", false },
	{ "a star within a word is itself", "sh*t", "this is sh*t", true },
	{ "stars at the end too", "f***", "what the f*** is this", true },
	{ "an optional word there", "a (very)? bad day", "a very bad day", true },
	{ "and not there", "a (very)? bad day", "a bad day", true },
	{ "an optional first word", "(so)? very bad", "very bad", true },
	{ "alternatives", "(rang|phoned) twice", "phoned twice", true },
	{ "none of them", "(rang|phoned) twice", "wrote twice", false },
	{ "alternatives of several words", "(rang you|wrote) twice", "rang you twice", true },
	{ "nested", "(rang (you|them)|wrote) twice", "rang them twice", true },
	{ "glued alternatives", "complain(t|ed|ing) about", "complained about", true },
	{ "a glued optional ending", "repair(s)? done", "repairs done", true },
	{ "a glued beginning", "(un)?happy tenant", "unhappy tenant", true },
	{ "a gap of none", "rang [0-2 words] times", "rang times", true },
	{ "a gap of two", "rang [0-2 words] times", "rang about three times", true },
	{ "a gap of three is too many", "rang [0-2 words] times", "rang about twenty three times",
		false },
	{ "a gap of exactly one", "rang [1 words] times", "rang three times", true },
	{ "exactly one is not none", "rang [1 words] times", "rang times", false },
	{ "a gap ends with the sentence", "rang [0-5 words] times", "I rang. Three times", false },
	{ "an apostrophe may be missing in the text", "don't want", "dont want", true },
	{ "or in the phrase", "dont want", "I don't want", true },
	{ "a curly one is plain", "don't want", "don’t want", true },
	{ "I'll is not ill", "ill", "I'll call", false },
	{ "ill is not I'll", "i'll call", "ill call", false },
	{ "can is not can't", "can come", "they can't come", false },
	{ "nor with a gap", "can [0-3 words] come", "they can't ever come", false },
	{ "a possessive may follow", "landlord repairs", "the landlord's repairs", true },
	{ "hyphen or blank or neither: blank", "re-open", "please re open it", true },
	{ "neither", "re-open", "please reopen it", true },
	{ "a score", "10/10", "10/10 top lad", true },
	{ "not a part of another", "10/10", "10/100", false },
	{ "an ordinal", "4th", "on the 4th of May", true },
	{ "a number is not a part of one", "10", "it cost 10.50", false },
	{ "nor of an amount", "20", "it was £20", false },
	{ "an amount", "£20", "it was £20 too much", true },
	{ "any number in digits", "[number] weeks", "for 3 weeks", true },
	{ "in words", "[number] weeks", "for three weeks", true },
	{ "no number", "[number] weeks", "for some weeks", false },
	{ "money with its sign", "pay [money]", "pay £1,200.50 now", true },
	{ "money in words", "pay [money]", "pay 20 quid", true },
	{ "a date", "since [date]", "since 3rd of March 2024", true },
	{ "a year", "since [date]", "since 2023", true },
	{ "a list", "the <staff> came", "the electrician came", true },
	{ "names of lists in any case", "the <Staff> came", "the workman came", true },
	{ "not on the list", "the <staff> came", "the neighbour came", false },
	{ "an optional list", "the <staff>? came", "the came", true },
	{ "a symbol glued to a word", "thanks 👍", "thanks👍", true },
	{ "a symbol within a list", "thanks <smile>", "thanks 👍", true },
	{ "the field's beginning", "[start] thanks", "Thanks for that", true },
	{ "only there", "[start] thanks", "Many thanks. Thanks", false },
	{ "the field's end", "thanks [end]", "ok. Thanks!!", true },
	{ "only there (end)", "thanks [end]", "Thanks. Bye", false },
	{ "a gap before the end", "cllr [0-2 words] [end]", "regards cllr jane doe", true },
	{ "a sentence's beginning", "[sentence start] when", "Hi. When will you come", true },
	{ "not its middle", "[sentence start] when", "Tell me when", false },
	{ "a sentence's end", "no reply [sentence end]", "there was no reply. ok", true },
	{ "a question", "when [question]", "when will you come?", true },
	{ "no question", "when [question]", "tell me when. ok?", false },
	{ "letters of other scripts are letters", "tŷ", "y tŷ mawr", true },
	{ "and bound words", "t", "y tŷ mawr", false },
	{ "full-width letters are plain ones", "leak", "ｌｅａｋ", true },
	{ "doctor's stop ends no sentence", "dr smith said", "Dr. Smith said", true },
	{ "an address ends none", "wrote to example", "I wrote to example.org", true },
};

static void phrases_match_what_the_manual_says(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char *rules = rd_arena_printf(b->arena, HEAD "%sRule: it\nPoints: 1\nPhrase: %s\n",
			lists, rows[i].phrase);
		must_compile(b, rules, NULL);
		score_text(b, rows[i].text);
		if ((b->score.n_hits == 1) != rows[i].hits)
			fail_msg("%s: `%s` on `%s`", rows[i].why, rows[i].phrase, rows[i].text);
	}
}

static const struct {
	const char *why;
	const char *line;
	int column;
	const char *says;
} faults[] = {
	{ "a gap of too many words", "Phrase: a [0-40 words] b", 11, "at most 12" },
	{ "a bracket without its end", "Phrase: a [0-4 words b", 11, "without its `]`" },
	{ "an unknown bracket", "Phrase: a [nummer] b", 11, "did you mean `[number]`" },
	{ "an unknown list", "Phrase: a <staf> b", 11, "did you mean `staff`" },
	{ "a parenthesis too many", "Phrase: a b) c", 12, "without its `(`" },
	{ "one too few", "Phrase: a (b c", 11, "without its `)`" },
	{ "an alternative outside", "Phrase: a | b", 11, "outside of parentheses" },
	{ "all optional", "Phrase: (a)? (b)?", 18, "must stand" },
	{ "a gap at the end", "Phrase: a [0-3 words]", 11, "word or [end] behind it" },
	{ "a gap at the beginning", "Phrase: [0-3 words] a", 9, "word before it" },
	{ "two gaps", "Phrase: a [0-3 words] [0-2 words] b", 23, "two gaps" },
	{ "a question mark", "Phrase: what?", 9, "(word)?" },
	{ "gaps that explode",
		"Phrase: a [0-12 words] b [0-12 words] c [0-12 words] d [0-12 words] e", 9,
		"too many ways" },
	{ "an anchor in the middle", "Phrase: a [start] b", 11, "beginning of a phrase" },
};

static void faults_in_phrases_are_named_with_their_column(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		char where[32];
		char *rules = rd_arena_printf(
			b->arena, "%sRule: it\nPoints: 1\n%s\n", lists, faults[i].line);
		if (compile_layers(b, rules, NULL) == RD_OK)
			fail_msg("%s: `%s` was taken", faults[i].why, faults[i].line);
		snprintf(where, sizeof where, "core.rules:10:%d:", faults[i].column);
		if (strstr(b->err.msg, where) == NULL || strstr(b->err.msg, faults[i].says) == NULL)
			fail_msg("%s: %s", faults[i].why, b->err.msg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			phrases_match_what_the_manual_says, bench_begin, bench_end),
		cmocka_unit_test_setup_teardown(
			faults_in_phrases_are_named_with_their_column, bench_begin, bench_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
