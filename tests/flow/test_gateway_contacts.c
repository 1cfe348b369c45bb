/* Residents known by the landlord's contacts file: taken in, dropped, erased, kept. */
#include "support/house.h"

#include "redress/gateway/contacts.h"
#include "redress/gateway/erasing.h"

#define HEAD "name,email,phone,prefers,language,adjustments\n"
#define ADA  "Ada Example,ada@example.org,07700900123,sms,Welsh,large print\n"
#define BO   "Bo Example,bo@example.org,07700900124,email,,\n"

static enum rd_rc import(struct house *h, const char *text, struct rd_contacts_import how,
	struct rd_contacts_imported *ret)
{
	const struct rd_contacts_order order = { .landlord = "code-2024" };
	const struct rd_office staff = house_staff(h);
	struct rd_contacts_file file;

	OK(rd_contacts_parse(text, strlen(text), &order, h->arena, &file, &h->err));
	how.file = &file;
	return rd_contacts_import(h->db, &staff, &how, ret, &h->err);
}

static size_t known(struct house *h, const char *contact, struct rd_resident *r)
{
	size_t n = 0;

	OK(rd_resident_known(h->db, "code-2024", contact, h->arena, r, &n, &h->err));
	return n;
}

static void a_file_is_taken_in_and_brought_up_to_date(void **state)
{
	struct house *h = *state;
	struct rd_contacts_imported done;
	struct rd_resident r;

	OK(import(h, HEAD ADA BO, (struct rd_contacts_import){ .dry_run = true }, &done));
	assert_int_equal(done.n[RD_RESIDENT_ADDED], 2);
	assert_int_equal(known(h, "ada@example.org", &r), 0); /* it was a rehearsal */
	OK(import(h, HEAD ADA BO, (struct rd_contacts_import){ 0 }, &done));
	assert_int_equal(done.n[RD_RESIDENT_ADDED], 2);
	h->now_ms += 1000;
	OK(import(h, HEAD "Ada Other,ada@example.org,07700900123,sms,Welsh,large print\n",
		(struct rd_contacts_import){ 0 }, &done));
	assert_int_equal(done.n[RD_RESIDENT_CHANGED], 1);
	assert_int_equal(done.n_dropped, 0);
	assert_int_equal(known(h, "bo@example.org", &r), 1); /* without --replace nobody goes */
	assert_int_equal(known(h, "ada@example.org", &r), 1);
	assert_string_equal(r.name, "Ada Other");
	house_audit_lacks(h, "Ada");
	house_audit_lacks(h, "large print");
}

static void replace_drops_who_is_gone_but_for_those_on_an_open_case(void **state)
{
	struct house *h = *state;
	struct rd_contacts_imported done;
	struct rd_resident r;

	OK(import(h, HEAD ADA BO, (struct rd_contacts_import){ 0 }, &done));
	house_mail_in(h, .from = "ada@example.org", .body = COMPLAINT);
	house_work(h);
	h->now_ms += 1000;
	OK(import(h, HEAD "Cy Example,cy@example.org,,,,\n",
		(struct rd_contacts_import){ .replace = true }, &done));
	assert_int_equal(done.n_dropped, 1);
	assert_int_equal(done.n_kept, 1);
	assert_int_equal(known(h, "bo@example.org", &r), 0);
	assert_int_equal(known(h, "ada@example.org", &r), 1);
}

static void most_of_a_landlords_residents_do_not_go_by_mistake(void **state)
{
	struct house *h = *state;
	char *all = rd_arena_alloc(h->arena, 4096), *at = all;
	struct rd_contacts_imported done;
	struct rd_resident r;

	at += sprintf(at, "email\n");
	for (int i = 0; i < 60; i++)
		at += sprintf(at, "p%d@example.org\n", i);
	OK(import(h, all, (struct rd_contacts_import){ 0 }, &done));
	h->now_ms += 1000;
	assert_int_equal(import(h, "email\np1@example.org\n",
				 (struct rd_contacts_import){ .replace = true }, &done),
		RD_E_REFUSED);
	assert_int_equal(known(h, "p2@example.org", &r), 1);
	OK(import(h, "email\np1@example.org\n",
		(struct rd_contacts_import){ .replace = true, .accept = true }, &done));
	assert_int_equal(done.n_dropped, 59);
	assert_int_equal(known(h, "p2@example.org", &r), 0);
}

static void who_asks_is_erased_from_it_and_stays_erased(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	struct rd_contacts_imported done;
	struct rd_erasing e;
	struct rd_resident r;

	OK(import(h, HEAD ADA BO, (struct rd_contacts_import){ 0 }, &done));
	OK(rd_erasing_look(h->db, &staff, "+447700900123", h->arena, &e, &h->err));
	assert_int_equal(e.n_residents, 1);
	assert_int_equal(e.n_obstacles, 0);
	OK(rd_erasing_run(h->db, &staff, "+447700900123", &e, &h->err));
	assert_int_equal(e.n_emptied_residents, 1);
	assert_int_equal(known(h, "ada@example.org", &r), 0);
	OK(import(h, HEAD ADA BO, (struct rd_contacts_import){ 0 }, &done));
	assert_int_equal(done.n[RD_RESIDENT_ERASED], 1);
	assert_int_equal(done.erased_line, 2);
	assert_int_equal(known(h, "ada@example.org", &r), 0);
	OK(import(h, HEAD ADA, (struct rd_contacts_import){ .bring_back = true }, &done));
	assert_int_equal(known(h, "ada@example.org", &r), 1);
}

static void who_is_on_a_case_kept_for_a_court_is_not_erased_by_another_address(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	struct rd_contacts_imported done;
	struct rd_erasing e;
	int64_t id;

	OK(import(h, HEAD ADA, (struct rd_contacts_import){ 0 }, &done));
	id = house_mail_in(h, .from = "ada@example.org", .body = COMPLAINT);
	house_work(h);
	OK(rd_act_legal_hold(h->db, &staff, house_case_of(h, id), "claim", &h->err));
	OK(rd_erasing_look(h->db, &staff, "+447700900123", h->arena, &e, &h->err));
	assert_int_equal(e.n_cases, 0);
	assert_int_equal(e.n_obstacles, 1);
	assert_int_equal(rd_erasing_run(h->db, &staff, "+447700900123", &e, &h->err), RD_E_REFUSED);
}

static void whom_no_file_names_any_longer_is_forgotten_in_time(void **state)
{
	struct house *h = *state;
	struct rd_contacts_imported done;
	struct rd_resident r;
	size_t n = 0;

	OK(import(h, HEAD ADA, (struct rd_contacts_import){ 0 }, &done));
	house_at(h, "2027-11-17T12:00:00Z"); /* twelve months to the day */
	OK(rd_erasing_retention(h->db, &h->desk.office, &n, &h->err));
	assert_int_equal(known(h, "ada@example.org", &r), 1);
	house_at(h, "2027-11-18T12:00:00Z");
	OK(rd_erasing_retention(h->db, &h->desk.office, &n, &h->err));
	assert_int_equal(n, 1);
	assert_int_equal(known(h, "ada@example.org", &r), 0);
}

static int64_t take(struct house *h, int64_t message_id)
{
	house_work_texts(h);
	return house_case_of(h, message_id);
}

static void the_file_names_who_did_not(void **state)
{
	struct house *h = *state;
	struct rd_contacts_imported done;

	OK(import(h, HEAD ADA BO, (struct rd_contacts_import){ 0 }, &done));
	assert_string_equal(
		house_case(h, take(h, house_text(h, "+447700900123", COMPLAINT))).contact_name,
		"Ada Example");
	assert_string_equal(house_case(h, take(h, house_mail_in(h, .from = "Bobby <bo@example.org>",
							  .body = COMPLAINT)))
				    .contact_name,
		"Bobby"); /* what they call themselves */
	/* Who shares a number may be anybody. */
	OK(import(h, HEAD "Cy Example,cy@example.org,07700900124,,,\n",
		(struct rd_contacts_import){ 0 }, &done));
	assert_string_equal(
		house_case(h, take(h, house_text(h, "+447700900124", COMPLAINT))).contact_name, "");
}

static void opt_out(struct house *h, const char *number)
{
	house_text(h, number, "STOP");
	house_work_texts(h);
}

static void a_number_that_opted_out_is_answered_by_mail_where_the_file_prefers_it(void **state)
{
	struct house *h = *state;
	struct rd_contacts_imported done;
	struct rd_outbox_row letter = { 0 };
	int64_t id, case_id;

	OK(import(h, HEAD "Ada Example,ada@example.org,07700900123,email,,\n",
		(struct rd_contacts_import){ 0 }, &done));
	opt_out(h, "+447700900123");
	case_id = take(h, house_text(h, "+447700900123", COMPLAINT));
	assert_int_equal(house_letters(h, case_id, "acknowledgement", &letter), 1);
	assert_int_equal(letter.channel, RD_CHANNEL_EMAIL);
	assert_string_equal(letter.recipient, "ada@example.org");
	assert_null(house_task(h, case_id, "acknowledge").kind);
	house_send(h);
	assert_non_null(house_clock(h, case_id, "stage1.respond").name); /* it met the duty */
	/* a later text of the number is of the same case */
	id = house_text(h, "+447700900123", "What time do you open?");
	house_at(h, "2026-11-17T14:00:00Z");
	house_work(h);
	FATE_IS(id, RD_FATE_JOINED);
	assert_int_equal(house_case_of(h, id), case_id);
}

static void without_such_a_preference_it_is_a_persons_task(void **state)
{
	static const char *const files[] = {
		"Ada,ada@example.org,07700900123,,,\n", "Ada,ada@example.org,07700900123,sms,,\n",
		"Ada,ada@example.org,07700900123,phone,,\n",
		"Ada,ada@example.org,07700900123,email,,\nBo,bo@example.org,07700900123,email,,\n"
	};

	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		struct house *h = house_new(NULL);
		struct rd_contacts_imported done;
		int64_t case_id;
		char text[256];

		*state = h;
		snprintf(text, sizeof text, HEAD "%s", files[i]);
		OK(import(h, text, (struct rd_contacts_import){ 0 }, &done));
		opt_out(h, "+447700900123");
		case_id = take(h, house_text(h, "+447700900123", COMPLAINT));
		assert_int_equal(house_letters(h, case_id, NULL, NULL), 0);
		assert_non_null(house_task(h, case_id, "acknowledge").kind);
		house_teardown(state);
	}
}

static void a_restriction_keeps_nothing_from_being_answered(void **state)
{
	struct house *h = *state;
	struct rd_contacts_imported done;
	int64_t case_id;

	OK(import(h,
		"email,restrictions,restrictions until\nada@example.org,one mail a "
		"week,2027-03-31\n",
		(struct rd_contacts_import){ 0 }, &done));
	case_id = take(
		h, house_mail_in(h, .from = "ada@example.org", .body = COMPLAINT " I smell gas."));
	assert_true(house_case(h, case_id).flags[RD_HEALTH_SAFETY]);
	assert_int_equal(house_letters(h, case_id, "acknowledgement", NULL), 1);
}

static int year_setup(void **state)
{
	/* a line of the gateway's stanza */
	static const struct house_options options = {
		.staff = "pat@house.example\nKeep: contacts 12 months"
	};

	*state = house_new(&options);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		house_test(a_file_is_taken_in_and_brought_up_to_date),
		house_test(replace_drops_who_is_gone_but_for_those_on_an_open_case),
		house_test(most_of_a_landlords_residents_do_not_go_by_mistake),
		house_test(who_asks_is_erased_from_it_and_stays_erased),
		house_test(who_is_on_a_case_kept_for_a_court_is_not_erased_by_another_address),
		house_test(the_file_names_who_did_not),
		house_test(a_number_that_opted_out_is_answered_by_mail_where_the_file_prefers_it),
		cmocka_unit_test(without_such_a_preference_it_is_a_persons_task),
		house_test(a_restriction_keeps_nothing_from_being_answered),
		cmocka_unit_test_setup_teardown(whom_no_file_names_any_longer_is_forgotten_in_time,
			year_setup, house_teardown),
	};

	house_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
