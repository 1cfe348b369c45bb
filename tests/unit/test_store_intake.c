#include "support/store_world.h"

static void a_source_is_its_identity_and_not_its_name(void **state)
{
	struct store_world *w = *state;
	struct rd_source_identity same = { RD_SOURCE_IMAP, "MAIL.Example.org", "help", "INBOX" };
	static const struct rd_source_identity others[] = {
		{ RD_SOURCE_IMAP, "mail.example.org", "help", "Junk" },
		{ RD_SOURCE_IMAP, "mail.example.org", "repairs", "INBOX" },
		{ RD_SOURCE_IMAP, "mail.example.com", "help", "INBOX" },
		{ RD_SOURCE_MAILDIR, "mail.example.org", "help", "INBOX" },
	};
	struct rd_source_status *list = NULL;
	int64_t id = 0;
	bool is_new = true;
	size_t n = 0;

	TX(rd_source_take(tx, &same, "renamed", NOW_MS, &id, &is_new, &w->err));
	assert_int_equal(id, w->source);
	assert_false(is_new);
	for (size_t i = 0; i < 4; i++) {
		TX(rd_source_take(tx, &others[i], "x", NOW_MS, &id, &is_new, &w->err));
		assert_true(is_new);
	}
	OK(rd_source_list(w->db, w->arena, &list, &n, &w->err));
	assert_int_equal(n, 6);
	assert_string_equal(list[0].name, "renamed");
	assert_int_equal(list[0].server_count, -1);
	TX(rd_source_note_counts(tx, w->source, 10, 9, &w->err));
	TX(rd_source_note_success(tx, w->source, NOW_MS + 5, &w->err));
	OK(rd_source_list(w->db, w->arena, &list, &n, &w->err));
	assert_int_equal(list[0].server_count, 10);
	assert_int_equal(list[0].accepted, 9);
	assert_int_equal(list[0].last_success_ms, NOW_MS + 5);
}

static void a_uid_comes_in_once_for_each_uidvalidity(void **state)
{
	struct store_world *w = *state;
	struct rd_mail_put mail = world_mail(w, 5);
	struct rd_epoch epoch;
	struct rd_tx *both = NULL;
	int64_t first = world_put_mail(w, 5), id = 0;

	OK(rd_tx_begin(w->db, &both, &w->err));
	FAILS(RD_E_EXISTS, rd_intake_put_mail(both, &mail, "other", 5, &id, &w->err));
	assert_int_equal(id, first);
	/* The transaction goes on unharmed. */
	mail.uid = 6;
	OK(rd_intake_put_mail(both, &mail, "other", 5, &id, &w->err));
	OK(rd_tx_commit(&both, &w->err));
	TX(rd_epoch_take(tx, w->source, 8, 1, 1, NOW_MS, &epoch, &w->err));
	assert_true(epoch.is_new);
	assert_false(epoch.first_of_source);
	mail.epoch_id = epoch.id;
	mail.uid = 5;
	TX(rd_intake_put_mail(tx, &mail, "again", 5, &id, &w->err));
	assert_int_not_equal(id, first);
}

static void a_maildir_name_comes_in_once(void **state)
{
	struct store_world *w = *state;
	struct rd_mail_put mail = world_mail(w, 0);
	int64_t id = 0;
	bool has = false;

	mail.epoch_id = 0;
	mail.name = "1700000000.M1.host";
	TX(rd_intake_put_mail(tx, &mail, "x", 1, &id, &w->err));
	TX_FAILS(RD_E_EXISTS, rd_intake_put_mail(tx, &mail, "x", 1, &id, &w->err));
	OK(rd_intake_has_name(w->db, w->source, mail.name, &has, &w->err));
	assert_true(has);
	OK(rd_intake_has_name(w->db, w->source, "other", &has, &w->err));
	assert_false(has);
}

static void a_text_comes_in_once_for_each_provider_id(void **state)
{
	struct store_world *w = *state;
	int64_t id = world_put_text(w, "SM1", "+447700900001", NOW_MS), again = 0;
	struct rd_text_put text = {
		.source_id = w->numbers,
		.landlord = "code-2024",
		.provider_id = "SM1",
		.from = "+447700900001",
		.to = "+447700900000",
		.body = "again",
		.body_len = 5,
		.received_ms = NOW_MS,
		.first_seen_ms = NOW_MS,
	};
	TX_FAILS(RD_E_EXISTS, rd_intake_put_text(tx, &text, &again, &w->err));
	assert_int_equal(id, again);
	/* Equal words under another id are another message. */
	text.provider_id = "SM2";
	TX(rd_intake_put_text(tx, &text, &again, &w->err));
	assert_int_not_equal(id, again);
	text.provider_id = "";
	TX_FAILS(RD_E_INPUT, rd_intake_put_text(tx, &text, &again, &w->err));
}

/* A server's clock may be ahead, and a file's time may be 1970: days that a policy cannot count,
 * and that could not be read back, would stop the clocks of every case. */
static void a_time_of_receipt_that_cannot_be_is_not_believed(void **state)
{
	struct store_world *w = *state;
	static const struct {
		const char *why;
		int64_t given_ms, kept_ms;
	} rows[] = {
		{ "as the server says", NOW_MS - 5, NOW_MS - 5 },
		{ "a server's clock that runs ahead", NOW_MS + 3600000, NOW_MS },
		{ "the year 9999", INT64_C(253402300799000), NOW_MS },
		{ "a file without a time", 0, RD_RECEIVED_FIRST_MS },
		{ "before 1970", INT64_C(-86400000), RD_RECEIVED_FIRST_MS },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_mail_put mail = world_mail(w, (uint32_t)i + 1);
		struct rd_message_row row;
		struct rd_date day;
		char text[RD_DATE_MAX];
		int64_t id = 0;

		mail.received_ms = rows[i].given_ms;
		TX(rd_intake_put_mail(tx, &mail, "x", 1, &id, &w->err));
		OK(rd_queue_show(w->db, id, w->arena, &row, &w->err));
		if (row.received_ms != rows[i].kept_ms)
			fail_msg("%s: %lld", rows[i].why, (long long)row.received_ms);
		rd_date_format(rd_date_of(row.received_ms), text);
		OK(rd_date_parse(text, &day, &w->err));
	}
}

static void raw_bytes_come_back_piece_by_piece_as_they_were(void **state)
{
	struct store_world *w = *state;
	struct rd_mail_put mail = world_mail(w, 1);
	size_t len = RD_RAW_PIECE_BYTES * 2 + 17, at = 0, got = 0;
	unsigned char *raw = malloc(len);
	struct rd_raw_reader *reader = NULL;
	const void *piece = NULL;
	int64_t id = 0;

	assert_non_null(raw);
	for (size_t i = 0; i < len; i++)
		raw[i] = (unsigned char)(i * 31 >> 3);
	TX(rd_intake_put_mail(tx, &mail, raw, len, &id, &w->err));
	OK(rd_raw_open(w->db, id, &reader, &w->err));
	for (;;) {
		OK(rd_raw_next(reader, &piece, &got, &w->err));
		if (!got)
			break;
		assert_in_range(got, 1, RD_RAW_PIECE_BYTES);
		assert_memory_equal(piece, raw + at, got);
		at += got;
		/* Between two pieces a writer may write: no row is held open. */
		world_put_mail(w, 100 + (uint32_t)at);
	}
	assert_int_equal(at, len);
	rd_raw_close(reader);
	free(raw);
	id = world_put_text(w, "SM1", "+447700900001", NOW_MS);
	OK(rd_raw_open(w->db, id, &reader, &w->err));
	OK(rd_raw_next(reader, &piece, &got, &w->err));
	assert_int_equal(got, 10);
	OK(rd_raw_next(reader, &piece, &got, &w->err));
	assert_int_equal(got, 0);
	rd_raw_close(reader);
}

static void an_unfinished_mail_is_seen_by_nobody(void **state)
{
	struct store_world *w = *state;
	struct rd_mail_put mail = world_mail(w, 1);
	struct rd_claimed *items = NULL;
	struct rd_unmarked_mail *unmarked = NULL;
	struct rd_status_counts counts;
	struct rd_raw_reader *reader = NULL;
	int64_t id = 0, again = 0, next_ms = 0, dropped = 0;
	bool has = true;
	size_t n = 0;

	mail.mark = true;
	TX(rd_intake_start_mail(tx, &mail, &id, &w->err));
	TX(rd_intake_add_piece(tx, id, "one", 3, &w->err));
	OK(rd_intake_has_uid(w->db, w->epoch, 1, &has, &w->err));
	assert_false(has);
	assert_int_equal(world_claim(w, NOW_MS, &items, &next_ms), 0);
	OK(rd_intake_list_unmarked(w->db, w->source, 0, 10, w->arena, &unmarked, &n, &w->err));
	assert_int_equal(n, 0);
	OK(rd_status_counts(w->db, &counts, &w->err));
	assert_int_equal(counts.accepted, 0);
	FAILS(RD_E_MISSING, rd_raw_open(w->db, id, &reader, &w->err));
	/* Fetched again, it begins anew. */
	TX(rd_intake_start_mail(tx, &mail, &again, &w->err));
	TX(rd_intake_add_piece(tx, again, "two", 3, &w->err));
	TX(rd_intake_add_piece(tx, again, "three", 5, &w->err));
	TX(rd_intake_finish_mail(tx, again, true, &w->err));
	OK(rd_intake_has_uid(w->db, w->epoch, 1, &has, &w->err));
	assert_true(has);
	assert_int_equal(world_claim(w, NOW_MS, &items, &next_ms), 1);
	assert_int_equal(items[0].size_bytes, 8);
	assert_true(items[0].cut);
	TX_FAILS(RD_E_EXISTS, rd_intake_start_mail(tx, &mail, &id, &w->err));
	TX_FAILS(RD_E_MISSING, rd_intake_add_piece(tx, again, "x", 1, &w->err));
	mail.uid = 2;
	TX(rd_intake_start_mail(tx, &mail, &id, &w->err));
	TX(rd_intake_drop_unfinished(tx, &dropped, &w->err));
	assert_int_equal(dropped, 1);
	world_ledger_holds(w);
}

static void the_watermark_never_goes_back(void **state)
{
	struct store_world *w = *state;
	struct rd_epoch epoch;

	TX(rd_epoch_advance(tx, w->epoch, 9, &w->err));
	TX(rd_epoch_advance(tx, w->epoch, 4, &w->err));
	OK(rd_epoch_find(w->db, w->source, 7, &epoch, &w->err));
	assert_int_equal(epoch.watermark, 9);
	assert_true(epoch.first_of_source);
	FAILS(RD_E_MISSING, rd_epoch_find(w->db, w->source, 99, &epoch, &w->err));
	/* Found again it stays as it was. */
	TX(rd_epoch_take(tx, w->source, 7, 500, 501, NOW_MS, &epoch, &w->err));
	assert_false(epoch.is_new);
	assert_int_equal(epoch.start_uid, 1);
}

static void what_is_stored_and_unmarked_is_listed_until_marked(void **state)
{
	struct store_world *w = *state;
	struct rd_unmarked_mail *items = NULL;
	int64_t ids[3] = { 0 };
	size_t n = 0;

	for (uint32_t uid = 1; uid <= 3; uid++) {
		struct rd_mail_put mail = world_mail(w, uid);
		mail.mark = uid != 2;
		TX(rd_intake_put_mail(tx, &mail, "x", 1, &ids[uid - 1], &w->err));
	}
	world_close(w);
	world_open(w);
	OK(rd_intake_list_unmarked(w->db, w->source, w->epoch, 10, w->arena, &items, &n, &w->err));
	assert_int_equal(n, 2);
	assert_int_equal(items[0].uid, 1);
	assert_int_equal(items[1].uid, 3);
	TX(rd_intake_set_marked(tx, &ids[0], 1, &w->err));
	OK(rd_intake_list_unmarked(w->db, w->source, w->epoch, 10, w->arena, &items, &n, &w->err));
	assert_int_equal(n, 1);
	assert_int_equal(items[0].message_id, ids[2]);
	OK(rd_intake_list_unmarked(
		w->db, w->source, w->epoch + 1, 10, w->arena, &items, &n, &w->err));
	assert_int_equal(n, 0);
}

static void reconciling_finds_the_missing_and_the_gone(void **state)
{
	struct store_world *w = *state;
	/* Stored: 1 2 4 6. Watermark 8. The server lists 2 3 6 8 11, UIDNEXT 13. */
	static const uint32_t stored[] = { 1, 2, 4, 6 };
	static const uint32_t listed[] = { 2, 3, 6, 8, 11 };
	static const uint32_t falling[] = { 3, 2 };
	struct rd_reconciled found;
	struct rd_source_status *sources = NULL;
	struct rd_epoch epoch;
	size_t n = 0;

	for (size_t i = 0; i < 4; i++)
		world_put_mail(w, stored[i]);
	TX(rd_epoch_advance(tx, w->epoch, 8, &w->err));
	OK(rd_epoch_find(w->db, w->source, 7, &epoch, &w->err));
	TX(rd_epoch_reconcile(tx, &epoch, listed, 5, 13, NOW_MS, w->arena, &found, &w->err));
	assert_int_equal(found.n_missing, 2);
	assert_int_equal(found.missing[0], 3);
	assert_int_equal(found.missing[1], 8);
	assert_int_equal(found.n_extra, 1);
	assert_int_equal(found.n_stored, 2);
	/* 5, 7, 9, 10 and 12 were never seen. */
	assert_int_equal(found.n_gone_new, 5);
	TX(rd_epoch_reconcile(tx, &epoch, listed, 5, 13, NOW_MS, w->arena, &found, &w->err));
	assert_int_equal(found.n_gone_new, 0);
	OK(rd_source_list(w->db, w->arena, &sources, &n, &w->err));
	assert_int_equal(sources[0].gone, 5);
	TX(rd_epoch_reconcile(tx, &epoch, NULL, 0, 15, NOW_MS, w->arena, &found, &w->err));
	/* 13 and 14, and the unstored 3, 8 and 11, which have vanished meanwhile. */
	assert_int_equal(found.n_gone_new, 5);
	assert_int_equal(found.n_missing, 0);
	TX_FAILS(RD_E_INPUT,
		rd_epoch_reconcile(tx, &epoch, falling, 2, 13, NOW_MS, w->arena, &found, &w->err));
}

static void gaps_from_before_our_time_are_no_news(void **state)
{
	struct store_world *w = *state;
	static const uint32_t listed[] = { 3, 90, 102 };
	struct rd_reconciled found;
	struct rd_epoch epoch;

	/* Start from all: an old mailbox with many gaps; UIDNEXT was 100 at first sight. */
	TX(rd_epoch_take(tx, w->source, 20, 1, 100, NOW_MS, &epoch, &w->err));
	TX(rd_epoch_advance(tx, epoch.id, 102, &w->err));
	OK(rd_epoch_find(w->db, w->source, 20, &epoch, &w->err));
	TX(rd_epoch_reconcile(tx, &epoch, listed, 3, 103, NOW_MS, w->arena, &found, &w->err));
	assert_int_equal(found.n_missing, 3);
	assert_int_equal(found.n_gone_new, 2); /* 100 and 101 */
	/* Start from now: what lies below is none of ours. */
	TX(rd_epoch_take(tx, w->source, 21, 100, 100, NOW_MS, &epoch, &w->err));
	assert_int_equal(epoch.watermark, 99);
	TX(rd_epoch_reconcile(tx, &epoch, listed, 3, 103, NOW_MS, w->arena, &found, &w->err));
	assert_int_equal(found.n_missing, 0);
	assert_int_equal(found.n_extra, 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_source_is_its_identity_and_not_its_name),
		T(a_uid_comes_in_once_for_each_uidvalidity),
		T(a_maildir_name_comes_in_once),
		T(a_text_comes_in_once_for_each_provider_id),
		T(a_time_of_receipt_that_cannot_be_is_not_believed),
		T(raw_bytes_come_back_piece_by_piece_as_they_were),
		T(an_unfinished_mail_is_seen_by_nobody),
		T(the_watermark_never_goes_back),
		T(what_is_stored_and_unmarked_is_listed_until_marked),
		T(reconciling_finds_the_missing_and_the_gone),
		T(gaps_from_before_our_time_are_no_news),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
