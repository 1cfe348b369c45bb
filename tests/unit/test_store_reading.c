#include "support/store_world.h"

#include "redress/store/outbox.h"

static const struct rd_fate other = { .kind = RD_FATE_OTHER };

static void a_reading_comes_back_as_it_was(void **state)
{
	struct store_world *w = *state;
	static const char *const to[] = { "help@example.org" };
	static const char *const references[] = { "a@example.org", "b@example.org" };
	static const char *const topics[] = { "a delay" };
	static const char *const reasons[] = { "close to the threshold" };
	static const struct rd_span spans[] = {
		{ RD_SPAN_NEW, 0, 5 },
		{ RD_SPAN_QUOTED, 5, 11 },
	};
	struct rd_part part = { "mould.jpg", "image/jpeg", 70000, { 1, 0xfe } };
	struct rd_hit hit = { "chasing", "means", "a delay", "core.rules:14", "", 2.1,
		RD_WHERE_BODY, 2, 4, "", "", "2 words: again +0.3" };
	struct rd_hit held = { "waiting", "means", "", "core.rules:20", "code", 0, RD_WHERE_SUBJECT,
		0, 1, "not, 2 words before", "core.rules:18", "" };
	const struct rd_address author = { "Al", "al@example.org" };
	struct rd_message message = world_message("Ann@Example.org", "id@example.org", 3), back;
	struct rd_score score = { .kind = RD_ENQUIRY, .review = true, .total = 0.1 + 0.2 }, scored;
	const char *const rules[] = { "slow", "heavy" };
	const char *ruleset = NULL;
	bool erased = true;
	int64_t id = world_put_mail(w, 1);

	message.body = "caf\xc3\xa9 > old";
	message.body_len = 11;
	message.spans = spans;
	message.n_spans = 2;
	message.to = to;
	message.n_to = 1;
	message.references = references;
	message.n_references = 2;
	message.parts = &part;
	message.n_parts = 1;
	message.nothing_new = true;
	message.forwarded = &author;
	message.n_forwarded = 1;
	message.authentication = RD_AUTHENTICATION_FAILED;
	message.automatic.list = true;
	message.trouble.encrypted = true;
	score.totals[RD_ENQUIRY] = 1.5;
	score.flags[RD_DAMP_MOULD] = true;
	score.hits = &hit;
	score.n_hits = 1;
	score.suppressed = &held;
	score.n_suppressed = 1;
	score.topics = topics;
	score.n_topics = 1;
	score.review_reasons = reasons;
	score.n_review_reasons = 1;
	score.failed_rules = rules;
	score.n_failed_rules = 2;
	score.off_rules = rules + 1;
	score.n_off_rules = 1;
	score.nearest_change = "1 more point";
	TX(rd_reading_put(tx, id, &message, &score, "sha256:ab", NOW_MS, &w->err));
	OK(rd_reading_get(w->db, id, w->arena, &back, &scored, &ruleset, &erased, &w->err));
	assert_false(erased);
	assert_string_equal(ruleset, "sha256:ab");
	assert_int_equal(back.channel, RD_CHANNEL_EMAIL);
	assert_string_equal(back.subject, "leak");
	assert_int_equal(back.body_len, 11);
	assert_string_equal(back.body, message.body);
	assert_int_equal(back.n_spans, 2);
	assert_int_equal(back.spans[1].kind, RD_SPAN_QUOTED);
	assert_int_equal(back.spans[1].to, 11);
	assert_string_equal(back.from.address, "Ann@Example.org");
	assert_string_equal(back.references[1], "b@example.org");
	assert_string_equal(back.to[0], "help@example.org");
	assert_int_equal(back.parts[0].size_bytes, 70000);
	assert_memory_equal(back.parts[0].sha256, part.sha256, 32);
	assert_true(back.nothing_new && back.automatic.list && back.trouble.encrypted);
	assert_false(back.automatic.from_redress || back.trouble.cut);
	assert_int_equal(back.n_forwarded, 1);
	assert_string_equal(back.forwarded[0].name, "Al");
	assert_string_equal(back.forwarded[0].address, "al@example.org");
	assert_int_equal(back.authentication, RD_AUTHENTICATION_FAILED);
	assert_int_equal(scored.kind, RD_ENQUIRY);
	assert_true(scored.review && scored.flags[RD_DAMP_MOULD]);
	assert_true(scored.total == score.total && scored.totals[RD_ENQUIRY] == 1.5);
	assert_int_equal(scored.n_hits, 1);
	assert_string_equal(scored.hits[0].place, "core.rules:14");
	assert_true(scored.hits[0].points == 2.1 && scored.hits[0].where == RD_WHERE_BODY);
	assert_string_equal(scored.suppressed[0].by_place, "core.rules:18");
	assert_string_equal(scored.suppressed[0].by, ""); /* it quotes: erasure must reach it */
	assert_string_equal(scored.topics[0], "a delay");
	assert_int_equal(scored.n_failed_rules, 2);
	assert_string_equal(scored.failed_rules[0], "slow");
	assert_int_equal(scored.n_off_rules, 1);
	assert_string_equal(scored.off_rules[0], "heavy");
	assert_string_equal(scored.nearest_change, "1 more point");
}

static void erased_words_are_gone_and_keys_still_know_the_mail(void **state)
{
	struct store_world *w = *state;
	struct rd_message message = world_message("ann@example.org", "id@example.org", 3), back;
	struct rd_score score;
	struct rd_twin twin;
	const char *ruleset = NULL;
	bool erased = false;
	char hash[65], again[65];
	int64_t id = world_put_mail(w, 1);

	world_finish(w, id, &other, &message);
	OK(rd_reading_salted_hash(w->db, id, "help", 4, hash, &w->err));
	OK(rd_reading_salted_hash(w->db, id, "help", 4, again, &w->err));
	assert_string_equal(hash, again);
	assert_int_equal(strlen(hash), 64);
	TX(rd_sql_change(tx, "DELETE FROM reading_words", RD_NO_ARGS, NULL, &w->err));
	OK(rd_reading_get(w->db, id, w->arena, &back, &score, &ruleset, &erased, &w->err));
	assert_true(erased);
	assert_string_equal(back.body, "");
	assert_string_equal(back.from.address, "");
	FAILS(RD_E_MISSING, rd_reading_salted_hash(w->db, id, "help", 4, hash, &w->err));
	OK(rd_reading_find_same(w->db, &message, "code-2024", 0, &twin, &w->err));
	assert_int_equal(twin.message_id, id);
}

/* Words may stand in the tables that erasure empties, and nowhere else. */
static void no_other_table_holds_an_address(void **state)
{
	struct store_world *w = *state;
	static const char *const emptied[] = { "raw_piece", "text_words", "reading_words",
		"case_words", "case_contact", "case_note", "outbox_words" };
	struct rd_message message = world_message("findme@example.org", "id@example.org", 3);
	int64_t id = world_put_mail(w, 1), outbox_id = 0;
	int64_t case_id = world_open_case(w, "findme@example.org");
	struct rd_outbox_row row = {
		.case_id = case_id,
		.letter = "received",
		.cause = "message:1",
		.outgoing = "out",
		.recipient = "findme@example.org",
		.payload = "To: findme@example.org",
		.payload_len = 22,
		.message_id = "rd.1@example.net",
	};

	world_finish(
		w, id, &(struct rd_fate){ .kind = RD_FATE_OPENED, .case_id = case_id }, &message);
	TX(rd_outbox_put(tx, &row, NOW_MS, &outbox_id, &w->err));
	world_close(w);
	/* As erasure would: emptied, and the free pages gone. */
	sqlite3 *handle = NULL;
	assert_int_equal(sqlite3_open(w->path, &handle), SQLITE_OK);
	for (size_t i = 0; i < sizeof emptied / sizeof *emptied; i++) {
		char sql[64];
		snprintf(sql, sizeof sql, "DELETE FROM %s", emptied[i]);
		assert_int_equal(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK);
	}
	assert_int_equal(sqlite3_exec(handle, "VACUUM", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(handle);
	static const char needle[] = "findme";
	FILE *file = fopen(w->path, "rb");
	assert_non_null(file);
	size_t matched = 0, bytes = 0;
	for (int c; (c = getc(file)) != EOF; bytes++) {
		matched = c == needle[matched] ? matched + 1 : c == needle[0] ? 1 : 0;
		assert_int_not_equal(matched, strlen(needle));
	}
	fclose(file);
	assert_true(bytes > 8192);
}

static void the_same_mail_twice_is_one_and_equal_words_are_two(void **state)
{
	struct store_world *w = *state;
	struct rd_message mail = world_message("ann@example.org", "x@example.org", 1);
	struct rd_message text = world_message("+447700900001", "", 0);
	struct rd_twin twin;
	int64_t first = world_put_mail(w, 1), second = world_put_mail(w, 2);
	int64_t sms = world_put_text(w, "SM1", "+447700900001", NOW_MS);

	OK(rd_reading_find_same(w->db, &mail, "code-2024", first, &twin, &w->err));
	assert_int_equal(twin.message_id, 0);
	int64_t case_id = world_open_case(w, "ann@example.org");
	world_finish(
		w, first, &(struct rd_fate){ .kind = RD_FATE_OPENED, .case_id = case_id }, &mail);
	OK(rd_reading_find_same(w->db, &mail, "code-2024", second, &twin, &w->err));
	assert_int_equal(twin.message_id, first);
	assert_int_equal(twin.case_id, case_id);
	world_finish(w, second,
		&(struct rd_fate){
			.kind = RD_FATE_DUPLICATE, .duplicate_of = first, .case_id = case_id },
		&mail);
	/* A third is the twin of the first, not of the duplicate. */
	OK(rd_reading_find_same(w->db, &mail, "code-2024", 99, &twin, &w->err));
	assert_int_equal(twin.message_id, first);
	/* Texts have no content key: two residents' equal words are two messages. */
	world_finish(w, sms, &other, &text);
	OK(rd_reading_find_same(w->db, &text, "code-2024", 99, &twin, &w->err));
	assert_int_equal(twin.message_id, 0);
	/* The same headers with another body. */
	mail.content_key[0] = 77;
	OK(rd_reading_find_same(w->db, &mail, "code-2024", 99, &twin, &w->err));
	assert_int_equal(twin.message_id, 0);
	OK(rd_reading_find_other_body(w->db, &mail, "code-2024", 99, &twin, &w->err));
	assert_int_equal(twin.message_id, first);
	assert_int_equal(twin.case_id, case_id);
	/* Another landlord owes an answer of its own. */
	OK(rd_reading_find_other_body(w->db, &mail, "homes", 99, &twin, &w->err));
	assert_int_equal(twin.message_id, 0);
	mail.content_key[0] = 1;
	OK(rd_reading_find_same(w->db, &mail, "homes", 99, &twin, &w->err));
	assert_int_equal(twin.message_id, 0);
	world_ledger_holds(w);
}

static void threads_are_found_by_our_letters_and_their_mails(void **state)
{
	struct store_world *w = *state;
	static const char *ours[] = { "nothing@example.org", "rd.1@example.net" };
	static const char *theirs[] = { "first@example.org" };
	struct rd_message first = world_message("ann@example.org", "first@example.org", 1);
	struct rd_message reply = world_message("ANN@example.org", "second@example.org", 2);
	int64_t id = world_put_mail(w, 1), found = 0, outbox_id = 0, reported = 0;
	int64_t case_id = world_open_case(w, "ann@example.org");
	struct rd_outbox_row row = {
		.case_id = case_id,
		.letter = "received",
		.cause = "message:1",
		.outgoing = "out",
		.recipient = "ann@example.org",
		.payload = "x",
		.payload_len = 1,
		.message_id = "rd.1@example.net",
	};
	bool known = false;

	world_finish(
		w, id, &(struct rd_fate){ .kind = RD_FATE_OPENED, .case_id = case_id }, &first);
	TX(rd_outbox_put(tx, &row, NOW_MS, &outbox_id, &w->err));
	OK(rd_reading_find_thread(w->db, &reply, "code-2024", &found, &known, &w->err));
	assert_int_equal(found, 0);
	reply.references = ours;
	reply.n_references = 2;
	OK(rd_reading_find_thread(w->db, &reply, "code-2024", &found, &known, &w->err));
	assert_int_equal(found, case_id);
	assert_true(known);
	OK(rd_reading_find_thread(w->db, &reply, "homes", &found, &known, &w->err));
	assert_int_equal(found, 0);
	reply.references = theirs;
	reply.n_references = 1;
	reply.from.address = "stranger@example.com";
	OK(rd_reading_find_thread(w->db, &reply, "code-2024", &found, &known, &w->err));
	assert_int_equal(found, case_id);
	assert_false(known);
	OK(rd_reading_find_thread(w->db, &reply, "homes", &found, &known, &w->err));
	assert_int_equal(found, 0);
	reply.report_ids = ours;
	reply.n_report_ids = 2;
	OK(rd_reading_find_reported(w->db, &reply, &reported, &w->err));
	assert_int_equal(reported, outbox_id);
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_reading_comes_back_as_it_was),
		T(erased_words_are_gone_and_keys_still_know_the_mail),
		T(no_other_table_holds_an_address),
		T(the_same_mail_twice_is_one_and_equal_words_are_two),
		T(threads_are_found_by_our_letters_and_their_mails),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
