/* raw_mail: a mail's bytes, put together and read; what comes out must be sound. */
#ifndef REDRESS_SUPPORT_RAW_MAIL_H
#define REDRESS_SUPPORT_RAW_MAIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "redress/base/arena.h"
#include "redress/base/buf.h"
#include "redress/base/limits.h"
#include "redress/message/charset.h"
#include "redress/message/mime.h"

/* What a mail of anybody's begins with. */
#define FROM_JO                                                                                    \
	"From: Jo Field <Jo@EXAMPLE.org>\nMessage-ID: <1@example.org>\nDate: Mon, 2 Nov 2026 "     \
	"10:15:00 +0000\n"

struct raw_mail {
	struct rd_arena *arena;
	struct rd_buf raw;
};

static inline int raw_mail_set_up(void **state)
{
	static struct raw_mail f;

	rd_mime_init();
	f.arena = rd_arena_new(RD_MIME_ARENA_BYTES);
	f.raw = (struct rd_buf)RD_BUF(16u << 20);
	*state = &f;
	return 0;
}

static inline int raw_mail_tear_down(void **state)
{
	struct raw_mail *f = *state;

	rd_arena_free(f->arena);
	rd_buf_free(&f->raw);
	return 0;
}

static inline int raw_mail_clear(void **state)
{
	struct raw_mail *f = *state;

	rd_arena_reset(f->arena);
	rd_buf_clear(&f->raw);
	return 0;
}

static inline void raw_mail_add(struct raw_mail *f, const char *text, size_t times)
{
	struct rd_err err = { 0 };

	for (size_t i = 0; i < times; i++)
		assert_int_equal(rd_buf_add_str(&f->raw, text, &err), RD_OK);
}

/* What every message that comes out must hold. */
static inline void raw_mail_check_sound(const struct rd_message *m)
{
	uint32_t at = 0;

	assert_int_equal(rd_utf8_valid(m->body, m->body_len), m->body_len);
	assert_int_equal(strlen(m->body), m->body_len);
	assert_int_equal(rd_utf8_valid(m->subject, m->subject_len), m->subject_len);
	assert_int_equal(strlen(m->subject), m->subject_len);
	for (size_t i = 0; i < m->n_spans; i++) {
		assert_int_equal(m->spans[i].from, at);
		assert_true(m->spans[i].to > at);
		at = m->spans[i].to;
	}
	assert_int_equal(at, m->body_len);
	assert_non_null(m->from.address);
	assert_non_null(m->from.name);
	assert_non_null(m->return_path);
	assert_non_null(m->automatic.own_loop);
	assert_true(m->n_parts <= RD_PARTS_MAX);
	assert_true(m->n_references <= RD_REFERENCES_MAX);
}

static inline struct rd_message raw_mail_read(struct raw_mail *f, const void *raw, size_t len)
{
	struct rd_message message = { 0 };
	struct rd_err err = { 0 };

	if (rd_mime_parse(raw, len, false, f->arena, &message, &err) != RD_OK)
		fail_msg("%s", err.msg);
	raw_mail_check_sound(&message);
	return message;
}

static inline struct rd_message raw_mail_read_text(struct raw_mail *f, const char *raw)
{
	return raw_mail_read(f, raw, strlen(raw));
}

/* A test that begins with an empty arena and no bytes. */
#define raw_mail_test(f) cmocka_unit_test_setup(f, raw_mail_clear)

#endif
