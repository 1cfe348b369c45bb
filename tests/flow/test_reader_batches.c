/* What a batch of messages is read into: by which rules, out of what, and what ends it early. */
#include "support/reader_world.h"

#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "redress/base/limits.h"
#include "redress/base/thread.h"
#include "redress/reader/codec.h"

static const char rules_two[] = "Ruleset: core\nRequest below: 2.0\nComplaint from: 3.5\n"
				"\n"
				"Rule: fed-up\nMeans: Is fed up\nTopic: how we treated you\n"
				"Group: feelings\nPoints: 1\nPhrase: fed up\n"
				"Must match: I am fed up\nMust not match: I am well\n";
static const char rules_bad[] = "Ruleset: core\nRequest below: 2.0\nComplaint from: 3.5\n"
				"\n"
				"Rule: fed-up\nPionts: 1\nPhrase: fed up\n";

static void mails_and_texts_are_read_in_the_order_asked(void **state)
{
	struct fixture *f = *state;

	add_good(f, N_GOOD);
	add_raw(f, RD_CHANNEL_SMS, "so fed up w this", 16);
	read_all(f);
	for (size_t i = 0; i < N_GOOD; i++)
		check_good(f, i);
	const struct rd_reading *text = &f->readings[N_GOOD];
	assert_int_equal(text->end, RD_READ);
	assert_int_equal(text->message.channel, RD_CHANNEL_SMS);
	assert_string_equal(text->message.body, "so fed up w this");
	assert_string_equal(text->message.from.address, "+447700900123");
	assert_int_equal(text->score.kind, RD_COMPLAINT);
	assert_memory_equal(text->ruleset, "sha256:", 7);
}

static const struct {
	const char *charset, *raw, *text;
} charsets[] = {
	{ "ISO-2022-JP", "\x1b$B%+%S\x1b(B", "\xe3\x82\xab\xe3\x83\x93" },
	{ "windows-1252",
		"caf\xe9 \x80"
		"5",
		"caf\xc3\xa9 \xe2\x82\xac"
		"5" },
	{ "KOI8-R", "\xd3\xd9\xd2\xcf\xd3\xd4\xd8",
		"\xd1\x81\xd1\x8b\xd1\x80\xd0\xbe\xd1\x81\xd1\x82\xd1\x8c" },
	{ "GB18030", "\xb7\xa2\xc3\xb9", "\xe5\x8f\x91\xe9\x9c\x89" },
};

#define N_CHARSETS (sizeof charsets / sizeof charsets[0])

static void charsets_are_decoded_behind_the_seal(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < N_CHARSETS; i++) {
		char head[128];
		snprintf(head, sizeof head, "Content-Type: text/plain; charset=%s\r\n",
			charsets[i].charset);
		add_mail(f, head, charsets[i].raw);
	}
	add_mail(f, "Content-Type: text/plain; charset=x-never-heard-of\r\n", "plain");
	read_all(f);
	for (size_t i = 0; i < N_CHARSETS; i++) {
		if (f->readings[i].end != RD_READ)
			fail_msg("%s: %s", charsets[i].charset, f->readings[i].detail);
		if (strstr(f->readings[i].message.body, charsets[i].text) == NULL ||
			f->readings[i].message.trouble.bad_charset)
			fail_msg("%s was read as \"%s\"", charsets[i].charset,
				f->readings[i].message.body);
	}
	assert_int_equal(f->readings[N_CHARSETS].end, RD_READ); /* a strange name ends no child */
	assert_non_null(strstr(f->readings[N_CHARSETS].message.body, "plain"));
}

static void the_rules_of_the_next_batch_are_the_new_ones(void **state)
{
	struct fixture *f = *state;
	struct rd_rulefile items[2];
	struct rd_rulefiles files;
	struct rd_err err = { 0 };
	char before[RD_RULESET_NAME_MAX];

	add_good(f, 4);
	read_all(f);
	check_good(f, 0);
	memcpy(before, f->readings[0].ruleset, sizeof before);

	take_rules(rules_bad, items, &files);
	assert_int_equal(
		rd_reader_set_rules(f->reader, &files, landlords, 1, NULL, &err), RD_E_INPUT);
	assert_non_null(strstr(err.msg, "core.rules:6:1"));
	forget(f);
	add_good(f, 4);
	read_all(f);
	check_good(f, 3);
	assert_string_equal(f->readings[3].ruleset, before);

	take_rules(rules_two, items, &files);
	if (rd_reader_set_rules(f->reader, &files, landlords, 1, NULL, &err) != RD_OK)
		fail_msg("%s", err.msg);
	forget(f);
	add_good(f, 4);
	read_all(f);
	for (size_t i = 0; i < f->n; i++) {
		assert_int_equal(f->readings[i].end, RD_READ);
		assert_string_equal(f->readings[i].ruleset, files.sha256);
		assert_int_equal(f->readings[i].score.kind, RD_SERVICE_REQUEST);
	}
	assert_string_not_equal(files.sha256, before);
}

struct swapper {
	struct rd_reader *reader;
	atomic_int n_swaps;
	atomic_bool failed;
};

static void swap_again_and_again(struct rd_thread *self, void *context)
{
	struct swapper *swapper = context;
	const char *const texts[] = { rules_two, rules_one };
	struct rd_rulefile items[2];
	struct rd_rulefiles files;
	struct rd_err err = { 0 };

	for (int i = 0; !rd_thread_stopping(self); i++) {
		take_rules(texts[i % 2], items, &files);
		if (rd_reader_set_rules(swapper->reader, &files, landlords, 1, NULL, &err) != RD_OK)
			atomic_store(&swapper->failed, true);
		atomic_fetch_add(&swapper->n_swaps, 1);
	}
}

static void every_reading_is_by_one_whole_set_while_sets_are_swapped(void **state)
{
	struct fixture *f = *state;
	struct swapper swapper = { .reader = f->reader };
	struct rd_thread *thread = NULL;
	struct rd_rulefile items[2];
	struct rd_rulefiles one, two;
	struct rd_err err = { 0 };
	int64_t deadline = rd_monotonic_ms() + DEADLINE_MS;

	take_rules(rules_one, items, &one);
	take_rules(rules_two, items, &two);
	assert_int_equal(
		rd_thread_start("swapper", swap_again_and_again, &swapper, 0, 0, &thread, &err),
		RD_OK);
	while (atomic_load(&swapper.n_swaps) < 6 && rd_monotonic_ms() < deadline) {
		forget(f);
		add_good(f, N_GOOD);
		read_all(f);
		for (size_t i = 0; i < f->n; i++) {
			bool by_one = strcmp(f->readings[i].ruleset, one.sha256) == 0;
			assert_int_equal(f->readings[i].end, RD_READ);
			assert_true(by_one || strcmp(f->readings[i].ruleset, two.sha256) == 0);
			assert_int_equal(f->readings[i].score.kind,
				by_one ? RD_COMPLAINT : RD_SERVICE_REQUEST);
		}
	}
	rd_thread_join(thread);
	assert_false(atomic_load(&swapper.failed));
	assert_true(atomic_load(&swapper.n_swaps) >= 6);
}

struct pieces {
	const char *bytes;
	size_t len, at, fail_at; /* fail_at: 0 for never */
	int rewound;
};

static enum rd_rc next_piece(
	void *context, const void **ret_piece, size_t *ret_len, struct rd_err *err)
{
	struct pieces *p = context;
	size_t n = p->len - p->at;

	if (n > RD_RAW_PIECE_BYTES)
		n = RD_RAW_PIECE_BYTES;
	if (p->fail_at > 0 && p->at >= p->fail_at)
		return rd_fail(err, RD_E_AGAIN, "the disk is gone");
	*ret_piece = p->bytes + p->at;
	*ret_len = n;
	p->at += n;
	return RD_OK;
}

static enum rd_rc rewind_pieces(void *context, struct rd_err *err)
{
	struct pieces *p = context;

	(void)err;
	p->at = 0;
	p->rewound++;
	return RD_OK;
}

static void what_was_taken_apart_before_is_scored_as_it_stands(void **state)
{
	struct fixture *f = *state;
	RD_CLEANUP(rd_buf_free) struct rd_buf first = RD_BUF(1u << 20);
	RD_CLEANUP(rd_buf_free) struct rd_buf quoted = RD_BUF(1u << 20);
	static const struct rd_span earlier[] = { { RD_SPAN_NEW, 0, 13 },
		{ RD_SPAN_QUOTED, 13, 27 } };
	struct rd_message message;
	struct rd_err err = { 0 };

	add_good(f, 1);
	read_all(f);
	message = f->readings[0].message;
	assert_int_equal(rd_message_encode(&message, &first, &err), RD_OK);
	message.channel = RD_CHANNEL_SMS;
	message.body = "See down here\n> I am fed up";
	message.body_len = 27;
	message.spans = earlier;
	message.n_spans = 2;
	assert_int_equal(rd_message_encode(&message, &quoted, &err), RD_OK);

	forget(f);
	add_raw(f, RD_CHANNEL_SMS, first.data, first.len);
	add_raw(f, RD_CHANNEL_EMAIL, quoted.data, quoted.len);
	add_raw(f, RD_CHANNEL_EMAIL, first.data, first.len - 1);
	for (size_t i = 0; i < f->n; i++)
		f->requests[i].taken_apart = true;
	read_all(f);
	check_good(f, 0);
	assert_int_equal(f->readings[0].message.channel, RD_CHANNEL_EMAIL);
	assert_string_equal(f->readings[0].message.from.address, "asha@example.com");
	assert_int_equal(f->readings[1].end, RD_READ);
	assert_int_equal(f->readings[1].score.kind, RD_SERVICE_REQUEST);
	assert_int_equal(f->readings[1].message.channel, RD_CHANNEL_SMS);
	assert_int_equal(f->readings[1].message.n_spans, 2);
	assert_int_equal(f->readings[2].end, RD_READ_DIED); /* no whole message */
}

static void a_large_mail_streams_through_and_its_child_is_replaced(void **state)
{
	struct fixture *f = *state;
	static const char head[] = "From: a@example.com\r\nSubject: Large\r\n"
				   "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
				   "--b\r\n\r\nI am fed up\r\n--b\r\n"
				   "Content-Type: image/jpeg; name=mould.jpg\r\n"
				   "Content-Disposition: attachment; filename=mould.jpg\r\n\r\n";
	struct pieces pieces = { .len = 40u << 20 };
	char *mail = malloc(pieces.len);
	int before = 0, after = 0;

	assert_non_null(mail);
	memset(mail, 'x', pieces.len);
	for (size_t i = 76; i < pieces.len; i += 77)
		mail[i] = '\n';
	memcpy(mail, head, sizeof head - 1);
	pieces.bytes = mail;
	add_good(f, 1);
	read_all(f);
	assert_int_equal(rd_reader_children(f->reader, &before, 1), 1);

	forget(f);
	add_raw(f, RD_CHANNEL_EMAIL, NULL, 0);
	f->requests[0].raw = (struct rd_raw_source){ next_piece, rewind_pieces, &pieces };
	read_all(f);
	free(mail);
	assert_int_equal(f->readings[0].end, RD_READ);
	assert_int_equal(f->readings[0].score.kind, RD_COMPLAINT);
	assert_int_equal(f->readings[0].message.n_parts, 1);
	assert_true(f->readings[0].message.parts[0].size_bytes > 39u << 20);

	forget(f);
	add_good(f, 1);
	read_all(f);
	check_good(f, 0);
	assert_int_equal(rd_reader_children(f->reader, &after, 1), 1);
	assert_int_not_equal(before, after);
}

static void a_source_that_fails_costs_its_own_message_alone(void **state)
{
	struct fixture *f = *state;
	static char bytes[3 * RD_RAW_PIECE_BYTES];
	struct pieces pieces = { bytes, sizeof bytes, 0, RD_RAW_PIECE_BYTES, 0 };

	memset(bytes, 'x', sizeof bytes);
	add_good(f, 3);
	add_raw(f, RD_CHANNEL_EMAIL, NULL, 0);
	f->requests[3].raw = (struct rd_raw_source){ next_piece, rewind_pieces, &pieces };
	add_good(f, 3);
	f->requests[6].landlord = "nobody";
	read_all(f);
	for (size_t i = 0; i < 6; i++)
		if (i != 3)
			check_good(f, i);
	assert_int_equal(f->readings[3].end, RD_READ_FAILED);
	assert_int_equal(f->readings[6].end, RD_READ_FAILED);
	assert_string_equal(f->readings[6].detail, "landlord nobody is not loaded");
}

static void stopping_ends_the_waiting(void **state)
{
	struct fixture *f = *state;
	struct rd_err err = { 0 };
	int stop = eventfd(1, EFD_CLOEXEC);

	assert_true(stop >= 0);
	add_good(f, N_GOOD);
	enum rd_rc rc =
		rd_reader_read(f->reader, f->requests, f->n, stop, f->arena, f->readings, &err);
	close(stop);
	assert_int_equal(rc, RD_OK);
	size_t failed = 0;
	for (size_t i = 0; i < f->n; i++)
		failed += f->readings[i].end == RD_READ_FAILED;
	assert_true(failed > 0);

	forget(f);
	add_good(f, 2); /* and afterwards it goes on */
	read_all(f);
	check_good(f, 0);
	check_good(f, 1);
}

static void an_arena_that_is_full_costs_nobody_an_attempt(void **state)
{
	struct fixture *f = *state;
	struct rd_err err = { 0 };
	struct rd_arena *small = rd_arena_new(6000);

	add_good(f, 20);
	enum rd_rc rc = rd_reader_read(f->reader, f->requests, f->n, -1, small, f->readings, &err);
	size_t n_read = 0, n_failed = 0;
	for (size_t i = 0; i < f->n; i++) {
		n_read += f->readings[i].end == RD_READ;
		n_failed += f->readings[i].end == RD_READ_FAILED;
	}
	bool overflowed = rd_arena_overflowed(small);
	rd_arena_free(small);
	assert_int_equal(rc, RD_OK);
	assert_true(n_read > 0);
	assert_true(n_failed > 0);
	assert_int_equal(n_read + n_failed, f->n);
	/* Else those that were read could not be decided, and all of them would come again. */
	assert_false(overflowed);
}

/* A hundred long texts of one number within the pause are read as one. */
static void what_is_in_memory_may_be_longer_than_a_piece(void **state)
{
	struct fixture *f = *state;
	static char mail[3 * RD_RAW_PIECE_BYTES / 2];
	static char texts[RD_RAW_PIECE_BYTES + 1];
	static const char head[] =
		"From: Asha <asha@example.com>\r\nSubject: Mail\r\n\r\nfed up\r\n";

	memset(mail, 'x', sizeof mail);
	for (size_t i = 76; i < sizeof mail; i += 77)
		mail[i] = '\n';
	memcpy(mail, head, sizeof head - 1);
	memset(texts, 'x', sizeof texts);
	add_raw(f, RD_CHANNEL_EMAIL, mail, sizeof mail);
	add_raw(f, RD_CHANNEL_SMS, texts, sizeof texts);
	add_good(f, 1);
	read_all(f);
	assert_int_equal(f->readings[0].end, RD_READ);
	assert_true(f->readings[0].message.body_len > RD_RAW_PIECE_BYTES);
	assert_int_not_equal(f->readings[1].end, RD_READ_FAILED);
	check_good(f, 2);
}
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		WITH(open_two, mails_and_texts_are_read_in_the_order_asked),
		WITH(open_one, charsets_are_decoded_behind_the_seal),
		WITH(open_two, the_rules_of_the_next_batch_are_the_new_ones),
		WITH(open_two, every_reading_is_by_one_whole_set_while_sets_are_swapped),
		WITH(open_one, what_was_taken_apart_before_is_scored_as_it_stands),
		WITH(open_one, a_large_mail_streams_through_and_its_child_is_replaced),
		WITH(open_two, a_source_that_fails_costs_its_own_message_alone),
		WITH(open_two, stopping_ends_the_waiting),
		WITH(open_two, an_arena_that_is_full_costs_nobody_an_attempt),
		WITH(open_two, what_is_in_memory_may_be_longer_than_a_piece),
	};

	rd_reader_main_if_child(argc, argv);
	start_spawner();
	int rc = cmocka_run_group_tests(tests, NULL, NULL);
	rd_spawner_stop(spawner);
	return rc;
}
