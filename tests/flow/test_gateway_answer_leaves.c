/* An answer is given when its letter has left, or on the day that staff name: until then its clock
 * runs, is warned of and stands among what is owed; what starts from an answer starts then. */
#include "redress/gateway/acts_stage.h"
#include "redress/gateway/notices.h"
#include "redress/gateway/owed.h"
#include "redress/store/case_acts.h"
#include "redress/store/returned.h"
#include "support/answers.h"

#define RECEIVED "2026-12-15T12:00:00Z" /* acknowledged on the day; answer due 31 December */

static const char roles[] = "\nRole: complaints manager\nTo: manager@landlord.example\n";

static struct house *new_house(const char *profile)
{
	const struct house_options options = {
		.profile = profile, .starts = RECEIVED, .config = roles
	};

	struct house *h = house_new(&options);

	h->config->warnings_to = "complaints manager";
	return h;
}

static int64_t acknowledged(struct house *h, int64_t message_id)
{
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = house_case_of(h, message_id);

	house_send(h);
	OK(rd_act_define(h->db, &staff, case_id, "The roof leaks.", NULL, &h->err));
	house_send(h);
	house_at(h, "2026-12-29T10:00:00Z");
	return case_id;
}

static int64_t by_mail(struct house *h)
{
	const int64_t id = house_mail_in(h, .body = COMPLAINT);

	house_work(h);
	return acknowledged(h, id);
}

static enum rd_rc answer(
	struct house *h, int64_t case_id, enum rd_stage stage, bool in_full, const char *given_on)
{
	const struct rd_office staff = house_staff(h);
	const char *text = in_full ? answer_in_full(h, case_id, stage) : NULL;
	const struct rd_act_response response = { .stage = stage,
		.answer = text,
		.answer_len = text != NULL ? strlen(text) : 0,
		.file = "answer.txt",
		.given_on = given_on != NULL ? house_day(given_on) : (struct rd_date){ 0 } };

	return rd_act_respond(h->db, &staff, case_id, &response, &h->err);
}

/* What `tasks` says of the clock; NULL: it is not owed. */
static const char *owed(struct house *h, int64_t case_id, const char *clock)
{
	const struct rd_owed_filter all = { 0 };
	struct rd_owed *items;
	size_t n;

	OK(rd_owed_list(h->db, &h->desk.office, &all, h->arena, &items, &n, &h->err));
	for (size_t i = 0; i < n; i++)
		if (items[i].case_id == case_id && items[i].what == RD_OWED_CLOCK &&
			strcmp(items[i].kind, clock) == 0)
			return items[i].text;
	return NULL;
}

static void the_letter_answers_when_it_leaves(void **state)
{
	struct house *h = *state = new_house(NULL);
	const int64_t case_id = by_mail(h);
	struct rd_outbox_row letter;

	OK(answer(h, case_id, RD_STAGE_1, true, NULL));
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_ANSWERED);
	assert_true(house_runs(h, case_id, "stage1.respond"));
	assert_non_null(strstr(owed(h, case_id, "stage1.respond"),
		"see that the written answer reaches the resident"));
	assert_int_equal(answer(h, case_id, RD_STAGE_2, true, NULL), RD_E_REFUSED);

	/* It leaves on another day than it was written on. */
	house_at(h, "2026-12-30T10:00:00Z");
	house_keep_time(h);
	letter = house_letter(h, case_id, "stage1_response");
	assert_string_equal(letter.meets_clock, "stage1.respond");
	house_send(h);
	assert_int_equal(house_clock(h, case_id, "stage1.respond").met_ms, h->now_ms);
	assert_int_equal(house_case(h, case_id).answered_ms, h->now_ms);
	assert_null(owed(h, case_id, "stage1.respond"));
	assert_int_equal(answer(h, case_id, RD_STAGE_1, true, NULL), RD_E_REFUSED);
}

/* The days in which stage 2 may be asked for begin with the letter. */
static void what_an_answer_starts_starts_when_it_leaves(void **state)
{
	struct house *h = *state = new_house("plexus-omega");
	const int64_t case_id = by_mail(h);

	OK(answer(h, case_id, RD_STAGE_1, true, NULL));
	assert_false(house_runs(h, case_id, "stage2.request"));
	house_at(h, "2026-12-30T10:00:00Z");
	house_keep_time(h);
	house_send(h);
	DAY_IS(house_clock(h, case_id, "stage2.request").starts, "2026-12-30");
}

static void who_sent_it_themselves_says_the_day(void **state)
{
	struct house *h = *state = new_house(NULL);
	const int64_t case_id = by_mail(h);

	OK(answer(h, case_id, RD_STAGE_1, true, NULL));
	OK(answer(h, case_id, RD_STAGE_1, false, "2026-12-28"));
	assert_int_equal(house_letters(h, case_id, "stage1_response", NULL), 0);
	DAY_IS(rd_date_of(house_clock(h, case_id, "stage1.respond").met_ms), "2026-12-28");
	DAY_IS(rd_date_of(house_case(h, case_id).answered_ms), "2026-12-28");
	struct rd_case_act *acts;
	size_t n;
	OK(rd_case_act_list(h->db, case_id, h->arena, &acts, &n, &h->err));
	assert_string_equal(acts[n - 1].detail, "partly"); /* as the answer found */
	assert_int_equal(answer(h, case_id, RD_STAGE_1, false, NULL), RD_E_REFUSED);
}

static void a_text_answers_nothing(void **state)
{
	struct house *h = *state = new_house(NULL);
	const int64_t id = house_text(h, HOUSE_PHONE, COMPLAINT);

	house_work_texts(h);
	const int64_t case_id = acknowledged(h, id);
	OK(answer(h, case_id, RD_STAGE_1, true, NULL));
	house_send(h);
	assert_int_equal(house_letter(h, case_id, "stage1_response").state, RD_OUTBOX_SENT);
	assert_true(house_runs(h, case_id, "stage1.respond"));
	assert_non_null(strstr(house_task(h, case_id, "tell").text, "case respond REF"));
	OK(answer(h, case_id, RD_STAGE_1, false, "2026-12-29"));
	assert_false(house_runs(h, case_id, "stage1.respond"));
	assert_null(house_task(h, case_id, "tell").kind);
}

/* Nothing can leave: on the day whoever is in charge hears of it. */
static void an_answer_that_waits_past_its_day_is_warned_of(void **state)
{
	struct house *h = *state = new_house(NULL);
	const int64_t case_id = by_mail(h);
	const struct rd_outbox_filter filter = { .letter = RD_NOTICE_LETTER };
	struct rd_outbox_row *rows;
	size_t n;

	OK(answer(h, case_id, RD_STAGE_1, true, NULL));
	DAY_IS(house_clock(h, case_id, "stage1.respond").due, "2026-12-31");
	house_at(h, "2026-12-31T10:00:00Z");
	house_keep_time(h);
	assert_non_null(strstr(owed(h, case_id, "stage1.respond"),
		"see that the written answer reaches the resident"));
	OK(rd_outbox_list(h->db, &filter, h->arena, &rows, &n, &h->err));
	assert_true(n > 0);
	assert_string_equal(rows[n - 1].recipient, "manager@landlord.example");
	assert_true(house_says(h, &rows[n - 1], "IT ENDS TODAY"));
	assert_true(
		house_says(h, &rows[n - 1], "see that the written answer reaches the resident"));
}

/* The duty is open again, and staff say when they gave it otherwise. */
static void one_that_came_back_answers_nothing(void **state)
{
	struct house *h = *state = new_house(NULL);
	const int64_t case_id = by_mail(h);
	struct rd_outbox_row letter;
	struct rd_tx *tx = NULL;
	bool open = false;

	OK(answer(h, case_id, RD_STAGE_1, true, NULL));
	house_send(h);
	letter = house_letter(h, case_id, "stage1_response");
	assert_int_equal(answer(h, case_id, RD_STAGE_1, false, "2026-12-29"), RD_E_REFUSED);
	OK(rd_tx_begin(h->db, &tx, &h->err));
	OK(rd_returned_reopen(tx, &letter, &open, &h->err));
	OK(rd_tx_commit(&tx, &h->err));
	assert_true(open);
	assert_true(house_runs(h, case_id, "stage1.respond"));
	OK(answer(h, case_id, RD_STAGE_1, false, "2026-12-29"));
	assert_false(house_runs(h, case_id, "stage1.respond"));
}

/* Extended, it is the longer date that it meets. */
static void an_extended_answer_meets_the_longer_date(void **state)
{
	struct house *h = *state = new_house(NULL);
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = by_mail(h);
	const struct rd_act_extension longer = { .to = house_day("2027-01-08"),
		.why = "The roofer comes in January." };

	OK(rd_act_extend(h->db, &staff, case_id, &longer, &h->err));
	house_send(h);
	house_at(h, "2027-01-05T10:00:00Z");
	OK(answer(h, case_id, RD_STAGE_1, true, NULL));
	assert_true(house_runs(h, case_id, "stage1.extended"));
	house_send(h);
	assert_int_equal(house_clock(h, case_id, "stage1.extended").met_ms, h->now_ms);
}

/* Asked for at stage 2 before it left: it goes, and answers nothing any more. */
static void stage_2_overtakes_it(void **state)
{
	struct house *h = *state = new_house(NULL);
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = by_mail(h);

	OK(answer(h, case_id, RD_STAGE_1, true, NULL));
	house_at(h, "2027-01-04T10:00:00Z"); /* past its date */
	OK(rd_act_escalate(
		h->db, &staff, case_id, (struct rd_date){ 0 }, RD_ASKED_BY_STAFF, &h->err));
	house_keep_time(h);
	house_send(h);
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_OPEN);
	assert_int_equal(house_case(h, case_id).stage, RD_STAGE_2);
	assert_true(house_runs(h, case_id, "stage2.acknowledge"));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		house_test_own(the_letter_answers_when_it_leaves),
		house_test_own(what_an_answer_starts_starts_when_it_leaves),
		house_test_own(who_sent_it_themselves_says_the_day),
		house_test_own(a_text_answers_nothing),
		house_test_own(an_answer_that_waits_past_its_day_is_warned_of),
		house_test_own(one_that_came_back_answers_nothing),
		house_test_own(an_extended_answer_meets_the_longer_date),
		house_test_own(stage_2_overtakes_it),
	};

	house_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
