/* No secret stays behind in memory that was given up: this program looks at what it frees. */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "redress/base/buf.h"
#include "redress/wire/providers/json.h"
#include "redress/wire/sasl.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OTHERS_ALLOCATE 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OTHERS_ALLOCATE 1
#endif

#define SECRET "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg"
#define TIMES  40 /* long enough to grow several times */

static _Atomic int n_left; /* pieces of memory that were given up with it inside */

#ifndef OTHERS_ALLOCATE
void __libc_free(void *memory);
void *__libc_realloc(void *memory, size_t size);

static void look(void *memory)
{
	if (memory != NULL && memmem(memory, malloc_usable_size(memory), SECRET, strlen(SECRET)))
		n_left++;
}

void free(void *memory)
{
	look(memory);
	__libc_free(memory);
}

/* It may move what it grows. */
void *realloc(void *memory, size_t size)
{
	look(memory);
	return __libc_realloc(memory, size);
}
#endif

static void fill(struct rd_buf *buf)
{
	struct rd_err err = { 0 };

	for (int i = 0; i < TIMES; i++)
		assert_int_equal(rd_buf_printf(buf, &err, "%s ", SECRET), RD_OK);
	assert_int_equal(buf->len, TIMES * (strlen(SECRET) + 1));
	assert_memory_equal(
		buf->data + buf->len - strlen(SECRET) - 1, SECRET " ", strlen(SECRET) + 2);
}

static void a_buffer_for_a_secret_leaves_nothing_behind(void **state)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf buf = RD_BUF_SECRET(1u << 20);

	(void)state;
	n_left = 0;
	fill(&buf);
	rd_buf_clear(&buf);
	assert_int_equal(buf.data[1], 0);
	fill(&buf);
	rd_buf_free(&buf);
	assert_int_equal(n_left, 0);
}

/* That the look finds anything at all. */
static void another_buffer_would(void **state)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf buf = RD_BUF(1u << 20);

	(void)state;
	n_left = 0;
	fill(&buf);
	rd_buf_free(&buf);
#ifndef OTHERS_ALLOCATE
	assert_int_not_equal(n_left, 0);
#endif
}

static void a_login_leaves_nothing_behind(void **state)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf out = RD_BUF_SECRET(16384);
	struct rd_err err = { 0 };

	(void)state;
	n_left = 0;
	assert_int_equal(
		rd_sasl_xoauth2("homes@example.org", SECRET SECRET SECRET, &out, &err), RD_OK);
	assert_int_equal(rd_sasl_oauthbearer("homes@example.org", "imap.example.org", 993,
				 SECRET SECRET SECRET, &out, &err),
		RD_OK);
	assert_int_equal(n_left, 0);
}

static void an_answer_that_was_read_leaves_nothing_behind(void **state)
{
	static const char answer[] = "{\"access_token\":\"" SECRET "\",\"token_type\":\"Bearer\"}";
	json_error_t why;

	(void)state;
	rd_json_wipe_freed();
	n_left = 0;
	json_t *json = rd_json_read(answer, sizeof answer - 1, &why);
	assert_string_equal(rd_json_word(json, "access_token"), SECRET);
	rd_json_free(&json);
	assert_int_equal(n_left, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_buffer_for_a_secret_leaves_nothing_behind),
		cmocka_unit_test(another_buffer_would),
		cmocka_unit_test(a_login_leaves_nothing_behind),
		cmocka_unit_test(an_answer_that_was_read_leaves_nothing_behind),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
