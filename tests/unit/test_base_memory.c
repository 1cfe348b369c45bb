#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "redress/base/arena.h"
#include "redress/base/buf.h"
#include "redress/base/err.h"

static void a_buffer_stops_at_its_maximum_and_stays_as_it_was(void **state)
{
	struct rd_buf buf = RD_BUF(10);
	struct rd_err err = { 0 };

	(void)state;
	assert_string_equal(rd_buf_str(&buf), "");
	assert_int_equal(rd_buf_add_str(&buf, "12345", &err), RD_OK);
	assert_int_equal(rd_buf_printf(&buf, &err, "%d", 67890), RD_OK);
	assert_int_equal(buf.len, 10);
	assert_int_equal(rd_buf_add(&buf, "x", 1, &err), RD_E_RANGE);
	assert_int_equal(rd_buf_printf(&buf, &err, "%s", "x"), RD_E_RANGE);
	assert_int_equal(rd_buf_add(&buf, "x", SIZE_MAX, &err), RD_E_RANGE);
	assert_int_equal(rd_buf_add(&buf, NULL, 0, &err), RD_OK);
	assert_string_equal(rd_buf_str(&buf), "1234567890");
	rd_buf_clear(&buf);
	assert_string_equal(rd_buf_str(&buf), "");
	assert_int_equal(rd_buf_add_str(&buf, "again", &err), RD_OK);
	rd_buf_free(&buf);
	rd_buf_free(&buf);
	assert_null(buf.data);
}

static void a_buffer_grows_through_many_small_pieces(void **state)
{
	struct rd_buf buf = RD_BUF(100000);
	struct rd_err err = { 0 };

	(void)state;
	for (int i = 0; i < 100000; i++)
		assert_int_equal(rd_buf_add(&buf, &"abcdefghij"[i % 10], 1, &err), RD_OK);
	assert_int_equal(strlen(rd_buf_str(&buf)), 100000);
	assert_memory_equal(buf.data + 99990, "abcdefghij", 10);
	rd_buf_free(&buf);
}

static void an_arena_remembers_that_it_overflowed(void **state)
{
	struct rd_arena *arena = rd_arena_new(1000);

	(void)state;
	assert_non_null(rd_arena_alloc(arena, 900));
	assert_false(rd_arena_overflowed(arena));
	assert_null(rd_arena_alloc(arena, 200));
	assert_null(rd_arena_alloc(arena, 1));
	assert_true(rd_arena_overflowed(arena));
	rd_arena_reset(arena);
	assert_false(rd_arena_overflowed(arena));
	assert_null(rd_arena_array(arena, SIZE_MAX / 2, 4));
	assert_true(rd_arena_overflowed(arena));
	rd_arena_reset(arena);
	assert_null(rd_arena_copy(arena, "x", SIZE_MAX));
	rd_arena_free(arena);
	rd_arena_free(NULL);
}

static void arena_memory_is_zeroed_aligned_and_apart(void **state)
{
	struct rd_arena *arena = rd_arena_new(8u << 20);

	(void)state;
	for (int round = 0; round < 3; round++) {
		unsigned char *last = NULL;
		size_t last_size = 0;
		for (size_t size = 0; size < 3000; size += 7) {
			unsigned char *memory = rd_arena_alloc(arena, size);
			assert_non_null(memory);
			assert_int_equal((uintptr_t)memory % _Alignof(max_align_t), 0);
			for (size_t i = 0; i < size; i++)
				if (memory[i] != 0)
					fail_msg("round %d, size %zu: not zeroed", round, size);
			memset(memory, 0xff, size);
			assert_true(last == NULL || memory >= last + last_size || memory < last);
			last = memory;
			last_size = size;
		}
		assert_non_null(rd_arena_alloc(arena, 1u << 20));
		assert_true(rd_arena_used(arena) >= 1u << 20);
		rd_arena_reset(arena);
		assert_int_equal(rd_arena_used(arena), 0);
	}
	assert_string_equal(rd_arena_printf(arena, "%s-%d", "a", 7), "a-7");
	assert_string_equal(rd_arena_strdup(arena, "text"), "text");
	assert_memory_equal(rd_arena_copy(arena, "a\0b", 3), "a\0b", 4);
	rd_arena_cleanup(&arena);
	assert_null(arena);
}

static enum rd_rc tries(enum rd_rc rc)
{
	RD_TRY(rc);
	return RD_E_BUG;
}

static void an_error_keeps_its_code_and_gains_a_place(void **state)
{
	struct rd_err err = { 0 };
	char big[2 * RD_ERR_MAX];

	(void)state;
	assert_int_equal(rd_fail(&err, RD_E_INPUT, "no %s", "colon"), RD_E_INPUT);
	assert_int_equal(rd_fail_within(&err, "%s:%d", "core.rules", 7), RD_E_INPUT);
	assert_string_equal(err.msg, "core.rules:7: no colon");
	assert_int_equal(rd_fail(&err, RD_E_RANGE, "within: %s", err.msg), RD_E_RANGE);
	assert_string_equal(err.msg, "within: core.rules:7: no colon");
	memset(big, 'x', sizeof big);
	big[sizeof big - 1] = '\0';
	rd_fail(&err, RD_E_AGAIN, "%s", big);
	assert_int_equal(strlen(err.msg), RD_ERR_MAX - 1);
	assert_int_equal(rd_fail_within(&err, "%s", big), RD_E_AGAIN);
	assert_int_equal(strlen(err.msg), RD_ERR_MAX - 1);
	assert_int_equal(tries(RD_E_STORE), RD_E_STORE);
	assert_int_equal(tries(RD_OK), RD_E_BUG);
}

static void an_arena_goes_back_to_a_mark(void **state)
{
	struct rd_arena *arena = rd_arena_new(1 << 20);
	char *kept = rd_arena_strdup(arena, "kept");

	(void)state;
	for (int round = 0; round < 3; round++) {
		struct rd_arena_mark mark = rd_arena_mark(arena);
		size_t room = rd_arena_room(arena);
		for (size_t bytes = 1; !rd_arena_overflowed(arena); bytes *= 2) {
			char *memory = rd_arena_alloc(arena, bytes);
			if (memory != NULL)
				memset(memory, 'x', bytes);
		}
		assert_int_equal(rd_arena_room(arena), 0);
		rd_arena_back_to(arena, mark);
		assert_false(rd_arena_overflowed(arena));
		assert_int_equal(rd_arena_room(arena), room);
		assert_string_equal(kept, "kept");
		const char *zeroed = rd_arena_alloc(arena, 100);
		for (size_t i = 0; i < 100; i++)
			assert_int_equal(zeroed[i], 0);
	}
	rd_arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_buffer_stops_at_its_maximum_and_stays_as_it_was),
		cmocka_unit_test(a_buffer_grows_through_many_small_pieces),
		cmocka_unit_test(an_arena_remembers_that_it_overflowed),
		cmocka_unit_test(arena_memory_is_zeroed_aligned_and_apart),
		cmocka_unit_test(an_error_keeps_its_code_and_gains_a_place),
		cmocka_unit_test(an_arena_goes_back_to_a_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
