/* Staff's corrections are kept as labels, and two in a hundred of the requests that the rules were
 * sure of are shown to a person afterwards. */
#include "support/house.h"

#include "redress/store/labels.h"
#include "redress/store/sql.h"

/* A mail that waits gets another number: the next one that is chosen as a sample, or is not. */
static int64_t renumber(struct house *h, int64_t id, bool chosen)
{
	struct rd_tx *tx = NULL;
	int64_t to = id;

	while (rd_review_is_chosen(h->store, to) != chosen)
		to++;
	OK(rd_tx_begin(h->db, &tx, &h->err));
	OK(rd_sql_exec(h->db, "PRAGMA defer_foreign_keys = ON", RD_NO_ARGS, NULL, &h->err));
	OK(rd_sql_change(tx, "UPDATE message SET id = ?2 WHERE id = ?1",
		RD_ARGS(rd_int(id), rd_int(to)), NULL, &h->err));
	OK(rd_sql_change(tx, "UPDATE raw_piece SET message_id = ?2 WHERE message_id = ?1",
		RD_ARGS(rd_int(id), rd_int(to)), NULL, &h->err));
	OK(rd_sql_change(tx, "UPDATE text_words SET message_id = ?2 WHERE message_id = ?1",
		RD_ARGS(rd_int(id), rd_int(to)), NULL, &h->err));
	OK(rd_tx_commit(&tx, &h->err));
	return to;
}

#define mail_chosen(h, ...)	renumber((h), house_mail_in((h), __VA_ARGS__), true)
#define mail_not_chosen(h, ...) renumber((h), house_mail_in((h), __VA_ARGS__), false)

static size_t n_samples(struct house *h)
{
	struct rd_review *samples;
	size_t n;

	OK(rd_review_samples(h->db, false, h->arena, &samples, &n, &h->err));
	return n;
}

static struct rd_review sample_of(struct house *h, int64_t message_id)
{
	struct rd_review sample;

	OK(rd_review_of_message(h->db, message_id, h->arena, &sample, &h->err));
	assert_true(sample.is_sample);
	return sample;
}

static struct rd_label last_label(struct house *h, int64_t message_id)
{
	struct rd_label *labels;
	size_t n;

	OK(rd_label_list(h->db, message_id, 0, h->arena, &labels, &n, &h->err));
	assert_true(n > 0);
	return labels[n - 1];
}

static size_t n_labels(struct house *h)
{
	struct rd_label *labels;
	size_t n;

	OK(rd_label_list(h->db, 0, 0, h->arena, &labels, &n, &h->err));
	return n;
}

/* --- labels --- */

static void what_staff_decide_is_a_label_and_what_the_clock_decides_is_none(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t first = mail_not_chosen(h, .body = UNSURE);
	const int64_t second = mail_not_chosen(h, .body = UNSURE, .from = "bob@example.com");
	const int64_t third = mail_not_chosen(h, .body = UNSURE, .from = "cat@example.com");
	int64_t about;
	struct rd_label label;

	house_work(h);
	house_at(h, "2026-11-18T10:00:00Z");
	OK(rd_act_decide(h->db, &staff, house_review(h, house_case_of(h, first)).id, RD_ENQUIRY,
		"only asks", &about, &h->err));
	label = last_label(h, first);
	assert_int_equal(label.how, RD_LABEL_REVIEW);
	assert_int_equal(label.kind, RD_ENQUIRY);
	assert_int_equal(label.case_id, house_case_of(h, first));
	assert_string_equal(label.by, "Sam Staff");
	assert_int_equal(label.by_uid, 1000);
	assert_int_equal(label.at_ms, h->now_ms);
	assert_string_equal(label.why, "only asks");
	/* Said anew: kept beside the first. */
	OK(rd_act_reclassify(h->db, &staff, house_case_of(h, first), RD_COMPLAINT, "rang again",
		false, &h->err));
	label = last_label(h, first);
	assert_int_equal(label.how, RD_LABEL_RECLASSIFY);
	assert_int_equal(label.was, RD_ENQUIRY);
	assert_int_equal(label.kind, RD_COMPLAINT);
	assert_string_equal(label.why, "rang again");
	assert_int_equal(n_labels(h), 2);

	OK(rd_act_close(h->db, &staff, house_case_of(h, second), "moved away", true, &h->err));
	house_at(h, "2026-11-23T09:00:00Z");
	house_keep_time(h);
	assert_int_equal(house_case(h, house_case_of(h, third)).kind, RD_COMPLAINT);
	assert_int_equal(n_labels(h), 2);
}

/* --- samples --- */

static void a_chosen_request_is_answered_as_usual_and_is_a_sample(void **state)
{
	struct house *h = *state;
	const int64_t not = mail_not_chosen(h, .body = REQUEST);
	const int64_t id = mail_chosen(h, .body = REQUEST, .from = "bob@example.com");
	struct rd_status_counts counts;
	struct rd_review review;

	house_work(h);
	FATE_IS(id, RD_FATE_OPENED);
	assert_int_equal(house_case(h, house_case_of(h, id)).status, RD_STATUS_OPEN);
	assert_string_equal(house_letter(h, house_case_of(h, id), NULL).letter, "service_request");
	assert_int_equal(house_n_tasks(h, house_case_of(h, id), NULL), 0);
	assert_int_equal(n_samples(h), 1);
	assert_int_equal(sample_of(h, id).case_id, house_case_of(h, id));
	assert_int_equal(
		rd_review_of_message(h->db, not, h->arena, &review, &h->err), RD_E_MISSING);
	OK(rd_status_counts(h->db, &counts, &h->err));
	assert_int_equal(counts.review, 0);
	/* No clock waits for it, and nobody is alarmed. */
	house_at(h, "2026-12-01T09:00:00Z");
	house_keep_time(h);
	assert_false(house_alarm(h, "reviews-undecided"));
	assert_int_equal(n_samples(h), 1);
	assert_int_equal(house_case(h, house_case_of(h, id)).kind, RD_SERVICE_REQUEST);
}

static void only_requests_that_the_rules_were_sure_of_are_samples(void **state)
{
	static const struct {
		const char *why, *body, *received;
	} rows[] = {
		{ "a complaint", COMPLAINT, NULL },
		{ "unsure", UNSURE, NULL },
		{ "another kind", "What time do you open?", NULL },
		{ "nothing for us", CIRCULAR, NULL },
		{ "safeguarding", REQUEST " I am afraid of him.", NULL },
		{ "old, for people to answer", REQUEST, "2026-10-12T09:00:00Z" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct house *h = house_new(NULL);
		int64_t id;

		*state = h;
		print_message("%s\n", rows[i].why);
		id = mail_chosen(h, .body = rows[i].body, .received = rows[i].received);
		house_work(h);
		assert_string_equal(house_message(h, id).state, "done");
		assert_int_equal(n_samples(h), 0);
		house_teardown(state);
	}
}

static void a_sample_that_was_read_right_changes_nothing(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t id = mail_chosen(h, .body = REQUEST);
	int64_t about = 0, letter;

	house_work(h);
	letter = house_letter(h, house_case_of(h, id), NULL).id;
	house_at(h, "2026-11-19T10:00:00Z");
	OK(rd_act_decide(h->db, &staff, sample_of(h, id).id, RD_SERVICE_REQUEST,
		"asks for a repair", &about, &h->err));
	assert_int_equal(about, house_case_of(h, id));
	assert_int_equal(house_letter(h, about, NULL).id, letter);
	assert_int_equal(n_samples(h), 0);
	assert_int_equal(last_label(h, id).how, RD_LABEL_SAMPLE);
	assert_int_equal(last_label(h, id).kind, RD_SERVICE_REQUEST);
	assert_int_equal(rd_act_decide(h->db, &staff, sample_of(h, id).id, RD_COMPLAINT, "again",
				 &about, &h->err),
		RD_E_EXISTS);
}

static void a_complaint_that_was_missed_is_one_from_the_day_it_came(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t id = mail_chosen(h, .body = REQUEST);
	int64_t about = 0;

	house_work(h);
	house_send(h); /* answered as a request */
	house_at(h, "2026-11-19T10:00:00Z");
	OK(rd_act_decide(h->db, &staff, sample_of(h, id).id, RD_COMPLAINT, "third time of asking",
		&about, &h->err));
	assert_int_equal(about, house_case_of(h, id));
	assert_int_equal(house_case(h, about).kind, RD_COMPLAINT);
	assert_int_equal(house_case(h, about).stage, RD_STAGE_1);
	DAY_IS(house_clock(h, about, "stage1.acknowledge").starts, "2026-11-17");
	DAY_IS(house_clock(h, about, "stage1.acknowledge").due, "2026-11-24");
	house_send(h);
	assert_int_equal(house_letter(h, about, "acknowledgement").state, RD_OUTBOX_SENT);
	assert_int_equal(last_label(h, id).kind, RD_COMPLAINT);
	assert_int_equal(last_label(h, id).was, RD_SERVICE_REQUEST);
	assert_string_equal(last_label(h, id).why, "third time of asking");
}

static void in_a_case_that_is_closed_it_opens_a_linked_one(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t id = mail_chosen(h, .body = REQUEST);
	int64_t about = 0, case_id;

	house_work(h);
	house_send(h);
	case_id = house_case_of(h, id);
	OK(rd_act_close(h->db, &staff, case_id, "the tap is mended", false, &h->err));
	assert_int_equal(n_samples(h), 1); /* it may have been a complaint all the same */
	house_at(h, "2026-11-20T10:00:00Z");
	OK(rd_act_decide(
		h->db, &staff, sample_of(h, id).id, RD_COMPLAINT, "is one", &about, &h->err));
	assert_int_not_equal(about, case_id);
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_CLOSED);
	assert_int_equal(house_case(h, about).kind, RD_COMPLAINT);
	assert_int_equal(rd_date_compare(rd_date_of(house_case(h, about).received_ms),
				 house_day("2026-11-17")),
		0);
	DAY_IS(house_clock(h, about, "stage1.acknowledge").starts, "2026-11-17");
	assert_string_equal(house_letter(h, about, NULL).recipient, "ann@example.com");
}

static void one_that_joined_opens_a_linked_one_of_its_own_day(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t first = mail_not_chosen(h, .body = REQUEST);
	int64_t about = 0, case_id, id;

	house_work(h);
	case_id = house_case_of(h, first);
	house_at(h, "2026-11-18T10:00:00Z");
	id = mail_chosen(h, .body = "The tap leaks still, when does somebody come?",
		.subject = rd_arena_printf(h->arena, "%s", house_case(h, case_id).reference));
	house_work(h);
	FATE_IS(id, RD_FATE_JOINED);
	house_at(h, "2026-11-20T10:00:00Z");
	OK(rd_act_decide(
		h->db, &staff, sample_of(h, id).id, RD_COMPLAINT, "is one", &about, &h->err));
	assert_int_not_equal(about, case_id);
	assert_int_equal(house_case(h, case_id).kind, RD_SERVICE_REQUEST);
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_OPEN);
	DAY_IS(house_clock(h, about, "stage1.acknowledge").starts, "2026-11-18");
}

static void a_case_that_became_a_complaint_stays_one(void **state)
{
	static const enum rd_kind kinds[] = { RD_SERVICE_REQUEST, RD_COMPLAINT, RD_OTHER };

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		struct house *h = *state = house_new(NULL);
		const struct rd_office staff = house_staff(h);
		const int64_t first = mail_not_chosen(h, .body = REQUEST);
		int64_t about = 0, case_id, id;

		house_work(h);
		case_id = house_case_of(h, first);
		id = mail_chosen(h, .body = "The tap leaks still.",
			.subject =
				rd_arena_printf(h->arena, "%s", house_case(h, case_id).reference));
		house_work(h);
		OK(rd_act_reclassify(h->db, &staff, case_id, RD_COMPLAINT, "rang", false, &h->err));
		assert_int_equal(n_samples(h), 1); /* the first message's label is not this one's */
		OK(rd_act_decide(
			h->db, &staff, sample_of(h, id).id, kinds[i], "read it", &about, &h->err));
		assert_int_equal(about, case_id);
		assert_int_equal(house_case(h, case_id).kind, RD_COMPLAINT);
		assert_int_equal(house_case(h, case_id).status, RD_STATUS_OPEN);
		assert_int_equal(house_n_cases(h), 1);
		house_teardown(state);
	}
}

/* However it became one: a check takes nothing back that a resident was promised. */
static void no_check_makes_a_complaint_anything_else(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t id = mail_chosen(h, .body = REQUEST);
	struct rd_tx *tx = NULL;
	int64_t about = 0;

	house_work(h);
	OK(rd_tx_begin(h->db, &tx, &h->err));
	OK(rd_case_set_kind(tx, house_case_of(h, id), RD_COMPLAINT, RD_STAGE_1, &h->err));
	OK(rd_tx_commit(&tx, &h->err));
	OK(rd_act_decide(h->db, &staff, sample_of(h, id).id, RD_OTHER, "nothing", &about, &h->err));
	assert_int_equal(house_case(h, about).kind, RD_COMPLAINT);
	assert_int_equal(last_label(h, id).kind, RD_OTHER);
}

static void what_joins_a_complaint_can_hide_none(void **state)
{
	struct house *h = *state;
	const int64_t first = mail_not_chosen(h, .body = COMPLAINT);
	int64_t id;

	house_work(h);
	id = mail_chosen(h, .body = REQUEST,
		.subject = rd_arena_printf(
			h->arena, "%s", house_case(h, house_case_of(h, first)).reference));
	house_work(h);
	FATE_IS(id, RD_FATE_JOINED);
	assert_int_equal(n_samples(h), 0);
}

static void a_case_reclassified_by_staff_needs_no_check_any_more(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t id = mail_chosen(h, .body = REQUEST);

	house_work(h);
	OK(rd_act_reclassify(
		h->db, &staff, house_case_of(h, id), RD_COMPLAINT, "rang", false, &h->err));
	assert_int_equal(n_samples(h), 0);
	assert_int_equal(sample_of(h, id).decided, RD_COMPLAINT);
	assert_int_equal(n_labels(h), 1);
	assert_int_equal(last_label(h, id).how, RD_LABEL_RECLASSIFY);
}

static void a_sample_whose_words_were_erased_cannot_be_checked(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t id = mail_chosen(h, .body = REQUEST);
	struct rd_tx *tx = NULL;
	int64_t about;

	house_work(h);
	OK(rd_tx_begin(h->db, &tx, &h->err));
	OK(rd_sql_change(tx, "DELETE FROM reading_words", RD_NO_ARGS, NULL, &h->err));
	OK(rd_tx_commit(&tx, &h->err));
	assert_int_equal(n_samples(h), 0);
	assert_int_equal(rd_act_decide(h->db, &staff, sample_of(h, id).id, RD_COMPLAINT, "is one",
				 &about, &h->err),
		RD_E_REFUSED);
	assert_non_null(strstr(h->err.msg, "erased"));
	assert_int_equal(n_labels(h), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		house_test(what_staff_decide_is_a_label_and_what_the_clock_decides_is_none),
		house_test(a_chosen_request_is_answered_as_usual_and_is_a_sample),
		house_test_own(only_requests_that_the_rules_were_sure_of_are_samples),
		house_test(a_sample_that_was_read_right_changes_nothing),
		house_test(a_complaint_that_was_missed_is_one_from_the_day_it_came),
		house_test(in_a_case_that_is_closed_it_opens_a_linked_one),
		house_test(one_that_joined_opens_a_linked_one_of_its_own_day),
		house_test_own(a_case_that_became_a_complaint_stays_one),
		house_test(no_check_makes_a_complaint_anything_else),
		house_test(what_joins_a_complaint_can_hide_none),
		house_test(a_case_reclassified_by_staff_needs_no_check_any_more),
		house_test(a_sample_whose_words_were_erased_cannot_be_checked),
	};

	house_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
