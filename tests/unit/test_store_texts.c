/* Long texts in parts, pictures of texts, and how far a number's list was walked through. */
#include "support/store_world.h"

#include "redress/store/text_media.h"
#include "redress/store/text_parts.h"
#include "redress/store/text_poll.h"

#define FROM "+447700900001"

static enum rd_rc put_part(struct store_world *w, const char *id, const char *ref, int part,
	int n_parts, const char *words, int64_t now_ms, int64_t *ret_message)
{
	const struct rd_text_part given = {
		.text = { .source_id = w->numbers,
			.landlord = "code-2024",
			.provider_id = id,
			.from = FROM,
			.to = "+447700900000",
			.body = words,
			.body_len = strlen(words),
			.provider_ms = now_ms,
			.received_ms = now_ms,
			.first_seen_ms = now_ms },
		.ref = ref,
		.part = part,
		.n_parts = n_parts,
	};
	struct rd_tx *tx = NULL;
	OK(rd_tx_begin(w->db, &tx, &w->err));
	enum rd_rc rc = rd_text_part_put(tx, &given, w->arena, ret_message, &w->err);
	if (rc == RD_OK)
		rc = rd_tx_commit(&tx, &w->err);
	else
		rd_tx_rollback(&tx);
	return rc;
}

static struct rd_claimed the_text(struct store_world *w, int64_t now_ms)
{
	struct rd_claimed *items = NULL;
	int64_t next_ms = 0;
	assert_int_equal(world_claim(w, now_ms + 100000, &items, &next_ms), 1);
	return items[0];
}

static void parts_in_any_order_are_one_text(void **state)
{
	static const int orders[][3] = { { 1, 2, 3 }, { 3, 2, 1 }, { 2, 3, 1 }, { 1, 3, 2 },
		{ 3, 1, 2 }, { 2, 1, 3 } };
	static const char *const words[] = { "the ceiling is ", "coming down and ", "nobody came" };
	struct store_world *w = *state;
	for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
		int64_t message = 0;
		char id[16], ref[8];
		for (int k = 0; k < 3; k++) {
			int part = orders[i][k];
			snprintf(id, sizeof id, "V%zu-%d", i, part);
			snprintf(ref, sizeof ref, "%zu", i);
			int64_t now_ms = NOW_MS + (int64_t)i * 1000000 + k;
			OK(put_part(w, id, ref, part, 3, words[part - 1], now_ms, &message));
			assert_int_equal(message != 0, k == 2);
			/* The same once more, as a provider that heard no answer sends it. */
			FAILS(RD_E_EXISTS,
				put_part(w, id, ref, part, 3, words[part - 1], now_ms, &message));
		}
		struct rd_claimed text = the_text(w, NOW_MS + (int64_t)i * 1000000);
		assert_string_equal(text.text, "the ceiling is coming down and nobody came");
		assert_string_equal(text.from, FROM);
		assert_false(text.cut);
		assert_int_equal(text.received_ms, NOW_MS + (int64_t)i * 1000000);
		bool known = false;
		snprintf(id, sizeof id, "V%zu-2", i);
		OK(rd_text_known(w->db, w->numbers, id, &known, &w->err));
		assert_true(known);
	}
	int64_t left = 1;
	OK(rd_sql_int(w->db,
		"SELECT count(*) FROM text_part WHERE length(body) > 0 OR sender <> ''", RD_NO_ARGS,
		1, &left, &w->err));
	assert_int_equal(left, 0); /* words stand in the message alone */
}

static void a_part_that_stays_out_is_shown_as_missing(void **state)
{
	struct store_world *w = *state;
	int64_t message = 0, next_ms = 0;
	size_t n = 9;
	OK(put_part(w, "A1", "7", 1, 4, "one ", NOW_MS, &message));
	OK(put_part(w, "A3", "7", 3, 4, "three", NOW_MS + 1000, &message));
	OK(rd_text_parts_expire(
		w->db, NOW_MS + RD_TEXT_PART_WAIT_MS - 1, w->arena, &n, &next_ms, &w->err));
	assert_int_equal(n, 0);
	assert_int_equal(next_ms, NOW_MS + RD_TEXT_PART_WAIT_MS);
	OK(rd_text_parts_expire(
		w->db, NOW_MS + RD_TEXT_PART_WAIT_MS, w->arena, &n, &next_ms, &w->err));
	assert_int_equal(n, 1);
	assert_int_equal(next_ms, 0);
	struct rd_claimed text = the_text(w, NOW_MS + RD_TEXT_PART_WAIT_MS);
	assert_string_equal(text.text, "one [...]three[...]");
	assert_true(text.cut);
	/* What comes after that is a text of its own, and not lost either. */
	const int64_t later_ms = NOW_MS + 3600000;
	OK(put_part(w, "A2", "7", 2, 4, "two ", later_ms, &message));
	assert_int_equal(message, 0);
	OK(rd_text_parts_expire(
		w->db, later_ms + RD_TEXT_PART_WAIT_MS, w->arena, &n, &next_ms, &w->err));
	assert_int_equal(n, 1);
	text = the_text(w, later_ms + RD_TEXT_PART_WAIT_MS);
	assert_string_equal(text.text, "[...]two [...]");
	FAILS(RD_E_EXISTS, put_part(w, "A3", "7", 3, 4, "three", later_ms, &message));
}

static void parts_of_others_and_of_other_texts_are_kept_apart(void **state)
{
	struct store_world *w = *state;
	int64_t message = 0;
	OK(put_part(w, "A1", "7", 1, 2, "mould ", NOW_MS, &message));
	OK(put_part(w, "B1", "8", 1, 2, "the lift ", NOW_MS, &message));
	OK(put_part(w, "C1", "7", 1, 3, "x ", NOW_MS, &message));
	OK(put_part(w, "A2", "7", 2, 2, "again", NOW_MS, &message));
	assert_true(message != 0);
	assert_string_equal(the_text(w, NOW_MS).text, "mould again");
	FAILS(RD_E_INPUT, put_part(w, "D", "7", 4, 3, "x", NOW_MS, &message));
	FAILS(RD_E_INPUT, put_part(w, "D", "7", 1, 1, "x", NOW_MS, &message));
	FAILS(RD_E_INPUT, put_part(w, "D", "7", 1, 256, "x", NOW_MS, &message));
	OK(put_part(w, "D", "7", 255, 255, "x", NOW_MS, &message)); /* as many as a webhook takes */
}

/* A phone counts its references in one byte: a second long text may have the first one's. */
static void a_part_of_another_text_with_the_same_reference_is_left_alone(void **state)
{
	struct store_world *w = *state;
	const int64_t b_ms = NOW_MS + 100000; /* past the pause: not decided together */
	int64_t message = 0, next_ms = 0;
	size_t n = 9;
	OK(put_part(w, "A1", "7", 1, 2, "mould ", NOW_MS, &message));
	OK(put_part(w, "B1", "7", 1, 2, "the gas ", b_ms, &message));
	assert_int_equal(message, 0);
	OK(put_part(w, "A2", "7", 2, 2, "again", b_ms + 1000, &message));
	assert_true(message != 0);
	assert_string_equal(the_text(w, b_ms + 1000).text, "mould again");
	/* Its wait is its own. */
	OK(rd_text_parts_expire(
		w->db, NOW_MS + RD_TEXT_PART_WAIT_MS, w->arena, &n, &next_ms, &w->err));
	assert_int_equal(n, 0);
	assert_int_equal(next_ms, b_ms + RD_TEXT_PART_WAIT_MS);
	OK(put_part(w, "B2", "7", 2, 2, "smells", b_ms + 2000, &message));
	assert_true(message != 0);
	assert_string_equal(the_text(w, NOW_MS + 3600000).text, "the gas smells");
}

static void two_texts_with_one_reference_that_stay_unfinished_are_both_read(void **state)
{
	struct store_world *w = *state;
	const int64_t later_ms = NOW_MS + RD_TEXT_PART_WAIT_MS;
	struct rd_claimed *items = NULL;
	int64_t message = 0, next_ms = 0;
	size_t n = 9;
	OK(put_part(w, "A1", "7", 1, 2, "mould ", NOW_MS, &message));
	OK(put_part(w, "B1", "7", 1, 2, "the gas ", NOW_MS + 1, &message));
	OK(rd_text_parts_expire(w->db, later_ms, w->arena, &n, &next_ms, &w->err));
	assert_int_equal(n, 1);
	assert_int_equal(next_ms, later_ms + 1);
	OK(rd_text_parts_expire(w->db, later_ms + 1, w->arena, &n, &next_ms, &w->err));
	assert_int_equal(n, 1);
	assert_int_equal(next_ms, 0);
	assert_int_equal(world_claim(w, later_ms + 100000, &items, &next_ms), 2);
	assert_string_equal(items[0].text, "mould [...]");
	assert_string_equal(items[1].text, "the gas [...]");
}

static void a_picture_is_due_until_it_is_kept(void **state)
{
	struct store_world *w = *state;
	const int64_t message = world_put_text(w, "MM1", FROM, NOW_MS);
	struct rd_text_media *items;
	size_t n;
	TX(rd_text_media_put(tx, message, 1, "https://a/1", "image/jpeg", NOW_MS, &w->err));
	TX(rd_text_media_put(tx, message, 1, "https://a/1", "image/jpeg", NOW_MS, &w->err));
	TX(rd_text_media_put(tx, message, 2, "https://a/2", "image/png", NOW_MS, &w->err));
	OK(rd_text_media_due(w->db, w->numbers, NOW_MS, 10, w->arena, &items, &n, &w->err));
	assert_int_equal(n, 2);
	OK(rd_text_media_due(w->db, w->source, NOW_MS, 10, w->arena, &items, &n, &w->err));
	assert_int_equal(n, 0); /* another number's */
	OK(rd_text_media_due(w->db, w->numbers, NOW_MS, 1, w->arena, &items, &n, &w->err));
	TX(rd_text_media_keep(tx, items[0].id, "image/jpeg", "\xFF\xD8\0x", 4, &w->err));
	const void *bytes;
	size_t len;
	OK(rd_text_media_bytes(w->db, items[0].id, w->arena, &bytes, &len, &w->err));
	assert_int_equal(len, 4);
	assert_memory_equal(bytes, "\xFF\xD8\0x", 4);
	OK(rd_text_media_list(w->db, message, w->arena, &items, &n, &w->err));
	assert_int_equal(n, 2);
	assert_string_equal(items[0].state, "kept");
	assert_string_equal(items[0].url, "");
	assert_string_equal(items[1].state, "due");
	FAILS(RD_E_MISSING,
		rd_text_media_bytes(w->db, items[1].id, w->arena, &bytes, &len, &w->err));
}

static void a_picture_is_tried_for_hours_and_then_given_up(void **state)
{
	struct store_world *w = *state;
	const int64_t message = world_put_text(w, "MM1", FROM, NOW_MS);
	struct rd_text_media *items;
	size_t n = 0;
	int64_t now_ms = NOW_MS;
	bool given_up = false;
	TX(rd_text_media_put(tx, message, 1, "https://a/1", "image/jpeg", NOW_MS, &w->err));
	for (int try = 1; try <= RD_TEXT_MEDIA_TRIES_MAX; try++) {
		OK(rd_text_media_due(w->db, w->numbers, now_ms, 10, w->arena, &items, &n, &w->err));
		assert_int_equal(n, 1);
		TX(rd_text_media_failed(tx, &items[0], false, now_ms, &given_up, &w->err));
		assert_int_equal(given_up, try == RD_TEXT_MEDIA_TRIES_MAX);
		OK(rd_text_media_due(w->db, w->numbers, now_ms, 10, w->arena, &items, &n, &w->err));
		assert_int_equal(n, 0);
		now_ms += INT64_C(60000) << (try - 1);
	}
	OK(rd_text_media_due(w->db, w->numbers, now_ms * 2, 10, w->arena, &items, &n, &w->err));
	assert_int_equal(n, 0);
	assert_true(now_ms - NOW_MS > INT64_C(8) * 3600 * 1000);
}

static void a_walk_is_remembered(void **state)
{
	struct store_world *w = *state;
	struct rd_text_poll poll;
	bool known = true;
	OK(rd_text_poll_get(w->db, w->numbers, &poll, &w->err));
	assert_int_equal(poll.first_seen_ms, NOW_MS);
	assert_int_equal(poll.polled_ms, 0);
	TX(rd_text_poll_done(tx, w->numbers, NOW_MS + 5, &w->err));
	OK(rd_text_poll_get(w->db, w->numbers, &poll, &w->err));
	assert_int_equal(poll.polled_ms, NOW_MS + 5);
	OK(rd_text_known(w->db, w->numbers, "SM1", &known, &w->err));
	assert_false(known);
	world_put_text(w, "SM1", FROM, NOW_MS);
	OK(rd_text_known(w->db, w->numbers, "SM1", &known, &w->err));
	assert_true(known);
}

int main(void)
{
#define IN_A_STORE(test) cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		IN_A_STORE(parts_in_any_order_are_one_text),
		IN_A_STORE(a_part_that_stays_out_is_shown_as_missing),
		IN_A_STORE(parts_of_others_and_of_other_texts_are_kept_apart),
		IN_A_STORE(a_part_of_another_text_with_the_same_reference_is_left_alone),
		IN_A_STORE(two_texts_with_one_reference_that_stay_unfinished_are_both_read),
		IN_A_STORE(a_picture_is_due_until_it_is_kept),
		IN_A_STORE(a_picture_is_tried_for_hours_and_then_given_up),
		IN_A_STORE(a_walk_is_remembered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
