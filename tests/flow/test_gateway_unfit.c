/* Example numbers and missing emergency blocks never reach a real resident, and what comes in is
 * taken all the same (promises 5 and 9). */
#include "redress/gateway/correspondence.h"
#include "redress/store/sql.h"
#include "support/house.h"

/* Nobody listens there: what is tried is put off, what is kept back is held. */
static const char to_the_world[] = "Kind: smtp\nHost: 127.0.0.1\nPort: 1\nSecurity: plain\n";

#define REAL_RESIDENT "Bea <bea@residents.co.uk>"

/* The shipped profile with every example number (or one given word) replaced. */
static void write_profile(struct house *h, const char *was, const char *is)
{
	char path[160];
	size_t len;
	char *bytes = house_read(RD_SOURCE_DIR "/rules/landlords/code-2024.landlord", &len);
	const char *at = bytes;
	FILE *file;

	snprintf(path, sizeof path, "%s/landlords/code-2024.landlord", h->rules);
	file = fopen(path, "we");
	assert_non_null(file);
	for (const char *next; (next = strstr(at, was)) != NULL; at = next + strlen(was))
		fprintf(file, "%.*s%s", (int)(next - at), at, is);
	fputs(at, file);
	fclose(file);
	free(bytes);
}

static enum rd_rc activate(struct house *h)
{
	struct rd_activation_outcome outcome;

	return house_try_rules(h, RD_ACTIVATION, false, &outcome);
}

static struct rd_outbox_row letter_to(struct house *h, const char *from, const char *body)
{
	const int64_t id = house_mail_in(h, .from = from, .body = body);

	house_work(h);
	house_send(h);
	return house_letter(h, house_case_of(h, id), NULL);
}

static void example_numbers_wait_for_real_ones_and_intake_goes_on(void **state)
{
	struct house *h = house_new(&(struct house_options){ .way_out = to_the_world });
	struct rd_outbox_row row;
	bool changed;
	int64_t id;

	*state = h;
	assert_int_equal(letter_to(h, "Ann <ann@example.com>", COMPLAINT).attempts, 1);
	id = house_mail_in(h, .from = REAL_RESIDENT, .body = COMPLAINT " I smell gas.");
	house_work(h);
	house_send(h);
	row = house_letter(h, house_case_of(h, id), "acknowledgement");
	assert_int_equal(row.state, RD_OUTBOX_HELD);
	assert_int_equal(row.attempts, 0);
	assert_string_equal(row.hold_reason, RD_HOLD_UNFIT);
	assert_true(house_alarm(h, "letters-unfit"));
	assert_true(house_runs(h, house_case_of(h, id), "stage1.acknowledge"));

	write_profile(h, "01632 960", "01604 960");
	OK(activate(h));
	OK(rd_desk_refresh(&h->desk, &changed, &h->err));
	h->pipeline.office = h->desk.office;
	h->now_ms += 60000;
	house_send(h);
	row = house_letter(h, house_case_of(h, id), "acknowledgement");
	assert_int_equal(row.state, RD_OUTBOX_QUEUED);
	assert_int_equal(row.attempts, 1);
	assert_true(house_says(h, &row, "01604 960124"));
	assert_false(house_says(h, &row, "01632"));
	assert_false(house_alarm(h, "letters-unfit"));
}

static void a_letter_that_lacked_its_emergency_block_gets_it(void **state)
{
	struct house *h = house_new(&(struct house_options){ .way_out = to_the_world });
	static const char *const landlords[] = { "code-2024" };
	static const struct rd_actor author = { RD_AUTHOR_FIRST_START, -1 };
	char sha256[RD_RULESET_NAME_MAX];
	struct rd_outbox_row row;
	bool changed;

	*state = h;
	write_profile(h, "Emergency: health_safety", "Emergency: heat_loss");
	write_profile(h, "Checked on: 2026-11-22\n\nEmergency: heat_loss",
		"Checked on: 2026-11-22\n#\nOff: heat_loss");
	write_profile(h,
		"\nEmergency: health_safety\nText: If anyone is in danger now, ring 999.\n"
		"Text: If you smell gas, open the windows, leave and ring 0800 111 999 from "
		"outside, day or night.\nText: For an urgent repair, ring us on 01632 960124, "
		"day or night. Please do not wait for our letter.\nShort text: Danger now? "
		"Ring 999. Smell of gas? Ring 0800 111 999. Urgent repair? Ring us day or "
		"night: 01632 960124.\nNumber: 999\nNumber: 0800 111 999\n"
		"Number: 01632 960124\nChecked on: 2026-11-22\n",
		"");
	OK(rd_rules_activate(h->db, h->rules, landlords, 1, &author, "an empty store", h->now_ms,
		&changed, sha256, &h->err));
	OK(rd_desk_refresh(&h->desk, &changed, &h->err));
	h->pipeline.office = h->desk.office;
	row = letter_to(h, REAL_RESIDENT, REQUEST " I smell gas.");
	assert_int_equal(row.state, RD_OUTBOX_HELD);
	assert_false(row.emergency);

	write_profile(h, "01632 960", "01604 960");
	OK(activate(h));
	OK(rd_desk_refresh(&h->desk, &changed, &h->err));
	h->pipeline.office = h->desk.office;
	h->now_ms += 60000;
	house_send(h);
	row = house_letter(h, row.case_id, NULL);
	assert_int_equal(row.attempts, 1);
	assert_true(row.emergency);
	assert_true(house_says(h, &row, "If you smell gas"));
}

static void what_check_would_refuse_is_not_activated_over_what_was_fit(void **state)
{
	struct house *h = house_new(&(struct house_options){ .way_out = to_the_world });

	*state = h;
	house_write_rules(h, rd_arena_printf(h->arena, "# mended\n%s", house_rules));
	OK(activate(h)); /* its numbers are no worse than what is live */
	write_profile(h, "01632 960", "01604 960");
	OK(activate(h));
	write_profile(h, "01632 960124", "01604 960124");
	assert_int_equal(activate(h), RD_E_REFUSED);
	assert_non_null(strstr(h->err.msg, "landlords/code-2024.landlord: `Help number:`"));
	write_profile(h, "Emergency: heat_loss\n", "#");
	assert_int_not_equal(activate(h), RD_OK);
}

static void the_embedded_way_out_takes_example_numbers(void **state)
{
	struct house *h = *state;

	assert_int_equal(letter_to(h, REAL_RESIDENT, COMPLAINT).state, RD_OUTBOX_SENT);
	write_profile(h, "Full name: your landlord", "Full name: our landlord");
	OK(activate(h));
}

static void go_on_with_real_numbers(struct house *h)
{
	bool changed;

	write_profile(h, "01632 960", "01604 960");
	OK(activate(h));
	OK(rd_desk_refresh(&h->desk, &changed, &h->err));
	h->pipeline.office = h->desk.office;
	h->now_ms += 60000;
	house_send(h);
}

/* A row that was tried once, by whatever way, and is kept back now. */
static struct rd_outbox_row keep_back_a_tried_one(struct house *h)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	struct rd_outbox_row row = letter_to(h, REAL_RESIDENT, COMPLAINT);

	assert_string_equal(row.hold_reason, RD_HOLD_UNFIT);
	OK(rd_tx_begin(h->db, &tx, &h->err));
	OK(rd_sql_change(tx, "UPDATE outbox SET attempts = 1, sending_ms = 1 WHERE id = ?1",
		RD_ARGS(rd_int(row.id)), NULL, &h->err));
	OK(rd_tx_commit(&tx, &h->err));
	return row;
}

static void what_was_tried_before_goes_with_its_own_words(void **state)
{
	struct house *h = house_new(&(struct house_options){ .way_out = to_the_world });
	struct rd_outbox_row row;

	*state = h;
	row = keep_back_a_tried_one(h);
	go_on_with_real_numbers(h);
	OK(rd_outbox_get(h->db, row.id, h->arena, &row, &h->err));
	assert_int_equal(row.state, RD_OUTBOX_QUEUED);
	assert_int_equal(row.attempts, 2);
	assert_false(house_alarm(h, "letters-unfit"));
}

static void danger_told_meanwhile_holds_it_until_a_person_approves(void **state)
{
	struct house *h = house_new(&(struct house_options){ .way_out = to_the_world });
	struct rd_outbox_row row;
	int64_t case_id;

	*state = h;
	row = letter_to(h, REAL_RESIDENT, COMPLAINT);
	case_id = row.case_id;
	house_mail_in(h, .from = REAL_RESIDENT, .subject = house_case(h, case_id).reference,
		.body = "My husband hits me and I am afraid of him");
	house_work(h);
	assert_true(house_case(h, case_id).held);
	row = house_letter(h, case_id, "acknowledgement");
	assert_string_equal(row.hold_reason, "safeguarding");
	assert_int_equal(house_n_tasks(h, case_id, "acknowledge"), 1);
	go_on_with_real_numbers(h);
	assert_int_equal(house_letter(h, case_id, "acknowledgement").state, RD_OUTBOX_HELD);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		house_test_own(example_numbers_wait_for_real_ones_and_intake_goes_on),
		house_test_own(a_letter_that_lacked_its_emergency_block_gets_it),
		house_test_own(what_check_would_refuse_is_not_activated_over_what_was_fit),
		house_test(the_embedded_way_out_takes_example_numbers),
		house_test_own(what_was_tried_before_goes_with_its_own_words),
		house_test_own(danger_told_meanwhile_holds_it_until_a_person_approves),
	};
	int failed;

	house_main(argc, argv);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rd_spawner_stop(house_spawner);
	return failed;
}
