#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include "redress/base/arena.h"
#include "redress/base/buf.h"
#include "redress/base/limits.h"
#include "redress/message/plain.h"
#include "redress/message/reference.h"
#include "redress/message/sms.h"

struct fixture {
	struct rd_arena *arena;
	struct rd_buf text;
};

static int set_up(void **state)
{
	static struct fixture f;

	f.arena = rd_arena_new(1u << 20);
	f.text = (struct rd_buf)RD_BUF(1u << 16);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	rd_arena_free(f->arena);
	rd_buf_free(&f->text);
	return 0;
}

static void add(struct fixture *f, const char *piece, int times)
{
	struct rd_err err = { 0 };

	for (int i = 0; i < times; i++)
		assert_int_equal(rd_buf_add_str(&f->text, piece, &err), RD_OK);
}

static void texts_are_counted_in_parts(void **state)
{
	/* before, times, after, times after */
	static const struct {
		const char *why, *a;
		int n_a;
		const char *b;
		int n_b;
		const char *c;
		int n_c;
		unsigned parts;
		bool gsm7;
	} rows[] = {
		{ "nothing is no part", "", 0, "", 0, "", 0, 0, true },
		{ "160 septets fill one part", "à", 160, "", 0, "", 0, 1, true },
		{ "one more makes two", "à", 161, "", 0, "", 0, 2, true },
		{ "2 x 153", "à", 306, "", 0, "", 0, 2, true },
		{ "2 x 153 + 1", "à", 307, "", 0, "", 0, 3, true },
		{ "Notify's limit", "à", 918, "", 0, "", 0, 6, true },
		{ "70 units of UCS-2", "ÿ", 70, "", 0, "", 0, 1, false },
		{ "71 units", "ÿ", 71, "", 0, "", 0, 2, false },
		{ "2 x 67", "ÿ", 134, "", 0, "", 0, 2, false },
		{ "2 x 67 + 1", "ÿ", 135, "", 0, "", 0, 3, false },
		{ "an extension character is two septets", "^", 80, "", 0, "", 0, 1, true },
		{ "81 of them do not fit", "^", 81, "", 0, "", 0, 2, true },
		{ "158 + 2", "a", 158, "|", 1, "", 0, 1, true },
		{ "159 + 2", "a", 159, "|", 1, "", 0, 2, true },
		{ "304 + 2 = 2 x 153", "a", 304, "[", 1, "", 0, 2, true },
		{ "304 + 4", "a", 304, "[", 1, "]", 1, 3, true },
		{ "a pictograph is two units", "😜", 1, "a", 68, "", 0, 1, false },
		{ "2 + 69 units", "😜", 1, "a", 69, "", 0, 2, false },
		{ "an escape pair is never split", "a", 152, "€", 1, "a", 152, 3, true },
		{ "a surrogate pair is never split", "ÿ", 66, "😜", 1, "ÿ", 66, 3, false },
		{ "small c with cedilla is not GSM", "ç", 70, "", 0, "", 0, 1, false },
		{ "capital one is", "Ç", 160, "", 0, "", 0, 1, true },
		{ "a backtick is not GSM", "`", 71, "", 0, "", 0, 2, false },
		{ "line ends count one", "a\n", 80, "", 0, "", 0, 1, true },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_sms_size size;

		rd_buf_clear(&f->text);
		add(f, rows[i].a, rows[i].n_a);
		add(f, rows[i].b, rows[i].n_b);
		add(f, rows[i].c, rows[i].n_c);
		size = rd_sms_size(rd_buf_str(&f->text), f->text.len);
		if (size.parts != rows[i].parts || size.gsm7 != rows[i].gsm7)
			fail_msg("%s: %u parts, gsm7 %d", rows[i].why, size.parts, size.gsm7);
	}
}

static void numbers_of_one_phone_are_one(void **state)
{
	static const struct {
		const char *why, *in, *out;
		bool phone;
	} rows[] = {
		{ "as people write it", "07700 900123", "+447700900123", true },
		{ "as Notify writes it", "447700900123", "+447700900123", true },
		{ "E.164", "+447700900123", "+447700900123", true },
		{ "on a letterhead", "+44 (0)7700 900123", "+447700900123", true },
		{ "dialled from abroad", "0044 7700 900123", "+447700900123", true },
		{ "dashes and dots", "07700-900.123", "+447700900123", true },
		{ "blanks around", "  07700900123\n", "+447700900123", true },
		{ "ten digits in all, as some landlines have", "0770 090 012", "+44770090012",
			true },
		{ "another country's", "+353 7700 900123", "+3537700900123", true },
		{ "a short code", "60022", "60022", false },
		{ "a name", "HomeFirst", "HomeFirst", false },
		{ "a name with figures", "4REPAIRS", "4REPAIRS", false },
		{ "nothing", "", "", false },
		{ "too long for E.164", "+4477009001234567", "+4477009001234567", false },
		{ "two plus signs", "++447700900123", "++447700900123", false },
	};
	char out[RD_PHONE_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		bool phone = rd_phone_canonical(rows[i].in, out);

		if (phone != rows[i].phone || strcmp(out, rows[i].out) != 0)
			fail_msg("%s: %s -> %s (%d)", rows[i].why, rows[i].in, out, phone);
	}
	assert_true(rd_phone_is_uk_mobile("+447700900123"));
	assert_false(rd_phone_is_uk_mobile("+3537700900123"));
	assert_false(rd_phone_is_uk_mobile("60022"));
}

static void only_whole_messages_are_words(void **state)
{
	static const struct {
		const char *text;
		enum rd_bare_word word;
	} rows[] = {
		{ "STOP", RD_WORD_OPT_OUT },
		{ " stop \n", RD_WORD_OPT_OUT },
		{ "Stop.", RD_WORD_OPT_OUT },
		{ "STOPALL", RD_WORD_OPT_OUT },
		{ "unsubscribe", RD_WORD_OPT_OUT },
		{ "END", RD_WORD_OPT_OUT },
		{ "Quit", RD_WORD_OPT_OUT },
		{ "cancel", RD_WORD_OPT_OUT },
		{ "REVOKE", RD_WORD_OPT_OUT },
		{ "OPTOUT", RD_WORD_OPT_OUT },
		{ "opt-out", RD_WORD_OPT_OUT },
		{ "ARRET", RD_WORD_OPT_OUT },
		{ "TD", RD_WORD_OPT_OUT },
		{ "remove", RD_WORD_OPT_OUT },
		{ "START", RD_WORD_OPT_IN },
		{ "yes", RD_WORD_OPT_IN },
		{ "Unstop.", RD_WORD_OPT_IN },
		{ "COMPLAINT", RD_WORD_COMPLAINT },
		{ "complaint!!", RD_WORD_COMPLAINT },
		{ "\"Complaint\"", RD_WORD_COMPLAINT },
		{ " (Complaint.) ", RD_WORD_COMPLAINT },
		{ "STOP PLEASE", RD_WORD_NONE },
		{ "stop sending me letters", RD_WORD_NONE },
		{ "cancel my repair", RD_WORD_NONE },
		{ "complaint about my neighbour", RD_WORD_NONE },
		{ "no complaint", RD_WORD_NONE },
		{ "yes please", RD_WORD_NONE },
		{ "STOP?", RD_WORD_NONE },
		{ "", RD_WORD_NONE },
		{ " \n", RD_WORD_NONE },
		{ ".", RD_WORD_NONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rd_bare_word(rows[i].text, strlen(rows[i].text)) != rows[i].word)
			fail_msg("\"%s\"", rows[i].text);
}

static void a_mail_answers_with_a_word_above_our_letter(void **state)
{
	struct fixture *f = *state;
	struct rd_message message = { 0 };
	struct rd_err err = { 0 };
	static const char body[] =
		"Complaint\n\nOn Mon, 2 Nov 2026 at 10:15, Repairs <repairs@example.org> wrote:\n"
		"> Our reference: RD100001-K7QF\n> Reply COMPLAINT to ...\n"
		"> End of letter RD100001-K7QF\n";
	struct rd_plain plain = {
		.channel = RD_CHANNEL_EMAIL, .body = body, .body_len = sizeof body - 1
	};

	assert_int_equal(rd_plain_message(&plain, f->arena, &message, &err), RD_OK);
	assert_int_equal(rd_message_word(&message), RD_WORD_COMPLAINT);
}

static void a_text_is_all_new(void **state)
{
	struct fixture *f = *state;
	struct rd_message message = { 0 };
	struct rd_err err = { 0 };
	static const char body[] = "> On Mon you wrote:\nno heating\n-- \nsigned";

	assert_int_equal(
		rd_sms_message("07700 900123", body, strlen(body), f->arena, &message, &err),
		RD_OK);
	assert_int_equal(message.channel, RD_CHANNEL_SMS);
	assert_string_equal(message.from.address, "+447700900123");
	assert_string_equal(message.body, body);
	assert_int_equal(message.n_spans, 1);
	assert_int_equal(message.spans[0].kind, RD_SPAN_NEW);
	assert_int_equal(message.spans[0].to, strlen(body));
	assert_false(message.nothing_new);
	assert_false(rd_message_troubled(&message));
}

static void a_text_too_long_or_not_utf8_is_told(void **state)
{
	struct fixture *f = *state;
	struct rd_message message = { 0 };
	struct rd_err err = { 0 };

	add(f, "aé", (int)(RD_SMS_BYTES_MAX / 3) + 10);
	assert_int_equal(
		rd_sms_message("60022", f->text.data, f->text.len, f->arena, &message, &err),
		RD_OK);
	assert_true(message.trouble.text_truncated);
	assert_true(message.body_len <= RD_SMS_BYTES_MAX);
	assert_string_equal(message.from.address, "60022");
	assert_int_equal(
		rd_sms_message("60022", "caf\xE9 mould", 10, f->arena, &message, &err), RD_OK);
	assert_true(message.trouble.bad_charset);
	assert_string_equal(message.body, "café mould");
	assert_int_equal(rd_sms_message("", "", 0, f->arena, &message, &err), RD_OK);
	assert_int_equal(message.n_spans, 0);
}

static void references_are_found_as_people_write_them(void **state)
{
	static const uint8_t key[RD_REFERENCE_KEY_BYTES] = "a key for this test alone";
	struct rd_found_reference found[RD_REFERENCES_FOUND_MAX];
	char reference[RD_REFERENCE_MAX], text[128], lower[RD_REFERENCE_MAX];

	(void)state;
	for (int64_t number = 100001; number < 100201; number++) {
		size_t n = 0;

		rd_reference_format(number, key, reference);
		assert_int_equal(strlen(reference), strlen("RD100001-K7QF"));
		for (size_t i = 0; reference[i] != '\0'; i++)
			lower[n++] = reference[i] >= 'A' && reference[i] <= 'Z'
					     ? (char)(reference[i] + 32)
					     : reference[i];
		lower[n] = '\0';
		snprintf(text, sizeof text, "my case %s, %s. RD %.6s %s", reference, lower,
			reference + 2, reference + 9);
		assert_int_equal(rd_references_find(text, strlen(text), found), 1);
		assert_int_equal(found[0].number, number);
		assert_true(rd_reference_right(&found[0], key));
		snprintf(text, sizeof text, "%.8s%s", reference, reference + 9);
		assert_int_equal(rd_references_find(text, strlen(text), found), 1);
		assert_true(rd_reference_right(&found[0], key));
		found[0].check[0] = found[0].check[0] == '2' ? '3' : '2';
		assert_false(rd_reference_right(&found[0], key));
		found[0].number++;
		assert_false(rd_reference_right(&found[0], key));
	}
}

static void other_words_are_no_references(void **state)
{
	static const char *const rows[] = { "", "RD", "RD123456", "RD12345-K7QF", "CARD123456-K7QF",
		"RD123456-K7Q", "RD123456-K7QFX", "RD123456-K7QI", "RD1234567890123456-K7QF",
		"3rd 123456" };
	struct rd_found_reference found[RD_REFERENCES_FOUND_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rd_references_find(rows[i], strlen(rows[i]), found) != 0)
			fail_msg("%s", rows[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_counted_in_parts),
		cmocka_unit_test(numbers_of_one_phone_are_one),
		cmocka_unit_test(only_whole_messages_are_words),
		cmocka_unit_test(a_mail_answers_with_a_word_above_our_letter),
		cmocka_unit_test(a_text_is_all_new),
		cmocka_unit_test(a_text_too_long_or_not_utf8_is_told),
		cmocka_unit_test(references_are_found_as_people_write_them),
		cmocka_unit_test(other_words_are_no_references),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
