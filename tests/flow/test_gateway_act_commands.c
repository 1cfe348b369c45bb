/* redressctl case acknowledge, reclassify, open: their words, as people's scripts see them. */
#include "support/house_redressctl.h"

#include "redress/base/clock.h"

#define OUTPUT_MAX (64u << 10)

static char output[OUTPUT_MAX]; /* both streams */

#define RUN(h, ...)                                                                                \
	house_redressctl((h), (const char *const[]){ __VA_ARGS__, NULL }, output, sizeof output)

static void says(const char *words)
{
	if (strstr(output, words) == NULL)
		fail_msg("`%s` lacks `%s`", output, words);
}

/* Taken in by hand: received at once, by the clock that the next command has too. */
static const char *complaint(struct house *h)
{
	assert_int_equal(RUN(h, "case", "open", "--kind", "complaint", "--channel", "phone",
				 "--contact", "07700 900123", "--topic", "a leak", "--topic",
				 "a door", "--flag", "damp_mould"),
		0);
	says(": opened");
	output[strcspn(output, ":")] = '\0';
	return rd_arena_strdup(h->arena, output);
}

static void an_acknowledgement_in_another_way_is_told_as_one(void **state)
{
	struct house *h = *state;
	const char *ref = complaint(h);
	char today[RD_DATE_MAX];

	rd_date_format(rd_date_of(rd_now_ms(&rd_system_clock)), today);
	assert_int_equal(RUN(h, "case", "acknowledge", ref, "--given", today), 0);
	says("acknowledged in another way; recorded");
}

static void a_kind_that_is_none_is_refused_with_those_that_are(void **state)
{
	struct house *h = *state;
	const char *ref = complaint(h);

	assert_int_equal(RUN(h, "case", "reclassify", ref, "--kind", "enquiri", "--why", "x"), 2);
	says("did you mean `enquiry`?");
	assert_int_equal(RUN(h, "case", "reclassify", ref, "--why", "x"), 2);
	says("complaint, ");
	for (size_t i = 0; rd_kind_names[i] != NULL; i++)
		says(rd_kind_names[i]);
	assert_int_equal(RUN(h, "case", "reclassify", ref, "--kind", "enquiry"), 2);
	assert_int_equal(RUN(h, "case", "note", ref, "--text", "x", "--force"), 2);
	says("usage:");
	assert_int_equal(
		RUN(h, "case", "reclassify", ref, "--kind", "enquiry", "--why", "asks", "--force"),
		0);
	says("reclassified");
}

/* Options that may stand more than once are each kept; one too many is said. */
static void what_is_opened_by_hand_has_all_its_words(void **state)
{
	struct house *h = *state;
	const char *many[6 + 2 * (RD_ACT_TOPICS_MAX + 1) + 1] = { "case", "open", "--kind",
		"complaint", "--channel", "phone" };
	size_t n = 6;

	assert_int_equal(RUN(h, "case", "show", complaint(h)), 0);
	says("a leak");
	says("a door");
	assert_int_equal(RUN(h, "case", "open", "--kind", "complaint", "--channel", "phone",
				 "--flag", "damp_mold"),
		2);
	says("did you mean `damp_mould`?");
	for (int i = 0; i <= RD_ACT_TOPICS_MAX; i++) {
		many[n++] = "--topic";
		many[n++] = "a leak";
	}
	assert_int_equal(house_redressctl(h, many, output, sizeof output), 2);
	says("topics");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		house_redressctl_test(an_acknowledgement_in_another_way_is_told_as_one),
		house_redressctl_test(a_kind_that_is_none_is_refused_with_those_that_are),
		house_redressctl_test(what_is_opened_by_hand_has_all_its_words),
	};

	house_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
