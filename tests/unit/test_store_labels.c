/* What people said of messages is kept, every time, and two in a hundred are chosen by key alone.
 */
#include "support/store_world.h"

#include <stdio.h>

#include "redress/store/labels.h"
#include "redress/store/review.h"

#define N_IDS 20000

static struct rd_label said(int64_t message_id, int64_t case_id, enum rd_kind kind, const char *by)
{
	return (struct rd_label){
		.message_id = message_id,
		.case_id = case_id,
		.how = RD_LABEL_RECLASSIFY,
		.was = RD_SERVICE_REQUEST,
		.kind = kind,
		.by = by,
		.by_uid = 1000,
		.why = "has chased twice",
	};
}

/* A mail that was read and opened a case. */
static int64_t read_mail(struct store_world *w, uint32_t uid, int64_t *ret_case)
{
	char address[40], message_id[40];
	struct rd_fate fate = { .kind = RD_FATE_OPENED, .detail = "" };

	snprintf(address, sizeof address, "ann%u@example.org", uid);
	snprintf(message_id, sizeof message_id, "%u@example.org", uid);
	const struct rd_message message = world_message(address, message_id, (int)uid);
	int64_t id = world_put_mail(w, uid);
	fate.case_id = *ret_case = world_open_case(w, address);
	world_finish(w, id, &fate, &message);
	return id;
}

static void every_correction_is_kept_and_the_last_one_counts(void **state)
{
	struct store_world *w = *state;
	int64_t first_case, second_case, first = read_mail(w, 1, &first_case),
					 second = read_mail(w, 2, &second_case);
	struct rd_label labels[] = {
		said(first, first_case, RD_COMPLAINT, "Sam Staff"),
		said(second, second_case, RD_ENQUIRY, "Sam Staff"),
		said(first, first_case, RD_SERVICE_REQUEST, "Jo Officer"),
		said(0, second_case, RD_COMPLAINT, "Jo Officer"), /* nothing to learn from */
	};
	struct rd_label *found = NULL;
	size_t n = 0;

	for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++)
		TX(rd_label_put(tx, &labels[i], NOW_MS + (int64_t)i, &w->err));
	OK(rd_label_list(w->db, first, 0, w->arena, &found, &n, &w->err));
	assert_int_equal(n, 2);
	assert_int_equal(found[0].kind, RD_COMPLAINT);
	assert_int_equal(found[0].was, RD_SERVICE_REQUEST);
	assert_int_equal(found[0].how, RD_LABEL_RECLASSIFY);
	assert_string_equal(found[0].by, "Sam Staff");
	assert_int_equal(found[0].by_uid, 1000);
	assert_int_equal(found[0].at_ms, NOW_MS);
	assert_string_equal(found[0].why, "has chased twice");
	OK(rd_label_list(w->db, 0, second_case, w->arena, &found, &n, &w->err));
	assert_int_equal(n, 2);
	OK(rd_label_latest(w->db, NULL, 100, w->arena, &found, &n, &w->err));
	assert_int_equal(n, 2);
	assert_int_equal(found[0].message_id, first);
	assert_int_equal(found[0].kind, RD_SERVICE_REQUEST);
	assert_string_equal(found[0].by, "Jo Officer");
	assert_int_equal(found[1].message_id, second);
	OK(rd_label_latest(w->db, NULL, 1, w->arena, &found, &n, &w->err));
	assert_int_equal(n, 1);
	assert_int_equal(found[0].message_id, first); /* the newest */
	OK(rd_label_latest(w->db, "elsewhere", 100, w->arena, &found, &n, &w->err));
	assert_int_equal(n, 0);
	OK(rd_label_latest(w->db, "code-2024", 100, w->arena, &found, &n, &w->err));
	assert_int_equal(n, 2);
}

/* What `person erase` empties: the words go, what was learnt stays. */
static void a_label_outlives_the_words_that_it_is_about(void **state)
{
	struct store_world *w = *state;
	int64_t case_id, id = read_mail(w, 1, &case_id);
	const struct rd_label label = said(id, case_id, RD_COMPLAINT, "Sam Staff");
	struct rd_label *found = NULL;
	size_t n = 0;

	TX(rd_label_put(tx, &label, NOW_MS, &w->err));
	TX(rd_sql_change(tx, "DELETE FROM reading_words", RD_NO_ARGS, NULL, &w->err));
	TX(rd_sql_change(tx, "UPDATE label SET why = ''", RD_NO_ARGS, NULL, &w->err));
	OK(rd_label_latest(w->db, NULL, 100, w->arena, &found, &n, &w->err));
	assert_int_equal(n, 1);
	assert_int_equal(found[0].kind, RD_COMPLAINT);
	assert_string_equal(found[0].why, "");
}

static void samples_share_the_numbers_of_reviews_and_are_in_none_of_their_lists(void **state)
{
	struct store_world *w = *state;
	int64_t case_id, id = read_mail(w, 1, &case_id), waiting = 0, number = 0;
	const struct rd_review sample = { .message_id = id,
		.case_id = case_id,
		.reasons = "read as a request",
		.best = RD_SERVICE_REQUEST,
		.is_sample = true };
	struct rd_status_counts counts;
	struct rd_review *list = NULL, found;
	size_t n = 0;

	TX(rd_review_put(tx, &sample, NOW_MS, &number, &w->err));
	OK(rd_review_list(w->db, 0, true, w->arena, &list, &n, &w->err));
	assert_int_equal(n, 0);
	OK(rd_status_counts(w->db, &counts, &w->err));
	assert_int_equal(counts.review, 0);
	OK(rd_review_samples(w->db, false, w->arena, &list, &n, &w->err));
	assert_int_equal(n, 1);
	assert_true(list[0].is_sample);
	assert_int_equal(list[0].id, number);
	OK(rd_review_of_message(w->db, id, w->arena, &found, &w->err));
	assert_true(found.is_sample);
	OK(rd_review_samples_waiting(w->db, &waiting, &w->err));
	assert_int_equal(waiting, 1);
	/* Nobody can check what was erased. */
	TX(rd_sql_change(tx, "DELETE FROM reading_words", RD_NO_ARGS, NULL, &w->err));
	OK(rd_review_samples_waiting(w->db, &waiting, &w->err));
	assert_int_equal(waiting, 0);
	OK(rd_review_samples(w->db, false, w->arena, &list, &n, &w->err));
	assert_int_equal(n, 0);
	TX(rd_review_decide(
		tx, number, RD_COMPLAINT, "Sam", 1000, "is one", false, NOW_MS, &w->err));
	OK(rd_review_samples(w->db, true, w->arena, &list, &n, &w->err));
	assert_int_equal(n, 1);
	assert_int_equal(list[0].decided, RD_COMPLAINT);
	FAILS(RD_E_MISSING, rd_review_of_message(w->db, 999, w->arena, &found, &w->err));
}

static void two_in_a_hundred_are_chosen_by_the_stores_own_key(void **state)
{
	struct store_world *w = *state;
	struct store_world *other = NULL;
	size_t n_here = 0, n_there = 0, n_both = 0;

	assert_int_equal(world_setup((void **)&other), 0);
	for (int64_t id = 1; id <= N_IDS; id++) {
		const bool here = rd_review_is_chosen(w->store, id);
		const bool there = rd_review_is_chosen(other->store, id);

		assert_int_equal(here, rd_review_is_chosen(w->store, id));
		n_here += here;
		n_there += there;
		n_both += here && there;
	}
	/* 400 are expected, and 8 of both: six standard deviations either way. */
	assert_in_range(n_here, 280, 520);
	assert_in_range(n_there, 280, 520);
	assert_in_range(n_both, 0, 30);
	world_close(w);
	world_open(w);
	for (int64_t id = 1; id <= N_IDS; id++)
		n_here -= rd_review_is_chosen(w->store, id);
	assert_int_equal(n_here, 0); /* the same after a start */
	world_teardown((void **)&other);
}

/* As version 3 left it: the labels stood in the reviews alone. */
static void an_older_stores_decisions_become_labels(void **state)
{
	struct store_world *w = *state;
	struct rd_label *found = NULL;
	sqlite3 *handle = NULL;
	size_t n = 0;

	world_close(w);
	snprintf(w->path, sizeof w->path, "%s/old", w->dir);
	assert_int_equal(sqlite3_open(w->path, &handle), SQLITE_OK);
	OK(rd_migrate(handle, 3, &w->err));
	assert_int_equal(
		sqlite3_exec(handle,
			"PRAGMA application_id = 1380209202;"
			"INSERT INTO source (id, kind, identity, name, first_seen_ms)"
			" VALUES (1, 'imap', 'x', 'x', 1);"
			"INSERT INTO case_file (id, landlord, kind, stage, status, channel,"
			" received_ms, opened_ms, active_ms, closed_ms, complaint_total)"
			" VALUES (100001, 'code-2024', 'complaint', 'stage1', 'open', 'email', 1, "
			"1,"
			" 1, NULL, 3), (100002, 'code-2024', 'other', 'none', 'closed', 'email', 1,"
			" 1, 1, 50, 3);"
			"INSERT INTO case_words (case_id, closed_why)"
			" VALUES (100001, ''), (100002, 'moved away');"
			"INSERT INTO message (id, source_id, channel, landlord, name, received_ms,"
			" first_seen_ms, size_bytes, n_pieces, cut, mark, state, fate, case_id,"
			" finished_ms) VALUES"
			" (1, 1, 'email', 'code-2024', 'a', 1, 1, 0, 0, 0, 'none', 'done',"
			"  'opened', 100001, 2),"
			" (2, 1, 'email', 'code-2024', 'b', 1, 1, 0, 0, 0, 'none', 'done',"
			"  'opened', 100002, 2);"
			"INSERT INTO review (message_id, case_id, reasons, best, created_ms,"
			" decided_ms, decided, decided_by, decided_uid, why, is_default) VALUES"
			" (1, 100001, 'near', 'enquiry', 5, 9, 'complaint', 'Sam', 7, 'plain', 0),"
			" (2, 100002, 'near', 'other', 5, 50, 'other', 'Sam', 7, 'moved away', 0),"
			" (NULL, 100001, 'reclassified by a person', 'enquiry', 5, 8, 'complaint',"
			"  'Jo', 8, 'said so', 0),"
			" (NULL, 100001, 'near', 'enquiry', 5, 8, 'complaint', 'redressd', -1, '',"
			"  1), (NULL, 100001, 'near', 'enquiry', 5, NULL, NULL, '', -1, '', 0);",
			NULL, NULL, NULL),
		SQLITE_OK);
	sqlite3_close(handle);
	world_open(w);
	OK(rd_label_list(w->db, 0, 0, w->arena, &found, &n, &w->err));
	assert_int_equal(n, 2); /* not the one of the closed case, nor the clock's, nor the open */
	assert_int_equal(found[0].how, RD_LABEL_RECLASSIFY);
	assert_string_equal(found[0].by, "Jo");
	assert_int_equal(found[1].how, RD_LABEL_REVIEW);
	assert_int_equal(found[1].message_id, 1);
	assert_int_equal(found[1].was, RD_ENQUIRY);
	assert_int_equal(found[1].kind, RD_COMPLAINT);
	assert_int_equal(found[1].by_uid, 7);
	assert_int_equal(found[1].at_ms, 9);
	assert_string_equal(found[1].why, "plain");
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(every_correction_is_kept_and_the_last_one_counts),
		T(a_label_outlives_the_words_that_it_is_about),
		T(samples_share_the_numbers_of_reviews_and_are_in_none_of_their_lists),
		T(two_in_a_hundred_are_chosen_by_the_stores_own_key),
		T(an_older_stores_decisions_become_labels),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
