/* redressctl case ombudsman, and where what it records is shown: the case, its evidence, the
 * report. */
#include "support/house_redressctl.h"

#include <jansson.h>
#include <time.h>

#define OUTPUT_MAX (64u << 10)

static char output[OUTPUT_MAX]; /* both streams */

#define RUN(h, ...)                                                                                \
	house_redressctl((h), (const char *const[]){ __VA_ARGS__, NULL }, output, sizeof output)

static void says(const char *words)
{
	if (strstr(output, words) == NULL)
		fail_msg("`%s` lacks `%s`", output, words);
}

/* Of the command's own clock, which is the machine's: so many days from today. */
static const char *day_from_today(struct house *h, int n)
{
	char *day = rd_arena_alloc(h->arena, RD_DATE_MAX);

	rd_date_format(rd_date_add(rd_date_of((int64_t)time(NULL) * 1000), n), day);
	return day;
}

static const char *complaint(struct house *h)
{
	const int64_t id = house_mail_in(h, .body = COMPLAINT);

	house_work(h);
	house_send(h);
	return rd_arena_strdup(h->arena, house_case(h, house_case_of(h, id)).reference);
}

static void what_is_recorded_is_shown_wherever_it_is_asked_for(void **state)
{
	struct house *h = *state;
	const char *ref = complaint(h);
	const char *pack = rd_arena_printf(h->arena, "%s/pack", h->dir);
	char *page = NULL;
	size_t len = 0;

	assert_int_equal(RUN(h, "case", "ombudsman", "finding", ref, "--finding",
				 "severe_maladministration", "--text", "The roof"),
		0);
	assert_int_equal(RUN(h, "case", "ombudsman", "order", ref, "--due", "2099-01-09",
				 "--amount", "250", "--text", "Pay for the wait"),
		0);
	says("by Fri 9 Jan 2099: Do what the Ombudsman ordered");
	assert_int_equal(RUN(h, "case", "show", ref, "--json"), 0);
	json_t *json = json_loads(output, 0, NULL);
	const json_t *list = json_object_get(json, "ombudsman");
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "finding")),
		"severe_maladministration");
	assert_int_equal(
		json_integer_value(json_object_get(json_array_get(list, 1), "pence")), 25000);
	const char *number = rd_arena_printf(h->arena, "%" JSON_INTEGER_FORMAT,
		json_integer_value(json_object_get(json_array_get(list, 1), "number")));
	json_decref(json);
	assert_int_equal(RUN(h, "case", "ombudsman", "done", ref, "--number", number, "--how",
				 "paid by cheque"),
		0);
	assert_int_equal(RUN(h, "case", "ombudsman", "done", ref, "--number", number), 2);
	says("done already");
	assert_int_equal(RUN(h, "case", "show", ref), 0);
	says("The Ombudsman (redressctl case ombudsman)");
	says("letter of");
	says("Severe maladministration");
	says("paid by cheque");

	assert_int_equal(RUN(h, "report", "year", "--from", day_from_today(h, -30), "--to",
				 day_from_today(h, 30), "--csv"),
		0);
	says("ombudsman,\"Severe maladministration\",now,1");
	assert_int_equal(RUN(h, "case", "export", ref, pack), 0);
	FILE *in = fopen(rd_arena_printf(h->arena, "%s/index.html", pack), "r");
	assert_non_null(in);
	assert_true(getdelim(&page, &len, '\0', in) > 0);
	fclose(in);
	assert_non_null(strstr(page, "<td>Severe maladministration</td>"));
	assert_non_null(strstr(page, "250.00"));
	free(page);
}

static void a_wrong_word_is_refused_with_the_right_ones(void **state)
{
	struct house *h = *state;
	const char *ref = complaint(h);

	assert_int_equal(
		RUN(h, "case", "ombudsman", "finding", ref, "--finding", "upheld", "--text", "x"),
		2);
	says("reasonable_redress");
	assert_int_equal(
		RUN(h, "case", "ombudsman", "notice", ref, "--amount", "5", "--text", "x"), 2);
	says("--amount does not go with `case ombudsman notice`");
	assert_int_equal(RUN(h, "case", "ombudsman", "done", ref), 2);
	says("--number");
	assert_int_equal(RUN(h, "case", "ombudsman", "verdict", ref), 2);
	says("usage:");
}

static void notices_about_no_case_have_commands_of_their_own(void **state)
{
	struct house *h = *state;

	assert_int_equal(RUN(h, "notices", "add"), 2);
	says("--text");
	assert_int_equal(RUN(h, "notices", "add", "--text", "Send it", "--due", "2099-01-09"), 0);
	says("notice 1: recorded, with a task");
	assert_int_equal(RUN(h, "tasks"), 0);
	says("notices done");
	assert_int_equal(RUN(h, "notices", "done", "1", "--how", "sent"), 0);
	assert_int_equal(RUN(h, "notices", "done", "1"), 2);
	assert_int_equal(RUN(h, "notices", "list"), 0);
	says("letter of");
	assert_int_equal(RUN(h, "notices", "list", "--json"), 0);
	says("\"how\":\"sent\"");
	assert_int_equal(RUN(h, "notices", "list", "--landlord", "another"), 0);
	says("No failure notice");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		house_redressctl_test(what_is_recorded_is_shown_wherever_it_is_asked_for),
		house_redressctl_test(a_wrong_word_is_refused_with_the_right_ones),
		house_redressctl_test(notices_about_no_case_have_commands_of_their_own),
	};

	house_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
