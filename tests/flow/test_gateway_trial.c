/* Rules tried on the messages of the store before they go live (promise 9): what would flip, which
 * confirmed complaint would be lost, and that nothing goes live over that unless it is accepted. */
#include "redress/gateway/backtest.h"
#include "redress/store/sql.h"
#include "support/house.h"

#define DELAY "I am still waiting for a visit." /* 2.5 points: unsure */

/* The house's rules with one line another one. */
static void edit_rules(struct house *h, const char *was, const char *is)
{
	const char *at = strstr(house_rules, was);

	assert_non_null(at);
	house_write_rules(h, rd_arena_printf(h->arena, "%.*s%s%s", (int)(at - house_rules),
				     house_rules, is, at + strlen(was)));
}

/* Waiting alone is no reason to look at a message any longer. */
static void lose_delays(struct house *h)
{
	edit_rules(h, "Points: 2.5", "Points: 1");
}

static int64_t mail_in(struct house *h, const char *from, const char *body)
{
	const int64_t id = house_mail_in(h, .from = from, .body = body);

	house_work(h);
	return id;
}

/* A person looks at it and says what it is. */
static void decide(struct house *h, int64_t message_id, enum rd_kind kind)
{
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = house_case_of(h, message_id);
	int64_t decided;

	OK(rd_act_decide(
		h->db, &staff, house_review(h, case_id).id, kind, "as it says", &decided, &h->err));
}

static const struct rd_replay_row *row_of(const struct rd_rehearsed *message)
{
	return message->tag;
}

/* What a backtest showed of each message, newest first. */
struct shown {
	size_t n;
	int64_t ids[200];
	enum rd_stand was[200], is[200];
	int confirmed[200];
};

static enum rd_rc show(void *context, const struct rd_rehearsed *message, struct rd_err *err)
{
	struct shown *shown = context;

	(void)err;
	assert_true(shown->n < 200);
	shown->ids[shown->n] = row_of(message)->message_id;
	shown->was[shown->n] = rd_score_stand(message->result.was);
	shown->is[shown->n] = rd_score_stand(message->result.is);
	shown->confirmed[shown->n++] = message->result.confirmed;
	return RD_OK;
}

/* The live rules against the folder. */
static struct rd_backtest_outcome backtest(
	struct house *h, const struct rd_replay_range *range, int64_t max, struct shown *shown)
{
	struct rd_backtest_outcome outcome;
	struct rd_rulefiles is;
	const struct rd_backtest_order order = {
		.db = h->db,
		.spawner = house_spawner,
		.was = rd_live_files(h->desk.live),
		.is = &is,
		.landlords = h->desk.landlords,
		.n_landlords = h->desk.n_landlords,
		.range = range != NULL ? *range : rd_backtest_last_days(h->now_ms, 30),
		.max = max,
		.n_children = 2,
		.each = shown != NULL ? show : NULL,
		.context = shown,
	};

	if (shown != NULL)
		memset(shown, 0, sizeof *shown);
	OK(rd_rulefiles_read(h->rules, h->arena, &is, &h->err));
	OK(rd_backtest_run(&order, &outcome, &h->err));
	return outcome;
}

static void live_is(struct house *h, const char *sha256)
{
	struct rd_activation current;

	OK(rd_rulesets_current(h->db, h->arena, &current, &h->err));
	assert_string_equal(current.sha256, sha256);
}

/* --- what is replayed --- */

static void every_message_that_rules_decided_is_tried_once(void **state)
{
	struct house *h = *state;
	struct rd_backtest_outcome outcome;
	struct shown shown;
	const int64_t complaint = mail_in(h, "ann@example.com", COMPLAINT);
	const int64_t request = mail_in(h, "ben@example.com", REQUEST);
	const int64_t unsure = mail_in(h, "cay@example.com", DELAY);
	const int64_t other = mail_in(h, "dan@example.com", CIRCULAR);
	int64_t text, id;

	house_mail_in(h, .from = "ann@example.com", .id = "twice@example.com", .body = REQUEST);
	house_mail_in(h, .from = "ann@example.com", .id = "twice@example.com", .body = REQUEST);
	house_mail_in(h, .from = "mailer-daemon@example.org", .body = "I am still waiting",
		.headers = "Auto-Submitted: auto-replied\r\nReturn-Path: <>\r\n");
	house_work(h);
	text = house_text(h, HOUSE_PHONE, "I wrote before");
	house_text(h, HOUSE_PHONE, "and I am still waiting");
	house_work_texts(h);
	id = mail_in(h, "eve@example.com", REQUEST);
	OK(rd_sql_exec(h->db, "DELETE FROM reading_words WHERE message_id = ?1",
		RD_ARGS(rd_int(id)), NULL, &h->err));
	house_text(h, HOUSE_PHONE, "waits for its pause");

	lose_delays(h);
	outcome = backtest(h, NULL, 0, &shown);
	assert_int_equal(outcome.counts.together, 1);
	assert_int_equal(outcome.counts.erased, 1);
	assert_int_equal(outcome.counts.guarded, 1);
	assert_int_equal(outcome.counts.duplicate, 1);
	assert_int_equal(outcome.counts.waiting, 1);
	assert_int_equal(outcome.counts.unread, 0);
	assert_int_equal(outcome.counts.replayable, 6);
	assert_int_equal(outcome.sums.n, 6);
	assert_int_equal(shown.n, 6);
	assert_int_equal(shown.ids[0], text); /* the newest */
	assert_int_equal(shown.ids[5], complaint);
	assert_int_equal(shown.ids[4], request);
	assert_int_equal(shown.ids[2], other);
	assert_int_equal(shown.ids[3], unsure);
	assert_int_equal(shown.was[0], RD_STAND_UNSURE); /* both texts, read as one */
	assert_int_equal(shown.is[0], RD_STAND_REQUEST);
	assert_int_equal(shown.was[3], RD_STAND_UNSURE);
	assert_int_equal(shown.is[3], RD_STAND_REQUEST);
	assert_int_equal(shown.is[5], RD_STAND_COMPLAINT);
	assert_int_equal(outcome.sums.n_flips, 2);
	assert_int_equal(outcome.sums.persons_was - outcome.sums.persons_is, 2);
	assert_int_equal(outcome.sums.n_confirmed, 0);
}

static void earlier_mail_stays_out_of_it(void **state)
{
	struct house *h = *state;
	struct rd_backtest_outcome outcome;

	mail_in(h, "ann@example.com",
		"The roof leaks.\r\n\r\nOn Mon, 16 Nov 2026 at 10:00, Ben wrote:\r\n"
		"> I am complaining\r\n> I am still waiting\r\n");
	edit_rules(h, "Points: 2.5", "Points: 9");
	outcome = backtest(h, NULL, 0, NULL);
	assert_int_equal(outcome.sums.n, 1);
	assert_int_equal(outcome.sums.n_flips, 0);
}

static void days_landlords_and_numbers_bound_what_is_tried(void **state)
{
	struct house *h = house_new(&(struct house_options){ .two_landlords = true });
	struct rd_replay_range range = { .from_ms = house_instant("2026-11-10T00:00:00Z"),
		.to_ms = house_instant("2026-11-13T00:00:00Z") };
	struct rd_backtest_outcome outcome;
	struct shown shown;

	*state = h;
	for (int day = 9; day <= 14; day++) {
		const char *at = rd_arena_printf(h->arena, "2026-11-%02dT09:00:00Z", day);
		house_mail_in(h, .body = REQUEST, .received = at, .seen = at,
			.from = rd_arena_printf(h->arena, "a%d@example.com", day),
			.box = day == 12 ? HOUSE_ELSEWHERE : 0);
	}
	house_work(h);
	lose_delays(h);
	outcome = backtest(h, &range, 0, &shown);
	assert_int_equal(outcome.sums.n, 3);
	assert_int_equal(outcome.sums.first.day, 10);
	assert_int_equal(outcome.sums.last.day, 12);
	assert_int_equal(rd_backtest_days(&outcome.sums), 3);
	outcome = backtest(h, &range, 2, &shown);
	assert_int_equal(outcome.sums.n, 2);
	assert_int_equal(outcome.sums.first.day, 11); /* the newest ones */
	range.landlord = house_landlords[1];
	outcome = backtest(h, &range, 0, &shown);
	assert_int_equal(outcome.sums.n, 1);
	assert_int_equal(outcome.sums.first.day, 12);
	range = rd_backtest_last_days(house_instant("2026-11-14T20:00:00Z"), 2);
	outcome = backtest(h, &range, 0, &shown);
	assert_int_equal(outcome.sums.n, 2);
	assert_int_equal(outcome.sums.first.day, 13);

	h->desk.n_landlords = 1; /* the other is in use no longer */
	outcome = backtest(h, NULL, 0, &shown);
	assert_int_equal(outcome.n_elsewhere, 1);
	assert_int_equal(outcome.sums.n, 5);
	h->desk.n_landlords = 2;
}

/* More than a page, and more than a run. */
static void a_long_replay_shows_each_message_once(void **state)
{
	struct house *h = *state;
	struct rd_backtest_outcome outcome;
	struct shown *shown = calloc(1, sizeof *shown);
	const char *body = rd_arena_printf(h->arena, "%s", DELAY);

	assert_non_null(shown);
	for (int i = 0; i < 199; i++)
		house_mail_in(h, .body = body, .id = "",
			.from = rd_arena_printf(h->arena, "a%d@example.com", i));
	house_work(h);
	outcome = backtest(h, NULL, 0, shown);
	assert_int_equal(outcome.sums.n, 199);
	for (size_t i = 0; i < shown->n; i++)
		assert_int_equal(shown->ids[i], 199 - (int64_t)i);
	free(shown);
}

/* --- what people confirmed --- */

static void what_people_said_last_is_what_is_confirmed(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	struct shown shown;
	const int64_t decided = mail_in(h, "ann@example.com", DELAY);
	const int64_t reclassified = mail_in(h, "ben@example.com", REQUEST);
	const int64_t defined = mail_in(h, "cay@example.com", COMPLAINT);
	const int64_t untouched = mail_in(h, "dan@example.com", COMPLAINT);
	const int64_t twice = mail_in(h, "eve@example.com", DELAY);

	decide(h, decided, RD_COMPLAINT);
	OK(rd_act_reclassify(h->db, &staff, house_case_of(h, reclassified), RD_COMPLAINT,
		"unhappy with us", false, &h->err));
	OK(rd_act_define(h->db, &staff, house_case_of(h, defined), "The roof was left to leak",
		"that it is mended", &h->err));
	decide(h, twice, RD_COMPLAINT);
	OK(rd_act_reclassify(
		h->db, &staff, house_case_of(h, twice), RD_ENQUIRY, "only asks", true, &h->err));
	backtest(h, NULL, 0, &shown);
	assert_int_equal(shown.n, 5);
	assert_int_equal(shown.ids[4], decided);
	assert_int_equal(shown.confirmed[4], RD_COMPLAINT);
	assert_int_equal(shown.ids[3], reclassified);
	assert_int_equal(shown.confirmed[3], RD_COMPLAINT);
	assert_int_equal(shown.ids[2], defined);
	assert_int_equal(shown.confirmed[2], RD_COMPLAINT);
	assert_int_equal(shown.ids[1], untouched);
	assert_int_equal(shown.confirmed[1], RD_KIND_NONE);
	assert_int_equal(shown.ids[0], twice);
	assert_int_equal(shown.confirmed[0], RD_ENQUIRY);
}

static void a_lost_complaint_is_refused_until_it_is_accepted(void **state)
{
	struct house *h = *state;
	const char *was = rd_live_sha256(h->desk.live);
	struct rd_activation_outcome outcome;
	struct rd_activation *history;
	struct rd_audit_row *rows;
	size_t n;
	const int64_t lost = mail_in(h, "ann@example.com", DELAY);

	mail_in(h, "ben@example.com", REQUEST);
	decide(h, lost, RD_COMPLAINT);
	lose_delays(h);
	assert_int_equal(house_try_rules(h, RD_ACTIVATION, false, &outcome), RD_E_REFUSED);
	assert_non_null(
		strstr(h->err.msg, "1 complaint that a person confirmed would be lost: message 1"));
	assert_true(outcome.tried);
	assert_false(outcome.changed);
	assert_int_equal(outcome.trial.lost[0], lost);
	live_is(h, was);
	OK(rd_rulesets_history(h->db, h->arena, &history, &n, &h->err));
	assert_int_equal(n, 1);

	OK(house_try_rules(h, RD_ACTIVATION, true, &outcome));
	assert_true(outcome.changed);
	OK(rd_rulesets_history(h->db, h->arena, &history, &n, &h->err));
	assert_int_equal(n, 2);
	assert_int_equal(history[0].how, RD_ACTIVATION);
	assert_int_equal(history[0].n_replayed, 2);
	assert_int_equal(history[0].n_flips, 1);
	assert_int_equal(history[0].n_lost, 1);
	assert_string_equal(history[0].lost, "1");
	OK(rd_audit_list(h->db, 0, 0, 0, 10000, h->arena, &rows, &n, &h->err));
	assert_string_equal(rows[n - 1].what, "rules_activated");
	assert_string_equal(rows[n - 1].actor, "Pat");
	assert_non_null(strstr(rows[n - 1].detail,
		"\"replayed\":2,\"flips\":1,\"lost\":1,\"accepted\":true,\"lost_messages\":[1]"));
	assert_null(strstr(rows[n - 1].detail, "edited"));
}

static void a_complaint_by_default_and_one_missed_before_hold_nothing_back(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	struct rd_activation_outcome outcome;
	const int64_t undecided = mail_in(h, "ann@example.com", DELAY);
	const int64_t missed = mail_in(h, "ben@example.com", REQUEST);

	OK(rd_act_reclassify(h->db, &staff, house_case_of(h, missed), RD_COMPLAINT,
		"unhappy with us", false, &h->err));
	house_at(h, "2026-11-23T09:00:00Z");
	house_keep_time(h);
	assert_int_equal(house_case(h, house_case_of(h, undecided)).kind, RD_COMPLAINT);
	lose_delays(h);
	OK(house_try_rules(h, RD_ACTIVATION, false, &outcome));
	assert_int_equal(outcome.trial.sums.n_confirmed, 1);
	assert_int_equal(outcome.trial.sums.n_missed, 1);
	assert_int_equal(outcome.trial.sums.n_lost, 0);
	assert_int_equal(outcome.trial.sums.n_flips, 1);
}

static void a_reload_tries_confirmed_complaints_and_is_refused_over_them(void **state)
{
	struct house *h = *state;
	const char *was = rd_live_sha256(h->desk.live);
	struct rd_activation_outcome outcome;
	const int64_t lost = mail_in(h, "ann@example.com", DELAY);

	mail_in(h, "ben@example.com", DELAY);
	decide(h, lost, RD_COMPLAINT);
	lose_delays(h);
	assert_int_equal(house_try_rules(h, RD_RELOAD, false, &outcome), RD_E_REFUSED);
	assert_int_equal(outcome.trial.sums.n, 1);
	assert_int_equal(outcome.trial.sums.n_lost, 1);
	live_is(h, was);
	edit_rules(h, "Points: 2.5", "Points: 3");
	OK(house_try_rules(h, RD_RELOAD, false, &outcome));
	assert_true(outcome.changed);
}

/* --- what may come between --- */

struct meddler {
	struct house *h;
	bool stop, activate;
};

static bool meddle(void *context, int64_t n_done, int64_t n_all)
{
	struct meddler *m = context;
	struct house *h = m->h;
	struct rd_activation row = { .at_ms = h->now_ms, .author = "Kim", .reason = "also" };
	struct rd_rulefile item = { "x.rules", "# another\n", 10 };
	struct rd_rulefiles files;
	struct rd_tx *tx = NULL;

	(void)n_done;
	(void)n_all;
	if (m->activate) {
		OK(rd_rulefiles_take(&item, 1, &files, &h->err));
		memcpy(row.sha256, files.sha256, sizeof row.sha256);
		OK(rd_tx_begin(h->db, &tx, &h->err));
		OK(rd_rulesets_put(tx, &files, h->now_ms, &h->err));
		OK(rd_rulesets_activate(tx, &row, &h->err));
		OK(rd_tx_commit(&tx, &h->err));
		m->activate = false;
	}
	return !m->stop;
}

static void a_trial_that_is_stopped_or_overtaken_changes_nothing(void **state)
{
	struct house *h = *state;
	struct meddler meddler = { .h = h, .stop = true };
	struct rd_activation_outcome outcome;
	struct rd_rulefiles files;
	struct rd_activation_order order = {
		.config = h->config,
		.files = &files,
		.author = { "Pat", 1000 },
		.reason = "edited",
		.now_ms = h->now_ms,
		.spawner = house_spawner,
		.n_days = RD_BACKTEST_DAYS,
		.n_children = 1,
		.go_on = meddle,
		.context = &meddler,
	};
	struct rd_activation *history;
	size_t n;

	mail_in(h, "ann@example.com", DELAY);
	lose_delays(h);
	OK(rd_rulefiles_read(h->rules, h->arena, &files, &h->err));
	assert_int_equal(rd_rules_activate_tried(h->db, &order, &outcome, &h->err), RD_E_AGAIN);
	meddler = (struct meddler){ .h = h, .activate = true };
	assert_int_equal(rd_rules_activate_tried(h->db, &order, &outcome, &h->err), RD_E_AGAIN);
	assert_non_null(strstr(h->err.msg, "meanwhile"));
	OK(rd_rulesets_history(h->db, h->arena, &history, &n, &h->err));
	assert_int_equal(n, 2);
	assert_string_equal(history[0].author, "Kim");
}

/* Live rules that this version cannot read any longer must not keep better ones from going live. */
static void rules_that_cannot_be_read_any_longer_are_judged_by_what_they_decided(void **state)
{
	struct house *h = *state;
	struct rd_activation row = { .at_ms = h->now_ms, .author = "Kim", .reason = "older" };
	struct rd_activation_outcome outcome;
	struct rd_rulefiles files;
	struct rd_tx *tx = NULL;
	const int64_t lost = mail_in(h, "ann@example.com", DELAY);

	decide(h, lost, RD_COMPLAINT);
	house_write_rules(h, rd_arena_printf(h->arena, "%s\nOlder: field\n", house_rules));
	OK(rd_rulefiles_read(h->rules, h->arena, &files, &h->err));
	memcpy(row.sha256, files.sha256, sizeof row.sha256);
	OK(rd_tx_begin(h->db, &tx, &h->err));
	OK(rd_rulesets_put(tx, &files, h->now_ms, &h->err));
	OK(rd_rulesets_activate(tx, &row, &h->err));
	OK(rd_tx_commit(&tx, &h->err));

	lose_delays(h);
	assert_int_equal(house_try_rules(h, RD_ACTIVATION, false, &outcome), RD_E_REFUSED);
	assert_non_null(strstr(outcome.trial.blind, "core.rules:"));
	assert_int_equal(outcome.trial.sums.n_lost, 1);
	house_write_rules(h, house_rules);
	OK(house_try_rules(h, RD_ACTIVATION, false, &outcome));
	assert_true(outcome.changed);
}

/* --- messages in flight --- */

static const char *read_by(struct house *h, int64_t id)
{
	struct rd_message message;
	struct rd_score score;
	const char *ruleset = "";
	bool erased;

	OK(rd_reading_get(h->db, id, h->arena, &message, &score, &ruleset, &erased, &h->err));
	return ruleset;
}

/* Read, scored and decided by one set alone, and the audit says which. */
static void was_decided_by(struct house *h, int64_t id, const char *sha256)
{
	struct rd_audit_row *rows;
	size_t n, n_decided = 0;

	assert_string_equal(read_by(h, id), sha256);
	OK(rd_audit_list(h->db, 0, id, 0, 100, h->arena, &rows, &n, &h->err));
	for (size_t i = 0; i < n; i++) {
		if (strcmp(rows[i].what, "decided") != 0)
			continue;
		assert_non_null(strstr(rows[i].detail, sha256));
		n_decided++;
	}
	assert_int_equal(n_decided, 1);
}

/* Three batches: the first is decided, the second read ahead, when other rules go live. A pipeline
 * that has not looked yet finishes what it has in hand with the old ones; once it has, what was
 * read ahead by the old ones is read again by the new. */
static void what_is_in_hand_finishes_on_the_set_it_was_begun_with(void **state)
{
	struct house *h = *state;
	struct rd_activation_outcome outcome;
	struct rd_pipeline_round round;
	const int n = 3 * RD_PIPELINE_BATCH;
	const char *was, *is;
	bool changed;

	h->pipeline.read_ahead = true;
	was = rd_arena_strdup(h->arena, rd_live_sha256(h->desk.live));
	for (int i = 0; i < n; i++)
		house_mail_in(h, .body = DELAY, .id = "",
			.from = rd_arena_printf(h->arena, "a%d@example.com", i));
	OK(rd_pipeline_round(&h->pipeline, &round, &h->err));
	assert_int_equal(round.n_done, RD_PIPELINE_BATCH);
	edit_rules(h, "Points: 2.5", "Points: 4.5");
	OK(house_try_rules(h, RD_ACTIVATION, false, &outcome));
	assert_true(outcome.changed);
	OK(rd_pipeline_round(&h->pipeline, &round, &h->err));
	assert_int_equal(round.n_done, RD_PIPELINE_BATCH);

	OK(rd_desk_refresh(&h->desk, &changed, &h->err));
	assert_true(changed);
	h->pipeline.office = h->desk.office;
	OK(rd_reader_set_rules(h->reader, rd_live_files(h->desk.live), h->desk.landlords,
		h->desk.n_landlords, rd_live_off(h->desk.live), &h->err));
	house_work(h);
	rd_pipeline_close(&h->pipeline);
	is = rd_live_sha256(h->desk.live);
	for (int i = 0; i < n; i++) {
		const bool old = i < 2 * RD_PIPELINE_BATCH;

		was_decided_by(h, i + 1, old ? was : is);
		assert_int_equal(house_case(h, house_case_of(h, i + 1)).status,
			old ? RD_STATUS_REVIEW : RD_STATUS_OPEN);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		house_test(every_message_that_rules_decided_is_tried_once),
		house_test(earlier_mail_stays_out_of_it),
		house_test_own(days_landlords_and_numbers_bound_what_is_tried),
		house_test(a_long_replay_shows_each_message_once),
		house_test(what_people_said_last_is_what_is_confirmed),
		house_test(a_lost_complaint_is_refused_until_it_is_accepted),
		house_test(a_complaint_by_default_and_one_missed_before_hold_nothing_back),
		house_test(a_reload_tries_confirmed_complaints_and_is_refused_over_them),
		house_test(a_trial_that_is_stopped_or_overtaken_changes_nothing),
		house_test(rules_that_cannot_be_read_any_longer_are_judged_by_what_they_decided),
		house_test(what_is_in_hand_finishes_on_the_set_it_was_begun_with),
	};
	int failed;

	house_main(argc, argv);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rd_spawner_stop(house_spawner);
	return failed;
}
