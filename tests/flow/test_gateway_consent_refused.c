/* A resident who does not want another to speak for them: what was on its way to that one does not
 * leave, and a person tells the resident what it said. */
#include "redress/gateway/acts_record.h"
#include "support/house.h"

#define WRITER "\"A Neighbour\" <neighbour@example.com>"

static int64_t take(struct house *h)
{
	const int64_t id = house_mail_in(h, .from = WRITER, .body = COMPLAINT);

	house_work(h);
	return house_case_of(h, id);
}

static void define(struct house *h, int64_t case_id)
{
	const struct rd_office staff = house_staff(h);

	OK(rd_act_define(h->db, &staff, case_id, "The roof leaks.", NULL, &h->err));
}

static void consent(struct house *h, int64_t case_id, enum rd_consent consent)
{
	const struct rd_office staff = house_staff(h);

	OK(rd_act_consent(h->db, &staff, case_id, consent, "A Neighbour", &h->err));
}

static void what_has_not_left_to_the_writer_does_not_leave(void **state)
{
	struct house *h = *state;
	const int64_t case_id = take(h);

	house_send(h);
	define(h, case_id);
	assert_int_equal(house_letters(h, case_id, "definition", NULL), 1);
	consent(h, case_id, RD_CONSENT_REFUSED);
	assert_int_equal(house_letters(h, case_id, "definition", NULL), 0);
	assert_non_null(strstr(house_task(h, case_id, "tell").text, "definition"));
	/* What had left stays as it is. */
	assert_int_equal(house_letter(h, case_id, "acknowledgement").state, RD_OUTBOX_SENT);
}

/* Its duty stands: the clock runs. */
static void the_duty_to_acknowledge_stays(void **state)
{
	struct house *h = *state;
	const int64_t case_id = take(h);

	consent(h, case_id, RD_CONSENT_REFUSED);
	house_send(h);
	assert_int_equal(house_letters(h, case_id, "acknowledgement", NULL), 0);
	assert_true(house_runs(h, case_id, "stage1.acknowledge"));
}

static void what_goes_to_the_resident_goes(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = take(h);

	OK(rd_act_contact(h->db, &staff, case_id, "resident@example.com", "A Resident", &h->err));
	define(h, case_id);
	consent(h, case_id, RD_CONSENT_REFUSED);
	assert_int_equal(house_letters(h, case_id, "definition", NULL), 1);
	assert_null(house_task(h, case_id, "tell").kind);
}

/* The acknowledgement is what asks for the consent. */
static void what_asks_for_the_consent_goes(void **state)
{
	struct house *h = *state;
	const int64_t case_id = take(h);

	consent(h, case_id, RD_CONSENT_ASKED);
	assert_int_equal(house_letters(h, case_id, "acknowledgement", NULL), 1);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		house_test(what_has_not_left_to_the_writer_does_not_leave),
		house_test(the_duty_to_acknowledge_stays),
		house_test(what_goes_to_the_resident_goes),
		house_test(what_asks_for_the_consent_goes),
	};

	house_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
