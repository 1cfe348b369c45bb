/* What a webhook of ours says, its signature and its schedule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "redress/deliver/hook_message.h"

/* standard-webhooks, libraries/python/tests/test_webhooks.py */
#define SECRET	  "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define ID	  "msg_p5jXN8AQM9LWM0D4loKWxJek"
#define TIMESTAMP 1614265330
#define BODY	  "{\"test\": 2432232314}"
#define SIGNATURE "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

static struct rd_hook_key key_of(const char *secret)
{
	struct rd_hook_key key = { .len = 0 };
	struct rd_err err = { 0 };

	assert_int_equal(rd_hook_key_read(secret, &key, &err), RD_OK);
	return key;
}

static const char *sign(const struct rd_hook_key *key, const char *id, int64_t timestamp,
	const char *body, char out[static RD_HOOK_SIGNATURE_MAX])
{
	rd_hook_sign(key, 1, id, timestamp, body, strlen(body), out);
	return out;
}

static void the_published_vector_is_signed_as_published(void **state)
{
	const struct rd_hook_key key = key_of(SECRET);
	char out[RD_HOOK_SIGNATURE_MAX];

	(void)state;
	assert_string_equal(sign(&key, ID, TIMESTAMP, BODY, out), SIGNATURE);
}

static void one_byte_flipped_signs_otherwise(void **state)
{
	const struct rd_hook_key right = key_of(SECRET);
	char out[RD_HOOK_SIGNATURE_MAX], id[] = ID, body[] = BODY;

	(void)state;
	for (size_t i = 0; i < right.len; i++) {
		struct rd_hook_key key = right;
		key.bytes[i] ^= 1;
		assert_string_not_equal(sign(&key, ID, TIMESTAMP, BODY, out), SIGNATURE);
	}
	for (size_t i = 0; i < strlen(id); i++) {
		id[i] ^= 1;
		assert_string_not_equal(sign(&right, id, TIMESTAMP, BODY, out), SIGNATURE);
		id[i] ^= 1;
	}
	for (size_t i = 0; i < strlen(body); i++) {
		body[i] ^= 1;
		assert_string_not_equal(sign(&right, ID, TIMESTAMP, body, out), SIGNATURE);
		body[i] ^= 1;
	}
	assert_string_not_equal(sign(&right, ID, TIMESTAMP + 1, BODY, out), SIGNATURE);
	assert_string_equal(sign(&right, id, TIMESTAMP, body, out), SIGNATURE);
}

static void two_secrets_sign_both_while_they_change(void **state)
{
	const struct rd_hook_key keys[2] = { key_of("whsec_"
						    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
		key_of(SECRET) };
	char out[RD_HOOK_SIGNATURE_MAX], alone[RD_HOOK_SIGNATURE_MAX];

	(void)state;
	rd_hook_sign(keys, 2, ID, TIMESTAMP, BODY, strlen(BODY), out);
	const char *second = strchr(out, ' ');
	assert_non_null(second);
	assert_string_equal(second + 1, SIGNATURE);
	sign(&keys[0], ID, TIMESTAMP, BODY, alone);
	assert_int_equal(strncmp(out, alone, strlen(alone)), 0);
}

static void what_is_no_secret_is_refused(void **state)
{
	static const char *const wrong[] = {
		"", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_",
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS!",
		"whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", /* 23 bytes */
		"whsec_"
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		"AAAAA=", /* 65 */
	};
	struct rd_hook_key key;
	struct rd_err err = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		assert_int_equal(rd_hook_key_read(wrong[i], &key, &err), RD_E_INPUT);
		assert_null(strstr(err.msg, "MfKQ"));
	}
}

static void an_event_is_told_thin(void **state)
{
	const struct rd_case_event event = { .number = 7,
		.case_id = 100001,
		.at_ms = INT64_C(1780000000000),
		.event = RD_CASE_ASSIGNED,
		.id = "evt_0123456789abcdef0123456789abcdef",
		.reference = "RD100001-K7QF",
		.landlord = "code-2024",
		.kind = RD_COMPLAINT,
		.stage = RD_STAGE_1,
		.status = RD_STATUS_OPEN,
		.received_ms = INT64_C(1780000000000),
		.opened_ms = INT64_C(1780000000000),
		.next_clock = "stage1.respond",
		.next_due = { 2026, 6, 12 } };
	struct rd_arena *arena = rd_arena_new(1u << 16);

	(void)state;
	assert_string_equal(rd_hook_body(&event, "front-desk", arena),
		"{\"specversion\":\"1.0\",\"id\":\"evt_0123456789abcdef0123456789abcdef\","
		"\"source\":\"/redress/front-desk\",\"type\":\"redress.case.assigned\","
		"\"subject\":\"RD100001-K7QF\",\"time\":\"2026-05-28T21:26:40+01:00\","
		"\"timestamp\":\"2026-05-28T21:26:40+01:00\","
		"\"datacontenttype\":\"application/json\",\"data\":{\"event\":\"assigned\","
		"\"ref\":\"RD100001-K7QF\",\"landlord\":\"code-2024\",\"kind\":\"complaint\","
		"\"stage\":\"stage1\",\"status\":\"open\","
		"\"received\":\"2026-05-28T21:26:40+01:00\","
		"\"opened\":\"2026-05-28T21:26:40+01:00\",\"acknowledged\":null,"
		"\"answered\":null,\"closed\":null,"
		"\"next_due\":{\"clock\":\"stage1.respond\",\"due\":\"2026-06-12\"}}}");
	rd_arena_free(arena);
}

static void the_schedule_is_kept_and_spread(void **state)
{
	static const int64_t seconds[] = { 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400 };

	(void)state;
	for (int attempt = 1; attempt < RD_HOOK_ATTEMPTS; attempt++) {
		const int64_t wait_ms = seconds[attempt - 1] * 1000;
		assert_int_equal(rd_hook_wait_ms(attempt, 0), wait_ms);
		const int64_t latest_ms = rd_hook_wait_ms(attempt, UINT32_MAX);
		assert_true(latest_ms > wait_ms + wait_ms / 6);
		assert_true(latest_ms <= wait_ms + wait_ms / 5);
	}
	assert_int_equal(rd_hook_wait_ms(RD_HOOK_ATTEMPTS, 0), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_published_vector_is_signed_as_published),
		cmocka_unit_test(one_byte_flipped_signs_otherwise),
		cmocka_unit_test(two_secrets_sign_both_while_they_change),
		cmocka_unit_test(what_is_no_secret_is_refused),
		cmocka_unit_test(an_event_is_told_thin),
		cmocka_unit_test(the_schedule_is_kept_and_spread),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
