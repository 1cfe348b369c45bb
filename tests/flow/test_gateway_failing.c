/* A rule that fails three times is switched off until the rules are activated again, and what hangs
 * on it goes to a person. */
#include "support/house.h"

#include "redress/gateway/failing.h"
#include "redress/gateway/health.h"
#include "redress/gateway/service.h"
#include "redress/store/rule_failures.h"

#define HEAVY(regex)                                                                               \
	"\nRule: heavy\nMeans: Shouts\nGroup: noise\nPoints: 3\nReason: no phrase can say it\n"    \
	"Regex: " regex "\nMust match: help!\nMust not match: I am well\n"
/* Lint takes it with a note: bounded, but too much on the text below. */
#define RUNS_AWAY "(?:q1.{0,300}q1.{0,300}q2|[a-z]{1,9})!"
#define MENDED	  "[a-z]{1,9}!"
#define CAUSE	  RD_ALARM_RULE_OFF "code-2024:heavy"
#define SHOUTED	  "The tap in the bathroom leaks, could somebody have a look please!"

static void follow(struct house *h)
{
	bool changed;

	OK(rd_desk_refresh(&h->desk, &changed, &h->err));
	if (!changed)
		return;
	h->pipeline.office = h->desk.office;
	OK(rd_reader_set_rules(h->reader, rd_live_files(h->desk.live), h->desk.landlords,
		h->desk.n_landlords, rd_live_off(h->desk.live), &h->err));
}

static void live_rules(struct house *h, const char *more)
{
	struct rd_activation_outcome outcome;

	house_write_rules(h, rd_arena_printf(h->arena, "%s%s", house_rules, more));
	OK(house_try_rules(h, RD_ACTIVATION, true, &outcome));
	assert_true(outcome.changed);
	follow(h);
}

static void fill(char *body, size_t len)
{
	for (size_t i = 0; i < len; i++)
		body[i] = i % 2 == 0 ? 'q' : '1';
}

/* A request that takes the pattern more steps than it may have. */
static int64_t put_hostile(struct house *h, const char *more)
{
	char body[2100];

	fill(body, sizeof body);
	memcpy(body, "the tap leaks ", 14);
	snprintf(body + 2000, sizeof body - 2000, "-!b %s", more);
	return house_mail_in(h, .body = body, .from = "eve@example.net");
}

static int64_t hostile(struct house *h, const char *more)
{
	int64_t id = put_hostile(h, more);

	house_work(h);
	return id;
}

static const struct rd_audit_row *only_row(struct house *h, const char *what, int64_t message_id)
{
	const struct rd_audit_row *found = NULL;
	struct rd_audit_row *rows;
	size_t n;

	OK(rd_audit_list(h->db, 0, message_id, 0, 10000, h->arena, &rows, &n, &h->err));
	for (size_t i = 0; i < n; i++)
		if (strcmp(rows[i].what, what) == 0) {
			assert_null(found);
			found = &rows[i];
		}
	return found;
}

static bool is_off(struct house *h)
{
	return rd_live_off(h->desk.live)->n == 1;
}

static void fail_three_times(struct house *h, int64_t ids[static 3])
{
	live_rules(h, HEAVY(RUNS_AWAY));
	for (int i = 0; i < 3; i++) {
		follow(h);
		assert_false(is_off(h));
		assert_false(house_alarm(h, CAUSE));
		ids[i] = hostile(h, rd_arena_printf(h->arena, "number %d", i));
		assert_non_null(strstr(house_review(h, house_case_of(h, ids[i])).reasons,
			"rule `heavy` could not be tried to the end"));
	}
	follow(h);
	assert_true(is_off(h));
}

static bool a_person_looks(struct house *h, int64_t id)
{
	return house_case(h, house_case_of(h, id)).status == RD_STATUS_REVIEW;
}

static void the_third_failure_switches_a_rule_off(void **state)
{
	struct house *h = *state;
	const struct rd_audit_row *off;
	struct rd_alarm *alarms;
	struct rd_health health;
	int64_t ids[3];
	size_t n;

	fail_three_times(h, ids);
	off = only_row(h, "rule_switched_off", 0);
	assert_non_null(off);
	assert_string_equal(off->detail,
		rd_arena_printf(h->arena,
			"{\"rule\":\"heavy\",\"landlord\":\"code-2024\",\"ruleset\":\"%s\","
			"\"messages\":[%" PRId64 ",%" PRId64 ",%" PRId64 "]}",
			rd_live_sha256(h->desk.live), ids[0], ids[1], ids[2]));
	OK(rd_alarm_list(h->db, h->arena, &alarms, &n, &h->err));
	assert_int_equal(n, 1);
	assert_string_equal(alarms[0].cause, CAUSE);
	assert_non_null(strstr(alarms[0].text, "Rule `heavy` (core.rules:"));
	OK(rd_health_look(h->db, &h->desk.office, h->arena, &health, &h->err));
	assert_int_equal(health.counts.rule_failures, 3);
	assert_int_equal(health.counts.rules_off, 1);
	assert_true(health.n_problems >= 1);
}

static void what_it_looks_for_goes_to_a_person_and_the_rest_does_not(void **state)
{
	struct house *h = *state;
	const struct rd_audit_row *off;
	int64_t ids[3], shouted, calm;

	fail_three_times(h, ids);
	off = only_row(h, "rule_switched_off", 0);
	shouted = house_mail_in(h, .body = SHOUTED, .from = "bob@example.com");
	calm = house_mail_in(h, .body = REQUEST, .from = "cat@example.com");
	house_work(h);
	assert_true(a_person_looks(h, shouted));
	assert_non_null(strstr(house_review(h, house_case_of(h, shouted)).reasons,
		"rule `heavy` is switched off since it failed three times, and this message has "
		"words that it looks for"));
	assert_non_null(strstr(only_row(h, "decided", shouted)->detail,
		rd_arena_printf(h->arena,
			"\"switched_off\":[{\"rule\":\"heavy\",\"audit\":%" PRId64 "}]",
			off->seq)));
	assert_false(a_person_looks(h, calm));
	assert_null(strstr(only_row(h, "decided", calm)->detail, "switched_off"));
	hostile(h, "once more"); /* not tried, so not counted */
	assert_non_null(only_row(h, "rule_switched_off", 0));
}

static void a_restart_knows_what_is_off_and_mended_rules_work_again(void **state)
{
	struct house *h = *state;
	int64_t ids[3], shouted;

	fail_three_times(h, ids);
	house_close(h);
	house_open(h);
	assert_true(is_off(h));
	shouted = house_mail_in(h, .body = SHOUTED, .from = "bob@example.com");
	house_work(h);
	assert_true(a_person_looks(h, shouted));

	live_rules(h, HEAVY(MENDED));
	assert_false(is_off(h));
	assert_false(house_alarm(h, CAUSE));
	shouted = house_mail_in(h, .body = SHOUTED, .from = "cat@example.com");
	house_work(h);
	assert_non_null(strstr(only_row(h, "decided", shouted)->detail, "\"heavy\""));
	assert_null(strstr(only_row(h, "decided", shouted)->detail, "switched_off"));
}

static void a_person_who_activates_the_same_rules_switches_it_on(void **state)
{
	struct house *h = *state;
	struct rd_activation_outcome outcome;
	int64_t ids[3];

	fail_three_times(h, ids);
	OK(house_try_rules(h, RD_RELOAD, false, &outcome));
	assert_false(outcome.changed);
	assert_true(house_alarm(h, CAUSE));
	OK(house_try_rules(h, RD_ACTIVATION, false, &outcome));
	assert_true(outcome.changed);
	follow(h);
	assert_false(is_off(h));
	assert_false(house_alarm(h, CAUSE));
	hostile(h, "after that");
	follow(h);
	assert_false(is_off(h)); /* counted from nought */
	OK(house_try_rules(h, RD_ACTIVATION, false, &outcome));
	assert_false(outcome.changed); /* nothing is off: nothing to do */
}

static void one_mail_that_comes_again_and_again_counts_once(void **state)
{
	struct house *h = *state;
	struct rd_rule_failure *rules;
	size_t n;

	live_rules(h, HEAVY(RUNS_AWAY));
	for (int i = 0; i < 3; i++) {
		char body[2010];

		fill(body, sizeof body);
		memcpy(body + 2000, "-!b", 4);
		house_mail_in(h, .body = body, .id = "same@example.com");
		house_work(h);
	}
	OK(rd_rule_failures_list(h->db, h->arena, &rules, &n, &h->err));
	assert_int_equal(n, 1);
	assert_int_equal(rules[0].times, 1);
}

static void each_landlord_has_a_rule_switched_off_by_itself(void **state)
{
	struct house *h = *state = house_new(&(struct house_options){ .two_landlords = true });
	int64_t ids[3], elsewhere;

	fail_three_times(h, ids);
	elsewhere = house_mail_in(
		h, .body = SHOUTED, .from = "bob@example.com", .box = HOUSE_ELSEWHERE);
	house_work(h);
	assert_null(strstr(only_row(h, "decided", elsewhere)->detail, "switched_off"));
	assert_non_null(strstr(only_row(h, "decided", elsewhere)->detail, "\"heavy\""));
}

/* A pattern that the landlord's layer brought is to be mended there. */
static void the_alarm_names_the_layer_that_changed_the_rule(void **state)
{
	struct house *h = *state;
	const char *layer = rd_arena_printf(h->arena, "%s/rules/landlords/code-2024.rules", h->dir);
	struct rd_alarm *alarms;
	size_t n;

	FILE *out = fopen(layer, "we");
	assert_non_null(out);
	fputs("Ruleset: ours\nReason: ours\n\nOverride: heavy\nReason: ours\nRegex: " RUNS_AWAY
	      "\n",
		out);
	assert_int_equal(fclose(out), 0);
	live_rules(h, HEAVY(MENDED));
	for (int i = 0; i < 3; i++) {
		hostile(h, rd_arena_printf(h->arena, "number %d", i));
		follow(h);
	}
	assert_true(is_off(h));
	OK(rd_alarm_list(h->db, h->arena, &alarms, &n, &h->err));
	assert_int_equal(n, 1);
	assert_non_null(strstr(alarms[0].text, "Rule `heavy` (landlords/code-2024.rules:4)"));
}

#define N_REVIEWING 48

/* More reasons than one review has room for, half of them of what is forwarded: what the policy
 * itself says is never the part that is left out. */
static void the_policys_reasons_are_told_however_many_the_rules_have(void **state)
{
	static const char filler[] = "and this is what the officer who wrote the rule wants to be "
				     "told about it every time";
	struct house *h = *state;
	const char *rules = "", *own = "", *forwarded = "";

	for (int i = 0; i < N_REVIEWING; i++) {
		rules = rd_arena_printf(h->arena,
			"%s\nRule: look-%d\nMeans: x\nGroup: look\nReview: number %d %s\n"
			"Phrase: word%d\nMust match: word%d\nMust not match: word\n",
			rules, i, i, filler, i, i);
		if (i >= N_REVIEWING / 2) /* each pass keeps its first ones */
			own = rd_arena_printf(h->arena, "%s word%d", own, i);
		else
			forwarded = rd_arena_printf(h->arena, "%s word%d", forwarded, i);
	}
	live_rules(h, rules);
	const int64_t id = house_mail_in(h,
		.body = rd_arena_printf(h->arena,
			"I am complaining. But nothing formal please.%s\n\n---------- Forwarded "
			"message ---------\nFrom: Ann <ann@example.com>\nDate: Tue, 3 Nov 2026 at "
			"10:12\nTo: <office@example.org>\n\n%s\n",
			own, forwarded));
	house_work(h);
	const char *reasons = house_review(h, house_case_of(h, id)).reasons;
	assert_non_null(strstr(reasons, "number 24 and this is"));
	assert_non_null(strstr(reasons, "\nand more of this kind\n"));
	assert_non_null(strstr(reasons, "\nit asks for nothing formal"));
}

/* Stops that stand side by side are looked at once: a reader that looked at all of them from each
 * would use up its CPU time, and a person would have to read what holds nothing. */
static void a_mail_of_nothing_but_stops_ends_no_reader(void **state)
{
	static const char *const fills[] = { "!", "?!", ".\"" };
	struct house *h = *state;

	for (size_t i = 0; i < sizeof fills / sizeof fills[0]; i++) {
		char body[64001];

		for (size_t k = 0; k + 1 < sizeof body; k++)
			body[k] = fills[i][k % strlen(fills[i])];
		body[sizeof body - 1] = '\0';
		const int64_t id = house_mail_in(h, .body = body, .from = "eve@example.net");
		house_work(h);
		assert_null(strstr(
			house_review(h, house_case_of(h, id)).reasons, "could not be taken apart"));
	}
}

/* redressd --once too: what was read ahead meanwhile is decided as it was read. */
static void a_run_once_switches_off_between_two_batches(void **state)
{
	struct house *h = *state;
	const struct rd_audit_row *decided;
	bool must_wait;
	int64_t last;

	live_rules(h, HEAVY(RUNS_AWAY));
	for (int i = 0; i < 3; i++)
		put_hostile(h, rd_arena_printf(h->arena, "number %d", i));
	for (int i = 3; i < 2 * RD_PIPELINE_BATCH; i++)
		house_mail_in(h, .body = CIRCULAR, .id = "",
			.from = rd_arena_printf(h->arena, "a%d@example.com", i));
	last = house_mail_in(h, .body = SHOUTED, .from = "bob@example.com");
	house_close(h);
	OK(rd_service_once(h->config, &h->clock, house_spawner, &must_wait, &h->err));
	house_open(h);
	assert_true(is_off(h));
	decided = only_row(h, "decided", last);
	assert_non_null(decided);
	assert_non_null(strstr(decided->detail, "\"switched_off\""));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		house_test(the_third_failure_switches_a_rule_off),
		house_test(what_it_looks_for_goes_to_a_person_and_the_rest_does_not),
		house_test(a_restart_knows_what_is_off_and_mended_rules_work_again),
		house_test(a_person_who_activates_the_same_rules_switches_it_on),
		house_test(one_mail_that_comes_again_and_again_counts_once),
		house_test(the_alarm_names_the_layer_that_changed_the_rule),
		house_test(the_policys_reasons_are_told_however_many_the_rules_have),
		house_test(a_mail_of_nothing_but_stops_ends_no_reader),
		house_test(a_run_once_switches_off_between_two_batches),
		house_test_own(each_landlord_has_a_rule_switched_off_by_itself),
	};

	house_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
