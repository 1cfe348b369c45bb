/* Erasure: no word is left anywhere in the file, the chain verifies, and nothing comes in again. */
#include "support/store_world.h"

#include <stdio.h>
#include <unistd.h>
#include "redress/store/audit.h"
#include "redress/store/backup.h"
#include "redress/store/case_actions.h"
#include "redress/store/case_acts.h"
#include "redress/store/erasure.h"
#include "redress/store/labels.h"
#include "redress/store/outbox.h"
#include "redress/store/review.h"
#include "redress/store/tasks.h"
#include "redress/store/text_media.h"

#define NEEDLE	"haystack-needle"
#define CONTACT NEEDLE "@example.org"
#define OTHER	"somebody-else@example.org"

/* Where the words still stand: "table.column", or NULL. */
static const char *found_in(struct store_world *w, const char *words, char out[static 160])
{
	sqlite3 *handle = rd_db_handle(w->db);
	sqlite3_stmt *columns = NULL;
	const char *found = NULL;

	assert_int_equal(sqlite3_prepare_v2(handle,
				 "SELECT t.name, c.name FROM sqlite_master t,"
				 " pragma_table_info(t.name) c WHERE t.type = 'table'",
				 -1, &columns, NULL),
		SQLITE_OK);
	while (found == NULL && sqlite3_step(columns) == SQLITE_ROW) {
		char sql[400];
		sqlite3_stmt *rows = NULL;
		const char *table = (const char *)sqlite3_column_text(columns, 0);
		const char *column = (const char *)sqlite3_column_text(columns, 1);

		snprintf(sql, sizeof sql,
			"SELECT 1 FROM \"%s\" WHERE instr(CAST(\"%s\" AS BLOB), CAST('%s' AS BLOB))"
			" > 0",
			table, column, words);
		assert_int_equal(sqlite3_prepare_v2(handle, sql, -1, &rows, NULL), SQLITE_OK);
		if (sqlite3_step(rows) == SQLITE_ROW) {
			snprintf(out, 160, "%s.%s", table, column);
			found = out;
		}
		sqlite3_finalize(rows);
	}
	sqlite3_finalize(columns);
	return found;
}

static void nowhere(struct store_world *w, const char *words)
{
	char where[160];
	const char *found = found_in(w, words, where);

	if (found != NULL)
		fail_msg("%s still stands in %s", words, found);
}

/* And not in the bytes of the file either, once the log is folded in. */
static void not_in_file(struct store_world *w, const char *words)
{
	const size_t len = strlen(words);
	FILE *file;
	char *bytes;
	long size;

	OK(rd_db_checkpoint(w->db, &w->err));
	file = fopen(w->path, "rb");
	assert_non_null(file);
	fseek(file, 0, SEEK_END);
	size = ftell(file);
	rewind(file);
	bytes = malloc((size_t)size);
	assert_non_null(bytes);
	assert_int_equal(fread(bytes, 1, (size_t)size, file), size);
	fclose(file);
	const bool there = memmem(bytes, (size_t)size, words, len) != NULL;
	free(bytes);
	assert_false(there);
}

static void audit(struct store_world *w, const char *what, int64_t case_id)
{
	struct rd_audit_row row = { .at_ms = NOW_MS,
		.actor = "redressd",
		.actor_uid = -1,
		.what = what,
		.case_id = case_id,
		.detail = "{\"points\":2.5}" };

	TX(rd_audit_add(tx, &row, NULL, &w->err));
}

static int64_t a_mail(
	struct store_world *w, uint32_t uid, const char *from, int key, const struct rd_fate *fate)
{
	static const char raw[] = "Subject: " NEEDLE "\r\n\r\nbody " NEEDLE;
	struct rd_mail_put put = world_mail(w, uid);
	struct rd_message message = world_message(from, NEEDLE "@mail", key);
	int64_t id = 0;

	message.subject = NEEDLE;
	message.subject_len = sizeof NEEDLE - 1;
	message.body = "body " NEEDLE;
	message.body_len = 5 + sizeof NEEDLE - 1;
	TX(rd_intake_put_mail(tx, &put, raw, sizeof raw - 1, &id, &w->err));
	world_finish(w, id, fate, &message);
	return id;
}

/* A case with words in every place that takes some. */
static int64_t a_case_full_of_words(struct store_world *w, const char *contact, uint32_t uid)
{
	struct rd_case_new new_case = world_new_case(contact);
	char letter_id[40];
	struct rd_outbox_row letter = { .letter = "acknowledgement",
		.stage = RD_STAGE_1,
		.cause = "message:1",
		.outgoing = "out",
		.recipient = contact,
		.subject = NEEDLE,
		.payload = "Dear " NEEDLE,
		.payload_len = 5 + sizeof NEEDLE - 1,
		.message_id = letter_id,
		.letter_version = "1",
		.meets_clock = "" };
	struct rd_task task = { .kind = "tell", .cause = "", .text = NEEDLE, .landlord = "" };
	struct rd_label label = { .was = RD_ENQUIRY, .kind = RD_COMPLAINT, .by = "pat" };
	int64_t id = 0, row = 0, task_id = 0;
	bool is_new;

	snprintf(letter_id, sizeof letter_id, "rd.%u@example.net", uid);
	new_case.name = NEEDLE;
	new_case.subject = NEEDLE;
	new_case.outcome = NEEDLE;
	TX(rd_case_open(tx, &new_case, &id, &w->err));
	const struct rd_fate fate = { .kind = RD_FATE_OPENED, .case_id = id, .detail = "" };
	label.case_id = id;
	label.message_id = a_mail(w, uid, contact, (int)uid, &fate);
	label.why = NEEDLE;
	letter.case_id = id;
	task.case_id = id;
	task.due = rd_date_of(NOW_MS);
	TX(rd_case_set_definition(tx, id, NEEDLE, &w->err));
	TX(rd_case_add_note(tx, id, "pat", NEEDLE, NOW_MS, &w->err));
	const struct rd_case_act done = { .case_id = id,
		.stage = RD_STAGE_1,
		.what = "withdrawn",
		.day = rd_date_of(NOW_MS),
		.at_ms = NOW_MS,
		.actor = "pat",
		.person = "",
		.detail = "",
		.why = NEEDLE };
	const struct rd_case_action promised = { .case_id = id,
		.due = rd_date_of(NOW_MS),
		.owner = "pat",
		.words = NEEDLE,
		.added_ms = NOW_MS,
		.added_by = "pat" };
	int64_t act = 0, action = 0;
	TX(rd_case_act_add(tx, &done, &act, &w->err));
	TX(rd_case_action_add(tx, &promised, &action, &w->err));
	TX(rd_case_action_done(tx, id, action, "pat", NEEDLE, NOW_MS, &w->err));
	TX(rd_label_put(tx, &label, NOW_MS, &w->err));
	TX(rd_task_put(tx, &task, NOW_MS, &task_id, &is_new, &w->err));
	TX(rd_task_done(tx, task_id, "pat", NEEDLE, NOW_MS, &w->err));
	TX(rd_outbox_put(tx, &letter, NOW_MS, &row, &w->err));
	TX(rd_outbox_cancel(tx, row, NEEDLE, NOW_MS, &w->err));
	audit(w, "case_opened", id);
	return id;
}

static void close_case(struct store_world *w, int64_t id)
{
	TX(rd_case_set_status(tx, id, RD_STATUS_CLOSED, NEEDLE, NOW_MS, &w->err));
}

static enum rd_rc erase(struct store_world *w, int64_t id, struct rd_erasure *sums)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;

	RD_TRY(rd_tx_begin(w->db, &tx, &w->err));
	RD_CLEANUP(rd_erasure_end) struct rd_erasure erasure = RD_ERASURE(tx, NOW_MS);
	RD_TRY(rd_erase_case(&erasure, id, RD_ERASED_ASKED, &w->err));
	RD_TRY(rd_erasure_keep(&erasure, &w->err));
	*sums = erasure;
	return rd_tx_commit(&tx, &w->err);
}

static void audit_is_whole(struct store_world *w, int64_t rows)
{
	int64_t n = 0;

	OK(rd_audit_verify(w->db, &n, &w->err));
	assert_int_equal(n, rows);
}

static void no_word_of_an_erased_case_is_left(void **state)
{
	struct store_world *w = *state;
	const int64_t id = a_case_full_of_words(w, CONTACT, 1);
	struct rd_erasure sums;
	struct rd_message message;
	struct rd_score score;
	struct rd_case found;
	const char *ruleset;
	char where[160];
	bool erased = false;

	assert_non_null(found_in(w, NEEDLE, where));
	close_case(w, id);
	OK(erase(w, id, &sums));
	assert_int_equal(sums.n_messages, 1);
	assert_int_equal(sums.n_letters, 1);
	nowhere(w, NEEDLE);
	not_in_file(w, NEEDLE);
	audit_is_whole(w, 1);
	world_ledger_holds(w);
	OK(rd_case_is_erased(w->db, id, &erased, &w->err));
	assert_true(erased);
	OK(rd_case_get(w->db, id, w->arena, &found, &w->err));
	assert_string_equal(found.contact, "");
	assert_int_equal(found.kind, RD_COMPLAINT);
	OK(rd_reading_get(w->db, 1, w->arena, &message, &score, &ruleset, &erased, &w->err));
	assert_true(erased);
	FAILS(RD_E_EXISTS, erase(w, id, &sums));
}

static void what_is_open_unsettled_or_kept_for_a_court_is_not_erased(void **state)
{
	struct store_world *w = *state;
	const int64_t id = a_case_full_of_words(w, CONTACT, 1);
	struct rd_legal_hold hold;
	struct rd_erasure sums;
	char where[160];

	FAILS(RD_E_REFUSED, erase(w, id, &sums));
	assert_non_null(strstr(w->err.msg, "is not closed"));
	close_case(w, id);
	TX(rd_legal_hold_set(tx, id, "pat", "claim at the county court", NOW_MS, &w->err));
	FAILS(RD_E_REFUSED, erase(w, id, &sums));
	assert_non_null(strstr(w->err.msg, "legal reasons"));
	OK(rd_legal_hold_get(w->db, id, w->arena, &hold, &w->err));
	assert_string_equal(hold.why, "claim at the county court");
	assert_non_null(found_in(w, NEEDLE, where));
	TX(rd_legal_hold_end(tx, id, &w->err));
	TX_FAILS(RD_E_MISSING, rd_legal_hold_end(tx, id, &w->err));
	const struct rd_task ordered = { .kind = "ombudsman",
		.case_id = id,
		.cause = "act:1",
		.text = "Do what the Ombudsman ordered.",
		.landlord = "homes",
		.due = rd_date_of(NOW_MS),
		.n = 1 };
	int64_t task_id = 0;
	TX(rd_task_put(tx, &ordered, NOW_MS, &task_id, NULL, &w->err));
	FAILS(RD_E_REFUSED, erase(w, id, &sums));
	assert_non_null(strstr(w->err.msg, "order of the Ombudsman"));
	TX(rd_task_done(tx, task_id, "pat", "done", NOW_MS, &w->err));
	OK(erase(w, id, &sums));
	nowhere(w, NEEDLE);
}

/* The message stands on two cases: the other one is still kept, and needs it. */
static void a_message_goes_with_the_last_of_its_cases(void **state)
{
	struct store_world *w = *state;
	const int64_t first = a_case_full_of_words(w, CONTACT, 1);
	const int64_t second = world_open_case(w, CONTACT);
	struct rd_erasure sums;
	bool erased = true;

	TX(rd_case_add_message(tx, second, 1, NOW_MS, &w->err));
	close_case(w, first);
	OK(erase(w, first, &sums));
	assert_int_equal(sums.n_messages, 0);
	OK(rd_message_is_erased(w->db, 1, &erased, &w->err));
	assert_false(erased);
	TX(rd_case_set_status(tx, second, RD_STATUS_CLOSED, "", NOW_MS, &w->err));
	OK(erase(w, second, &sums));
	assert_int_equal(sums.n_messages, 1);
	nowhere(w, NEEDLE);
}

static bool knows(struct store_world *w, int64_t id, int key)
{
	struct rd_message message = world_message(CONTACT, NEEDLE "@mail", key);
	bool known = false;

	OK(rd_erasure_knows(w->db, id, &message, &known, &w->err));
	return known;
}

/* Another UIDVALIDITY lists the mail again; the same words to another landlord are another matter.
 */
static void what_was_erased_is_known_when_it_comes_again(void **state)
{
	struct store_world *w = *state;
	const int64_t id = a_case_full_of_words(w, CONTACT, 1);
	struct rd_mail_put elsewhere = world_mail(w, 8);
	struct rd_erasure sums;
	int64_t again, other = 0, text = 0;

	close_case(w, id);
	again = world_put_mail(w, 7);
	assert_false(knows(w, again, 1));
	OK(erase(w, id, &sums));
	assert_true(knows(w, again, 1));
	assert_false(knows(w, again, 2));
	elsewhere.landlord = "one-housing";
	TX(rd_intake_put_mail(tx, &elsewhere, "x", 1, &other, &w->err));
	assert_false(knows(w, other, 1));

	/* A text has only the provider's id. */
	text = world_put_text(w, "SM1", "+447700900001", NOW_MS);
	const struct rd_fate fate = { .kind = RD_FATE_OTHER, .detail = "" };
	world_finish(w, text, &fate, NULL);
	{
		RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
		OK(rd_tx_begin(w->db, &tx, &w->err));
		RD_CLEANUP(rd_erasure_end) struct rd_erasure erasure = RD_ERASURE(tx, NOW_MS);
		OK(rd_erase_message(&erasure, text, RD_ERASED_ASKED, &w->err));
		OK(rd_tx_commit(&tx, &w->err));
	}
	bool known = false;
	OK(rd_erasure_knows_text(w->db, w->numbers, "SM1", &known, &w->err));
	assert_true(known);
	OK(rd_erasure_knows_text(w->db, w->numbers, "SM2", &known, &w->err));
	assert_false(known);
}

static void a_backup_that_is_put_back_brings_nothing_back(void **state)
{
	struct store_world *w = *state;
	const int64_t id = a_case_full_of_words(w, CONTACT, 1);
	const int64_t kept = a_case_full_of_words(w, OTHER, 2);
	char backup[160], before[160];
	struct rd_erasure sums;
	struct rd_case found;
	bool erased = false;

	snprintf(backup, sizeof backup, "%s/backup", w->dir);
	snprintf(before, sizeof before, "%s.before-restore", w->path);
	OK(rd_backup_write(w->db, backup, NOW_MS, &w->err)); /* the case is open in it */
	close_case(w, id);
	OK(erase(w, id, &sums));
	world_close(w);
	OK(rd_backup_restore(backup, w->path, NOW_MS + 1, &w->err));
	world_open(w);
	OK(rd_case_is_erased(w->db, id, &erased, &w->err));
	assert_true(erased);
	OK(rd_case_get(w->db, id, w->arena, &found, &w->err));
	assert_int_equal(found.status, RD_STATUS_CLOSED);
	assert_string_equal(found.contact, "");
	OK(rd_message_is_erased(w->db, 1, &erased, &w->err));
	assert_true(erased);
	OK(rd_case_get(w->db, kept, w->arena, &found, &w->err));
	assert_string_equal(found.contact, OTHER);
	OK(rd_message_is_erased(w->db, 2, &erased, &w->err));
	assert_false(erased);
	audit_is_whole(w, 2);
	world_ledger_holds(w);
}

/* A line cut short by a crash is passed over; one that is nonsense stops the restore. */
static void the_file_beside_the_store_is_believed_line_by_line(void **state)
{
	struct store_world *w = *state;
	const int64_t id = a_case_full_of_words(w, CONTACT, 1);
	char path[160];
	int64_t n = 0;
	bool erased = true;

	snprintf(path, sizeof path, "%s.erased", w->path);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, "case %lld\n\nmessage 00ff\n", (long long)id);
	fclose(file);
	OK(rd_erasure_apply(w->db, w->path, NOW_MS, &n, &w->err));
	assert_int_equal(n, 0);
	OK(rd_case_is_erased(w->db, id, &erased, &w->err));
	assert_false(erased);
	file = fopen(path, "a");
	fprintf(file, "case %lld.\n", (long long)id);
	fclose(file);
	OK(rd_erasure_apply(w->db, w->path, NOW_MS, &n, &w->err));
	assert_int_equal(n, 1);
	nowhere(w, NEEDLE);
	file = fopen(path, "a");
	fprintf(file, "everything.\n");
	fclose(file);
	FAILS(RD_E_REFUSED, rd_erasure_apply(w->db, w->path, NOW_MS, &n, &w->err));
	assert_non_null(strstr(w->err.msg, ".erased:5:"));
}

static void a_person_is_found_by_address_on_every_case(void **state)
{
	struct store_world *w = *state;
	const int64_t mine = a_case_full_of_words(w, CONTACT, 1);
	const int64_t other = world_open_case(w, OTHER);
	const struct rd_case_contact also = {
		.channel = RD_BY_EMAIL, .address = CONTACT, .name = ""
	};
	const struct rd_fate guarded = { .kind = RD_FATE_GUARDED, .detail = "out_of_office" };
	struct rd_person_case *cases;
	int64_t *messages, waiting = 0;
	size_t n;

	TX(rd_case_add_contact(tx, other, &also, &w->err));
	const int64_t loose = a_mail(w, 3, CONTACT, 9, &guarded);
	OK(rd_person_cases(w->db, CONTACT, w->arena, &cases, &n, &w->err));
	assert_int_equal(n, 2);
	assert_true(cases[0].id == mine && cases[0].main && !cases[0].closed);
	assert_true(cases[1].id == other && !cases[1].main);
	OK(rd_person_messages(w->db, CONTACT, w->arena, &messages, &n, &waiting, &w->err));
	assert_int_equal(n, 1);
	assert_int_equal(messages[0], loose);
	OK(rd_person_cases(w->db, "nobody@example.org", w->arena, &cases, &n, &w->err));
	assert_int_equal(n, 0);
}

static void cases_are_due_by_kind_and_by_when_they_were_closed(void **state)
{
	struct store_world *w = *state;
	const int64_t first = world_open_case(w, CONTACT), second = world_open_case(w, OTHER);
	struct rd_erasure sums;
	int64_t *ids;
	size_t n;

	close_case(w, first);
	close_case(w, second);
	OK(rd_retention_cases(w->db, RD_COMPLAINT, NOW_MS, 9, w->arena, &ids, &n, &w->err));
	assert_int_equal(n, 0);
	OK(rd_retention_cases(w->db, RD_ENQUIRY, NOW_MS + 1, 9, w->arena, &ids, &n, &w->err));
	assert_int_equal(n, 0);
	TX(rd_legal_hold_set(tx, first, "pat", "court", NOW_MS, &w->err));
	OK(rd_retention_cases(w->db, RD_COMPLAINT, NOW_MS + 1, 9, w->arena, &ids, &n, &w->err));
	assert_int_equal(n, 1);
	assert_int_equal(ids[0], second);
	OK(erase(w, second, &sums));
	OK(rd_retention_cases(w->db, RD_COMPLAINT, NOW_MS + 1, 9, w->arena, &ids, &n, &w->err));
	assert_int_equal(n, 0);
	const struct rd_fate guarded = { .kind = RD_FATE_GUARDED, .detail = "out_of_office" };
	const int64_t loose = a_mail(w, 3, CONTACT, 9, &guarded);
	OK(rd_retention_messages(w->db, NOW_MS, 9, w->arena, &ids, &n, &w->err));
	assert_int_equal(n, 0);
	OK(rd_retention_messages(w->db, NOW_MS + 1, 9, w->arena, &ids, &n, &w->err));
	assert_int_equal(n, 1);
	assert_int_equal(ids[0], loose);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_word_of_an_erased_case_is_left),
		TEST(what_is_open_unsettled_or_kept_for_a_court_is_not_erased),
		TEST(a_message_goes_with_the_last_of_its_cases),
		TEST(what_was_erased_is_known_when_it_comes_again),
		TEST(a_backup_that_is_put_back_brings_nothing_back),
		TEST(the_file_beside_the_store_is_believed_line_by_line),
		TEST(a_person_is_found_by_address_on_every_case),
		TEST(cases_are_due_by_kind_and_by_when_they_were_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
