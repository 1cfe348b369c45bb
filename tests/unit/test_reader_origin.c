/* What is known of a mailbox, on its way to a child, and what a web form told, on its way back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "redress/reader/codec.h"

static struct rd_arena *arena;

static int begin(void **state)
{
	(void)state;
	arena = rd_arena_new(8u << 20);
	return 0;
}

static int end(void **state)
{
	(void)state;
	rd_arena_free(arena);
	return 0;
}

static const char *const servers[] = { "mx.example.org", "mx2.example.org" };
static const char *const senders[] = { "no-reply@landlord.example" };
static const struct rd_form_label labels[] = { { RD_PART_EMAIL, "E-mail" },
	{ RD_PART_WORDS, "Your message" } };
static const struct rd_origin origin = { RD_TRUST_NAMED, servers, 2, senders, 1, labels, 2 };

static struct rd_origin there_and_back(const struct rd_origin *o, struct rd_buf *bytes, bool *bad)
{
	struct rd_packer packer = { bytes, false };
	struct rd_unpacker unpacker;
	struct rd_origin back = { 0 };

	rd_origin_pack(&packer, o);
	assert_false(packer.full);
	unpacker = (struct rd_unpacker){ (const uint8_t *)bytes->data,
		(const uint8_t *)bytes->data + bytes->len, arena, false };
	rd_origin_unpack(&unpacker, &back);
	*bad = unpacker.bad || unpacker.at != unpacker.end;
	return back;
}

static void what_is_known_arrives_whole(void **state)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf bytes = RD_BUF(32u << 10);
	bool bad;
	const struct rd_origin back = there_and_back(&origin, &bytes, &bad);

	(void)state;
	assert_false(bad);
	assert_int_equal(back.trust, RD_TRUST_NAMED);
	assert_int_equal(back.n_trusted, 2);
	assert_string_equal(back.trusted[1], "mx2.example.org");
	assert_string_equal(back.form_senders[0], senders[0]);
	assert_int_equal(back.n_form_labels, 2);
	assert_int_equal(back.form_labels[1].field, RD_PART_WORDS);
	assert_string_equal(back.form_labels[1].label, "Your message");
}

static void nothing_known_is_nothing(void **state)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf bytes = RD_BUF(32u << 10);
	bool bad;
	const struct rd_origin back = there_and_back(NULL, &bytes, &bad);

	(void)state;
	assert_false(bad);
	assert_int_equal(back.trust, RD_TRUST_TOPMOST_DOUBTS);
	assert_int_equal(back.n_trusted + back.n_form_senders + back.n_form_labels, 0);
}

static void what_is_cut_or_wrong_is_refused(void **state)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf bytes = RD_BUF(32u << 10);
	struct rd_origin back;
	bool bad;

	(void)state;
	(void)there_and_back(&origin, &bytes, &bad);
	for (size_t len = 0; len < bytes.len; len++) {
		struct rd_unpacker u = { (const uint8_t *)bytes.data,
			(const uint8_t *)bytes.data + len, arena, false };

		rd_origin_unpack(&u, &back);
		assert_true(u.bad);
	}
	bytes.data[0] = RD_N_RESULTS_OF;
	struct rd_unpacker u = { (const uint8_t *)bytes.data,
		(const uint8_t *)bytes.data + bytes.len, arena, false };
	rd_origin_unpack(&u, &back);
	assert_true(u.bad);
}

static void what_a_form_told_comes_back(void **state)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf bytes = RD_BUF(1u << 20);
	static const struct rd_span spans[] = { { RD_SPAN_FORM, 0, 3 }, { RD_SPAN_NEW, 3, 5 } };
	const struct rd_message m = { .channel = RD_CHANNEL_EMAIL,
		.subject = "",
		.body = "a: bc",
		.body_len = 5,
		.spans = spans,
		.n_spans = 2,
		.by_form = true,
		.form = { senders[0], "07700 900123", "1 High Street" },
		.from = { "Ada", "ada@example.org" },
		.return_path = "",
		.message_id = "",
		.date_header = "",
		.automatic = { .own_loop = "" } };
	struct rd_message back;
	struct rd_err err = { 0 };

	(void)state;
	assert_int_equal(rd_message_encode(&m, &bytes, &err), RD_OK);
	assert_int_equal(rd_message_decode(bytes.data, bytes.len, arena, &back, &err), RD_OK);
	assert_true(back.by_form);
	assert_string_equal(back.form.sender, senders[0]);
	assert_string_equal(back.form.phone, "07700 900123");
	assert_string_equal(back.form.address, "1 High Street");
	assert_int_equal(back.spans[0].kind, RD_SPAN_FORM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_known_arrives_whole),
		cmocka_unit_test(nothing_known_is_nothing),
		cmocka_unit_test(what_is_cut_or_wrong_is_refused),
		cmocka_unit_test(what_a_form_told_comes_back),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
