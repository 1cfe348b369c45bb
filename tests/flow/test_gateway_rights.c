/* Erasure and retention where cases, people and clocks are not as simple as one would like. */
#include "support/house.h"

#include <unistd.h>
#include "redress/gateway/erasing.h"
#include "redress/store/casebook.h"

#define ANN    "ann@example.com"
#define SECOND "ann.second@example.com"
#define THIRD  "bo@example.org"

static int64_t open_by(struct house *h, const char *from)
{
	const int64_t id = house_mail_in(h, .from = from, .body = COMPLAINT);

	house_work(h);
	house_send(h);
	return house_case_of(h, id);
}

static int64_t join_by(struct house *h, int64_t case_id, const char *from, const char *body)
{
	const int64_t id = house_mail_in(h, .from = from, .body = body,
		.subject = rd_arena_printf(h->arena, "%s", house_case(h, case_id).reference));

	house_work(h);
	house_send(h);
	return id;
}

static void close_it(struct house *h, int64_t case_id)
{
	const struct rd_office staff = house_staff(h);

	OK(rd_act_close(h->db, &staff, case_id, "settled", true, &h->err));
}

static struct rd_erasing look(struct house *h, const char *contact)
{
	const struct rd_office staff = house_staff(h);
	struct rd_erasing e;

	OK(rd_erasing_look(h->db, &staff, contact, h->arena, &e, &h->err));
	return e;
}

static void erase(struct house *h, const char *contact)
{
	const struct rd_office staff = house_staff(h);
	struct rd_erasing e = look(h, contact);

	if (rd_erasing_run(h->db, &staff, contact, &e, &h->err) != RD_OK)
		fail_msg("%s", h->err.msg);
}

static bool is_erased(struct house *h, int64_t message_id)
{
	bool erased = false;

	OK(rd_message_is_erased(h->db, message_id, &erased, &h->err));
	return erased;
}

static enum rd_rc erase_one(struct house *h, int64_t message_id)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;

	RD_TRY(rd_tx_begin(h->db, &tx, &h->err));
	RD_CLEANUP(rd_erasure_end) struct rd_erasure erasure = RD_ERASURE(tx, h->now_ms);
	return rd_erase_message(&erasure, message_id, RD_ERASED_ASKED, &h->err);
}

static void a_mail_from_a_second_address_is_kept_with_its_case(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = open_by(h, ANN);
	const int64_t message = join_by(h, case_id, SECOND, "Any news of this?");
	struct rd_erasing e;

	FATE_IS(message, RD_FATE_JOINED);
	e = look(h, SECOND);
	assert_int_equal(e.n_obstacles, 1);
	assert_non_null(strstr(e.obstacles[0], "is not closed"));
	assert_int_equal(rd_erasing_run(h->db, &staff, SECOND, &e, &h->err), RD_E_REFUSED);
	close_it(h, case_id);
	OK(rd_act_legal_hold(h->db, &staff, case_id, "county court", &h->err));
	e = look(h, SECOND);
	assert_int_equal(e.n_obstacles, 1);
	assert_non_null(strstr(e.obstacles[0], "county court"));
	assert_int_equal(erase_one(h, message), RD_E_REFUSED); /* held since it was looked at */
	assert_non_null(strstr(h->err.msg, "legal reasons"));
	assert_false(is_erased(h, message));
	OK(rd_act_end_legal_hold(h->db, &staff, case_id, "the claim was dropped", &h->err));
	erase(h, SECOND);
	assert_true(is_erased(h, message));
	assert_string_equal(house_case(h, case_id).contact, ANN);
	assert_int_equal(look(h, SECOND).n_cases, 0);
}

/* The address in any row of the contacts and letters of the case. */
static bool stands_on(struct house *h, int64_t case_id, const char *address)
{
	const struct rd_outbox_filter filter = { .case_id = case_id };
	struct rd_case_contact *contacts;
	struct rd_outbox_row *rows;
	size_t n_contacts, n_rows;
	bool stands = false;

	OK(rd_case_contacts(h->db, case_id, h->arena, &contacts, &n_contacts, &h->err));
	OK(rd_outbox_list(h->db, &filter, h->arena, &rows, &n_rows, &h->err));
	for (size_t i = 0; i < n_contacts; i++)
		stands = stands || strcmp(contacts[i].address, address) == 0;
	for (size_t i = 0; i < n_rows; i++)
		stands = stands || strcmp(rows[i].recipient, address) == 0;
	return stands;
}

static void who_was_the_contact_once_is_erased_with_their_letters_and_stays_so(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = open_by(h, ANN);
	char file[128];

	assert_true(stands_on(h, case_id, ANN));
	OK(rd_act_contact(h->db, &staff, case_id, THIRD, "Bo Example", &h->err));
	snprintf(file, sizeof file, "%s/backup", h->dir);
	OK(rd_backup_write(h->db, file, h->now_ms, &h->err));
	close_it(h, case_id);
	erase(h, ANN);
	assert_false(stands_on(h, case_id, ANN));
	assert_true(stands_on(h, case_id, THIRD));
	house_close(h);
	OK(rd_backup_restore(file, h->state, h->now_ms + 1000, &h->err));
	house_open(h);
	assert_false(stands_on(h, case_id, ANN));
	assert_true(stands_on(h, case_id, THIRD));
}

static void nothing_joins_an_erased_case(void **state)
{
	struct house *h = *state;
	const int64_t case_id = open_by(h, ANN);
	struct rd_case_linked *links;
	int64_t by_code, by_thread;
	size_t n = 0;

	close_it(h, case_id);
	const char *reference = rd_arena_printf(h->arena, "%s", house_case(h, case_id).reference);
	erase(h, ANN);
	by_code = house_mail_in(h, .from = ANN, .body = COMPLAINT, .subject = reference);
	by_thread = house_mail_in(h, .from = ANN, .body = "I am complaining of the gutter now.",
		.headers = "In-Reply-To: <m1@example.com>\r\n");
	house_work(h);
	FATE_IS(by_code, RD_FATE_OPENED);
	FATE_IS(by_thread, RD_FATE_OPENED);
	assert_int_not_equal(house_case_of(h, by_code), case_id);
	OK(rd_case_links(h->db, house_case_of(h, by_code), h->arena, &links, &n, &h->err));
	assert_true(n >= 1 && links[0].id == case_id);
	assert_int_equal(house_case(h, case_id).n_messages, 1);
}

/* What was written to it could never be erased again. */
static void nobody_adds_words_to_an_erased_case(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = open_by(h, ANN);

	close_it(h, case_id);
	OK(rd_act_note(h->db, &staff, case_id, "rang again", &h->err));
	erase(h, ANN);
	assert_int_equal(
		rd_act_note(h->db, &staff, case_id, "Ann rang again", &h->err), RD_E_REFUSED);
	assert_non_null(strstr(h->err.msg, "was erased"));
}

/* As an older version put them there. */
static void put_on(struct house *h, int64_t case_id, int64_t message_id)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;

	OK(rd_tx_begin(h->db, &tx, &h->err));
	OK(rd_case_add_message(tx, case_id, message_id, h->now_ms, &h->err));
	OK(rd_tx_commit(&tx, &h->err));
}

static void words_that_stand_on_an_erased_case_can_be_erased(void **state)
{
	struct house *h = *state;
	const int64_t case_id = open_by(h, ANN);
	int64_t asked, old, *ids;
	size_t n = 0;

	close_it(h, case_id);
	erase(h, ANN);
	asked = house_mail_in(h, .from = ANN, .body = CIRCULAR);
	old = house_mail_in(h, .from = THIRD, .body = CIRCULAR);
	house_work(h);
	put_on(h, case_id, asked);
	put_on(h, case_id, old);
	OK(rd_retention_messages(h->db, h->now_ms + 1, 9, h->arena, &ids, &n, &h->err));
	assert_int_equal(n, 2);
	erase(h, ANN);
	assert_true(is_erased(h, asked));
	assert_false(is_erased(h, old));
}

static void what_staff_called_it_goes_and_what_a_rule_calls_it_stays(void **state)
{
	struct house *h = *state;
	const int64_t case_id = open_by(h, ANN);
	static const char *const topics[] = { "a leak", "Mrs Jones's boiler" };

	{
		RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;

		OK(rd_tx_begin(h->db, &tx, &h->err));
		OK(rd_case_add_topics(tx, case_id, topics, 2, &h->err));
		OK(rd_tx_commit(&tx, &h->err));
	}
	close_it(h, case_id);
	erase(h, ANN);
	const struct rd_case matter = house_case(h, case_id);
	for (size_t i = 0; i < matter.n_topics; i++)
		assert_null(strstr(matter.topics[i], "Jones"));
	assert_int_equal(matter.n_topics, 2); /* a leak, a delay */
}

/* A hold that the backup still has must not keep its reason there. */
static void a_hold_of_the_backup_goes_with_the_case(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = open_by(h, ANN);
	struct rd_legal_hold hold;
	char file[128];

	OK(rd_act_legal_hold(h->db, &staff, case_id, "Mrs Jones sues", &h->err));
	snprintf(file, sizeof file, "%s/backup", h->dir);
	OK(rd_backup_write(h->db, file, h->now_ms, &h->err));
	OK(rd_act_end_legal_hold(h->db, &staff, case_id, "settled", &h->err));
	close_it(h, case_id);
	erase(h, ANN);
	house_close(h);
	OK(rd_backup_restore(file, h->state, h->now_ms + 1000, &h->err));
	house_open(h);
	assert_int_equal(rd_legal_hold_get(h->db, case_id, h->arena, &hold, &h->err), RD_E_MISSING);
}

static bool has_list(struct house *h, const char *file)
{
	bool has = false;

	OK(rd_backup_has_list(file, h->state, &has, &h->err));
	return has;
}

/* A new machine has no list of its own: the one of a later backup does. */
static void the_list_of_what_was_erased_goes_with_a_backup(void **state)
{
	struct house *h = *state;
	const int64_t case_id = open_by(h, ANN);
	const char *first = rd_arena_printf(h->arena, "%s/first", h->dir);
	const char *second = rd_arena_printf(h->arena, "%s/second", h->dir);
	bool erased = false;

	OK(rd_backup_write(h->db, first, h->now_ms, &h->err));
	assert_false(has_list(h, first));
	close_it(h, case_id);
	erase(h, ANN);
	OK(rd_backup_write(h->db, second, h->now_ms, &h->err));
	assert_int_equal(rd_backup_write(h->db, second, h->now_ms, &h->err), RD_E_EXISTS);
	house_close(h);
	assert_int_equal(unlink(rd_arena_printf(h->arena, "%s.erased", h->state)), 0);
	assert_false(has_list(h, first));
	assert_true(has_list(h, second));
	/* Of a backup that is refused nothing is taken, so that a later restore does not go by it.
	 */
	const char *bad = rd_arena_printf(h->arena, "%s/bad", h->dir);
	house_write(bad, "no store", 8);
	house_write(rd_arena_printf(h->arena, "%s.erased", bad), "case 100001.\n", 13);
	assert_int_equal(rd_backup_restore(bad, h->state, h->now_ms, &h->err), RD_E_REFUSED);
	assert_false(has_list(h, first));
	assert_int_equal(rename(rd_arena_printf(h->arena, "%s.erased", second),
				 rd_arena_printf(h->arena, "%s.erased", first)),
		0);
	OK(rd_backup_restore(first, h->state, h->now_ms + 1000, &h->err));
	house_open(h);
	OK(rd_case_is_erased(h->db, case_id, &erased, &h->err));
	assert_true(erased);
	assert_int_equal(access(rd_arena_printf(h->arena, "%s.erased", h->state), R_OK), 0);
}

static bool case_is_erased(struct house *h, int64_t case_id)
{
	bool erased = false;

	OK(rd_case_is_erased(h->db, case_id, &erased, &h->err));
	return erased;
}

static void a_clock_that_leapt_ahead_erases_nothing_until_a_person_confirms(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = open_by(h, ANN);
	const int64_t then = h->now_ms;

	close_it(h, case_id);
	house_keep_time(h);
	house_at(h, "2040-03-01T12:00:00Z"); /* what the machine believes after a flat battery */
	house_keep_time(h);
	house_keep_time(h);
	assert_false(case_is_erased(h, case_id));
	assert_int_equal(house_n_tasks(h, 0, "clock"), 1);
	h->now_ms = then + 86400000; /* set right: it is asked no more, and was no confirmation */
	OK(rd_erasing_retention(h->db, &h->desk.office, &(size_t){ 0 }, &h->err));
	assert_int_equal(house_n_tasks(h, 0, "clock"), 0);
	house_at(h, "2040-03-01T12:00:00Z"); /* this time it is true */
	house_keep_time(h);
	assert_false(case_is_erased(h, case_id));
	OK(rd_act_task_done(
		h->db, &staff, house_task(h, 0, "clock").id, "It is March 2040", &h->err));
	house_keep_time(h);
	assert_true(case_is_erased(h, case_id));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		house_test(a_mail_from_a_second_address_is_kept_with_its_case),
		house_test(who_was_the_contact_once_is_erased_with_their_letters_and_stays_so),
		house_test(nothing_joins_an_erased_case),
		house_test(nobody_adds_words_to_an_erased_case),
		house_test(words_that_stand_on_an_erased_case_can_be_erased),
		house_test(what_staff_called_it_goes_and_what_a_rule_calls_it_stays),
		house_test(a_hold_of_the_backup_goes_with_the_case),
		house_test(the_list_of_what_was_erased_goes_with_a_backup),
		house_test(a_clock_that_leapt_ahead_erases_nothing_until_a_person_confirms),
	};

	int failed;

	house_main(argc, argv);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rd_spawner_stop(house_spawner);
	return failed;
}
