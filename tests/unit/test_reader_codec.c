#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "redress/base/limits.h"
#include "redress/reader/codec.h"
#include "redress/reader/frame.h"
#include "redress/reader/reader.h"

static const struct rd_span spans[] = { { RD_SPAN_NEW, 0, 7 }, { RD_SPAN_QUOTED, 7, 12 } };
static const char *const to[] = { "repairs@example.org", "help@example.org" };
static const char *const references[] = { "a@example.com" };
static const struct rd_part parts[] = { { "mould.jpg", "image/jpeg", 12345, { 1, 2, 3 } } };
static const struct rd_hit hits[] = { { "fed-up", "Is fed up", "delays", "core.rules:7", "", 1.5,
	RD_WHERE_BODY, 0, 4, "", "", "2 words: again +0.3" } };
static const struct rd_hit suppressed[] = { { "says-complaint", "Says so", "", "core.rules:9",
	"code-2024", 0, RD_WHERE_SUBJECT, 0, 5, "not, 2 words before", "core.rules:12", "" } };
static const struct rd_address forwarded[] = { { "Ann", "ann@example.com" }, { "Al", "" } };
static const char *const topics[] = { "delays" };
static const char *const reasons[] = { "Two rules that differ" };

/* A mail with something in every field. The body has a character of two bytes at 2. */
static struct rd_message a_message(void)
{
	struct rd_message m = {
		.channel = RD_CHANNEL_EMAIL,
		.subject = "Mould",
		.subject_len = 5,
		.body = "ab\xc3\xa9 c\n> old",
		.body_len = 12,
		.spans = spans,
		.n_spans = 2,
		.nothing_new = false,
		.from = { "Asha", "asha@example.com" },
		.return_path = "asha@example.com",
		.message_id = "m1@example.com",
		.date_header = "Sun, 22 Nov 2026 10:00:00 +0000",
		.to = to,
		.n_to = 2,
		.references = references,
		.n_references = 1,
		.forwarded = forwarded,
		.n_forwarded = 2,
		.authentication = RD_AUTHENTICATION_FAILED,
		.automatic = { .list = true, .own_loop = "redress/test" },
		.trouble = { .no_text = true },
		.content_key = { 9, 8, 7 },
		.header_key = { 6, 5 },
		.parts = parts,
		.n_parts = 1,
	};

	return m;
}

static const char *const failed[] = { "chasing-again", "mould2" };
static const char *const off_rules[] = { "heavy" };

static struct rd_score a_score(void)
{
	struct rd_score s = {
		.kind = RD_COMPLAINT,
		.review = true,
		.total = 5.5,
		.totals = { [RD_COMPLAINT] = 5.5, [RD_OTHER] = -1 },
		.flags = { [RD_DAMP_MOULD] = true },
		.hits = hits,
		.n_hits = 1,
		.suppressed = suppressed,
		.n_suppressed = 1,
		.topics = topics,
		.n_topics = 1,
		.review_reasons = reasons,
		.n_review_reasons = 1,
		.failed_rules = failed,
		.n_failed_rules = 2,
		.off_rules = off_rules,
		.n_off_rules = 1,
		.request_below = 2,
		.complaint_from = 5,
		.nearest_change = "1 point less",
	};

	return s;
}

struct fixture {
	struct rd_arena *arena;
	struct rd_buf bytes;
};

static int make(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	if (f == NULL)
		return -1;
	f->arena = rd_arena_new(64u << 20);
	f->bytes = (struct rd_buf)RD_BUF(RD_ANSWER_BYTES_MAX);
	*state = f;
	return 0;
}

static int drop(void **state)
{
	struct fixture *f = *state;

	rd_arena_free(f->arena);
	rd_buf_free(&f->bytes);
	free(f);
	return 0;
}

static enum rd_rc through(struct fixture *f, const struct rd_message *m, const struct rd_score *s,
	struct rd_message *ret_m, struct rd_score *ret_s)
{
	struct rd_err err = { 0 };

	rd_arena_reset(f->arena);
	rd_buf_clear(&f->bytes);
	if (rd_reading_encode(m, s, &f->bytes, &err) != RD_OK)
		fail_msg("not encoded: %s", err.msg);
	return rd_reading_decode(f->bytes.data, f->bytes.len, f->arena, ret_m, ret_s, &err);
}

static void what_a_child_says_comes_out_as_it_went_in(void **state)
{
	struct rd_message in = a_message(), m;
	struct rd_score score = a_score(), s;

	assert_int_equal(through(*state, &in, &score, &m, &s), RD_OK);
	assert_int_equal(s.n_failed_rules, 2);
	assert_string_equal(s.failed_rules[0], "chasing-again");
	assert_string_equal(s.failed_rules[1], "mould2");
	assert_int_equal(s.n_off_rules, 1);
	assert_string_equal(s.off_rules[0], "heavy");
	assert_int_equal(m.channel, RD_CHANNEL_EMAIL);
	assert_string_equal(m.subject, "Mould");
	assert_int_equal(m.subject_len, 5);
	assert_string_equal(m.body, in.body);
	assert_int_equal(m.body_len, 12);
	assert_int_equal(m.n_spans, 2);
	assert_int_equal(m.spans[1].kind, RD_SPAN_QUOTED);
	assert_int_equal(m.spans[1].from, 7);
	assert_int_equal(m.spans[1].to, 12);
	assert_string_equal(m.from.name, "Asha");
	assert_string_equal(m.from.address, "asha@example.com");
	assert_string_equal(m.return_path, "asha@example.com");
	assert_string_equal(m.message_id, "m1@example.com");
	assert_string_equal(m.date_header, in.date_header);
	assert_int_equal(m.n_to, 2);
	assert_string_equal(m.to[1], "help@example.org");
	assert_int_equal(m.n_references, 1);
	assert_int_equal(m.n_report_ids, 0);
	assert_true(m.automatic.list && !m.automatic.auto_replied && m.trouble.no_text);
	assert_false(m.trouble.cut || m.automatic.from_redress);
	assert_string_equal(m.automatic.own_loop, "redress/test");
	assert_int_equal(m.authentication, RD_AUTHENTICATION_FAILED);
	assert_int_equal(m.n_forwarded, 2);
	assert_string_equal(m.forwarded[0].address, "ann@example.com");
	assert_string_equal(m.forwarded[1].name, "Al");
	assert_memory_equal(m.content_key, in.content_key, RD_SHA256_BYTES);
	assert_memory_equal(m.header_key, in.header_key, RD_SHA256_BYTES);
	assert_int_equal(m.n_parts, 1);
	assert_string_equal(m.parts[0].name, "mould.jpg");
	assert_int_equal(m.parts[0].size_bytes, 12345);
	assert_memory_equal(m.parts[0].sha256, parts[0].sha256, RD_SHA256_BYTES);
	assert_int_equal(s.kind, RD_COMPLAINT);
	assert_true(s.review && s.flags[RD_DAMP_MOULD] && !s.flags[RD_LEGAL]);
	assert_true(s.total >= 5.5 && s.total <= 5.5 && s.totals[RD_OTHER] <= -1);
	assert_int_equal(s.n_hits, 1);
	assert_string_equal(s.hits[0].place, "core.rules:7");
	assert_int_equal(s.hits[0].to, 4);
	assert_string_equal(s.suppressed[0].by, "not, 2 words before");
	assert_string_equal(s.suppressed[0].by_place, "core.rules:12");
	assert_string_equal(s.suppressed[0].layer, "code-2024");
	assert_string_equal(s.topics[0], "delays");
	assert_int_equal(s.n_marks, 0);
	assert_string_equal(s.review_reasons[0], "Two rules that differ");
	assert_string_equal(s.nearest_change, "1 point less");
}

static void an_answer_cut_anywhere_is_refused(void **state)
{
	struct fixture *f = *state;
	struct rd_message in = a_message(), m;
	struct rd_score score = a_score(), s;
	struct rd_err err = { 0 };

	assert_int_equal(through(f, &in, &score, &m, &s), RD_OK);
	for (size_t len = 0; len < f->bytes.len; len++) {
		char *exact = malloc(len + 1); /* so that reading beyond is seen */
		assert_non_null(exact);
		memcpy(exact, f->bytes.data, len);
		rd_arena_reset(f->arena);
		enum rd_rc rc = rd_reading_decode(exact, len, f->arena, &m, &s, &err);
		free(exact);
		if (rc != RD_E_INPUT)
			fail_msg("%zu of %zu bytes were taken for an answer", len, f->bytes.len);
	}
	assert_int_equal(rd_buf_add(&f->bytes, "x", 1, &err), RD_OK);
	assert_int_equal(
		rd_reading_decode(f->bytes.data, f->bytes.len, f->arena, &m, &s, &err), RD_E_INPUT);
}

/* Whatever is taken must be safe to use: every reader of it walks these. */
static void check_sound(const struct rd_message *m, const struct rd_score *s)
{
	uint32_t at = 0;

	assert_true(m->body_len <= RD_TEXT_BYTES_MAX && m->body[m->body_len] == '\0');
	for (size_t i = 0; i < m->n_spans; i++) {
		assert_true(m->spans[i].from == at && m->spans[i].to > at);
		assert_true(m->spans[i].kind <= RD_SPAN_LAST);
		at = m->spans[i].to;
	}
	assert_int_equal(at, m->body_len);
	assert_true(s->kind < RD_N_KINDS);
	assert_true(
		s->n_failed_rules <= RD_SCORE_RULES_MAX && s->n_off_rules <= RD_SCORE_RULES_MAX);
	for (size_t i = 0; i < s->n_failed_rules; i++)
		assert_true(s->failed_rules[i][0] >= 'a' && strlen(s->failed_rules[i]) <= 60);
	for (size_t i = 0; i < s->n_hits; i++) {
		uint32_t len = s->hits[i].where == RD_WHERE_BODY ? m->body_len : m->subject_len;
		assert_true(s->hits[i].from <= s->hits[i].to && s->hits[i].to <= len);
	}
	for (size_t i = 0; i < m->n_references; i++)
		assert_non_null(m->references[i]);
	assert_true(m->authentication <= RD_AUTHENTICATION_FAILED);
	for (size_t i = 0; i < m->n_forwarded; i++)
		assert_true(m->forwarded[i].name != NULL && m->forwarded[i].address != NULL);
}

static void a_changed_byte_is_refused_or_harmless(void **state)
{
	struct fixture *f = *state;
	struct rd_message in = a_message(), m;
	struct rd_score score = a_score(), s;
	struct rd_err err = { 0 };
	static const uint8_t values[] = { 0x00, 0x01, 0x02, 0x7f, 0x80, 0xc3, 0xff };
	size_t refused = 0;

	assert_int_equal(through(f, &in, &score, &m, &s), RD_OK);
	for (size_t i = 0; i < f->bytes.len; i++) {
		char kept = f->bytes.data[i];
		for (size_t v = 0; v < sizeof values; v++) {
			f->bytes.data[i] = (char)values[v];
			rd_arena_reset(f->arena);
			if (rd_reading_decode(
				    f->bytes.data, f->bytes.len, f->arena, &m, &s, &err) == RD_OK)
				check_sound(&m, &s);
			else
				refused++;
		}
		f->bytes.data[i] = kept;
	}
	assert_true(refused > f->bytes.len);
}

/* Each turns a right answer into a wrong one. */
static void body_is_latin1(struct rd_message *m, struct rd_score *s)
{
	(void)s;
	m->body = "ab\xe9\xe9 c\n> old";
}

static void body_has_nul(struct rd_message *m, struct rd_score *s)
{
	(void)s;
	m->body = "ab\0\0 c\n> old";
}

static void a_gap_between_spans(struct rd_message *m, struct rd_score *s)
{
	static const struct rd_span gap[] = { { RD_SPAN_NEW, 0, 7 } };

	(void)s;
	m->spans = gap;
	m->n_spans = 1;
}

static void an_empty_span(struct rd_message *m, struct rd_score *s)
{
	static const struct rd_span empty[] = { { RD_SPAN_NEW, 0, 7 }, { RD_SPAN_NEW, 7, 7 },
		{ RD_SPAN_NEW, 7, 12 } };

	(void)s;
	m->spans = empty;
	m->n_spans = 3;
}

static void a_span_that_cuts_a_character(struct rd_message *m, struct rd_score *s)
{
	static const struct rd_span cut[] = { { RD_SPAN_NEW, 0, 3 }, { RD_SPAN_NEW, 3, 12 } };

	(void)s;
	m->spans = cut;
	m->n_spans = 2;
}

static void a_span_beyond_the_body(struct rd_message *m, struct rd_score *s)
{
	static const struct rd_span beyond[] = { { RD_SPAN_NEW, 0, 13 } };

	(void)s;
	m->spans = beyond;
	m->n_spans = 1;
}

static void an_unknown_span(struct rd_message *m, struct rd_score *s)
{
	static const struct rd_span odd[] = { { (enum rd_span_kind)77, 0, 12 } };

	(void)s;
	m->spans = odd;
	m->n_spans = 1;
}

static void an_unknown_channel(struct rd_message *m, struct rd_score *s)
{
	(void)s;
	m->channel = (enum rd_channel)2;
}

static void an_unknown_kind(struct rd_message *m, struct rd_score *s)
{
	(void)m;
	s->kind = RD_N_KINDS;
}

static void a_total_that_is_no_number(struct rd_message *m, struct rd_score *s)
{
	(void)m;
	s->total = (double)__builtin_nan("");
}

static void a_total_without_end(struct rd_message *m, struct rd_score *s)
{
	(void)m;
	s->totals[RD_OTHER] = (double)__builtin_inf();
}

static void a_hit_beyond_the_body(struct rd_message *m, struct rd_score *s)
{
	static struct rd_hit beyond;

	(void)m;
	beyond = hits[0];
	beyond.to = 13;
	s->hits = &beyond;
}

static void a_hit_that_ends_before_it_begins(struct rd_message *m, struct rd_score *s)
{
	static struct rd_hit backwards;

	(void)m;
	backwards = hits[0];
	backwards.from = 5;
	s->hits = &backwards;
}

static void a_part_larger_than_any_mail(struct rd_message *m, struct rd_score *s)
{
	static struct rd_part large;

	(void)s;
	large = parts[0];
	large.size_bytes = (uint64_t)RD_MAIL_BYTES_MAX + 1;
	m->parts = &large;
}

static void a_subject_too_long(struct rd_message *m, struct rd_score *s)
{
	static char subject[RD_SUBJECT_BYTES_MAX + 2];

	(void)s;
	memset(subject, 'x', sizeof subject - 1);
	m->subject = subject;
	m->subject_len = RD_SUBJECT_BYTES_MAX + 1;
}

static void a_failed_rule_named_twice(struct rd_message *m, struct rd_score *s)
{
	static const char *const twice[] = { "heavy", "heavy" };

	(void)m;
	s->failed_rules = twice;
}

static void a_failed_rule_that_no_file_can_name(struct rd_message *m, struct rd_score *s)
{
	static const char *const odd[] = { "heavy", "x\",\"y" };

	(void)m;
	s->failed_rules = odd;
}

static void a_rule_without_a_name_that_is_off(struct rd_message *m, struct rd_score *s)
{
	static const char *const none[] = { "" };

	(void)m;
	s->off_rules = none;
}

static const struct {
	const char *why;
	void (*spoil)(struct rd_message *m, struct rd_score *s);
} lies[] = {
	{ "a body that is not UTF-8", body_is_latin1 },
	{ "a body with NUL in it", body_has_nul },
	{ "spans that leave something out", a_gap_between_spans },
	{ "a span of nothing", an_empty_span },
	{ "a span that cuts a character", a_span_that_cuts_a_character },
	{ "a span beyond the body", a_span_beyond_the_body },
	{ "a span of no known kind", an_unknown_span },
	{ "no known channel", an_unknown_channel },
	{ "no known kind", an_unknown_kind },
	{ "a total that is no number", a_total_that_is_no_number },
	{ "an infinite total", a_total_without_end },
	{ "a hit beyond the body", a_hit_beyond_the_body },
	{ "a hit that ends before it begins", a_hit_that_ends_before_it_begins },
	{ "a part larger than any mail", a_part_larger_than_any_mail },
	{ "a subject beyond its limit", a_subject_too_long },
	{ "a failed rule named twice", a_failed_rule_named_twice },
	{ "a failed rule that no file can name", a_failed_rule_that_no_file_can_name },
	{ "a rule without a name that is off", a_rule_without_a_name_that_is_off },
};

static void a_lie_is_refused_whole(void **state)
{
	for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
		struct rd_message in = a_message(), m = { .body_len = 77 };
		struct rd_score score = a_score(), s = { .n_hits = 77 };
		lies[i].spoil(&in, &score);
		if (through(*state, &in, &score, &m, &s) != RD_E_INPUT)
			fail_msg("%s was believed", lies[i].why);
		if (m.body_len != 77 || s.n_hits != 77)
			fail_msg("%s: the output was touched", lies[i].why);
	}
}

static void a_hit_inside_a_character_is_widened_to_it(void **state)
{
	struct rd_message in = a_message(), m;
	struct rd_score score = a_score(), s;
	struct rd_hit hit = hits[0];

	hit.from = 3;
	hit.to = 3;
	score.hits = &hit;
	assert_int_equal(through(*state, &in, &score, &m, &s), RD_OK);
	assert_int_equal(s.hits[0].from, 2);
	assert_int_equal(s.hits[0].to, 4);
}

static void an_arena_too_small_is_told_from_a_lie(void **state)
{
	struct fixture *f = *state;
	struct rd_message in = a_message(), m;
	struct rd_score score = a_score(), s;
	struct rd_err err = { 0 };
	struct rd_arena *small = rd_arena_new(200);

	assert_int_equal(through(f, &in, &score, &m, &s), RD_OK);
	enum rd_rc rc = rd_reading_decode(f->bytes.data, f->bytes.len, small, &m, &s, &err);
	rd_arena_free(small);
	assert_int_equal(rc, RD_E_RANGE);
}

static void the_largest_reading_fits(void **state)
{
	struct fixture *f = *state;
	struct rd_message in = a_message(), m;
	struct rd_score score = a_score(), s;
	char *body = calloc(1, RD_TEXT_BYTES_MAX + 1);
	struct rd_span *many = calloc(RD_TEXT_BYTES_MAX, sizeof *many);

	assert_true(body != NULL && many != NULL);
	memset(body, 'x', RD_TEXT_BYTES_MAX);
	for (uint32_t i = 0; i < RD_TEXT_BYTES_MAX; i++)
		many[i] = (struct rd_span){ RD_SPAN_NEW, i, i + 1 };
	in.body = body;
	in.body_len = RD_TEXT_BYTES_MAX;
	in.spans = many;
	in.n_spans = RD_TEXT_BYTES_MAX;
	enum rd_rc rc = through(f, &in, &score, &m, &s);
	free(body);
	free(many);
	assert_int_equal(rc, RD_OK);
	assert_true(rd_arena_used(f->arena) <= RD_READING_ARENA_BYTES);
}

static void a_rule_set_travels_under_its_name(void **state)
{
	struct fixture *f = *state;
	struct rd_rulefile items[] = { { "landlords/a.landlord", "Name: A\n", 8 },
		{ "core.rules", "Format: 1\n\0\xff", 12 } };
	static const char *const landlords[] = { "a", "code-2024" };
	static const struct rd_off_rule off_items[] = { { "a", "heavy" }, { "code-2024", "slow" } };
	const struct rd_off_rules off = { off_items, 2 };
	struct rd_rulefiles files;
	struct rd_child_setup setup;
	struct rd_err err = { 0 };

	assert_int_equal(rd_rulefiles_take(items, 2, &files, &err), RD_OK);
	assert_int_equal(rd_setup_encode(&files, landlords, 2, &off, &f->bytes, &err), RD_OK);
	assert_int_equal(
		rd_setup_decode(f->bytes.data, f->bytes.len, f->arena, &setup, &err), RD_OK);
	assert_string_equal(setup.files.sha256, files.sha256);
	assert_int_equal(setup.files.n_items, 2);
	assert_int_equal(setup.files.items[0].len, 12);
	assert_memory_equal(setup.files.items[0].bytes, "Format: 1\n\0\xff", 12);
	assert_int_equal(setup.n_landlords, 2);
	assert_string_equal(setup.landlords[1], "code-2024");
	assert_int_equal(setup.off.n, 2);
	assert_string_equal(setup.off.items[0].landlord, "a");
	assert_string_equal(setup.off.items[1].rule, "slow");
	for (size_t len = 0; len < f->bytes.len; len++) {
		rd_arena_reset(f->arena);
		assert_int_not_equal(
			rd_setup_decode(f->bytes.data, len, f->arena, &setup, &err), RD_OK);
	}
}

static void a_frame_head_is_ours_or_refused(void **state)
{
	uint8_t head[RD_FRAME_HEAD_BYTES], spoilt[RD_FRAME_HEAD_BYTES];
	static const struct {
		const char *why;
		size_t at;
		uint8_t value;
	} wrong[] = {
		{ "another magic", 0, 'X' },
		{ "another version", 1, 2 },
		{ "type nought", 2, 0 },
		{ "a type not yet known", 2, RD_FRAME_ANSWER + 1 },
		{ "something in the empty byte", 3, 1 },
		{ "more than is allowed", 7, 0xff },
	};
	enum rd_frame_type type;
	size_t len;

	(void)state;
	rd_frame_head(head, RD_FRAME_PIECE, 0x030201);
	assert_int_equal(rd_frame_head_read(head, 0x030201, &type, &len), 0);
	assert_int_equal(type, RD_FRAME_PIECE);
	assert_int_equal(len, 0x030201);
	assert_int_equal(rd_frame_head_read(head, 0x030200, &type, &len), -1);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		memcpy(spoilt, head, sizeof head);
		spoilt[wrong[i].at] = wrong[i].value;
		if (rd_frame_head_read(spoilt, RD_ANSWER_BYTES_MAX, &type, &len) != -1)
			fail_msg("%s was taken", wrong[i].why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_a_child_says_comes_out_as_it_went_in, make, drop),
		cmocka_unit_test_setup_teardown(an_answer_cut_anywhere_is_refused, make, drop),
		cmocka_unit_test_setup_teardown(a_changed_byte_is_refused_or_harmless, make, drop),
		cmocka_unit_test_setup_teardown(a_lie_is_refused_whole, make, drop),
		cmocka_unit_test_setup_teardown(
			a_hit_inside_a_character_is_widened_to_it, make, drop),
		cmocka_unit_test_setup_teardown(an_arena_too_small_is_told_from_a_lie, make, drop),
		cmocka_unit_test_setup_teardown(the_largest_reading_fits, make, drop),
		cmocka_unit_test_setup_teardown(a_rule_set_travels_under_its_name, make, drop),
		cmocka_unit_test(a_frame_head_is_ours_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
