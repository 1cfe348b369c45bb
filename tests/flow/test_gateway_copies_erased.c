/* Somebody who only got copies of another's letters, and never wrote, may be erased too. */
#include "support/house.h"

#include "redress/gateway/acts_record.h"
#include "redress/gateway/acts_stage.h"
#include "redress/gateway/erasing.h"
#include "redress/gateway/letter_words.h"
#include "redress/store/backup.h"
#include "redress/store/case_acts.h"

#define NIECE "Niece@advice.example"
#define ANN   "ann@resident.example"

static struct house *new_house(void **state)
{
	static const struct house_options options = { .starts = "2026-12-15T12:00:00Z",
		.profile = "later-living" }; /* copies to both */

	return *state = house_new(&options);
}

/* Its letters go to Ann, copies of them to her niece. */
static int64_t copied_case(struct house *h)
{
	const struct rd_office staff = house_staff(h);
	const int64_t id = house_mail_in(h, .from = ANN, .body = COMPLAINT);
	int64_t case_id;

	house_work(h);
	case_id = house_case_of(h, id);
	house_send(h);
	OK(rd_act_consent_to_copies(h->db, &staff, case_id, "her niece Jo", NIECE, &h->err));
	OK(rd_act_define(h->db, &staff, case_id, "The roof leaks.", NULL, &h->err));
	house_send(h);
	return case_id;
}

/* How often the address or the name stands on the case. */
static size_t n_standing(struct house *h, int64_t case_id)
{
	const struct rd_outbox_filter filter = { .case_id = case_id };
	struct rd_outbox_row *rows;
	struct rd_case_act *acts;
	size_t n_rows, n_acts, n = 0;

	OK(rd_outbox_list(h->db, &filter, h->arena, &rows, &n_rows, &h->err));
	OK(rd_case_act_list(h->db, case_id, h->arena, &acts, &n_acts, &h->err));
	for (size_t i = 0; i < n_rows; i++)
		n += strcasecmp(rows[i].recipient, NIECE) == 0;
	for (size_t i = 0; i < n_acts; i++)
		n += strcasestr(acts[i].why, NIECE) != NULL || strstr(acts[i].why, "Jo") != NULL;
	return n;
}

static struct rd_erasing look(struct house *h, const char *contact)
{
	const struct rd_office staff = house_staff(h);
	struct rd_erasing e;

	OK(rd_erasing_look(h->db, &staff, contact, h->arena, &e, &h->err));
	return e;
}

static void close_it(struct house *h, int64_t case_id)
{
	const struct rd_office staff = house_staff(h);

	OK(rd_act_close(h->db, &staff, case_id, "settled", true, &h->err));
	house_send(h);
}

static void whoever_got_copies_is_found_and_erased_and_stays_so(void **state)
{
	struct house *h = new_house(state);
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = copied_case(h);
	struct rd_erasing e = look(h, "niece@ADVICE.example");
	const char *address;
	char file[128];

	assert_int_equal(n_standing(h, case_id), 2);
	assert_int_equal(e.n_cases, 1);
	assert_false(e.cases[0].main); /* the case stays the resident's */
	assert_int_equal(e.n_obstacles, 1);
	assert_non_null(strstr(e.obstacles[0], "is not closed"));
	snprintf(file, sizeof file, "%s/backup", h->dir);
	close_it(h, case_id);
	OK(rd_backup_write(h->db, file, h->now_ms, &h->err));
	e = look(h, "niece@advice.example");
	assert_int_equal(e.n_obstacles, 0);
	OK(rd_erasing_run(h->db, &staff, "niece@advice.example", &e, &h->err));
	assert_int_equal(n_standing(h, case_id), 0);
	assert_int_equal(look(h, NIECE).n_cases, 0);
	/* Nothing more would go there; what is the resident's is as it was. */
	OK(rd_copies_to(h->db, case_id, h->arena, &address, &h->err));
	assert_string_equal(address, "");
	assert_string_equal(house_case(h, case_id).contact, ANN);
	assert_string_equal(house_case(h, case_id).definition, "The roof leaks.");
	assert_true(look(h, ANN).cases[0].main);

	house_close(h);
	OK(rd_backup_restore(file, h->state, h->now_ms + 1000, &h->err));
	house_open(h);
	assert_int_equal(n_standing(h, case_id), 0);
	assert_int_equal(look(h, NIECE).n_cases, 0);
}

/* Agreed to, and no letter went yet. */
static void whoever_was_to_get_copies_is_found(void **state)
{
	struct house *h = new_house(state);
	const struct rd_office staff = house_staff(h);
	const int64_t message = house_mail_in(h, .from = ANN, .body = COMPLAINT);

	house_work(h);
	house_send(h);
	const int64_t case_id = house_case_of(h, message);
	OK(rd_act_consent_to_copies(h->db, &staff, case_id, "her niece Jo", NIECE, &h->err));
	assert_int_equal(look(h, NIECE).n_cases, 1);
	/* And nobody whose address is a part of theirs. */
	assert_int_equal(look(h, "iece@advice.example").n_cases, 0);
	assert_int_equal(look(h, "niece@advice").n_cases, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		house_test_own(whoever_got_copies_is_found_and_erased_and_stays_so),
		house_test_own(whoever_was_to_get_copies_is_found),
	};
	int failed;

	house_main(argc, argv);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rd_spawner_stop(house_spawner);
	return failed;
}
