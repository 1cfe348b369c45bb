/* What the landlord's people hear of dates: before them, on the day and after, each once, in one
 * mail however many there are; the digest of the day; and all that is owed in one list. */
#include <unistd.h>
#include "redress/gateway/acts_stage.h"
#include "redress/gateway/notices.h"
#include "redress/gateway/owed.h"
#include "redress/gateway/warnings.h"
#include "support/house_cases.h"

#define ROLES                                                                                      \
	"\nRole: complaints manager\nTo: manager@landlord.example\nHeld by: Robin Marsh\n"         \
	"Then up: director\nDigest: 08:00\n"                                                       \
	"\nRole: director\nTo: director@landlord.example\n"                                        \
	"\nRole: team lead\nTo: lead@landlord.example\nHeld by: Ola Owner\nThen up: head\n"        \
	"\nRole: head\nTo: head@landlord.example\n"

static struct house *new_house(const char *starts, bool approved)
{
	const struct house_options options = {
		.config = ROLES, .starts = starts, .letters_approved = approved
	};
	struct house *h = house_new(&options);

	h->config->warnings_to = "complaints manager";
	return h;
}

static size_t notices(
	struct house *h, const char *to, const char *words, struct rd_outbox_row *ret_last)
{
	const struct rd_outbox_filter filter = { .letter = RD_NOTICE_LETTER };
	struct rd_outbox_row *rows;
	size_t n, n_found = 0;

	OK(rd_outbox_list(h->db, &filter, h->arena, &rows, &n, &h->err));
	for (size_t i = 0; i < n; i++) {
		if ((to != NULL && strcmp(rows[i].recipient, to) != 0) ||
			(words != NULL && strstr(rows[i].subject, words) == NULL))
			continue;
		n_found++;
		if (ret_last != NULL)
			*ret_last = rows[i];
	}
	return n_found;
}

/* How many notices the hours until then make, looked at every half hour. */
static size_t until(struct house *h, const char *instant)
{
	const size_t before = notices(h, NULL, NULL, NULL);
	const int64_t end_ms = house_instant(instant);

	for (; h->now_ms < end_ms; h->now_ms += 1800000)
		house_keep_time(h);
	h->now_ms = end_ms;
	house_keep_time(h);
	return notices(h, NULL, NULL, NULL) - before;
}

/* Acknowledged and defined on 17 November; the answer is due on 1 December. */
static int64_t complaint(struct house *h, const char *owner)
{
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = house_complaint(h);

	if (owner != NULL)
		OK(rd_act_assign(h->db, &staff, case_id, owner, &h->err));
	return case_id;
}

static void a_date_is_warned_of_before_on_the_day_and_after_each_once(void **state)
{
	struct house *h = *state = new_house(NULL, false);
	const int64_t case_id = complaint(h, "Ola Owner");
	const char *reference = house_case(h, case_id).reference;
	struct rd_outbox_row mail = { 0 };

	/* The digests apart, nobody hears of anything before Friday 27th: two working days. */
	until(h, "2026-11-26T23:00:00Z");
	assert_int_equal(notices(h, NULL, reference, NULL), 0);
	until(h, "2026-11-27T12:00:00Z");
	assert_int_equal(notices(h, NULL, reference, NULL), 1);
	assert_int_equal(notices(h, "lead@landlord.example", reference, &mail), 1);
	assert_true(house_says(h, &mail, "IT COMES NEAR"));
	assert_true(house_says(h, &mail, "answer at stage 1 by Tuesday 1 December 2026"));
	assert_false(house_says(h, &mail, "ann@example.com"));
	assert_false(house_says(h, &mail, "The roof leaks"));
	/* The weekend brings nothing new; Monday is the last working day before. */
	until(h, "2026-11-29T23:00:00Z");
	assert_int_equal(notices(h, NULL, reference, NULL), 1);
	until(h, "2026-11-30T23:00:00Z");
	assert_int_equal(notices(h, "lead@landlord.example", reference, NULL), 2);
	assert_int_equal(notices(h, NULL, reference, NULL), 2);
	/* On the day the role in charge hears of it too. */
	until(h, "2026-12-01T23:00:00Z");
	assert_int_equal(notices(h, "lead@landlord.example", reference, NULL), 3);
	assert_int_equal(notices(h, "manager@landlord.example", reference, NULL), 1);
	/* After it, whoever is above them, and then no more of it. */
	until(h, "2026-12-04T12:00:00Z");
	assert_int_equal(notices(h, "lead@landlord.example", reference, NULL), 4);
	assert_int_equal(notices(h, "manager@landlord.example", reference, NULL), 2);
	assert_int_equal(notices(h, "director@landlord.example", reference, NULL), 1);
	assert_int_equal(notices(h, "head@landlord.example", reference, &mail), 1);
	assert_true(house_says(h, &mail, "THE DATE HAS PASSED"));
	house_audit_lacks(h, "landlord.example");
}

static void what_is_met_is_not_warned_of(void **state)
{
	struct house *h = *state = new_house(NULL, false);
	const struct rd_office staff = house_staff(h);
	const struct rd_act_response response = { .stage = RD_STAGE_1 };
	const int64_t case_id = complaint(h, "Ola Owner");

	OK(rd_act_respond(h->db, &staff, case_id, &response, &h->err));
	until(h, "2026-12-03T12:00:00Z");
	assert_int_equal(notices(h, "lead@landlord.example", NULL, NULL), 0);
}

static void what_nobody_owns_goes_to_the_role_in_charge(void **state)
{
	struct house *h = *state = new_house(NULL, false);
	const int64_t case_id = complaint(h, NULL);

	until(h, "2026-11-27T12:00:00Z");
	assert_int_equal(
		notices(h, "manager@landlord.example", house_case(h, case_id).reference, NULL), 1);
}

static void a_complaint_about_the_one_in_charge_is_kept_from_her(void **state)
{
	static const char *const mark[] = { RD_NOTICE_ABOUT "Robin Marsh" };
	struct house *h = *state = new_house(NULL, false);
	const int64_t case_id = complaint(h, NULL);
	const char *reference = house_case(h, case_id).reference;
	struct rd_outbox_row digest = { 0 };
	struct rd_tx *tx = NULL;

	OK(rd_tx_begin(h->db, &tx, &h->err));
	OK(rd_case_add_marks(tx, case_id, mark, 1, &h->err));
	OK(rd_tx_commit(&tx, &h->err));
	until(h, "2026-11-27T12:00:00Z");
	assert_int_equal(notices(h, "manager@landlord.example", reference, NULL), 0);
	assert_int_equal(notices(h, "director@landlord.example", reference, NULL), 1);
	assert_true(notices(h, "manager@landlord.example", "Today:", &digest) > 0);
	assert_false(house_says(h, &digest, reference));
}

static void one_who_holds_two_roles_is_kept_from_it_under_both(void **state)
{
	static const char *const marks[] = { RD_NOTICE_ABOUT "Robin Marsh" };
	const struct house_options options = {
		.config = ROLES "\nRole: acting head\nTo: Manager@landlord.example\nDigest: 08:00\n"
	};
	struct house *h = *state = house_new(&options);
	const int64_t case_id = complaint(h, NULL);
	struct rd_outbox_row digest = { 0 };
	struct rd_tx *tx = NULL;

	OK(rd_tx_begin(h->db, &tx, &h->err));
	OK(rd_case_add_marks(tx, case_id, marks, 1, &h->err));
	OK(rd_tx_commit(&tx, &h->err));
	until(h, "2026-12-01T12:00:00Z"); /* the day of the answer */
	assert_true(notices(h, "Manager@landlord.example", "Today:", &digest) > 0);
	assert_non_null(strstr(digest.subject, "0 due today"));
	assert_non_null(strstr(digest.subject, "0 with nobody"));
	assert_false(house_says(h, &digest, house_case(h, case_id).reference));
}

static void an_outage_ends_in_one_list(void **state)
{
	struct house *h = *state = new_house(NULL, false);
	struct rd_outbox_row mail = { 0 };

	for (int i = 0; i < 12; i++)
		complaint(h, "Ola Owner");
	house_at(h, "2026-12-10T09:30:00Z"); /* every step was missed */
	house_keep_time(h);
	assert_int_equal(notices(h, "lead@landlord.example", NULL, &mail), 1);
	assert_string_equal(mail.subject, "12 dates need you, 12 of them overdue");
	assert_int_equal(notices(h, "head@landlord.example", NULL, NULL), 1);
	assert_int_equal(notices(h, "manager@landlord.example", "Today:", NULL), 1);
	until(h, "2026-12-10T20:00:00Z");
	assert_int_equal(notices(h, "lead@landlord.example", NULL, NULL), 1);
}

static void a_clock_of_hours_is_warned_of_at_once(void **state)
{
	struct house *h = *state = new_house("2026-11-20T20:00:00Z", false);
	const int64_t id = house_mail_in(h, .body = "The tap leaks and I smell gas.");
	struct rd_outbox_row mail = { 0 };
	const char *reference;

	house_work(h);
	reference = house_case(h, house_case_of(h, id)).reference;
	until(h, "2026-11-21T13:00:00Z"); /* a Saturday */
	assert_int_equal(notices(h, NULL, "look into the emergency", NULL), 0);
	until(h, "2026-11-21T15:00:00Z");
	assert_int_equal(
		notices(h, "manager@landlord.example", "look into the emergency", &mail), 1);
	assert_non_null(strstr(mail.subject, reference));
	assert_non_null(strstr(mail.subject, "Saturday 21 November 2026 at 20:00"));
	assert_true(mail.emergency);
	until(h, "2026-11-21T22:00:00Z");
	assert_int_equal(notices(h, "director@landlord.example", "was due", NULL), 1);
}

/* --- the digest --- */

static void the_digest_comes_once_on_working_days_and_counts(void **state)
{
	struct house *h = *state = new_house("2026-11-20T10:00:00Z", false); /* a Friday */
	struct rd_outbox_row digest = { 0 };
	int64_t case_id;

	house_keep_time(h);
	assert_int_equal(notices(h, "manager@landlord.example", "Today:", NULL), 1);
	case_id = complaint(h, NULL);
	until(h, "2026-11-22T22:00:00Z");
	assert_int_equal(notices(h, "manager@landlord.example", "Today:", NULL), 1);
	until(h, "2026-11-23T07:45:00Z");
	assert_int_equal(notices(h, "manager@landlord.example", "Today:", NULL), 1);
	until(h, "2026-11-23T12:00:00Z");
	assert_int_equal(notices(h, "manager@landlord.example", "Today:", &digest), 2);
	assert_true(house_says(h, &digest, "WITH NOBODY: 1"));
	assert_true(house_says(h, &digest, house_case(h, case_id).reference));
	assert_false(house_says(h, &digest, "roof"));
	house_at(h, "2026-12-14T08:00:00Z"); /* three weeks are not made up for */
	house_keep_time(h);
	assert_int_equal(notices(h, "manager@landlord.example", "Today:", &digest), 3);
	assert_non_null(strstr(digest.subject, "1 overdue"));
}

static void ends_at(struct house *h, int64_t case_id, const char *name, const char *instant)
{
	const int64_t due_ms = house_instant(instant);
	const struct rd_case_clock clock = { .case_id = case_id,
		.name = name,
		.starts = rd_date_of(h->now_ms),
		.due = rd_date_of(due_ms),
		.due_ms = due_ms,
		.source = "the policy" };
	struct rd_tx *tx = NULL;

	OK(rd_tx_begin(h->db, &tx, &h->err));
	OK(rd_case_start_clock(tx, &clock, &h->err));
	OK(rd_tx_commit(&tx, &h->err));
}

static void the_digest_tells_the_hour_and_what_is_past_it_is_overdue(void **state)
{
	struct house *h = *state = new_house("2026-11-20T10:00:00Z", false);
	struct rd_outbox_row digest = { 0 };
	const int64_t case_id = complaint(h, NULL);

	ends_at(h, case_id, "hazard.emergency", "2026-11-23T07:00:00Z");
	ends_at(h, case_id, "hazard.make_safe", "2026-11-23T15:30:00Z");
	until(h, "2026-11-23T12:00:00Z");
	assert_true(notices(h, "manager@landlord.example", "Today:", &digest) > 0);
	assert_non_null(strstr(digest.subject, "Today: 1 overdue, 1 due today"));
	assert_true(house_says(h, &digest, "by Monday 23 November 2026 at 07:00"));
	assert_true(house_says(h, &digest, "by Monday 23 November 2026 at 15:30"));
}

static void lists_are_emptied_when_they_are_old(void **state)
{
	struct house *h = *state = new_house("2026-11-20T10:00:00Z", false);
	const struct rd_outbox_filter filter = { .letter = RD_NOTICE_LETTER };
	struct rd_outbox_row *rows;
	size_t n;

	house_keep_time(h);
	house_send(h);
	house_at(h, "2027-03-20T10:00:00Z");
	house_keep_time(h);
	OK(rd_outbox_list(h->db, &filter, h->arena, &rows, &n, &h->err));
	assert_int_equal(n, 1);
	assert_int_equal(rows[0].payload_len, 0);
}

/* --- what is owed --- */

static struct rd_owed *owed(struct house *h, const struct rd_owed_filter *filter, size_t *ret_n)
{
	struct rd_owed *items;

	OK(rd_owed_list(h->db, &h->desk.office, filter, h->arena, &items, ret_n, &h->err));
	for (size_t i = 1; i < *ret_n; i++)
		assert_true(rd_date_compare(items[i - 1].due, items[i].due) <= 0);
	return items;
}

static size_t count(const struct rd_owed *items, size_t n, enum rd_owed_what what, const char *kind)
{
	size_t n_found = 0;

	for (size_t i = 0; i < n; i++)
		n_found += items[i].what == what && strcmp(items[i].kind, kind) == 0;
	return n_found;
}

static void everything_owed_stands_in_one_list(void **state)
{
	struct house *h = *state = new_house(NULL, true);
	const struct rd_owed_filter all = { .landlord = NULL }, mine = { .owner = "the team lead" },
				    nobodys = { .owner = RD_OWNER_NOBODY },
				    soon = { .due_by = { 2026, 11, 18 } },
				    elsewhere = { .landlord = "homes-in-sedgemoor" };
	const struct rd_office staff = house_staff(h);
	const int64_t first = house_mail_in(h, .body = COMPLAINT);
	const struct rd_owed *items;
	size_t n;

	house_mail_in(h, .body = UNSURE, .from = "Bo <bo@example.com>");
	house_work(h);
	OK(rd_act_assign(h->db, &staff, house_case_of(h, first), "Ola Owner", &h->err));
	items = owed(h, &all, &n);
	assert_int_equal(count(items, n, RD_OWED_TASK, "define"), 1);
	assert_int_equal(count(items, n, RD_OWED_CLOCK, "stage1.define"), 0); /* told by its task */
	assert_int_equal(count(items, n, RD_OWED_CLOCK, "stage1.acknowledge"), 1);
	assert_int_equal(count(items, n, RD_OWED_TASK, "review"), 1);
	assert_true(count(items, n, RD_OWED_APPROVAL, "acknowledgement") == 1);
	items = owed(h, &mine, &n);
	assert_true(n >= 3);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(items[i].case_id, house_case_of(h, first));
	items = owed(h, &nobodys, &n);
	assert_int_equal(count(items, n, RD_OWED_TASK, "review"), 1);
	assert_int_equal(count(items, n, RD_OWED_TASK, "define"), 0);
	items = owed(h, &soon, &n);
	assert_int_equal(count(items, n, RD_OWED_TASK, "define"), 0);
	owed(h, &elsewhere, &n);
	assert_int_equal(n, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		house_test_own(a_date_is_warned_of_before_on_the_day_and_after_each_once),
		house_test_own(what_is_met_is_not_warned_of),
		house_test_own(what_nobody_owns_goes_to_the_role_in_charge),
		house_test_own(a_complaint_about_the_one_in_charge_is_kept_from_her),
		house_test_own(one_who_holds_two_roles_is_kept_from_it_under_both),
		house_test_own(an_outage_ends_in_one_list),
		house_test_own(a_clock_of_hours_is_warned_of_at_once),
		house_test_own(the_digest_comes_once_on_working_days_and_counts),
		house_test_own(the_digest_tells_the_hour_and_what_is_past_it_is_overdue),
		house_test_own(lists_are_emptied_when_they_are_old),
		house_test_own(everything_owed_stands_in_one_list),
	};

	house_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
