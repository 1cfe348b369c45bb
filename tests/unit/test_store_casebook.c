#include "support/store_world.h"

#include "redress/store/contact.h"
#include "redress/store/outbox.h"
#include "redress/store/review.h"
#include "redress/store/tasks.h"

static void cases_are_numbered_from_100001_and_read_back_whole(void **state)
{
	struct store_world *w = *state;
	static const char *const topics[] = { "a delay", "damp and mould", "a delay" };
	static const char *const marks[] = { "theft" };
	bool flags[RD_N_FLAGS] = { [RD_DAMP_MOULD] = true, [RD_VULNERABLE] = true };
	struct rd_case_new new_case = world_new_case("Ann@example.org");
	struct rd_case found;
	int64_t id = 0, by_reference = 0;

	new_case.flags = flags;
	new_case.topics = topics;
	new_case.n_topics = 3;
	new_case.marks = marks;
	new_case.n_marks = 1;
	new_case.complaint_total = 4.5;
	new_case.outcome = "a repair";
	TX(rd_case_open(tx, &new_case, &id, &w->err));
	assert_int_equal(id, RD_CASE_FIRST);
	assert_int_equal(world_open_case(w, "bob@example.org"), RD_CASE_FIRST + 1);
	OK(rd_case_get(w->db, id, w->arena, &found, &w->err));
	assert_int_equal(found.kind, RD_COMPLAINT);
	assert_int_equal(found.stage, RD_STAGE_1);
	assert_string_equal(found.contact, "Ann@example.org");
	assert_string_equal(found.contact_name, "Ann Example");
	assert_string_equal(found.outcome, "a repair");
	assert_true(found.flags[RD_DAMP_MOULD] && found.flags[RD_VULNERABLE]);
	assert_false(found.flags[RD_LEGAL]);
	assert_int_equal(found.n_topics, 2);
	assert_string_equal(found.topics[0], "a delay");
	assert_string_equal(found.marks[0], "theft");
	assert_true(found.complaint_total == 4.5);
	OK(rd_case_by_reference(w->db, found.reference, false, &by_reference, &w->err));
	assert_int_equal(by_reference, id);
	OK(rd_case_by_reference(w->db, "100001", true, &by_reference, &w->err));
	OK(rd_case_by_reference(w->db, "rd100001", true, &by_reference, &w->err));
	FAILS(RD_E_INPUT, rd_case_by_reference(w->db, "100001", false, &by_reference, &w->err));
	FAILS(RD_E_MISSING, rd_case_by_reference(w->db, "999999", true, &by_reference, &w->err));
	/* Another check character: one guess of a stranger. */
	char *last = &found.reference[strlen(found.reference) - 1];
	*last = *last == 'A' ? 'B' : 'A';
	FAILS(RD_E_INPUT,
		rd_case_by_reference(w->db, found.reference, true, &by_reference, &w->err));
}

static void only_some_transitions_are_allowed(void **state)
{
	struct store_world *w = *state;
	static const struct {
		enum rd_case_status from, to;
		bool allowed;
		const char *why;
	} rows[] = {
		{ RD_STATUS_REVIEW, RD_STATUS_OPEN, true, "a person decided" },
		{ RD_STATUS_REVIEW, RD_STATUS_CLOSED, true, "nothing for us" },
		{ RD_STATUS_REVIEW, RD_STATUS_ANSWERED, false, "nobody has decided what it is" },
		{ RD_STATUS_OPEN, RD_STATUS_REVIEW, true, "an unsure message joined" },
		{ RD_STATUS_OPEN, RD_STATUS_ANSWERED, true, "the response went" },
		{ RD_STATUS_OPEN, RD_STATUS_OPEN, false, "it is open" },
		{ RD_STATUS_ANSWERED, RD_STATUS_OPEN, true, "they wrote again" },
		{ RD_STATUS_ANSWERED, RD_STATUS_CLOSED, true, "all was done" },
		{ RD_STATUS_CLOSED, RD_STATUS_OPEN, true, "reopened" },
		{ RD_STATUS_CLOSED, RD_STATUS_ANSWERED, false, "reopen it first" },
		{ RD_STATUS_CLOSED, RD_STATUS_REVIEW, false, "reopen it first" },
		{ RD_STATUS_CLOSED, RD_STATUS_CLOSED, false, "it is closed" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct rd_case_new new_case = world_new_case("ann@example.org");
		struct rd_case found;
		int64_t id = 0;

		new_case.status =
			rows[i].from == RD_STATUS_REVIEW ? RD_STATUS_REVIEW : RD_STATUS_OPEN;
		TX(rd_case_open(tx, &new_case, &id, &w->err));
		if (rows[i].from > RD_STATUS_OPEN)
			TX(rd_case_set_status(tx, id, rows[i].from, "", NOW_MS, &w->err));
		struct rd_tx *tx = NULL;
		OK(rd_tx_begin(w->db, &tx, &w->err));
		enum rd_rc rc = rd_case_set_status(tx, id, rows[i].to, "why", NOW_MS + 1, &w->err);
		OK(rd_tx_commit(&tx, &w->err));
		if (rc != (rows[i].allowed ? RD_OK : RD_E_REFUSED))
			fail_msg("%s", rows[i].why);
		OK(rd_case_get(w->db, id, w->arena, &found, &w->err));
		assert_int_equal(found.status, rows[i].allowed ? rows[i].to : rows[i].from);
		assert_int_equal(found.closed_ms != 0, found.status == RD_STATUS_CLOSED);
	}
	TX_FAILS(RD_E_MISSING, rd_case_set_status(tx, 5, RD_STATUS_OPEN, "", NOW_MS, &w->err));
}

static void a_case_cannot_begin_closed(void **state)
{
	struct store_world *w = *state;
	struct rd_case_new new_case = world_new_case("ann@example.org");
	int64_t id = 0;

	new_case.status = RD_STATUS_CLOSED;
	TX_FAILS(RD_E_REFUSED, rd_case_open(tx, &new_case, &id, &w->err));
}

static int64_t put_letter(struct store_world *w, int64_t case_id, const char *message_id)
{
	struct rd_outbox_row row = {
		.case_id = case_id,
		.letter = "received",
		.cause = message_id,
		.outgoing = "out",
		.recipient = "ann@example.org",
		.payload = "x",
		.payload_len = 1,
		.message_id = message_id,
	};
	int64_t id = 0;

	TX(rd_outbox_put(tx, &row, NOW_MS, &id, &w->err));
	return id;
}

static enum rd_outbox_state letter_state(struct store_world *w, int64_t id)
{
	struct rd_outbox_row row;

	OK(rd_outbox_get(w->db, id, w->arena, &row, &w->err));
	return row.state;
}

/* Returns how many cases were not held before. */
static size_t hold(struct store_world *w, int64_t case_id)
{
	int64_t *held = NULL;
	size_t n = 0;

	TX(rd_case_hold(tx, case_id, NOW_MS, w->arena, &held, &n, &w->err));
	return n;
}

static void a_safeguarding_hold_reaches_linked_cases_and_their_letters(void **state)
{
	struct store_world *w = *state;
	int64_t a = world_open_case(w, "ann@example.org"), b = world_open_case(w, "a@example.org");
	int64_t c = world_open_case(w, "c@example.org"), far = world_open_case(w, "d@example.org");
	int64_t related = world_open_case(w, "e@example.org");
	int64_t letter_a = put_letter(w, a, "1@x"), letter_far = put_letter(w, far, "2@x");
	int64_t letter_related = put_letter(w, related, "3@x");
	int64_t letter_other = put_letter(w, world_open_case(w, "g@example.org"), "5@x");
	struct rd_case found;

	TX(rd_case_link(tx, a, b, RD_LINK_GREW, NOW_MS, &w->err));
	TX(rd_case_link(tx, c, b, RD_LINK_GREW, NOW_MS, &w->err));
	TX(rd_case_link(tx, c, far, RD_LINK_GREW, NOW_MS, &w->err));
	TX(rd_case_link(tx, a, related, RD_LINK_RELATED, NOW_MS, &w->err));
	assert_int_equal(hold(w, a), 5);
	assert_int_equal(hold(w, a), 0);
	OK(rd_case_get(w->db, far, w->arena, &found, &w->err));
	assert_true(found.held);
	assert_int_equal(letter_state(w, letter_a), RD_OUTBOX_HELD);
	assert_int_equal(letter_state(w, letter_far), RD_OUTBOX_HELD);
	/* "Possibly related" is enough: the same phone may lie on the table. */
	assert_int_equal(letter_state(w, letter_related), RD_OUTBOX_HELD);
	assert_int_equal(letter_state(w, letter_other), RD_OUTBOX_QUEUED);
	/* A letter put afterwards is held too, and cannot be approved past the hold. */
	int64_t later = put_letter(w, a, "4@x");
	assert_int_equal(letter_state(w, later), RD_OUTBOX_HELD);
	TX_FAILS(RD_E_REFUSED, rd_outbox_approve(tx, later, "Sam", NOW_MS, &w->err));
	TX_FAILS(RD_E_INPUT, rd_case_lift_hold(tx, a, "Sam", "", NOW_MS, &w->err));
	TX(rd_case_lift_hold(tx, a, "Sam", "spoke to her, safe to write", NOW_MS, &w->err));
	TX_FAILS(RD_E_REFUSED, rd_case_lift_hold(tx, a, "Sam", "again", NOW_MS, &w->err));
	OK(rd_case_get(w->db, a, w->arena, &found, &w->err));
	assert_false(found.held);
	assert_string_equal(found.hold_lifted_by, "Sam");
	OK(rd_case_get(w->db, far, w->arena, &found, &w->err));
	assert_true(found.held);
	/* Nothing goes by itself even then. */
	assert_int_equal(letter_state(w, letter_a), RD_OUTBOX_HELD);
	TX(rd_outbox_approve(tx, letter_a, "Sam", NOW_MS, &w->err));
	assert_int_equal(letter_state(w, letter_a), RD_OUTBOX_QUEUED);
	/* A case that grows from a held one is held from its first moment. */
	int64_t grown = world_open_case(w, "f@example.org");
	TX(rd_case_link(tx, far, grown, RD_LINK_GREW, NOW_MS, &w->err));
	OK(rd_case_get(w->db, grown, w->arena, &found, &w->err));
	assert_true(found.held);
	world_ledger_holds(w);
}

static void a_hold_set_again_takes_a_lift_back(void **state)
{
	struct store_world *w = *state;
	int64_t a = world_open_case(w, "a@example.org"), b = world_open_case(w, "b@example.org");
	struct rd_case found;

	TX(rd_case_link(tx, a, b, RD_LINK_GREW, NOW_MS, &w->err));
	hold(w, a);
	TX(rd_case_lift_hold(tx, b, "Sam", "safe", NOW_MS, &w->err));
	assert_int_equal(hold(w, b), 1);
	OK(rd_case_get(w->db, b, w->arena, &found, &w->err));
	assert_true(found.held);
	assert_string_equal(found.hold_lifted_by, "");
}

static void a_new_link_holds_the_new_case_alone_and_takes_no_lift_back(void **state)
{
	struct store_world *w = *state;
	int64_t a = world_open_case(w, "a@example.org"), b = world_open_case(w, "b@example.org");
	int64_t c = world_open_case(w, "c@example.org"), d = world_open_case(w, "d@example.org");
	struct rd_case found;

	TX(rd_case_link(tx, a, b, RD_LINK_GREW, NOW_MS, &w->err));
	hold(w, a);
	TX(rd_case_lift_hold(tx, b, "Sam", "safe", NOW_MS, &w->err));
	TX(rd_case_link(tx, c, a, RD_LINK_RELATED, NOW_MS, &w->err));
	TX(rd_case_link(tx, c, b, RD_LINK_RELATED, NOW_MS, &w->err));
	OK(rd_case_get(w->db, c, w->arena, &found, &w->err));
	assert_true(found.held);
	OK(rd_case_get(w->db, b, w->arena, &found, &w->err));
	assert_false(found.held);
	assert_string_equal(found.hold_lifted_by, "Sam");
	TX(rd_case_link(tx, d, b, RD_LINK_RELATED, NOW_MS, &w->err));
	OK(rd_case_get(w->db, d, w->arena, &found, &w->err));
	assert_false(found.held);
}

static void a_number_is_joined_to_its_only_open_case(void **state)
{
	struct store_world *w = *state;
	int64_t id = world_open_case(w, "+447700900001"), found = 0;
	size_t n = 0;

	OK(rd_case_find_only_open(
		w->db, "code-2024", "+447700900001", NOW_MS, &found, &n, &w->err));
	assert_int_equal(found, id);
	OK(rd_case_find_only_open(
		w->db, "code-2024", "+447700900001", NOW_MS + 1, &found, &n, &w->err));
	assert_int_equal(found, 0);
	OK(rd_case_find_only_open(w->db, "code-2024", "+447700900009", 0, &found, &n, &w->err));
	assert_int_equal(n, 0);
	OK(rd_case_find_only_open(w->db, "homes", "+447700900001", 0, &found, &n, &w->err));
	assert_int_equal(found, 0); /* another landlord's */
	assert_int_equal(n, 0);
	int64_t second = world_open_case(w, "+447700900001");
	OK(rd_case_find_only_open(w->db, "code-2024", "+447700900001", 0, &found, &n, &w->err));
	assert_int_equal(found, 0);
	assert_int_equal(n, 2);
	TX(rd_case_set_status(tx, second, RD_STATUS_CLOSED, "done", NOW_MS, &w->err));
	OK(rd_case_find_only_open(w->db, "code-2024", "+447700900001", 0, &found, &n, &w->err));
	assert_int_equal(found, id);
}

static void the_list_is_filtered(void **state)
{
	struct store_world *w = *state;
	enum rd_case_status open = RD_STATUS_OPEN;
	enum rd_kind compliment = RD_COMPLIMENT;
	struct rd_case_filter filter = { 0 };
	struct rd_case *cases = NULL;
	int64_t first = world_open_case(w, "a@example.org");
	size_t n = 0;

	world_open_case(w, "b@example.org");
	TX(rd_case_set_status(tx, first, RD_STATUS_CLOSED, "", NOW_MS, &w->err));
	OK(rd_case_list(w->db, NULL, w->arena, &cases, &n, &w->err));
	assert_int_equal(n, 2);
	filter.status = &open;
	OK(rd_case_list(w->db, &filter, w->arena, &cases, &n, &w->err));
	assert_int_equal(n, 1);
	assert_string_equal(cases[0].contact, "b@example.org");
	filter = (struct rd_case_filter){ .address = "A@example.org " };
	OK(rd_case_list(w->db, &filter, w->arena, &cases, &n, &w->err));
	assert_int_equal(n, 1);
	assert_int_equal(cases[0].id, first);
	filter = (struct rd_case_filter){ .kind = &compliment };
	OK(rd_case_list(w->db, &filter, w->arena, &cases, &n, &w->err));
	assert_int_equal(n, 0);
}

static void clocks_run_once_are_met_once_and_show_when_due(void **state)
{
	struct store_world *w = *state;
	struct rd_case_clock clock = {
		.case_id = world_open_case(w, "a@example.org"),
		.name = "stage1.acknowledge",
		.starts = { 2026, 5, 28 },
		.due = { 2026, 6, 4 },
		.source = "Code 6.2",
	};
	struct rd_case_clock *clocks = NULL;
	int64_t id = clock.case_id;
	size_t n = 0;

	TX(rd_case_start_clock(tx, &clock, &w->err));
	TX_FAILS(RD_E_EXISTS, rd_case_start_clock(tx, &clock, &w->err));
	clock.name = "stage1.define";
	clock.due = (struct rd_date){ 0 };
	TX(rd_case_start_clock(tx, &clock, &w->err));
	OK(rd_case_clocks(w->db, id, w->arena, &clocks, &n, &w->err));
	assert_int_equal(n, 2);
	assert_int_equal(clocks[0].due.day, 4);
	assert_false(rd_date_is_set(clocks[1].due));
	struct rd_date third = { 2026, 6, 3 }, fourth = { 2026, 6, 4 };
	OK(rd_case_clocks_due(w->db, NULL, third, w->arena, &clocks, &n, &w->err));
	assert_int_equal(n, 0);
	OK(rd_case_clocks_due(w->db, NULL, fourth, w->arena, &clocks, &n, &w->err));
	assert_int_equal(n, 1);
	TX(rd_case_meet_clock(tx, id, "stage1.acknowledge", NOW_MS, &w->err));
	TX(rd_case_meet_clock(tx, id, "stage1.acknowledge", NOW_MS + 9, &w->err));
	TX_FAILS(RD_E_MISSING, rd_case_meet_clock(tx, id, "stage2.respond", NOW_MS, &w->err));
	OK(rd_case_clocks(w->db, id, w->arena, &clocks, &n, &w->err));
	assert_int_equal(clocks[0].met_ms, NOW_MS);
	OK(rd_case_clocks_due(w->db, NULL, fourth, w->arena, &clocks, &n, &w->err));
	assert_int_equal(n, 0);
	TX(rd_case_cancel_clock(tx, id, NULL, NOW_MS, &w->err));
	OK(rd_case_clocks(w->db, id, w->arena, &clocks, &n, &w->err));
	assert_int_equal(n, 1); /* the met one stays */
	TX(rd_case_start_clock(tx, &clock, &w->err));
}

static void a_case_knows_its_people_messages_and_notes(void **state)
{
	struct store_world *w = *state;
	int64_t id = world_open_case(w, "ann@example.org"), *messages = NULL;
	struct rd_case_contact advocate = { RD_BY_EMAIL, "sam@example.com", "Sam", false, false };
	struct rd_case_contact proposed = { RD_BY_EMAIL, "ida@example.com", "Ida", true, true };
	struct rd_case_contact *contacts = NULL;
	struct rd_note *notes = NULL;
	struct rd_case found;
	bool known = false;
	size_t n = 0;

	TX(rd_case_add_contact(tx, id, &advocate, &w->err));
	TX(rd_case_add_contact(tx, id, &advocate, &w->err));
	OK(rd_case_knows(w->db, id, "SAM@example.com", &known, &w->err));
	assert_true(known);
	OK(rd_case_contacts(w->db, id, w->arena, &contacts, &n, &w->err));
	assert_int_equal(n, 2);
	assert_true(contacts[0].main && !contacts[1].main);
	advocate.main = true;
	TX(rd_case_add_contact(tx, id, &advocate, &w->err));
	OK(rd_case_get(w->db, id, w->arena, &found, &w->err));
	assert_string_equal(found.contact, "sam@example.com");
	assert_false(found.contact_proposed);
	/* whom a forward names is nobody's contact until a person says so, and then for good */
	TX(rd_case_add_contact(tx, id, &proposed, &w->err));
	OK(rd_case_get(w->db, id, w->arena, &found, &w->err));
	assert_true(found.contact_proposed);
	OK(rd_case_knows(w->db, id, "ida@example.com", &known, &w->err));
	assert_false(known);
	proposed.proposed = false;
	TX(rd_case_add_contact(tx, id, &proposed, &w->err));
	proposed.proposed = true;
	TX(rd_case_add_contact(tx, id, &proposed, &w->err));
	OK(rd_case_get(w->db, id, w->arena, &found, &w->err));
	assert_false(found.contact_proposed);
	OK(rd_case_knows(w->db, id, "ida@example.com", &known, &w->err));
	assert_true(known);
	struct rd_message message = world_message("ann@example.org", "", 1);
	int64_t mail = world_put_mail(w, 1);
	world_finish(w, mail, &(struct rd_fate){ .kind = RD_FATE_JOINED, .case_id = id }, &message);
	TX(rd_case_add_message(tx, id, mail, NOW_MS, &w->err));
	OK(rd_case_messages(w->db, id, w->arena, &messages, &n, &w->err));
	assert_int_equal(n, 1);
	assert_int_equal(messages[0], mail);
	int64_t opener = -1, opened = world_put_mail(w, 2);
	OK(rd_case_opener(w->db, id, &opener, &w->err));
	assert_int_equal(opener, 0); /* what joined did not open it */
	message = world_message("ann@example.org", "", 2);
	world_finish(
		w, opened, &(struct rd_fate){ .kind = RD_FATE_OPENED, .case_id = id }, &message);
	TX(rd_case_add_message(tx, id, opened, NOW_MS, &w->err));
	OK(rd_case_opener(w->db, id, &opener, &w->err));
	assert_int_equal(opener, opened);
	TX(rd_case_add_note(tx, id, "Sam", "rang her", NOW_MS, &w->err));
	OK(rd_case_notes(w->db, id, w->arena, &notes, &n, &w->err));
	assert_string_equal(notes[0].text, "rang her");
	TX(rd_case_set_definition(tx, id, "a leak", &w->err));
	TX(rd_case_set_acknowledged(tx, id, NOW_MS, &w->err));
	TX(rd_case_set_acknowledged(tx, id, NOW_MS + 1, &w->err));
	OK(rd_case_get(w->db, id, w->arena, &found, &w->err));
	assert_string_equal(found.definition, "a leak");
	assert_int_equal(found.acknowledged_ms, NOW_MS);
	assert_int_equal(found.n_messages, 2);
}

static void opt_outs_and_wrong_codes_are_counted(void **state)
{
	struct store_world *w = *state;
	struct rd_date day = { 2026, 5, 28 }, next = { 2026, 5, 29 };
	bool out = true, work = false;
	int count = 0;

	OK(rd_contact_opted_out(w->db, "+447700900001", &out, &w->err));
	assert_false(out);
	TX(rd_contact_opt_out(tx, "+447700900001", NOW_MS, &w->err));
	OK(rd_contact_opted_out(w->db, "+447700900001", &out, &w->err));
	assert_true(out);
	TX(rd_contact_opt_in(tx, "+447700900001", NOW_MS, &w->err));
	OK(rd_contact_opted_out(w->db, "+447700900001", &out, &w->err));
	assert_false(out);
	for (int i = 1; i <= RD_WRONG_CODES_MAX; i++) {
		OK(rd_contact_codes_work(w->db, "x@example.org", day, &work, &w->err));
		assert_true(work);
		TX(rd_contact_wrong_code(tx, "x@example.org", day, &count, &w->err));
		assert_int_equal(count, i);
	}
	OK(rd_contact_codes_work(w->db, "X@example.org", day, &work, &w->err));
	assert_false(work);
	OK(rd_contact_codes_work(w->db, "x@example.org", next, &work, &w->err));
	assert_true(work);
	OK(rd_contact_codes_work(w->db, "y@example.org", day, &work, &w->err));
	assert_true(work);
}

static void tasks_are_put_once_and_done_once(void **state)
{
	struct store_world *w = *state;
	struct rd_task task = {
		.kind = "acknowledge",
		.case_id = world_open_case(w, "a@example.org"),
		.cause = "message:1",
		.text = "Acknowledge by hand",
		.due = { 2026, 6, 4 },
	};
	struct rd_task *list = NULL;
	int64_t id = 0, again = 0;
	bool is_new = false;
	size_t n = 0;

	TX(rd_task_put(tx, &task, NOW_MS, &id, &is_new, &w->err));
	assert_true(is_new);
	task.due.day = 2;
	TX(rd_task_put(tx, &task, NOW_MS, &again, &is_new, &w->err));
	assert_false(is_new);
	assert_int_equal(id, again);
	OK(rd_task_list(w->db, (struct rd_date){ 2026, 6, 2 }, w->arena, &list, &n, &w->err));
	assert_int_equal(n, 1); /* the earlier day holds */
	OK(rd_task_list(w->db, (struct rd_date){ 2026, 6, 1 }, w->arena, &list, &n, &w->err));
	assert_int_equal(n, 0);
	TX(rd_task_done(tx, id, "Sam", "rang", NOW_MS, &w->err));
	TX_FAILS(RD_E_EXISTS, rd_task_done(tx, id, "Sam", "rang", NOW_MS, &w->err));
	TX_FAILS(RD_E_MISSING, rd_task_done(tx, 999, "Sam", "rang", NOW_MS, &w->err));
	TX(rd_task_put(tx, &task, NOW_MS, &again, &is_new, &w->err));
	assert_true(is_new);
	TX(rd_task_done_of_case(
		tx, task.case_id, "acknowledge", "redressd", "sent", NOW_MS, NULL, &w->err));
	task = (struct rd_task){ .kind = "old", .text = "Old mail", .due = { 2026, 6, 1 } };
	TX(rd_task_share(tx, &task, NOW_MS, &id, &w->err));
	TX(rd_task_share(tx, &task, NOW_MS, &id, &w->err));
	OK(rd_task_list(w->db, (struct rd_date){ 0 }, w->arena, &list, &n, &w->err));
	assert_int_equal(n, 1);
	assert_int_equal(list[0].n, 2);
}

static void a_review_is_decided_once_and_kept_as_a_label(void **state)
{
	struct store_world *w = *state;
	struct rd_review review = {
		.message_id = world_put_mail(w, 1), .reasons = "near", .best = RD_ENQUIRY
	};
	struct rd_review *list = NULL, found;
	int64_t id = 0, second = 0;
	size_t n = 0;

	TX(rd_review_put(tx, &review, NOW_MS, &id, &w->err));
	TX_FAILS(RD_E_EXISTS, rd_review_put(tx, &review, NOW_MS, &second, &w->err));
	OK(rd_review_list(w->db, 0, false, w->arena, &list, &n, &w->err));
	assert_int_equal(n, 1);
	TX(rd_review_decide(tx, id, RD_COMPLAINT, "Sam", 1000, "plain", false, NOW_MS, &w->err));
	TX_FAILS(RD_E_EXISTS,
		rd_review_decide(tx, id, RD_ENQUIRY, "Al", 1001, "", false, NOW_MS, &w->err));
	OK(rd_review_get(w->db, id, w->arena, &found, &w->err));
	assert_int_equal(found.decided, RD_COMPLAINT);
	assert_int_equal(found.best, RD_ENQUIRY);
	assert_string_equal(found.by, "Sam");
	OK(rd_review_list(w->db, 0, false, w->arena, &list, &n, &w->err));
	assert_int_equal(n, 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(cases_are_numbered_from_100001_and_read_back_whole),
		T(only_some_transitions_are_allowed),
		T(a_case_cannot_begin_closed),
		T(a_safeguarding_hold_reaches_linked_cases_and_their_letters),
		T(a_hold_set_again_takes_a_lift_back),
		T(a_new_link_holds_the_new_case_alone_and_takes_no_lift_back),
		T(a_number_is_joined_to_its_only_open_case),
		T(the_list_is_filtered),
		T(clocks_run_once_are_met_once_and_show_when_due),
		T(a_case_knows_its_people_messages_and_notes),
		T(opt_outs_and_wrong_codes_are_counted),
		T(tasks_are_put_once_and_done_once),
		T(a_review_is_decided_once_and_kept_as_a_label),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
